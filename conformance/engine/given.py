"""What a scenario starts from, made so that the target can take it.

Set-up is ours, not the client's: a target that cannot take it in our form has broken no rule of the
client's, and everything after it would only repeat that. How the client itself creates is judged where
a scenario says ``do: create``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.engine import dialect as wording
from conformance.engine import paths
from conformance.engine.exchange import MISSING, Capabilities, Exchange, Json
from conformance.engine.play import Actor, Play

_EVERYWHERE: Final = frozenset({"schemas", "externalid", "username", "displayname", "active"})
"""Common, required, or what scenarios are about: sent whether or not the target's schema lists them."""


def fitted(body: dict[str, Json], actor: Actor, target: Capabilities) -> dict[str, Json]:
    """``body`` without what the target's own schema does not know, and with the full name where it requires one.

    A service provider may refuse what is not in its schema, and may require what RFC 7643 does not
    (RFC 7643 §7, RFC 7644 §3.12 ``invalidSyntax``). Without a published schema the body stays as it is.
    """
    listed = _by_name((target.schema(body["schemas"][0]) or {}).get("attributes"))
    if not listed:
        return body
    found = {
        name: _known(value, _by_name(listed.get(name.lower(), {}).get("subAttributes")))
        for name, value in body.items()
        if name.lower() in _EVERYWHERE | listed.keys()
    }
    parts = _by_name(listed.get("name", {}).get("subAttributes"))
    if isinstance(found.get("name"), dict) and parts.get("formatted", {}).get("required") is True:
        found["name"]["formatted"] = actor.sources["fullName"]
    return found


def _by_name(attributes: Json) -> dict[str, Mapping[str, Json]]:
    """Attribute definitions of one level by name in small letters."""
    listed = attributes if isinstance(attributes, list) else []
    return {str(a.get("name", "")).lower(): a for a in listed if isinstance(a, Mapping)}


def _known(value: Json, subs: Mapping[str, Any]) -> Json:
    """The parts of a complex value that the schema lists; all of them where it lists none."""
    if isinstance(value, list):
        return [_known(v, subs) for v in value]
    if not isinstance(value, dict) or not subs:
        return value
    return {k: v for k, v in value.items() if k.lower() in subs}


def joined(play: Play, actor: Actor, done: Exchange) -> None:
    """Adds the members that the answer to our creation shows left out, as clients add them: by PATCH.

    Most clients create a group empty. What a target makes of members in a creation is judged where a
    scenario creates so.
    """
    answer = done.response.json if done.response else MISSING
    shown = paths.member(answer, "members") if isinstance(answer, Mapping) else MISSING
    if shown is MISSING or play.profile.scim != "2.0":
        return
    absent = sorted(actor.members - set(_values(shown)))
    if absent:
        body = wording.patch_body([{"op": "add", "path": "members", "value": [{"value": i} for i in absent]}])
        intent = play.intent("raw", actor, by="harness", expect="either")
        title = f"adds to {actor.key} the members that its creation left out"
        play.exchange(play.request("PATCH", play.path_of(actor), ours=True, body=body), intent, title)


def _values(members: Json) -> Iterator[str]:
    for entry in members if isinstance(members, list) else []:
        if isinstance(entry, Mapping):
            yield str(entry.get("value"))


def never_taken(actor: Actor, path: str, value: Json) -> bool:
    """Whether our set-up sent this value and the target's answer to it shows another one.

    The target may alter or ignore what it is sent (RFC 7644 §3.3); later steps did not do it.
    """
    if actor.given is None:
        return False
    sent, answered = actor.given
    return paths.same(value, paths.get(sent, path)) and not paths.same(value, paths.get(answered, path))
