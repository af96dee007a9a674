"""Captions in NAME.caption: read, edited in place, never doubled, never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.dataset.model import Changes
from nasutui.core.editing.bulk_edit import adding, apply, plan
from nasutui.core.editing.edit import AddTagSettings, EditSettings, add_tag, edit
from nasutui.core.editing.listing import caption_path, is_caption_name, scan
from nasutui.core.events import ItemFailed, never
from nasutui.core.japanese.translate import TranslateSettings, translate
from nasutui.core.problems import codes
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.training.check import CheckSettings, examine, scan_pictures
from nasutui.core.training.export import ExportSettings, export
from tests.support.caption_folder import HOSTILE_STEMS, collect, failures, fill, texts, undo
from tests.support.dataset_facts import load, shown
from tests.support.datasets import noise
from tests.support.datasets import png as noisy
from tests.support.said_tagger import SaidTagger, tiny_png

OLD = "1girl, ^_^\r\n髪".encode("cp932")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """old: in a .caption file; both: in two; new: in a .txt file; none: nowhere."""
    files = {f"{name}.png": tiny_png(i) for i, name in enumerate(["both", "new", "none", "old"])}
    fill(tmp_path, {**files, "old.caption": OLD, "both.caption": b"left, alone",
                    "both.txt": b"used", "new.txt": b"1girl"})  # fmt: skip
    return tmp_path


def captions(folder: Path) -> dict[str, bytes]:
    """Every caption file, side files too."""
    return {n: t for n, t in texts(folder).items() if is_caption_name(n)}


def test_which_file_is_the_caption(folder: Path) -> None:
    found = scan(folder)
    assert {s: p.name for s, p in found.captions.items()} == {
        "both": "both.txt", "new": "new.txt", "old": "old.caption",
    }  # fmt: skip
    assert {s: p.name for s, p in found.beside.items()} == {"both": "both.caption"}
    assert [p.name for p in found.caption_files()] == ["both.txt", "new.txt", "old.caption"]
    names = [caption_path(p).name for p in found.pictures]
    assert names == ["both.txt", "new.txt", "none.txt", "old.caption"]


def test_without_a_picture_each_stands_alone(tmp_path: Path) -> None:
    fill(tmp_path, {"x.caption": b"a", "x.txt": b"b", "a.caption": b"c", "x_jp.caption": b"d"})
    found = scan(tmp_path)
    assert [p.name for p in found.loose] == ["a.caption", "x.caption", "x.txt", "x_jp.caption"]
    assert not found.beside


def test_endings_inside_of_a_name_are_part_of_it(tmp_path: Path) -> None:
    names = ["x.caption.txt", "y.txt.caption", "z.caption.caption", "z.caption"]
    pictures = {"x.caption.png": tiny_png(), "y.txt.png": tiny_png(), "z.png": tiny_png()}
    fill(tmp_path, {**pictures, **dict.fromkeys(names, b"a")})
    found = scan(tmp_path)
    assert {s: p.name for s, p in found.captions.items()} == {
        "x.caption": "x.caption.txt", "y.txt": "y.txt.caption", "z": "z.caption",
    }  # fmt: skip
    assert [p.name for p in found.loose] == ["z.caption.caption"]
    assert [caption_path(p).name for p in found.pictures] == [
        "x.caption.txt", "y.txt.caption", "z.caption",
    ]  # fmt: skip


@pytest.mark.parametrize("stem", HOSTILE_STEMS)
def test_any_name(tmp_path: Path, stem: str) -> None:
    try:
        fill(tmp_path, {f"{stem}.png": tiny_png(), f"{stem}.caption": b"1girl"})
    except OSError:
        pytest.skip("this file system does not take such names")
    (picture,) = scan(tmp_path).pictures
    assert caption_path(picture).name == f"{stem}.caption"


def test_a_tagger_writes_into_the_file_that_is_there(folder: Path) -> None:
    settings = CaptionSettings(folder, folder)
    assert not failures(collect(caption(settings, never, SaidTagger(["1girl", "smile"]))))
    found = captions(folder)
    assert set(found) == {"both.caption", "both.txt", "new.txt", "none.txt", "old.caption"}
    assert found["old.caption"] == "1girl, ^_^, 髪, smile".encode()  # what was there is a person's
    assert found["both.caption"] == b"left, alone"
    assert found["both.txt"] == b"used, 1girl, smile"
    undo(folder)
    assert captions(folder)["old.caption"] == OLD


def test_one_that_has_a_caption_is_skipped_when_asked(folder: Path) -> None:
    settings = CaptionSettings(folder, folder, existing="skip")
    collect(caption(settings, never, SaidTagger(["smile"])))
    assert captions(folder)["old.caption"] == OLD
    assert captions(folder)["none.txt"] == b"smile"


def test_edits_of_a_folder_stay_in_the_file(folder: Path) -> None:
    collect(add_tag(AddTagSettings(folder, "nasu"), never))
    collect(edit(EditSettings(folder, where="^_^", add=("hat",)), never))
    found = captions(folder)
    assert found["old.caption"] == "nasu, 1girl, ^_^, 髪, hat".encode()
    assert found["both.caption"] == b"left, alone"
    assert "old.txt" not in found
    undo(folder)
    undo(folder)
    assert captions(folder)["old.caption"] == OLD


def test_its_japanese_stands_beside_it_as_for_any(folder: Path) -> None:
    collect(translate(TranslateSettings(folder), never))
    assert captions(folder)["old_jp.txt"].decode().startswith("女の子")
    assert scan(folder).sides["old"].name == "old_jp.txt"


def test_no_second_file_is_made_beside_one_that_came_since(folder: Path) -> None:
    dataset = load(folder)
    rows = [(s, dataset.caption_path(s), dataset.tags(s)) for s in dataset.order]
    planned = plan(rows, adding(["hat"]), never)
    (folder / "none.caption").write_bytes(b"came, since")
    events = list(apply(folder, planned, "hat", never))
    failed = [e for e in events if isinstance(e, ItemFailed)]
    assert [(e.path.name, e.code) for e in failed] == [("none.txt", "changed-meanwhile")]
    assert captions(folder)["none.caption"] == b"came, since"
    assert "none.txt" not in captions(folder)


def test_the_model_shows_both_kinds_and_names_what_is_double(folder: Path) -> None:
    dataset = load(folder)
    both, _new, _none, old = dataset.order
    assert dataset.tags(old) == ("1girl", "^_^", "髪")
    assert dataset.state(old).oddities == ("encoding", "crlf", "lines")
    assert dataset.tags(both) == ("used",)
    (problem,) = [p for p in dataset.problems(both) if p.code == codes.TWO_CAPTIONS]
    assert "both.caption" in problem.text
    assert not problem.mendable
    assert shown(dataset, "problem:two") == ["both.png"]


def test_a_picture_keeps_its_slot_when_its_caption_moves_to_another_file(folder: Path) -> None:
    dataset = load(folder)
    slots = dict(zip(["both", "new", "none", "old"], dataset.order, strict=True))
    (folder / "old.txt").write_bytes(b"a copy")
    assert dataset.refresh() == Changes(changed=(slots["old"],))
    assert dataset.tags(slots["old"]) == ("a copy",)
    assert shown(dataset, "problem:two") == ["both.png", "old.png"]
    (folder / "old.txt").unlink()
    (folder / "both.txt").unlink()
    assert dataset.refresh() == Changes(changed=(slots["both"], slots["old"]))
    assert dataset.tags(slots["old"]) == ("1girl", "^_^", "髪")
    assert dataset.tags(slots["both"]) == ("left", "alone")
    (folder / "none.caption").write_bytes(b"x")
    assert dataset.reread([folder / "none.caption"]) == Changes(changed=(slots["none"],))
    assert dataset.caption_path(slots["none"]) == folder / "none.caption"
    assert dataset.order == list(slots.values())


def test_the_check_says_it_and_the_dataset_gets_txt(tmp_path: Path) -> None:
    folder = tmp_path / "tagged"
    fill(folder, {
        "a.png": noisy(noise(1, (512, 512))), "a.caption": b"nasu, 1girl",
        "b.png": noisy(noise(2, (512, 512))), "b.txt": b"nasu, used", "b.caption": b"nasu, not",
    })  # fmt: skip
    looking = examine(CheckSettings(folder, "nasu", "nasu"), scan_pictures(folder), never)
    try:
        while True:
            next(looking)
    except StopIteration as end:
        found = {f.code: f for f in end.value.findings}
    assert "a.caption" in found["caption-ending"].message
    assert "b.caption" in found["two-captions"].message
    assert found["two-captions"].picture == folder / "b.png"
    assert not {f.code for f in found.values() if f.severity == "error"}

    collect(export(ExportSettings(folder, tmp_path / "out", "nasu", repeats=2), never))
    made = tmp_path / "out" / "2_nasu"
    assert captions(made) == {"a.txt": b"nasu, 1girl\n", "b.txt": b"nasu, used\n"}
    assert 'caption_extension = ".txt"' in (tmp_path / "out" / "dataset.toml").read_text()
