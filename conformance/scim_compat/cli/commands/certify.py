"""scim-compat certify: writes a vendor's statement on its endpoint, or checks one against results."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scim_compat.errors import ExitStatus, RecordFileError, UsageError
from scim_compat.values import Json

if TYPE_CHECKING:
    from scim_compat.report import statement as made
    from scim_compat.results.document import Document

_FOLDER = "statement"
_LABEL_WIDTH = 11


@click.command("certify", short_help="Writes a statement on the endpoint to publish, or checks one.")
@click.argument("results", metavar="DIR")
@click.option("--name", metavar="NAME", help="Name of the product, as its vendor calls it. Not a URL.")
@click.option("--product-version", metavar="V", help="Version of the product.")
@click.option("--out", metavar="FOLDER", help=f"Folder to write. Default: {_FOLDER} beside the results.")
@click.option("--verify", "stated", metavar="STATEMENT", help="Check this statement.json against the results.")
def command(
    results: str, *, name: str | None, product_version: str | None, out: str | None, stated: str | None
) -> None:
    """Writes a statement that a vendor may publish, from the results of the whole run in DIR.

    It consists of statement.html, statement.json, badge.svg and badge.json (for shields.io). They hold the verdicts,
    the profiles with version and digest, what is not offered or not claimed, accepted findings with their reasons, and
    the SHA-256 of results.json. No address and no path stands in them. A partial or unproven run is refused. The
    statement is NAME's own.

    With --verify, it reports where a statement is not as the results say, and ends with status 1 if it is not.
    """
    if stated is not None:
        if name or product_version or out:
            raise UsageError("--verify takes a statement and the results, and no other option")
        _verify(Path(stated), Path(results))
        return
    if not name or not product_version:
        raise UsageError("a statement needs --name NAME and --product-version V")
    from scim_compat.cli import console  # noqa: PLC0415 - not for --help
    from scim_compat.report import statement as made  # noqa: PLC0415 - likewise

    document, digest, home = _read(Path(results))
    data = made.statement(document, made.Product(name, product_version), digest=digest)
    folder = Path(out) if out else home / _FOLDER
    _write(
        folder,
        {
            "statement.html": made.page(data),
            "statement.json": json.dumps(data, indent=2) + "\n",
            "badge.svg": made.badge(data),
            "badge.json": json.dumps(made.badge_data(data), indent=2) + "\n",
        },
    )
    console.output(whole=True).entry("Statement", str(folder / "statement.html"), width=_LABEL_WIDTH)


def _read(path: Path) -> tuple[Document, str, Path]:
    """The results, the digest of their file, and the folder that they are in."""
    from scim_compat.results.read import read_run  # noqa: PLC0415 - not for --help

    if path.suffix == ".jsonl":
        raise UsageError(f"{path}: a statement is of results.json", hint="name it, or its folder")
    document, home = read_run(path)
    file = path / "results.json" if path.is_dir() else path
    try:
        return document, hashlib.sha256(file.read_bytes()).hexdigest(), home
    except OSError as error:
        raise RecordFileError(f"{file}: cannot be read: {error.strerror}") from None


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}", hint="--out names another place") from None


def _verify(file: Path, results: Path) -> None:
    from scim_compat.cli import console  # noqa: PLC0415 - not for --help
    from scim_compat.report import statement as made  # noqa: PLC0415 - likewise

    stated, product = _stated(file)
    document, digest, _ = _read(results)
    found = made.statement(document, product, digest=digest)
    out = console.output(whole=True)
    wrong = list(made.differences(stated, found))
    for sentence in wrong:
        out.line(sentence)
    if not wrong:
        out.line(f"The statement of {product.name} {product.version} is as the results say.")
    sys.exit(ExitStatus.FINDINGS if wrong else ExitStatus.OK)


def _stated(file: Path) -> tuple[dict[str, Json], made.Product]:
    """The statement, and the product that it is about."""
    from scim_compat.report import statement as made  # noqa: PLC0415 - not for --help

    try:
        stated = json.loads(file.read_bytes())
    except OSError as error:
        raise RecordFileError(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise RecordFileError(f"{file}: is no JSON", hint="name the statement.json") from None
    known = stated if isinstance(stated, dict) and stated.get("format") == made.FORMAT else {}
    match known.get("endpoint"):
        case {"name": str(name), "version": str(version)}:
            return known, made.Product(name, version)
    raise RecordFileError(f"{file}: is no statement of the format {made.FORMAT}", hint="name the statement.json")
