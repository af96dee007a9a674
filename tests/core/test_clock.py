"""A clock that is set back (or ahead, or wrong on another machine): the history keeps its order, undo
takes the change that was made last, and a file that changes is noticed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from nasutui.core.dataset import reading
from nasutui.core.history.journal import Journal
from tests.support.caption_folder import batch, fill, texts
from tests.support.crash_desk import open_desk
from tests.support.said_tagger import tiny_png

# What Python runs first in a child: every clock that tells the date is a day and more behind.
SHIFTED = """
import datetime, os, time
shift = float(os.environ["CLOCK_SHIFT"])
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + shift
time.time_ns = lambda: now_ns() + int(shift * 1e9)

class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

datetime.datetime = Shifted
"""


def run_at(place: Path, seconds: float, *arguments: str) -> str:
    """A batch step in a process whose clock is so many seconds ahead; what it answers."""
    (place / "sitecustomize.py").write_text(SHIFTED, encoding="utf-8")
    environment = {**os.environ, "CLOCK_SHIFT": str(seconds), "PYTHONPATH": str(place)}
    command = batch(*arguments)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_undo_takes_what_was_made_last_whatever_the_clock_says(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    fill(folder, {"a.txt": b"1girl"})
    shifts = (0, -100_000, 50_000, -1_000_000_000)
    for number, shift in enumerate(shifts):
        run_at(tmp_path, shift, "edit", "--input", str(folder), "--add", f"t{number}")
    with Journal(folder) as journal:
        assert [c.label for c in journal.history()] == ["+t3", "+t2", "+t1", "+t0"]
        times = [c.at for c in journal.history()]
        assert times != sorted(times)
    listed = run_at(tmp_path, -5_000_000, "history", "--input", str(folder)).splitlines()
    assert [line for line in listed if "+t3" in line] == listed[:1]
    for expected in (b"1girl, t0, t1, t2", b"1girl, t0, t1"):
        run_at(tmp_path, -2_000_000_000 + 300_000_000, "undo", "--input", str(folder))
        assert texts(folder)["a.txt"] == expected
    run_at(tmp_path, -100_000, "redo", "--input", str(folder))
    assert texts(folder)["a.txt"] == b"1girl, t0, t1, t2"


def test_a_file_from_the_future_is_looked_at_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system with coarse times a second change may not show in them; a file whose time
    is ahead of a clock that was set back counts as just changed."""

    def coarse(status: os.stat_result) -> reading.Fingerprint:
        return (status.st_mtime_ns // 2_000_000_000 * 2_000_000_000, 0, status.st_size, 0)

    monkeypatch.setattr(reading, "fingerprint", coarse)
    path = tmp_path / "a.txt"
    (tmp_path / "a.png").write_bytes(tiny_png())
    ahead = 2_000_000_000 * 10**9

    def write(text: bytes) -> None:
        path.write_bytes(text)
        os.utime(path, ns=(ahead, ahead))

    write(b"aaaa")
    desk = open_desk(tmp_path)
    for text in (b"bbbb", b"cccc"):
        write(text)
        assert desk.look().changed == (0,)
        assert desk.dataset.tags(0) == (text.decode(),)
    assert desk.edit(0, ["mine"], "x") is None
    assert path.read_bytes() == b"mine"
    desk.close()
