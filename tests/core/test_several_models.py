"""Several taggers caption one dataset: what each said is kept, and their word is one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from nasutui.core.editing.captions import parse_tags
from nasutui.core.editing.listing import scan
from nasutui.core.editing.provenance import Memory
from nasutui.core.errors import SettingsError
from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, never
from nasutui.core.history.journal import Journal
from nasutui.core.project import create_project, open_project, update_project
from nasutui.core.run import RunSettings, caption_settings, run
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.combine import INTERSECTION, MEAN, UNION
from nasutui.core.tagging.scores import ScoreStore
from nasutui.core.tagging.selection import SelectionRules
from tests.support.commands import batch, environment
from tests.support.counting_tagger import CountingTagger
from tests.support.said_tagger import tiny_png
from tests.support.wd14 import write_model

OLD = {"general": 0.9, "1girl": 0.9, "hat": 0.5, "bow": 0.25, "miku": 0.95}
NEW = {"general": 0.2, "sensitive": 0.7, "1girl": 0.8, "Hat": 0.25, "bow": 0.5, "halo": 0.75}
CAPTIONS = {
    UNION: ["miku", "1girl", "halo", "hat", "bow"],
    INTERSECTION: ["miku", "1girl", "halo"],
    MEAN: ["miku", "1girl", "halo", "hat", "bow"],
}


def taggers() -> tuple[CountingTagger, CountingTagger]:
    return CountingTagger("old", OLD, ("miku",)), CountingTagger("new", NEW)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(6):
        (folder / f"{index}.png").write_bytes(tiny_png(index))
    return folder


def tagged(folder: Path, *by: CountingTagger, how: str = UNION, **options: object) -> list[Event]:
    rules = SelectionRules(threshold=0.35)
    settings = CaptionSettings(folder, folder, rules=rules, combine=how, **options)  # type: ignore[arg-type]
    return list(caption(settings, never, *by))


def captions(folder: Path) -> set[str]:
    return {p.read_text("utf-8") for p in folder.glob("*.txt")}


def summary(events: list[Event]) -> dict[str, object]:
    last = events[-1]
    assert isinstance(last, Finished)
    return dict(last.summary)


@pytest.mark.parametrize("how", [UNION, INTERSECTION, MEAN])
def test_their_word_is_one_caption(pictures: Path, how: str) -> None:
    events = tagged(pictures, *taggers(), how=how)
    assert captions(pictures) == {", ".join(CAPTIONS[how])}
    assert summary(events)["model"] == f"old + new ({how})"


def test_each_looks_once_whatever_is_asked_later(pictures: Path) -> None:
    old, new = taggers()
    assert summary(tagged(pictures, old))["inferred"] == 6
    assert summary(tagged(pictures, old, new))["inferred"] == 6
    for by in ((old, new), (new, old), (new,), (old,)):
        for how in (UNION, INTERSECTION, MEAN):
            assert summary(tagged(pictures, *by, how=how))["inferred"] == 0
    assert (old.looked, new.looked) == (6, 6)
    (pictures / "more.png").write_bytes(tiny_png(77))
    assert summary(tagged(pictures, old, new))["inferred"] == 1
    assert (old.looked, new.looked) == (7, 7)


def test_what_each_said_is_kept_as_it_was_said(pictures: Path) -> None:
    tagged(pictures, *taggers(), how=MEAN)
    with closing(ScoreStore(pictures)) as store:
        kept = {
            name: {tuple(scores.as_dict(table).items()) for _picture, scores in store.all(number)}
            for number, name, table in store.models()
        }
    assert sorted(kept) == ["new", "old"]  # the combination is no model of its own
    for name, says in (("old", OLD), ("new", NEW)):
        (said,) = kept[name]
        assert dict(said) == pytest.approx(says, abs=0.001)


def test_a_persons_tags_survive_another_way_of_combining(pictures: Path) -> None:
    tagged(pictures, *taggers(), how=UNION)
    (pictures / "0.txt").write_text("mine, miku, 1girl, hat, bow", encoding="utf-8")
    tagged(pictures, *taggers(), how=INTERSECTION)
    assert (pictures / "0.txt").read_text("utf-8") == "mine, miku, 1girl"
    tagged(pictures, *taggers(), how=UNION)  # halo was removed by hand: it never comes back
    tags = parse_tags((pictures / "0.txt").read_text("utf-8"))
    assert tags[0] == "mine"
    assert set(tags) == {"mine", "miku", "1girl", "hat", "bow"}


def test_the_taggers_word_is_the_combined_one(pictures: Path) -> None:
    tagged(pictures, *taggers(), how=INTERSECTION)
    with Journal(pictures) as journal:
        memory = Memory.from_json(journal.memory(pictures / "0.txt"))
    assert memory == Memory(tuple(CAPTIONS[INTERSECTION]))


def test_the_likeliest_rating_of_both(pictures: Path) -> None:
    rules = SelectionRules(threshold=0.35, ratings=True)
    by = taggers()
    for how, rating in ((UNION, "general"), (INTERSECTION, "sensitive"), (MEAN, "sensitive")):
        settings = CaptionSettings(pictures, pictures, rules=rules, combine=how)
        list(caption(settings, never, *by))
        assert {c.rpartition(", ")[2] for c in captions(pictures)} == {rating}


def test_the_order_of_taggers_makes_no_difference_to_the_tags(pictures: Path) -> None:
    for how in (UNION, INTERSECTION, MEAN):
        found = []
        for order in (1, -1):
            tagged(pictures, *taggers()[::order], how=how, existing="overwrite")
            found.append({frozenset(parse_tags(c.casefold())) for c in captions(pictures)})
        assert found[0] == found[1]


def test_a_broken_picture_is_named_once(pictures: Path) -> None:
    (pictures / "3.png").write_bytes(b"no picture")
    events = tagged(pictures, *taggers())
    assert [e.path.name for e in events if isinstance(e, ItemFailed)] == ["3.png"]
    assert summary(events)["made"] == 5


def test_what_was_seen_is_reported_with_the_picture(pictures: Path) -> None:
    old, new = taggers()
    (first, *_rest) = [e for e in tagged(pictures, old, new) if isinstance(e, ItemDone)]
    assert first.detail["picture"] == "0.png"
    best = first.detail["best"]
    assert [tag for tag, _p in best] == ["miku", "1girl", "halo", "hat", "bow"]
    assert [p for _tag, p in best] == sorted((p for _tag, p in best), reverse=True)
    again = [e for e in tagged(pictures, old, new, how=MEAN) if isinstance(e, ItemDone)]
    assert all("best" not in e.detail for e in again)  # nobody looked


# -- batch and project.toml ----------------------------------------------------------------


def coloured(folder: Path, count: int = 3) -> Path:
    from tests.tui.conftest import picture_bytes

    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        (folder / f"{index}.png").write_bytes(picture_bytes((250, 30 * index, 0)))
    return folder


def test_the_flags_of_the_command(tmp_path: Path) -> None:
    folder, model = coloured(tmp_path / "p"), write_model(tmp_path / "model")
    env = environment(tmp_path)

    def do(*arguments: object) -> dict[str, object]:
        answer = batch("caption", "--input", folder, "--output", folder, *arguments, env=env)
        assert (answer.code, answer.stderr) == (0, b"")
        return answer.summary

    alone = do("--model", model)
    assert alone["inferred"] == 3
    only = {frozenset(parse_tags(c)) for c in captions(folder)}
    both = do("--model", model, "--model", "embedded")
    assert both["inferred"] == 3  # by the embedded one alone
    assert str(both["model"]).endswith("model + embedded (union)")
    union = {frozenset(parse_tags(c)) for c in captions(folder)}
    assert all(any(few < many for few in only) for many in union)
    assert do("--model", "embedded", "--model", model, "--combine", "mean")["inferred"] == 0
    # The same model twice is one voice.
    assert do("--model", model, "--model", model)["model"] == alone["model"]
    assert {frozenset(parse_tags(c)) for c in captions(folder)} == only


def test_another_way_of_combining_is_wrong_usage(tmp_path: Path) -> None:
    answer = batch("caption", "--input", tmp_path, "--output", tmp_path, "--combine", "max")
    assert answer.code == 2


def test_one_model_that_can_not_be_had_stops_before_anything_is_written(tmp_path: Path) -> None:
    folder, model = coloured(tmp_path / "p"), write_model(tmp_path / "model")
    answer = batch("caption", "--input", folder, "--output", folder, "--model", model, "--model",
                   tmp_path / "nowhere", env=environment(tmp_path))  # fmt: skip
    assert answer.code == 1
    assert answer.of("error")[0]["code"] == "model-unknown"
    assert scan(folder).pictures and not captions(folder)


def test_a_project_captions_with_several(tmp_path: Path) -> None:
    root = create_project(tmp_path / "nasu", model="embedded").root
    coloured(root / "1_raw_images")
    write_model(root / "tagger")
    update_project(root, {"caption": {"models": ("tagger", "embedded"), "combine": "intersection"}})
    settings = caption_settings(open_project(root))
    assert (settings.model, settings.also) == (str(root / "tagger"), ("embedded",))
    assert settings.combine == INTERSECTION
    events = list(run(RunSettings(root), never))
    summaries = {e.step: e.summary for e in events if isinstance(e, Finished)}
    assert summaries["caption"]["model"].endswith("tagger + embedded (intersection)")
    again = list(run(RunSettings(root), never))
    assert {e.action for e in again if isinstance(e, ItemDone)} == {"unchanged"}


@pytest.mark.parametrize(
    "values",
    [{"combine": "max"}, {"models": ["a", " "]}, {"models": "embedded"}, {"models": [1]}],
)
def test_settings_that_can_not_be_are_named(tmp_path: Path, values: dict[str, object]) -> None:
    root = create_project(tmp_path / "nasu").root
    with pytest.raises(SettingsError, match=rf"caption\.{next(iter(values))}"):
        update_project(root, {"caption": values})
