"""Counting tags: the same numbers as by hand."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from nasutui.core.dataset.statistics import tag_counts, together_with
from nasutui.core.editing.captions import tag_key
from tests.support.dataset_facts import load, write


def test_every_tag_is_counted_once_a_picture_in_its_usual_spelling(tmp_path: Path) -> None:
    write(tmp_path, {"a": "1girl, open mouth, Open_Mouth", "b": "open mouth", "c": "Open_Mouth, x",
                     "d": None})  # fmt: skip
    dataset = load(tmp_path)
    counts = tag_counts(dataset)
    assert [(c.tag, c.count, c.share) for c in counts] == [
        ("open mouth", 3, 0.75), ("1girl", 1, 0.25), ("x", 1, 0.25)
    ]  # fmt: skip
    assert [c.key for c in counts] == ["open_mouth", "1girl", "x"]
    b_and_c = dataset.order[1:3]
    assert [(c.key, c.count, c.share) for c in tag_counts(dataset, b_and_c)] == [
        ("open_mouth", 2, 1.0), ("x", 1, 0.5)
    ]  # fmt: skip
    assert tag_counts(dataset, []) == []


def test_what_stands_together_is_counted_from_both_sides(tmp_path: Path) -> None:
    write(tmp_path, {"a": "hat, red", "b": "hat, red", "c": "hat", "d": "red", "e": "blue"})
    dataset = load(tmp_path)
    (red,) = together_with(dataset, "HAT")
    assert (red.tag, red.both, red.count) == ("red", 2, 3)
    assert (red.share, red.of_this) == (2 / 3, 2 / 3)
    assert together_with(dataset, "nowhere") == []
    assert together_with(dataset, "blue") == []
    assert together_with(dataset, "hat", dataset.order[2:]) == []


def test_the_counts_follow_changes_and_agree_with_counting_by_hand(tmp_path: Path) -> None:
    choice = random.Random(5)
    tags = [f"t{n}" for n in range(12)] + ["T1", "t 2", "t_2"]
    write(tmp_path, {f"i{n}": ", ".join(choice.choices(tags, k=6)) for n in range(40)})
    dataset = load(tmp_path)
    for _round in range(3):
        for number in choice.sample(range(40), 7):
            text = ", ".join(choice.choices(tags, k=5))
            (tmp_path / f"i{number}.txt").write_text(text)
        (tmp_path / f"i{choice.randrange(40)}.png").unlink(missing_ok=True)
        dataset.refresh()
        rows = [{tag_key(t) for t in dataset.tags(slot)} for slot in dataset.order]
        by_hand = Counter(key for row in rows for key in row)
        assert {c.key: c.count for c in tag_counts(dataset)} == by_hand
        with_t1 = Counter(key for row in rows if "t1" in row for key in row - {"t1"})
        assert {t.key: t.both for t in together_with(dataset, "t1")} == with_t1
