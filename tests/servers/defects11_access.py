"""Defects of access of the SCIM 1.1 server; those of SCIM 2.0 that do not depend on the version."""

from __future__ import annotations

from collections.abc import Callable

from .defects11_base import defect, spoils_answer
from .defects_access import COMPARISONS, comparing, empty_accepted, scheme_ignored
from .defects_base import Wrapper, become, ok
from .good import GoodServer
from .protocol import Answer, Request

for _name, _text, _, _compare in COMPARISONS:
    defect("auth", f"{_name}-11", _text, "SCIM11-API-2", authenticate=comparing(_compare))
defect(
    "auth", "token-empty-accepted-11", "Bearer without a token is let in", "SCIM11-API-2", authenticate=empty_accepted
)
defect("auth", "token-scheme-ignored-11", "the right token is accepted under any scheme", "SCIM11-API-2",
       authenticate=scheme_ignored)  # fmt: skip


def _open_to_all(name: str, text: str, is_open: Callable[[Request], bool]) -> None:
    def authenticate(_: GoodServer, inner: Wrapper, request: Request) -> None:
        if not is_open(request):
            inner(request)

    defect("auth", name, text, "SCIM11-API-2", authenticate=authenticate)


_open_to_all("put-without-auth-11", "PUT needs no credential", lambda request: request.method == "PUT")
_open_to_all("delete-without-auth-11", "DELETE needs no credential", lambda request: request.method == "DELETE")
_open_to_all("create-without-auth-11", "POST needs no credential", lambda request: request.method == "POST")


@(lambda handle: defect("auth", "refused-change-made-11", "a PATCH is refused with 401 and carried out all the same",
                        "SCIM11-API-2", handle=handle))  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request) -> Answer:
    answer: Answer = inner(request)
    if answer.status == 401 and request.method == "PATCH":
        server.dispatch(request)
    return answer


for _status in (401, 403, 500):
    spoils_answer("discovery", f"config-{_status}", f"/ServiceProviderConfigs answers {_status} to the right token",
                  "metabase/metabase#81407", lambda answer, status=_status: become(answer, status, payload={
                      "Errors": [{"description": "No.", "code": str(status)}]}),
                  when=lambda request, answer: request.path == "/ServiceProviderConfigs" and ok(request, answer))  # fmt: skip
