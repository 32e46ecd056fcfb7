"""results.json → ``Document``; any of its records can be read alone.

A reader is derived once from each type of this package. What does not fit is a RecordFileError that names the place by
its JSON pointer. The pointer is put together while the error travels up, so that sound results pay nothing for it.
"""

from __future__ import annotations

import enum
import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple, NoReturn, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as hints_of

from scim_compat.errors import RecordFileError
from scim_compat.results.document import FORMAT, Document
from scim_compat.results.document.members import JsonObject, Rule
from scim_compat.results.document.records import CHECK_LATER, CHECK_MEMBERS, CHECK_VALUES, CheckRecord, ScenarioRecord
from scim_compat.results.document.target import Claims
from scim_compat.values import MISSING, Json, Outcome, Severity, escape, plural

FORMATS: Final = (FORMAT,)
"""Formats that are read, the newest first."""
_HINT: Final = "Results are read as a run wrote them; was the file edited?"
_LONG: Final = 60
"""Characters of a wrong value that an error quotes."""

Reader = Callable[[Json], Any]
Record = TypeVar("Record")


class _DamageError(Exception):
    """A sentence about the damage, and the way there: members and indexes, the innermost first."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.way: list[str | int] = []


def parse(content: str | bytes | Mapping[str, Json], *, name: str = "results.json") -> Document:
    """Read results, given as text or as parsed JSON. Raise RecordFileError, whose message begins with ``name``."""
    whole = content if isinstance(content, Mapping) else _loaded(content, name)
    if not isinstance(whole, dict) or not isinstance(whole.get("schema"), str):
        raise RecordFileError(f"{name}: not the results of a scim-compat run", hint="results.json is meant")
    if whole["schema"] not in FORMATS:
        _refuse_format(whole, name)
    return read(Document, whole, name=name)


def read(kind: type[Record], content: Json, *, name: str) -> Record:
    """Read one record of that type. Raise RecordFileError, whose message begins with ``name``."""
    hint: Any = kind  # mypy takes a class of a type variable for unhashable
    try:
        record: Record = _reader(hint)(content)
    except _DamageError as damage:
        pointer = "".join(f"/{escape(str(part))}" for part in reversed(damage.way))
        place = f"{name}: at {pointer}" if pointer else name
        raise RecordFileError(f"{place}: {damage}.", hint=_HINT, pointer=pointer) from None
    return record


# --- the file ----------------------------------------------------------------------------------------


def _loaded(content: str | bytes, name: str) -> Json:
    try:
        return json.loads(content)
    except RecursionError:
        raise RecordFileError(f"{name}: nested too deeply to be results") from None
    except ValueError:
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        if text.lstrip().startswith("{") and not text.rstrip().endswith("}"):
            cut = f"{name}: it breaks off after {plural(len(text), 'character')}"
            raise RecordFileError(cut, hint="`scim-compat report` makes the page from events.jsonl instead") from None
        raise RecordFileError(f"{name}: not JSON", hint="results.json in a run's output folder is meant") from None


def _refuse_format(whole: JsonObject, name: str) -> NoReturn:
    tool = whole.get("tool")
    version = tool.get("version") if isinstance(tool, dict) else None
    writer = f"scim-compat {version[:_LONG]}" if isinstance(version, str) else "the version that wrote it"
    raise RecordFileError(
        f"{name}: its format is {_quoted(whole['schema'])}, and this version reads {' and '.join(FORMATS)}",
        hint=f"read it with {writer}, or run again",
        pointer="/schema",
    )


def _refuse(content: Json, expected: str) -> NoReturn:
    raise _DamageError(f"{expected} is expected, {_quoted(content)} is there")


def _quoted(content: Json) -> str:
    """A value in an error: short, on one line, and never a whole object."""
    if isinstance(content, dict | list):
        return "an object" if isinstance(content, dict) else "a list"
    text = json.dumps(content)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


# --- readers by type ---------------------------------------------------------------------------------


class Member(NamedTuple):
    """A member of a record: its name in the file, and its field."""

    key: str
    field: str
    reader: Reader
    is_optional: bool


@cache
def members_of(kind: type) -> tuple[Member, ...]:
    hints = hints_of(kind, include_extras=True)
    return tuple(
        Member(
            key=each.metadata.get("key", each.name),
            field=each.name,
            reader=_reader(hints[each.name]),
            is_optional=each.default is not NO_DEFAULT or each.default_factory is not NO_DEFAULT,
        )
        for each in fields(kind)
    )


@cache
def _reader(hint: Any) -> Reader:
    """The function that turns JSON into a value of the type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _ruled(_reader(arguments[0]), arguments[1])
    if origin in {Union, types.UnionType}:
        return _either(_reader(arguments[0]), arguments[1])
    if origin is Literal:
        return _word({word: word for word in arguments})
    if origin is tuple:
        return _list(_reader(arguments[0]), None if arguments[-1] is ... else len(arguments))
    if origin is not None:
        return _mapping(_reader(arguments[1]))
    if hint in _OWN:
        return _OWN[hint]
    return _record(members_of(hint), hint) if isinstance(hint, type) and is_dataclass(hint) else _plain(hint)


