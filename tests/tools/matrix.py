"""Defect × profile: what each profile finds at each broken server, kept in ``tests/matrix/defect_matrix.json``.

``python tests/tools/matrix.py``            runs every pair and writes the file and ``profiles/MATRIX.md``
``python tests/tools/matrix.py --changed``  runs profiles that have changed and defects that are new
``python tests/tools/matrix.py --check``    runs them, writes nothing, and tells what the file no longer says
``python tests/tools/matrix.py --docs``     only writes ``profiles/MATRIX.md`` from the file

``--defect`` and ``--profile`` (repeatable, with wildcards) choose a part. A run that was interrupted goes on
where it was, unless the code or a profile has changed since.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import fnmatch
import hashlib
import json
import multiprocessing
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile

    from .cells import Cell, Tape

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "tests" / "matrix" / "defect_matrix.json"
VERSIONS: Final = ("2.0", "1.1")
FORMAT: Final = 1

Matrix = dict[str, Any]
"""``format``; ``profiles``: id → {scim, digest} (see ``digest_of``); ``defects``: version → defect → profile → check → [severity, scenario].

Without an entry for a profile, no answer to it shows the defect; with an empty one, it does not mind."""
Pair = tuple[str, str, str]
"""Version of the protocol, defect, profile."""


# --- the file -------------------------------------------------------------------------------------


def read(path: Path = FILE) -> Matrix:
    """The committed matrix; an empty one if there is none."""
    if not path.exists():
        return {"format": FORMAT, "profiles": {}, "defects": {version: {} for version in VERSIONS}}
    found: Matrix = json.loads(path.read_text(encoding="utf-8"))
    return found


def text_of(matrix: Matrix) -> str:
    """The file's text: one line a defect, everything in the order of its name."""

    def lines(entries: Mapping[str, Any]) -> str:
        return ",\n".join(
            f"{json.dumps(name)}: {json.dumps(entries[name], sort_keys=True, separators=(',', ':'))}"
            for name in sorted(entries)
        )

    parts = [f'"format": {matrix["format"]}', f'"profiles": {{\n{lines(matrix["profiles"])}\n}}']
    versions = ",\n".join(f'"{version}": {{\n{lines(matrix["defects"][version])}\n}}' for version in VERSIONS)
    return "{\n" + ",\n".join([*parts, f'"defects": {{\n{versions}\n}}']) + "\n}\n"


def merged(old: Matrix, cells: Mapping[Pair, Cell]) -> Matrix:
    """The matrix with these cells in place of the old ones; what is no defect or profile any more is left out."""
    from tools.cells import defects_for  # noqa: PLC0415 - the path is set by then

    here = profiles()
    new: Matrix = {
        "format": FORMAT,
        "profiles": {p.id: {"scim": p.scim, "digest": digest_of(p)} for p in here.values()},
        "defects": {version: {} for version in VERSIONS},
    }
    for version in VERSIONS:
        for defect in defects_for(version):
            row = {name: found for name, found in old["defects"][version].get(defect, {}).items() if name in here}
            for name in here:
                if (version, defect, name) in cells:
                    row[name] = cells[version, defect, name]
            new["defects"][version][defect] = {name: found for name, found in row.items() if found is not None}
    return new


def stale(matrix: Matrix) -> list[str]:
    """Profiles whose column was made from other data than there are now, or that have no column."""
    return [p.id for p in profiles().values() if matrix["profiles"].get(p.id, {}).get("digest") != digest_of(p)]


_WORDS: Final = frozenset({
    "where", "title", "failure", "note", "consequence", "sources", "summary", "not_covered", "digest", "path", "features", "version",
})  # fmt: skip
"""Parts of a profile that only readers see."""


def digest_of(profile: Profile) -> str:
    """Of what a profile sends and what it minds. Another wording or another line number does not change it."""
    return hashlib.sha256(json.dumps(_acts(profile), sort_keys=True).encode()).hexdigest()[:16]


