"""What must hold whatever comes: of roll-ups, of shards, of redaction, and of what a dialect sends."""

from __future__ import annotations

import copy
import itertools
import json
import random
import tempfile
import typing
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scim_compat.engine.intent import Effect
from scim_compat.engine.knowledge import Knowledge
from scim_compat.engine.wording import (
    Change,
    member_operations,
    operations,
    patch_body,
    replacement,
)
from scim_compat.engine.writes import apply_effect
from scim_compat.errors import ExitStatus
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.profile.model import Dialect
from scim_compat.results.collate import collate
from scim_compat.results.events import ScenarioEnded, ScenarioStarted
from scim_compat.results.model import (
    CheckResult,
    ScenarioResult,
)
from scim_compat.results.stream import EventWriter
from scim_compat.run.recorder import redacted
from scim_compat.run.settings import Settings
from scim_compat.run.status import status
from scim_compat.values import REDACTED, FailOn, Outcome, Severity, is_at_least, worst
from scim_compat.wire.redact import Redactor
from servers import receiver
from servers.receiver import ENTERPRISE, FJORD, levelled
from support.draw import examples
from support.streams import FEATURES, SCENARIOS, footer, profile_header, started, step

thorough = settings(deadline=None, derandomize=True, max_examples=examples(30))
often = settings(deadline=None, derandomize=True, max_examples=examples(80))
RANK = ("compatible", "limited", "unproven", "incompatible")
LONG = st.integers(0, 2**32).map(random.Random)


# --- roll-up: from what checks found to the verdicts of a run ---------------------------------------

PROFILES = ("one", "two")
PLAYED = st.fixed_dictionaries(
    {
        "found": st.just([]) | st.lists(st.sampled_from(Severity), max_size=3),
        "stopped": st.sampled_from(["", "", "", "skip", "error"]),
        "applicable": st.sampled_from([True, True, True, False]),
    }
)
"""One scenario: the severities of its failed checks, and how it ended if not by its last step."""
RUN = st.dictionaries(st.sampled_from(list(itertools.product(PROFILES, SCENARIOS))), PLAYED)
"""What was reached of a run of two profiles."""


def finding(severity, number=0):
    return CheckResult(id=f"x.rule-{number}", outcome=Outcome.FAIL, level="MUST", severity=severity, title=f"Rule {number}",
                       consequence=f"Consequence of {severity}.", fix="Mend it.")  # fmt: skip


def tell(writer, key, told):
    """Writes one scenario as a session does: a finding from degraded on is what it failed by."""
    profile, name = key
    applicable, stopped = told["applicable"], told["stopped"] or None
    found = told["found"] if applicable else []
    severity = worst(found)
    failed = is_at_least(severity, Severity.DEGRADED)
    result = ScenarioResult(
        id=name, profile=profile, feature=FEATURES[name], title=name, evidence="documented", source="", severity=severity,
        outcome="skip" if not applicable else "fail" if failed else stopped or "pass", applicable=applicable,
        reason="not reached to the end" if stopped else "", unseen=stopped if failed else None, findings=len(found),
    )  # fmt: skip
    writer(ScenarioStarted(profile, name))
    for number, one in enumerate(found):
        writer(step(finding(one, number), number=f"1.{number}"))
    writer(ScenarioEnded(result))


def rolled_up(run, *, shards=None, selected=SCENARIOS):
    """(what collate tells, results.json) of a run. ``shards``: the keys that each of several processes played."""
    with tempfile.TemporaryDirectory() as folder:
        whole = EventWriter(Path(folder) / "events.jsonl")
        whole(started(*(profile_header(p, selected=list(selected)) for p in PROFILES)))
        if shards is None:
            for key, told in run.items():
                tell(whole, key, told)
        else:
            parts = [EventWriter(Path(folder) / f"events-gw{n}.jsonl") for n in range(len(shards))]
            for part, keys in zip(parts, shards, strict=True):
                for key in keys:
                    tell(part, key, run[key])
                part.close()
            whole.append([part.path for part in parts])
        footer(whole)
        whole.close()
        told = collate(whole.path, Path(folder) / "results.json")
        return told, json.loads((Path(folder) / "results.json").read_text(encoding="utf-8"))


