"""A cause as Markdown, for the tracker of those who fix it."""

from __future__ import annotations

from scim_compat.results.causes import Cause
from scim_compat.results.document import Document


def ticket(document: Document, cause: Cause, number: int) -> str:
    """Write the text of a ticket about the cause. ``number``: its place in ``causes(document)``, from 1."""
    return f"# {number}. {cause.title}\n\n{document.target.url}\n"
