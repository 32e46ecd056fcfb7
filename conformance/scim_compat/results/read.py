"""Reads the results of a run back, from whatever the run left: its folder, its results.json or its events.jsonl."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from scim_compat.errors import RecordFileError
from scim_compat.results.collate import collate
from scim_compat.results.document import Document
from scim_compat.results.document.parsing import parse


def read(path: Path) -> Document:
    """Read a results.json. Raise RecordFileError, whose message begins with the path."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordFileError(f"{path}: cannot be read: {error.strerror}") from None
    return parse(content, name=str(path))


def is_complete(path: Path) -> bool:
    """True when the file holds a run that reached every scenario, and none of them ended in an error."""
    try:
        return read(path).is_complete
    except RecordFileError:
        return False


def read_run(path: Path) -> tuple[Document, Path]:
    """Return the results of a run, and the folder that they are in. Raise RecordFileError.

    ``path`` is a run's output folder, its results.json, or the events.jsonl of a run that was killed.
    """
    file = _in_folder(path) if path.is_dir() else path
    return _read_events(file) if _is_events(file) else read(file), file.parent


def _in_folder(folder: Path) -> Path:
    """Choose the results, or the events if they are of a later run that was killed."""
    results, events = folder / "results.json", folder / "events.jsonl"
    if not results.is_file() and not events.is_file():
        raise RecordFileError(
            f"{folder}: neither results.json nor events.jsonl is in it", hint="is it a run's output folder?"
        )
    if not results.is_file():
        return events
    # A run writes results.json last; events that are newer belong to a run that did not get that far.
    is_later = events.is_file() and events.stat().st_mtime_ns > results.stat().st_mtime_ns
    return events if is_later else results


def _is_events(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = json.loads(file.readline(10_000_000))
    except (OSError, ValueError, RecursionError):
        return False  # ``read`` reports the reason
    return isinstance(first, dict) and "event" in first


def _read_events(events: Path) -> Document:
    """Collate an event stream. Nothing is written beside it: the folder may be evidence."""
    with tempfile.TemporaryDirectory(prefix="scim-compat-") as folder:
        whole, results = Path(folder) / "events.jsonl", Path(folder) / "results.json"
        try:
            _join(events, whole)
            collate(whole, results, name=str(events))
        except OSError as error:
            raise RecordFileError(f"{events}: cannot be read: {error.strerror}") from None
        return parse(results.read_bytes(), name=str(events))


def _join(events: Path, whole: Path) -> None:
    """Join the stream and the lines that the processes of a parallel run had written when it was killed."""
    with whole.open("wb") as out:
        for part in (events, *sorted(events.parent.glob("events-gw*.jsonl"))):
            with part.open("rb") as file:
                shutil.copyfileobj(file, out)
            out.write(b"\n")  # a half line at the end stays alone; an empty line is skipped
