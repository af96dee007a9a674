"""The tag editor's engine against a simple model: edits, conflicts, bulk changes, undo, redo and new
captions, by two editors on one folder; another program that writes, deletes and replaces; and kills.

No tag is lost or changed that nobody changed: after every step each caption holds exactly the text
that the model says.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nasutui.core.editing.bulk_edit import Operation, adding, apply, plan, removing, replacing
from nasutui.core.errors import CaptionError
from nasutui.core.events import ItemFailed, never
from nasutui.tag_desk import TagDesk
from tests.support.caption_folder import temporaries
from tests.support.crash_desk import Killer, caption_again, open_desk
from tests.support.desk_model import FileStep, Model, Text, tags_of, written
from tests.support.known_tags import keys
from tests.support.said_tagger import tiny_png

STEMS = ("a", "-rf", "絵 [b]", "c_jp")
TAGS = [
    "1girl", "solo", "blue_hair", "^_^", ":d", ">_<", 'don\'t_say_"lazy"', "poster_(object)",
    "\\m/", "2024", "0", "青い目", "[bold]x[/nope]", "é", "e\u0301", "x" * 200,
]  # fmt: skip
SAID = ["1girl", "solo", "blue_hair", "^_^", "hat", "smile"]
tag = st.sampled_from(TAGS)
tag_lists = st.lists(tag, max_size=5, unique=True)
stems = st.sampled_from(STEMS)
editors = st.sampled_from([0, 1])
WAYS = {
    "plain": lambda text: text.encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "lines": lambda text: text.replace(", ", "\r\n").encode() + b"\r\n",
    "shift_jis": lambda text: text.encode("cp932", "replace"),
    "loose": lambda text: f"  {text} ,, \n".replace(", ", " , ").encode(),
    "no text": lambda _text: b"\xff\xfe\xfd\x00\xff",
}


class TwoEditors(RuleBasedStateMachine):
    killer = Killer()
    walks = kills = 0

    def __init__(self) -> None:
        super().__init__()
        TwoEditors.walks += 1
        self.folder = Path(tempfile.mkdtemp(prefix="nasutui-desks-"))
        self.model = Model({})
        self.pictures: set[str] = set()
        self.desks: list[TagDesk] = []
        self.colour = 0

    @initialize(texts=st.lists(tag_lists, min_size=len(STEMS), max_size=len(STEMS)))
    def begin(self, texts: list[list[str]]) -> None:
        for stem, tags in zip(STEMS, texts, strict=True):
            self.put_picture(stem)
            if tags:
                self.write(stem, written(tags))
        self.desks = [open_desk(self.folder) for _ in range(2)]

    def teardown(self) -> None:
        for desk in self.desks:
            desk.close()
        shutil.rmtree(self.folder)

    # -- small helpers ------------------------------------------------------------------------

    def put_picture(self, stem: str) -> None:
        self.colour += 1
        (self.folder / f"{stem}.png").write_bytes(tiny_png(self.colour))
        self.pictures.add(stem)

    def write(self, stem: str, text: Text) -> None:
        """Another program does."""
        path = self.folder / f"{stem}.txt"
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(text)
        self.model.files[path.name] = text

    def slot(self, editor: int, stem: str) -> int | None:
        """Where an editor shows a picture, or None; it may not have looked lately."""
        desk = self.desks[editor]
        found = desk.dataset.slots_of(self.folder / f"{stem}.txt")
        return found[0] if found else None

    def held(self) -> dict[str, Text]:
        names = {*self.model.files, *(p.name for p in self.folder.glob("*.txt"))}
        return {name: self.read(name) for name in names}

    def read(self, name: str) -> Text:
        path = self.folder / name
        return path.read_bytes() if path.exists() else None

    # -- a person at one of two editors -------------------------------------------------------

    def edit(self, editor: int, stem: str, after: tuple[str, ...], *, always: bool = False) -> None:
        desk, slot, name = self.desks[editor], self.slot(editor, stem), f"{stem}.txt"
        if slot is None:
            return
        shown, there = desk.dataset.tags(slot), tags_of(self.model.files.get(name))
        change = desk.rewrite if always else desk.edit
        try:
            conflict = change(slot, after, "an edit")
        except CaptionError:
            assert there is None
            return
        assert there is not None
        assert (conflict is not None) == (shown != there)
        if conflict is not None:
            assert (conflict.theirs, conflict.mine) == (there, after)
            return
        if always or after != shown or self.model.files.get(name) is None:
            self.model.record({name: written(after)})
        assert desk.dataset.tags(slot) == after

    @rule(editor=editors, stem=stems, tags=tag_lists)
    def edits_whole(self, editor: int, stem: str, tags: list[str]) -> None:
        self.edit(editor, stem, tuple(tags))

    @rule(editor=editors, stem=stems)
    def mends_the_form(self, editor: int, stem: str) -> None:
        slot = self.slot(editor, stem)
        if slot is not None:
            self.edit(editor, stem, self.desks[editor].dataset.tags(slot), always=True)

    @rule(editor=editors, stem=stems, how=st.sampled_from(["add", "delete", "front", "down"]),
          place=st.integers(0, 4), new=tag)  # fmt: skip
    def edits_one_tag(self, editor: int, stem: str, how: str, place: int, new: str) -> None:
        slot = self.slot(editor, stem)
        if slot is None:
            return
        tags = list(self.desks[editor].dataset.tags(slot))
        if how == "add":
            tags.append(new)
        elif place < len(tags):
            moved = tags.pop(place)
            if how != "delete":
                tags.insert(0 if how == "front" else place + 1, moved)
        self.edit(editor, stem, tuple(tags))

    @rule(editor=editors, stem=stems, tags=tag_lists,
          answer=st.sampled_from(["mine", "theirs", "both"]),
          again=st.one_of(st.none(), tag_lists))  # fmt: skip
    def settles_a_conflict(
        self, editor: int, stem: str, tags: list[str], answer: str, again: list[str] | None
    ) -> None:
        """Another program writes, the editor has not looked, the person answers; meanwhile it
        may write once more."""
        slot, name = self.slot(editor, stem), f"{stem}.txt"
        if slot is None:
            return
        self.write(stem, written([*tags, "theirs"]))
        desk = self.desks[editor]
        conflict = desk.edit(slot, ("mine",), "an edit")
        if conflict is None:  # the very same tags were shown
            self.model.record({name: b"mine"})
            return
        if again is not None:
            self.write(stem, written(again))
        chosen = {
            "mine": conflict.mine, "theirs": conflict.theirs,
            "both": (*conflict.theirs, *conflict.mine),
        }[answer]  # fmt: skip
        next_conflict = desk.settle(conflict, chosen, "settled")
        there = tags_of(self.model.files[name])
        assert (next_conflict is not None) == (there != conflict.theirs)
        if next_conflict is None and chosen != conflict.theirs:
            self.model.record({name: written(chosen)})

    @rule(editor=editors, stem=stems, one=tag, rejected=st.booleans())
    def says_no_to_a_proposal(self, editor: int, stem: str, one: str, rejected: bool) -> None:
        """Or takes that back. The file stays; the tagger may not bring the tag, and undo knows it."""
        slot, name = self.slot(editor, stem), f"{stem}.txt"
        there = tags_of(self.model.files.get(name))
        if slot is None or keys([one]) & keys(there or ()):
            return
        desk, before = self.desks[editor], self.model.known_of(name)
        steps = len(desk.journal.history())
        try:
            desk.reject(slot, one, rejected=rejected)
        except CaptionError:
            assert there is None
            return
        assert there is not None
        after = self.model.after_word(name, one, rejected=rejected)
        made = len(desk.journal.history()) > steps
        assert made or after.removed == self.model.looked(name).removed
        if made:
            text = self.model.files.get(name)
            self.model.add({name: FileStep(text, text, before, after)})
            self.model.known[name] = after

    @rule(editor=editors, chosen=st.sets(stems), what=st.sampled_from(["add", "remove", "replace"]),
          one=tag, other=tag)  # fmt: skip
    def changes_many(self, editor: int, chosen: set[str], what: str, one: str, other: str) -> None:
        operation: Operation = {
            "add": adding([one]), "remove": removing([one]), "replace": replacing(one, [other]),
        }[what]  # fmt: skip
        desk = self.desks[editor]
        shown = [
            (slot, self.folder / f"{stem}.txt", desk.dataset.tags(slot))
            for stem in sorted(chosen)
            if (slot := self.slot(editor, stem)) is not None
        ]
        planned = plan(shown, operation, never)
        fits = {p.path.name: written(p.after) for p in planned
                if tags_of(self.model.files.get(p.path.name)) == p.before}  # fmt: skip
        events = list(apply(self.folder, planned, "many", never))
        failed = {e.path.name for e in events if isinstance(e, ItemFailed)}
        assert failed == {p.path.name for p in planned} - fits.keys()
        self.model.record(fits)
        desk.seen([p.path for p in planned])

    # -- undo and redo ------------------------------------------------------------------------

    @rule(editor=editors, back=st.booleans())
    def turns(self, editor: int, back: bool) -> None:
        self.turn(editor, back=back)

    @rule(editor=editors, back=st.booleans(), steps=st.integers(2, 6))
    def goes_far(self, editor: int, back: bool, steps: int) -> None:
        """To any point of the history."""
        for _ in range(steps):
            self.turn(editor, back=back)

    def turn(self, editor: int, *, back: bool) -> None:
        step, new = self.model.next_turn(back=back), self.model.turned(back=back)
        outcome = self.desks[editor].turn(back=back)
        if step is None:
            assert outcome is None
            return
        assert outcome is not None
        assert {p.name for p in outcome.written} == new.keys()
        wanted = {n for n, file in step.files.items() if file.writes and file.undone != back}
        assert {r.path.name for r in outcome.refused} == wanted - new.keys()
        self.model.turn(back=back)

    # -- the tagger ---------------------------------------------------------------------------

    @rule(said=st.lists(st.sampled_from(SAID), max_size=5, unique=True),
          threshold=st.sampled_from([0.35, 0.6, 0.8]))  # fmt: skip
    def captions_again(self, said: list[str], threshold: float) -> None:
        if not self.pictures:
            return
        events = caption_again(self.folder, said, threshold)
        failed = {e.path.name for e in events if isinstance(e, ItemFailed)}
        assert failed == {n for s in self.pictures
                          if tags_of(self.model.files.get(n := f"{s}.txt")) is None}  # fmt: skip
        self.take_captions(said, sure=said if threshold == 0.35 else [])

    def take_captions(self, said: list[str], sure: list[str]) -> None:
        """What the tagger made of the captions must keep what persons did."""
        made = {}
        for name, text in self.held().items():
            before = self.model.files.get(name)
            if text == before:
                continue
            assert name.removesuffix(".txt") in self.pictures
            now, old = keys(tags_of(text) or ()), keys(tags_of(before) or ())
            known = self.model.looked(name)
            assert known.added & old <= now
            assert not (known.removed - old) & now
            assert now <= old | keys(said)
            if before is None:
                assert now >= keys(sure) - known.removed
            made[name] = text
        self.model.record(made, by_tagger=True)

    # -- another program ----------------------------------------------------------------------

    @rule(stem=stems, tags=tag_lists, way=st.sampled_from(sorted(WAYS)), replace=st.booleans())
    def another_program_writes(self, stem: str, tags: list[str], way: str, replace: bool) -> None:
        data = WAYS[way](", ".join(tags))
        path = self.folder / f"{stem}.txt"
        if replace:
            temporary = self.folder / "other.partial"
            temporary.write_bytes(data)
            temporary.replace(path)
        else:
            path.write_bytes(data)
        self.model.files[path.name] = data

    @rule(stem=stems)
    def another_program_deletes_a_caption(self, stem: str) -> None:
        self.write(stem, None)

    @rule(stem=stems)
    def another_program_deletes_a_picture(self, stem: str) -> None:
        (self.folder / f"{stem}.png").unlink(missing_ok=True)
        self.pictures.discard(stem)

    @rule(stem=stems)
    def another_program_brings_a_picture(self, stem: str) -> None:
        self.put_picture(stem)

    # -- looking, leaving, being killed -------------------------------------------------------

    @rule(editor=editors)
    def looks(self, editor: int) -> None:
        desk = self.desks[editor]
        desk.look()
        self.check_shown(desk)

    @rule(editor=editors)
    def reopens(self, editor: int) -> None:
        self.desks[editor].close()
        self.desks[editor] = open_desk(self.folder)
        self.check_shown(self.desks[editor])

    def check_shown(self, desk: TagDesk) -> None:
        dataset = desk.dataset
        there = {n for n, text in self.model.files.items() if text is not None}
        shown = {dataset.caption_path(slot).name: slot for slot in dataset.order}
        assert shown.keys() == there | {f"{stem}.txt" for stem in self.pictures}
        for name, slot in shown.items():
            tags = tags_of(self.model.files.get(name))
            assert dataset.tags(slot) == (tags or ())
            assert (dataset.state(slot).unreadable is not None) == (tags is None)
            assert dataset.entry(slot).exists == (name in there)

    @precondition(lambda self: self.pictures)
    @rule(point=st.integers(1, 40), tags=tag_lists, what=st.sampled_from(["edit", "bulk", "caption"]),
          stem=stems, said=st.lists(st.sampled_from(SAID), min_size=1, max_size=4, unique=True))  # fmt: skip
    def is_killed_while_changing(
        self, point: int, tags: list[str], what: str, stem: str, said: list[str]
    ) -> None:
        name = f"{stem}.txt"
        if what == "edit" and (
            tags_of(self.model.files.get(name)) is None
            or not (stem in self.pictures or self.model.files.get(name) is not None)
        ):
            return
        new: dict[str, Text] = {}
        if what == "edit":
            new = {name: written(tags)}
            if self.model.files.get(name) is not None and tags_of(self.model.files[name]) == tuple(
                tags
            ):
                new = {}
        elif what == "bulk":
            for each, text in self.model.files.items():
                have = tags_of(text)
                if have is not None and (text is not None or each[:-4] in self.pictures):
                    after = tuple(adding(tags)(0, have))
                    if after != have:
                        new[each] = written(after)
        killed = self.killer.kill(
            self.folder, point, what=what, caption=name, tags=tags, said=said, threshold=0.35,
            captions=sorted(self.model.files),
        )  # fmt: skip
        self.open_after_kill()
        held = self.held()
        if what == "caption":
            self.take_captions(said, sure=said)
            return
        old = {n: self.model.files.get(n) for n in new}
        now = {n: held.get(n) for n in new}
        assert now == new or (killed and now == old)
        if now == new:
            self.model.record(new)

    @rule(point=st.integers(1, 30), back=st.booleans())
    def is_killed_while_turning(self, point: int, back: bool) -> None:
        new = self.model.turned(back=back)
        old = {name: self.model.files.get(name) for name in new}
        killed = self.killer.kill(self.folder, point, what="turn", back=back)
        self.open_after_kill()
        held = self.held()
        now = {name: held.get(name) for name in new}
        assert now == new or (killed and now == old)
        if new and now == new:
            self.model.turn(back=back)
        elif not new and self.states() != self.model.history():
            self.model.turn(back=back)  # of what is only remembered, the history tells

    def states(self) -> list[tuple[int, str]]:
        return [(c.files, c.state) for c in self.desks[0].journal.history()]

    def open_after_kill(self) -> None:
        TwoEditors.kills += 1
        self.desks[0].close()
        self.desks[0] = open_desk(self.folder)
        assert temporaries(self.folder) == []

    # -- the promise --------------------------------------------------------------------------

    @invariant()
    def every_caption_is_as_the_model_says(self) -> None:
        held = self.held()
        assert held == {name: self.model.files.get(name) for name in held}

    @invariant()
    def the_history_is_as_the_model_says(self) -> None:
        if self.desks and self.desks[1].has_journal:
            found = [(c.files, c.state) for c in self.desks[1].journal.history()]
            assert found == self.model.history()


SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}
LONG = {**SLOW, "derandomize": False}
TwoEditors.TestCase.settings = settings(
    max_examples=15, stateful_step_count=25, report_multiple_bugs=False, **SLOW
)


@pytest.fixture(autouse=True, scope="module")
def _end_the_killer() -> object:
    yield
    TwoEditors.killer.close()


TestTwoEditors = TwoEditors.TestCase


@pytest.mark.soak
def test_for_as_long_as_it_takes() -> None:
    until = time.monotonic() + 60
    rounds = 0
    TwoEditors.walks = TwoEditors.kills = 0
    while time.monotonic() < until and rounds < 400:
        rounds += 1
        walk = settings(max_examples=4, stateful_step_count=40, database=None, **LONG)
        run_state_machine_as_test(seed(rounds)(TwoEditors), settings=walk)
    print(f"{TwoEditors.walks} walks of up to 40 steps, {TwoEditors.kills} kills")
    assert TwoEditors.walks >= 20
