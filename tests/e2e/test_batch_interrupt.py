"""Stopping in the middle: what is finished is on disk, and the next run goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.training.manifest import damage, read_manifest
from tests.support.batch import COMMAND, batch, batch_json, environment, events_of
from tests.support.datasets import contents, noise, plain, png, stamps

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
COUNT = 40


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for i in range(COUNT):
        (folder / f"p{i:02d}.png").write_bytes(png(noise(i, (1500, 1200)), compress_level=1))
    return folder


def start(*arguments: str | Path, **streams: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "--batch", *map(os.fspath, arguments)], env=environment(), encoding="utf-8",
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )  # fmt: skip


def first_item(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """The events up to and with the first item."""
    assert process.stdout
    events = []
    while not events or events[-1]["event"] != "item":
        events.append(json.loads(process.stdout.readline()))
    return events


def rest(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is still to come on stdout and stderr (`communicate` would lose what is buffered)."""
    assert process.stdout and process.stderr
    with process.stdout, process.stderr:
        output, complaints = process.stdout.read(), process.stderr.read()
    process.wait(timeout=60)
    return output, complaints


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_stops_between_items_and_a_second_run_goes_on(
    many: Path, tmp_path: Path, name: str
) -> None:
    prepare = ("prepare", "--input", many, "--output", tmp_path / "o")
    process = start(*prepare, "--json")
    events = first_item(process)
    process.send_signal(getattr(signal, name))
    output, complaints = rest(process)
    events += events_of(output)
    assert (process.returncode, complaints) == (130, "")
    end = events[-1]
    assert end["event"] == "finished" and end["cancelled"] is True
    done = [e["path"] for e in events if e["event"] == "item"]
    assert 1 <= len(done) < COUNT
    assert all(Path(p).exists() for p in done)
    assert len(list((tmp_path / "o").glob("*.png"))) == len(done)

    before = stamps(tmp_path / "o")
    again = batch_json(*prepare)
    actions = [e["action"] for e in again if e["event"] == "item"]
    assert actions.count("unchanged") == len(done)
    assert actions.count("made") == COUNT - len(done)
    after = stamps(tmp_path / "o")
    assert {k: after[k] for k in before if k.endswith(".png")} == {
        k: v for k, v in before.items() if k.endswith(".png")
    }


def test_a_person_is_told_how_to_go_on(many: Path, tmp_path: Path) -> None:
    process = start("prepare", "--input", many, "--output", tmp_path / "o")
    assert process.stderr
    while "img001.png" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _output, complaints = rest(process)
    assert process.returncode == 130
    assert "run it again to go on" in complaints
    assert "Traceback" not in complaints


def test_a_second_ctrl_c_stops_at_once(many: Path, tmp_path: Path) -> None:
    process = start("prepare", "--input", many, "--output", tmp_path / "o", "--json")
    first_item(process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _output, complaints = rest(process)
    assert (process.returncode, complaints) == (130, "")


def test_a_reader_that_goes_away_stops_the_work(many: Path, tmp_path: Path) -> None:
    process = start("prepare", "--input", many, "--output", tmp_path / "o", "--json")
    first_item(process)
    assert process.stdout and process.stderr
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), complaints) == (130, "")
    made = len(list((tmp_path / "o").glob("*.png")))
    assert made < COUNT
    again = batch_json("prepare", "--input", many, "--output", tmp_path / "o")
    assert sum(e.get("action") == "unchanged" for e in again) == made


def test_a_reader_of_the_diagnostics_that_goes_away(many: Path, tmp_path: Path) -> None:
    process = start("prepare", "--input", many, "--output", tmp_path / "o")
    assert process.stderr
    process.stderr.readline()
    process.stderr.close()
    process.stderr = None
    output, _none = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")


def test_help_for_a_reader_that_wants_one_line() -> None:
    line = f"{' '.join(COMMAND)} --batch --help | head -1"
    done = subprocess.run(
        line, shell=True, env=environment(), capture_output=True, timeout=60, check=False
    )
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_output_that_is_full_is_said(tmp_path: Path) -> None:
    folder = plain(tmp_path / "f")
    with open("/dev/full", "w") as full:  # noqa: PTH123
        process = start("edit", "--input", folder, "--add", "x", "--json", stdout=full)
        _none, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "full" in complaints and "Traceback" not in complaints


def test_a_killed_export_is_never_taken_for_whole(tmp_path: Path) -> None:
    folder = plain(tmp_path / "f", 24, (400, 300))
    for path in folder.glob("*.png"):  # not plain, so that each is encoded again
        path.write_bytes(path.read_bytes() + b"tail")
    export = ("export", "--input", folder, "--name", "x")
    batch(*export, "--output", tmp_path / "whole", "--repeats", "3", check=0)
    batch(*export, "--output", tmp_path / "o", "--repeats", "2", check=0)
    wholes = {2: contents(tmp_path / "o/x"), 3: contents(tmp_path / "whole/x")}
    dice = random.Random(5)
    duration = 0.5
    killed = 0
    for round_number in range(10):
        repeats = 2 + round_number % 2
        begun = time.monotonic()
        process = start(*export, "--output", tmp_path / "o", "--repeats", str(repeats))
        try:
            process.communicate(timeout=duration * dice.uniform(0.3, 1.2))
            duration = max(0.2, time.monotonic() - begun)
        except subprocess.TimeoutExpired:
            killed += 1
            process.kill()
            process.communicate()
        if damage(tmp_path / "o/x") == []:
            found = (read_manifest(tmp_path / "o/x") or {})["repeats"]
            now = contents(tmp_path / "o/x")
            # Besides the whole dataset only the hidden record may be there.
            assert {k: v for k, v in now.items() if not k.startswith(".")} == wholes[found]
        for name, data in contents(tmp_path / "o/x").items():
            if not name.startswith(".") and ".nasutui-" not in name:
                assert data in (wholes[2].get(name), wholes[3].get(name))
    assert killed
    batch(*export, "--output", tmp_path / "o", "--repeats", "3", check=0)
    assert contents(tmp_path / "o/x") == wholes[3]


def test_python_itself_is_not_in_the_way() -> None:
    """Ctrl+C while the program still loads leaves no traceback either."""
    process = subprocess.Popen(
        [sys.executable, "-c",
         "import os, signal, sys; from nasutui import cli;"
         "cli._run = lambda _a: os.kill(os.getpid(), signal.SIGINT) or signal.pause();"
         "sys.exit(cli.main([]))"],
        env=environment(), stderr=subprocess.PIPE,
    )  # fmt: skip
    _none, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (130, b"")
