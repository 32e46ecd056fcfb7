"""Opens a built wheel and sdist and looks for every file that belongs there: ``distribution.py DIST``.

What belongs there is read from the tree: each module, profile, schema, template and style sheet, with equal
bytes. Needs nothing but Python. Ends with status 1 and a line for each file that is missing, differs or
has no business there.
"""

from __future__ import annotations

import argparse
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENTS: Final = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "pyproject.toml")
JUNK: Final = ("__pycache__", ".pyc", ".venv", ".git/", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")
KINDS: Final = {
    "profiles": ("profiles/", ".yaml"),
    "schemas": ("conformance/", ".json"),
    "templates": ("conformance/", ".j2"),
}
"""Of these there must be at least one, or this script looks in the wrong place."""


def tree(*folders: str) -> dict[str, bytes]:
    """Path from the root → bytes of every file below ``folders``."""
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.is_file())
    found = {path.relative_to(ROOT).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in found.items() if not any(junk in name for junk in JUNK)}


def wheel_files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def sdist_files(sdist: Path) -> dict[str, bytes]:
    """Without the folder that everything in an sdist lies in."""
    found = {}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                found[PurePosixPath(*PurePosixPath(member.name).parts[1:]).as_posix()] = content.read()
    return found


def in_wheel() -> dict[str, bytes]:
    """The package, and the profiles inside it: an installed package finds them there."""
    return {
        (f"scim_compat/{name}" if name.startswith("profiles/") else name.removeprefix("conformance/")): content
        for name, content in tree("conformance", "profiles").items()
    }


def in_sdist() -> dict[str, bytes]:
    documents = {name: (ROOT / name).read_bytes() for name in DOCUMENTS}
    return tree("conformance", "profiles", "tests", "reports/sample") | documents


def complaints(wanted: Mapping[str, bytes], found: Mapping[str, bytes], *, archive: str) -> list[str]:
    """What is wrong with an archive, one line each."""
    lines = [f"{archive}: {name} is missing" for name in wanted if name not in found]
    lines += [
        f"{archive}: {name} differs from the tree" for name in wanted if found.get(name, wanted[name]) != wanted[name]
    ]
    lines += [f"{archive}: {name} has no business there" for name in found if any(junk in name for junk in JUNK)]
    return lines


def only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder}: expected one {pattern}, found {[path.name for path in found]}")
    return found[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dist", type=Path, help="the folder with one wheel and one sdist")
    folder = parser.parse_args().dist
    wheel, sdist = only(folder, "*.whl"), only(folder, "*.tar.gz")
    packed, source = wheel_files(wheel), sdist_files(sdist)
    lines = complaints(in_wheel(), packed, archive=wheel.name) + complaints(in_sdist(), source, archive=sdist.name)
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in packed):
        lines.append(f"{wheel.name}: the licence is missing")
    lines += [
        f"{wheel.name}: {name} is neither package nor metadata"
        for name in packed
        if not name.startswith("scim_compat/") and ".dist-info/" not in name
    ]
    wanted = tree("conformance", "profiles")
    for kind, (start, end) in KINDS.items():
        count = sum(name.startswith(start) and name.endswith(end) for name in wanted)
        if not count:
            lines.append(f"no {kind} in the tree: looked for {start}*{end}")
        elif not lines:
            print(f"{kind}: {count}, all in wheel and sdist")
    for text in lines:
        print(text)
    return bool(lines)


if __name__ == "__main__":
    raise SystemExit(main())
