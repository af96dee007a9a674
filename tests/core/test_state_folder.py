"""The folder that remembers: moved, damaged, newer, planted, and shared by processes that died."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from nasutui.core.errors import StateError
from nasutui.core.history.journal import Edit, Journal
from tests.support.caption_folder import (
    NEW,
    OLD,
    change,
    fill,
    run_script,
    states,
    texts,
    undo,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "set", OLD)
    return tmp_path / "set"


class TestTheStateFolder:
    def test_moving_the_project_keeps_its_history(self, folder: Path, tmp_path: Path) -> None:
        change(folder, NEW)
        moved = tmp_path / "another place" / "renamed"
        moved.parent.mkdir()
        shutil.move(folder, moved)
        assert undo(moved) == (set(OLD), {})
        assert texts(moved) == OLD

    def test_what_is_written_in_a_project_is_undone_from_its_folder(self, tmp_path: Path) -> None:
        fill(tmp_path / "3_tagged", OLD)
        with Journal(tmp_path) as journal, journal.change("test", "x") as step:
            path = tmp_path / "3_tagged" / ".." / "3_tagged" / "a.txt"
            step.apply([Edit(path, OLD["a.txt"], b"new")])
        assert undo(tmp_path) == ({"a.txt"}, {})
        assert texts(tmp_path / "3_tagged") == OLD

    def test_a_journal_of_a_newer_nasutui_is_left_alone(self, folder: Path) -> None:
        change(folder, NEW)
        with sqlite3.connect(folder / ".nasutui" / "state.db") as db:
            db.execute("PRAGMA user_version=99")
        db.close()
        with pytest.raises(StateError, match="newer") as caught:
            Journal(folder)
        assert caught.value.code == "state-newer"

    def test_a_file_where_the_state_folder_should_be(self, folder: Path) -> None:
        (folder / ".nasutui").write_bytes(b"")
        with pytest.raises(StateError):
            Journal(folder)

    def test_when_the_journal_refuses_no_file_is_touched(self, folder: Path) -> None:
        with Journal(folder) as journal:
            other = sqlite3.connect(folder / ".nasutui" / "state.db")
            other.execute(
                "CREATE TRIGGER no BEFORE INSERT ON edit BEGIN SELECT RAISE(FAIL, 'no room'); END"
            )
            other.close()
            with pytest.raises(StateError, match="no room"), journal.change("test", "x") as step:
                step.apply([Edit(folder / n, OLD[n], NEW[n]) for n in OLD])
        assert texts(folder) == OLD
        assert states(folder) == []

    def test_a_journal_that_came_with_a_folder_writes_nowhere_else(
        self, folder: Path, tmp_path: Path
    ) -> None:
        victim = tmp_path / "victim.txt"
        change(folder, {"a.txt": b"new"})
        for planted in (b"../victim.txt", os.fsencode(victim)):
            with sqlite3.connect(folder / ".nasutui" / "state.db") as db:
                db.execute("UPDATE edit SET path=?, before=NULL, after=?", (planted, b"planted"))
                db.execute("UPDATE edit SET pending=1, undone=0")
                db.execute("UPDATE change SET state='applying', owner=NULL")
            db.close()
            Journal(folder).close()
            assert not victim.exists()
            victim.write_bytes(b"planted")
            with Journal(folder) as journal:
                journal.undo()
            assert victim.read_bytes() == b"planted"
            victim.unlink()

    def test_marks_of_dead_processes_do_not_pile_up(self, folder: Path) -> None:
        script = (
            "import os, signal, sys; from pathlib import Path\n"
            "from nasutui.core.history.journal import Edit, Journal\n"
            "path = Path(sys.argv[1]) / 'a.txt'\n"
            "journal = Journal(path.parent)\n"
            "with journal.change('test', 'x') as change:\n"
            "    change.apply([Edit(path, path.read_bytes(), path.read_bytes() + b'+')])\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        for _ in range(3):
            assert run_script(script, folder).returncode == -9
        change(folder, {"a.txt": b"done"})
        assert list((folder / ".nasutui").glob("owner-*")) == []
