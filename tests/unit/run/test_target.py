"""The target file: what it may say, and what is said of a bad one."""

from __future__ import annotations

import pytest
from scim_compat.engine.capabilities import Claims
from scim_compat.errors import SourceFileError
from scim_compat.run import targetfile as target
from scim_compat.run.endpoint import base_urls
from scim_compat.run.settings import Settings
from support.claims import PROFILE

# --- the file ----------------------------------------------------------------------------------------

WHOLE = """\
url: https://staging.example.com/scim/v2
auth: {kind: header, secret-env: STAGING_TOKEN, header-name: X-Key}
ca: ca.pem
claims:
  product: Peakon
  without-features: [roles]
  groups: false
  filterable: {user: [userName, 'emails[type eq "work"].value']}
  mutable: {group: [displayName], user: []}
  disable: delete
  existing: adopt
  delete: gone
  page-size: {default: 20, max: 100}
  media-types: [application/json]
bases: {"1.1": https://staging.example.com/scim/v1}
"""


def written(tmp_path, text, name="t.yaml"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def test_a_whole_file(tmp_path):
    found = target.load(written(tmp_path, WHOLE))
    assert (found.url, found.ca) == ("https://staging.example.com/scim/v2", "ca.pem")
    assert found.auth == {"kind": "header", "secret-env": "STAGING_TOKEN", "header-name": "X-Key"}
    claims = target.claims_of(found.claims)
    assert claims == Claims(
        product="peakon",
        without_features=frozenset({"roles"}),
        groups=False,
        filterable={"User": frozenset({"username", 'emails[type eq "work"].value'})},
        mutable={"Group": frozenset({"displayname"}), "User": frozenset()},
        disable="delete",
        existing="adopt",
        page_default=20,
        page_max=100,
        media_types=frozenset({"application/json"}),
    )
    assert found.bases == {"2.0": found.url, "1.1": "https://staging.example.com/scim/v1"}
    assert (claims.may_filter("User", "USERNAME"), claims.may_filter("User", "title")) == (True, False)
    assert claims.may_filter("Group", "title"), "of groups nothing is said"
    assert (claims.may_change("Group", "displayName"), claims.may_change("User", "title")) == (True, False)


def test_the_smallest_file(tmp_path):
    found = target.load(written(tmp_path, "url: https://x.example\n"))
    assert (found.auth, found.ca, found.claims, found.bases) == ({}, "", {}, {})
    assert target.claims_of({}) == Claims()
    assert target.claims_of({}).may_filter("User", "x")
    assert target.claims_of({}).may_change("User", "x")


def test_a_file_without_url_serves_several_endpoints(tmp_path):
    found = target.load(written(tmp_path, "claims: {groups: false}\n"))
    assert (found.url, found.bases, found.claims) == ("", {}, {"groups": False})


NEEDS = "a target file is YAML, such as url: https://host/scim/v2"


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("claims: {}\nurll: x\n", ["2: unknown key 'urll'; did you mean 'url'?"]),
        ("url: 5\nca: ''\n", ['1: url must be a text, not the number 5; put it in quotes: "5"', "2: ca is empty"]),
        ("url: x\nauth: {kind: token}\n", ["2: kind cannot be 'token'; it is one of: basic, bearer, header, none, oauth2"]),
        ("url: x\nauth: {secret: s3cret}\n", ["2: unknown key 'secret' in auth; did you mean 'secret-env'?"]),
        ("url: x\nauth: {secret-env: ''}\n", ["2: secret-env is empty"]),
        ("url: x\nclaims:\n  group: true\n", ["3: unknown key 'group' in claims; did you mean 'groups'?"]),
        ("url: x\nclaims:\n  groups: 'yes'\n", ["3: groups must be true or false, not the text 'yes'"]),
        ("url: x\nclaims:\n  filterable: {users: [userName]}\n", ["3: unknown key 'users' in attributes; did you mean 'user'?"]),
        ("url: x\nclaims:\n  mutable: {user: ['']}\n", ["3: entry 1 of user is empty"]),
        ("url: x\nclaims: {disable: remove}\n", ["2: disable cannot be 'remove'; it is one of: delete, keep"]),
        ("url: x\nclaims: {existing: 409}\n", ["2: existing cannot be '409'; it is one of: adopt, conflict"]),
        ("url: x\nclaims: {without-features: roles}\n", ["2: without-features must be a list, not the text 'roles'"]),
        ("url: ''\nclaims:\n  disable: x\n  without-features: y\n  groups: z\n",
         ["1: url is empty", "3: disable cannot be 'x'; it is one of: delete, keep", "4: without-features must be a list, not the text 'y'",
          "5: groups must be true or false, not the text 'z'"]),
        ("url: x\nclaims: {delete: soft}\n", ["2: delete cannot be 'soft'; it is one of: disabled, gone"]),
        ("url: x\nclaims:\n  page-size: {max: 0}\n", ["3: max must be at least 1, not 0"]),
        ("url: x\nclaims:\n  page-size: {maximum: 9}\n", ["3: unknown key 'maximum' in page-size; did you mean 'max'?"]),
        ("url: x\nclaims:\n  page-size: {}\n", ["3: page-size is empty"]),
        ("url: x\nclaims:\n  page-size:\n    max: 10\n    default: 20\n",
         ["5: default 20 is more than max 10; max is the most that one list ever holds"]),
        ("url: x\nclaims:\n  media-types: [text/plain]\n",
         ["3: entry 1 of media-types cannot be 'text/plain'; it is one of: application/json, application/scim+json"]),
        ("url: x\nclaims: {media-types: []}\n", ["2: media-types is empty"]),
        ("url: x\nbases: {2.1: y}\n", ["2: unknown key '2.1' in bases; did you mean '2.0'?"]),
        ("url: x\nbases: {1.1: ''}\n", ["2: 1.1 is empty"]),
        ("url: x\nbases:\n  1.1: z\n  2.0: y\n", ["4: the base of SCIM 2.0 is another than url; url is that base: leave 2.0 out of bases"]),
        ("bases: {1.1: x}\n", ["1: bases stands without url; add url:"]),
        ("", [f"1: the file must hold keys and values; it is empty; {NEEDS}"]),
        ("- x\n", [f"1: the file must hold keys and values; it holds a list; {NEEDS}"]),
        ("url: &a x\n", ["1: the anchor &a is not allowed; write each value out"]),
        ("url: x\nurl: y\n", ["2: the key 'url' stands here twice, first on line 1; keep one of them"]),
        ("url: [x\n", ["2: an open bracket is not closed properly (it began on line 1); look for a missing , ] or } and for a text that needs quotes"]),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_with_its_lines(tmp_path, text, complaints):
    path = written(tmp_path, text)
    with pytest.raises(SourceFileError) as refused:
        target.load(path)
    assert str(refused.value).splitlines() == [f"{path}:{c}" for c in complaints]


def test_no_file_at_all(tmp_path):
    with pytest.raises(SourceFileError) as refused:
        target.load(tmp_path / "no.yaml")
    assert str(refused.value) == f"{tmp_path}/no.yaml:1: there is no such file; {NEEDS}"


def test_the_command_refuses_a_bad_file_before_anything_is_sent(tmp_path, command):
    written(tmp_path, "url: x\nclaims: {disable: remove}\n")
    done = command("run", "--target", "t.yaml", "-p", "entra-v2", "--out", "out")
    assert done.returncode == 2
    assert done.stderr == "t.yaml:2: disable cannot be 'remove'; it is one of: delete, keep\n"
    assert not (tmp_path / "out").exists()


# --- options come first ------------------------------------------------------------------------------------


@pytest.fixture
def chosen(tmp_path, command, monkeypatch):
    """The settings that the command would run with."""

    def call(text, *arguments):
        seen = []

        def execute(request, *, quiet):
            assert quiet is False
            seen.append(request.settings)
            return 0

        monkeypatch.setattr("scim_compat.cli.terminal.execute", execute)
        monkeypatch.setenv("FIRST", "secret-of-the-file")
        monkeypatch.setenv("SECOND", "secret-of-the-option")
        written(tmp_path, text)
        done = command("run", *arguments, "--target", "t.yaml", "-p", "entra-v2")
        assert done.returncode == 0, done.stderr
        return seen[0]

    return call


def test_the_file_alone(chosen):
    settings = chosen(
        "url: http://a.example/scim\nauth: {kind: header, secret-env: FIRST, header-name: X-Key}\nclaims: {groups: true}\n"
    )
    login = settings.login
    assert settings.url == "http://a.example/scim"
    assert (login.kind, login.header_name, login.header_value) == ("header", "X-Key", "secret-of-the-file")
    assert settings.claims == {"groups": True}


def test_basic_and_oauth2_from_the_file(chosen):
    login = chosen("url: http://a.example\nauth: {kind: basic, secret-env: FIRST, user: liv}\n").login
    assert (login.kind, login.user, login.password) == ("basic", "liv", "secret-of-the-file")
    auth = "{kind: oauth2, secret-env: FIRST, token-url: 'http://a.example/token', client-id: me, scope: scim}"
    login = chosen(f"url: http://a.example\nauth: {auth}\n").login
    assert (login.kind, login.token_url, login.client_id, login.scope) == (
        "oauth2",
        "http://a.example/token",
        "me",
        "scim",
    )
    assert login.client_secret == "secret-of-the-file"


BEARER = "url: http://a.example/scim\nauth: {kind: bearer, secret-env: FIRST}\n"
HEADER = "url: http://a.example/scim\nauth: {kind: header, secret-env: FIRST, header-name: X-Key}\n"


BASES = "url: http://a.example/scim\nbases: {1.1: http://a.example/scim/v1}\n"


def test_the_bases_of_the_file(chosen):
    both = {"2.0": "http://a.example/scim", "1.1": "http://a.example/scim/v1"}
    assert chosen(BASES).bases == both
    settings = Settings(url=both["2.0"], bases=both, seed=1, out="out")
    assert base_urls(settings, ["2.0", "1.1"]) == both
    assert Settings.from_dict(settings.to_dict()).bases == both


def test_a_version_without_a_base_has_none():
    two = Settings(url="http://a.example/2", bases={"2.0": "http://a.example/2"}, seed=1, out="out")
    assert base_urls(two, ["2.0", "1.1"]) == {"2.0": "http://a.example/2"}


def test_where_no_bases_are_named_the_url_is_of_the_version_that_runs_or_of_2_0(chosen):
    assert chosen(BEARER).bases == {}
    one = Settings(url="http://a.example/scim", seed=1, out="out")
    assert [base_urls(one, [v]) for v in ("2.0", "1.1")] == [{v: "http://a.example/scim"} for v in ("2.0", "1.1")]
    assert base_urls(one, ["1.1", "2.0"]) == {"2.0": "http://a.example/scim"}


def test_a_url_on_the_command_line_takes_the_place_of_every_base(chosen):
    """Somebody who tries a copy must not send half of the run to the original."""
    settings = chosen(BASES, "http://b.example/scim")
    assert (settings.url, settings.bases) == ("http://b.example/scim", {})


def test_a_url_on_the_command_line_comes_first(chosen):
    settings = chosen(BEARER, "http://b.example/scim")
    assert (settings.url, settings.login.token) == ("http://b.example/scim", "secret-of-the-file")


def test_the_secret_of_an_option_replaces_the_file_s(chosen, tmp_path):
    assert chosen(BEARER, "--secret-env", "SECOND").login.token == "secret-of-the-option"
    (tmp_path / "secret.txt").write_text("from-a-file\n")
    assert chosen(BEARER, "--secret-file", "secret.txt").login.token == "from-a-file"


def test_the_kind_and_the_header_of_an_option_come_first(chosen):
    assert chosen(BEARER, "--auth", "none").login.kind == "none"
    login = chosen(HEADER, "--header-name", "X-Other").login
    assert (login.header_name, login.header_value) == ("X-Other", "secret-of-the-file")
    # An option that repeats the default is an option all the same.
    assert chosen(HEADER, "--header-name", "Authorization").login.header_name == "Authorization"


def test_the_certificates_of_an_option_come_first(chosen, tmp_path):
    (tmp_path / "own.pem").write_text("x")
    text = "url: http://a.example/scim\nca: file.pem\n"
    assert chosen(text).ca == "file.pem"
    assert chosen(text, "--ca", "own.pem").ca == "own.pem"


def test_without_a_target_file_a_url_is_needed(command):
    done = command("run", "-p", "entra-v2")
    assert done.returncode == 2
    assert "give the URL of the SCIM endpoint" in done.stderr


@pytest.mark.parametrize(
    ("features", "name", "hint"),
    [
        ("[role]", "role", "did you mean 'roles'?"),
        ("[groups, deactivate-user]", "deactivate-user", "did you mean 'deactivate-users'?"),
        ("[zzz]", "zzz", "`scim-compat show PROFILE --summary` lists the features of a profile"),
    ],
)
def test_a_feature_that_nobody_knows_is_refused(tmp_path, command, features, name, hint):
    written(tmp_path, PROFILE, "claims.yaml")
    written(tmp_path, f"url: http://x.invalid\nclaims: {{without-features: {features}}}\n")
    done = command("run", "--target", "t.yaml", "-p", "claims.yaml", "--out", "out")
    assert done.returncode == 2
    said = f"names '{name}', which neither a profile of this run nor a built-in one has; {hint}"
    assert f"Error: without-features in the target file {said}" in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()
