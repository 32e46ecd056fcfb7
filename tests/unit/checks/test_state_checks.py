"""The checks on the state behind writes: what passes, what fails, and conformant ways that must pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scim_compat.checks.registry import NotJudged, all_checks
from scim_compat.engine.capabilities import Claims
from scim_compat.engine.intent import (
    Effect,
    Overlap,
)
from scim_compat.scim.names import ERROR
from scim_compat.values import MISSING
from support.states import BASE, CORE, ENT, FJORD, back, crew, later, liv, put, refused, see, write

WORK = 'emails[type eq "work"].value'
MODULES = {"create", "dates", "extensions", "patch", "user", "group", "delete", "overlap", "sync", "unchanged"}


def named(identifier):
    """A member by name, whose $ref tells who it is."""
    return {"value": "liv", "$ref": f"{BASE}/Users/{identifier}"}


def gone(action="read-back", **more):
    return see(action, gone=True, expect="refusal", **more)


def group_back(body, *writes, members=(), **more):
    about = {"kind": "Group", "id": "g1", "desired": {"displayName": "Crew"}, "members": frozenset(members),
             "seen_members": frozenset(members), "last_answer": crew(), **more.pop("subject", {})}  # fmt: skip
    return see(more.pop("action", "read-back"), body, writes=writes, subject=about, **more)


def listing(*resources, **changes):
    return {"totalResults": len(resources), "Resources": list(resources), "startIndex": 1} | changes


def schema(urn, **attributes):
    """A target's own schema: attribute → its sub-attributes or None."""
    return {"id": urn, "attributes": [
        {"name": name, "type": "string"} | ({"subAttributes": [{"name": s} for s in subs]} if subs else {})
        for name, subs in attributes.items()
    ]}  # fmt: skip


POOR = (schema(CORE, userName=None, active=None, displayName=None, name=["givenName", "familyName"]),)
RICH = (*POOR, schema(FJORD, berth=None))


def moved(time="09:30:00"):
    return {"lastModified": f"2026-01-31T{time}Z"}


def judged(name, seen):
    """``None`` if the check does not apply, "skip" if it cannot be judged, else the places of its problems."""
    rule = all_checks()[name]
    if rule.on and seen.intent.action not in rule.on:
        return None
    if not rule.when(seen):
        return None
    try:
        problems = list(rule.run(seen))
    except NotJudged as reason:
        return "skip" if str(reason) else "skipped without a reason"
    for problem in problems:
        assert isinstance(problem.where, str)
        assert problem.where
    return [p.where for p in problems]


made = write(
    put("userName", "liv@fjord.example"),
    put("title", "Surveyor"),
    put("name.familyName", "Dahl"),
    action="create",
    status=201,
)
made_formatted = write(put("name.formatted", "Liv Dahl"), action="create", status=201)
BERG = {"givenName": "Liv", "familyName": "Berg", "formatted": "Liv Berg"}
create_text = write(put("displayName", "Žofia O'Bjørnså 🚢"), action="create", status=201)
renamed = write(put("displayName", "Liv Berg"))
two = write(put("displayName", "Liv Berg", 0), put("title", "Chief", 1))
disabled = write(put("active", False))
enabled = write(put("active", True))
boss = write(put(f"{ENT}:manager", {"value": "u2"}))
no_boss = write(Effect("clear", f"{ENT}:manager"))
berth = write(put(f"{FJORD}:berth", "B7"))
grade = write(put(f"{FJORD}:Pay Grade", 7))
CUT = FJORD.rpartition(".")[0]
SHOWN = {"extension_paths": frozenset({f"{FJORD}:berth".lower()})}
ADD, REMOVE = Effect("add-member", "members", "u1"), Effect("remove-member", "members", "u2")
added = write(Effect("add-member", "members", "u1"))
removed = write(Effect("remove-member", "members", "u1"))
SECONDS = "2026-01-31T09:30:00Z"
whole_seconds = {"resourceType": "User", "lastModified": SECONDS}
FIRST = {"created": "2026-01-31T09:30:00.5Z"}


def op(path, value):
    return {"op": "add", "path": path, "value": value}


def sending(*operations, **more):
    """A refused PATCH whose profile states no effect."""
    seen = see("patch", {}, status=400, writes=[write()], **more)
    return replace(seen, intent=replace(seen.intent, body={"Operations": list(operations)}))


def adopting(seen):
    """The same, of a target whose vendor claims that a create for a known person takes over the account."""
    return replace(seen, context=replace(seen.context, claims=Claims(existing="adopt")))


