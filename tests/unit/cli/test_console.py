"""The console: clean text, whole words, tables without blanks at the end of a line."""

from __future__ import annotations

import io
import sys

import pytest
from scim_compat.cli.console import Column, error_output, grid, output, print_error, text, write_json
from scim_compat.errors import InputError

ADDRESS = "https://example.com/" + "a" * 80


@pytest.fixture(autouse=True)
def sixty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty columns, and no wish of whoever runs the tests."""
    monkeypatch.setenv("COLUMNS", "60")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")


def test_a_paragraph_is_plain_and_keeps_addresses_whole(capsys):
    output().paragraph(f"one two\x1b[31m three {ADDRESS}", indent=2, hanging=4)
    assert capsys.readouterr().out.splitlines() == ["  one two�[31m three", "    " + ADDRESS]


def test_a_paragraph_is_broken_between_words_and_at_no_hyphen(capsys):
    output().paragraph("member " * 7 + "well-known-name " * 2, indent=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["  " + " ".join(["member"] * 7), "  well-known-name well-known-name"]


def test_no_line_is_longer_than_a_hundred_columns(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "300")
    output().paragraph("word " * 100)
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) in range(95, 101)


def test_an_entry_stands_behind_its_label(capsys):
    output().entry("deleted", "word " * 12, indent=2, width=10)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("  deleted   word word")
    assert second.startswith("            word")


@pytest.mark.parametrize("hostile", ["[red]x[/red]", "[link=https://h]x[/link]", ":smile:", "[/]", "\\[x]"])
def test_nothing_is_markup(hostile, capsys, terminal):
    out = output()
    out.line(hostile)
    out.paragraph((hostile, "bold"))
    out.table(grid([Column()], [[hostile]]))
    written = capsys.readouterr().out
    assert written.count(hostile) == 3
    assert "\x1b[31m" not in written
    assert "\x1b]8" not in written


def test_control_and_direction_characters_become_visible(capsys, terminal):
    output().line("a\u202eb\x07c\nd\te\x9bf")
    assert capsys.readouterr().out == "a�b�c�d�e�f\n"


def test_a_table_leaves_no_blanks_at_the_end_of_a_line(capsys):
    rows = [["a", "one"], ["long name", "two " * 20], ["b", ""]]
    output().table(grid([Column(), Column(prose=True)], rows), indent=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert lines[0] == "  a          one"
    assert max(len(line) for line in lines) <= 60


def test_the_head_of_a_table_names_its_columns(capsys):
    output().table(grid([Column("Name"), Column("Number", right=True)], [["a", "1"], ["bb", "22"]]))
    assert capsys.readouterr().out.splitlines() == ["Name  Number", "a          1", "bb        22"]


def test_colours_are_for_terminals_that_want_them(monkeypatch, capsys, terminal):
    output().line(("strong", "bold red"))
    assert capsys.readouterr().out == "\x1b[1;31mstrong\x1b[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    output().line(("strong", "bold red"))
    assert "31" not in capsys.readouterr().out
    monkeypatch.delenv("FORCE_COLOR")
    output().line(("strong", "bold red"))
    assert capsys.readouterr().out == "strong\n"


def test_in_a_pipe_a_message_is_one_line_and_on_a_terminal_it_is_broken(monkeypatch, capsys):
    error_output().paragraph("word " * 40)
    output(whole=True).paragraph("word " * 40)
    written = capsys.readouterr()
    assert (written.out.count("\n"), written.err.count("\n")) == (1, 1)
    monkeypatch.setenv("FORCE_COLOR", "1")
    error_output().paragraph("word " * 40)
    assert capsys.readouterr().err.count("\n") == 4


def test_an_error_has_a_line_for_each_complaint(capsys):
    print_error(InputError("a.yaml:1: one\nb.yaml:2: t\x1bwo", hint="fix it"))
    assert capsys.readouterr().err == "Error: a.yaml:1: one\nb.yaml:2: t�wo; fix it\n"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("cp1252", "+ x ? – · … -> é ?\n"),
        ("latin-1", "+ x ? - · ... -> é ?\n"),
        ("ascii", "+ x ? - - ... -> ? ?\n"),
        ("utf-8", "✓ x ? – · … → é ж\n"),
    ],
)
def test_a_mark_that_an_encoding_lacks_has_a_spelling_in_ascii(monkeypatch, encoding, written):
    """A question mark, that of *unproven*, would be false for *compatible*."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    output().line("✓ x ? – · … → é ж")
    assert stream.buffer.getvalue().decode(encoding) == written  # type: ignore[attr-defined]


def test_forced_colours_animate_nothing_in_a_pipe(monkeypatch, terminal):
    assert output().is_terminal
    assert not output().is_animated
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert output().is_animated
    monkeypatch.setenv("TERM", "dumb")
    assert not output().is_animated


def test_json_and_raw_bytes_are_for_programs(capsys):
    write_json({"a": "\u202e"})
    output().raw("b\u202e\x1b")
    assert capsys.readouterr().out == '{\n  "a": "\\u202e"\n}\nb\u202e\x1b\n'


def test_parts_make_one_text():
    row = text("a", ("b", "bold"), text(("c", "dim")))
    assert row.plain == "abc"
    assert [(span.start, str(span.style)) for span in row.spans] == [(1, "bold"), (2, "dim")]
