"""Results read from whatever a run left."""

from __future__ import annotations

import json

import pytest
from scim_compat.errors import RecordFileError
from scim_compat.results.read import is_complete, read, read_run
from support.results import build_results


def test_complete_are_only_results_of_a_run_that_reached_all_without_error(tmp_path):
    path = tmp_path / "results.json"
    assert not is_complete(path)
    results = build_results()
    for profile in results["profiles"]:
        profile["counts"]["errored"] = 0
    for complete, errored in ((True, 0), (True, 1), (False, 0)):
        results["run"]["complete"] = complete
        results["profiles"][1]["counts"]["errored"] = errored
        path.write_text(json.dumps(results), encoding="utf-8")
        assert is_complete(path) is (complete and not errored)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"{", "it breaks off after 1 character"),
        (b"\xff\xfe\xff", "not JSON; results.json in a run's output folder is meant"),
        (b"[]", "not the results of a scim-compat run"),
    ],
)
def test_errors_begin_with_the_path(tmp_path, content, text):
    path = tmp_path / "results.json"
    if content is not None:
        path.write_bytes(content)
    for reader in (read, read_run):
        with pytest.raises(RecordFileError) as refused:
            reader(path)
        assert str(refused.value).startswith(f"{path}: {text}")


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(RecordFileError, match=r"neither results\.json nor events\.jsonl is in it; is it a run's"):
        read_run(tmp_path)


def test_the_results_of_a_folder(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps(build_results()), encoding="utf-8")
    for path in (tmp_path, tmp_path / "results.json"):
        document, folder = read_run(path)
        assert document.run.id == build_results()["run"]["id"]
        assert folder == tmp_path


def test_an_event_stream_that_cannot_be_read_is_named(tmp_path):
    """The file in which the lines are joined is nobody's business."""
    events = tmp_path / "events.jsonl"
    events.write_text('{"event": "run", "format": "other/1"}\n', encoding="utf-8")
    with pytest.raises(RecordFileError) as refused:
        read_run(tmp_path)
    assert str(refused.value).startswith(f"{events}: not the events of a scim-compat run")