CASES = {
    # --- create -------------------------------------------------------------------------------------------
    "create.status": [
        ("201", see("create", liv(), status=201), []),
        ("201 to our own set-up", see("set-up", liv(), status=201), []),
        ("200", see("create", liv(), status=200), ["status"]),
        ("400", see("create", {"detail": "title is unknown"}, status=400), ["status"]),
        ("500 is another check's", see("create", {}, status=500), []),
        ("409 to a second create", see("create", {}, status=409, expect="refusal", duplicate=True), None),
        ("400 where a refusal is conformant", see("create", {}, status=400, expect="either"), None),
    ],
    "create.returns-resource": [
        ("the resource", see("create", liv(), status=201), []),
        ("nothing", see("create", status=201), ["body"]),
        ("an array", see("create", [], status=201), ["body"]),
        ("without id", see("create", liv(id=MISSING), status=201), ["/id"]),
        ("a refusal", see("create", {}, status=400), None),
    ],
    "create.duplicate-refused": [
        ("409", see("create", {}, status=409, duplicate=True, expect="refusal"), []),
        ("201: a second one", see("create", liv(), status=201, duplicate=True, expect="refusal"), ["status"]),
        ("400", see("create", {}, status=400, duplicate=True, expect="refusal"), ["status"]),
        ("500 is another check's", see("create", {}, status=500, duplicate=True, expect="refusal"), []),
        ("taken over, as claimed", adopting(see("create", liv(), status=200, duplicate=True)), []),
        ("409, and the vendor claims to take over", adopting(see("create", {}, status=409, duplicate=True)), ["/id"]),
        ("a second one, and the vendor claims to take over", adopting(see("create", liv(id="u9"), status=201, duplicate=True)), ["/id"]),
        ("the first create", see("create", liv(), status=201), None),
    ],
    "create.stored": [
        ("as sent", back(liv(), made), []),
        ("more than sent", back(liv(nickName="Livvi", groups=[]), made), []),
        ("dropped", back(liv(title=MISSING), made), ["title"]),
        ("null", back(liv(title=None), made), ["title"]),
        ("changed", back(liv(title="Keeper"), made), ["title"]),
        ("another text", back(liv(displayName="Žofia Škvorecký"), create_text), ["displayName"]),
        ("not promised by the target's schema", back(liv(title=MISSING), made, schemas=POOR), []),
        ("promised and dropped", back(liv(name={}), made, schemas=POOR), ["name.familyName"]),
        ("a later change is not the creation's", back(liv(title="Chief"), made, write(put("title", "Chief"))), []),
        ("formatted follows a later name", back(liv(name=BERG), made_formatted, write(put("name.familyName", "Berg"))), []),
        ("formatted follows nothing", back(liv(name=BERG), made_formatted), ["name.formatted"]),
        ("members in another order and case", back(liv(NAME={"FAMILYNAME": "Dahl"}, name=MISSING), made), []),
        ("nothing was created", back(liv(), renamed), None),
        ("gone", back({"detail": "no"}, made, status=404), None),
        ("a custom attribute is another check's", back(liv(), write(put(f"{FJORD}:berth", "B7"), action="create")), []),
    ],
    "create.text-survives": [
        ("as sent", back(liv(displayName="Žofia O'Bjørnså 🚢"), create_text), []),
        ("mangled", back(liv(displayName="Å½ofia O'BjÃ¸rnsÃ¥"), create_text), ["displayName"]),
        ("stripped", back(liv(displayName="ofia O'Bjrns "), create_text), ["displayName"]),
        ("escaped", back(liv(displayName="Žofia O&#39;Bjørnså 🚢"), create_text), ["displayName"]),
        ("cut off", back(liv(displayName="Ž"), create_text), ["displayName"]),
        ("transliterated", back(liv(displayName="Zofia O'Bjornsa"), create_text), ["displayName"]),
        ("another text is another check's", back(liv(displayName="Žofia Škvorecký"), create_text), []),
        ("plain text changed is another check's", back(liv(title="x"), made), []),
        ("a change read as ISO-8859-1", back(liv(displayName="BjÃ¸rn", title="Chief"), write(put("displayName", "Bjørn", 0), put("title", "Chief", 1))), ["displayName"]),
        ("a value that the profile names", back(liv(displayName="Bj?rn"), write(put("displayName", "Bjørn"), action="read-back")), ["displayName"]),
        ("a change that was lost is another check's", back(liv(), write(put("displayName", "Bjørn"))), []),
        ("composed letters for decomposed ones", back(liv(displayName="Åse"), write(put("displayName", "A\u030ase"))), []),
        ("decomposed letters for composed ones", back(liv(displayName="A\u030ase"), write(put("displayName", "Åse"))), ["displayName"]),
    ],
    "create.case-kept": [
        ("as sent", back(liv(), made), []),
        ("lower-cased", back(liv(title="surveyor"), made), ["title"]),
        ("another value is another check's", back(liv(title="Keeper"), made), []),
        ("a change in small letters", back(liv(title="chief"), write(put("title", "Chief"))), ["title"]),
    ],
    # --- changes ------------------------------------------------------------------------------------------
    "patch.status": [
        ("200", see("patch", liv(), writes=[renamed]), []),
        ("204", see("patch", writes=[renamed]), []),
        ("202", see("patch", liv(), status=202, writes=[renamed]), ["status"]),
        ("400", see("patch", {"detail": "x"}, status=400, writes=[renamed]), ["status"]),
        ("500 is another check's", see("patch", {}, status=500, writes=[renamed]), []),
        ("what the profile names", see("patch", status=400, writes=[renamed], statuses=frozenset({400})), []),
        ("either", see("patch", {}, status=400, writes=[renamed], expect="either"), None),
        ("a member added again", see("patch", {}, status=409, writes=[added], twice=True), None),
        ("400 for what the target's schema does not list", see("patch", {}, status=400, writes=[write(put("title", "x"))], schemas=POOR), "skip"),
        ("400 for that and more", see("patch", {}, status=400, writes=[write(put("title", "x"), *renamed.effects)], schemas=POOR), "skip"),
        ("400 for an unlisted path, and no effect is stated", sending(op("roles", []), schemas=POOR), "skip"),
        ("400 for listed ones, and no effect is stated", sending(op("displayName", "x"), op("[", "x"), {"op": "add"}, schemas=POOR), ["status"]),
        ("500 for it", see("patch", {}, status=500, writes=[write(put("title", "x"))], schemas=POOR), []),
        ("manager has a check of its own", see("patch", {}, status=400, writes=[boss]), None),
        ("members have one as well", see("patch", {}, status=400, writes=[added]), None),
    ],
    "user.manager-accepted": [
        ("204", see("patch", writes=[boss]), []),
        ("400", see("patch", {}, status=400, writes=[boss]), ["status"]),
        ("something else beside it", see("patch", {}, status=400, writes=[write(*boss.effects, *renamed.effects)]), None),
    ],
    "group.change-accepted": [
        ("204", see("patch", writes=[added]), []),
        ("400", see("patch", {}, status=400, writes=[removed]), ["status"]),
    ],
    "patch.returns-resource": [
        ("200 with it", see("patch", liv(), writes=[renamed]), []),
        ("204", see("patch", writes=[renamed]), None),
        ("200 with nothing", see("patch", status=200, writes=[renamed]), ["body"]),
        ("200 with something else", see("patch", {"ok": True}, writes=[renamed]), ["body"]),
    ],
    "patch.applied": [
        ("applied", back(later(displayName="Liv Berg"), renamed), []),
        ("ignored", back(liv(), renamed), ["displayName"]),
        ("cleared", back(liv(title=MISSING), write(Effect("clear", "title"))), []),
        ("cleared: null", back(liv(title=None), write(Effect("clear", "title"))), []),
        ("cleared: empty", back(liv(title=""), write(Effect("clear", "title"))), []),
        ("not cleared", back(liv(), write(Effect("clear", "title"))), ["title"]),
        ("a value path", back(liv(emails=[{"type": "work", "value": "b@x"}]), write(put(WORK, "b@x"))), []),
        ("a value path ignored", back(liv(), write(put(WORK, "b@x"))), [WORK]),
        ("refused", back(liv(), refused(*renamed.effects)), []),
        ("overridden by a later change", back(liv(displayName="Third"), renamed, write(put("displayName", "Third"))), []),
        ("not in the target's schema", back(liv(), write(put("title", "Chief")), schemas=POOR), []),
        ("half of a request is another check's", back(liv(displayName="Liv Berg"), two), []),
        ("all of a request", back(liv(), two), ["displayName", "title"]),
        ("active is another check's", back(liv(), disabled), []),
        ("a replace", back(liv(), write(*renamed.effects, action="replace")), ["displayName"]),
    ],
    "patch.value-kept": [
        ("as sent", back(liv(title="007"), write(put("title", "007"))), []),
        ("a number", back(liv(title=7), write(put("title", "007"))), ["title"]),
        ("without zeros", back(liv(title="7"), write(put("title", "007"))), ["title"]),
        ("another value is another check's", back(liv(), write(put("title", "Chief"))), []),
        ("active as text is another check's", back(liv(active="False"), disabled), []),
        ("created", back(liv(title="7"), write(put("title", "007"), action="create")), None),
        ("not in the target's schema", back(liv(title=7), write(put("title", "007")), schemas=POOR), []),
    ],
    "patch.every-operation": [
        ("the letters of one are spoilt", back(liv(displayName="Bj?rn", title="Chief"), write(put("displayName", "Bjørn", 0), put("title", "Chief", 1))), []),
        ("all", back(liv(displayName="Liv Berg", title="Chief"), two), []),
        ("none is another check's", back(liv(), two), []),
        ("only the first", back(liv(displayName="Liv Berg"), two), ["title"]),
        ("only the second", back(liv(title="Chief"), two), ["displayName"]),
        ("a disable that got lost", back(liv(displayName="B"), write(put("displayName", "B", 0), put("active", False, 1))), ["active"]),
        ("one operation", back(liv(), renamed), []),
    ],
    "extension.under-its-urn": [
        ("under its URN", back(liv(**{FJORD: {"berth": "B7"}}), berth), []),
        ("lost is another check's", back(liv(), berth), []),
        ("the URN cut at its dot", back(liv(**{CUT: {"0:User": {"berth": "B7"}}}), berth), [f"/{CUT}"]),
        ("the path cut at its dot", back(liv(**{CUT: {"0:User:berth": "B7"}}), berth), [f"/{CUT}"]),
        ("the path as a key", back(liv(**{f"{FJORD}:berth": "B7"}), berth), [f"/{FJORD}:berth"]),
        ("joined by a dot, as in SCIM 1.1", back(liv(**{f"{FJORD}.berth": "B7"}), berth), [f"/{FJORD}.berth"]),
        ("under a short key", back(liv(fjord={"berth": "B7"}), berth), ["/fjord/berth"]),
        ("beside the core attributes", back(liv(berth="B7"), berth), ["/berth"]),
        ("a core attribute of the same name and value", back(liv(title="B7"), write(put(f"{FJORD}:title", "B7"))), []),
        ("two values under one wrong key", back(liv(**{CUT: {"0:User": {"berth": "B7", "pier": "P"}}}),
                                                write(*berth.effects, put(f"{FJORD}:pier", "P"))), [f"/{CUT}"]),
        ("a reference under a short key", back(liv(**{ENT: MISSING, "enterprise": {"manager": {"value": "u9", "displayName": "Bo"}}}),
                                               write(put(f"{ENT}:manager", {"value": "u9"}))), ["/enterprise/manager"]),
        ("no extension involved", back(liv(), renamed), None),
    ],
    "extension.labels-kept": [
        ("as sent", back(liv(**{FJORD: {"Pay Grade": 7}}), grade), []),
        ("in lower case", back(liv(**{FJORD: {"pay grade": 7}}), grade), [f"{FJORD}:Pay Grade"]),
        ("without the space", back(liv(**{FJORD: {"payGrade": 7}}), grade), [f"{FJORD}:Pay Grade"]),
        ("lost is another check's", back(liv(**{FJORD: {"berth": "B7"}}), grade), []),
        ("an attribute that the RFC defines", back(liv(**{ENT: {"Department": "Harbour"}}), write(put(f"{ENT}:department", "Harbour"))), None),
    ],
    "patch.extension-applied": [
        ("not promised, but shown before", back(liv(), berth, schemas=POOR, subject=SHOWN), [f"{FJORD}:berth"]),
        ("shown before and refused", see("patch", {}, status=400, writes=[berth], subject=SHOWN), ["status"]),
        ("respelled is another check's", back(liv(**{FJORD: {"Berth": "B7"}}), berth, schemas=RICH), []),
        ("stored", back(liv(**{FJORD: {"berth": "B7"}}), berth, schemas=RICH), []),
        ("lost", back(liv(), berth, schemas=RICH), [f"{FJORD}:berth"]),
        ("not promised", back(liv(), berth, schemas=POOR), "skip"),
        ("no schemas at all", back(liv(), berth), "skip"),
        ("created and lost", back(liv(), write(*berth.effects, action="create"), schemas=RICH), [f"{FJORD}:berth"]),
        ("refused though promised", see("patch", {}, status=400, writes=[berth], schemas=RICH), ["status"]),
        ("taken", see("patch", writes=[berth], schemas=RICH), []),
        ("no extension involved", back(liv(), renamed, schemas=RICH), None),
    ],
    "patch.atomic": [
        ("refused and as before", back(liv(), refused(*two.effects)), []),
        ("refused and half applied", back(liv(displayName="Liv Berg"), refused(*two.effects)), ["displayName"]),
        ("it held before", back(liv(displayName="Liv Berg"), refused(*two.effects), subject={"last_answer": liv(displayName="Liv Berg")}), []),
        ("not read before", back(liv(), refused(*two.effects), subject={"last_answer": None}), "skip"),
        ("accepted", back(liv(displayName="Liv Berg"), two), None),
    ],
    "patch.untouched": [
        ("only what was named", back(liv(displayName="Liv Berg"), renamed), []),
        ("title lost", back(liv(displayName="Liv Berg", title=MISSING), renamed), ["title"]),
        ("title null", back(liv(displayName="Liv Berg", title=None), renamed), ["title"]),
        ("what the read-back names is lost too", back(liv(displayName="Liv Berg", title=MISSING), renamed, write(put("title", "Surveyor"), action="read-back")), ["title"]),
        ("everything else lost", back({"id": "u1", "displayName": "Liv Berg"}, renamed),
         ["userName", "title", "active", "name.givenName", "name.familyName", "name.formatted", WORK, 'emails[type eq "work"].primary',
          f"{ENT}:department", f"{ENT}:manager.value"]),
        ("disabled along the way", back(liv(displayName="Liv Berg", active=False), renamed), ["active"]),
        ("one part of the name took the other", back(liv(name={"givenName": "Livia"}), write(put("name.givenName", "Livia"))), ["name.familyName", "name.formatted"]),
        ("formatted is derived", back(liv(name={"givenName": "Livia", "familyName": "Dahl", "formatted": "Livia Dahl"}), write(put("name.givenName", "Livia"))), []),
        ("displayName is derived", back(liv(displayName="Livia Dahl"), write(put("name.givenName", "Livia"))), []),
        ("formatted follows displayName", back(liv(displayName="B", name={"givenName": "Liv", "familyName": "Dahl", "formatted": "B"}), write(put("displayName", "B"))), []),
        ("the mail follows the user name", back(liv(userName="b@x", emails=[{"type": "work", "value": "b@x", "primary": True}]), write(put("userName", "b@x"))), []),
        ("another mail loses primary to the new one", back(
            liv(emails=[{"type": "work", "value": "liv@fjord.example", "primary": False}, {"type": "home", "value": "h@x", "primary": True}]),
            write(put('emails[type eq "home"].value', "h@x"), put('emails[type eq "home"].primary', True))), []),
        ("the department lost to the manager", back(liv(**{ENT: {"manager": {"value": "u2"}}}), boss), [f"{ENT}:department"]),
        ("refused only", back(liv(), refused(*renamed.effects)), []),
        ("not read before", back(liv(), renamed, subject={"last_answer": None}), None),
        ("unassigned before", back(liv(displayName="Liv Berg", title=MISSING), renamed, subject={"last_answer": liv(title=MISSING)}), []),
    ],
    "patch.last-modified-moves": [
        ("later", back(later(displayName="Liv Berg"), renamed), []),
        ("the same", back(liv(displayName="Liv Berg"), renamed), ["meta.lastModified"]),
        ("earlier", back(liv(displayName="Liv Berg", meta={"lastModified": "2025-01-01T00:00:00.5Z"}), renamed), ["meta.lastModified"]),
        ("absent", back(liv(displayName="Liv Berg", meta={}), renamed), "skip"),
        ("no meta", back(liv(displayName="Liv Berg", meta=MISSING), renamed), "skip"),
        ("no date", back(liv(displayName="Liv Berg", meta={"lastModified": "yesterday"}), renamed), "skip"),
        ("nothing changed", back(liv(), renamed), "skip"),
        ("a no-op", back(liv(), write(put("displayName", "Liv Dahl"))), "skip"),
        ("whole seconds within one", back(liv(displayName="Liv Berg", meta=whole_seconds), renamed, subject={"last_answer": liv(meta=whole_seconds)},
                                          headers=(("Date", "Sat, 31 Jan 2026 09:30:00 GMT"),)), "skip"),
        ("whole seconds, long since", back(liv(displayName="Liv Berg", meta=whole_seconds), renamed, subject={"last_answer": liv(meta=whole_seconds)},
                                           headers=(("Date", "Sat, 31 Jan 2026 09:31:00 GMT"),)), ["meta.lastModified"]),
        ("another time zone", back(liv(displayName="Liv Berg", meta={"lastModified": "2026-01-31T10:30:01+01:00"}), renamed), []),
    ],
    "patch.created-stays": [
        ("the same", back(liv(displayName="Liv Berg", meta=FIRST), renamed, subject={"last_answer": liv(meta=FIRST)}), []),
        ("less precise", back(liv(displayName="Liv Berg", meta={"created": "2026-01-31T10:30:00+01:00"}), renamed, subject={"last_answer": liv(meta=FIRST)}), []),
        ("moved", back(liv(displayName="Liv Berg", meta={"created": "2026-01-31T09:30:01.75Z"}), renamed, subject={"last_answer": liv(meta=FIRST)}), ["meta.created"]),
        ("absent", back(liv(displayName="Liv Berg", meta={}), renamed, subject={"last_answer": liv(meta=FIRST)}), "skip"),
        ("not read before", back(liv(displayName="Liv Berg", meta=FIRST), renamed, subject={"last_answer": None}), None),
    ],
    "patch.no-new-date": [
        ("the same", back(liv(displayName="Liv Berg", meta=moved()), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta=moved())}), []),
        ("later", back(liv(displayName="Liv Berg", meta=moved("09:30:07")), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta=moved())}), ["meta.lastModified"]),
        ("later within a second", back(liv(displayName="Liv Berg", meta=moved("09:30:00.7")), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta=moved("09:30:00.5"))}), ["meta.lastModified"]),
        ("less precise", back(liv(displayName="Liv Berg", meta=moved()), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta=moved("09:30:00.5"))}), []),
        ("no dates", back(liv(displayName="Liv Berg", meta={}), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta={})}), "skip"),
        ("something changed", back(liv(displayName="Liv Berg", meta=moved("09:30:07")), renamed, subject={"last_answer": liv(meta=moved())}), None),
        ("not read before", back(liv(displayName="Liv Berg"), renamed, subject={"last_answer": None}), None),
    ],
    "patch.no-new-version": [
        ("the same", back(liv(displayName="Liv Berg", meta={"version": 'W/"1"'}), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta={"version": 'W/"1"'})}), []),
        ("another", back(liv(displayName="Liv Berg", meta={"version": 'W/"2"'}), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta={"version": 'W/"1"'})}), ["meta.version"]),
        ("no versions", back(liv(displayName="Liv Berg", meta={}), renamed, subject={"last_answer": liv(displayName="Liv Berg", meta={})}), "skip"),
    ],
    # --- users --------------------------------------------------------------------------------------------
    "user.disabled": [
        ("inactive", back(liv(active=False), disabled), []),
        ("still active", back(liv(), disabled), ["active"]),
        ("text is not a boolean", back(liv(active="False"), disabled), ["active"]),
        ("absent", back(liv(active=MISSING), disabled), ["active"]),
        ("refused: the account stays open", back(liv(), refused(*disabled.effects)), ["active"]),
        ("refused, yet inactive", back(liv(active=False), refused(*disabled.effects)), []),
        ("enabled again since", back(liv(), disabled, enabled), None),
        ("nobody asked", back(liv(), renamed), None),
    ],
    "user.enabled": [
        ("active", back(liv(), enabled), []),
        ("still inactive", back(liv(active=False), enabled), ["active"]),
        ("text", back(liv(active="True"), enabled), ["active"]),
        ("refused", back(liv(active=False), refused(*enabled.effects)), []),
        ("only created active is the creation's", back(liv(active=False), write(*enabled.effects, action="create")), []),
        ("disabled since", back(liv(active=False), enabled, disabled), None),
    ],
    "user.manager": [
        ("set", back(liv(**{ENT: {"manager": {"value": "u2", "$ref": "../Users/u2", "displayName": "Bo"}}}), boss), []),
        ("set, as a bare string: its shape is another check's", back(liv(**{ENT: {"manager": "u2"}}), boss), []),
        ("set, in an array of one: its shape is another check's", back(liv(**{ENT: {"manager": [{"value": "u2"}]}}), boss), []),
        ("another one in an array", back(liv(**{ENT: {"manager": [{"value": "u7"}]}}), boss), [f"{ENT}:manager"]),
        ("the old one", back(liv(), boss), [f"{ENT}:manager"]),
        ("none", back(liv(**{ENT: MISSING}), boss), [f"{ENT}:manager"]),
        ("cleared", back(liv(**{ENT: {"department": "Harbour"}}), no_boss), []),
        ("cleared: null", back(liv(**{ENT: {"manager": None}}), no_boss), []),
        ("cleared: an empty value", back(liv(**{ENT: {"manager": {"value": ""}}}), no_boss), []),
        ("not cleared", back(liv(), no_boss), [f"{ENT}:manager"]),
        ("not offered", back(liv(**{ENT: MISSING}), boss, schemas=(*POOR, schema(ENT, department=None))), []),
        ("refused", back(liv(), refused(*boss.effects)), None),
    ],
    "user.disabled-found-by-id": [
        ("found", see("read", liv(active=False), disabled=True), []),
        ("404", see("read", {}, status=404, disabled=True), ["status"]),
        ("404 to our own read-back", see("read-back", {}, status=404, disabled=True), ["status"]),
        ("deleted", see("read", {}, status=404, disabled=True, gone=True), None),
        ("active", see("read", {}, status=404), None),
    ],
    "user.disabled-found-by-filter": [
        ("found", see("match", listing(liv()), disabled=True, finds=("u1",)), []),
        ("hidden", see("match", listing(), disabled=True, finds=("u1",)), ["/Resources"]),
        ("a page of HTML is another check's", see("look-up", disabled=True, status=200, finds=("u1",)), None),
        ("active users are not found either", see("match", listing(), disabled=True, finds=("u1",), filter_path="userName", filter_value=liv()["userName"], control=False), "skip"),
        ("hidden, without Resources", see("look-up", {"totalResults": 0}, disabled=True, finds=("u1",)), ["/Resources"]),
        ("a refused query is another check's", see("match", {}, status=400, disabled=True, finds=("u1",)), None),
        ("active", see("match", listing(), finds=("u1",)), None),
        ("a new name that it was not given", see("look-up", listing(), disabled=True, finds=("u1",), filter_path="userName", filter_value="new@example.com", subject={"last_answer": liv()}), "skip"),
        ("the name that it has", see("look-up", listing(), disabled=True, finds=("u1",), filter_path="userName", filter_value=liv()["userName"].upper(), subject={"last_answer": liv()}), ["/Resources"]),
    ],
    "user.disabled-found-in-list": [
        ("listed", see("list", listing(liv()), disabled=True), []),
        ("not listed", see("list", listing({"id": "u7"}), disabled=True), ["/Resources"]),
        ("not on this page", see("list", listing({"id": "u7"}, totalResults=50), disabled=True), []),
        ("not on the last page", see("list", listing({"id": "u7"}, totalResults=50, startIndex=50), disabled=True), ["/Resources"]),
        ("deleted", see("list", listing(), disabled=True, gone=True), None),
    ],
    # --- groups -------------------------------------------------------------------------------------------
    "group.member-added": [
        ("in", group_back(crew("u1"), added, members=["u1"]), []),
        ("with display and $ref", group_back(crew(members=[{"value": "u1", "display": "Liv", "$ref": "x", "type": "User"}]), added), []),
        ("not in", group_back(crew("u2"), added, members=["u1"]), ["members"]),
        ("an empty group", group_back(crew(), added, members=["u1"]), ["members"]),
        ("members on request only: not shown", group_back(crew(members=MISSING), added, members=["u1"]), None),
        ("asked for by name and in", group_back(crew("u1"), added, action="read-members"), []),
        ("asked for by name and not there", group_back(crew(members=MISSING), added, action="read-members"), ["members"]),
        ("refused", group_back(crew(), refused(*added.effects)), None),
        ("removed again", group_back(crew(), added, removed), None),
    ],
    "group.member-removed": [
        ("out", group_back(crew("u2"), removed, members=["u2"]), []),
        ("the last one out, members absent", group_back(crew(members=MISSING), removed, action="read-members"), []),
        ("still in", group_back(crew("u1", "u2"), removed, members=["u2"]), ["members"]),
        ("refused with a rename beside it", group_back(crew("u1"), refused(*removed.effects, put("displayName", "New"))), "skip"),
        ("refused: the access stays", group_back(crew("u1"), refused(*removed.effects)), ["members"]),
        ("added again", group_back(crew("u1"), removed, added), None),
    ],
    "group.members-shown": [
        ("shown", group_back(crew("u1"), added, members=["u1"]), []),
        ("on request only", group_back(crew(members=MISSING), added, members=["u1"]), None),
        ("never", group_back(crew(members=MISSING), added, action="read-members", members=["u1"],
                             shows_members=False, subject={"seen_members": None}), ["members"]),
        ("of this group before", group_back(crew(members=MISSING), added, action="read-members", members=["u1"]), "skip"),
        ("of other groups", group_back(crew(members=MISSING), added, action="read-members", members=["u1"],
                                       subject={"seen_members": None}), "skip"),
        ("nobody is in", group_back(crew(members=MISSING), action="read-members"), None),
    ],
    "group.members-kept": [
        ("kept", group_back(crew("u2", "u3"), removed, members=["u2", "u3"]), []),
        ("kept, as bare ids", group_back(crew() | {"members": ["u2"]}, removed, members=["u2"]), []),
        ("lost", group_back(crew(), removed, members=["u2", "u3"]), ["members"]),
        ("lost by a rename", group_back(crew(displayName="New"), write(put("displayName", "New")), members=["u2"]), ["members"]),
        ("the one just added is another check's", group_back(crew("u2"), added, members=["u1", "u2"]), []),
        ("lost by something done to somebody else", group_back(crew(), members=["u2"]), ["members"]),
        ("an Error with 200", group_back({"schemas": [ERROR], "status": "404"}, members=["u1"]), None),
        ("never taken in", group_back(crew("u1"), members=["u1", "u2"], subject={"seen_members": frozenset({"u1"})}), []),
        ("no answer has shown any", group_back(crew("u1"), members=["u1", "u2"], subject={"seen_members": None}), "skip"),
    ],
    "group.members-exact": [
        ("exactly", group_back(crew("u1", "u2"), added, members=["u1", "u2"], subject={"members_exact": True}), []),
        ("one more", group_back(crew("u1", "u2", "u7"), added, members=["u1", "u2"], subject={"members_exact": True}), ["members"]),
        ("twice is another check's", group_back(crew("u1", "u1"), added, members=["u1"], subject={"members_exact": True}), []),
        ("the one not removed is another check's", group_back(crew("u1", "u2"), removed, members=["u2"], subject={"members_exact": True, "removals": frozenset({"u1"})}), []),
        ("not asked", group_back(crew("u7"), added, members=["u1"]), None),
    ],
    "group.members-once": [
        ("once", group_back(crew("u1", "u2"), added, members=["u1"]), []),
        ("twice", group_back(crew("u1", "u2", "u1"), added, members=["u1"]), ["members"]),
        ("nobody", group_back(crew(), added, members=["u1"]), None),
    ],
    "group.member-values": [
        ("ids", group_back(crew("u1"), added, members=["u1"]), []),
        ("names, and the id in $ref", group_back({"id": "g1", "members": [named("u1")]}, added, members=["u1"]), ["/members/0/value"]),
        ("names in both", group_back({"id": "g1", "members": [{"value": "Liv@fjord.example", "$ref": f"{BASE}/Users/liv@fjord.example"}]}, added, members=["u1"]), ["/members/0/value"]),
        ("names, and no $ref", group_back({"id": "g1", "members": [{"value": "liv"}]}, added, members=["u1"]), []),
        ("names, and a $ref to nobody of ours", group_back({"id": "g1", "members": [named("u9")]}, added, members=["u1"]), []),
        ("nobody", group_back({"id": "g1", "members": []}, added, members=["u1"]), None),
    ],
    "group.re-add-accepted": [
        ("204", see("patch", writes=[added], twice=True), []),
        ("200", see("patch", crew("u1"), writes=[added], twice=True), []),
        ("409", see("patch", {}, status=409, writes=[added], twice=True), ["status"]),
        ("500 is another check's", see("patch", {}, status=500, writes=[added], twice=True), []),
        ("the first time", see("patch", {}, status=409, writes=[added]), None),
        ("refused the first time too", see("patch", {}, status=409, writes=[added], twice=True, subject={"absentees": frozenset({"u1"})}), None),
    ],
    # --- deletion -----------------------------------------------------------------------------------------
    "delete.status": [
        ("204", see("delete"), []),
        ("200", see("delete", {}), ["status"]),
        ("202", see("delete", {}, status=202), ["status"]),
        ("405", see("delete", {}, status=405), ["status"]),
        ("gone since it was disabled", see("delete", {}, status=404, disabled=True), []),
        ("500 is another check's", see("delete", {}, status=500), []),
        ("again", see("delete", {}, status=404, twice=True), None),
    ],
    "delete.again-is-404": [
        ("404", see("delete", {}, status=404, twice=True, gone=True), []),
        ("410", see("delete", {}, status=410, twice=True, gone=True), []),
        ("204", see("delete", twice=True, gone=True), ["status"]),
        ("400", see("delete", {}, status=400, twice=True, gone=True), ["status"]),
        ("refused the first time too", see("delete", {}, status=406, twice=True), None),
    ],
    "delete.gone-by-id": [
        ("404", gone(body={}, status=404), []),
        ("410", gone(body={}, status=410), []),
        ("still there", gone(body=liv()), ["status"]),
        ("still there, inactive", gone(body=liv(active=False)), ["status"]),
        ("the client reads it", gone("read", body=liv()), ["status"]),
        ("500 is another check's", gone(body={}, status=500), []),
        ("refused for another reason", gone(body={}, status=406), []),
        ("an Error with 200", gone(body={"schemas": [ERROR], "status": "404"}), []),
    ],
    "delete.gone-by-filter": [
        ("gone", gone("match", body=listing(), finds=()), []),
        ("gone, without Resources", gone("look-up", body={"totalResults": 0}, finds=()), []),
        ("found", gone("look-up", body=listing(liv()), finds=()), ["/Resources/0"]),
        ("another one is another check's", gone("match", body=listing({"id": "u7"}), finds=()), []),
    ],
    "delete.gone-from-list": [
        ("gone", gone("list", body=listing({"id": "u7"})), []),
        ("listed", gone("list", body=listing({"id": "u7"}, liv())), ["/Resources/1"]),
        ("not deleted", see("list", listing(liv())), None),
    ],
    # --- the next cycle, and others --------------------------------------------------------------------------
    "sync.converges": [
        ("nothing to send", see("evaluate", liv(), subject={"sources": {"title": "Surveyor", WORK: "liv@fjord.example", "active": True}}), []),
        ("dropped", see("evaluate", liv(title=MISSING), subject={"sources": {"title": "Surveyor"}}), ["title"]),
        ("a manager with more members", see("evaluate", liv(**{ENT: {"manager": {"value": "u9", "displayName": "Bo"}}}), subject={"sources": {f"{ENT}:manager": {"value": "u9"}}}), []),
        ("another manager", see("evaluate", liv(), subject={"sources": {f"{ENT}:manager": {"value": "u2"}}}), [f"{ENT}:manager"]),
        ("text for a boolean", see("evaluate", liv(active="true"), subject={"sources": {"active": True}}), ["active"]),
        ("left out on request", see("evaluate", crew(members=MISSING), subject={"kind": "Group", "sources": {"members": [{"value": "u1"}]}}, excluded_attributes=("members",)), []),
        ("a custom attribute is another check's", see("evaluate", liv(), subject={"sources": {f"{FJORD}:berth": "B7"}}), []),
        ("a refused read", see("evaluate", {}, status=404, subject={"sources": {"title": "x"}}), None),
    ],
    "state.expected": [
        ("as it must be", back(liv(), write(put("title", "Surveyor"), action="read-back")), []),
        ("otherwise", back(liv(), write(put("title", "Keeper"), action="read-back")), ["title"]),
        ("a number for a text", back(liv(title=7), write(put("title", "7"), action="read-back")), ["title"]),
        ("spoilt letters are another check's", back(liv(title="Gr??e"), write(put("title", "Größe"), action="read-back")), []),
        ("lacks", back(liv(title=MISSING), subject={"lacks": ("title",)}), []),
        ("lacks, null", back(liv(title=None), subject={"lacks": ("title",)}), []),
        ("does not lack", back(liv(), subject={"lacks": ("title",)}), ["title"]),
        ("nothing is demanded", back(liv(), renamed), None),
    ],
    # --- requests at the same time ------------------------------------------------------------------------
    "overlap.kept": [
        ("all there", see("overlap", liv(), overlap=Overlap(effects=(put("title", "a"), put("nickName", "b")))), []),
        ("one lost", see("overlap", liv(), overlap=Overlap(effects=(put("title", "a"), put("nickName", "b")), lost=(put("title", "a"),))), ["title"]),
        ("members lost", see("overlap", crew(), overlap=Overlap(effects=(ADD, REMOVE), lost=(ADD, REMOVE))), ["members", "members"]),
        ("lost alone, too", see("overlap", liv(), overlap=Overlap(effects=(put("title", "a"),), lost=(put("title", "a"),), question="also alone")), "skip"),
        ("one after the other", see("overlap", liv(), overlap=Overlap(effects=(put("title", "a"),), question="serial")), "skip"),
        ("creations", see("overlap", overlap=Overlap(accounts=("u1",))), None),
    ],
    "overlap.one-account": [
        ("one", see("overlap", overlap=Overlap(accounts=("u1",))), []),
        ("two", see("overlap", overlap=Overlap(accounts=("u1", "u2"))), ["/id"]),
        ("two, and a third alone", see("overlap", overlap=Overlap(accounts=("u1", "u2"), question="alone, too")), "skip"),
        ("changes", see("overlap", liv(), overlap=Overlap(effects=(put("title", "a"),))), None),
    ],
    "bystander.unchanged": [
        ("as before", see("bystander", liv()), []),
        ("a newer date alone", see("bystander", later()), []),
        ("another title", see("bystander", liv(title="Keeper")), ["title"]),
        ("disabled", see("bystander", liv(active=False)), ["active"]),
        ("lost an e-mail", see("bystander", liv(emails=[])), [WORK, 'emails[type eq "work"].primary']),
        ("an entry whose value reads like a filter", see("bystander", liv(roles=[{"value": "Research and Development", "display": "x"}]), subject={"last_answer": liv(roles=[{"value": "Research and Development", "display": "y"}])}), ['roles[value eq "Research and Development"].display']),
        ("gained an attribute", see("bystander", liv(nickName="x")), ["nickName"]),
        ("gained an empty attribute", see("bystander", liv(nickName=None, roles=[])), []),
        ("gained an extension attribute", see("bystander", liv(**{FJORD: {"berth": "B7"}})), [FJORD]),
        ("gone", see("bystander", {}, status=404), ["status"]),
        ("never read", see("bystander", liv(), subject={"last_answer": None}), []),
        ("hostile names", see("bystander", liv(**{"a[b": "x", "": 1, "c.d": "e"}), subject={"last_answer": liv(**{"a[b": "y", "": 2, "c.d": "e"})}), []),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "seen", "wanted"),
    [pytest.param(name, seen, wanted, id=f"{name}: {title}") for name, cases in CASES.items() for title, seen, wanted in cases],
)  # fmt: skip
def test_check(name, seen, wanted):
    assert judged(name, seen) == wanted


