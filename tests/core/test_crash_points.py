"""A change, undo, redo or recovery is killed at every single point: after the next opening all is
old or all is new."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nasutui.core.files import TEMPORARY_PREFIX
from nasutui.core.history.journal import Edit, Journal
from tests.support import crash
from tests.support.caption_folder import fill, temporaries, texts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

OLD = {f"{n}.txt": f"old {n}.txt".encode() for n in ("a", "b", "c", "gone")}
NEW = {f"{n}.txt": f"new {n}.txt".encode() for n in ("a", "b", "c", "made")}
KEPT = {"img.png": b"a picture", "other.txt": b"nobody's business"}


def memories(folder: Path) -> set[str | None]:
    with Journal(folder) as journal:
        return {journal.memory(folder / name) for name in ("a.txt", "b.txt", "c.txt", "made.txt")}


def kill_everywhere(what: str, template: Path, output: Path) -> list[Path]:
    """Copies of a folder in which WHAT was killed at one point after the other."""
    command = [sys.executable, crash.__file__, what, str(template), str(output)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return sorted(output.iterdir(), key=lambda path: int(path.name))


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A folder before the change, with an older change in its history."""
    folder = tmp_path / "start"
    fill(folder, {**KEPT, **dict.fromkeys(OLD, b"")})
    with Journal(folder) as journal, journal.change("test", "an older change") as step:
        step.apply([Edit(folder / n, b"", text) for n, text in OLD.items()])
    return folder


@pytest.fixture
def changed(start: Path) -> Path:
    crash.apply(start)
    assert texts(start) == {**KEPT, **NEW}
    return start


@pytest.fixture
def undone(changed: Path) -> Path:
    crash.undo(changed)
    return changed


def check_whole(folder: Path, expected: dict[str, bytes] | None = None) -> bool:
    """After opening: everything old or everything new, nothing left over, all turns possible.
    True when it is new."""
    found = texts(folder)
    wanted = expected or {**KEPT, **(NEW if "made.txt" in found else OLD)}
    assert found == wanted
    assert temporaries(folder) == []
    is_new = "made.txt" in found
    assert memories(folder) == ({"new"} if is_new else {None})
    with Journal(folder) as journal:
        assert journal.recovered == []
        turn, back = (journal.undo, journal.redo) if is_new else (journal.redo, journal.undo)
        if is_new or journal.next_redo():
            for step, state in ((turn, OLD if is_new else NEW), (back, NEW if is_new else OLD)):
                outcome = step()
                assert outcome is not None
                assert not outcome.refused
                assert texts(folder) == {**KEPT, **state}
    return is_new


class TestKilledAtEveryPoint:
    def test_while_changing(self, start: Path, tmp_path: Path) -> None:
        """Recorded means done: from the first commit on, it is finished forward."""
        first_batch_only, ends = 0, set()
        for folder in kill_everywhere("apply", start, tmp_path / "out"):
            before = texts(folder)
            with Journal(folder) as journal:
                said = journal.recovered
                label = journal.history()[0].label
            after = texts(folder)
            half = {**KEPT, **OLD, **{n: NEW[n] for n in ("a.txt", "b.txt", "c.txt")}}
            if after == half:
                first_batch_only += 1
                assert label == "the change"
                continue
            new = check_whole(folder)
            ends.add(new)
            assert (label == "the change") == new
            names = {p.name for r in said for p in r.finished}
            assert names == {n for n in {*before, *after} if before.get(n) != after.get(n)
                             and not n.startswith(TEMPORARY_PREFIX)}  # fmt: skip
        assert ends == {True, False}
        assert first_batch_only

    def test_while_undoing(self, changed: Path, tmp_path: Path) -> None:
        ends = set()
        for folder in kill_everywhere("undo", changed, tmp_path / "out"):
            Journal(folder).close()
            ends.add(check_whole(folder))
        assert ends == {True, False}

    def test_while_redoing(self, undone: Path, tmp_path: Path) -> None:
        ends = set()
        for folder in kill_everywhere("redo", undone, tmp_path / "out"):
            Journal(folder).close()
            ends.add(check_whole(folder))
        assert ends == {True, False}

    @pytest.mark.parametrize("what", ["apply", "undo"])
    def test_while_recovering(self, start: Path, tmp_path: Path, what: str) -> None:
        if what == "undo":
            crash.apply(start)
        crashed = kill_everywhere(what, start, tmp_path / "first")
        half_done = next(f for f in crashed if texts(f) not in ({**KEPT, **OLD}, {**KEPT, **NEW}))
        straight = tmp_path / "straight"
        shutil.copytree(half_done, straight)
        Journal(straight).close()
        for folder in kill_everywhere("recover", half_done, tmp_path / "second"):
            Journal(folder).close()
            assert texts(folder) == texts(straight)
            assert temporaries(folder) == []
