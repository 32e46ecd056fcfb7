"""The README's two set-up lines: ``python tests/tools/readme.py demo|test`` prints one of them.

Runs before anything is installed, so it needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

README: Final = Path(__file__).resolve().parents[2] / "README.md"


def line(extra: str) -> str:
    """The shell block that installs ``extra``: one line. Raises SystemExit if there is none, or more than one."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found: list[str] = [block.strip() for block in blocks if f".[{extra}]" in block]
    if len(found) != 1 or "\n" in found[0]:
        raise SystemExit(f"{README}: expected one shell block of one line that installs '.[{extra}]', found {found}")
    return found[0]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: readme.py demo|test")
    print(line(sys.argv[1]))
