"""The simple model that the tag editor is held against: files, and one history of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nasutui.core.editing.captions import decode_caption
from nasutui.core.errors import CaptionError
from tests.support.known_tags import Known, keys

Text = bytes | None  # None: no file


@dataclass
class FileStep:
    """What one change did to one file."""

    before: Text
    after: Text
    known_before: Known
    known_after: Known
    undone: bool = False

    @property
    def writes(self) -> bool:
        """False when only what is remembered of the file changes."""
        return self.before != self.after


@dataclass
class Step:
    """One change: what undo takes back at once. state: applied, undone or dropped."""

    files: dict[str, FileStep]
    state: str = "applied"


def tags_of(text: Text) -> tuple[str, ...] | None:
    """The tags of a caption; None when it can't be read."""
    try:
        return decode_caption(text).tags if text is not None else ()
    except CaptionError:
        return None


def written(tags: tuple[str, ...] | list[str]) -> bytes:
    """How nasutui writes tags."""
    return ", ".join(tags).encode()


@dataclass
class Model:
    """files: what each caption must hold now. known: what a person wanted of each."""

    files: dict[str, Text]
    known: dict[str, Known] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def known_of(self, name: str) -> Known:
        return self.known.get(name, Known())

    def looked(self, name: str) -> Known:
        """What is known after a look at the file as it is. One that is gone begins anew; what was
        taken out before stays out."""
        if self.files.get(name) is None:
            return Known(removed=self.known_of(name).removed)
        return self.known_of(name).look(keys(tags_of(self.files.get(name)) or ()))

    def record(self, new: Mapping[str, Text], *, by_tagger: bool = False) -> None:
        """A change of these files through nasutui, one step; a person's doing or a tagger's."""
        files = {}
        for name, text in new.items():
            before = self.files.get(name)
            if text == before:
                continue
            known = self.looked(name)
            old, now = keys(tags_of(before) or ()), keys(tags_of(text) or ())
            wanted = (set[str](), set[str]()) if by_tagger else (now - old, old - now)
            after = known.want(*wanted, now)
            files[name] = FileStep(before, text, known, after)
            self.files[name], self.known[name] = text, after
        self.add(files)

    def add(self, files: dict[str, FileStep]) -> None:
        """A step that was made."""
        if files:
            for step in self.steps:
                if step.state == "undone":
                    step.state = "dropped"
            self.steps.append(Step(files))

    def after_word(self, name: str, tag: str, *, rejected: bool) -> Known:
        """What is known of a file when a person has said of a tag that is not in it that it may not
        come, or that it may."""
        known, one = self.looked(name), keys([tag])
        removed = known.removed | one if rejected else known.removed - one
        return Known(known.added, frozenset(removed), known.seen)

    def next_turn(self, *, back: bool) -> Step | None:
        """The step that undo (or redo) is about."""
        if back:
            return next((s for s in reversed(self.steps) if s.state == "applied"), None)
        return next((s for s in self.steps if s.state == "undone"), None)

    def turned(self, *, back: bool) -> dict[str, Text]:
        """What the next undo (or redo) writes: file -> text; files held by others are left out."""
        step = self.next_turn(back=back)
        found: dict[str, Text] = {}
        for name, file in (step.files if step else {}).items():
            have, want = (file.after, file.before) if back else (file.before, file.after)
            if file.writes and file.undone != back and self.files.get(name) == have:
                found[name] = want
        return found

    def turn(self, *, back: bool) -> None:
        """Do it. When every file that would be written is held by others, nothing happens."""
        step, new = self.next_turn(back=back), self.turned(back=back)
        if step is None:
            return
        new |= {name: self.files.get(name) for name, f in step.files.items() if not f.writes}
        if not new:
            return
        for name, text in new.items():
            file = step.files[name]
            file.undone = back
            self.files[name] = text
            self.known[name] = file.known_before if back else file.known_after
        step.state = "undone" if back else "applied"

    def history(self) -> list[tuple[int, str]]:
        """What the list of changes must say, newest first: how many files, state."""
        return [(sum(f.writes for f in s.files.values()), s.state) for s in reversed(self.steps)]
