"""Japanese side files: beside every caption, in its order, and never over somebody's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.editing.edit import AddTagSettings, add_tag
from nasutui.core.errors import InputError
from nasutui.core.events import Event, never
from nasutui.core.history.steps import HistorySettings, redo, undo
from nasutui.core.japanese.dictionary import translate_caption
from nasutui.core.japanese.translate import TranslateSettings, translate
from tests.support.caption_folder import HOSTILE_STEMS, change, collect, done, failures, fill, texts

TAGS = ["nasumiso_style", "1girl", "solo", "no such tag", "^_^"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, {"img.png": b"", "img.txt": ", ".join(TAGS).encode()})
    return tmp_path


def run(folder: Path) -> list[Event]:
    return collect(translate(TranslateSettings(folder), never))


def side(folder: Path, name: str = "img_jp.txt") -> list[str]:
    text = (folder / name).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return text.removesuffix("\n").split(", ")


def test_the_same_tags_in_the_same_order(folder: Path) -> None:
    run(folder)
    assert side(folder) == translate_caption(TAGS)
    assert len(side(folder)) == len(TAGS)
    assert side(folder)[0] == "nasumiso_style"
    assert side(folder)[3] == "no such tag"
    assert not side(folder)[1].isascii()


def test_again_changes_nothing_and_a_new_caption_makes_a_new_one(folder: Path) -> None:
    run(folder)
    before = texts(folder)
    assert done(run(folder), "unchanged") == {"img_jp.txt"}
    assert texts(folder) == before
    (folder / "img.txt").write_bytes(b"solo")
    assert done(run(folder), "changed") == {"img_jp.txt"}
    assert side(folder) == translate_caption(["solo"])


def test_what_somebody_wrote_by_hand_is_left_and_named(folder: Path) -> None:
    (folder / "img_jp.txt").write_bytes("手書き\n".encode())
    assert failures(run(folder)) == {"img_jp.txt": "changed-meanwhile"}
    assert side(folder) == ["手書き"]
    (folder / "img_jp.txt").unlink()
    run(folder)
    (folder / "img_jp.txt").write_bytes("手書き\n".encode())
    (folder / "img.txt").write_bytes(b"solo")
    assert failures(run(folder)) == {"img_jp.txt": "changed-meanwhile"}


def test_its_own_are_known_after_undo_redo_and_the_trigger(folder: Path) -> None:
    run(folder)
    change(folder, {"img.txt": b"solo"})
    run(folder)
    change(folder, {"img.txt": b"1girl"})
    run(folder)
    collect(undo(HistorySettings(folder, 4), never))
    change(folder, {"img.txt": b"hat"})
    assert not failures(run(folder))
    assert side(folder) == translate_caption(["hat"])
    collect(undo(HistorySettings(folder), never))
    collect(redo(HistorySettings(folder), never))
    collect(add_tag(AddTagSettings(folder, "trigger"), never))
    assert not failures(run(folder))
    assert side(folder) == translate_caption(["trigger", "hat"])


def test_the_caption_of_x_jp_is_never_taken_for_a_side_file(tmp_path: Path) -> None:
    files = {"x.png": b"", "x.txt": b"1girl", "x_jp.png": b"", "x_jp.txt": b"solo"}
    fill(tmp_path, files)
    assert failures(run(tmp_path)) == {"x_jp.txt": "side-is-caption"}
    assert (tmp_path / "x_jp.txt").read_bytes() == b"solo"
    assert side(tmp_path, "x_jp_jp.txt") == translate_caption(["solo"])


def test_only_captioned_pictures(tmp_path: Path) -> None:
    fill(tmp_path, {"a.png": b"", "loose.txt": b"1girl", "b.png": b"", "b.txt": b"\xff\xfe\x00"})
    assert failures(run(tmp_path)) == {"b_jp.txt": "caption-unreadable"}
    assert not (tmp_path / "loose_jp.txt").exists()
    (tmp_path / "b.txt").unlink()
    with pytest.raises(InputError):
        run(tmp_path)


@pytest.mark.parametrize("stem", HOSTILE_STEMS)
def test_any_name(tmp_path: Path, stem: str) -> None:
    try:
        fill(tmp_path, {f"{stem}.png": b"", f"{stem}.txt": b"1girl"})
    except OSError:
        pytest.skip("this file system does not take such names")
    run(tmp_path)
    assert side(tmp_path, f"{stem}_jp.txt") == translate_caption(["1girl"])