def test_every_state_check_passes_somewhere_and_fails_somewhere():
    ids = {r.id for r in all_checks().values() if r.run.__module__.rpartition(".")[2] in MODULES}
    assert ids == set(CASES)
    for name, cases in CASES.items():
        outcomes = [wanted for _, _, wanted in cases]
        assert [] in outcomes, f"{name} never passes"
        assert any(isinstance(o, list) and o for o in outcomes), f"{name} never fails"


PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def asked(operation, *, effect=None, config=None, **more):
    """A PATCH of one operation that the server refuses with 400."""
    effect = effect or put(operation.get("path", "title"), operation.get("value"))
    seen = see(
        "patch", status=400, writes=[refused(effect)], sent={"schemas": [PATCH], "Operations": [operation]}, **more
    )
    told = replace(seen.context.capabilities, provider_config=config)
    return replace(seen, context=replace(seen.context, capabilities=told))


def test_a_canonical_telephone_number_is_no_damaged_text():
    """RFC 7643 section 4.1.2 wants it as in RFC 3966; the + is no letter that got lost."""
    sent = write(put('phoneNumbers[type eq "work"].value', "+1 201 555 0123"), action="create")
    seen = back(liv(phoneNumbers=[{"type": "work", "value": "tel:+1-201-555-0123"}]), sent)
    assert list(all_checks()["create.text-survives"].run(seen)) == []
    assert len(list(all_checks()["create.stored"].run(seen))) == 1


