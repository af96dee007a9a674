"""The real program on a folder of every odd and bad picture: the good ones right to the pixel, each
bad one named with its reason, nothing stopped or hung, and never more than 1 GB."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nasutui.core.text import display_name
from tests.support.commands import Answer, command, environment
from tests.support.hostile_pictures import Collection, make_collection
from tests.support.peak import command_for

GIGABYTE = 1 << 30
PATIENCE = 120.0  # seconds for one step; a pipe that is waited for takes longer


@dataclass(frozen=True)
class Run:
    """What a step said, and the most memory that it held (bytes)."""

    answer: Answer
    peak: int


def measured(home: Path, *arguments: object) -> Run:
    """Run a step in a process of its own, which is ended when it takes too long."""
    peak = home / "peak"
    with (home / "stderr").open("w+b") as errors:
        process = subprocess.Popen(
            command_for(peak, [*command(*arguments), "--json"]), env=environment(home),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
        )  # fmt: skip
        watchdog = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        assert process.stdout is not None
        with process.stdout:
            said = process.stdout.read()
        process.wait()
        watchdog.cancel()
        errors.seek(0)
        muttered = errors.read()
    events: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    return Run(Answer(process.returncode, events, muttered), int(peak.read_text("ascii")))


# In most runs few: test_image_damage.py cuts each format at many places in one process.
@pytest.fixture(
    scope="module",
    params=[(4, 9), pytest.param(tuple(range(1, 10)), marks=pytest.mark.soak)],
    ids=["few cuts", "every tenth"],
)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile")
    (home / "tenths.json").write_text(json.dumps(request.param))
    return home


@pytest.fixture(scope="module")
def collection(home: Path) -> Collection:
    return make_collection(home / "raw", json.loads((home / "tenths.json").read_text()))


@pytest.fixture(scope="module")
def prepared(home: Path, collection: Collection) -> Run:
    return measured(
        home, "prepare", "--input", collection.folder, "--output", home / "out",
        "--crop", "none", "--size", 4096,
    )  # fmt: skip


def made(run: Run) -> dict[str, Path]:
    """Label of the raw picture -> the prepared one."""
    return {
        event["detail"]["source"]: Path(event["path"])
        for event in run.answer.of("item")
        if event["action"] in ("made", "duplicate")
    }


def failed(run: Run) -> dict[str, str]:
    """File name -> code."""
    return {Path(event["path"]).name: event["code"] for event in run.answer.of("failed")}


def test_the_run_goes_to_its_end_within_a_gigabyte(prepared: Run, collection: Collection) -> None:
    assert prepared.answer.code == 3, prepared.answer.stderr[-2000:]
    assert prepared.answer.stderr == b""
    assert prepared.peak < GIGABYTE
    count = len(collection.good) + len(collection.bad) + len(collection.either)
    assert len(prepared.answer.of("item")) + len(prepared.answer.of("failed")) == count


def test_every_good_picture_is_right_to_the_pixel(prepared: Run, collection: Collection) -> None:
    results = made(prepared)
    whole = {
        name: s for name, s in collection.either.items() if s and display_name(name) in results
    }
    for name, sample in {**collection.good, **whole}.items():
        with Image.open(results[display_name(name)]) as image:
            assert (image.format, image.mode, image.info) == ("PNG", "RGB", {}), name
            found = np.asarray(image).astype(int)
        assert found.shape == sample.shows.shape, name
        assert np.abs(found - sample.shows).max() <= sample.tolerance, name


def test_every_bad_file_is_named_with_its_reason(prepared: Run, collection: Collection) -> None:
    codes = failed(prepared)
    for name, allowed in collection.bad.items():
        assert codes[name] in allowed, name
    assert set(codes) <= {*collection.bad, *collection.either}
    for event in prepared.answer.of("failed"):
        assert event["reason"].startswith(display_name(Path(event["path"]).name))


def test_a_second_run_has_nothing_to_do(prepared: Run, home: Path, collection: Collection) -> None:
    again = measured(
        home, "prepare", "--input", collection.folder, "--output", home / "out",
        "--crop", "none", "--size", 4096,
    )  # fmt: skip
    assert again.answer.summary["made"] == again.answer.summary["remade"] == 0
    assert again.answer.summary["failed"] == prepared.answer.summary["failed"]


@pytest.mark.soak
def test_captions_check_and_export_of_the_same_folder(home: Path, collection: Collection) -> None:
    """Also the steps that take pictures as they are meet all of them."""
    tagged = home / "tagged"
    runs = {
        "caption": measured(
            home, "caption", "--input", collection.folder, "--output", tagged, "--model", "embedded"
        ),
        "check": measured(home, "check", tagged),
        "export": measured(
            home, "export", "--input", tagged, "--output", home / "set", "--name", "hostile"
        ),
    }
    for step, run in runs.items():
        assert run.peak < GIGABYTE, (step, run.peak)
        assert run.answer.code in (0, 1, 3), (step, run.answer)
        assert run.answer.stderr == b"", step
        assert not run.answer.of("error"), step
    codes = failed(runs["caption"])
    # These steps read listings of a folder: what is no file is not in them.
    files = {name for name in collection.bad if (collection.folder / name).is_file()}
    for name in files:
        assert codes[name] in collection.bad[name], name
    assert not set(codes) & set(collection.good)
    assert runs["caption"].answer.summary["made"] >= len(collection.good)
    assert len(list(tagged.glob("*.txt"))) >= len(collection.good)
    assert runs["export"].answer.of("finished")
