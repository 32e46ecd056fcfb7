"""The compatibility report: one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from scim_compat.report import words
from scim_compat.report.text import visible
from scim_compat.report.viewmodel import build
from scim_compat.results.causes import Cause, causes
from scim_compat.results.document import Document
from scim_compat.values import plural

_HERE: Final = Path(__file__).parent


def render(document: Document, found: tuple[Cause, ...] | None = None) -> str:
    """Write the report on a run as one HTML page. ``found``: its causes, where they are known already.

    The page holds no script and requests nothing from anywhere (its Content-Security-Policy forbids it). Equal
    results give the same bytes.
    """
    view = build(document, causes(document) if found is None else found)
    css, policy = sheet("report.css", "run.css", more=view.filter_rules)
    return template("report.html.j2").render(view=view, words=words, css=css, policy=policy)


@functools.lru_cache(maxsize=16)
def sheet(*names: str, more: str = "") -> tuple[Markup, str]:
    """Join the style sheets, and write the policy that admits the result and nothing else.

    ``more``: rules of this package for one page, which hold no text of others.
    """
    css = "".join((_HERE / "templates" / name).read_text(encoding="utf-8") for name in names) + more
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    # The hash above holds for these bytes only, so they must not be escaped.
    return Markup(css), policy  # noqa: S704 - files of this package


@functools.cache
def template(name: str) -> jinja2.Template:
    """Compile a template, which escapes every value that it is given."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters["ms"] = _milliseconds
    environment.filters["plural"] = plural
    environment.filters["coded"] = _coded
    return environment.get_template(name)


def _finalize(anything: Any) -> Any:
    """Every value that a template writes passes through here, so nothing invisible can reach the page."""
    if isinstance(anything, str) and not isinstance(anything, Markup):
        return visible(anything)
    return anything


def _coded(text: str) -> Markup:
    """Mark up text between backticks as code; every part is escaped."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:  # an unpaired backtick: no code at all
        return Markup("{}").format(visible(text))
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if n % 2 else Markup("{}").format(part) for n, part in enumerate(parts))


def _milliseconds(ms: float) -> str:
    if ms >= 10_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms:,.0f} ms" if ms >= 1 or ms == 0 else "under 1 ms"
