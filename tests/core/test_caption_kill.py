"""kill -9 in the middle of many pictures: nothing is inferred twice beyond what was under way, and
nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.commands import batch, command, environment
from tests.support.raw_pictures import encode
from tests.support.wd14 import write_model

PICTURES = 500
WORKERS = 2


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    dice = np.random.default_rng(8)
    for index in range(PICTURES):
        pixels = dice.integers(0, 256, (3, 4, 3), np.uint8)
        image = Image.fromarray(pixels).resize((560, 420), Image.Resampling.NEAREST)
        (folder / f"{index:03d}.png").write_bytes(encode(image, "PNG", compress_level=1))
    return folder


def stored(output: Path) -> int:
    """How many pictures have scores on disk."""
    import sqlite3

    path = output / ".nasutui" / "state.db"
    if not path.exists():
        return 0
    db = sqlite3.connect(path)
    try:
        return int(db.execute("SELECT COUNT(*) FROM score").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


def kill_at(items: int, output: Path, arguments: list[object], env: dict[str, str]) -> set[str]:
    """Run until so many pictures have scores, then kill -9; returns what was reported as done."""
    with subprocess.Popen(
        [*command(*arguments), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        while stored(output) < items and process.poll() is None:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        assert process.stdout is not None
        lines = process.stdout.read().decode("utf-8").splitlines()
    events = [json.loads(line) for line in lines if line.endswith("}")]
    return {Path(event["path"]).name for event in events if event["event"] == "item"}


def test_killed_again_and_again_it_gets_done(raw: Path, tmp_path: Path) -> None:
    output, model = tmp_path / "tagged", write_model(tmp_path / "model")
    env = environment(tmp_path)
    arguments: list[object] = [
        "caption", "--input", raw, "--output", output, "--model", model, "--workers", WORKERS,
    ]  # fmt: skip
    before = 0
    promised: set[str] = set()
    for items in (1, 90, 180, 270):
        promised |= kill_at(items, output, arguments, env)
        now = stored(output)
        assert now >= before
        before = now
        for name in promised:
            assert (output / name).read_text("utf-8"), name
        for path in output.glob("*.txt"):
            assert path.read_text("utf-8").count(",") >= 2
        for path in output.glob("*.png"):
            assert path.read_bytes() == (raw / path.name).read_bytes()
    assert 0 < before < PICTURES
    last = batch(*arguments, env=env)
    assert last.code == 0
    # What was under way when it was killed may be looked at again, and no more.
    assert last.summary["inferred"] == PICTURES - before
    assert len(list(output.glob("*.txt"))) == len(list(output.glob("*.png"))) == PICTURES
    assert not list(output.glob(".nasutui-*.tmp"))
    fresh = tmp_path / "fresh"
    assert batch("caption", "--input", raw, "--output", fresh, "--model", model, env=env).code == 0
    for path in fresh.glob("*.txt"):
        assert (output / path.name).read_bytes() == path.read_bytes()
    assert batch(*arguments, env=env).summary["inferred"] == 0
