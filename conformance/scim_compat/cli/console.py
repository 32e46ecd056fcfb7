"""The console of every command: rich, over clean text.

Servers, profiles and ledgers hold text of others. It reaches the console only through ``text``, which replaces control
and direction characters and never reads markup. A view joins parts; a part is a text, or a text with its style::

    out = output()
    out.line((scenario.id, STRONG), "  ", scenario.title)
    out.paragraph(profile.summary, indent=2)
    out.table(grid([Column(), Column(prose=True)], rows), indent=2)

Lines hold at most 100 columns, or those of a narrower terminal. In a pipe they hold 100, without colours; rich drops
colours for ``NO_COLOR`` as well.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import click
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from scim_compat.cli.encoding import fit
from scim_compat.errors import ScimCompatError, SourceFileError
from scim_compat.values import Json, Severity
from scim_compat.wire.secrets import SecretRegister

Part = str | tuple[str, str] | Text
"""A text; a text with its style; or a row of such parts."""

STRONG: Final = "bold"
QUIET: Final = "dim"
SEVERITY_STYLES: Final[Mapping[str, str]] = {
    Severity.BREACH: "bold white on red",
    Severity.BLOCKER: "bold red",
    Severity.DEGRADED: "yellow",
    Severity.COSMETIC: QUIET,
}
_WIDEST: Final = 100
_NARROWEST: Final = 40
"""Columns below which lines run over the edge of the terminal instead of becoming shorter still."""


def printable(content: object) -> str:
    """Text of others made fit for a terminal: no control, escape or direction characters."""
    return "".join(c if c.isprintable() else "�" for c in str(content))


def text(*parts: Part) -> Text:
    """The parts in a row. Each is made printable; nothing in it is markup."""
    row = Text()
    for part in parts:
        if isinstance(part, Text):
            row.append_text(part)
        else:
            content, style = (part, "") if isinstance(part, str) else part
            row.append(printable(content), style)
    return row


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. One of names, words or numbers has its longest entry on one line; prose is broken."""

    head: str = ""
    prose: bool = False
    right: bool = False
    least: int | None = None
    """Its width at least, so that tables below each other have the same columns."""


def grid(columns: Iterable[Column], rows: Iterable[Iterable[Part]]) -> Table:
    """A table without lines. It has a head if one of its columns has."""
    columns = list(columns)
    table = Table(
        box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style=QUIET, show_header=any(c.head for c in columns)
    )
    for column in columns:
        table.add_column(
            column.head,
            justify="right" if column.right else "left",
            min_width=column.least,
            no_wrap=not column.prose,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(text(part) for part in row))
    return table


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text at an indent, broken between words. ``hanging`` is the indent of its further lines.

    A label stands before the text, which then begins at ``hanging`` as well. Rich's ``Padding`` and ``Table`` cut a
    word that is longer than the line, or break it. Here it stays whole, so that an address can be copied.
    """

    content: Text
    indent: int = 0
    hanging: int = 0
    label: Text | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = max(options.max_width, _NARROWEST) - max(self.indent, self.hanging)
        content = self.content.copy()
        content.overflow = "ignore"
        margin = Text(" " * self.indent)
        if self.label is not None:
            margin.append_text(self.label)
            margin.pad_right(max(self.hanging - margin.cell_len, 1))
        for line in [content] if options.no_wrap else content.wrap(console, columns):
            line.rstrip()
            yield Text.assemble(margin, line, no_wrap=True, overflow="ignore")
            margin = Text(" " * self.hanging)


@dataclass(frozen=True, slots=True)
class Block:
    """A table at an indent, without the spaces that rich leaves at the ends of its lines: a pipe keeps them."""

    content: RenderableType
    indent: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update_width(max(options.max_width, _NARROWEST) - self.indent)
        for line in console.render_lines(self.content, inner, pad=False):
            while line and not line[-1].text.strip():
                line.pop()
            if line:
                last = line.pop()
                yield Segment(" " * self.indent)
                yield from line
                yield Segment(last.text.rstrip(), last.style)
            yield Segment.line()


@dataclass(frozen=True, slots=True)
class Output:
    """One of the two streams, and how a view writes on it."""

    console: Console
    whole: bool = False
    """Paragraphs stay on one line."""

    @property
    def is_terminal(self) -> bool:
        return self.console.is_terminal

    @property
    def is_animated(self) -> bool:
        """True on a terminal that can redraw a line. ``FORCE_COLOR`` makes none of a pipe: it asks for colours only."""
        return self.console.file.isatty() and self.console.is_terminal and not self.console.is_dumb_terminal

    def blank(self, lines: int = 1) -> None:
        if lines:
            self.console.line(lines)

    def raw(self, content: str) -> None:
        """``content`` as it is, control characters included, in UTF-8 as it is sent: for files and pipes."""
        click.echo(content.encode())

    def line(self, *parts: Part) -> None:
        """One line, however long: programs may read it line by line, and requests stand byte for byte."""
        self.console.print(text(*parts), soft_wrap=True)

    def paragraph(self, *parts: Part, indent: int = 0, hanging: int | None = None) -> None:
        content = Paragraph(text(*parts), indent, indent if hanging is None else hanging)
        self.console.print(content, no_wrap=self.whole, crop=False)

    def entry(self, label: Part, *parts: Part, indent: int = 0, width: int) -> None:
        """A paragraph behind a label that has ``width`` columns."""
        content = Paragraph(text(*parts), indent, indent + width, text(label))
        self.console.print(content, no_wrap=self.whole, crop=False)

    def heading(self, title: str, more: str = "") -> None:
        self.blank()
        self.paragraph((title, STRONG), (f"  {more}" if more else "", QUIET))

    def table(self, table: Table, *, indent: int = 0) -> None:
        self.console.print(Block(table, indent), crop=False)


class _Console(Console):
    """A reader that has seen enough (``| head``) changes no exit status; rich would end with 1, as for findings."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def output(*, whole: bool = False) -> Output:
    """Standard output as it is now: tests and pagers replace it. ``whole``: in a pipe, each paragraph is one line."""
    return _open(stderr=False, whole=whole)


def error_output() -> Output:
    """The error output. In a pipe, each message is one line."""
    return _open(stderr=True, whole=True)


def _open(*, stderr: bool, whole: bool) -> Output:
    stream = sys.stderr if stderr else sys.stdout
    fit(stream)
    columns = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    console = _Console(stderr=stderr, width=columns, highlight=False, markup=False, emoji=False)
    return Output(console, whole=whole and not console.is_terminal)


def write_json(value: Json) -> None:
    """For programs: plain ASCII, indented."""
    click.echo(json.dumps(value, indent=2))


def print_error(error: ScimCompatError, secrets: SecretRegister | None = None) -> None:
    """``Error: …`` on the error output, a line for each line of the error. Complaints begin with their place, bare."""
    message = str(error) if secrets is None else secrets.quoted(str(error))
    head: Part = "" if isinstance(error, SourceFileError) else ("Error: ", "bold red")
    for line in message.split("\n"):
        error_output().paragraph(head, line)
        head = ""
