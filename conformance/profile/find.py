"""Where the built-in profiles are."""

from __future__ import annotations

from pathlib import Path

import conformance


def builtin_dir() -> Path:
    """The folder of the built-in profiles.

    An installed package carries them as ``conformance/profiles``; in a checkout they are the folder
    ``profiles`` beside the package. Raises ``FileNotFoundError`` if there is neither.
    """
    package = Path(conformance.__file__).resolve().parent
    for folder in (package / "profiles", package.parent / "profiles"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the built-in profiles are missing: no folder {package / 'profiles'}; reinstall scim-compat"
    )


def builtin() -> dict[str, Path]:
    """Id → file of every built-in profile, by id. The id is the file's name without ``.yaml``."""
    return {path.stem: path for path in sorted(builtin_dir().glob("*.yaml")) if path.is_file()}
