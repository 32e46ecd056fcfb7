"""Pictures of an HTML file, taken by a headless Chromium: ``python tests/tools/screenshot.py FILE.html DIR``.

Writes ``<width>-<light|dark>.png`` for a wide and a narrow window. For people who change the report's
looks; no test depends on it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

WIDTHS = (1280, 390)
SCHEMES = {"light": 1, "dark": 0}
"""Chromium's numbers for preferredColorScheme."""


def shoot(page: Path, picture: Path, *, width: int, height: int, scheme: str, fragment: str = "") -> None:
    """Takes one picture. Raises RuntimeError if Chromium writes none within a minute.

    Headless Chromium refuses windows narrower than 500 pixels; for those the page is shown in a frame.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise RuntimeError("no Chromium found on PATH; install the package `chromium`")
    with tempfile.TemporaryDirectory() as profile:
        address = page.resolve().as_uri() + (f"#{fragment}" if fragment else "")
        if width < 500:
            frame = Path(profile) / "frame.html"
            frame.write_text(
                f'<!doctype html><meta name="color-scheme" content="light dark"><body style="margin:0"><iframe src="{address}" style="border:0;width:{width}px;height:{height}px"></iframe>'
            )
            address = frame.as_uri()
        command = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
            f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", f"--screenshot={picture.resolve()}",
            f"--window-size={max(width, 500)},{height}", address,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if not picture.exists():
            raise RuntimeError(f"Chromium wrote no picture (exit status {done.returncode}):\n{done.stderr[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--height", type=int, default=4000, help="pixels; default 4000")
    parser.add_argument("--fragment", default="", help="anchor to scroll to")
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for scheme in SCHEMES:
            picture = given.directory / f"{width}-{scheme}.png"
            picture.unlink(missing_ok=True)
            shoot(given.page, picture, width=width, height=given.height, scheme=scheme, fragment=given.fragment)
            print(picture)


if __name__ == "__main__":
    main()
