"""The history as a person and a program see it, and going back and forth in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.editing.edit import EditSettings, edit
from nasutui.core.editing.provenance import Memory
from nasutui.core.errors import InputError
from nasutui.core.events import Finished, Note, Row, never
from nasutui.core.history.journal import Edit, Journal
from nasutui.core.history.steps import HistorySettings, history, redo, undo
from nasutui.core.japanese.translate import TranslateSettings, translate
from nasutui.core.project import create_project
from tests.support.caption_folder import change, collect, done, failures, fill, texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, {"a.txt": b"a", "b.txt": b"b"})
    for tag in ("one", "two", "three"):
        collect(edit(EditSettings(tmp_path, add=(tag,)), never))
    return tmp_path


def rows(folder: Path) -> list[tuple[str, int, str]]:
    found = [e.data for e in history(HistorySettings(folder), never) if isinstance(e, Row)]
    return [(row["label"], row["files"], row["state"]) for row in found]


def test_what_was_changed_when_by_which_step(folder: Path) -> None:
    events = collect(history(HistorySettings(folder), never))
    found = [e.data for e in events if isinstance(e, Row)]
    assert [row["label"] for row in found] == ["+three", "+two", "+one"]
    assert {row["step"] for row in found} == {"edit"}
    assert {row["files"] for row in found} == {2}
    assert sorted(row["at"] for row in found) == [row["at"] for row in reversed(found)]


def test_several_steps_back_and_forth(folder: Path) -> None:
    events = collect(undo(HistorySettings(folder, 2), never))
    assert texts(folder) == {"a.txt": b"a, one", "b.txt": b"b, one"}
    assert isinstance(events[-1], Finished)
    assert events[-1].summary == {"changes": 2, "files": 4, "failed": 0}
    assert [e.code for e in events if isinstance(e, Note)] == ["undo", "undo"]
    assert rows(folder)[0] == ("+three", 2, "undone")
    collect(redo(HistorySettings(folder, 9), never))
    assert texts(folder) == {"a.txt": b"a, one, two, three", "b.txt": b"b, one, two, three"}


def test_more_steps_than_there_are(folder: Path) -> None:
    collect(undo(HistorySettings(folder, 99), never))
    assert texts(folder) == {"a.txt": b"a", "b.txt": b"b"}
    for turn, code in ((undo, "nothing-to-undo"), (redo, "nothing-to-redo")):
        if turn is redo:
            collect(redo(HistorySettings(folder, 99), never))
        with pytest.raises(InputError) as caught:
            collect(turn(HistorySettings(folder), never))
        assert caught.value.code == code


def test_undo_names_what_it_leaves_and_does_the_rest(folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"theirs")
    events = collect(undo(HistorySettings(folder), never))
    assert failures(events) == {"a.txt": "changed-meanwhile"}
    assert done(events, "changed") == {"b.txt"}
    assert texts(folder) == {"a.txt": b"theirs", "b.txt": b"b, one, two"}


def test_undo_does_not_go_past_a_change_that_is_held(folder: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_bytes(b"theirs")
    change(folder, {"c.txt": b"new"})
    (folder / "c.txt").write_bytes(b"theirs")
    collect(undo(HistorySettings(folder, 5), never))
    assert texts(folder) == dict.fromkeys(("a.txt", "b.txt", "c.txt"), b"theirs")


def test_stopping_between_steps(folder: Path) -> None:
    asked = iter([False, True, True, True])
    events = collect(undo(HistorySettings(folder, 3), lambda: next(asked)))
    assert isinstance(events[-1], Finished)
    assert events[-1].cancelled
    assert texts(folder)["a.txt"] == b"a, one, two"


def test_a_project_and_its_folder_have_one_history(tmp_path: Path) -> None:
    project = create_project(tmp_path / "project")
    tagged = project.root / "3_tagged"
    fill(tagged, {"a.txt": b"1girl", "a.png": b""})
    collect(edit(EditSettings(tagged, add=("x",)), never))
    collect(translate(TranslateSettings(tagged), never))
    assert rows(project.root) == rows(tagged)
    collect(undo(HistorySettings(project.root, 2), never))
    assert texts(tagged) == {"a.txt": b"1girl", "a.png": b""}


def test_a_folder_without_a_history(tmp_path: Path) -> None:
    assert rows(tmp_path) == []
    with pytest.raises(InputError):
        collect(history(HistorySettings(tmp_path / "missing"), never))


def test_what_a_person_said_without_changing_a_file_is_undone_too(folder: Path) -> None:
    path, data = folder / "a.txt", (folder / "a.txt").read_bytes()
    with Journal(folder) as journal:
        before, after = journal.memory(path), Memory(removed=("hat",)).to_json()
        with journal.change("tags", "a.png: not hat", keep=True) as step:
            step.apply([Edit(path, data, data, before, after)])
    assert rows(folder)[0] == ("a.png: not hat", 0, "applied")
    events = collect(undo(HistorySettings(folder), never))
    (note,) = [e for e in events if isinstance(e, Note)]
    assert note.text.endswith("tags: a.png: not hat")  # and no "0 files"
    assert rows(folder)[0] == ("a.png: not hat", 0, "undone")
    with Journal(folder) as journal:
        assert journal.memory(path) == before
