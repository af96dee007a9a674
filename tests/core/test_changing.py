"""Every change of captions that nasutui makes goes through one door, which remembers who did it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.editing.changing import Batch, read_caption, with_memory
from nasutui.core.editing.provenance import Memory, merge
from nasutui.core.errors import CaptionError
from nasutui.core.events import ItemDone, ItemFailed
from nasutui.core.history.journal import Edit, Journal
from tests.support.caption_folder import fill, states, texts


def put(folder: Path, *edits: Edit, captions: bool = True) -> list[ItemDone | ItemFailed]:
    """Write edits as a step would."""
    with Journal(folder) as journal, journal.change("test", "x") as change:
        batch = Batch(change, seconds=60, captions=captions)
        events = [e for edit in edits for e in batch.add(edit, ItemDone(edit.path, "changed"))]
        return [*events, *batch.flush()]


def memory(folder: Path, name: str = "a.txt") -> Memory:
    with Journal(folder) as journal:
        return Memory.from_json(journal.memory(folder / name))


class TestBatch:
    def test_an_edit_without_provenance_is_a_persons(self, tmp_path: Path) -> None:
        fill(tmp_path, {"a.txt": b"1girl, solo"})
        put(tmp_path, Edit(tmp_path / "a.txt", b"1girl, solo", b"1girl, mine"))
        known = memory(tmp_path)
        assert merge(known, ["1girl", "mine"], ["solo", "hat"])[0] == ["1girl", "mine", "hat"]

    def test_a_file_that_is_no_caption_is_not_looked_into(self, tmp_path: Path) -> None:
        fill(tmp_path, {"a.txt": b"\xff\xfe\x00"})
        put(tmp_path, Edit(tmp_path / "a.txt", b"\xff\xfe\x00", b"x"), captions=False)
        assert texts(tmp_path) == {"a.txt": b"x"}
        assert memory(tmp_path) == Memory()

    def test_done_is_said_only_of_what_is_on_disk(self, tmp_path: Path) -> None:
        fill(tmp_path, {"a.txt": b"a", "b.txt": b"theirs"})
        events = put(
            tmp_path,
            Edit(tmp_path / "a.txt", b"a", b"new"),
            Edit(tmp_path / "b.txt", b"b", b"new"),
        )
        assert [(type(e), e.path.name) for e in events] == [
            (ItemDone, "a.txt"), (ItemFailed, "b.txt"),
        ]  # fmt: skip

    def test_what_was_noticed_stays_when_the_edit_is_undone(self, tmp_path: Path) -> None:
        """Another program took a tag out, an edit of ours saw it: undo does not forget that."""
        fill(tmp_path, {"a.txt": b"a"})
        said = Memory(("a", "b")).to_json()
        with Journal(tmp_path) as journal, journal.change("test", "tagger") as change:
            change.apply([Edit(tmp_path / "a.txt", b"a", b"a, b", None, said)])
        (tmp_path / "a.txt").write_bytes(b"a")
        put(tmp_path, Edit(tmp_path / "a.txt", b"a", b"a, x"))
        with Journal(tmp_path) as journal:
            journal.undo()
        assert memory(tmp_path).removed == ("b",)

    def test_looking_alone_is_no_change(self, tmp_path: Path) -> None:
        fill(tmp_path, {"a.txt": b"a"})
        put(tmp_path, Edit(tmp_path / "a.txt", b"a", b"a"))
        assert states(tmp_path) == []
        assert memory(tmp_path).added == ("a",)


class TestWithMemory:
    def test_a_caption_that_is_made_anew_begins_anew(self, tmp_path: Path) -> None:
        known = Memory(("a", "b"), ("x",), ("c",)).to_json()
        edit = with_memory(Edit(tmp_path / "a.txt", None, b"mine"), known)
        after = Memory.from_json(edit.memory_after)
        assert merge(after, ["mine"], ["a", "c"])[0] == ["mine", "a"]

    def test_a_caption_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CaptionError):
            with_memory(Edit(tmp_path / "a.txt", b"\xff\xfe\x00", b"x"), None)


class TestReading:
    def test_no_file_is_no_caption(self, tmp_path: Path) -> None:
        found = read_caption(tmp_path / "missing.txt")
        assert (found.data, found.caption.tags, found.is_empty) == (None, (), True)

    def test_what_can_not_be_read_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "folder.txt").mkdir()
        (tmp_path / "huge.txt").write_bytes(b"a, " * 500_000)
        for name in ("folder.txt", "huge.txt"):
            with pytest.raises(CaptionError):
                read_caption(tmp_path / name)
