"""The committed sample: a demo run with a fixed seed, levelled so that its bytes are the same every time.

``python tests/tools/sample.py``          runs the demo and writes ``reports/sample/``
``python tests/tools/sample.py --check``  runs the demo and tells what the committed sample no longer shows

Levelled are what no two runs share: the time of day, how long an answer took (each says 1 ms), the
port and the ids that the server draws. Everything else is as the run found it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLE: Final = ROOT / "reports" / "sample"
SEED: Final = 1
HOW: Final = "python tests/tools/sample.py"

_PICTURE_SIZE: Final = (1280, 940)
_STAMP: Final = "scim-compat sample"
_PORT: Final = re.compile(r"127\.0\.0\.1:\d+")
_TIME: Final = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
"""As the demo's server writes times. Times that a profile writes have no microseconds and stay."""
_DATE: Final = re.compile(r"\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT")
"""As the demo's server writes the header Date."""
_DAY: Final = "2026-01-01"
_MOST: Final = 40


# --- the run ------------------------------------------------------------------------------------


def demo(out: Path) -> dict[str, Any]:
    """Runs the demo in a process of its own; returns its results, levelled."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--run-demo", str(out)],
        capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the demo ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return levelled(json.loads((out / "results.json").read_text(encoding="utf-8")))


def _run_demo(out: str) -> None:
    """In the process of its own: ids are drawn from a fixed sequence, because the server lists by id."""
    drawn = random.Random(SEED)
    uuid.uuid4 = lambda: uuid.UUID(int=drawn.getrandbits(128), version=4)  # type: ignore[assignment]
    sys.path.insert(0, str(ROOT))
    from scim_compat.cli import cli  # noqa: PLC0415 - only after the ids are fixed

    cli.main(["demo", "--quiet", "--seed", str(SEED), "--out", out], prog_name="scim-compat")


def levelled(results: Mapping[str, Any]) -> dict[str, Any]:
    """``results`` without what differs from run to run."""
    text = _PORT.sub("127.0.0.1:50000", json.dumps(results, ensure_ascii=False))
    order = {time: number for number, time in enumerate(sorted(set(_TIME.findall(text))))}
    text = _TIME.sub(lambda found: _time(order[found[0]]), text)
    text = _DATE.sub("Thu, 01 Jan 2026 12:00:00 GMT", text)
    level: dict[str, Any] = json.loads(text)
    run = level["run"]
    run["id"] = f"{_DAY.replace('-', '')}-120000-{run['tag']}"
    run["started"], run["ended"] = f"{_DAY}T12:00:00.000Z", f"{_DAY}T12:00:10.000Z"
    for scenario in _scenarios(level):
        for step in scenario["steps"]:
            if step["exchange"]:
                step["exchange"]["ms"] = 1.0
        scenario["ms"] = float(len(scenario["steps"]))
    return level


def _time(number: int) -> str:
    """The ``number``-th time of the run, 40 ms after the one before; as long as the one it replaces."""
    ms = number * 40
    return f"{_DAY}T12:{ms // 60_000:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}000Z"


def _scenarios(results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for profile in results["profiles"]:
        yield from profile["scenarios"]


# --- what the sample shows ------------------------------------------------------------------------


def outline(results: Mapping[str, Any]) -> dict[str, Any]:
    """Place → what is said there: verdicts, scenarios, steps, checks and findings; no data, no times."""
    found: dict[str, Any] = {
        "verdict": results["verdict"],
        "complete": results["run"]["complete"],
        "left on the target": len(results["cleanup"]["left"]),
        "bystanders changed": len(results["bystanders"]["changed"]),
    }
    for name, counts in results["target"]["found"].items():
        found[f"found: {name}"] = counts
    for profile in results["profiles"]:
        name = profile["id"]
        for key in ("version", "digest", "verdict", "why", "counts", "not_covered"):
            found[f"{name}: {key}"] = profile[key]
        for feature in profile["features"]:
            found[f"{name}: feature {feature['id']}"] = (feature["title"], feature["verdict"])
        for scenario in profile["scenarios"]:
            found |= _outline(f"{name} {scenario['id']}", scenario)
    return found


def _outline(at: str, scenario: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("outcome", "severity", "applicable", "title", "feature", "evidence", "source", "line")
    found = {f"{at}: {key}": scenario[key] for key in keys}
    for step in scenario["steps"]:
        place = f"{at}, step {step['id']}"
        exchange = step["exchange"]
        answer = exchange["response"]["status"] if exchange and exchange["response"] else None
        found[place] = (step["kind"], step["title"], exchange and exchange["request"]["method"], answer)
        found[f"{place}, masked"] = bool(exchange and exchange["masked"])
        for check in step["checks"]:
            said = [check.get(key) for key in ("outcome", "severity", "title", "consequence", "fix")]
            found[f"{place}, check {check['id']}"] = said[:2] if check["outcome"] == "pass" else said
    return found


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """One line for each place where two outlines differ, in the order of the old one."""
    lines = []
    for place in [*old, *(p for p in new if p not in old)]:
        before, after = (json.dumps(o[place], ensure_ascii=False) if place in o else "nothing" for o in (old, new))
        if before != after:
            lines.append(f"{place}: committed {before}, now {after}")
    return lines


def drift(fresh: Mapping[str, Any], folder: Path = SAMPLE) -> list[str]:
    """What the committed sample no longer shows; empty if it is up to date."""
    missing = [name for name in ("results.json.gz", "report.html", "report.png") if not (folder / name).is_file()]
    if missing:
        return [f"{folder / name} is missing" for name in missing]
    committed = read(folder)
    lines = differences(outline(committed), outline(fresh))
    if (folder / "report.html").read_bytes() != rendered(committed):
        lines.append("report.html is not what the committed results render to today")
    if stamp_in(folder / "report.png") != stamp(committed):
        lines.append("report.png shows other verdicts or findings than the committed results")
    return lines


def rendered(results: Mapping[str, Any]) -> bytes:
    sys.path.insert(0, str(ROOT))
    from scim_compat.report.html import render  # noqa: PLC0415 - the script finds its own checkout first
    from scim_compat.results.document.parsing import parse  # noqa: PLC0415

    return render(parse(results)).encode("utf-8")


def read(folder: Path = SAMPLE) -> dict[str, Any]:
    """The committed results."""
    found: dict[str, Any] = json.loads(gzip.decompress((folder / "results.json.gz").read_bytes()))
    return found


def write(results: Mapping[str, Any], folder: Path = SAMPLE) -> None:
    """Results and report. The results are packed: they are large, and read by programs."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, ensure_ascii=False, separators=(",", ":")) + "\n"
    (folder / "results.json.gz").write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
    (folder / "report.html").write_bytes(rendered(results))


