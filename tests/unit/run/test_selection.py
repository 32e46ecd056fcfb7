"""``--only``: one matcher for areas, globs, ids and ids with a variant; what names nothing is refused."""

from __future__ import annotations

import pytest
from scim_compat.errors import ExitStatus, UsageError
from scim_compat.profile.load import load
from scim_compat.run.request import RunRequest
from scim_compat.run.selection import matching, select
from scim_compat.run.settings import Settings


def request(*only: str, profiles: tuple[str, ...] = ("entra-v2",), **settings: object) -> RunRequest:
    return RunRequest(
        settings=Settings(url="https://h.example", seed=1, out="out", **settings), profiles=profiles, only=only
    )


def ids(*patterns: str) -> list[str]:
    return [scenario.id for scenario in matching(load("entra-v2").scenarios, patterns)]


def test_without_patterns_all_are_played():
    assert len(ids()) == len(load("entra-v2").scenarios)


def test_an_area_names_all_its_scenarios():
    assert ids("users")
    assert ids("users") == [i for i in ids() if i.startswith("users.")]


def test_an_area_is_no_prefix():
    assert ids("user") == []


def test_a_glob_an_id_and_an_id_with_its_variant():
    assert ids("groups.*") == [i for i in ids() if i.startswith("groups.")]
    assert ids("users.disable") == ["users.disable"]
    both = [i for i in ids() if i.startswith("connection.probe-users.")]
    assert len(both) > 1
    assert ids("connection.probe-users") == both
    assert ids(both[0]) == both[:1]


def test_patterns_add_up_in_the_order_of_the_profile():
    assert ids("users.disable", "users.create") == [i for i in ids() if i in {"users.disable", "users.create"}]


def test_a_selection_holds_each_profile_with_its_scenarios():
    chosen = select(request("connection", profiles=("entra-v2", "okta")))
    assert [p.id for p in chosen.profiles] == ["entra-v2", "okta"]
    assert all(s.id.startswith("connection.") for scenarios in chosen.scenarios.values() for s in scenarios)
    assert set(chosen.scenarios) == {"entra-v2", "okta"}


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("user", "--only user: no scenario of entra-v2 matches; did you mean 'users'?"),
        (
            "users.disabel",
            "--only users.disabel: no scenario of entra-v2 matches; did you mean 'users.disable'?",
        ),
        (
            "xyzzy",
            (
                "--only xyzzy: no scenario of entra-v2 matches; "
                "`scim-compat show entra-v2 --summary` lists the scenarios"
            ),
        ),
    ],
)
def test_what_names_nothing_is_refused_with_the_nearest(pattern: str, words: str):
    with pytest.raises(UsageError) as refused:
        select(request(pattern))
    assert str(refused.value) == words
    assert refused.value.exit_status is ExitStatus.USAGE


def test_one_pattern_that_names_nothing_is_enough():
    with pytest.raises(UsageError, match=r"--only nothing\.\*"):
        select(request("users", "nothing.*"))


def test_of_several_profiles_one_that_knows_the_name_is_enough():
    assert select(request("users.create", profiles=("entra-v2", "okta")))


def test_a_profile_named_twice_is_refused():
    with pytest.raises(UsageError, match="the profile entra-v2 is named twice; name each profile once"):
        select(request(profiles=("entra-v2", "entra-v2")))


def test_a_feature_that_no_profile_has_is_refused():
    with pytest.raises(UsageError, match=r"without-features in the target file names 'rolls'.*did you mean 'roles'\?"):
        select(request(claims={"without-features": ["rolls"]}))
