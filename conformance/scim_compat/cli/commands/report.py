"""scim-compat report: writes the page of a run again, or later."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from scim_compat.errors import ExitStatus, InputError, RecordFileError, ScimCompatError


class _Refused(InputError):  # noqa: N818 - it says what happened; the text is for the user
    """A file that is not what it should be; the text is one sentence."""


_LABEL_WIDTH = 9


@click.command("report", short_help="Writes the report of a run again.")
@click.argument("results", nargs=-1, required=True, metavar="RESULTS...")
@click.option("--out", metavar="FILE", help="The page to write. Default: report.html beside the results.")
def command(results: tuple[str, ...], out: str | None) -> None:
    """Writes the report of a run as one HTML file.

    RESULTS is a run's output folder, its results.json, or the events.jsonl of a run that was killed. Several
    give a page each: runs differ in seed, endpoint and time, so one page of them would mislead.
    """
    if out and len(results) > 1:
        raise click.UsageError("--out names one page; leave it out to write report.html beside each of the RESULTS")
    from scim_compat.cli import console  # noqa: PLC0415 - not for --help

    stdout = console.output(whole=True)
    status = ExitStatus.OK
    for name in results:
        try:
            found, beside = _load(Path(name))
            page = Path(out) if out else beside / "report.html"
            _write(page, _render(found, name))
        except ScimCompatError as error:
            console.print_error(error)
            status = max(status, error.exit_status)
            continue
        stdout.entry("Report", str(page), width=_LABEL_WIDTH)
        if interrupted := found["run"]["interrupted"]:
            stdout.entry("", f"of an interrupted run, so it is partial: {interrupted}", width=_LABEL_WIDTH)
    sys.exit(status)


def _load(path: Path) -> tuple[dict[str, Any], Path]:
    """The results, and the folder they are in."""
    if path.is_dir():
        path = _in_folder(path)
    if _is_events(path):
        return _collated(path), path.parent
    from scim_compat.results.read import ResultsError, read  # noqa: PLC0415 - `--help` pays for none of these

    try:
        return read(path), path.parent
    except ResultsError as error:
        raise _Refused(str(error)) from None
    except RecursionError:
        raise _Refused(f"{path}: nested too deeply to be results") from None


def _in_folder(folder: Path) -> Path:
    """The folder's results, or its events if they are of a later run that was killed."""
    results, events = folder / "results.json", folder / "events.jsonl"
    if not results.is_file() and not events.is_file():
        raise _Refused(f"{folder}: neither results.json nor events.jsonl is in it; is it a run's output folder?")
    if not results.is_file():
        return events
    # A run writes results.json last; events that are newer belong to a run that did not come to that.
    later = events.is_file() and events.stat().st_mtime_ns > results.stat().st_mtime_ns
    return events if later else results


def _is_events(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = json.loads(file.readline(10_000_000))
    except (OSError, ValueError, RecursionError):
        return False  # whoever reads it next says what is wrong
    return isinstance(first, dict) and "event" in first


def _collated(events: Path) -> dict[str, Any]:
    """The results of an event stream. Nothing is written beside it: the folder may be evidence."""
    from scim_compat.results.collate import collate  # noqa: PLC0415
    from scim_compat.results.read import read  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="scim-compat-") as folder:
        whole = Path(folder) / "events.jsonl"
        results = Path(folder) / "results.json"
        try:
            _joined(events, whole)
            collate(whole, results)
            return read(results)
        except RecordFileError as error:
            raise _Refused(str(error).replace(str(whole), str(events))) from None
        except OSError as error:
            raise _Refused(f"{events}: cannot be read: {error.strerror}") from None
        except (KeyError, TypeError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise _Refused(f"{events}: not the events of a run as this version writes them ({what})") from None


def _joined(events: Path, whole: Path) -> None:
    """The stream and what the processes of a parallel run had written when it was killed."""
    with whole.open("wb") as out:
        for part in (events, *sorted(events.parent.glob("events-gw*.jsonl"))):
            with part.open("rb") as file:
                shutil.copyfileobj(file, out)
            out.write(b"\n")  # a half line at the end stays alone; an empty line is passed over


def _render(results: dict[str, Any], name: str) -> str:
    from scim_compat.report.html import render  # noqa: PLC0415

    try:
        return render(results)
    except ValueError as error:
        raise _Refused(f"{name}: {error}") from None
    except Exception:
        problem = _against_schema(results)
        if problem:
            raise _Refused(f"{name}: not results as a run writes them: {problem}") from None
        raise  # sound results: then the fault is ours


def _against_schema(results: dict[str, Any]) -> str:
    """The first thing that is wrong with a document of results, in words; empty if it is sound."""
    from importlib.resources import files  # noqa: PLC0415

    import jsonschema  # noqa: PLC0415

    schema = json.loads((files("scim_compat.results") / "results.schema.json").read_text(encoding="utf-8"))
    problem = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(results)), None)
    if problem is None:
        return ""
    return f"at /{'/'.join(str(p) for p in problem.absolute_path)}: {problem.message[:200]}"


def _write(page: Path, text: str) -> None:
    """All of the page or none of it: an old one stays until the new one is complete."""
    temporary = page.with_name(page.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(page)
    except OSError as error:
        raise _Refused(f"{page}: cannot be written: {error.strerror}") from None
