"""Defects of filters, lists, paging and projections."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .defects_base import Wrapper, become, breaks, defect, fail, is_list, spoils_answer, spoils_lists
from .filters import Both, Compare, Filter, Path, matches, parse_filter
from .good import GoodServer
from .protocol import Answer, Data, Request
from .schema import GROUP, USER, Kind

# ---- filter


def _selects(
    name: str, description: str, source: str, choose: Callable[[GoodServer, Wrapper, Request, Kind, str], Any]
) -> None:
    """Register a defect of ``select`` for requests with a filter."""

    def select(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
        return inner(request, kind, text) if text is None else choose(server, inner, request, kind, text)

    defect("filter", name, description, source, select=select)


def _unknown_text(when: Callable[[Kind, str], bool], then: Callable[[], Any]) -> Any:
    """Filters that the server does not understand."""
    return lambda _, inner, request, kind, text: then() if when(kind, text) else inner(request, kind, text)


def _invalid() -> Any:
    fail("The filter is not supported.", scim_type="invalidFilter")


def _crash() -> Any:
    fail("cannot unpack non-iterable NoneType object", status=500)


_selects("filter-ignored", "filters are ignored: everybody is returned", "langwatch/langwatch#6973",
         lambda _, inner, request, kind, __: inner(request, kind, None))  # fmt: skip
_selects("filter-finds-nothing", "filters never find anything", "RFC7644-3.4.2.2",
         lambda *_: [])  # fmt: skip
_selects("filter-501", "filters are not implemented", "RFC7644-3.4.2.2", lambda *_: fail("No filters.", status=501))
_selects("filter-operator-case-sensitive", "operators in capitals are refused", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: " EQ " in text or " Eq " in text, _invalid))  # fmt: skip
_selects("filter-attribute-case-sensitive", "attribute names in another case are refused", "RFC7644-3.10",
         _unknown_text(lambda _, text: text[:1].isupper() or text.startswith("username"), _invalid))  # fmt: skip
_selects("filter-external-id-400", "filters on externalId are refused", "OctopusDeploy/Issues#9841",
         _unknown_text(lambda _, text: text.lower().startswith("externalid"), _invalid))  # fmt: skip
_selects("filter-external-id-500", "filters on externalId crash", "goauthentik/authentik#25837",
         _unknown_text(lambda _, text: text.lower().startswith("externalid"), _crash))  # fmt: skip
_selects("filter-external-id-empty", "filters on externalId find nothing", "langwatch/langwatch#6973",
         _unknown_text(lambda _, text: text.lower().startswith("externalid"), list))  # fmt: skip
_selects("filter-id-400", "filters on id are refused", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: text.lower().startswith("id "), _invalid))  # fmt: skip
_selects("filter-email-value-path-400", "filters on emails[type eq …].value are refused", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: "emails[" in text, _invalid))  # fmt: skip
_selects("filter-email-value-path-empty", "filters on emails[type eq …].value find nothing", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: "emails[" in text, list))  # fmt: skip
_selects("filter-group-name-400", "filters on a group's displayName are refused", "Metatavu/keycloak-scim-server#69",
         _unknown_text(lambda kind, _: kind is GROUP, _invalid))  # fmt: skip
_selects("filter-group-name-ignored", "filters on groups are ignored", "ssoready/ssoready#232",
         lambda _, inner, request, kind, text: inner(request, kind, None if kind is GROUP else text))  # fmt: skip
_selects("filter-urn-400", "filters on schema-qualified names are refused", "RFC7644-3.10",
         _unknown_text(lambda _, text: text.startswith("urn:"), _invalid))  # fmt: skip
_selects("filter-or-400", "filters with or are refused", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: " or " in text, _invalid))  # fmt: skip
_selects("filter-and-400", "filters with and are refused", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: " and " in text, _invalid))  # fmt: skip
_selects("filter-not-400", "filters with not are refused", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: text.startswith("not"), _invalid))  # fmt: skip
_selects("filter-present-400", "filters with pr are refused", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: text.endswith(" pr"), _invalid))  # fmt: skip
_selects("filter-quote-500", "a quote within the value crashes", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: '\\"' in text, _crash))  # fmt: skip
_selects("filter-quote-cut", "the value ends at an escaped quote", "RFC7644-3.4.2.2",
         lambda _, inner, request, kind, text: inner(request, kind, re.sub(r'\\".*"', '"', text)))  # fmt: skip
_selects("filter-apostrophe-500", "an apostrophe within the value crashes the SQL", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: "'" in text, _crash))  # fmt: skip
_selects("filter-backslash-500", "a backslash within the value crashes", "RFC7644-3.4.2.2",
         _unknown_text(lambda _, text: "\\\\" in text, _crash))  # fmt: skip
_selects("filter-scans-first-three", "only the first three users are looked through", "kortix-ai/suna#7297",
         lambda server, inner, request, kind, text: [
             one for one in inner(request, kind, text)
             if one["id"] in [record.id for record in server.store.all(kind)][:3]])  # fmt: skip
_selects("filter-finds-twice", "filters return the same user twice", "RFC7644-3.4.2",
         lambda _, inner, request, kind, text: inner(request, kind, text) * 2)  # fmt: skip
_selects("filter-empty-returns-first", "without a match, the first user is returned", "RFC7644-3.4.2",
         lambda _, inner, request, kind, text: inner(request, kind, text) or inner(request, kind, None)[:1])  # fmt: skip


@breaks("select", "filter", "filter-invalid-ignored", "a filter that cannot be parsed returns everybody",
        "langwatch/langwatch#6973")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    try:
        parse_filter(text or "id pr", kind)
    except Exception:
        return inner(request, kind, None)
    return inner(request, kind, text)


def _compares(name: str, description: str, source: str, change: Callable[[Compare, Data], bool | None]) -> None:
    """Register a defect of comparison; ``change`` answers None where the good server decides."""

    def decide(wanted: Filter, resource: Data) -> bool:
        if isinstance(wanted, Both):
            left, right = decide(wanted.left, resource), decide(wanted.right, resource)
            return (left and right) if wanted.operator == "and" else (left or right)
        decided = change(wanted, resource) if isinstance(wanted, Compare) else None
        return matches(wanted, resource) if decided is None else decided

    defect("filter", name, description, source, matches=lambda _, __, wanted, resource: decide(wanted, resource))


def _top_text(wanted: Compare, resource: Data) -> str | None:
    """The resource's text for a simple ``eq``; None for any other comparison."""
    simple = wanted.operator == "eq" and wanted.path.attribute and not (wanted.path.urn or wanted.path.sub)
    value = resource.get(wanted.path.attribute.name) if simple and wanted.path.attribute else None
    return value if isinstance(value, str) and isinstance(wanted.value, str) else None


