"""From the findings of a run to what is to be fixed: a pure function of the document."""

from __future__ import annotations

from scim_compat.results.causes.grouping import causes
from scim_compat.results.causes.model import Cause, Hit, Trait

__all__ = ["Cause", "Hit", "Trait", "causes"]
