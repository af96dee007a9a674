"""What is shown before a run is what the run does: other rules, other taggers, a person's tags."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from nasutui.core.editing.captions import parse_tags, tag_key
from nasutui.core.events import never
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.combine import COMBINE, INTERSECTION, MEAN, UNION
from nasutui.core.tagging.live import LiveScores
from nasutui.core.tagging.live_loading import load_live
from nasutui.core.tagging.scores import CHARACTER, GENERAL, RATING, Scores, TagTable
from nasutui.core.tagging.selection import SelectionRules
from tests.support.counting_tagger import CountingTagger
from tests.support.said_tagger import tiny_png

GENERAL_TAGS = tuple(f"tag_{i}" for i in range(30))


class Dice:
    """A tagger whose scores come from the picture's bytes."""

    def __init__(self, name: str, tags: tuple[str, ...]) -> None:
        self.name = self.key = name
        names = ("general", "explicit", *tags, f"{name}_chan")
        kinds = (RATING, RATING, *(GENERAL,) * len(tags), CHARACTER)
        self.table = TagTable(names, kinds)

    def scores(self, source: Path | bytes) -> Scores:
        data = source.read_bytes() if isinstance(source, Path) else source
        dice = np.random.default_rng([*data[-30:], *self.name.encode()])
        dense = dice.choice([0, 0.001, 0.2, 0.35, 0.5, 0.7, 0.9], len(self.table))
        return Scores.from_dense(dense.astype(np.float32), self.table)


ONE, TWO = Dice("one", GENERAL_TAGS[:20]), Dice("two", GENERAL_TAGS[10:])


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(8):
        (folder / f"{index}.png").write_bytes(tiny_png(index))
    return folder


def texts(folder: Path) -> dict[str, tuple[str, ...]]:
    return {p.stem: parse_tags(p.read_text("utf-8")) for p in sorted(folder.glob("*.png.txt"))} | {
        p.stem: parse_tags(p.with_suffix(".txt").read_text("utf-8"))
        if p.with_suffix(".txt").exists() else ()
        for p in sorted(folder.glob("*.png"))
    }  # fmt: skip


def tagged(folder: Path, *by: Dice, **options: object) -> None:
    list(caption(CaptionSettings(folder, folder, **options), never, *by))  # type: ignore[arg-type]


def live(folder: Path, *by: str, how: str = UNION) -> LiveScores:
    found = load_live(folder, never, by, how)
    assert found is not None
    return found


def edit_by_hand(folder: Path, dice: random.Random) -> None:
    """As a person with another program does: tags out, tags in, files gone, files emptied."""
    for path in sorted(folder.glob("*.txt")):
        tags = list(parse_tags(path.read_text("utf-8")))
        dice.shuffle(tags)
        tags = tags[: dice.randint(0, len(tags))]
        tags += dice.sample(["mine", "tag_3", "tag_25", "Tag 12", "new name"], dice.randint(0, 2))
        if dice.random() < 0.15:
            path.unlink()
        else:
            path.write_text(", ".join(dict.fromkeys(tags)), encoding="utf-8")


def any_rules(dice: random.Random) -> SelectionRules:
    replace = {"tag_1": "new_name", "tag_2": "new_name", "tag_4": "tag_15", "tag_15": "tag_16"}
    chosen = dice.sample(sorted(replace), dice.randint(0, 3))
    return SelectionRules(
        threshold=dice.choice([0.0, 0.2, 0.35, 0.6, 1.0]),
        character_threshold=dice.choice([0.35, 0.9]), mcut=dice.random() < 0.3,
        ratings=dice.random() < 0.5, exclude=tuple(dice.sample(["tag_1*", "tag_7", "one_*"], 1)),
        replace=tuple((old, replace[old]) for old in chosen),
    )  # fmt: skip


def change(before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]):
    """Picture -> (keys that came, keys that went), where anything did."""
    found = {}
    for stem, tags in after.items():
        old, new = ({tag_key(t) for t in some} for some in (before[stem], tags))
        if old != new:
            found[stem] = (new - old, old - new)
    return found


