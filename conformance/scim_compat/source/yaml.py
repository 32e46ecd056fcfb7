"""YAML text → plain values that know their line.

The reader accepts less than YAML on purpose. Strangers send in these files, so tags, anchors and aliases are refused
(an alias in an alias is how a kilobyte becomes a gigabyte), and every size is bounded. The text is read as its author
means it: only ``true``, ``false``, ``null`` and numbers as JSON writes them are anything but text, so that ``on``,
``no``, ``2026-11-01``, ``+1 555`` and the postal code ``01234`` stay what was written, in keys as in values.

The parser's events are read one by one and never through its own constructors: no recursion, and the bounds hold
before anything large is built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from scim_compat.errors import Complaint, SourceFileError
from scim_compat.source.complaints import quoted, source_error
from scim_compat.values import Where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scim_compat.source.formats import FileFormat

MAX_BYTES: Final = 1_000_000
MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 40

# libyaml is a compiled extension that some builds of PyYAML lack; it is about eight times faster.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: Final[dict[str, Any]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# YAML's own set of forbidden characters; checked beforehand because the parser names no line for them.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands. ``value``: dict[str, Node], list[Node], or a scalar.

    A mapping's entry stands where its key does.
    """

    value: Any
    where: Where
    column: int
    text: str = ""
    """A scalar as it is written: ``2026.10`` stays that, though the number is 2026.1."""

    def plain(self) -> Any:
        """The value without positions: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def at(self, path: Sequence[str | int]) -> Node:
        """The node under ``path``, or the nearest above it that exists."""
        node = self
        for part in path:
            try:
                node = node.value[part]
            except (KeyError, IndexError, TypeError):
                break
        return node


def read(path: Path, *, name: str, file_format: FileFormat) -> tuple[bytes, Node]:
    """The file's bytes and its root node, which is a mapping.

    ``name`` stands for the file in messages. Raises ``SourceFileError``.
    """
    try:
        if not path.is_file():  # a pipe or a device would be read for ever
            what = "this is not a file" if path.exists() else "there is no such file"
            raise _error(name, 1, what, file_format.hint_missing)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _error(name, 1, f"the file cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise _error(name, 1, f"the file is larger than {MAX_BYTES:,} bytes", file_format.hint_large)
    return data, parse(data, name=name, file_format=file_format)


def parse(data: bytes, *, name: str, file_format: FileFormat) -> Node:
    """The root node of a YAML document, which is a mapping. Raises ``SourceFileError``."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(name, line, "the file is not UTF-8", "save it as UTF-8") from None
    if bad := _FORBIDDEN.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        hint = 'write it as an escape in double quotes, like "\\x07"'
        raise _error(name, line, f"the control character U+{ord(bad.group()):04X} may not stand in YAML", hint)
    composer = _Composer(name, file_format)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text=text, name=name) from None
    except yaml.YAMLError as error:
        raise _error(name, 1, f"not valid YAML: {error}") from None
    if composer.complaints:
        raise SourceFileError(composer.complaints)
    root = composer.root
    if root is None or not isinstance(root.value, dict):
        line = root.where.line if root else 1
        content = "it is empty" if root is None or root.value is None else f"it holds {kind_of(root.value)}"
        raise _error(name, line, f"the file must hold keys and values; {content}", file_format.hint_empty)
    return root


