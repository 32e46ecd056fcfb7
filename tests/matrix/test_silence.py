"""A server without discovery documents: what it offers is judged in full, what it refuses does not apply.

Its report is stricter than before the documents were lost, never milder: no scenario is left out for their sake.
"""

from __future__ import annotations

import pytest
from matrix import test_variants as whole
from servers.protocol import ScimError
from servers.schema import USER
from servers.variants import VARIANTS
from support.draw import pairs

DOCUMENTS = frozenset({"ServiceProviderConfig", "ResourceTypes", "Schemas"})
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def _nothing(_request):
    """Everything else is served."""


def _groups(request):
    if request.path.startswith("/Groups"):
        raise ScimError(404, "There is no such endpoint.")


def _patch(request):
    if request.method == "PATCH":
        raise ScimError(501, "PATCH is not offered.")


def _filter(request):
    if "filter" in request.parameters:
        raise ScimError(400, "Filters are not offered.", scim_type="invalidFilter")


REFUSALS = {"nothing": _nothing, "groups": _groups, "patch": _patch, "filter": _filter}
NEEDED = {"patch": ("rfc7644",), "filter": ("rfc7644",)}
"""What a client cannot do without, it still misses; the profile of the specification does not."""
RUNS = [
    (what, name)
    for what in REFUSALS
    for name in NEEDED.get(what, ("rfc7644", "okta", "entra-v2", "peakon"))
]  # fmt: skip


def quiet(server, *, refuse, documents=DOCUMENTS):
    inner = server.dispatch

    def dispatch(request):
        if request.path.strip("/").partition("/")[0] in documents:
            raise ScimError(404, "There is no such endpoint.")
        refuse(request)
        return inner(request)

    server.dispatch = dispatch
    return server


@pytest.fixture
def play(monkeypatch, tmp_path):
    """``play(profile, variant)`` at a server that says nothing of itself and refuses a part."""
    populated = whole.populated

    def call(name, *variant, refuse=_nothing, server=lambda server: server):
        monkeypatch.setattr(
            whole, "populated", lambda names: quiet(server(populated(names)), refuse=refuse)
        )  # fmt: skip
        return whole.run(name, frozenset(variant), tmp_path)

    return call


def assert_silent(ran):
    """Nothing but the missing documents is reported, and nothing is unproven."""
    grave = {found for found in ran.found if found[2] != "cosmetic"}
    assert {check for _, check, _ in grave} <= {"discovery.status"}, "\n".join(ran.places)
    counts = ran.results["profiles"][0]["counts"]
    assert (counts["errored"], counts["skipped"]) == (0, 0)
    assert ran.results["cleanup"]["left"] == []
    assert ran.results["errors"] == []


@pytest.mark.parametrize(("what", "name"), RUNS)
def test_what_a_silent_server_refuses_is_not_offered(play, what, name):
    assert_silent(play(name, refuse=REFUSALS[what]))


@pytest.mark.parametrize(
    ("variant", "name"), pairs(["no-sort", "no-etag", "eq-only", "unknown-403"], ["rfc7644", "okta"])
)
def test_a_silent_server_may_differ(play, variant, name):
    assert variant in VARIANTS
    assert_silent(play(name, variant))


def test_a_silent_server_may_lack_the_extension(play):
    def without_extension(server):
        accept = server.accept

        def accepting(kind, body):
            return accept(
                kind, {k: v for k, v in body.items() if not (kind is USER and k.lower() == ENTERPRISE.lower())}
            )

        server.accept = accepting
        return server

    assert_silent(play("rfc7644", server=without_extension))


def test_what_a_silent_server_offers_is_judged_in_full(play):
    """The documents of the good server deny two features; without them, nothing else is left out."""
    ran = play("rfc7644")
    left_out = {s["id"]: s["reason"] for s in ran.results["profiles"][0]["scenarios"] if not s["applicable"]}
    told = whole.not_for_the_plain_one("rfc7644")
    assert {name for name in left_out if name not in told} == {
        name for name, reason in left_out.items() if "answer at /Schemas" in reason or "at /ResourceTypes" in reason
    }


def test_a_silent_server_that_is_broken_is_told_so(play):
    """The same defects are found as beside the documents: a milder report would reward their loss."""
    from servers.defects import install  # noqa: PLC0415

    def broken(server):
        install(server, frozenset({"disable-accepted-but-ignored"}))
        return server

    checks = {(check, severity) for _, check, severity in play("okta", server=broken).found}
    assert ("user.disabled", "breach") in checks
