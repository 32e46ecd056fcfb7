"""SCIM 1.1: defects that only show in a store of some size."""

from __future__ import annotations

from typing import Any

from .defects11_base import breaks, defect
from .defects_base import Wrapper
from .defects_crowd import looking_at, paging
from .good11 import GoodServer11
from .protocol import Answer, Request
from .schema import GROUP, Kind

defect("filter", "filter-scans-first-ten-11", "filters look at the first ten users", "SCIM11-API-3.2.2.1",
       select=looking_at(lambda all_: all_[:10]))  # fmt: skip
defect("filter", "filter-skips-first-11", "filters leave out the first user of the store", "SCIM11-API-3.2.2.1",
       select=looking_at(lambda all_: all_[1:]))  # fmt: skip
defect("list", "page-one-short-11", "every page that others follow is one short of count", "SCIM11-API-3.2.2.3",
       page=paging(lambda start, count, total:
                   (start, count - 1 if count > 1 and start + count - 1 < total else count)))  # fmt: skip
defect("list", "page-overlaps-by-one-11", "each page begins with the last resource of the page before",
       "SCIM11-API-3.2.2.3", page=paging(lambda start, count, _: (max(1, start - 1), count)))  # fmt: skip
defect("list", "last-page-dropped-11", "a last page that is not full is empty", "SCIM11-API-3.2.2.3",
       page=paging(lambda start, count, total:
                   (start, 0 if start > 1 and start + count - 1 > total else count)))  # fmt: skip
defect("list", "page-past-end-is-last-11", "a page behind the end answers the last resources again",
       "SCIM11-API-3.2.2.3",
       page=paging(lambda start, count, total:
                   (max(1, total - count + 1) if start > total else start, count)))  # fmt: skip


@breaks("delete", "delete", "delete-of-group-ignored-11", "DELETE of a group answers 200 and deletes nothing",
        "SCIM11-API-3.4")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind.name != GROUP.name:
        return inner(request, kind, id_)
    server.find(kind, id_)
    return Answer(200)