# --- the picture ----------------------------------------------------------------------------------


def stamp(results: Mapping[str, Any]) -> str:
    """Fingerprint of what the picture shows: verdicts, counts, features and the checks that failed."""
    shown = []
    for profile in results["profiles"]:
        failed = sorted(
            (check["id"], check["severity"])
            for scenario in profile["scenarios"]
            for step in scenario["steps"]
            for check in step["checks"]
            if check["outcome"] == "fail"
        )
        features = [(f["id"], f["verdict"]) for f in profile["features"]]
        shown.append([profile["title"], profile["verdict"], profile["why"], profile["counts"], features, failed])
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def take_picture(results: Mapping[str, Any], folder: Path = SAMPLE) -> None:
    """The top of the report as a PNG that carries the fingerprint. Raises RuntimeError without Chromium."""
    from screenshot import shoot  # noqa: PLC0415 - a script beside this one; only with Chromium

    width, height = _PICTURE_SIZE
    picture = folder / "report.png"
    with tempfile.TemporaryDirectory() as scratch:
        taken = Path(scratch) / "report.png"
        shoot(folder / "report.html", taken, width=width, height=height, scheme="light")
        shutil.copyfile(taken, picture)
    text = f"{_STAMP}\0{stamp(results)}".encode("latin-1")
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text + struct.pack(">I", zlib.crc32(b"tEXt" + text))
    content = picture.read_bytes()
    end = content.rindex(b"IEND") - 4
    picture.write_bytes(content[:end] + chunk + content[end:])


def stamp_in(picture: Path) -> str:
    """The fingerprint in a picture's tEXt chunk; empty if it has none."""
    content = picture.read_bytes()
    at = 8
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        keyword, _, value = content[at + 8 : at + 8 + length].partition(b"\0")
        if kind == b"tEXt" and keyword == _STAMP.encode():
            return value.decode("latin-1")
        at += 12 + length
    return ""


# --- the command ----------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing; status 1 if it drifted")
    parser.add_argument("--run-demo", metavar="DIR", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run_demo:
        _run_demo(given.run_demo)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        fresh = demo(Path(scratch))
    if given.check:
        lines = drift(fresh)
        for line in lines[:_MOST]:
            print(line)
        if len(lines) > _MOST:
            print(f"and {len(lines) - _MOST} more")
        print(f"reports/sample has drifted; renew it with: {HOW}" if lines else "reports/sample is up to date")
        return bool(lines)
    write(fresh)
    take_picture(fresh)
    for file in sorted(SAMPLE.iterdir()):
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