def verdicts(results):
    """Every verdict of a run by its place."""
    found = {"run": results["verdict"]}
    for profile in results["profiles"]:
        found[profile["id"]] = profile["verdict"]
        found |= {f"{profile['id']}: {f['id']}": f["verdict"] for f in profile["features"]}
    return found


def gate(floor: Severity) -> Settings:
    return Settings(url="https://x.example", seed=0, out="", fail_on=FailOn(floor))


def never_better(before, after):
    assert before.keys() == after.keys()
    for place, word in before.items():
        if word == "not-applicable" or after[place] == "not-applicable":
            assert word == after[place], place
        else:
            assert RANK.index(after[place]) >= RANK.index(word), (place, word, after[place])


@thorough
@given(RUN.filter(bool), LONG)
@example({("one", "users.create"): {"found": [], "stopped": "error", "applicable": True}}, random.Random(0))
@example({("one", "users.create"): {"found": [], "stopped": "skip", "applicable": True}}, random.Random(0))
def test_one_more_failed_check_never_improves_a_verdict(run, chance):
    key = chance.choice(list(run))
    told, before = rolled_up(run)
    for severity in Severity:
        failing = {**run, key: {**run[key], "found": [*run[key]["found"], severity]}}
        told_after, after = rolled_up(failing)
        never_better(verdicts(before), verdicts(after))
        for floor in Severity:
            assert status(told, gate(floor)) == ExitStatus.OK or status(told_after, gate(floor)) != ExitStatus.OK
        if run[key]["applicable"] and is_at_least(severity, Severity.DEGRADED):
            assert status(told_after, gate(Severity.DEGRADED)) != ExitStatus.OK
            assert after["verdict"] != "compatible"


@often
@given(RUN.filter(bool), LONG)
def test_what_was_not_reached_is_never_the_better_for_it(run, chance):
    """A scenario that is left out takes its findings with it; it must not leave a verdict that says more."""
    key = chance.choice(list(run))
    _, less = rolled_up({k: v for k, v in run.items() if k != key})
    place = f"{key[0]}: {FEATURES[key[1]]}"
    for where in (place, key[0], "run"):
        assert verdicts(less)[where] in {"unproven", "incompatible"}
    assert less["run"]["complete"] is False


@thorough
@given(
    st.lists(st.sampled_from(list(itertools.product(PROFILES, SCENARIOS))), unique=True),
    st.lists(st.sampled_from(SCENARIOS), unique=True),
    st.sampled_from(["absent", "skip", "error"]),
)
def test_nothing_run_is_never_compatible(keys, selected, how):
    """Not reached, not applicable, skipped or ended in an error: in any selection, and without any profile."""
    told = {"found": [], "stopped": "" if how == "absent" else how, "applicable": how != "absent"}
    collated, results = rolled_up(dict.fromkeys(keys, told), selected=selected)
    assert set(verdicts(results).values()) <= {"unproven", "not-applicable"}
    assert results["verdict"] == "unproven"
    assert {p["verdict"] for p in results["profiles"]} == {"unproven"}
    assert status(collated, gate(Severity.DEGRADED)) != ExitStatus.OK


@often
@given(RUN, st.integers(1, 4), LONG)
def test_shards_make_the_run_that_one_process_makes(run, count, chance):
    """However the scenarios are dealt out, and in whatever order each process plays them."""
    keys = list(run)
    chance.shuffle(keys)
    dealt = [keys[n::count] for n in range(count)]
    (told, one), (told_sharded, sharded) = rolled_up(run), rolled_up(run, shards=dealt)
    assert sharded == one
    assert told_sharded == told


@often
@given(RUN.filter(bool), LONG)
def test_a_run_that_is_cut_off_anywhere_claims_nothing_that_it_did_not_see(run, chance):
    with tempfile.TemporaryDirectory() as folder:
        whole = EventWriter(Path(folder) / "events.jsonl")
        whole(started(*(profile_header(p) for p in PROFILES)))
        start = whole.path.stat().st_size
        for key, told in run.items():
            tell(whole, key, told)
        whole.close()
        data = whole.path.read_bytes()
        ends = data.count(b'"event":"scenario-end"')
        whole.path.write_bytes(data[: chance.randint(start, len(data))])
        left = whole.path.read_bytes().count(b'"event":"scenario-end"')
        collate(whole.path, Path(folder) / "results.json")
        results = json.loads((Path(folder) / "results.json").read_text(encoding="utf-8"))
    assert results["run"]["complete"] is False
    assert left <= ends
    if left < len(PROFILES) * len(SCENARIOS):
        assert results["verdict"] in {"unproven", "incompatible"}
    seen_open = [s for p in results["profiles"] for s in p["scenarios"] if s["reason"] == "interrupted"]
    assert len(seen_open) <= 1
    assert all(s["outcome"] == "error" for s in seen_open)


