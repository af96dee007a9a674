"""A person and a tagger at the same caption, in any order, for as long as it takes.

The model is the promise: a tag that a person added is never lost, a tag that a person removed does
not come back until the person adds it, undo and redo bring back the exact bytes.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nasutui.core.editing.captions import decode_caption, tag_key
from nasutui.core.editing.edit import AddTagSettings, EditSettings, add_tag, edit
from nasutui.core.errors import InputError
from nasutui.core.events import Events, ItemFailed, never
from nasutui.core.history.steps import HistorySettings, redo, undo
from nasutui.core.tagging.caption import CaptionSettings, caption
from tests.support.caption_folder import collect
from tests.support.known_tags import Known, keys
from tests.support.said_tagger import SaidTagger, tiny_png

TAGS = ["1girl", "solo", "blue_hair", "Blue hair", "^_^", ":d", "poster_(object)", "nasumiso_style"]
some_tags = st.lists(st.sampled_from(TAGS), max_size=4, unique_by=tag_key)
one_tag = st.sampled_from(TAGS)
WAYS = {
    "plain": lambda text: text.encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "lines": lambda text: text.replace(", ", "\r\n").encode() + b"\r\n",
    "utf-16": lambda text: text.encode("utf-16"),
    "loose": lambda text: f"  {text} ,, \n".replace(", ", " , ").encode(),
}


@dataclass
class Step:
    before: bytes | None
    after: bytes | None
    known_before: Known
    known_after: Known
    undone: bool = field(default=False)


class PersonAndTagger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="nasutui-machine-"))
        (self.folder / "img.png").write_bytes(tiny_png())
        self.file = self.folder / "img.txt"
        self.known = Known()
        self.steps: list[Step] = []
        self.ever_added: set[str] = set()
        self.ever_removed: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def bytes(self) -> bytes | None:
        return self.file.read_bytes() if self.file.exists() else None

    def tags(self) -> tuple[str, ...]:
        data = self.bytes()
        return decode_caption(data).tags if data is not None else ()

    def do(self, events: Events, added: set[str], removed: set[str]) -> None:
        """Run a step of nasutui by which the person wants these tags in and out."""
        before, looked = self.bytes(), self.known.look(keys(self.tags()))
        self.ever_added |= looked.added
        self.ever_removed |= looked.removed
        assert not [e for e in collect(events) if isinstance(e, ItemFailed)]
        self.known = looked.want(added, removed, keys(self.tags()))
        if self.bytes() != before:
            self.steps = [s for s in self.steps if not s.undone]
            self.steps.append(Step(before, self.bytes(), looked, self.known))

    @rule(said=some_tags)
    def the_tagger_speaks(self, said: list[str]) -> None:
        """Another threshold, another model."""
        before = self.tags()
        step = CaptionSettings(self.folder, self.folder, workers=1)
        self.do(caption(step, never, SaidTagger(said)), set(), set())
        now = keys(self.tags())
        assert keys(said) - now <= self.known.removed | self.ever_removed
        assert now <= keys(said) | self.known.added | self.ever_added
        if before:
            stayed = [t for t in map(tag_key, before) if t in now]
            assert stayed == [t for t in map(tag_key, self.tags()) if t in stayed]

    @precondition(lambda self: self.file.exists())
    @rule(tags=some_tags.filter(bool))
    def a_person_adds(self, tags: list[str]) -> None:
        self.ever_added |= keys(tags)
        step = EditSettings(self.folder, add=tuple(tags))
        self.do(edit(step, never), keys(tags), set())
        assert keys(tags) <= keys(self.tags())

    @precondition(lambda self: self.file.exists())
    @rule(tags=some_tags.filter(bool))
    def a_person_removes(self, tags: list[str]) -> None:
        self.ever_removed |= keys(tags)
        step = EditSettings(self.folder, remove=tuple(tags))
        self.do(edit(step, never), set(), keys(tags))
        assert not keys(tags) & keys(self.tags())

    @precondition(lambda self: self.file.exists())
    @rule(old=one_tag, new=one_tag)
    def a_person_replaces(self, old: str, new: str) -> None:
        was_there = tag_key(old) in keys(self.tags())
        added = {tag_key(new)} if was_there else set()
        self.ever_added |= added
        self.ever_removed |= {tag_key(old)} if was_there else set()
        step = EditSettings(self.folder, replace=((old, new),))
        self.do(edit(step, never), added, {tag_key(old)} if was_there else set())

    @precondition(lambda self: self.file.exists())
    @rule(tag=one_tag, position=st.sampled_from(["start", "end"]))
    def a_person_puts_the_trigger(self, tag: str, position: str) -> None:
        self.ever_added.add(tag_key(tag))
        step = AddTagSettings(self.folder, tag, position)
        self.do(add_tag(step, never), {tag_key(tag)}, set())
        assert self.tags()[0 if position == "start" else -1] == tag

    @precondition(lambda self: self.file.exists())
    @rule(tags=some_tags, way=st.sampled_from(sorted(WAYS)))
    def another_program_writes(self, tags: list[str], way: str) -> None:
        before, spelt = keys(self.tags()), set(self.tags())
        self.file.write_bytes(WAYS[way](", ".join(tags)))
        self.ever_added |= {tag_key(t) for t in tags if t not in spelt}
        self.ever_removed |= before - keys(tags)

    @rule()
    def undo(self) -> None:
        self.turn([s for s in self.steps if not s.undone][-1:], back=True)

    @rule()
    def redo(self) -> None:
        self.turn([s for s in self.steps if s.undone][:1], back=False)

    def turn(self, steps: list[Step], *, back: bool) -> None:
        run = undo if back else redo
        held = self.bytes()
        try:
            collect(run(HistorySettings(self.folder), never))
        except InputError:
            assert not steps
            return
        (step,) = steps
        have, want = (step.after, step.before) if back else (step.before, step.after)
        if held != have:
            assert self.bytes() == held
            return
        assert self.bytes() == want
        step.undone = back
        self.known = step.known_before if back else step.known_after

    @invariant()
    def the_promise_holds(self) -> None:
        """Only what nasutui does is bound by it; what another program did is looked at first."""
        known, now = self.known.look(keys(self.tags())), keys(self.tags())
        assert known.added <= now
        assert not known.removed & now


SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}
PersonAndTagger.TestCase.settings = settings(max_examples=40, stateful_step_count=25, **SLOW)
TestPersonAndTagger = PersonAndTagger.TestCase


@pytest.mark.soak
def test_for_as_long_as_it_takes() -> None:
    run_state_machine_as_test(
        PersonAndTagger, settings=settings(max_examples=1500, stateful_step_count=40, **SLOW)
    )
