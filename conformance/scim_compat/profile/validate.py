"""The schema of the format, and its errors in words.

``profile.schema.json`` is whole, for editors. This module takes the steps out of it and checks each against the
schema of its own verb: the author gets one message about the one error, and not eighteen about every verb that the
step is not.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import TYPE_CHECKING, Any, Final

import jsonschema

from scim_compat.errors import Complaint
from scim_compat.source.complaints import ENOUGH, nearest, quoted
from scim_compat.source.formats import FileFormat
from scim_compat.source.shape import Path, shape_complaints
from scim_compat.source.yaml import Node, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_KINDS: Final = ("given", "do", "send", "verify")
PROFILE: Final = FileFormat(
    noun="profile",
    hint_missing="give a profile's id or the path of a .yaml file",
    hint_empty="begin with format: 1",
    hint_alias="write the value out; extends and variants: serve for what repeats",
    hint_anchor="remove it; extends and variants: serve for what repeats",
    hint_large="split it with extends",
    renamed_keys={"manager": "reference"},
)


@functools.cache
def schema() -> dict[str, Any]:
    """The JSON Schema of the format, as it is published."""
    text = importlib.resources.files("scim_compat.profile").joinpath("profile.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@functools.cache
def verbs() -> tuple[str, ...]:
    """Every verb that ``do`` knows."""
    return tuple(sorted(schema()["$defs"]["verbs"]))


@functools.cache
def _validators() -> dict[str, Any]:
    """Validators by name: ``profile`` (a merged one, without its steps), a kind of step, or ``do <verb>``."""
    whole = schema()
    definitions = {**whole["$defs"], "step": {"type": "object"}}
    # A profile that extends another is whole once they are merged, so what is optional there is not here.
    whole_profile = {key: value for key, value in whole.items() if key not in {"if", "then", "else", "$id", "$schema"}}
    whole_profile["required"] = [*whole["required"], *whole["else"]["required"]]
    whole_profile["properties"] = {**whole["properties"], **whole["else"]["properties"]}
    parts: dict[str, Any] = {"profile": whole_profile}
    parts |= {name: {**definitions["steps"][name]} for name in definitions["steps"]}
    parts |= {f"do {name}": {**definitions["verbs"][name]} for name in definitions["verbs"]}
    return {name: jsonschema.Draft202012Validator({**part, "$defs": definitions}) for name, part in parts.items()}


def schema_complaints(root: Node) -> list[tuple[Path, Complaint]]:
    """The complaints of the schema, each with the path of the value that it is about."""
    paths: dict[Complaint, Path] = {}  # each missing key is an error of its own that names all of them
    for path, complaint in _all_complaints(root):
        paths.setdefault(complaint, path)
        if len(paths) == ENOUGH:
            break
    return [(path, complaint) for complaint, path in paths.items()]


def _all_complaints(root: Node) -> Iterator[tuple[Path, Complaint]]:
    document = root.plain()
    yield from _complaints("profile", document, root, ())
    scenarios = document.get("scenarios")
    for number, scenario in enumerate(scenarios if isinstance(scenarios, list) else ()):
        if not isinstance(scenario, dict):
            continue
        base: Path = ("scenarios", number)
        yield from _steps(scenario, root, base)
        variants = scenario.get("variants")
        for index, variant in enumerate(variants if isinstance(variants, list) else ()):
            if isinstance(variant, dict):
                yield from _steps(variant, root, (*base, "variants", index))


def _steps(holder: dict[str, Any], root: Node, base: Path) -> Iterator[tuple[Path, Complaint]]:
    steps = holder.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict):
            continue  # the schema complains about it
        path: Path = (*base, "steps", number)
        where = root.at(path).where
        kinds = [kind for kind in STEP_KINDS if kind in step]
        if len(kinds) != 1:
            has = " and ".join(kinds) if kinds else f"only {', '.join(map(quoted, step))}" if step else "nothing"
            hint = "make it several steps" if kinds else nearest(next(iter(step), ""), STEP_KINDS)
            hint = hint if kinds or hint.startswith("did you mean") else ""
            yield (
                path,
                Complaint(where, f"a step is exactly one of {', '.join(STEP_KINDS)}; this one has {has}", hint),
            )
        elif kinds[0] != "do":
            yield from _complaints(kinds[0], step, root, path)
        elif not isinstance(step["do"], str):
            what = f"do must be a text, not {kind_of(step['do'])}"
            yield (*path, "do"), Complaint(root.at((*path, "do")).where, what, f"verbs: {', '.join(verbs())}")
        elif step["do"] not in verbs():
            hint = nearest(step["do"], verbs(), plural="verbs")
            yield (
                (*path, "do"),
                Complaint(root.at((*path, "do")).where, f"unknown verb {quoted(step['do'])}", hint),
            )
        else:
            yield from _complaints(f"do {step['do']}", step, root, path)


def _complaints(name: str, value: Any, root: Node, base: Path) -> Iterator[tuple[Path, Complaint]]:
    yield from shape_complaints(_validators()[name], value, root, file_format=PROFILE, base=base)
