"""The schema of the format, and its errors in words.

``profile.schema.json`` is whole, for editors. Here the steps are taken out of it and each is held against the
schema of its own verb: one message about the one thing that is wrong, and not eighteen about what it might
have been.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import TYPE_CHECKING, Any, Final

import jsonschema

from scim_compat.source.complaints import ENOUGH, Complaint, nearest, quoted
from scim_compat.source.shape import Path, held_against
from scim_compat.source.yaml import Node, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS: Final = ("given", "do", "send", "verify")


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
    merged = {key: value for key, value in whole.items() if key not in {"if", "then", "else", "$id", "$schema"}}
    merged["required"] = [*whole["required"], *whole["else"]["required"]]
    merged["properties"] = {**whole["properties"], **whole["else"]["properties"]}
    parts: dict[str, Any] = {"profile": merged}
    parts |= {name: {**definitions["steps"][name]} for name in definitions["steps"]}
    parts |= {f"do {name}": {**definitions["verbs"][name]} for name in definitions["verbs"]}
    return {name: jsonschema.Draft202012Validator({**part, "$defs": definitions}) for name, part in parts.items()}


def schema_complaints(root: Node) -> list[tuple[Path, Complaint]]:
    """What in the profile the schema does not allow, each with the path of the value it is about."""
    found: dict[Complaint, Path] = {}  # each missing key is an error of its own that tells of all of them
    for path, complaint in _all_complaints(root):
        found.setdefault(complaint, path)
        if len(found) == ENOUGH:
            break
    return [(path, complaint) for complaint, path in found.items()]


def _all_complaints(root: Node) -> Iterator[tuple[Path, Complaint]]:
    document = root.plain()
    yield from _held_against("profile", document, root, ())
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
            continue  # the schema has said so
        path: Path = (*base, "steps", number)
        where = root.at(path).where
        kinds = [kind for kind in KINDS if kind in step]
        if len(kinds) != 1:
            has = " and ".join(kinds) if kinds else f"only {', '.join(map(quoted, step))}" if step else "nothing"
            hint = "make it several steps" if kinds else nearest(next(iter(step), ""), KINDS)
            hint = hint if kinds or hint.startswith("did you mean") else ""
            yield (
                path,
                Complaint(where, f"a step is exactly one of {', '.join(KINDS)}; this one has {has}", hint),
            )
        elif kinds[0] != "do":
            yield from _held_against(kinds[0], step, root, path)
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
            yield from _held_against(f"do {step['do']}", step, root, path)


def _held_against(name: str, value: Any, root: Node, base: Path) -> Iterator[tuple[Path, Complaint]]:
    yield from held_against(_validators()[name], value, root, base)
