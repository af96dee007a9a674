"""Filtering by what the tagger thought and by what a person did, as the journal and the score store
have it."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path

import numpy as np
import pytest

from nasutui.core.dataset import score_table
from nasutui.core.dataset.model import Dataset
from nasutui.core.editing.provenance import Memory, notice, overwrite
from nasutui.core.hashes import FileHashes
from nasutui.core.history.journal import Edit, Journal
from nasutui.core.query.terms import COMPARISONS
from nasutui.core.tagging.scores import GENERAL, RATING, Scores, ScoreStore, TagTable
from tests.support.dataset_facts import load, png, shown, write

TABLE = TagTable(("general", "blue_skin", "red_skin", ">_<"), (RATING, GENERAL, GENERAL, GENERAL))


def score(folder: Path, scores: dict[str, tuple[float, float, float]], model: str = "m") -> None:
    """Store scores of pictures as the caption step does: by content, the hash remembered."""
    store = ScoreStore(folder)
    hashes = FileHashes(folder, store.connection)
    number = store.model_id(model, model, TABLE)
    for name, values in scores.items():
        path = folder / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        hashes.remember(path, digest)
        dense = np.array([0.1, *values], np.float32)
        store.put(digest, number, Scores.from_dense(dense, TABLE))
    store.close()


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    write(tmp_path, {"a": "blue_skin", "b": "x", "c": "x", "never": "blue_skin"})
    score(tmp_path, {"a.png": (0.8, 0.001, 0.0), "b.png": (0.35, 0.9, 0.0), "c.png": (0, 0, 0.7)})
    return tmp_path


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("score:blue_skin>0.5", "a"),
        ("score:blue_skin<0.5", "b c"),
        ("score:blue_skin<0.35", "c"),
        ("score:blue_skin<=0.35", "b c"),
        ("score:blue_skin=0.35", "b"),
        ("score:blue_skin>=0.35", "a b"),
        ("score:blue_skin<0.01", "c"),
        ("score:*_skin>0.5", "a b"),
        ("score:*_skin<0.1", "a c"),
        ("score:>_<>0.5", "c"),
        ('score:"blue skin" > 0.5', "a"),
        ("score:unknown<1", ""),
        ("score:blue_skin<0.5 x", "b c"),
        ("-score:blue_skin<0.5", "a never"),
        ("blue_skin score:blue_skin<0.9", "a"),
    ],
)
def test_scores_are_compared_in_every_picture(scored: Path, query: str, names: str) -> None:
    assert shown(load(scored), query) == [f"{name}.png" for name in names.split()]


def test_a_changed_picture_has_no_score_until_it_is_scored_again(scored: Path) -> None:
    dataset = load(scored)
    assert shown(dataset, "score:blue_skin>0.5") == ["a.png"]
    (scored / "a.png").write_bytes(png(9, 9))
    dataset.refresh()
    assert shown(dataset, "score:blue_skin>0.5") == []
    score(scored, {"a.png": (0.6, 0, 0)})
    dataset.forget_scores()
    assert shown(dataset, "score:blue_skin>0.5") == ["a.png"]


def test_the_newest_model_that_knows_these_pictures_speaks(scored: Path) -> None:
    score(scored, {"b.png": (0.9, 0, 0)}, model="newer")
    store = ScoreStore(scored)
    store.model_id("newest", "has scored nothing", TABLE)
    store.close()
    assert shown(load(scored), "score:blue_skin>0.5") == ["b.png"]


@pytest.mark.parametrize("block", [3, 1 << 16])
def test_scores_laid_out_by_tag_say_what_each_picture_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(score_table, "_BLOCK", block)
    dice = np.random.default_rng(3)
    values = [0.0, 0.011, 0.25, 0.35, 0.5, 0.999, 1.0]
    said = {f"p{n}": tuple(float(v) for v in dice.choice(values, 3)) for n in range(20)}
    write(tmp_path, dict.fromkeys(said, "x"))
    score(tmp_path, {f"{name}.png": scores for name, scores in said.items()})
    dataset = load(tmp_path)
    for pattern in ("blue_skin", "*_skin", "*", "none*"):
        names = [n for n in TABLE.names if fnmatch(n, pattern)]
        for sign, compare in COMPARISONS.items():
            for value in (0.0, 0.25, 0.3, 0.35, 0.9995, 1.0):
                wanted = [
                    f"{name}.png"
                    for name, scores in said.items()
                    if any(
                        compare(float(np.float16(s)) if s >= 0.01 else 0.0, np.float16(value))
                        for tag, s in zip(TABLE.names, (0.1, *scores), strict=True)
                        if tag in names
                    )
                ]
                found = shown(dataset, f"score:{pattern}{sign}{value}")
                assert sorted(found) == sorted(wanted), (pattern, sign, value)


def test_asking_leaves_no_trace_in_a_folder_without_a_history(tmp_path: Path) -> None:
    write(tmp_path, {"a": "hat"})
    for query in ("score:hat<1", "added:", "removed:", "dup:", "problem:"):
        shown(load(tmp_path), query)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "a.txt"]


def tag(folder: Path, name: str, said: list[str]) -> None:
    """Write a caption as the tagger does."""
    tags, memory = overwrite(said)
    edit(folder, name, tags, memory)


def edit(folder: Path, name: str, tags: list[str], memory: Memory | None = None) -> None:
    """Change a caption through the journal, as the editor does."""
    path = folder / f"{name}.txt"
    before = path.read_bytes() if path.exists() else None
    with Journal(folder) as journal, journal.change("edit", "by hand") as change:
        known = journal.memory(path)
        after = (memory or notice(Memory.from_json(known), tags)).to_json()
        change.apply([Edit(path, before, ", ".join(tags).encode(), known, after)])


def test_what_a_person_added_and_removed_is_found(tmp_path: Path) -> None:
    write(tmp_path, {"a": None, "b": None, "c": "hat, made elsewhere"})
    tag(tmp_path, "a", ["1girl", "red hat"])
    tag(tmp_path, "b", ["1girl", "solo"])
    edit(tmp_path, "a", ["nasu", "red hat"])
    dataset = load(tmp_path)
    assert shown(dataset, "added:nasu") == ["a.png"]
    assert shown(dataset, "added:red_hat") == []
    assert shown(dataset, "added:1girl") == []
    assert shown(dataset, "removed:1girl") == ["a.png"]
    assert shown(dataset, "added:") == ["a.png", "c.png"]
    assert shown(dataset, "removed:") == ["a.png"]
    assert shown(dataset, "added:h*") == ["c.png"]


def test_it_follows_edits_and_undo(tmp_path: Path) -> None:
    write(tmp_path, {"a": None, "b": None})
    tag(tmp_path, "a", ["1girl"])
    tag(tmp_path, "b", ["1girl"])
    dataset = load(tmp_path)
    assert shown(dataset, "added:hat") == []
    edit(tmp_path, "a", ["1girl", "hat"])
    dataset.reread([tmp_path / "a.txt"])
    assert shown(dataset, "added:hat") == ["a.png"]
    tag(tmp_path, "a", ["1girl", "hat"])
    dataset.reread([tmp_path / "a.txt"])
    assert shown(dataset, "added:hat") == []
    (tmp_path / "b.txt").write_text("hat")
    dataset.refresh()
    assert shown(dataset, "added:hat removed:1girl") == ["b.png"]
    with Journal(tmp_path) as journal:
        for _step in range(2):
            outcome = journal.undo()
            assert outcome is not None
            dataset.reread(outcome.written or [tmp_path / "a.txt"])
    assert dataset.tags(dataset.order[0]) == ("1girl",)
    assert shown(dataset, "added:hat") == ["b.png"]


def test_a_folder_inside_a_project_uses_the_memory_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text("")
    folder = tmp_path / "3_tagged"
    folder.mkdir()
    write(folder, {"a": None})
    path = folder / "a.txt"
    with Journal(tmp_path) as journal, journal.change("caption", "x") as change:
        change.apply([Edit(path, None, b"1girl", None, Memory(("1girl",)).to_json())])
    path.write_text("1girl, hat")
    dataset = Dataset(folder)
    for _event in dataset.load():
        pass
    assert shown(dataset, "added:hat") == ["a.png"]
    assert shown(dataset, "added:1girl") == []


def test_copies_are_the_same_bytes_and_nothing_less(tmp_path: Path) -> None:
    write(tmp_path, {"a": "x", "b": "x", "c": "x"})
    (tmp_path / "a2.png").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "same_length.png").write_bytes(b"x" * len((tmp_path / "a.png").read_bytes()))
    dataset = load(tmp_path)
    assert shown(dataset, "dup:picture") == ["a2.png", "a.png"]
    (tmp_path / "a2.png").write_bytes(png(9, 9))
    dataset.refresh()
    assert shown(dataset, "dup:picture") == []


def test_what_was_gathered_while_pictures_changed_is_gathered_again(tmp_path: Path) -> None:
    write(tmp_path, {"a": "x", "b": "x"})
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    dataset = load(tmp_path)
    gathering = dataset.prepare("dup:picture")
    next(gathering)
    (tmp_path / "c.png").write_bytes((tmp_path / "a.png").read_bytes())
    dataset.refresh()
    for _progress in gathering:
        pass
    assert shown(dataset, "dup:picture") == ["a.png", "b.png", "c.png"]


def test_gathering_that_was_stopped_goes_on_when_asked_again(tmp_path: Path) -> None:
    write(tmp_path, {"a": "x", "b": "x"})
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    score(tmp_path, {"a.png": (0.8, 0, 0)})
    dataset = load(tmp_path)
    for query in ("dup:picture", "score:blue_skin>0.5", "size<9", "problem:"):
        assert list(dataset.prepare(query, lambda: True)) == []
    assert shown(dataset, "dup:picture") == ["a.png", "b.png"]
    assert shown(dataset, "score:blue_skin>0.5") == ["a.png", "b.png"]  # the same content
    assert shown(dataset, "size<9") == ["a.png", "b.png"]