# --- redaction --------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["[redacted]", "[red", "acted]", "]", "[", "a", "%", "=", "\\", '"', "pass", "word", "hunter2", "é", " "]
)
TEXTS = st.lists(PIECES | st.characters(exclude_categories=("Cs",)), max_size=8).map("".join)
SECRETS = st.lists(TEXTS.filter(bool), min_size=1, max_size=3)


@settings(deadline=None, derandomize=True, max_examples=examples(120))
@given(SECRETS, st.lists(TEXTS, max_size=4), LONG)
@example(["s3cret[", "hunter2!"], ["s3crethunter2!"], random.Random(0))
def test_redaction_is_idempotent_whatever_the_secrets_are(secrets, around, chance):
    """Several secrets, in and across each other, with pieces of the marker itself among them."""
    redactor = Redactor.of(secrets)
    parts = [*secrets, *around, chance.choice(secrets)]
    chance.shuffle(parts)
    text = "".join(parts)
    once = redactor.text(text)
    assert redactor.text(once) == once
    assert redactor.bytes(text.encode()) == once.encode()
    for name in ("Authorization", "Cookie", "X-Token"):
        shown = redactor.header(name, text)
        assert redactor.header(name, shown) == shown
    for secret in secrets:
        if len(secret) >= 4:
            assert all(secret not in rest for rest in once.split(REDACTED))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9999) | st.floats(0, 1, allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def leaves(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


@settings(deadline=None, derandomize=True, max_examples=examples(100))
@given(
    JSON,
    st.lists(
        TEXTS.filter(bool) | st.integers(0, 9999).map(str) | st.sampled_from(["true", "null", ", ", ": "]),
        min_size=1,
        max_size=2,
    ),
    LONG,
)
def test_what_a_finding_quotes_is_redacted_and_stays_what_it_was(value, secrets, chance):
    """A password may be a number, a word of JSON or a piece of its syntax; the values around it must survive."""
    held = [leaf for leaf in leaves(value) if isinstance(leaf, int | float) and not isinstance(leaf, bool)]
    redactor = Redactor.of([*secrets, *(str(chance.choice(held)) for _ in held[:1])])
    once = redacted(value, redactor.text)
    assert type(once) is type(value) or isinstance(value, int | float)
    assert redacted(once, redactor.text) == once
    for leaf in leaves(once):
        if isinstance(leaf, str):
            assert redactor.text(leaf) == leaf
    for leaf in (None, True, False):
        assert list(leaves(once)).count(leaf) >= sum(found is leaf for found in leaves(value))


# --- dialects: what is sent does what is wanted ------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
OR_NOTHING = WORDS | st.sampled_from(["", None])
ENTRIES = st.lists(st.fixed_dictionaries({"value": WORDS, "type": st.sampled_from(["a", "b"])}), min_size=1, max_size=3,
                   unique_by=lambda entry: (entry["value"], entry["type"]))  # fmt: skip
MANAGER = f"{ENTERPRISE}:manager"
SETTABLE = {
    "userName": WORDS, "displayName": OR_NOTHING, "nickName": OR_NOTHING, "title": OR_NOTHING, "active": st.booleans(),
    "name.familyName": OR_NOTHING, "name.givenName": WORDS,
    'emails[type eq "work"].value': WORDS, 'emails[type eq "work"].primary': st.booleans(),
    'emails[type eq "home"].value': OR_NOTHING, 'emails[type eq "other"].display': WORDS,
    'phoneNumbers[type eq "mobile"].value': WORDS,
    'addresses[type eq "work"].locality': WORDS, 'addresses[type eq "work"].postalCode': WORDS,
    'roles[primary eq "True"].value': WORDS, "entitlements": ENTRIES,
    f"{ENTERPRISE}:department": OR_NOTHING, f"{ENTERPRISE}:employeeNumber": WORDS, MANAGER: st.sampled_from(["u-1", "u-2"]),
    f"{FJORD}:berth": WORDS,
}  # fmt: skip
CLEARABLE = (
    "nickName", "title", "name.familyName", 'emails[type eq "home"]', 'emails[type eq "other"].display', "phoneNumbers",
    'addresses[type eq "work"].locality', "entitlements", f"{ENTERPRISE}:department", MANAGER, f"{FJORD}:berth",
)  # fmt: skip


def overlap(one, other):
    """Whether one path leads to a part of the other: which of the two counts would be a matter of order."""
    return one == other or one.startswith((other + ".", other + "[")) or other.startswith((one + ".", one + "["))


@st.composite
def changes(draw):
    """A change of up to eight attributes; no path is a part of another."""
    names = draw(st.lists(st.sampled_from(sorted(SETTABLE)), unique=True, max_size=6))
    clear = draw(st.lists(st.sampled_from(CLEARABLE), unique=True, max_size=2))
    clear = [path for path in clear if not any(overlap(path, name) for name in names)]
    if not names and not clear:
        names = ["displayName"]
    values = tuple((name, draw(SETTABLE[name])) for name in names)
    return Change(set=values, clear=tuple(clear), references=frozenset({MANAGER}))


@st.composite
def resources(draw):
    """A user as a server may hold it: any part may be missing or empty."""
    names = draw(st.lists(st.sampled_from(sorted(SETTABLE)), unique=True))
    held = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "u-9", "userName": "before"}
    for name in names:
        receiver.put(held, name, draw(SETTABLE[name]))
    for name in draw(st.lists(st.sampled_from(["title", "nickName", "entitlements", "x509Certificates"]), max_size=2)):
        held.setdefault(name, draw(st.sampled_from([None, "", []])))
    return held


def choices(*names):
    """Every combination of these fields of a dialect."""
    kinds = typing.get_type_hints(Dialect)
    options = [(True, False) if kinds[name] is bool else typing.get_args(kinds[name]) for name in names]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*options)]


