"""The Tags workplace: what the tagger thinks, and what it says beside the caption."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nasutui.core.editing.captions import encode_caption
from nasutui.core.editing.provenance import Memory
from nasutui.core.history.journal import Edit, Journal
from nasutui.core.project import TAGGED, create_project
from nasutui.core.tagging.scores import Scores, ScoreStore, TagTable
from nasutui.widgets.row_list import RowList
from nasutui.widgets.tag_list import PROPOSED, REJECTED, TAG
from tests.support.screen_text import screen_text
from tests.support.tags_app import caption_of, make_app, make_folder, settled, typed

TABLE = TagTable(("1girl", "blue_hair", "smile", "hat", "rarely", "general"), (0, 0, 0, 0, 0, 9))
PROBABILITIES = (0.99, 0.80, 0.30, 0.20, 0.02, 0.9)
SAID = ("1girl", "blue_hair")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one picture that a tagger has seen and captioned."""
    root = create_project(tmp_path / "project", trigger="").root
    tagged = make_folder(root / TAGGED, {"img1": None})
    digest = hashlib.sha256((tagged / "img1.png").read_bytes()).hexdigest()
    with closing(ScoreStore(root)) as store:
        model = store.model_id("key", "a tagger", TABLE)
        dense = np.array(PROBABILITIES, np.float32)
        store.put(digest, model, Scores.from_dense(dense, TABLE))
    with Journal(root) as journal, journal.change("caption", "captioned") as change:
        memory = Memory(SAID).to_json()
        change.apply([Edit(tagged / "img1.txt", None, encode_caption(SAID), None, memory)])
    return tagged


async def opened(pilot: object) -> object:
    app = pilot.app  # type: ignore[attr-defined]
    if app.current_mode != "tags":
        app.action_place("tags")
    screen = await settled(pilot)  # type: ignore[arg-type]
    screen.read_details_now()
    return await settled(pilot)  # type: ignore[arg-type]


def rows(screen: object) -> list[tuple[str, str]]:
    return [(r.kind, r.tag) for r in screen.tag_list.items if r.kind != "line"]  # type: ignore[attr-defined]


async def test_scores_origins_and_proposals(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        assert rows(screen) == [
            (TAG, "1girl"), (TAG, "blue_hair"), (PROPOSED, "smile"), (PROPOSED, "hat"),
        ]  # fmt: skip
        await pilot.press("a")
        await typed(pilot, "猫耳")
        await pilot.press("enter")
        origins = {r.tag: r.origin for r in screen.tag_list.items}
        assert origins["1girl"] == "tagger"
        assert origins["cat_ears"] == "person"
        text = screen_text(app)
        assert ".80" in text
        assert "the tagger also saw" in text


async def test_accept_and_reject(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("l", "down", "down", "y")  # smile
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_hair, smile"
        screen.tag_list.action_to(
            next(i for i, r in enumerate(screen.tag_list.items) if r.tag == "hat")
        )
        await pilot.press("d")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_hair, smile"
        assert (REJECTED, "hat") in rows(screen)
        with Journal(folder.parent) as journal:
            memory = Memory.from_json(journal.memory(folder / "img1.txt"))
        assert memory.removed == ("hat",)  # no tagger brings it from now on
        screen.tag_list.action_to(
            next(i for i, r in enumerate(screen.tag_list.items) if r.tag == "hat")
        )
        await pilot.press("d")
        await settled(pilot)
        assert (PROPOSED, "hat") in rows(screen)


async def test_what_is_rejected_is_a_step_of_undo_also_after_a_restart(folder: Path) -> None:
    def removed() -> tuple[str, ...]:
        with Journal(folder.parent) as journal:
            return Memory.from_json(journal.memory(folder / "img1.txt")).removed

    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("l", "down", "down", "d")  # smile
        await settled(pilot)
        assert (REJECTED, "smile") in rows(screen)
        assert " not smile" in screen_text(app)
        await pilot.press("u")
        screen = await opened(pilot)
        assert (PROPOSED, "smile") in rows(screen)
        assert "undone" in screen_text(app)
        await pilot.press("ctrl+r")
        screen = await opened(pilot)
        assert (REJECTED, "smile") in rows(screen)
        assert removed() == ("smile",)

    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert (REJECTED, "smile") in rows(screen)
        await pilot.press("l", "end", "d")  # smile may come back
        await settled(pilot)
        assert removed() == ()
        await pilot.press("H")
        await pilot.pause()
        text = screen_text(app)
        assert "img1.png: smile may come back" in text
        assert "img1.png: not smile" in text
        await pilot.press("down", "down", "enter")  # back to before both
        await pilot.pause()
        assert "not smile" in screen_text(app)  # what going there will do
        assert "smile may come back" in screen_text(app)
        await pilot.press("y")
        screen = await opened(pilot)
        assert removed() == ()
        await pilot.press("ctrl+r")
        screen = await opened(pilot)
        assert removed() == ("smile",)
        assert (REJECTED, "smile") in rows(screen)
        assert caption_of(folder, "img1") == "1girl, blue_hair"  # all the while


async def test_tags_are_sorted_by_their_score(folder: Path) -> None:
    (folder / "img1.txt").write_bytes(b"mine, smile, blue_hair, 1girl, hat")
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("b")
        screen = app.screen
        kinds = screen.query_one("#kinds", RowList)
        kinds.action_to([kind.name for kind in kinds.items].index("sort-score"))
        await pilot.pause()
        screen.plan_now()
        await settled(pilot)
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl, blue_hair, smile, hat, mine"


async def test_a_deleted_tag_is_a_persons_word(folder: Path) -> None:
    app = make_app(folder.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("l", "down", "d")
        await settled(pilot)
        assert caption_of(folder, "img1") == "1girl"
        with Journal(folder.parent) as journal:
            memory = Memory.from_json(journal.memory(folder / "img1.txt"))
        assert "blue_hair" in memory.removed
        await pilot.press("b")
        await pilot.press("escape")
