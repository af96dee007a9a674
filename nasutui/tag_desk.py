"""The captions of one folder as the Tags workplace works on them: the model in memory, the journal
through which every change goes, and the counts that the screens show."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.damage import is_marked
from nasutui.core.database import database_path, state_root
from nasutui.core.dataset.completion import Completer
from nasutui.core.dataset.model import Changes, Dataset
from nasutui.core.dataset.vocabulary import Row
from nasutui.core.editing.captions import (
    KAOMOJI,
    encode_caption,
    parse_tags,
    tag_key,
    with_spaces,
    with_underscores,
)
from nasutui.core.editing.changing import OnDisk, read_caption, with_memory
from nasutui.core.editing.listing import instead_of
from nasutui.core.editing.provenance import Memory, edited, fresh, notice
from nasutui.core.errors import CaptionError, NasutuiError
from nasutui.core.events import Cancelled, Event, ItemFailed, Note
from nasutui.core.history.journal import ChangeInfo, Edit, Journal, Outcome
from nasutui.core.i18n import _
from nasutui.core.japanese.dictionary import Dictionary, dictionary
from nasutui.core.japanese.own_words import own_files
from nasutui.core.problems.finding import Problem, Rules, find
from nasutui.core.state import finish_what_is_half_done
from nasutui.core.tagging.scores import ScoreStore
from nasutui.core.tagging.selection import SelectionRules
from nasutui.core.text import display_name
from nasutui.workspace import Workspace

STEP = "tags"
_LOOK_SHARE = 20  # a look at the folder may take a twentieth of the time


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another program changed a caption that was being edited. shown: what the screen showed;
    mine: what it was to become; theirs: what is on the disk now."""

    slot: int
    path: Path
    shown: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """Every tag of the dataset counted: rows that were counted, tag key -> pictures that have it,
    and how often each spelling is used."""

    rows: dict[int, Row]
    here: dict[str, int]
    tags: list[str]
    uses: list[int]