def kind_of(value: Any) -> str:
    """The kind of a plain value or a node's value, in words of a non-programmer."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list) else "keys and values"


class _Composer:
    """Builds the tree from events, with a stack of the containers that are open."""

    def __init__(self, name: str, file_format: FileFormat) -> None:
        self._name = name
        self._format = file_format
        self.root: Node | None = None
        self.complaints: list[Complaint] = []
        self._open: list[tuple[Node, list[tuple[str, Where, int]]]] = []
        """Each container with the key that waits for its value, as a list of none or one."""
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        mark: Any = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        match event:
            case yaml.AliasEvent():
                raise _error(self._name, line, f"the alias *{event.anchor} is not allowed", self._format.hint_alias)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    what = f"a second document begins here (---); a file holds one {self._format.noun}"
                    raise _error(self._name, line, what, "make it a file of its own")
            case yaml.ScalarEvent():
                self._guard(event, line)
                if self._wants_key():
                    self._key(event, line)
                else:
                    value = self._scalar(event, line)
                    self._add(Node(value, Where(self._name, line), column, str(event.value)))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._guard(event, line)
                if self._wants_key():
                    raise _error(self._name, line, "a key must be a text", "quote it if it begins with { or [")
                empty: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                node = self._add(Node(empty, Where(self._name, line), column))
                self._open.append((node, []))
                if len(self._open) > MAX_DEPTH:
                    raise _error(self._name, line, f"nested deeper than {MAX_DEPTH} levels")
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._open.pop()

    def _guard(self, event: Any, line: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _error(self._name, line, f"more than {MAX_NODES:,} values in one file", self._format.hint_large)
        if event.anchor:
            raise _error(self._name, line, f"the anchor &{event.anchor} is not allowed", self._format.hint_anchor)
        if event.tag:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            raise _error(
                self._name, line, f"the tag {quoted(tag)} is not allowed", f"a {self._format.noun} is plain data"
            )

    def _wants_key(self) -> bool:
        if not self._open:
            return False
        node, waiting = self._open[-1]
        return isinstance(node.value, dict) and not waiting

    def _key(self, event: Any, line: int) -> None:
        node, waiting = self._open[-1]
        key, where = str(event.value), Where(self._name, line)
        if not key:
            raise _error(self._name, line, "a value stands here without a key", "write key: value")
        if key in node.value:
            first = node.value[key].where.line
            on = "on the same line" if first == line else f"on line {first}"
            hint = "keep one of them"
            self.complaints.append(Complaint(where, f"the key {quoted(key)} stands here twice, first {on}", hint))
        waiting.append((key, where, event.start_mark.column + 1))

    def _add(self, node: Node) -> Node:
        if not self._open:
            self.root = node
            return node
        parent, waiting = self._open[-1]
        if isinstance(parent.value, dict):
            key, where, column = waiting.pop()
            node = Node(node.value, where, column, node.text)
            parent.value.setdefault(key, node)
        else:
            parent.value.append(node)
        return node

    def _scalar(self, event: Any, line: int) -> Any:
        text = str(event.value)
        if not event.implicit[0]:  # quoted or a block: always text
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _NUMBER.fullmatch(text):
            return float(text)
        if re.fullmatch(r"-?[0-9]{19,}", text):
            raise _error(self._name, line, "this number has more than 18 digits", "put it in quotes if it is a text")
        return text


# Fragments of either parser's messages → their meaning for somebody who writes a file, and a hint.
_SYNTAX: Final = (
    (
        ("mapping values are not allowed",),
        "a colon stands where no key can be",
        "a text with ': ' in it needs quotes",
    ),
    (
        ("could not find expected ':'",),
        "a key without a colon",
        "write key: value; a text of several lines needs quotes",
    ),
    (
        ("',' or ']'", "',' or '}'", "flow sequence", "flow mapping"),
        "an open bracket is not closed properly",
        "look for a missing , ] or } and for a text that needs quotes",
    ),
    (("quoted scalar",), "a quoted text does not end", "look for the missing quote"),
    (
        ("block end", "expected key", "expected '-' indicator", "block collection", "block mapping"),
        "the indentation does not fit what stands above",
        "begin keys of one level in one column",
    ),
    (("escape",), "an unknown escape in double quotes", "use single quotes, or write the backslash twice"),
)


def _syntax_error(error: yaml.MarkedYAMLError, *, text: str, name: str) -> SourceFileError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    rest = lines[line - 1][mark.column :] if mark and line <= len(lines) else ""
    message = f"{error.context or ''} {error.problem or ''}"
    if "cannot start any token" in message:
        if "\t" in rest[:1] or (line <= len(lines) and re.match(r" *\t", lines[line - 1])):
            return _error(name, line, "a tab stands where YAML wants spaces", "indent with spaces")
        return _error(name, line, f"a text may not begin with {rest[:1]}", "put it in quotes")
    start = ""
    is_block = "block" in message  # the start of an indented block says nothing
    if not is_block and error.context_mark and error.context_mark.line + 1 != line:
        start = f" (it began on line {error.context_mark.line + 1})"
    for fragments, what, hint in _SYNTAX:
        if any(fragment in message for fragment in fragments):
            return _error(name, line, what + start, hint)
    return _error(name, line, f"not valid YAML: {error.problem}{start}")


def _error(name: str, line: int, what: str, hint: str = "") -> SourceFileError:
    return source_error(Where(name, line), what, hint)