def _on_text(decide: Callable[[str, str], bool], *names: str) -> Callable[[Compare, Data], bool | None]:
    def change(wanted: Compare, resource: Data) -> bool | None:
        found = _top_text(wanted, resource)
        if found is None or (names and wanted.path.attribute and wanted.path.attribute.name not in names):
            return None
        return decide(found, str(wanted.value))

    return change


def _like(found: str, wanted: str) -> bool:
    pattern = re.escape(wanted).replace("%", ".*").replace("_", ".")
    return re.fullmatch(pattern, found, re.IGNORECASE) is not None


_compares("filter-case-sensitive", "userName and displayName are compared with regard to case", "zulip/zulip#21758",
          _on_text(lambda found, wanted: found == wanted, "userName", "displayName"))  # fmt: skip
_compares("filter-external-id-ignores-case", "externalId is compared without regard to case", "RFC7643-3.1",
          _on_text(lambda found, wanted: found.lower() == wanted.lower(), "externalId"))  # fmt: skip
_compares("filter-eq-is-contains", "eq finds values that contain the text", "RFC7644-3.4.2.2",
          _on_text(lambda found, wanted: wanted.lower() in found.lower()))  # fmt: skip
_compares("filter-eq-is-prefix", "eq finds values that begin with the text", "RFC7644-3.4.2.2",
          _on_text(lambda found, wanted: found.lower().startswith(wanted.lower())))  # fmt: skip
_compares("filter-like-wildcards", "_ and % in a value are wildcards", "RFC7644-3.4.2.2", _on_text(_like))
_compares("filter-trims-value", "spaces around the value are ignored", "RFC7644-3.4.2.2",
          _on_text(lambda found, wanted: found.lower().strip() == wanted.lower().strip()))  # fmt: skip
