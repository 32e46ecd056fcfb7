"""Each file in ``profiles_bad`` shows a mistake; here stands what its author is told, word for word."""

from pathlib import Path

import pytest
from scim_compat.errors import SourceFileError
from scim_compat.profile.load import load
from scim_compat.source import yaml as yamlsource
from support.places import BAD_PROFILES as BAD

CHECKS = {"create.status", "delete.status", "list.empty-is-200"}
PATH = '; write userName, name.givenName, emails[type eq "work"].value or urn:…:User:department'
ENTER = "; introduce it before: {given: NAME}, or do: create"

# File → its messages. One that begins with ! is not about the file itself.
MESSAGES = {
    "actor-kind": (
        ":14: 'alice' is a User since line 13, not a Group",
        ":15: a User has no members; add kind: Group",
    ),
    "actor-many-quoted": (
        ":14: ${crowd.id} names many users; name one of its own with given",
        ":15: 'crowd' stands for many users, and this step takes one; use another name",
    ),
    "actor-many": (":15: large-count stands without count; add count:",),
    "actor-too-early": (":14: 'alice' is not on the server yet; create it before: do: create, or given",),
    "as-too-late": (
        (
            ":14: as comes too late: 'alice' is made up already, in line 13; write the attribute under has, or give the "
            "values where it enters"
        ),
    ),
    "actor-twice": (
        ":14: 'alice' is there already, since line 13; use another name, or add expect: conflict",
        ":15: 'alice' is there already, since line 13; use another name",
        ":16: 'run' cannot be an actor's name; placeholders use it; choose another",
    ),
    "actor-unknown": (
        ":14: no step before this one introduces 'alcie'; did you mean 'alice'?",
        ":15: no step before this one introduces 'bob'" + ENTER,
    ),
    "attribute-paths": (
        ":14: 'name..givenName' is not an attribute path" + PATH,
        ":14: 'emails[type eq work].value' is not an attribute path" + PATH,
        ":14: 'urn:x' is not a schema URN with an attribute behind its last colon" + PATH,
        ":15: 'a b' is not an attribute path" + PATH,
    ),
    "check-unknown": (":7: unknown check 'list.empty-is-400'; did you mean 'list.empty-is-200'?",),
    "circle-a": (
        "!circle-c.yaml:5: extends goes in a circle: circle-a → circle-b → circle-c → circle-a; let one of them stand alone",
    ),
    "circle-b": (
        "!circle-a.yaml:5: extends goes in a circle: circle-b → circle-c → circle-a → circle-b; let one of them stand alone",
    ),
    "circle-c": (
        "!circle-b.yaml:5: extends goes in a circle: circle-c → circle-a → circle-b → circle-c; let one of them stand alone",
    ),
    "client-query": (
        ":8: encoding cannot be 'utf-8'; it is one of: form, percent",
        ":8: flag 'a b' is not well formed; it takes letters, digits and . _ ~ -",
        ":8: flag-position cannot be 'middle'; it is one of: first, last",
    ),
    "dialect-words": (
        ":7: operation-names cannot be 'upper'; it is one of: lower, title",
        ":8: simple-attributes cannot be 'one-operation'; did you mean 'one-pathless-operation'?",
        ":9: lone-attribute cannot be 'with-path'; did you mean 'path'?",
        ":10: member-add cannot be 'all'; it is one of: one-per-request, together",
        ":11: member-shape cannot be 'values'; did you mean 'value'?",
        ":12: member-remove cannot be 'filter'; did you mean 'value-filter'?",
        ":13: reference cannot be 'id'; it is one of: object, string",
    ),
    "drop-unknown": (":7: there is no scenario 'users.creat' to drop; did you mean 'users.create'?",),
    "drop-with-more": (":7: drop stands alone beside the id; write {id: users.create, drop: true}",),
    "rests-on-nothing": (
        ":15: no step before this one proves 'name'; did you mean 'names'?",
        ":15: no step before this one proves 'order'; so far there are: names",
    ),
    "expects-nobody": (
        ":14: no step before this one introduces 'bob'; introduce it before: {given: NAME}, or do: create",
        ":15: no step before this one introduces 'carol'; introduce it before: {given: NAME}, or do: create",
    ),
    "extends-absolute": (
        ":5: extends may not name '/etc/passwd.yaml'; only a .yaml file of the same folder, by its name",
    ),
    "extends-list": (":5: extends must be a text; an id, or a file of the same folder",),
    "extends-missing-file": (
        ":5: there is no file '_god.yaml' in the folder of extends-missing-file.yaml; did you mean '_good.yaml'?",
    ),
    "extends-outside": (
        ":5: extends may not name '../../profiles/secret.yaml'; only a .yaml file of the same folder, by its name",
    ),
    "extends-unknown": (":5: there is no built-in profile 'entra-2'; did you mean 'entra-v2'?",),
    "feature-unknown": (":7: unknown feature 'create-user'; did you mean 'create-users'?",),
    "filter-in-a-text": (':8: ${filter} stands alone; write filter: "${filter}"',),
    "filter-in-read": (":8: ${filter} stands in match-parameters only; write the query out",),
    "format-2": (":2: this is format '2', and only format 1 is known; write format: 1, or update scim-compat",),
    "gate-unknown": (
        ":12: resource-type cannot be 'Groups'; did you mean 'Group'?",
        ":12: unknown key 'extention' in when; did you mean 'extension'?",
    ),
    "gate-words": (
        ":12: resource-type cannot be 'Person'; it is one of: Group, User",
        ":12: extension 'enterprise' is not well formed; it takes a URN, like urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ":12: large cannot be 'false'; write true",
        ":12: disable cannot be 'hide'; it is one of: delete, keep",
        ":12: entry 1 of supports cannot be 'patches'; did you mean 'patch'?",
    ),
    "given-group-crowd": (":13: count creates users only; remove kind: Group",),
    "header-credential": (
        ":7: a profile may not set the header Authorization; the run's credential goes there",
        ":7: a profile may not set the header Host; it is the target's",
        ":7: a profile may not set the header Cookie; no identity provider keeps cookies",
    ),
    "header-line-break": (
        ":7: the value of the header X-Client holds a line break or control character; write it on one line",
        ":7: 'X Space' is not a header's name; letters, digits and hyphens",
        ":7: the value of the header X-Name holds a character outside Latin-1; HTTP cannot carry it",
    ),
    "header-number": (':7: ADSCIMVersion must be a text, not the number 6.0; put it in quotes: "6.0"',),
    "header-places": (
        ":7: Content-Type is not set among the headers; use content-type:",
        ":8: 'User Agent' is not a header's name; letters, digits, hyphens",
        ":9: the value of the header Content-Type holds a line break or control character; write it on one line",
    ),
    "header-sent-and-not-sent": (
        ":7: the header ACCEPT is sent and stands in without-headers; remove it from one of them",
    ),
    "header-twice": (":7: the header accept stands twice, also as Accept; keep one of them",),
    "id-with-capitals": (
        ":2: id 'Entra_V2' is not well formed; it takes small letters, digits, dots and hyphens, beginning with a letter or digit",
    ),
    "key-names": (
        ":7: the key 'S 1' is not allowed in sources; a key here is letters, digits and . _ # / -",
        ":9: the key 'create' is not allowed in requires; a key here is a check's id, like list.empty-is-200",
        ":11: the key 'Create_Users' is not allowed in features; a key here is small letters, digits and hyphens",
    ),
    "limits-of-lists": (
        ":8: entry 1 of User takes at most 1 entries, not 2",
        ":11: match must be at least 1, not 0",
    ),
    "limits-of-steps": (
        ":13: given is longer than 40 characters",
        ":14: count must be at least 2, not 1",
        ":15: members holds 'alice' twice",
        ":16: members is empty",
        ":17: verify '' is not well formed; it takes small letters, digits and hyphens, beginning with a letter",
    ),
    "limits": (
        ":7: auth is empty",
        ":8: timeout must be at most 600, not 900",
        ":9: without-headers holds 'Accept-Language' twice",
    ),
    "manager-key": (":6: unknown key 'manager' in dialect; it is called reference",),
    "manager-unmapped": (
        ":15: the mapping of users has no reference attribute to assign; add a row with reference: true to mapping.user",
    ),
    "mapping-row-rules": (
        ":8: a person has no source attribute 'userPrincipalname'; did you mean 'userPrincipalName'?",
        ":9: 'name.familyName.short' is not an attribute path" + PATH,
        ":10: two rows write username, the other on line 8; keep one",
        ":10: two rows have match: 1, the other on line 8; number them 1, 2, …",
        ":11: 'emails[type = work].value' is not an attribute path" + PATH,
        ":12: 'urn:example' is not a schema URN with an attribute behind its last colon" + PATH,
    ),
    "mapping-rows": (
        ":9: this mapping row needs exactly one of from, value; it has from and value",
        ":10: this mapping row needs exactly one of from, value; it has none",
    ),
    "mapping-words": (
        ":8: match must be at least 1, not 0",
        ":9: reference must be true or false, not the text 'maybe'",
        ":10: when cannot be 'update'; write create",
    ),
    "match-unmapped": (
        ":16: mapping.user has no matching attribute to ask by; mark a row with match: 1",
        ":17: mapping.user has no matching attribute to ask by; mark a row with match: 1",
    ),
    "match-without-filter": (
        ':8: no match parameter holds the filter, so a match would find everybody; add {filter: "${filter}"}',
    ),
    "means-of-nobody": (
        ":15: no step before this one introduces 'bob'; introduce it before: {given: NAME}, or do: create",
        ":17: 'a b' is not an attribute path; write userName, name.givenName, emails[type eq \"work\"].value or urn:…:User:department",
        ":18: 'emails[' is not an attribute path; write userName, name.givenName, emails[type eq \"work\"].value or urn:…:User:department",
    ),
    "missing-parts": (
        ":1: this profile has no scim; add scim:",
        ":1: this profile has no client; add client:",
        ":1: this profile has no dialect; add dialect:",
        ":1: this profile has no mapping; add mapping:",
        ":1: this profile has no features; add features:",
        ":1: this profile has no sources; add sources:",
        ":1: this profile has no scenarios; add scenarios:",
    ),
    "no-own-id": (":1: this profile has no id of its own; add id:",),
    "not-covered": (
        ":7: entry 1 of not-covered must be keys and values, not the text 'Nothing of bulk'",
        ":8: this gap has no why; add why:",
        ":9: what is empty",
    ),
    "note-is-a-list": (
        ":12: note must be a text, not a list",
        ":14: note is empty",
    ),
    "patch-members": (
        ":15: remove-members holds 'alice' twice",
        ":16: per-request must be at least 1, not 0",
        ":17: again must be true or false, not the number 2",
    ),
    "patch-operations": (
        ":14: entry 2 of steps needs exactly one of operations, body; it has none",
        ":15: operations is empty",
        ":16: this operation has no op; add op:",
        ":17: unknown key 'paths' in operation; did you mean 'path'?",
        ":18: unknown key 'sets' in means; did you mean 'set'?",
        ":19: expect cannot be 'ok'; it is one of: either, refusal, success",
    ),
    "paths-of-verbs": (
        ":14: '.x' is not an attribute path; write userName, name.givenName, emails[type eq \"work\"].value or urn:…:User:department",
        ":15: 'user name' is not an attribute path; write userName, name.givenName, emails[type eq \"work\"].value or urn:…:User:department",
    ),
    "placeholder-id-too-early": (
        ":13: ${alice.id}: 'alice' has no id yet; use it in a step after the one that creates it",
    ),
    "placeholder-in-head": (":7: ${alice.id} is not known outside steps; known here: new.guid, new.word, run.tag",),
    "placeholder-names": (
        ":13: ${alice.mial}: a User has no 'mial'; did you mean 'mail'?",
        ":14: ${run.tga} is not known; did you mean 'run.tag'?",
        ":14: ${bob.id} names an actor whom no step before this one introduces" + ENTER,
        ":14: ${filter} stands in match-parameters only; write the query out",
    ),
    "placeholder-nobody": (
        ":13: ${alce.mail} names an actor whom no step before this one introduces; did you mean 'alice'?",
    ),
    "placeholder-syntax": (
        ":13: the placeholder '${alice.mail' has no closing brace; close it with }",
        ":13: '${alice mail}' is not a placeholder; write ${name.attribute} or ${name.attribute|function}",
        ":13: unknown function 'uper' in ${alice.mail|uper}; did you mean 'upper'?",
    ),
    "scenario-incomplete": (
        ":7: evidence cannot be 'seen'; it is one of: disputed, documented, inferred, observed",
        ":7: this scenario has no feature; add feature:",
        ":7: this scenario has no title; add title:",
        ":7: this scenario needs one of steps, variants; it has none",
    ),
    "scenario-is-a-text": (":6: entry 2 of scenarios must be keys and values, not the text 'users.create'",),
    "scenario-twice": (":8: two scenarios are called users.bad, the other on line 7; ids are unique in a profile",),
    "scenario-without-source": (":12: the scenario users.bad.b has no source; add source:",),
    "scenarios-not-a-list": (":6: scenarios must be a list, not keys and values",),
    "send-answers": (
        ":14: at 'id' is not well formed; it takes a JSON Pointer, as /Resources/0/id",
        ":15: is cannot be 'text'; it is one of: absent, array, boolean, not-empty, number, object, present, string",
        ":16: this answer needs exactly one of equals, is, includes; it has equals and is",
        ":17: this answer needs exactly one of equals, is, includes; it has none",
        ":18: answers is empty",
        ":19: unknown key 'contains' in answer; known here: at, equals, includes, is",
        ":19: this answer needs exactly one of equals, is, includes; it has none",
        ":20: headers is empty",
    ),
    "send-arguments": (
        ":13: method cannot be 'get'; did you mean 'GET'?",
        ":14: entry 1 of status must be at least 100, not 20",
        ":15: credential cannot be 'expired'; it is one of: none, valid, wrong",
        ":16: send must be keys and values, not the text '/Users'",
    ),
    "send-conduct": (
        ":14: a literal POST that succeeds creates a resource that clean-up does not know; use do: create",
        ":15: DELETE /Users/42 could hit a resource that this run did not create; address it as ${NAME.id}, or an unknown one as ${new.guid}",
        ":16: PATCH /Users could hit a resource that this run did not create; address it as ${NAME.id}, or an unknown one as ${new.guid}",
    ),
    "send-expect": (
        ":14: outcome cannot be 'fail'; it is one of: either, refusal, success",
        ":15: finds stands without among; add among:",
        ":16: order needs at least 2 entries, not 1",
        ":17: expect is empty",
        ":18: unknown key 'state' in expect; did you mean 'status'?",
    ),
    "send-parts": (
        ":14: the query '?count=1' begins with ?; leave the question mark out",
        ":15: the query 'a=1\\x0d\\x0aX: b' holds a line break, a control character or #; percent-encode it: %0A, %23",
        ":16: a profile may not set the header Authorization; the run's credential goes there",
        ":16: the value of the header X-A holds a line break or control character; write it on one line",
        ":16: a GET has no body; remove body:, or change method:",
        ":17: means: stands without about:; say whose state changes: about: NAME",
    ),
    "send-path": (
        ":13: the path 'Users' must begin with /; write it as it stands below the endpoint's address: /Users",
        ":14: the path 'https://example.org/Users' must begin with /; write it as it stands below the endpoint's address: /Users",
        ":15: the path '//example.org/Users' would name another host; no // and no backslash; write /Users",
        ":16: the path '/Users/../Admin' climbs out of the endpoint; no . or .. between slashes",
        ":17: the path '/Users/%2E%2e/Admin' climbs out of the endpoint; no . or .. between slashes",
        ":18: the path '/Users?count=1' holds a query; put what follows the ? under query:",
        ":19: the path '/Users/a b' holds a space, a line break or #; percent-encode it: %20, %23",
        ":20: the path '/Users\\x' would name another host; no // and no backslash; write /Users",
    ),
    "send-rule": (
        ":14: level cannot be 'must'; did you mean 'MUST'?",
        ":15: entry 1 of cites 'RFC 7644' is not well formed; it takes a section as RFC7644-3.4.2 or SCIM1.1-protocol-3.2.2",
        ":16: rule is empty",
        ":17: title is empty",
        ":18: unknown key 'text' in rule; known here: cites, failure, fix, level, title",
    ),
    "severity-unknown": (":7: severity cannot be 'blokker'; did you mean 'blocker'?",),
    "source-attribute": (
        ":13: a person has no source attribute 'surName'; did you mean 'surname'?",
        ":14: a group has no source attribute 'title'; known here: description, displayName, objectId",
    ),
    "source-unknown": (
        ":9: unknown source 'scimitar-132'; did you mean 'scimitar-123'?",
        ":10: unknown source 'S9'; sources: S1, S2, scimitar-123",
    ),
    "step-arguments": (
        ":14: unknown key 'sett' in do: change; did you mean 'set'?",
        ":14: this do: change needs one of set, clear; it has none",
        ":15: this do: read needs exactly one of user, group; it has none",
        ":16: this do: read needs exactly one of user, group; it has user and group",
        ":17: finds cannot be '2'; it is one of: 0, 1",
        ":18: entry 1 of found-by cannot be 'name'; it is one of: filter, id, list, state",
    ),
    "step-kinds": (
        ":14: a step is exactly one of given, do, send, verify; this one has only 'user', 'set'",
        ":15: a step is exactly one of given, do, send, verify; this one has do and verify; make it several steps",
        ":16: a step is exactly one of given, do, send, verify; this one has nothing",
        ":17: a step is exactly one of given, do, send, verify; this one has only 'verfy'; did you mean 'verify'?",
        ":18: entry 6 of steps must be keys and values, not the text 'text'",
    ),
    "step-verb": (
        ":14: unknown verb 'chnage'; did you mean 'change'?",
        ":15: do must be a text, not a list; verbs: add-members, assign-manager, bulk, change, create, delete, discover, evaluate, import, match, match-crowd, overlap, overstep-bulk, patch, probe, read, remove-members, trespass",
    ),
    "sweep": (
        ":16: the mapping has no row 'titel' that a sweep could take; did you mean 'title'?",
        ":18: ${rows.hole} stands in the steps of a sweep only, by itself; did you mean '${rows.whole}'?",
        ":19: behind ${rows} stands the kind of value, not 'otehr'; did you mean 'other'?",
        ":19: ${rows} stands in the steps of a sweep only, by itself; as an entry of a list, or as a key of set or has",
        ":27: ${rows} stands in the steps of a sweep only, by itself; as an entry of a list, or as a key of set or has",
    ),
    "sweep-words": (
        ":12: over cannot be 'users'; did you mean 'user'?",
        ":12: together 'holders' is not well formed; it takes holder, all or a number",
        ":12: unknown key 'every' in sweep; did you mean 'over'?",
        ":20: together must be at least 1, not 0",
        ":20: only is empty",
        ":20: this sweep has no over; add over:",
    ),
    "timeout-zero": (":6: timeout must be more than 0, not 0",),
    "title-with-control-character": (
        ":9: title 'A user \\x1b[31mis red' is not well formed; it takes one line without control characters",
    ),
    "unknown-key-in-client": (":6: unknown key 'without-header' in client; did you mean 'without-headers'?",),
    "unknown-key": (":6: unknown key 'summmary'; did you mean 'summary'?",),
    "unknown-word": (
        ":6: update cannot be 'pathc'; did you mean 'patch'?",
        ":6: booleans cannot be 'true'; it is one of: json, string",
    ),
    "variant-twice": (
        ":12: two scenarios are called users.bad.flag, the other on line 12; ids are unique in a profile",
    ),
    "verb-words": (
        ":13: case cannot be 'title'; it is one of: lower, swap, upper",
        ":14: finds cannot be '2'; it is one of: 0, 1",
        ":15: endpoint cannot be 'Users'; it is one of: ResourceTypes, Schemas, ServiceProviderConfig, ServiceProviderConfigs",
        ":16: on cannot be 'Users'; did you mean 'User'?",
        ":16: count must be at least 1, not 0",
        ":16: beyond must be true or false, not the number 1",
        ":17: entry 1 of schemas is empty",
        ":17: expect cannot be 'exists'; it is one of: conflict, either",
    ),
    "version-is-a-number": (
        ':4: version must be a text, not the number 2026.10; put it in quotes: "2026.10"',
        ":6: scim cannot be '2.0'; put it in quotes: \"2.0\"",
    ),
    "wrong-kinds": (
        ":6: client must be keys and values, not a list",
        ":7: read-before-write must be true or false, not the text 'sometimes'",
        ":8: requires must be keys and values, not the text 'none'",
    ),
    "yaml-alias": (
        ":6: the alias *common is not allowed; write the value out; extends and variants: serve for what repeats",
    ),
    "yaml-anchor": (":6: the anchor &common is not allowed; remove it; extends and variants: serve for what repeats",),
    "yaml-at-sign": (":6: a text may not begin with @; put it in quotes",),
    "yaml-bomb": (":6: the anchor &a is not allowed; remove it; extends and variants: serve for what repeats",),
    "yaml-bracket": (
        ":8: an open bracket is not closed properly (it began on line 7); look for a missing , ] or } and for a text that needs quotes",
    ),
    "yaml-colon": (":6: a colon stands where no key can be; a text with ': ' in it needs quotes",),
    "yaml-comma": (
        ":7: unknown key 'groups and members' in source; a text with a comma in it needs quotes inside { }",
    ),
    "yaml-control-character": (
        ':6: the control character U+0007 may not stand in YAML; write it as an escape in double quotes, like "\\x07"',
    ),
    "yaml-duplicate-key": (
        ":9: the key 'name' stands here twice, first on line 7; keep one of them",
        ":10: the key 'client' stands here twice, first on line 6; keep one of them",
    ),
    "yaml-empty": (":1: the file must hold keys and values; it is empty; begin with format: 1",),
    "yaml-indent": (":8: the indentation does not fit what stands above; begin keys of one level in one column",),
    "yaml-list-as-key": (":6: a key must be a text; quote it if it begins with { or [",),
    "yaml-list": (":1: the file must hold keys and values; it holds a list; begin with format: 1",),
    "yaml-long-number": (":14: this number has more than 18 digits; put it in quotes if it is a text",),
    "yaml-nested": (":6: nested deeper than 40 levels",),
    "yaml-no-key": (":7: a value stands here without a key; write key: value",),
    "yaml-not-utf-8": (":6: the file is not UTF-8; save it as UTF-8",),
    "yaml-quote": (":8: a quoted text does not end (it began on line 6); look for the missing quote",),
    "yaml-tab": (":7: a tab stands where YAML wants spaces; indent with spaces",),
    "yaml-tag": (":6: the tag '!!python/object/apply:os.system' is not allowed; a profile is plain data",),
    "yaml-two-documents": (
        ":6: a second document begins here (---); a file holds one profile; make it a file of its own",
    ),
}


