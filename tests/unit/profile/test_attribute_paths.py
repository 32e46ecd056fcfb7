"""The attribute paths that a profile may write: fewer than a server must read."""

from __future__ import annotations

import pytest
from scim_compat.profile.grammar import path_problem
from scim_compat.scim.names import ENTERPRISE, ENTERPRISE_1_1, USER
from scim_compat.source.complaints import quoted

PEAKON = "urn:ietf:params:scim:schemas:extension:peakon:2.0:User"


@pytest.mark.parametrize(
    "path",
    [
        "userName", "name.givenName", "members.$ref", 'emails[type eq "work"]', 'emails[type eq "work"].value',
        'emails[type eq "work" and primary eq true].value', "phones[rank eq -3]", 'members[a.$ref eq "1"]',
        'manager[value eq "${bob.id}"]', 'roles[primary eq "True"].value', 'emails[value eq "x].y"].type',
        ENTERPRISE, f"{ENTERPRISE}:manager.value", f"{ENTERPRISE_1_1}:department", f"{USER}:userName", f"{PEAKON}:Business Unit",
        f"{PEAKON}:Salary (EUR)", f"{PEAKON}:contacts[primary eq true].value", "urn:ietf:params:scim:schemas:${new.word}:2.0:User:x",
        f'{USER}:emails[type eq "a:b"].value',
    ],
)  # fmt: skip
def test_what_a_profile_may_write(path):
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "", " userName", "userName ", "user name", "1st", "a.b.c", ".a", "a.", "emails[", "emails[]", ":a",
        # one way to write each
        'emails[type  eq "work"]', 'emails[ type eq "work"]', 'emails[type EQ "work"]', "emails[primary eq True]",
        'emails[type eq "work" AND primary eq true]', 'emails[(type eq "work")]', 'emails[type eq "\\u0077ork"]',
        # what no client writes into a path
        'emails[type ne "work"]', "emails[type pr]", 'emails[type eq "work" or type eq "home"]', 'emails[not (type eq "x")]',
        "emails[rank eq 1.5]", "emails[rank eq null]", 'emails[urn:x:y:type eq "work"]', "emails[rank eq 007]",
        'emails[type eq "\\q"]', "emails[type eq work]", "emails[value eq ${bob.id}]",
        f"{PEAKON}:Business  Unit", f"{PEAKON}: Unit", f'{ENTERPRISE}[type eq "work"]', f"{PEAKON}:a.b.c",
    ],
)  # fmt: skip
def test_what_a_profile_may_not_write(path):
    assert path_problem(path) == f"{quoted(path)} is not an attribute path"


@pytest.mark.parametrize("path", ["urn:x", "urn:", "urn:x y:2.0:User:department", 'urn:a[b eq "c:d"]'])
def test_a_urn_needs_an_attribute(path):
    assert path_problem(path) == f"{quoted(path)} is not a schema URN with an attribute behind its last colon"
