"""What a crash or a power cut leaves half done is finished at the next start, and said; what a
person did meanwhile is not touched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from nasutui.core.files import TEMPORARY_PREFIX
from nasutui.core.history import owners
from nasutui.core.history.journal import Edit, Journal
from tests.support.caption_folder import change, fill, now, run_script, temporaries, texts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

OLD = {f"{n}.txt": f"old {n}.txt".encode() for n in ("a", "b", "c", "gone")}
NEW = {f"{n}.txt": f"new {n}.txt".encode() for n in ("a", "b", "c", "made")}
KEPT = {"img.png": b"a picture", "other.txt": b"nobody's business"}


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A folder before the change, with an older change in its history."""
    folder = tmp_path / "start"
    fill(folder, {**KEPT, **dict.fromkeys(OLD, b"")})
    with Journal(folder) as journal, journal.change("test", "an older change") as step:
        step.apply([Edit(folder / n, b"", text) for n, text in OLD.items()])
    return folder


CUT = """
import os, signal, sys
from pathlib import Path
from nasutui.core.history import journal
from nasutui.core.history import owners
from nasutui.core.history.journal import Edit, Journal

folder, boot, writes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
owners.boot_id = lambda: boot
write = journal.write

def counted(*args):
    global writes
    if not writes:
        os.kill(os.getpid(), signal.SIGKILL)
    writes -= 1
    return write(*args)

journal.write = counted
with Journal(folder) as opened, opened.change("test", "the change") as change:
    change.apply([Edit(folder / f"{n}.txt", f"old {n}.txt".encode(), f"new {n}.txt".encode())
                  for n in "abc"])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def cut(folder: Path, writes: int, boot: str = "") -> None:
    """Begin to change a, b and c, and die after so many files. `boot`: in another boot."""
    assert run_script(CUT, folder, boot or owners.boot_id(), str(writes)).returncode == -9


def reopen(folder: Path) -> tuple[set[str], dict[str, str]]:
    """Names that were finished, and name -> code of those refused."""
    with Journal(folder) as journal:
        return (
            {p.name for r in journal.recovered for p in r.finished},
            {f.path.name: f.code for r in journal.recovered for f in r.refused},
        )


class TestAPersonMeanwhile:
    def test_what_was_written_after_the_crash_stays_and_is_named(self, start: Path) -> None:
        cut(start, 1)
        (start / "b.txt").write_bytes(b"theirs")
        assert reopen(start) == ({"c.txt"}, {"b.txt": "changed-meanwhile"})
        assert (now(start / "a.txt"), now(start / "b.txt")) == (b"new a.txt", b"theirs")
        assert reopen(start) == (set(), {})

    def test_it_stays_under_undo_too(self, start: Path) -> None:
        cut(start, 2)
        (start / "a.txt").write_bytes(b"theirs")
        reopen(start)
        with Journal(start) as journal:
            journal.undo()
        assert texts(start) == {**KEPT, **OLD, "a.txt": b"theirs"}

    def test_the_text_that_was_replaced_is_kept_in_the_journal(self, start: Path) -> None:
        """The change had reached the file when somebody wrote over it: the journal is the only
        place that has the old text."""
        cut(start, 2)
        (start / "a.txt").write_bytes(b"theirs")
        reopen(start)
        with Journal(start) as journal:
            edits = {e.path.name: e.before for e in journal.edits_of(journal.history()[0].id)}
        assert edits["a.txt"] == OLD["a.txt"]

    def test_emptying_a_file_is_a_persons_doing(self, start: Path) -> None:
        cut(start, 1)
        (start / "b.txt").write_bytes(b"")
        assert reopen(start) == ({"c.txt"}, {"b.txt": "changed-meanwhile"})
        assert now(start / "b.txt") == b""

    def test_a_write_protected_file_is_named_and_not_counted_as_done(self, start: Path) -> None:
        cut(start, 0)
        (start / "b.txt").chmod(0o444)
        assert reopen(start) == ({"a.txt", "c.txt"}, {"b.txt": "no-permission"})
        assert now(start / "b.txt") == OLD["b.txt"]
        with Journal(start) as journal:
            outcome = journal.undo()
        assert outcome is not None
        assert not outcome.refused

    def test_leftovers_of_dead_processes_go_and_those_of_the_living_stay(self, start: Path) -> None:
        cut(start, 1)
        dead = subprocess.Popen(["true"])
        dead.wait()
        left = start / f"{TEMPORARY_PREFIX}{dead.pid}-0123.tmp"
        alive = start / f"{TEMPORARY_PREFIX}{os.getpid()}-0123.tmp"
        for path in (left, alive):
            path.write_bytes(b"half")
        reopen(start)
        assert temporaries(start) == [alive]


class TestPowerCut:
    @pytest.mark.parametrize("torn", [b"", b"\0" * 11, b"new a\0\0\0\0\0\0"])
    def test_torn_files_are_written_again(self, start: Path, torn: bytes) -> None:
        cut(start, 3, boot="another boot")
        (start / "a.txt").write_bytes(torn)
        (start / "b.txt").write_bytes(OLD["b.txt"])
        assert reopen(start) == ({"a.txt", "b.txt"}, {})
        assert [now(start / f"{n}.txt") for n in "abc"] == [NEW[f"{n}.txt"] for n in "abc"]

    def test_a_file_that_a_person_changed_later_is_not(self, start: Path) -> None:
        cut(start, 3, boot="another boot")
        (start / "a.txt").write_bytes(b"theirs")
        assert reopen(start) == (set(), {"a.txt": "changed-meanwhile"})
        assert now(start / "a.txt") == b"theirs"

    @pytest.mark.parametrize("by_hand", [b"", b"old a.txt", b"theirs", None])
    def test_what_is_complete_is_never_looked_at_again(
        self, start: Path, monkeypatch: pytest.MonkeyPatch, by_hand: bytes | None
    ) -> None:
        """The machine was shut down and started: a caption that was emptied, put back from a
        backup with its old time, changed or removed is as the person wants it."""
        monkeypatch.setattr(owners, "boot_id", lambda: "yesterday")
        old_time = (start / "a.txt").stat().st_mtime - 86400
        change(start, {"a.txt": b"new a.txt", "made.txt": b"made"})
        if by_hand is None:
            (start / "a.txt").unlink()
            (start / "made.txt").unlink()
        else:
            (start / "a.txt").write_bytes(by_hand)
            os.utime(start / "a.txt", (old_time, old_time))
        monkeypatch.undo()
        before = texts(start)
        assert reopen(start) == (set(), {})
        assert texts(start) == before

    def test_a_long_run_looks_only_at_what_was_not_flushed(self, start: Path) -> None:
        script = CUT.replace("journal.write = counted", "journal._FLUSH_SECONDS = 0.0").replace(
            "\n    os.kill(os.getpid(), signal.SIGKILL)",
            "\n    change.apply([Edit(folder / 'made.txt', None, b'made')])"
            "\n    os.kill(os.getpid(), signal.SIGKILL)",
        )
        assert run_script(script, start, "another boot", "9").returncode == -9
        (start / "a.txt").write_bytes(OLD["a.txt"])
        (start / "b.txt").unlink()
        (start / "made.txt").write_bytes(b"")
        assert reopen(start) == ({"made.txt"}, {})
        assert now(start / "a.txt") == OLD["a.txt"]
        assert now(start / "b.txt") is None
        assert now(start / "made.txt") == b"made"


class TestInterrupted:
    def test_a_second_ctrl_c_in_the_middle_is_finished_next_time(self, start: Path) -> None:
        script = CUT.replace("os.kill(os.getpid(), signal.SIGKILL)", "raise KeyboardInterrupt")
        result = run_script(script, start, owners.boot_id(), "1")
        assert "KeyboardInterrupt" in result.stderr
        assert (now(start / "a.txt"), now(start / "c.txt")) == (NEW["a.txt"], OLD["c.txt"])
        assert reopen(start) == ({"b.txt", "c.txt"}, {})
        with Journal(start) as journal:
            outcome = journal.undo()
        assert outcome is not None
        assert len(outcome.written) == 3
        assert texts(start) == {**KEPT, **OLD}