def told(name: str) -> list[str]:
    with pytest.raises(SourceFileError) as caught:
        load(BAD / f"{name}.yaml", check_ids=CHECKS)
    here = str(BAD.relative_to(Path.cwd())) if BAD.is_relative_to(Path.cwd()) else str(BAD)
    lines = [line.removeprefix(f"{here}/") for line in str(caught.value).splitlines()]
    own = f"{name}.yaml"
    return [line.removeprefix(own) if line.startswith(own) else f"!{line}" for line in lines]


@pytest.mark.parametrize("name", MESSAGES)
def test_message(name):
    assert told(name) == list(MESSAGES[name])


def test_every_file_has_its_message():
    assert {path.stem for path in BAD.iterdir()} == {*MESSAGES, "_good"}


def test_the_file_they_extend_is_sound():
    profile = load(BAD / "_good.yaml", check_ids=CHECKS)
    assert [scenario.id for scenario in profile.scenarios] == ["users.create"]


@pytest.mark.parametrize("name", [name for name in MESSAGES if name.startswith("yaml-")])
def test_message_without_the_compiled_parser(name, monkeypatch):
    """PyYAML's own parser words its errors differently, and some builds have no other."""
    monkeypatch.setattr(yamlsource, "_LOADER", yamlsource.yaml.SafeLoader)
    assert told(name) == list(MESSAGES[name])
