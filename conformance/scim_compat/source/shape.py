"""Errors of a JSON Schema in words, each with its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import jsonschema

from scim_compat.errors import Complaint
from scim_compat.source.complaints import nearest, quoted
from scim_compat.source.yaml import Node, kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from scim_compat.source.formats import FileFormat

Path = tuple[str | int, ...]


def shape_complaints(
    validator: jsonschema.Draft202012Validator, value: Any, root: Node, *, file_format: FileFormat, base: Path = ()
) -> Iterator[tuple[Path, Complaint]]:
    """The errors of ``value``, which stands at ``base`` in ``root``, each with the path that it is about."""
    for error in validator.iter_errors(value):
        path: Path = (*base, *error.absolute_path)
        for path_to, what, hint in _in_words(error, path, root.at(path).text, file_format):
            yield path_to, Complaint(root.at(path_to).where, what, hint)


def _in_words(
    error: jsonschema.ValidationError, path: Path, text: str, file_format: FileFormat
) -> Iterator[tuple[Path, str, str]]:
    """(path, what, hint) of each complaint in one error of the validator.

    ``text``: the value as the file has it, if it is a scalar.
    """
    rule = str(error.validator)
    allowed: Any = error.validator_value
    value: Any = error.instance
    schema = error.schema if isinstance(error.schema, dict) else {}
    name, holder = _label(path, file_format), _holder(schema, path, file_format)
    if "propertyNames" in error.absolute_schema_path:
        hint = f"a key here is {schema['patternErrorMessage']}" if "patternErrorMessage" in schema else ""
        yield (*path, value), f"the key {quoted(value)} is not allowed in {name}", hint
        return
    match rule:
        case "additionalProperties":
            known = schema.get("properties", {})
            inside = f" in {schema['title']}" if path and schema.get("title") else ""
            for key in value:
                if key not in known:
                    hint = _unknown(key, value[key], known, file_format.renamed_keys)
                    yield (*path, key), f"unknown key {quoted(key)}{inside}", hint
        case "required":
            for key in allowed:
                if key not in value:
                    yield path, f"{holder} has no {key}", f"add {key}:"
        case "oneOf" | "anyOf" if isinstance(value, dict):  # another error reports a wrong type
            choices = [each["required"][0] for each in allowed]
            present = [key for key in choices if key in value]
            need = f"needs {'exactly ' if rule == 'oneOf' else ''}one of {', '.join(choices)}"
            yield path, f"{holder} {need}; it has {' and '.join(present) or 'none'}", ""
        case "oneOf" | "anyOf":
            pass
        case "dependentRequired":
            for key, needed in allowed.items():
                for other in needed if key in value else ():
                    if other not in value:
                        yield path, f"{key} stands without {other}", f"add {other}:"
        case "type":
            hint = _type_hint(allowed, value, text)
            yield path, f"{name} must be {_types(allowed)}, not {_kind(value, text)}", hint
        case "const" if path == ("format",):
            what = f"this is format {quoted(text)}, and only format 1 is known"
            yield path, what, "write format: 1, or update scim-compat"
        case "enum" | "const":
            choices = [_spelt(each) for each in (allowed if rule == "enum" else [allowed])]
            what = f"{name} cannot be {quoted(text) if text else kind_of(value)}"
            yield path, what, _choice_hint(choices, value, text)
        case "pattern":
            hint = f"it takes {schema.get('patternErrorMessage', allowed)}"
            yield path, f"{name} {quoted(value)} is not well formed", hint
        case _:
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
    keys: set[str] = set()
    for each in items:
        if (key := json.dumps(each, sort_keys=True)) in keys:
            return each
        keys.add(key)
    return None


def _unknown(key: str, value: Any, known: Collection[str], renamed: Mapping[str, str]) -> str:
    if value is None and " " in key:  # {title: this, and that}
        return "a text with a comma in it needs quotes inside { }"
    return f"it is called {renamed[key]}" if renamed.get(key) in known else nearest(key, known)


def _label(path: Path, file_format: FileFormat) -> str:
    """The value's name in a message: its key, or its place in a list."""
    names = [part for part in path if isinstance(part, str)]
    if not path:
        return f"the {file_format.noun}"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {names[-1]}"
    return names[-1]


def _holder(schema: dict[str, Any], path: Path, file_format: FileFormat) -> str:
    return f"this {schema['title']}" if schema.get("title") else _label(path, file_format)


_TYPES: Final = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "keys and values", "null": "null",
}  # fmt: skip


def _types(allowed: str | list[str]) -> str:
    return " or ".join(_TYPES[each] for each in ([allowed] if isinstance(allowed, str) else allowed))


def _kind(value: Any, text: str) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"the number {text}" if is_number and text else kind_of(value)


def _type_hint(allowed: str | list[str], value: Any, text: str) -> str:
    if "string" in ([allowed] if isinstance(allowed, str) else allowed) and isinstance(value, bool | int | float):
        return f'put it in quotes: "{text}"'
    return ""


def _choice_hint(choices: list[str], value: Any, text: str) -> str:
    if str(value) in choices and (hint := _type_hint("string", value, text)):
        return hint
    return nearest(str(value), choices, plural="it is one of") if len(choices) > 1 else f"write {choices[0]}"


def _spelt(value: Any) -> str:
    """A scalar as the file spells it."""
    if isinstance(value, str):
        return value
    return kind_of(value) if isinstance(value, list | dict) else json.dumps(value)