# The word of the RFC for the very case, where it differs from the check's own.
WORDS = {
    "a second group of the same name": ("create.duplicate-refused", see("create", crew(), status=201, duplicate=True, subject={"kind": "Group"}), "CLIENT"),
    "a second user of the same name": ("create.duplicate-refused", see("create", liv(), status=201, duplicate=True), "MUST"),
    "a group's conflict answered with 400": ("create.duplicate-refused", see("create", status=400, duplicate=True, subject={"kind": "Group"}), "MUST"),
    "a member listed twice": ("group.members-once", group_back(crew("u1", "u1"), members=["u1"]), "SHOULD"),
    "a member whom nobody added": ("group.members-exact", group_back(crew("u1", "u2"), members=["u1"], subject={"members_exact": True}), "MUST"),
    "a member added again is refused": ("group.re-add-accepted", see("patch", status=400, writes=[added], twice=True, subject={"kind": "Group", "id": "g1"}), "SHOULD"),
    "an operation in capitals is refused": ("patch.status", asked({"op": "Replace", "path": "title", "value": "Pilot"}), "CLIENT"),
    "a boolean as a string is refused": ("patch.status", asked({"op": "replace", "path": "active", "value": "False"}), "CLIENT"),
    "a path as a member's name is refused": ("patch.status", asked({"op": "replace", "value": {"name.givenName": "Eva"}}), "CLIENT"),
    "a value beside a remove is refused": ("group.change-accepted", asked({"op": "remove", "path": "members", "value": [{"value": "u1"}]}, effect=Effect("remove-member", "members", "u1"), subject={"kind": "Group"}), "CLIENT"),
    "a bare id for the manager is refused": ("user.manager-accepted", asked({"op": "replace", "path": f"{ENT}:manager", "value": "u9"}, effect=put(f"{ENT}:manager", {"value": "u9"})), "CLIENT"),
    "an add to an element that is not there is refused": ("patch.status", asked({"op": "add", "path": 'phoneNumbers[type eq "work"].value', "value": "1"}), "CLIENT"),
    "PATCH is not offered": ("patch.status", asked({"op": "replace", "path": "title", "value": "Pilot"}, config={"patch": {"supported": False}}), "CLIENT"),
    "what is read-only is refused": ("patch.status", asked({"op": "replace", "path": "title", "value": "Pilot"}, schemas=({"id": CORE, "attributes": [{"name": "title", "mutability": "readOnly"}]},)), "CLIENT"),
    "a plain operation is refused": ("patch.status", asked({"op": "replace", "path": "title", "value": "Pilot"}), "MUST"),
    "an operation without a path is refused": ("patch.status", asked({"op": "replace", "value": {"title": "Pilot", "active": False, ENT: {"department": "Quay"}}}), "MUST"),
    "an element that is there is refused": ("patch.status", asked({"op": "replace", "path": WORK, "value": "a@b.example"}), "MUST"),
    "an object for the manager is refused": ("user.manager-accepted", asked({"op": "add", "path": f"{ENT}:manager", "value": {"value": "u9"}}, effect=put(f"{ENT}:manager", {"value": "u9"})), "MUST"),
    "a filter that only servers read is refused": ("patch.status", asked({"op": "replace", "path": 'emails[value sw "liv"].value', "value": "x"}, effect=put("emails", "x")), "MUST"),
    "a filter that selects nothing is refused": ("patch.status", asked({"op": "replace", "path": 'emails[value sw "a"].value', "value": "x"}, effect=put("emails", "x")), "CLIENT"),
    "a path that nobody reads is refused": ("patch.status", asked({"op": "replace", "path": 'emails[value is "a"].value', "value": "x"}, effect=put("emails", "x")), "CLIENT"),
    "a change answered with 202": ("patch.status", see("patch", status=202, sent={"schemas": [PATCH], "Operations": [{"op": "Add"}]}), "MUST"),
    "a create with a text for active is refused": ("create.status", see("create", status=400, sent={"schemas": [CORE], "userName": "a", "active": "True"}), "CLIENT"),
    "a plain create is refused": ("create.status", see("create", status=400, sent={"schemas": [CORE], "userName": "a", "password": "x", "active": True}), "MUST"),
    "a telephone number in its canonical form": ("patch.value-kept", back(later(phoneNumbers=[{"type": "work", "value": "tel:+1-201-555-0123"}]), write(put('phoneNumbers[type eq "work"].value', "(201) 555-0123"))), "CLIENT"),
    "a text in small letters": ("create.case-kept", back(later(title="pilot"), write(put("title", "Pilot"))), "CLIENT"),
    "an externalId in small letters": ("create.case-kept", back(later(externalId="ab"), write(put("externalId", "AB"))), "MUST"),
    "trimmed white space": ("create.text-survives", back(later(title="Chief"), write(put("title", " Chief"))), "SHOULD"),
    "PUT of what is read-only": ("patch.applied", back(later(), write(put("title", "Pilot"), action="replace"), schemas=({"id": CORE, "attributes": [{"name": "title", "mutability": "readOnly"}]},)), "CLIENT"),
    "PATCH of what is read-only is accepted and ignored": ("patch.applied", back(later(), write(put("title", "Pilot")), schemas=({"id": CORE, "attributes": [{"name": "title", "mutability": "readOnly"}]},)), "MUST"),
    "a create without a body": ("create.returns-resource", see("create", status=201), "SHOULD"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_the_word_of_the_rfc_for_the_case(name):
    check, seen, word = WORDS[name]
    rule = all_checks()[check]
    assert rule.when(seen)
    assert {problem.level or rule.level for problem in rule.run(seen)} == {word}


def test_scim_1_1_demands_the_body_of_a_create():
    """Protocol section 3.1 says MUST, where RFC 7644 section 3.3 says SHOULD."""
    seen = see("create", status=201)
    seen = replace(seen, context=replace(seen.context, scim="1.1"))
    assert [problem.level for problem in all_checks()["create.returns-resource"].run(seen)] == ["MUST"]


def test_foreign_words_stay_short_in_findings():
    [problem] = all_checks()["patch.applied"].run(back(liv(displayName="x" * 10_000), renamed))
    assert len(str(problem.actual)) < 400
