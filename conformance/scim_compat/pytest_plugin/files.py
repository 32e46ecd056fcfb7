"""Files of a pipeline, which may lie anywhere."""

from __future__ import annotations

from pathlib import Path


def write(file: str, content: bytes) -> None:
    """Writes ``file`` with its folder. Raises OSError if it cannot be written."""
    path = Path(file).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def append(file: str, content: bytes) -> None:
    """Adds to what others wrote into ``file``. Raises OSError if it cannot be written."""
    path = Path(file).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        stream.write(content)