PATCHING = [Dialect(**c) for c in choices("operation_names", "booleans", "simple_attributes", "lone_attribute",
                                          "read_before_write", "reference")]  # fmt: skip
MEMBERS = [Dialect(**c) for c in choices("operation_names", "member_add", "member_shape", "member_remove")]


def test_every_field_of_a_dialect_is_gone_through():
    """A new field that changes what is sent must come into these combinations."""
    used = {"operation_names", "booleans", "simple_attributes", "lone_attribute", "read_before_write", "reference",
            "member_add", "member_shape", "member_remove", "update"}  # fmt: skip
    assert used | {"match_parameters", "read_parameters"} == {field.name for field in fields(Dialect)}
    assert len(PATCHING) == 64
    assert len(MEMBERS) == 24


def of_profiles():
    """Every dialect of the built-in profiles, those of single scenarios too; (dialect's place, dialect)."""
    found = []
    for name in sorted(builtin()):
        profile = load(name)
        for place, dialect in [(name, profile.dialect), *((f"{name}/{s.id}", s.dialect) for s in profile.scenarios)]:
            if dialect.update != "partial" and dialect not in [known for _, known in found]:
                found.append((place, dialect))
    return found


def wanted(held, change):
    after = copy.deepcopy(held)
    for path, value in change.set:
        receiver.put(after, path, {"value": value} if path in change.references else value)
    for path in change.clear:
        receiver.remove(after, path)
    return levelled(after)


def sent(body):
    """As it comes out of the wire."""
    return json.loads(json.dumps(body))


def unlisted(resource):
    """Without schemas: the body of a PUT also names the extensions that the change brings (RFC 7643 §3)."""
    return {name: value for name, value in resource.items() if name.lower() != "schemas"}


def brings_about(held, change, dialect):
    """The resource after the client's own requests, by a server that goes by the RFC."""
    if dialect.update == "put-after-get":
        return levelled(receiver.replaced(held, sent(replacement(change, last_answer=held))))
    seen = held if dialect.read_before_write else None
    return levelled(receiver.patched(held, sent(patch_body(operations(change, last_answer=seen, dialect=dialect)))))


