"""Finds the built-in profiles."""

from __future__ import annotations

from pathlib import Path

import scim_compat


def builtin_dir() -> Path:
    """The folder of the built-in profiles.

    An installed package carries them as ``scim_compat/profiles``; in a checkout they are the folder
    ``profiles`` beside the source root. Raises ``FileNotFoundError`` if there is neither.
    """
    package = Path(scim_compat.__file__).resolve().parent
    for folder in (package / "profiles", package.parent.parent / "profiles"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the built-in profiles are missing: no folder {package / 'profiles'}; reinstall scim-compat"
    )


def builtin() -> dict[str, Path]:
    """Id → file of every built-in profile, by id. The id is the file's name without ``.yaml``."""
    return {path.stem: path for path in sorted(builtin_dir().glob("*.yaml")) if path.is_file()}