_compares("filter-dates-as-text", "dates are compared as text", "RFC7644-3.4.2.2",
          lambda wanted, resource: str(resource["meta"]["lastModified"]) > str(wanted.value)
          if wanted.path.leaf and wanted.path.leaf.name == "lastModified" else None)  # fmt: skip
_compares("filter-email-type-ignored", "emails[type eq …] looks at every address", "RFC7644-3.4.2.2",
          lambda wanted, resource: matches(replace(wanted, path=replace(wanted.path, where=None)), resource)
          if wanted.path.where else None)  # fmt: skip
_compares("filter-first-value-only", "only the first value of a multi-valued attribute is compared", "RFC7644-3.4.2.2",
          lambda wanted, resource: matches(wanted, _first_values(wanted.path, resource))
          if wanted.path.attribute and wanted.path.attribute.multi else None)  # fmt: skip


def _first_values(path: Path, resource: Data) -> Data:
    assert path.attribute is not None
    name = path.attribute.name
    return resource | ({name: resource[name][:1]} if name in resource else {})


@breaks("parse_filter", "filter", "filter-and-takes-first", "of a filter with and, only the first part counts",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, text: str, kind: Kind) -> Any:
    parsed = inner(text, kind)
    return parsed.left if isinstance(parsed, Both) else parsed


# ---- lists


def _set(**changes: Callable[[Data], Any]) -> Callable[[Answer], object]:
    return lambda answer: answer.payload.update({name: change(answer.payload) for name, change in changes.items()})


def _empty(request: Request, answer: Answer) -> bool:
    return is_list(request, answer) and not answer.payload["Resources"]


spoils_answer("filter", "filter-no-match-404", "a filter without a match: 404", "grokability/snipe-it#13968",
              lambda answer: become(answer, 404), when=_empty)  # fmt: skip
spoils_answer("filter", "filter-no-match-400", "a filter without a match: 400", "grokability/snipe-it#13968",
              lambda answer: become(answer, 400), when=_empty)  # fmt: skip
spoils_answer("filter", "filter-no-match-204", "a filter without a match: 204", "RFC7644-3.4.2",
              lambda answer: become(answer, 204), when=_empty)  # fmt: skip
spoils_answer("list", "empty-list-no-array", "an empty list has no Resources: Okta demands it", "support.okta.com",
              lambda answer: answer.payload.pop("Resources"), when=_empty)  # fmt: skip
spoils_answer("list", "empty-list-null", "an empty list has Resources null", "support.okta.com",
              lambda answer: answer.payload.update(Resources=None), when=_empty)  # fmt: skip
spoils_answer("list", "empty-list-bare-array", "an empty list is []", "support.okta.com",
              lambda answer: setattr(answer, "payload", []), when=_empty)  # fmt: skip
spoils_lists("list", "list-bare-array", "lists are arrays, no ListResponse", "RFC7644-3.4.2",
             lambda answer: setattr(answer, "payload", answer.payload["Resources"]))  # fmt: skip
spoils_answer("list", "single-match-bare-resource", "a filter with one match answers the resource itself",
              "RFC7644-3.4.2", lambda answer: setattr(answer, "payload", answer.payload["Resources"][0]),
              when=lambda request, answer: is_list(request, answer) and "filter" in request.parameters
              and len(answer.payload["Resources"]) == 1)  # fmt: skip
spoils_lists("list", "list-without-schemas", "lists have no schemas", "RFC7644-3.4.2",
             lambda answer: answer.payload.pop("schemas"))  # fmt: skip
spoils_lists("list", "list-lower-case-keys", "the members of a list are in lower case", "RFC7644-3.4.2",
             lambda answer: setattr(answer, "payload", {key.lower(): value for key, value in answer.payload.items()}))  # fmt: skip
spoils_lists("list", "total-results-string", "totalResults is a string", "RFC7644-3.4.2",
             _set(totalResults=lambda page: str(page["totalResults"])))  # fmt: skip
spoils_lists("list", "start-index-string", "startIndex is a string", "support.okta.com/0D54z0000A4i091CQA",
             _set(startIndex=lambda page: str(page["startIndex"])))  # fmt: skip
spoils_lists("list", "total-results-missing", "lists have no totalResults", "RFC7644-3.4.2",
             lambda answer: answer.payload.pop("totalResults"))  # fmt: skip
spoils_lists("list", "total-results-is-page-size", "totalResults counts the page only", "better-auth/better-auth#10398",
             _set(totalResults=lambda page: len(page["Resources"])))  # fmt: skip