@thorough
@given(changes(), resources())
def test_operations_of_every_dialect_bring_about_the_wanted_state(change, held):
    before = copy.deepcopy(held)
    for dialect in PATCHING:
        assert brings_about(held, change, dialect) == wanted(held, change), dialect
    assert held == before


@pytest.mark.parametrize(("place", "dialect"), of_profiles(), ids=lambda value: value if isinstance(value, str) else "")
@settings(deadline=None, derandomize=True, max_examples=examples(15))
@given(change=changes(), held=resources())
def test_the_dialects_of_the_profiles_bring_about_the_wanted_state(place, dialect, change, held):
    is_put = dialect.update == "put-after-get"
    reached, after = brings_about(held, change, dialect), wanted(held, change)
    assert (unlisted(reached) == unlisted(after)) if is_put else (reached == after), place


@often
@given(changes(), resources(), st.lists(st.sampled_from(["userName", "title", f"{FJORD}:berth"]), unique=True), LONG)
def test_a_replacement_is_what_was_read_with_the_client_s_own_values_and_the_change(change, held, mapped, chance):
    """Also from a server that spells attributes in another case (RFC 7643 §2.1): none may come twice."""
    own = tuple((name, "mapped") for name in mapped)
    base = copy.deepcopy(held)
    for name, value in own:
        receiver.put(base, name, value)
    for seen in (held, recased(held, chance)):
        body = sent(replacement(change, last_answer=seen, mapped=own))
        receiver.well_formed(body)
        reached = levelled(receiver.replaced(held, body))
        assert unlisted(lowered(reached)) == unlisted(lowered(wanted(base, change)))


def recased(value, chance):
    """The same with attribute names in another case; URNs and values as they are."""
    if isinstance(value, dict):
        return {k if k.startswith("urn:") else chance.choice([k, k.lower(), k.upper()]): recased(v, chance)
                for k, v in value.items()}  # fmt: skip
    return [recased(one, chance) for one in value] if isinstance(value, list) else value


def lowered(value):
    if isinstance(value, dict):
        return {k.lower(): lowered(v) for k, v in value.items()}
    return sorted((lowered(one) for one in value), key=json.dumps) if isinstance(value, list) else value


IDS = st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
               | st.sampled_from(['a"b', "a\\b", 'x" or value pr', "u-1", "U-1"]), unique=True, min_size=1, max_size=5)  # fmt: skip


@thorough
@given(IDS, LONG)
def test_members_come_and_go_in_every_dialect(ids, chance):
    """Any id that a server may give out (RFC 7643 §3.1), in portions as the dialect says."""
    for dialect in MEMBERS:
        group = {"id": "g", "displayName": "Crew"}
        inside = set()
        for joining in (True, False, True):
            some = chance.sample(ids, chance.randint(1, len(ids)))
            size = 1 if dialect.member_add == "one-per-request" else len(some)
            for start in range(0, len(some), size):
                portion = some[start : start + size]
                told = {"add": [(m, "name") for m in portion]} if joining else {"remove": portion}
                group = receiver.patched(group, sent(patch_body(member_operations(**told, dialect=dialect))))
            inside = inside | set(some) if joining else inside - set(some)
            assert {m["value"] for m in group.get("members", [])} == inside, dialect
        assert group["displayName"] == "Crew"


@often
@given(changes(), resources(), st.booleans())
def test_what_the_run_wants_of_a_resource_is_what_an_accepted_change_makes_of_it(change, held, accepted):
    """The read-back compares with this: were it wrong, the server would be blamed."""
    actor = SimpleNamespace(desired=copy.deepcopy(held), members=set(), removals=set(), knowledge=Knowledge())
    for path, value in change.set:
        effect = Effect("set", path, {"value": value} if path in change.references else value)
        apply_effect(actor, effect, accepted=accepted)
    for path in change.clear:
        apply_effect(actor, Effect("clear", path), accepted=accepted)
    disabling = Change(set=tuple(pair for pair in change.set if pair == ("active", False)))
    # Who may get in is as the client wanted it, even if the server refused.
    assert levelled(actor.desired) == wanted(held, change if accepted else disabling)
    assert replace(change) == change
