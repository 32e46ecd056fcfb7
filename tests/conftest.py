"""Plugins of the tests, and where their bytecode is kept.

The tests start many processes. Where Python is told to write no bytecode, each would compile every module again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(
        Path(__file__).parents[1] / ".pytest_cache" / "bytecode"
    )
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = ["support.collecting", "support.fixtures"]