spoils_lists("list", "total-results-zero", "totalResults is always 0", "RFC7644-3.4.2", _set(totalResults=lambda _: 0))
spoils_lists("list", "items-per-page-constant", "itemsPerPage is not the number returned", "ory/polis#4054",
             _set(itemsPerPage=lambda _: 100))  # fmt: skip
spoils_lists("list", "start-index-always-1", "startIndex is always 1 in answers", "RFC7644-3.4.2.4",
             _set(startIndex=lambda _: 1))  # fmt: skip
spoils_answer("list", "page-past-end-404", "a page beyond the end: 404", "ory/polis#4054",
              lambda answer: become(answer, 404),
              when=lambda request, answer: _empty(request, answer) and answer.payload["totalResults"] > 0)  # fmt: skip
spoils_lists("list", "list-capped-at-2", "lists end after two resources, whatever was asked",
             "better-auth/better-auth#10398", _set(Resources=lambda page: page["Resources"][:2],
                                                   itemsPerPage=lambda page: len(page["Resources"][:2]),
                                                   totalResults=lambda page: len(page["Resources"][:2])))  # fmt: skip


def _reads(name: str, description: str, source: str, change: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
    """Register a defect in how the parameters of a query are read."""
    defect("list", name, description, source,
           page=lambda _, inner, request, kinds, given: inner(request, kinds, dict(change(given))))  # fmt: skip


def _without(*names: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda given: {key: value for key, value in given.items() if key not in names}


_reads("count-ignored", "count is ignored", "RFC7644-3.4.2.4", _without("count"))
_reads(
    "start-index-ignored",
    "startIndex is ignored: every page is the first",
    "RFC7644-3.4.2.4",
    _without("startIndex"),
)
_reads("start-index-zero-based", "startIndex counts from 0", "RFC7644-3.4.2.4",
       lambda given: given | ({"startIndex": str(int(given["startIndex"]) + 1)} if "startIndex" in given else {}))  # fmt: skip
_reads("count-zero-returns-all", "count=0 returns everything", "RFC7644-3.4.2.4",
       lambda given: _without("count")(given) if given.get("count") == "0" else given)  # fmt: skip
_reads(
    "sort-by-ignored",
    "sortBy is ignored, though sorting is advertised",
    "RFC7644-3.4.2.3",
    _without("sortBy"),
)
_reads("sort-order-ignored", "sortOrder is ignored", "RFC7644-3.4.2.3", _without("sortOrder"))


@breaks("select", "list", "list-order-changes", "the order changes from page to page", "RFC7644-3.4.2.4")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    server.memory["turn"] = not server.memory.get("turn", False)
    found = inner(request, kind, text)
    return found if server.memory["turn"] else found[::-1]


def _projects(name: str, description: str, source: str, change: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
    defect("list", name, description, source,
           project=lambda _, inner, resource, given: inner(resource, change(dict(given))))  # fmt: skip


_projects("excluded-attributes-ignored", "excludedAttributes is ignored", "RFC7644-3.4.2.5",
          _without("excludedAttributes"))  # fmt: skip
_projects("attributes-ignored", "attributes is ignored", "RFC7644-3.4.2.5", _without("attributes"))


@breaks("project", "list", "attributes-drops-id", "with attributes, the id is left out", "RFC7643-7")
def _(_: GoodServer, inner: Wrapper, resource: Data, given: Mapping[str, str]) -> Any:
    shown = inner(resource, given)
    return {key: value for key, value in shown.items() if key != "id"} if "attributes" in given else shown


@breaks("read", "list", "excluded-attributes-ignored-by-id", "excludedAttributes is ignored for a single resource",
        "RFC7644-3.9")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    return inner(replace(request, parameters=_without("excludedAttributes")(dict(request.parameters))), kind, id_)


@breaks("dispatch", "list", "excluded-attributes-400", "excludedAttributes is refused", "RFC7644-3.9")
def _(_: GoodServer, inner: Wrapper, request: Request) -> Any:
    if "excludedAttributes" in request.parameters:
        fail("excludedAttributes is not supported.")
    return inner(request)


@breaks("select", "list", "list-needs-filter", "users are not listed without a filter", "RFC7644-3.4.2")
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return inner(request, kind, text) if text is not None or kind is not USER else fail("A filter is required.")