class TagDesk:
    """Used from the UI's thread, but for `load`, `recover`, `look` and `count`. Close it when it is left."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.folder = workspace.tagged
        self.root = state_root(self.folder)
        settings = workspace.project.settings if workspace.project else None
        self.trigger = parse_tags(settings.project.trigger) if settings else ()
        self.selection = _selection(workspace)
        rules = (
            Rules(self.trigger, settings.training.max_token_length, settings.caption.ratings)
            if settings
            else Rules()
        )
        self.dataset = Dataset(self.folder, rules)
        self.marked: set[int] = set()
        self.counts: dict[str, int] = {}
        self.spaces = self.selection.spaces
        self._spellings: dict[str, str] = {}
        self._counted: dict[int, Row] = {}
        self._journal: Journal | None = None
        self._problems: dict[int, tuple[object, list[Problem]]] = {}
        self._looked, self._look_cost = 0.0, 0.0
        self._folder_time = 0
        self._completer: Completer | None = None

    def close(self) -> None:
        """Let go of the journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    @property
    def journal(self) -> Journal:
        """The folder's journal, opened when it is first needed. Raises StateError."""
        if is_marked(database_path(self.root)):
            self.close()  # it is set aside when nobody has it open
        if self._journal is None:
            self._journal = Journal(self.root)
        return self._journal

    @property
    def has_journal(self) -> bool:
        """False for a folder in which nothing was ever changed."""
        return database_path(self.root).is_file()

    # -- reading ------------------------------------------------------------------------------

    def load(self, cancelled: Cancelled) -> Iterator[Event]:
        """Read the folder; in a thread. Raises InputError."""
        self._folder_time = self._time_of_folder()
        yield from self.dataset.load(cancelled)

    def recover(self) -> list[str]:
        """Finish what a crash left half done; in a thread. Sentences for the person: what was
        finished, or why the history can't be used (the captions can be looked at all the same)."""
        try:
            said = list(finish_what_is_half_done(self.folder))
        except NasutuiError as error:
            return [str(error)]
        notes = [event.text for event in said if isinstance(event, Note)]
        return [*notes, *(event.reason for event in said if isinstance(event, ItemFailed))]

    def look(self) -> Changes:
        """Look at the folder again; in a thread. Raises InputError."""
        began = time.monotonic()
        self._folder_time = self._time_of_folder()
        changes = self.dataset.refresh()
        self._looked = time.monotonic()
        self._look_cost = self._looked - began
        return changes

    @property
    def should_look(self) -> bool:
        """True when the folder's own time says that files came or went (also by an atomic
        replacement), or it is time for a look at every file."""
        if self._time_of_folder() != self._folder_time:
            return True
        return time.monotonic() - self._looked >= _LOOK_SHARE * self._look_cost

    def _time_of_folder(self) -> int:
        try:
            return self.folder.stat().st_mtime_ns
        except OSError:
            return -1

    def count(self) -> Counted:
        """Count every tag anew, after the folder was read; in a thread."""
        import numpy as np

        dataset = self.dataset
        with dataset.lock:
            rows = {slot: dataset.row(slot) for slot in dataset.order}
            _slots, keys = dataset.index.pairs(dataset.size)
            tags, names = list(dataset.vocabulary.tags), list(dataset.vocabulary.keys)
        here = np.bincount(keys, minlength=len(names)).tolist() if len(names) else []
        ids = np.frombuffer(b"".join(rows.values()), np.int32)
        uses = np.bincount(ids, minlength=len(tags)).tolist() if len(tags) else []
        return Counted(rows, dict(zip(names, here, strict=False)), tags, uses)

    def take(self, counted: Counted) -> None:
        """Use what `count` found."""
        self._counted = counted.rows
        self.counts.clear()
        self.counts.update(counted.here)
        by_use = sorted(zip(counted.uses, counted.tags, strict=True), key=lambda item: item[0])
        self._spellings = {tag_key(tag): tag for uses, tag in by_use if uses}
        spaced = sum(uses for uses, tag in by_use if " " in tag)
        joined = sum(uses for uses, tag in by_use if "_" in tag and tag not in KAOMOJI)
        if spaced or joined:
            self.spaces = spaced > joined
        self.count_again(list(self.dataset.order))

    def count_again(self, slots: Iterable[int]) -> None:
        """Bring the counts up to date with these slots' captions."""
        for slot in slots:
            row, before = self.dataset.row(slot), self._counted.get(slot, b"")
            if row is not before:
                self._count(slot, row, before)
                for tag in self.dataset.tags(slot):
                    self._spellings.setdefault(tag_key(tag), tag)

    def _count(self, slot: int, row: Row, before: Row) -> None:
        keys_of = self.dataset.vocabulary.keys_of
        for key in set(keys_of(before)):
            self.counts[key] -= 1
        for key in set(keys_of(row)):
            self.counts[key] = self.counts.get(key, 0) + 1
        self._counted[slot] = row

    @property
    def words(self) -> Dictionary:
        """The dictionary with the project's and the user's own words. Raises SettingsError."""
        return dictionary(own_files(self.root))

    def japanese(self, tag: str) -> str:
        """What a tag is called in Japanese, "" when nobody knows."""
        with contextlib.suppress(NasutuiError):
            entry = self.words.translate(tag)
            return entry.display if entry else ""
        return ""

    def completer(self) -> Completer:
        """Completes tags from the dictionary, the models and this dataset."""
        if self._completer is None:
            known: list[str] = []
            if self.has_journal:
                with contextlib.suppress(NasutuiError):
                    store = ScoreStore(self.root)
                    with contextlib.closing(store):
                        known = [n for _i, _name, t in store.models() for n in t.names]
            self._completer = Completer(self.words, self.counts, known)
        return self._completer

    def spelling(self, tag: str, *, typed: bool = False) -> str:
        """A tag as this dataset writes it. typed: as somebody typed it; one that is new here
        stays as it is then."""
        known = self._spellings.get(tag_key(tag))
        if known is not None or typed:
            return known or tag
        return with_spaces(tag) if self.spaces else with_underscores(tag)

    def problems(self, slot: int) -> list[Problem]:
        """What is wrong with a caption; remembered until the caption changes."""
        dataset = self.dataset
        file = dataset.caption_file(slot)
        now = (dataset.row(slot), file)
        known = self._problems.get(slot)
        if known is not None and known[0] == now:
            return known[1]
        found = find(dataset.tags(slot), dataset.rules, file)
        if len(self._problems) > 5000:
            self._problems.clear()
        self._problems[slot] = (now, found)
        return found

    # -- changing -----------------------------------------------------------------------------

    def edit(self, slot: int, after: Sequence[str], label: str) -> Conflict | None:
        """Make a picture's caption hold these tags, on disk before this returns. Answers with a
        Conflict when the file is not as it is shown. Raises CaptionError, StateError."""
        path, shown = self._file(slot), self.dataset.tags(slot)
        now = self._readable(path)
        if now.caption.tags != shown:
            return Conflict(slot, path, shown, tuple(after), now.caption.tags)
        if now.data is not None and tuple(after) == shown:
            return None
        return self._write(slot, now, after, label)

    def settle(self, conflict: Conflict, tags: Sequence[str], label: str) -> Conflict | None:
        """Write what was chosen in a conflict, if the file is still what was shown in it."""
        now = self._readable(conflict.path)
        if now.caption.tags != conflict.theirs:
            return Conflict(conflict.slot, conflict.path, conflict.theirs, tuple(tags),
                            now.caption.tags)  # fmt: skip
        if tuple(tags) == conflict.theirs:
            self.seen([conflict.path])
            return None
        return self._write(conflict.slot, now, tags, label)

    def rewrite(self, slot: int, after: Sequence[str], label: str) -> Conflict | None:
        """Like `edit`, and writes also when only the form of the file changes (encoding, lines)."""
        path, shown = self._file(slot), self.dataset.tags(slot)
        now = self._readable(path)
        if now.caption.tags != shown:
            return Conflict(slot, path, shown, tuple(after), now.caption.tags)
        return self._write(slot, now, after, label)

    def _file(self, slot: int) -> Path:
        """The caption file as it is now; one may have come that the list does not know yet."""
        listed = self.dataset.caption_path(slot)
        return instead_of(listed) or listed

    def _readable(self, path: Path) -> OnDisk:
        try:
            return read_caption(path)
        except CaptionError as error:
            name = display_name(path.name)
            text = str(error) if name in str(error) else f"{name}: {error}"
            raise CaptionError(text, code=error.code) from error

    def _write(self, slot: int, now: OnDisk, after: Sequence[str], label: str) -> Conflict | None:
        known = self.journal.memory(now.path)
        edit = with_memory(Edit(now.path, now.data, encode_caption(after)), known)
        with self.journal.change(STEP, label) as change:
            refused = change.apply([edit])
        self.seen([now.path])
        if not refused:
            return None
        if refused[0].code == "changed-meanwhile":
            theirs = self._readable(now.path).caption.tags
            return Conflict(slot, now.path, now.caption.tags, tuple(after), theirs)
        raise CaptionError(refused[0].reason, code=refused[0].code)

    def seen(self, paths: Iterable[Path]) -> tuple[int, ...]:
        """Read these captions again after a change of ours; the slots that changed."""
        ours = [p for p in paths if p.parent == self.folder]
        changes = self.dataset.reread(ours)
        slots = (*changes.added, *changes.changed, *changes.removed)
        self.count_again(slots)
        self._folder_time = self._time_of_folder()
        return slots

    def reject(self, slot: int, tag: str, *, rejected: bool) -> None:
        """Remember that a person does not want this tag on this picture (or does not mind any
        more), so that no tagger brings it: one step of undo. Raises CaptionError, StateError."""
        path = self._file(slot)
        now = self._readable(path)
        known = self.journal.memory(path)
        memory, tags = Memory.from_json(known), now.caption.tags
        if now.data is None:
            memory = fresh(memory)
        if rejected:
            new = edited(memory, tags, tags, removed=(tag,))
        else:
            noticed, key = notice(memory, tags), tag_key(tag)
            kept = tuple(t for t in noticed.removed if tag_key(t) != key)
            new = Memory(noticed.tagger, noticed.added, kept)
        said = _("not {tag}") if rejected else _("{tag} may come back")
        name = display_name(name_of(self.dataset, slot))
        label = f"{name}: {said.format(tag=display_name(tag))}"
        with self.journal.change(STEP, label, keep=True) as change:
            change.apply([Edit(path, now.data, now.data, known, new.to_json())])
        self.seen([path])

    # -- history ------------------------------------------------------------------------------

    def next_turn(self, *, back: bool) -> ChangeInfo | None:
        """The change that undo (or redo) is about; None when there is none. Raises StateError."""
        if not self.has_journal:
            return None
        return self.journal.next_undo() if back else self.journal.next_redo()

    def turn(self, *, back: bool) -> Outcome | None:
        """Undo or redo one change. Raises StateError."""
        outcome = self.journal.undo() if back else self.journal.redo()
        if outcome is not None:
            refused = (r.path for r in outcome.refused)
            self.seen([*outcome.written, *outcome.remembered, *refused])
        return outcome


def name_of(dataset: Dataset, slot: int) -> str:
    """The file name that stands for a slot: the picture's, or the caption's when there is none."""
    item = dataset.item(slot)
    return item.picture or item.caption


def _selection(workspace: Workspace) -> SelectionRules:
    if workspace.project is None:
        return SelectionRules()
    section = workspace.project.settings.caption
    return SelectionRules(
        section.threshold, section.character_threshold, section.mcut, section.ratings,
        section.exclude, tuple(section.replace.items()), section.spaces,
    )  # fmt: skip