@pytest.mark.parametrize("existing", ["merge", "append", "overwrite", "skip"])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_shown_is_what_is_written(pictures: Path, seed: int, existing: str) -> None:
    dice = random.Random(seed)
    tagged(pictures, ONE)
    tagged(pictures, TWO)
    tagged(pictures, ONE, TWO, combine=dice.choice(COMBINE), rules=any_rules(dice))
    edit_by_hand(pictures, dice)
    by = dice.choice([(ONE,), (TWO,), (ONE, TWO), (TWO, ONE)])
    how, rules = dice.choice(COMBINE), any_rules(dice)
    effect = live(pictures, *(d.name for d in by), how=how).effect(rules, existing, most=100)
    before = texts(pictures)
    tagged(pictures, *by, combine=how, rules=rules, existing=existing)
    after = texts(pictures)
    done = change(before, after)
    shown = {
        path.stem: ({tag_key(t) for t in come}, {tag_key(t) for t in go})
        for path, come, go in effect.most
    }
    assert shown == done
    assert effect.come == sum(len(come) for come, _go in done.values())
    assert effect.go == sum(len(go) for _come, go in done.values())
    assert list(effect.per_picture) == [len({tag_key(t) for t in tags}) for tags in after.values()]
    again = live(pictures, *(d.name for d in by), how=how).effect(rules, existing)
    if existing != "append":  # a tag that a person removed is appended again by every run
        assert (again.come, again.go) == (0, 0)


def test_spellings_alone_are_a_change_of_their_own(pictures: Path) -> None:
    tagged(pictures, ONE)
    (pictures / "0.txt").write_text("tag 1, mine", encoding="utf-8")  # spelt by a person: it stays
    with_spaces = SelectionRules(spaces=True)
    effect = live(pictures).effect(with_spaces)
    assert (effect.come, effect.go) == (0, 0)
    before = texts(pictures)
    tagged(pictures, ONE, rules=with_spaces)
    changed = [stem for stem, tags in texts(pictures).items() if tags != before[stem]]
    assert effect.respelt == effect.changed == len(changed) == 7
    assert live(pictures).effect(with_spaces).changed == 0


def test_the_taggers_that_are_asked_for_are_shown(pictures: Path) -> None:
    tagged(pictures, ONE)
    assert live(pictures, "two").model_name == "one"  # nothing is known of two
    tagged(pictures, TWO)
    assert live(pictures).model_name == "two"
    assert live(pictures, "one").model_name == "one"
    assert live(pictures, "one", "two", how=MEAN).model_name == "one + two (mean)"
    assert live(pictures, "one", "three").models == ("two",)


def test_pictures_without_scores_are_counted(pictures: Path) -> None:
    tagged(pictures, ONE)
    (pictures / "late.png").write_bytes(tiny_png(99))
    (pictures / "3.txt").write_bytes(b"\x81\xff\xff")  # no text: the run will name it
    found = live(pictures)
    assert (len(found.pictures), found.unscored) == (7, 2)


def test_without_scores_there_is_nothing_to_show(pictures: Path) -> None:
    assert load_live(pictures, never) is None
    assert load_live(pictures, lambda: True) is None


def test_a_combination_is_live(pictures: Path) -> None:
    says = {"hat": 0.5, "bow": 0.9}, {"hat": 0.25, "halo": 0.5}
    by = [CountingTagger(f"{i}", said) for i, said in enumerate(says)]
    list(caption(CaptionSettings(pictures, pictures), never, *by))
    found = live(pictures, "0", "1", how=INTERSECTION)
    effect = found.effect(SelectionRules())
    assert (effect.come, effect.go, effect.changed) == (0, 8, 8)
    assert {go for _path, _come, go in effect.most} == {("hat",)}
    assert found.effect(SelectionRules(threshold=0.2)).changed == 0