def _plain(kind: Any) -> Reader:
    if kind is Any:
        return lambda content: content
    if issubclass(kind, enum.StrEnum):
        return _word({word.value: word for word in kind})
    kinds, expected = _PLAIN[kind]

    def read_plain(content: Json) -> Json:
        if type(content) not in kinds:  # isinstance would take true for a number
            _refuse(content, expected)
        return content

    return read_plain


_PLAIN: Final[Mapping[type, tuple[tuple[type, ...], str]]] = {
    str: ((str,), "a text"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}


def _word(words: Mapping[str, Any]) -> Reader:
    def read_word(content: Json) -> Any:
        word = words.get(content) if isinstance(content, str) else None
        if word is None:
            _refuse(content, f"one of {', '.join(words)}")
        return word

    return read_word


def _ruled(reader: Reader, rule: Rule) -> Reader:
    def read_ruled(content: Json) -> Any:
        value = reader(content)
        if not rule.holds(value):
            raise _DamageError(f"{_quoted(content)} {rule.sentence}")
        return value

    return read_ruled


def _either(reader: Reader, other: type) -> Reader:
    """For ``X | None``, or ``X | str``."""

    def read_either(content: Json) -> Any:
        return content if isinstance(content, other) else reader(content)

    return read_either


def _list(reader: Reader, length: int | None) -> Reader:
    def read_list(content: Json) -> tuple[Any, ...]:
        if not isinstance(content, list):
            _refuse(content, "a list")
        if length not in {None, len(content)}:
            raise _DamageError(f"{length} entries are expected, {len(content)} are there")
        return tuple(_at(index, reader, entry) for index, entry in enumerate(content))

    return read_list


def _mapping(reader: Reader) -> Reader:
    def read_mapping(content: Json) -> Mapping[str, Any]:
        return {key: _at(key, reader, entry) for key, entry in _object(content).items()}

    return read_mapping


def _object(content: Json) -> JsonObject:
    if not isinstance(content, dict):
        _refuse(content, "an object")
    return content


def _at(key: str | int, reader: Reader, content: Json) -> Any:
    try:
        return reader(content)
    except _DamageError as damage:
        damage.way.append(key)
        raise


def _record(members: tuple[Member, ...], kind: Callable[..., Any]) -> Reader:
    """For an object with these members and no others."""
    keys = frozenset(member.key for member in members)

    def read_record(content: Json) -> Any:
        given = _object(content)
        values: dict[str, Any] = {}
        for key, field, reader, is_optional in members:
            entry = given.get(key, MISSING)
            if entry is not MISSING:
                try:  # as ``_at``, without a call for each member
                    values[field] = reader(entry)
                except _DamageError as damage:
                    damage.way.append(key)
                    raise
            elif not is_optional:
                raise _DamageError(f"the member {_quoted(key)} is missing")
        if len(given) != len(values):
            strange = next(name for name in given if name not in keys)
            raise _DamageError(f"the member {_quoted(strange)} is not part of the format")
        return kind(**values)

    return read_record


# --- types with a rule of their own ------------------------------------------------------------------


def _read_check(content: Json) -> CheckRecord:
    given = _object(content)
    if "outcome" not in given:
        raise _DamageError('the member "outcome" is missing')
    outcome = _at("outcome", _reader(Outcome), given["outcome"])
    if outcome is Outcome.PASS and len(given) == len(CHECK_MEMBERS[Outcome.PASS]):
        name, level = given.get("id"), given.get("level")
        if isinstance(name, str) and isinstance(level, str):
            return _passed(name, level)
    check: CheckRecord = _check_reader(outcome)(given)
    return check


@lru_cache(maxsize=2048)
def _passed(name: str, level: str) -> CheckRecord:
    """Passes are nearly all there is, and equal ones are one record."""
    check: CheckRecord = _check_reader(Outcome.PASS)({"id": name, "outcome": Outcome.PASS.value, "level": level})
    return check


@cache
def _check_reader(outcome: Outcome) -> Reader:
    own = {"severity": _reader(Severity)}  # no null: a failed check has one
    more = (*CHECK_VALUES, *CHECK_LATER) if outcome is Outcome.FAIL else ()
    return _record(
        tuple(
            member._replace(is_optional=member.key in more, reader=own.get(member.key, member.reader))
            for member in members_of(CheckRecord)
            if member.key in {*CHECK_MEMBERS[outcome], *more}
        ),
        CheckRecord,
    )


def _read_scenario(content: Json) -> ScenarioRecord:
    scenario: ScenarioRecord = _record(members_of(ScenarioRecord), ScenarioRecord)(content)
    if not scenario.applicable and scenario.outcome is not Outcome.SKIP:
        damage = _DamageError(f"skip is expected where applicable is false, {_quoted(scenario.outcome)} is there")
        damage.way.append("outcome")
        raise damage
    return scenario


def _read_claims(content: Json) -> Claims:
    """Claims that are not known here stay in ``content``."""
    given = _object(content)
    own = {"groups": _reader(bool)}  # no null: None stands for a claim that is absent
    known = {
        member.field: _at(member.key, own.get(member.key, member.reader), given[member.key])
        for member in members_of(Claims)
        if member.key in given
    }
    return Claims(content=given, **known)


_OWN: Final[Mapping[Any, Reader]] = {
    CheckRecord: _read_check,
    ScenarioRecord: _read_scenario,
    Claims: _read_claims,
}
