"""The kinds of file that people write, in the words of the reader's messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """One kind of file. Its own room defines it and gives it to the reader and to the shape checker."""

    noun: str
    """``profile``: the root of the file is called "the profile"."""
    hint_missing: str
    """Advice where there is no such file."""
    hint_empty: str
    """Advice where the file holds no keys and values."""
    hint_alias: str
    """Advice where YAML would repeat a value: aliases are refused."""
    hint_anchor: str
    """Advice where YAML would name a value for repetition: anchors are refused."""
    hint_large: str = ""
    """Advice where the file is larger than the reader accepts."""
    renamed_keys: Mapping[str, str] = field(default_factory=dict)
    """Key of an early draft → its name now."""
