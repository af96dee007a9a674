"""The journal's promise: what was changed can be seen, taken back and made again, byte for byte,
also by another process later."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.history.journal import Edit, Journal
from tests.support.caption_folder import (
    HOSTILE_STEMS,
    NEW,
    OLD,
    change,
    fill,
    now,
    numbered,
    redo,
    states,
    texts,
    undo,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "set", OLD)
    return tmp_path / "set"


class TestThereAndBack:
    def test_undo_and_redo_bring_back_the_exact_bytes_in_another_process(
        self, folder: Path
    ) -> None:
        assert change(folder, NEW) == []
        assert texts(folder) == NEW
        assert undo(folder) == (set(OLD), {})
        assert texts(folder) == OLD
        assert redo(folder) == (set(OLD), {})
        assert texts(folder) == NEW

    def test_files_that_are_made_and_removed(self, folder: Path) -> None:
        change(folder, {"a.txt": None, "new.txt": b"new"})
        assert set(texts(folder)) == {"b.txt", "c.txt", "new.txt"}
        undo(folder)
        assert texts(folder) == OLD
        redo(folder)
        assert set(texts(folder)) == {"b.txt", "c.txt", "new.txt"}

    @pytest.mark.parametrize("stem", HOSTILE_STEMS)
    def test_any_name(self, tmp_path: Path, stem: str) -> None:
        folder = tmp_path / stem
        try:
            fill(folder, {f"{stem}.txt": b"old"})
        except OSError:
            pytest.skip("this file system does not take such names")
        change(folder, {f"{stem}.txt": b"new"}, stem)
        assert texts(folder) == {f"{stem}.txt": b"new"}
        undo(folder)
        assert texts(folder) == {f"{stem}.txt": b"old"}

    def test_a_bulk_change_is_one_step(self, tmp_path: Path) -> None:
        before = dict(numbered(700))
        fill(tmp_path, before)
        with Journal(tmp_path) as journal, journal.change("test", "bulk") as step:
            for start in range(0, 700, 100):
                names = list(before)[start : start + 100]
                step.apply([Edit(tmp_path / n, before[n], before[n] + b", x") for n in names])
        assert states(tmp_path) == [("bulk", 700, "applied")]
        assert undo(tmp_path)[0] == set(before)
        assert texts(tmp_path) == before

    def test_steps_are_taken_back_newest_first_and_made_again_oldest_first(
        self, folder: Path
    ) -> None:
        for text in (b"1", b"2", b"3"):
            change(folder, {"a.txt": text}, text.decode())
        seen = []
        for _ in range(3):
            undo(folder)
            seen.append(now(folder / "a.txt"))
        assert seen == [b"2", b"1", OLD["a.txt"]]
        seen = []
        for _ in range(3):
            redo(folder)
            seen.append(now(folder / "a.txt"))
        assert seen == [b"1", b"2", b"3"]

    def test_nothing_to_undo_or_redo(self, folder: Path) -> None:
        with Journal(folder) as journal:
            assert journal.undo() is None
            assert journal.redo() is None
            assert journal.history() == []

    def test_a_new_change_ends_redo_but_stays_readable(self, folder: Path) -> None:
        change(folder, {"a.txt": b"first"}, "first")
        undo(folder)
        change(folder, {"b.txt": b"second"}, "second")
        with Journal(folder) as journal:
            assert journal.redo() is None
            newest, oldest = journal.history()
            assert (newest.state, oldest.state) == ("applied", "dropped")
            (edit,) = journal.edits_of(oldest.id)
            assert (edit.before, edit.after) == (OLD["a.txt"], b"first")

    def test_a_change_of_nothing_leaves_no_trace(self, folder: Path) -> None:
        change(folder, {"a.txt": b"first"})
        undo(folder)
        change(folder, OLD, "nothing")
        assert states(folder) == [("a change", 1, "undone")]
        redo(folder)
        assert now(folder / "a.txt") == b"first"

    def test_the_history_says_when_what_and_how_much(self, folder: Path) -> None:
        change(folder, NEW, "put x at the start")
        with Journal(folder) as journal:
            (info,) = journal.history()
            assert (info.step, info.label, info.files) == ("test", "put x at the start", 3)
            assert info.at.utcoffset() is not None
            assert {e.path.name: (e.before, e.after) for e in journal.edits_of(info.id)} == {
                name: (OLD[name], NEW[name]) for name in OLD
            }


class TestMemory:
    """What is remembered of a caption goes with its text."""

    @staticmethod
    def remember(folder: Path, edits: list[Edit]) -> None:
        with Journal(folder) as journal, journal.change("test", "x") as step:
            step.apply(edits)

    @staticmethod
    def memory(folder: Path, name: str) -> str | None:
        with Journal(folder) as journal:
            return journal.memory(folder / name)

    def test_it_is_undone_and_redone_with_the_text(self, folder: Path) -> None:
        self.remember(folder, [Edit(folder / "a.txt", OLD["a.txt"], b"1", None, "one")])
        self.remember(folder, [Edit(folder / "a.txt", b"1", b"2", "one", "two")])
        seen = []
        for turn in (undo, undo, redo, redo):
            turn(folder)
            seen.append(self.memory(folder, "a.txt"))
        assert seen == ["one", None, "one", "two"]

    def test_an_edit_that_knows_nothing_of_it_leaves_it(self, folder: Path) -> None:
        self.remember(folder, [Edit(folder / "a.txt", OLD["a.txt"], b"1", None, "one")])
        change(folder, {"a.txt": b"2"})
        assert self.memory(folder, "a.txt") == "one"
        undo(folder)
        assert self.memory(folder, "a.txt") == "one"

    def test_it_can_change_alone_without_a_line_in_the_history(self, folder: Path) -> None:
        self.remember(folder, [Edit(folder / "a.txt", OLD["a.txt"], OLD["a.txt"], None, "one")])
        assert self.memory(folder, "a.txt") == "one"
        assert states(folder) == []

    def test_what_a_person_said_of_a_caption_is_a_step_of_undo(self, folder: Path) -> None:
        path = folder / "a.txt"
        change(folder, {"b.txt": b"1"}, "older")
        for before, after in ((None, "one"), ("one", "two")):
            with Journal(folder) as journal:
                with journal.change("test", f"say {after}", keep=True) as step:
                    edit = Edit(path, OLD["a.txt"], OLD["a.txt"], before, after)
                    assert step.apply([edit]) == []
                (said,) = journal.edits_of(journal.history()[0].id)
                assert (said.memory_before, said.memory_after) == (before, after)
        (folder / "a.txt").write_bytes(b"changed by another program, which is no matter here")
        assert states(folder)[0] == ("say two", 0, "applied")
        seen = []
        for turn in (undo, undo, undo, redo, redo, redo):
            told = turn(folder)
            seen.append((self.memory(folder, "a.txt"), told[0], states(folder)[0][2]))
        assert seen == [
            ("one", set(), "undone"), (None, set(), "undone"), (None, {"b.txt"}, "undone"),
            (None, {"b.txt"}, "undone"), ("one", set(), "undone"), ("two", set(), "applied"),
        ]  # fmt: skip
        assert [line[1] for line in states(folder)] == [0, 0, 1]

    def test_a_step_in_which_nothing_was_said_leaves_no_trace(self, folder: Path) -> None:
        with Journal(folder) as journal, journal.change("test", "x", keep=True) as step:
            step.apply([Edit(folder / "a.txt", OLD["a.txt"], OLD["a.txt"], "one", "one")])
        assert states(folder) == []

    def test_what_changes_beside_a_text_is_undone_with_it(self, folder: Path) -> None:
        self.remember(
            folder,
            [
                Edit(folder / "a.txt", OLD["a.txt"], b"1", None, "one"),
                Edit(folder / "b.txt", OLD["b.txt"], OLD["b.txt"], None, "seen"),
            ],
        )
        assert states(folder) == [("x", 1, "applied")]
        assert undo(folder) == ({"a.txt"}, {})
        assert self.memory(folder, "b.txt") is None
        redo(folder)
        assert self.memory(folder, "b.txt") == "seen"

    def test_it_stays_when_the_file_could_not_be_written(self, folder: Path) -> None:
        self.remember(folder, [Edit(folder / "a.txt", OLD["a.txt"], b"1", None, "one")])
        (folder / "a.txt").chmod(0o444)
        self.remember(folder, [Edit(folder / "a.txt", b"1", b"2", "one", "two")])
        assert self.memory(folder, "a.txt") == "one"
        undo(folder)
        assert self.memory(folder, "a.txt") == "one"


class TestLastWritten:
    def last(self, folder: Path, name: str = "a.txt") -> tuple[bool, bytes | None]:
        with Journal(folder) as journal:
            return journal.last_written(folder / name)

    def test_it_is_what_the_file_holds_after_every_turn(self, folder: Path) -> None:
        assert self.last(folder) == (False, None)
        change(folder, {"a.txt": b"1"})
        change(folder, {"a.txt": b"2"})
        (folder / "a.txt").write_bytes(b"theirs")
        change(folder, {"a.txt": b"3"})
        for turn in (undo, redo, undo):
            turn(folder)
            assert self.last(folder) == (True, now(folder / "a.txt"))
        (folder / "a.txt").write_bytes(b"2")
        undo(folder)
        undo(folder)
        assert self.last(folder) == (True, OLD["a.txt"])
        redo(folder)
        assert self.last(folder) == (True, b"1")

    def test_a_refused_change_is_not_ours(self, folder: Path) -> None:
        change(folder, {"a.txt": b"1"})
        (folder / "a.txt").chmod(0o444)
        change(folder, {"a.txt": b"2"})
        assert self.last(folder) == (True, b"1")


class TestManyFiles:
    @staticmethod
    def work(folder: Path, count: int) -> tuple[int, int]:
        """How much the database works for a change of so many files, and for its undo: counted in
        thousands of its instructions, so the same on every computer."""
        before = dict(numbered(count))
        fill(folder, before)
        done = [0]

        def one_more() -> None:
            done[0] += 1

        with Journal(folder) as journal:
            journal.rows.db.set_progress_handler(one_more, 1000)
            with journal.change("test", "bulk") as step:
                step.apply([Edit(folder / n, t, t + b", x", None, "m") for n, t in before.items()])
            changed = done[0]
            journal.undo()
        assert texts(folder) == before
        return changed, done[0] - changed

    def test_ten_times_the_files_are_ten_times_the_work(self, tmp_path: Path) -> None:
        few, many = self.work(tmp_path / "few", 200), self.work(tmp_path / "many", 2000)
        assert many[0] <= 15 * few[0]
        assert many[1] <= 15 * few[1]