def _acts(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        kept = [f.name for f in dataclasses.fields(value) if f.name not in _WORDS]
        if not hasattr(value, "to"):  # a mapping's source is an attribute, all others are documents
            kept = [name for name in kept if name != "source"]
        return {name: _acts(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {str(key): _acts(one) for key, one in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [_acts(one) for one in (sorted(value) if isinstance(value, frozenset | set) else value)]
    return value


def differences(old: Matrix, cells: Mapping[Pair, Cell]) -> Iterator[str]:
    """One line for each cell that the file has otherwise."""
    for (version, defect, profile), cell in sorted(cells.items()):
        before = old["defects"][version].get(defect, {}).get(profile)
        one, other = ({check: told[0] for check, told in (each or {}).items()} for each in (before, cell))
        gone = {check: severity for check, severity in one.items() if other.get(check) != severity}
        come = {check: severity for check, severity in other.items() if one.get(check) != severity}
        if gone or come:
            yield f"{defect} × {profile}: the file has {gone or 'nothing more'}, found {come or 'nothing more'}"
        elif (before is None) != (cell is None):
            yield f"{defect} × {profile}: an answer shows the defect {'no more' if cell is None else 'now'}"


# --- the run --------------------------------------------------------------------------------------


@cache
def profiles() -> dict[str, Profile]:
    from scim_compat.checks.registry import all_checks  # noqa: PLC0415 - the path is set by then
    from scim_compat.profile.find import builtin  # noqa: PLC0415
    from scim_compat.profile.load import load  # noqa: PLC0415

    return {name: load(name, check_ids=all_checks()) for name in sorted(builtin())}


@cache
def _tape(profile: str) -> Tape:
    from tools.cells import record  # noqa: PLC0415 - the path is set by then

    return record(profiles()[profile])


def remember(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Make up each person, and hold each body to a schema, once. ``put`` is called as ``setattr`` is."""
    from scim_compat import schemas  # noqa: PLC0415 - the path is set by then
    from scim_compat.engine import people  # noqa: PLC0415

    make, judge = people.person, schemas.Shape.errors
    persons: dict[str, Any] = {}
    errors: dict[tuple[int, str, bool], Any] = {}

    def person(seed: int, key: str, overrides: Mapping[str, Any] | None = None) -> Any:
        known = json.dumps([seed, key, overrides], sort_keys=True)
        if known not in persons:
            persons[known] = make(seed, key, overrides)
        return copy.deepcopy(persons[known])

    def shape_errors(shape: schemas.Shape, instance: Any, *, quote: bool = True) -> Any:
        known = id(shape), json.dumps(instance), quote
        if known not in errors:
            errors[known] = shape, judge(shape, instance, quote=quote)  # kept, so that its id stays its own
        return list(errors[known][1])

    put(people, "person", person)
    put(schemas.Shape, "errors", shape_errors)


def _row(task: tuple[str, str, tuple[str, ...]]) -> tuple[list[tuple[Pair, Cell]], str]:
    """The cells, and what went wrong: one fault must not end a run of an hour."""
    from tools.cells import cell  # noqa: PLC0415 - the path is set by then

    version, defect, names = task
    row = []
    for name in names:
        try:
            row.append(((version, defect, name), cell(_tape(name), defect)))
        except Exception:  # whatever it is, it is told at the end
            return row, f"{defect} × {name}: {traceback.format_exc()}"
    return row, ""


def compute(pairs: Iterable[Pair], *, jobs: int, progress: bool = True) -> dict[Pair, Cell]:
    """Runs the pairs, or takes them over from a run of the same code that was interrupted.

    Raises SystemExit at the end if something could not be run; the rest is kept.
    """
    kept = Path(tempfile.gettempdir()) / f"scim-compat-matrix-{_fingerprint()}.jsonl"
    done = _kept(kept)
    wanted = list(pairs)
    tasks: dict[tuple[str, str], list[str]] = {}
    for version, defect, profile in wanted:
        if (version, defect, profile) not in done:
            tasks.setdefault((version, defect), []).append(profile)
    queue = [(*of, tuple(names)) for of, names in tasks.items()]
    started = time.monotonic()
    faults: list[str] = []
    with kept.open("a", encoding="utf-8") as file, multiprocessing.get_context("fork").Pool(jobs, remember) as pool:
        for number, (row, fault) in enumerate(pool.imap_unordered(_row, queue), 1):
            faults += [fault] if fault else []
            for pair, found in row:
                done[pair] = found
                file.write(json.dumps([pair, found]) + "\n")
            file.flush()
            if progress and (number % 20 == 0 or number == len(queue)):
                print(f"{number} of {len(queue)} defects, {time.monotonic() - started:.0f} s", flush=True)
    if faults:
        raise SystemExit("\n".join(["a fault of ours, or of the broken server:", *faults]))
    return {pair: done[pair] for pair in wanted}


def _kept(path: Path) -> dict[Pair, Cell]:
    if not path.exists():
        return {}
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:  # half a line: the run was interrupted while it was written
            continue
    return {tuple(pair): found for pair, found in rows}


def _fingerprint() -> str:
    """Of everything that a cell depends on."""
    folders = (ROOT / "conformance", ROOT / "profiles", ROOT / "tests" / "servers")
    files = [f for folder in folders for f in folder.rglob("*") if f.suffix in {".py", ".yaml", ".json"}]
    files.append(ROOT / "tests" / "tools" / "cells.py")
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


# --- the command ----------------------------------------------------------------------------------


def chosen(given: argparse.Namespace, matrix: Matrix) -> list[Pair]:
    """The pairs that the command line asks for. Raises SystemExit if there are none."""
    from tools.cells import defects_for  # noqa: PLC0415 - the path is set by then

    old = stale(matrix)
    pairs = [
        (profile.scim, defect, profile.id)
        for profile in profiles().values()
        for defect in defects_for(profile.scim)
        if _matches(defect, given.defect)
        and _matches(profile.id, given.profile)
        and (not given.changed or profile.id in old or defect not in matrix["defects"][profile.scim])
    ]
    if not pairs and not given.changed:
        raise SystemExit("no defect or no profile is called so")
    return sorted(pairs)


def _matches(name: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _must_be_whole(given: argparse.Namespace, matrix: Matrix) -> None:
    """A column of two versions of a profile would be a lie."""
    half = [name for name in stale(matrix) if given.defect or not _matches(name, given.profile)]
    if half:
        raise SystemExit(
            f"{', '.join(half)} changed since the file was written: run all defects of it (without --defect, and with "
            "it among --profile), or use --changed"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--defect", action="append", default=[], metavar="NAME")
    parser.add_argument("--profile", action="append", default=[], metavar="ID")
    parser.add_argument("--changed", action="store_true", help="only what the file has not, or of older profiles")
    parser.add_argument("--check", action="store_true", help="compare instead of writing; status 1 if it differs")
    parser.add_argument("--docs", action="store_true", help="run nothing; write profiles/MATRIX.md from the file")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    given = parser.parse_args()
    from tools import matrix_docs  # noqa: PLC0415 - the path is set by then

    matrix = read()
    if not given.docs:
        if not given.check:
            _must_be_whole(given, matrix)
        cells = compute(chosen(given, matrix), jobs=given.jobs)
        if given.check:
            lines = list(differences(matrix, cells))
            print("\n".join(lines) or f"{FILE.relative_to(ROOT)} says what is found")
            return bool(lines)
        matrix = merged(matrix, cells)
        FILE.write_text(text_of(matrix), encoding="utf-8")
    matrix_docs.PAGE.write_text(matrix_docs.render(matrix, profiles()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    sys.exit(main())
