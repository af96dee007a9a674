"""The real tag editor, driven by keys in any order, against a simple model: every caption holds what
the model says after each of them, and the screen shows it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from nasutui.core.editing.captions import tag_key
from nasutui.screens.conflict import ConflictScreen
from nasutui.screens.tags import TagsScreen
from tests.support.desk_model import Model, Text, tags_of, written
from tests.support.known_tags import keys
from tests.support.tags_app import make_app, make_folder, settled, shown, tags_shown, typed

TAGS = [
    "hat", "^_^", ":d", ">_<", 'don\'t_say_"lazy"', "poster_(object)", "\\m/", "2024", "青い目",
    "x" * 200, "[bold]y[/nope]",
]  # fmt: skip
START: dict[str, bytes | str | None] = {
    "img1": "1girl, solo, ^_^", "img2": "青い空, 1boy".encode("cp932"),
    "img3": b"\xef\xbb\xbf1girl\r\nsmile\r\n", "[bold]x[": None, "img10": "1girl, 2024",
}  # fmt: skip
FILTERS = {
    "1girl": lambda tags: "1girl" in tags,
    "-1girl": lambda tags: "1girl" not in tags,
    "untagged": lambda tags: not tags,
    "": lambda _tags: True,
}
places = st.integers(0, 4)
actions = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(TAGS)),
    st.tuples(st.just("add"), st.sampled_from(TAGS)),
    st.tuples(st.sampled_from(["delete", "up", "down", "front"]), places),
    st.tuples(st.sampled_from(["undo", "redo", "undo"]), st.none()),
    st.tuples(st.sampled_from(["next", "previous", "copy", "paste"]), st.none()),
    st.tuples(st.just("filter"), st.sampled_from(sorted(FILTERS))),
    st.tuples(st.just("another program"), st.tuples(places, st.sampled_from(["", "x, ^_^", "1girl"]))),
    st.tuples(st.just("conflict"), st.tuples(st.sampled_from(TAGS), st.sampled_from("tmb"))),
)  # fmt: skip


class Person:
    """At the keyboard, with the model beside it."""

    def __init__(self, folder: Path, pilot: Pilot[None], screen: TagsScreen, model: Model) -> None:
        self.folder, self.pilot, self.screen, self.model = folder, pilot, screen, model
        self.copied: tuple[str, ...] = ()
        self.conflicts = 0

    @property
    def name(self) -> str:
        """The caption of the picture under the cursor."""
        assert self.screen.desk is not None and self.screen.slot is not None
        return self.screen.desk.dataset.caption_path(self.screen.slot).name

    def tags(self) -> tuple[str, ...]:
        return tags_of(self.model.files[self.name]) or ()

    async def press(self, *names: str) -> None:
        await self.pilot.press(*names)
        await settled(self.pilot)

    async def do(self, what: str, detail: object) -> None:
        if self.screen.slot is None and what != "filter":
            return
        match what:
            case "add":
                await self.add(str(detail))
            case "delete" | "up" | "down" | "front":
                await self.on_tag(what, int(str(detail)))
            case "undo" | "redo":
                await self.press("u" if what == "undo" else "ctrl+r")
                self.model.turn(back=what == "undo")
            case "next" | "previous":
                await self.press("j" if what == "next" else "k")
            case "copy":
                await self.press("c")
                self.copied = self.tags()
            case "paste":
                before = self.tags()
                await self.press("p")
                new = [t for t in self.copied if tag_key(t) not in keys(before)]
                if new:
                    self.model.record({self.name: written([*before, *new])})
            case "filter":
                await self.filter(str(detail))
            case "another program":
                await self.another_program(*detail)  # type: ignore[misc]
            case "conflict":
                await self.conflict(*detail)  # type: ignore[misc]

    async def meant(self, text: str) -> list[str]:
        """Type into the line; what the line takes it for."""
        await self.press("a")
        await typed(self.pilot, text)
        await settled(self.pilot)
        return self.screen._meant(self.screen.line.value)

    async def add(self, text: str) -> None:
        before, name = self.tags(), self.name
        meant = await self.meant(text)
        await self.press("enter")
        new = [t for t in meant if tag_key(t) not in keys(before)]
        if new:
            self.model.record({name: written([*before, *new])})
        await self.press("escape")

    async def on_tag(self, what: str, place: int) -> None:
        tags = list(self.tags())
        if place >= len(tags):
            return
        await self.press("l", "home", *["j"] * place)
        key = {"delete": "d", "up": "K", "down": "J", "front": "f"}[what]
        await self.press(key)
        moved = tags.pop(place)
        if what != "delete":
            target = {"up": place - 1, "down": place + 1, "front": 0}[what]
            tags.insert(target if 0 <= target <= len(tags) else place, moved)
        if tuple(tags) != self.tags():
            self.model.record({self.name: written(tags)})
        await self.press("h")

    async def filter(self, query: str) -> None:
        await self.press("slash")
        self.screen.filter_line.value = ""
        await typed(self.pilot, query)
        await self.press("enter")
        fits = {n for n, text in self.model.files.items() if FILTERS[query](tags_of(text) or ())}
        assert {n.replace(".png", ".txt") for n in shown(self.screen)} == fits

    async def another_program(self, place: int, text: str) -> None:
        name = sorted(self.model.files)[place]
        self.write(name, text.encode())
        assert self.screen.desk is not None
        self.screen._look(self.screen.desk)
        await settled(self.pilot)

    def write(self, name: str, text: bytes) -> None:
        (self.folder / name).write_bytes(text)
        self.model.files[name] = text

    async def conflict(self, text: str, answer: str) -> None:
        """Another program writes just before Enter; the person answers."""
        before, name = self.tags(), self.name
        meant = await self.meant(text)
        self.conflicts += 1
        theirs = (*before, f"theirs {self.conflicts}")
        self.write(name, written(theirs))
        await self.press("enter")
        new = [t for t in meant if tag_key(t) not in keys(before)]
        if isinstance(self.pilot.app.screen, ConflictScreen):
            await self.press(answer)
            chosen = {"m": [*before, *new], "b": [*theirs, *new], "t": list(theirs)}[answer]
            if answer != "t":
                self.model.record({name: written(chosen)})
        elif self.model.files[name] != (self.folder / name).read_bytes():
            # The editor had looked in the moment between.
            self.model.record({name: written([*theirs, *new])})
        await self.press("escape")

    def check(self) -> None:
        for name, text in self.model.files.items():
            path = self.folder / name
            held: Text = path.read_bytes() if path.exists() else None
            assert held == text, name
        if self.screen.slot is not None:
            assert tags_shown(self.screen) == list(self.tags())


async def drive(steps: list[tuple[str, object]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="nasutui-keys-"))
    try:
        make_folder(folder, START)
        model = Model(
            {f"{n}.txt": t.encode() if isinstance(t, str) else t for n, t in START.items()}
        )
        app = make_app(folder)
        async with app.run_test(size=(100, 30)) as pilot:
            person = Person(folder, pilot, await settled(pilot), model)
            for what, detail in steps:
                await person.do(what, detail)
                person.check()
    finally:
        shutil.rmtree(folder)


SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


def test_a_walk_of_many_keys() -> None:
    steps: list[tuple[str, object]] = [
        ("add", "^_^"), ("next", None), ("add", "poster_(object)"), ("front", 2),
        ("conflict", ("hat", "b")), ("undo", None), ("another program", (2, "x, ^_^")),
        ("undo", None), ("redo", None), ("next", None), ("delete", 0), ("filter", "1girl"),
        ("add", "\\m/"), ("undo", None), ("conflict", ("2024", "t")),
    ]  # fmt: skip
    asyncio.run(drive(steps))


@pytest.mark.soak
def test_keys_for_as_long_as_it_takes() -> None:
    until = time.monotonic() + 90

    @settings(max_examples=150, report_multiple_bugs=False, database=None, **SLOW)  # type: ignore[arg-type]
    @given(st.lists(actions, min_size=20, max_size=60))
    def walk(steps: list[tuple[str, object]]) -> None:
        if time.monotonic() < until:
            asyncio.run(drive(steps))

    walk()
