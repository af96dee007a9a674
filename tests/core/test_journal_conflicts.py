"""What somebody else wrote is never overwritten: it is refused by name, and the rest goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nasutui.core.errors import StateError
from nasutui.core.history import files as journal_files
from nasutui.core.history import owners
from nasutui.core.history.journal import Edit, Journal
from tests.support.caption_folder import (
    NEW,
    OLD,
    batch,
    change,
    fill,
    now,
    numbered,
    redo,
    states,
    temporaries,
    texts,
    undo,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "set", OLD)
    return tmp_path / "set"


class TestSomebodyElse:
    def test_a_file_changed_since_it_was_read_is_refused_by_name(self, folder: Path) -> None:
        edits = [Edit(folder / name, text, b"ours") for name, text in OLD.items()]
        (folder / "b.txt").write_bytes(b"theirs")
        with Journal(folder) as journal, journal.change("test", "x") as step:
            (refusal,) = step.apply(edits)
        assert (refusal.path.name, refusal.code) == ("b.txt", "changed-meanwhile")
        assert "b.txt" in refusal.reason
        assert texts(folder) == {"a.txt": b"ours", "b.txt": b"theirs", "c.txt": b"ours"}

    def test_a_file_changed_while_the_others_are_written_is_refused_too(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def write_and_let_another_program_in(path: Path, data: bytes) -> None:
            path.write_bytes(data)
            (folder / "c.txt").write_bytes(b"theirs")

        monkeypatch.setattr(journal_files, "write_atomic", write_and_let_another_program_in)
        refused = change(folder, NEW)
        assert [r.path.name for r in refused] == ["c.txt"]
        assert now(folder / "c.txt") == b"theirs"
        undo(folder)
        assert texts(folder) == {**OLD, "c.txt": b"theirs"}

    def test_undo_keeps_what_was_written_since_and_does_the_rest(self, folder: Path) -> None:
        change(folder, NEW)
        (folder / "b.txt").write_bytes(b"theirs")
        (folder / "c.txt").unlink()
        refused = {"b.txt": "changed-meanwhile", "c.txt": "changed-meanwhile"}
        assert undo(folder) == ({"a.txt"}, refused)
        assert texts(folder) == {"a.txt": OLD["a.txt"], "b.txt": b"theirs"}
        assert redo(folder) == ({"a.txt"}, {})
        assert undo(folder)[0] == {"a.txt"}

    def test_redo_keeps_what_was_written_since(self, folder: Path) -> None:
        change(folder, NEW)
        undo(folder)
        (folder / "a.txt").write_bytes(b"theirs")
        written, refused = redo(folder)
        assert (written, set(refused)) == ({"b.txt", "c.txt"}, {"a.txt"})
        assert now(folder / "a.txt") == b"theirs"

    def test_when_all_are_refused_nothing_has_happened(self, folder: Path) -> None:
        change(folder, {"a.txt": b"ours"})
        (folder / "a.txt").write_bytes(b"theirs")
        assert undo(folder) == (set(), {"a.txt": "changed-meanwhile"})
        assert states(folder) == [("a change", 1, "applied")]
        (folder / "a.txt").write_bytes(b"ours")
        assert undo(folder) == ({"a.txt"}, {})

    def test_a_change_that_is_refused_whole_does_not_end_redo(self, folder: Path) -> None:
        change(folder, {"a.txt": b"first"}, "first")
        undo(folder)
        with Journal(folder) as journal, journal.change("test", "second") as step:
            assert step.apply([Edit(folder / "b.txt", b"was never so", b"x")])
        assert redo(folder) == ({"a.txt"}, {})

    def test_a_file_made_meanwhile_is_not_overwritten(self, folder: Path) -> None:
        (folder / "new.txt").write_bytes(b"theirs")
        with Journal(folder) as journal, journal.change("test", "x") as step:
            assert step.apply([Edit(folder / "new.txt", None, b"ours")])
        assert now(folder / "new.txt") == b"theirs"

    def test_what_a_link_leads_to_is_not_touched(self, folder: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere.txt"
        elsewhere.write_bytes(b"old")
        (folder / "link.txt").symlink_to(elsewhere)
        change(folder, {"link.txt": b"new"})
        assert (now(elsewhere), now(folder / "link.txt")) == (b"old", b"new")
        undo(folder)
        assert (now(elsewhere), now(folder / "link.txt")) == (b"old", b"old")


class TestTwoAtOnce:
    def test_four_programs_open_a_new_journal_together(self, tmp_path: Path) -> None:
        fill(tmp_path, dict(numbered(40)))
        running = [
            subprocess.Popen(
                batch("edit", "--input", tmp_path, "--add", f"by{i}", "--json"),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for i in range(4)
        ]  # fmt: skip
        answers = [process.communicate() for process in running]
        assert {process.returncode for process in running} <= {0, 1, 3}, answers
        after = texts(tmp_path)
        for i, (out, _err) in enumerate(answers):
            for name in after:
                ours = '"action": "changed"' in next(
                    line for line in out.splitlines() if f'{name}"' in line
                )
                assert ours == (f"by{i}".encode() in after[name]), (name, out)
        with Journal(tmp_path) as journal:
            assert journal.recovered == []
            while journal.next_undo():
                outcome = journal.undo()
                assert outcome is not None
                assert not outcome.refused
        assert texts(tmp_path) == dict(numbered(40))
        assert temporaries(tmp_path) == []

    def test_two_undos_take_back_two_changes(self, folder: Path) -> None:
        for text in (b"1", b"2", b"3"):
            change(folder, {"a.txt": text})
        command = batch("undo", "--input", folder, "--json")
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
        for process in running:
            process.communicate()
            assert process.returncode == 0
        assert now(folder / "a.txt") == b"1"

    def test_a_process_that_does_not_let_go_is_named_and_nothing_is_touched(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(owners, "_LOCK_SECONDS", 0.05)
        change(folder, {"a.txt": b"first"})
        with owners.write_lock(folder), pytest.raises(StateError) as caught:
            change(folder, {"a.txt": b"second"})
        assert caught.value.code == "state-busy"
        assert now(folder / "a.txt") == b"first"

    def test_a_living_process_is_left_alone_and_a_dead_one_is_finished(self, folder: Path) -> None:
        script = (
            "import sys; from pathlib import Path\n"
            "from nasutui.core.history.journal import Edit, Journal\n"
            "path = Path(sys.argv[1]) / 'a.txt'\n"
            "with Journal(path.parent) as journal, journal.change('test', 'theirs') as change:\n"
            "    change.apply([Edit(path, path.read_bytes(), b'theirs')])\n"
            "    print('applied', flush=True); sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stdout.readline()
            (folder / "a.txt").write_bytes(OLD["a.txt"])
            with Journal(folder) as journal:
                assert journal.recovered == []
            assert now(folder / "a.txt") == OLD["a.txt"]
            process.kill()
        with Journal(folder) as journal:
            (recovery,) = journal.recovered
        assert recovery.label == "theirs"
        assert now(folder / "a.txt") == b"theirs"
