"""Text of others in Markdown: it stays text."""

from __future__ import annotations

import re

import pytest
from scim_compat.report import markdown
from scim_compat.report.text import Link

HOSTILE = (
    "a `b` ``c`` <script>x</script> [l](javascript:x) ![i](http://t) **b** _e_ @all #12 | \u202e\x00\n# h\n```\n$(id)"
)


def test_prose_has_no_markup_of_others():
    line = markdown.escaped(HOSTILE)
    assert "\n" not in line
    assert "⟨U+202E⟩" in line
    assert "⟨U+0000⟩" in line
    outside = re.sub(r"(`+).*?\1", "", re.sub(r"\\.", "", line))  # without what is escaped, and without code
    assert not re.search(r"[<>\[\]*_`|]", outside)
    assert not re.search(r"(?<!\w)[@#]\w", outside)


@pytest.mark.parametrize("text", ["", "a", "`", "``", "a`b``c", "`a`", " a ", "a\nb"])
def test_a_code_span_is_longer_than_what_it_holds(text):
    span = markdown.code(text)
    fence = re.match(r"`+", span)
    assert fence
    inside = span[len(fence[0]) : -len(fence[0])]
    assert span.endswith(fence[0])
    assert fence[0] not in re.findall(r"`+", inside)
    assert inside.strip() == " ".join(text.split())


@pytest.mark.parametrize("text", ["plain", "```\nend\n```", "`````", HOSTILE])
def test_a_block_ends_where_it_should(text):
    lines = markdown.fenced(text, "json").split("\n")
    fence = lines[-1]
    assert set(fence) == {"`"}
    assert lines[0] == f"{fence}json"
    assert not any(line.strip().startswith(fence) for line in lines[1:-1])


def test_links_lead_nowhere_else():
    assert (
        markdown.link(Link("RFC 7644 §3.5.2", "https://e.example/a(b)"))
        == "[RFC 7644 §3.5.2](https://e.example/a%28b%29)"
    )
    assert markdown.link(Link("a [b](c)")) == r"a \[b\](c)"


def test_our_own_prose_keeps_its_code():
    assert markdown.prose("Set `active` to *false* for `@x`.") == r"Set `active` to \*false\* for `@x`."
    assert markdown.prose("one ` alone") == r"one \` alone"


def test_words_that_notify_somebody_stand_in_code():
    assert (
        markdown.escaped("ask @team, see #12 and https://x.example/")
        == "ask `@team,` see `#12` and `https://x.example/`"
    )
    assert markdown.escaped("mail a@b.example") == "mail a@b.example"
