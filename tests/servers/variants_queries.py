"""Lists and filters that differ lawfully."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from .filters import Both, Compare, Filter
from .protocol import Answer, Data, Request, ScimError, integer
from .schema import Kind
from .variants_base import around, configures, variant

if TYPE_CHECKING:
    from .good import GoodServer


@variant("no-resources-when-empty", "an empty ListResponse has no Resources (RFC 7644 §3.4.2)")
def _(server: GoodServer) -> None:
    def page(inner: Any, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Answer:
        answer: Answer = inner(request, kinds, given)
        if not answer.payload["Resources"]:
            del answer.payload["Resources"]
        return answer

    around(server, page)


@variant("list-order", "lists have an order of their own, always the same (RFC 7644 §3.4.2.3 leaves it open)")
def _(server: GoodServer) -> None:
    def select(inner: Any, request: Request, kind: Kind, text: str | None) -> list[Data]:
        return sorted(inner(request, kind, text), key=lambda one: sha256(one["id"].encode()).digest())

    around(server, select)


@variant("page-20", "without count, a page has 20 resources at most (RFC 7644 §3.4.2.4)")
def _(server: GoodServer) -> None:
    def page(inner: Any, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Answer:
        return inner(request, kinds, {"count": "20"} | given)  # type: ignore[no-any-return]

    around(server, page)


@variant("most-20", "a page has 20 resources at most, whatever count says (RFC 7644 §3.4.2.4, RFC 7643 §5)")
def _(server: GoodServer) -> None:
    def page(inner: Any, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Answer:
        most = min(20, integer(given, "count", 20))
        return inner(request, kinds, given | {"count": str(most)})  # type: ignore[no-any-return]

    around(server, page)
    configures(server, "filter", maxResults=20)


@variant("no-sort", "sortBy is ignored, and sort.supported is false (RFC 7644 §3.4.2.3: optional)")
def _(server: GoodServer) -> None:
    def sort(_: Any, __: Kind, resources: list[Data], *___: str) -> list[Data]:
        return resources

    around(server, sort)
    configures(server, "sort", supported=False)


@variant("eq-only", "filters know eq and and, also within [ ]; others get 400 invalidFilter (RFC 7644 §3.4.2.2)")
def _(server: GoodServer) -> None:
    def known(wanted: Filter) -> bool:
        if isinstance(wanted, Both):
            return wanted.operator == "and" and known(wanted.left) and known(wanted.right)
        if not isinstance(wanted, Compare) or wanted.operator != "eq":
            return False
        return wanted.path.where is None or known(wanted.path.where)

    def parse_filter(inner: Any, text: str, kind: Kind) -> Filter:
        wanted: Filter = inner(text, kind)
        if not known(wanted):
            raise ScimError(400, "Filters may use eq and and.", scim_type="invalidFilter")
        return wanted

    around(server, parse_filter)


@variant(
    "no-filter-advertised", "filter.supported is false, though filters work (RFC 7643 §5 promises less than there is)"
)
def _(server: GoodServer) -> None:
    configures(server, "filter", supported=False)
