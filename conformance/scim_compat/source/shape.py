"""Errors of a JSON Schema in words, with the line they are about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import jsonschema

from scim_compat.source.complaints import Complaint, nearest, quoted
from scim_compat.source.yaml import Node, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Path = tuple[str | int, ...]


def held_against(
    validator: jsonschema.Draft202012Validator, value: Any, root: Node, base: Path = ()
) -> Iterator[tuple[Path, Complaint]]:
    """What ``validator`` says against ``value``, which stands at ``base`` in ``root``; in words, with lines."""
    for error in validator.iter_errors(value):
        path: Path = (*base, *error.absolute_path)
        for path_to, what, hint in _in_words(error, path, root.at(path).text):
            yield path_to, Complaint(root.at(path_to).where, what, hint)


def _in_words(error: jsonschema.ValidationError, path: Path, text: str) -> Iterator[tuple[Path, str, str]]:
    """(path, what, hint) of each thing that one error of the validator tells.

    ``text``: the value as the file has it, if it is a scalar.
    """
    rule = str(error.validator)
    allowed: Any = error.validator_value
    value: Any = error.instance
    name, schema_ = _label(path), error.schema if isinstance(error.schema, dict) else {}
    if "propertyNames" in error.absolute_schema_path:
        says = f"a key here is {schema_['patternErrorMessage']}" if "patternErrorMessage" in schema_ else ""
        yield (*path, value), f"the key {quoted(value)} is not allowed in {name}", says
    elif rule == "additionalProperties":
        known = schema_.get("properties", {})
        inside = f" in {schema_['title']}" if path and schema_.get("title") else ""
        for key in value:
            if key not in known:
                yield (*path, key), f"unknown key {quoted(key)}{inside}", _unknown(key, value[key], known)
    elif rule == "required":
        for key in allowed:
            if key not in value:
                yield path, f"{_holder(schema_, path)} has no {key}", f"add {key}:"
    elif rule in {"oneOf", "anyOf"}:
        if not isinstance(value, dict):
            return  # it has the wrong type, which is told beside
        choices = [each["required"][0] for each in allowed]
        both = [key for key in choices if key in value]
        need = f"needs {'exactly ' if rule == 'oneOf' else ''}one of {', '.join(choices)}"
        yield path, f"{_holder(schema_, path)} {need}; it has {' and '.join(both) or 'none'}", ""
    elif rule == "dependentRequired":
        for key, needed in allowed.items():
            for other in needed if key in value else ():
                if other not in value:
                    yield path, f"{key} stands without {other}", f"add {other}:"
    elif rule == "type":
        yield (
            path,
            f"{name} must be {_types(allowed)}, not {_what(value, text)}",
            _type_hint(allowed, value, text),
        )
    elif rule == "const" and path == ("format",):
        yield (
            path,
            f"this is format {quoted(text)}, and only format 1 is known",
            "write format: 1, or update scim-compat",
        )
    elif rule in {"enum", "const"}:
        choices = [_spelt(each) for each in (allowed if rule == "enum" else [allowed])]
        hint = _type_hint("string", value, text) if str(value) in choices and not isinstance(value, str) else ""
        hint = hint or (
            nearest(str(value), choices, plural="it is one of") if len(choices) > 1 else f"write {choices[0]}"
        )
        yield path, f"{name} cannot be {quoted(text) if text else kind_of(value)}", hint
    elif rule == "pattern":
        yield (
            path,
            f"{name} {quoted(value)} is not well formed",
            f"it takes {schema_.get('patternErrorMessage', allowed)}",
        )
    else:
        yield path, f"{name} {_bound(rule, allowed, value)}", ""


def _bound(rule: str, allowed: Any, value: Any) -> str:
    count = len(value) if isinstance(value, str | list | dict) else value
    match rule:
        case "minLength" | "minProperties" | "minItems":
            return "is empty" if count == 0 else f"needs at least {allowed} entries, not {count}"
        case "maxLength":
            return f"is longer than {allowed} characters"
        case "maxProperties" | "maxItems":
            return f"takes at most {allowed} entries, not {count}"
        case "uniqueItems":
            return f"holds {quoted(_first_repeated(value))} twice"
        case "minimum":
            return f"must be at least {allowed}, not {value}"
        case "exclusiveMinimum":
            return f"must be more than {allowed}, not {value}"
        case "maximum":
            return f"must be at most {allowed}, not {value}"
    return f"breaks the rule {rule} of the format"


def _first_repeated(items: list[Any]) -> Any:
    seen: set[str] = set()
    for each in items:
        if (key := json.dumps(each, sort_keys=True)) in seen:
            return each
        seen.add(key)
    return None


def _unknown(key: str, value: Any, known: Iterable[str]) -> str:
    if value is None and " " in key:  # {title: this, and that}
        return "a text with a comma in it needs quotes inside { }"
    # An early draft of the format called it by the only reference there was.
    return "it is called reference" if key == "manager" and "reference" in known else nearest(key, known)


def _label(path: Path) -> str:
    """The value's name in a message: its key, or its place in a list."""
    names = [part for part in path if isinstance(part, str)]
    if not path:
        return "the profile"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {names[-1]}"
    return names[-1]


def _holder(schema_: dict[str, Any], path: Path) -> str:
    return f"this {schema_['title']}" if schema_.get("title") else _label(path)


_TYPES: Final = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "keys and values", "null": "null",
}  # fmt: skip


def _types(allowed: str | list[str]) -> str:
    return " or ".join(_TYPES[each] for each in ([allowed] if isinstance(allowed, str) else allowed))


def _what(value: Any, text: str) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"the number {text}" if is_number and text else kind_of(value)


def _type_hint(allowed: str | list[str], value: Any, text: str) -> str:
    if "string" in ([allowed] if isinstance(allowed, str) else allowed) and isinstance(value, bool | int | float):
        return f'put it in quotes: "{text}"'
    return ""


def _spelt(value: Any) -> str:
    """A scalar as the file spells it."""
    return (
        value if isinstance(value, str) else json.dumps(value) if not isinstance(value, list | dict) else kind_of(value)
    )
