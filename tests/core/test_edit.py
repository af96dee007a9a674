"""Changing the tags of a whole folder: the trigger, bulk edits, and who is remembered for what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nasutui.core.editing.captions import decode_caption
from nasutui.core.editing.edit import AddTagSettings, EditSettings, add_tag, edit
from nasutui.core.errors import InputError, UsageError
from nasutui.core.events import Event, Finished, Note, never
from nasutui.core.history.steps import HistorySettings, redo, undo
from nasutui.core.tagging.caption import CaptionSettings, caption
from tests.support.caption_folder import (
    HOSTILE_STEMS,
    collect,
    done,
    failures,
    fill,
    numbered,
    states,
    texts,
)
from tests.support.said_tagger import SaidTagger, tiny_png

TRIGGER = "nasumiso_style"


def tags(folder: Path, name: str) -> list[str]:
    return list(decode_caption((folder / name).read_bytes()).tags)


def retag(folder: Path, *said: str) -> None:
    step = CaptionSettings(folder, folder, workers=1)
    assert not failures(collect(caption(step, never, SaidTagger(said))))


class TestAddTag:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        fill(
            tmp_path,
            {
                "img.png": b"", "img.txt": b"1girl, solo", "img_jp.txt": "女の子1人, ソロ\n".encode(),
                "x_jp.png": b"", "x_jp.txt": b"1girl", "loose.txt": b"a, Nasumiso Style, b",
            },
        )  # fmt: skip
        return tmp_path

    def test_first_in_every_caption_once(self, folder: Path) -> None:
        for _ in range(2):
            collect(add_tag(AddTagSettings(folder, TRIGGER, exclude_jp=True), never))
        assert tags(folder, "img.txt") == [TRIGGER, "1girl", "solo"]
        assert tags(folder, "x_jp.txt") == [TRIGGER, "1girl"]
        assert tags(folder, "loose.txt") == [TRIGGER, "a", "b"]
        assert (folder / "img_jp.txt").read_bytes() == "女の子1人, ソロ\n".encode()
        assert len(states(folder)) == 1

    def test_side_files_too_unless_they_are_excluded(self, folder: Path) -> None:
        collect(add_tag(AddTagSettings(folder, TRIGGER), never))
        assert tags(folder, "img_jp.txt") == [TRIGGER, "女の子1人", "ソロ"]

    def test_at_the_end_and_several(self, folder: Path) -> None:
        collect(add_tag(AddTagSettings(folder, "b, c, b", "end"), never))
        assert tags(folder, "loose.txt") == ["a", "Nasumiso Style", "b", "c"]

    def test_a_tagger_never_takes_it_away(self, folder: Path) -> None:
        (folder / "img.png").write_bytes(tiny_png())
        (folder / "x_jp.png").write_bytes(tiny_png(1))
        (folder / "img.txt").unlink()
        retag(folder, "1girl", "solo")
        collect(add_tag(AddTagSettings(folder, TRIGGER, exclude_jp=True), never))
        collect(add_tag(AddTagSettings(folder, "solo", "end"), never))
        retag(folder, "1girl", "hat")
        assert tags(folder, "img.txt") == [TRIGGER, "1girl", "hat", "solo"]

    @pytest.mark.parametrize("tag", ["", " , ", "\0", "\ud83d"])
    def test_a_tag_that_is_none(self, folder: Path, tag: str) -> None:
        before = texts(folder)
        with pytest.raises(UsageError):
            collect(add_tag(AddTagSettings(folder, tag), never))
        assert texts(folder) == before

    def test_nothing_to_do_it_with(self, tmp_path: Path) -> None:
        with pytest.raises(InputError):
            collect(add_tag(AddTagSettings(tmp_path, TRIGGER), never))
        assert texts(tmp_path) == {}


class TestEdit:
    def run(self, folder: Path, **settings: Any) -> list[Event]:
        return collect(edit(EditSettings(folder, **settings), never))

    def test_add_remove_replace_where(self, tmp_path: Path) -> None:
        fill(
            tmp_path,
            {"a.txt": b"1girl, solo, hat", "b.txt": b"2girls, hat", "c.txt": b"1girl, ^_^"},
        )
        self.run(
            tmp_path,
            where="1girl -^_^",
            add=("smile", "SOLO"),
            remove=("hat",),
            replace=(("solo", "alone"),),
        )
        assert tags(tmp_path, "a.txt") == ["1girl", "alone", "smile", "SOLO"]
        assert (tmp_path / "b.txt").read_bytes() == b"2girls, hat"
        assert (tmp_path / "c.txt").read_bytes() == b"1girl, ^_^"

    def test_captions_that_no_edit_changes_keep_their_bytes(self, tmp_path: Path) -> None:
        odd = {
            "bom.txt": b"\xef\xbb\xbfa, b", "crlf.txt": b"a\r\nb\r\n", "sjis.txt": "髪, a".encode("cp932"),
            "wide.txt": "a, b".encode("utf-16"), "twice.txt": b"a, a,, b ", "empty.txt": b"",
        }  # fmt: skip
        fill(tmp_path, odd)
        self.run(tmp_path, remove=("z",))
        assert texts(tmp_path) == odd
        assert states(tmp_path) == []
        self.run(tmp_path, remove=("b",))
        assert tags(tmp_path, "crlf.txt") == ["a"]
        assert (tmp_path / "bom.txt").read_bytes() == b"a"
        assert (tmp_path / "sjis.txt").read_bytes() == odd["sjis.txt"]
        collect(undo(HistorySettings(tmp_path), never))
        assert texts(tmp_path) == odd

    def test_what_is_no_text_is_named_and_left(self, tmp_path: Path) -> None:
        bad = {"bad.txt": b"\xff\xfe\x00", "zero.txt": b"a\0b", "huge.txt": b"a, " * 500_000}
        fill(tmp_path, {**bad, "good.txt": b"a"})
        (tmp_path / "nowhere.txt").symlink_to("missing")
        events = collect(edit(EditSettings(tmp_path, add=("x",)), never))
        assert failures(events) == {
            "bad.txt": "caption-unreadable", "zero.txt": "caption-unreadable",
            "huge.txt": "caption-too-big", "nowhere.txt": "missing",
        }  # fmt: skip
        assert done(events, "changed") == {"good.txt"}
        assert texts(tmp_path) == {**bad, "good.txt": b"a, x"}

    @pytest.mark.parametrize("stem", HOSTILE_STEMS)
    def test_any_name(self, tmp_path: Path, stem: str) -> None:
        try:
            fill(tmp_path, {f"{stem}.txt": b"a", f"{stem}2.txt": b"\xff\xfe\x00"})
        except OSError:
            pytest.skip("this file system does not take such names")
        events = collect(edit(EditSettings(tmp_path, add=("x",)), never))
        assert done(events, "changed") == {f"{stem}.txt"}
        assert set(failures(events)) == {f"{stem}2.txt"}
        assert (tmp_path / f"{stem}.txt").read_bytes() == b"a, x"

    @pytest.mark.parametrize(
        "wrong",
        [
            {}, {"add": ("a, b",)}, {"add": ("",)}, {"remove": ("a\nb",)}, {"replace": (("a", "b, c"),)},
            {"replace": (("a", ""),)}, {"add": ("x",), "where": '"open'},
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_said_before_anything_is_done(
        self, tmp_path: Path, wrong: dict[str, object]
    ) -> None:
        fill(tmp_path, {"a.txt": b"a"})
        with pytest.raises(UsageError):
            self.run(tmp_path, **wrong)
        assert texts(tmp_path) == {"a.txt": b"a"}

    def test_a_bulk_edit_is_one_step_and_a_stopped_one_too(self, tmp_path: Path) -> None:
        before = dict(numbered(50))
        fill(tmp_path, before)
        asked = iter([False] * 20 + [True] * 40)
        events = collect(edit(EditSettings(tmp_path, add=("x",)), lambda: next(asked)))
        assert isinstance(events[-1], Finished)
        assert events[-1].cancelled
        assert len(done(events, "changed")) == 20
        self.run(tmp_path, add=("x",))
        assert [files for _label, files, _state in states(tmp_path)] == [30, 20]
        collect(undo(HistorySettings(tmp_path, 2), never))
        assert texts(tmp_path) == before

    def test_pictures_without_a_caption_are_said(self, tmp_path: Path) -> None:
        fill(tmp_path, {"a.txt": b"a", "a.png": b"", "b.png": b""})
        notes = [e for e in self.run(tmp_path, add=("x",)) if isinstance(e, Note)]
        assert [note.code for note in notes] == ["no-caption"]
        assert "b.png" in notes[0].text


class TestRemembered:
    """An edit here is a person's doing, whatever the tagger says later."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "img.png").write_bytes(tiny_png())
        retag(tmp_path, "1girl", "solo", "hat")
        return tmp_path

    def edit(self, folder: Path, **settings: Any) -> None:
        collect(edit(EditSettings(folder, **settings), never))

    def test_removed_stays_out_and_added_stays_in(self, folder: Path) -> None:
        self.edit(folder, remove=("solo",), add=("mine",), replace=(("hat", "top_hat"),))
        retag(folder, "1girl", "solo", "hat", "smile")
        assert tags(folder, "img.txt") == ["1girl", "smile", "top_hat", "mine"]

    def test_also_where_it_made_no_difference(self, folder: Path) -> None:
        self.edit(folder, add=("1girl",))
        self.edit(folder, remove=("smile",))
        retag(folder, "smile", "solo")
        assert tags(folder, "img.txt") == ["1girl", "solo"]

    def test_undo_makes_it_as_if_it_had_never_been(self, folder: Path) -> None:
        self.edit(folder, remove=("solo",), add=("mine",))
        collect(undo(HistorySettings(folder), never))
        retag(folder, "1girl", "solo", "smile")
        assert tags(folder, "img.txt") == ["1girl", "solo", "smile"]

    def test_and_redo_as_if_it_had(self, folder: Path) -> None:
        self.edit(folder, remove=("solo",))
        collect(undo(HistorySettings(folder), never))
        collect(redo(HistorySettings(folder), never))
        retag(folder, "1girl", "solo", "smile")
        assert tags(folder, "img.txt") == ["1girl", "smile"]
