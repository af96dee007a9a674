"""Questions about what the taggers were least sure of, and where they disagree."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.editing.captions import parse_tags
from nasutui.core.events import never
from nasutui.core.history.journal import Journal
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.combine import COMBINE, INTERSECTION
from nasutui.core.tagging.unsure import Doubts, answer, unsure_pairs
from tests.support.counting_tagger import CountingTagger
from tests.support.said_tagger import tiny_png

OLD = {"general": 0.9, "1girl": 0.9, "hat": 0.4, "bow": 0.0, "cat": 0.3, "miku": 0.8}
NEW = {"general": 0.2, "1girl": 0.8, "hat": 0.9, "bow": 0.7, "cat": 0.3, "halo": 0.36}
BOTH = ("old", "new")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(2):
        (folder / f"{index}.png").write_bytes(tiny_png(index))
    by = CountingTagger("old", OLD, ("miku",)), CountingTagger("new", NEW)
    list(caption(CaptionSettings(folder, folder), never, *by))
    return folder


def asked(folder: Path, **doubts: object) -> list[tuple[str, float]]:
    """The questions about the first picture."""
    pairs = unsure_pairs(folder, Doubts(0.35, 0.85, **doubts))  # type: ignore[arg-type]
    return [(p.tag, round(p.probability, 2)) for p in pairs if p.picture.stem == "0"]


def test_the_nearest_to_the_threshold_come_first(pictures: Path) -> None:
    # A character is held against the threshold for characters; ratings are never asked about.
    assert asked(pictures, models=("old",)) == [("hat", 0.4), ("cat", 0.3), ("miku", 0.8)]
    assert asked(pictures, models=("new",)) == [("halo", 0.36), ("cat", 0.3)]


def test_of_several_the_combined_score_counts(pictures: Path) -> None:
    found = dict(asked(pictures, models=BOTH, how=INTERSECTION))
    assert found == {"halo": 0.36, "hat": 0.4, "cat": 0.3, "miku": 0.8}


@pytest.mark.parametrize("how", COMBINE)
def test_where_they_disagree_the_widest_first(pictures: Path, how: str) -> None:
    """Only what both know; hat is above the threshold for both, cat below for both."""
    assert asked(pictures, models=BOTH, how=how, disagreements=True) == [("bow", 0.7)]
    doubts = Doubts(0.5, 0.85, BOTH, how, disagreements=True)
    pairs = [p for p in unsure_pairs(pictures, doubts) if p.picture.stem == "0"]
    assert [p.tag for p in pairs] == ["bow", "hat"]
    said = [(name, round(p, 2)) for name, p in pairs[1].said]
    assert said == [("old", 0.4), ("new", 0.9)]


def test_one_alone_never_disagrees(pictures: Path) -> None:
    assert asked(pictures, models=("old",), disagreements=True) == []
    assert asked(pictures, models=("old", "unheard of"), disagreements=True) == []


def test_an_answer_is_a_persons_word_and_is_not_asked_again(pictures: Path) -> None:
    doubts = Doubts(0.35, 0.85, BOTH, disagreements=True)
    first = unsure_pairs(pictures, doubts)[0]
    assert first.present
    with Journal(pictures) as journal:
        assert answer(journal, first, yes=False) is None
    path = first.picture.with_suffix(".txt")
    assert "bow" not in parse_tags(path.read_text("utf-8"))
    assert first.picture not in {p.picture for p in unsure_pairs(pictures, doubts)}
    by = CountingTagger("old", OLD, ("miku",)), CountingTagger("new", NEW)
    list(caption(CaptionSettings(pictures, pictures), never, *by))
    assert "bow" not in parse_tags(path.read_text("utf-8"))
