"""A caption whose file was deleted is captioned anew, not left empty."""

from __future__ import annotations

from pathlib import Path

from nasutui.core.editing.captions import parse_tags
from nasutui.core.events import never
from nasutui.core.project import RAW, TAGGED, create_project, open_project
from nasutui.core.run import RunSettings, caption_settings, run
from nasutui.core.sample import sample_pictures
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.models import EMBEDDED
from nasutui.core.training.export import ExportSettings, export
from tests.support.crash_desk import open_desk
from tests.support.said_tagger import SaidTagger, tiny_png


def test_a_deleted_caption_comes_back_without_what_a_person_removed(tmp_path: Path) -> None:
    root = create_project(tmp_path / "p", model=EMBEDDED).root
    (root / RAW / "a.png").write_bytes(sample_pictures()["01_white.png"]())
    list(run(RunSettings(root), never))
    text = root / TAGGED / "img001.txt"
    tags = parse_tags(text.read_text(encoding="utf-8"))
    assert "white_background" in tags
    text.write_text(", ".join(t for t in tags if t != "simple_background"), encoding="utf-8")
    list(caption(caption_settings(open_project(root)), never))
    text.unlink()
    list(caption(caption_settings(open_project(root)), never))
    again = parse_tags(text.read_text(encoding="utf-8"))
    assert "white_background" in again
    assert "simple_background" not in again


def test_exporting_a_plain_folder_leaves_no_state_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "a.png").write_bytes(sample_pictures()["01_white.png"]())
    (folder / "a.txt").write_text("trigger, hat", encoding="utf-8")
    list(export(ExportSettings(folder, tmp_path / "out", "x"), never))
    assert sorted(p.name for p in folder.iterdir()) == ["a.png", "a.txt"]
    assert (tmp_path / "out" / "manifest.json").exists()


def test_rejecting_a_proposal_where_the_caption_was_deleted_rejects_that_one_only(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.png").write_bytes(tiny_png())
    step = CaptionSettings(tmp_path, tmp_path, workers=1)
    tagger = SaidTagger(["1girl", "solo", "hat"])
    list(caption(step, never, tagger))
    (tmp_path / "a.txt").unlink()
    desk = open_desk(tmp_path)
    desk.reject(0, "hat", rejected=True)
    desk.close()
    list(caption(step, never, tagger))
    assert (tmp_path / "a.txt").read_bytes() == b"1girl, solo"
