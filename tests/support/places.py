"""Where things are in the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parents[1]
ROOT: Final = TESTS.parent
BAD_PROFILES: Final = TESTS / "support" / "profiles_bad"
