"""JUnit XML as its readers take it: Jenkins' xUnit plugin by a schema, GitLab by the elements that it documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Shape:
    """An element: attributes that must be there, those that may, and the elements that may stand in it."""

    must: frozenset[str]
    may: frozenset[str]
    holds: frozenset[str]
    has_text: bool = False


def shape(must: str = "", may: str = "", holds: str = "", *, has_text: bool = False) -> Shape:
    return Shape(frozenset(must.split()), frozenset(may.split()), frozenset(holds.split()), has_text)


JENKINS: Final[Mapping[str, Shape]] = {
    "testsuites": shape("", "name time tests failures errors", "testsuite"),
    "testsuite": shape(
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": shape(holds="property"),
    "property": shape("name value"),
    "testcase": shape("name", "time classname group", "skipped error failure system-out system-err"),
    "failure": shape("", "type message", has_text=True),
    "error": shape("", "type message", has_text=True),
    "skipped": shape("", "type message", has_text=True),
    "system-out": shape(has_text=True),
    "system-err": shape(has_text=True),
}
"""Version 10 of the plugin's schema, without the elements for tests that are run again."""
_TIME: Final = re.compile(r"\d*(\.\d*)?")
_SIZE: Final = 30_000_000
"""GitLab reads no larger file."""
_ENDINGS: Final = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def read(content: bytes) -> ET.Element:
    """The document, checked against what both readers ask for."""
    root = ET.fromstring(content)
    assert root.tag == "testsuites"
    for element in root.iter():
        known = JENKINS[element.tag]
        assert known.must <= element.attrib.keys() <= known.must | known.may, (element.tag, element.attrib)
        assert {child.tag for child in element} <= known.holds, element.tag
        assert known.has_text or not (element.text or "").strip(), element.tag
        assert _TIME.fullmatch(element.get("time", "")), element.attrib
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for name, tag in _ENDINGS.items():
            assert suite.get(name) == str(sum(case.find(tag) is not None for case in cases)), (name, suite.attrib)
    for name in ("tests", "failures", "errors"):
        assert root.get(name) == str(sum(int(suite.get(name) or 0) for suite in root))
    _holds_for_gitlab(root, content)
    return root


def _holds_for_gitlab(root: ET.Element, content: bytes) -> None:
    """Of cases with the same class and name GitLab shows one, and of several endings the first."""
    cases = list(root.iter("testcase"))
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(names)) == len(names)
    assert all(case.get("classname") and case.get("time") for case in cases)
    assert all(sum(case.find(tag) is not None for tag in _ENDINGS.values()) <= 1 for case in cases)
    assert len(content) < _SIZE


def failed(root: ET.Element, ending: str = "failure") -> set[tuple[str, str]]:
    """Suite and name of the cases that end so."""
    return {
        (suite.get("name") or "", case.get("name") or "")
        for suite in root
        for case in suite.findall("testcase")
        if case.find(ending) is not None
    }


def case(root: ET.Element, suite: str, name: str) -> ET.Element:
    (found,) = (
        one for each in root if each.get("name") == suite for one in each.findall("testcase") if one.get("name") == name
    )
    return found
