"""Changing the tags of the picture under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on, work
from textual.widgets import Input, Static

from nasutui.core.dataset.completion import Completion, typed_tags
from nasutui.core.editing.captions import encode_caption, tag_key, unique_tags
from nasutui.core.errors import CaptionError, NasutuiError
from nasutui.core.i18n import _, ngettext
from nasutui.core.japanese.own_words import FILE_NAME, add_own
from nasutui.core.text import display_name
from nasutui.screens.conflict import ConflictScreen
from nasutui.screens.planned import told
from nasutui.screens.tags_find import TagsFind
from nasutui.tag_desk import Conflict
from nasutui.widgets.ask import AskText
from nasutui.widgets.row_list import RowList
from nasutui.widgets.tag_input import CompletionList, TagInput
from nasutui.widgets.tag_list import LINE, TAG, TagList, TagRow


@dataclass(frozen=True, slots=True)
class Editing:
    """The tag that the line is about to replace: of which picture, what it is now, its place."""

    slot: int
    tag: str
    place: int


class TagsEdit(TagsFind):
    """Add, delete, edit, move, accept, reject, copy, paste, mend."""

    def __init__(self) -> None:
        super().__init__()
        self._editing: Editing | None = None
        self._copied: tuple[str, ...] = ()

    # -- one change -----------------------------------------------------------------------------

    def change(self, slot: int, after: Sequence[str], what: str, cursor: int | None = None) -> bool:
        """Write a picture's tags; True when they are on the disk. what: the change in words."""
        desk = self.desk
        if desk is None:
            return False
        label = f"{self.name_of(slot)}: {what}"
        try:
            conflict = desk.edit(slot, after, label)
        except NasutuiError as error:
            self.refuse(error)
            return False
        self._changed(slot, "" if conflict else label, cursor)
        if conflict is not None:
            self._ask(conflict, label)
            return False
        return True

    def _changed(self, slot: int, said: str, cursor: int | None = None) -> None:
        self.pictures.refresh()
        if slot == self.slot:
            self._tag_cursor = cursor
            self._said = said
            self._show_picture()

    @work
    async def _ask(self, conflict: Conflict | None, label: str) -> None:
        desk = self.desk
        while conflict is not None and desk is not None:
            slot, theirs = conflict.slot, conflict.theirs
            tags = await self.app.push_screen_wait(ConflictScreen(conflict))
            try:
                chosen = conflict.theirs if tags is None else tags
                conflict = desk.settle(conflict, chosen, label)
            except NasutuiError as error:
                self.refuse(error)
                conflict = None
            written = conflict is None and tuple(chosen) != theirs
            kept = _("the file stays as the other program left it")
            self._changed(slot, label if written else kept)

    # -- typing ---------------------------------------------------------------------------------

    def action_add(self) -> None:
        if self.slot is not None:
            self._stop_editing()
            self.set_focus(self.line)

    @on(Input.Changed, "#line")
    def _typed(self, event: Input.Changed) -> None:
        completions = self.query_one(CompletionList)
        desk = self.desk
        literal = event.value.rpartition(",")[2].strip()
        if desk is None or not literal or (self._editing and event.value == self._editing.tag):
            completions.offer((), "")
            return
        try:
            found: list[Completion] = desk.completer().complete(literal)
        except NasutuiError as error:
            self.refuse(error)
            found = []
        completions.offer(found, literal)

    def on_tag_input_choose(self, message: TagInput.Choose) -> None:
        completions = self.query_one(CompletionList)
        if completions.display and isinstance(self.focused, TagInput):
            completions.choose(message.step)
        else:
            self.focus_next() if message.step > 0 else self.focus_previous()

    @on(Input.Submitted, "#line")
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        slot, desk = self.slot, self.desk
        if slot is None or desk is None:
            return
        tags = self._meant(event.value)
        if not tags:
            self._leave_line()
            return
        try:
            encode_caption(tags)
        except CaptionError as error:
            self.refuse(error)
            return
        editing = self._editing
        done = self._replace(editing, tags) if editing else self._add(slot, tags)
        if done:
            self.line.value = ""
            if editing:
                self._leave_line()

    def _meant(self, text: str) -> list[str]:
        """The tags of the typed line: literal but for the last, which the list completes."""
        desk, completions = self.desk, self.query_one(CompletionList)
        assert desk is not None
        tags = [desk.spelling(tag, typed=True) for tag in typed_tags(text)]
        if completions.display and tags and completions.choice is not None:
            tags[-1] = desk.spelling(completions.choice.tag)
        return unique_tags(tags)

    def _add(self, slot: int, tags: Sequence[str]) -> bool:
        assert self.desk is not None
        old = self.desk.dataset.tags(slot)
        present = {tag_key(t) for t in old}
        new = [t for t in tags if tag_key(t) not in present]
        if not new:
            self.say(_("{tag} is there already").format(tag=display_name(", ".join(tags))))
            return True
        return self.change(slot, [*old, *new], "+" + display_name(", ".join(new)), len(old))

    def _replace(self, editing: Editing, tags: Sequence[str]) -> bool:
        assert self.desk is not None
        old = list(self.desk.dataset.tags(editing.slot))
        place = editing.place
        if place >= len(old) or old[place] != editing.tag:
            if editing.tag not in old:
                text = _("{tag} is not there any more").format(tag=display_name(editing.tag))
                self.notify(text, severity="warning", markup=False)
                return True
            place = old.index(editing.tag)
        present = {tag_key(t) for t in (*old[:place], *old[place + 1 :])}
        new = [t for t in tags if tag_key(t) not in present]
        after = [*old[:place], *new, *old[place + 1 :]]
        what = f"{display_name(editing.tag)} → {display_name(', '.join(tags))}"
        return self.change(editing.slot, after, what)

    def _edit_in_line(self, row: TagRow) -> None:
        if self.slot is not None:
            self._editing = Editing(self.slot, row.tag, row.place)
            self.query_one("#prompt", Static).update(_("edit:"))
            self.line.value = row.tag
            self.set_focus(self.line)
            self.line.cursor_position = len(row.tag)

    def _stop_editing(self) -> None:
        if self._editing is not None:
            self._editing = None
            self.line.value = ""
        self.query_one("#prompt", Static).update("+")

    def _leave_line(self) -> None:
        back: RowList = self.tag_list if self._editing else self.pictures
        self._stop_editing()
        self.line.value = ""
        self.set_focus(back)

    def on_tag_input_left(self, message: TagInput.Left) -> None:
        if message.line is self.line:
            self._leave_line()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if message.rows.id == "pictures" and self._editing and self.slot != self._editing.slot:
            self._stop_editing()  # what was being edited is on another picture

    # -- keys on a tag --------------------------------------------------------------------------

    def on_tag_list_deed(self, message: TagList.Deed) -> None:
        row, slot = message.row, self.slot
        if slot is None or self.desk is None:
            return
        if message.deed in ("with", "without"):
            self.filter_by_tag(row.tag, without=message.deed == "without")
        elif row.kind != TAG:
            self._answer(slot, row, message.deed)
        elif message.deed == "edit":
            self._edit_in_line(row)
        elif message.deed == "delete":
            old = self.desk.dataset.tags(slot)
            after = [*old[: row.place], *old[row.place + 1 :]]
            self.change(slot, after, "-" + display_name(row.tag))
        elif message.deed in ("up", "down", "front"):
            self._move(slot, row, message.deed)

    def _answer(self, slot: int, row: TagRow, deed: str) -> None:
        """A proposal is accepted ("accept", "edit") or rejected ("delete")."""
        assert self.desk is not None
        tags = self.desk.dataset.tags(slot)
        if deed in ("accept", "edit"):
            self.change(slot, [*tags, row.tag], "+" + display_name(row.tag))
        elif deed == "delete":
            rejected = row.kind == "proposed"
            try:
                self.desk.reject(slot, row.tag, rejected=rejected)
            except NasutuiError as error:
                self.refuse(error)
                return
            text = _("not {tag}") if rejected else _("{tag} may come back")
            self.say(text.format(tag=display_name(row.tag)))
            self.read_details_now()

    def _move(self, slot: int, row: TagRow, deed: str) -> None:
        assert self.desk is not None
        tags = list(self.desk.dataset.tags(slot))
        target = {"up": row.place - 1, "down": row.place + 1, "front": self._front(tags, row)}[deed]
        if not 0 <= target < len(tags) or target == row.place:
            return
        tags.insert(target, tags.pop(row.place))
        what = _("{tag} to place {number}").format(tag=display_name(row.tag), number=target + 1)
        if self.change(slot, tags, what):
            self.tag_list.action_to(self.tag_list.cursor_on(target))

    def _front(self, tags: Sequence[str], row: TagRow) -> int:
        """The first place, or the first behind the trigger."""
        assert self.desk is not None
        trigger = {tag_key(t) for t in self.desk.trigger}
        if tag_key(row.tag) in trigger:
            return 0
        place = 0
        while place < row.place and tag_key(tags[place]) in trigger:
            place += 1
        return place

    # -- copy, paste, mend ------------------------------------------------------------------------

    @work
    async def action_call(self) -> None:
        """The person's own Japanese word for the tag under the cursor, kept in the project."""
        row: TagRow | None = self.tag_list.current
        if row is None or row.kind == LINE or self.desk is None:
            return
        known = self.desk.japanese(row.tag)
        question = _("Call {tag} in Japanese:").format(tag=display_name(row.tag))
        text = await self.app.push_screen_wait(AskText(question, known))
        if not text:
            return
        try:
            add_own(self.desk.root / FILE_NAME, row.tag, text)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self._show_tags()

    def action_copy(self) -> None:
        if self.desk is not None and self.slot is not None:
            self._copied = self.desk.dataset.tags(self.slot)
            count = len(self._copied)
            self.say(
                ngettext("copied {count} tag", "copied {count} tags", count).format(count=count)
            )

    def action_paste(self) -> None:
        if self.desk is None or self.slot is None:
            return
        if not self._copied:
            self.hint(_("c copies the tags of a picture first"))
        elif self.desk.marked:
            self.paste_on_marked(self._copied)
        else:
            self._add(self.slot, self._copied)

    def paste_on_marked(self, tags: tuple[str, ...]) -> None:
        """Add tags to every marked picture."""
        raise NotImplementedError

    def action_mend(self) -> None:
        """Mend the first problem of the picture that can be mended."""
        desk, slot = self.desk, self.slot
        if desk is None or slot is None:
            return
        problem = next((p for p in desk.problems(slot) if p.mendable), None)
        if problem is None:
            self.hint(_("there is nothing here that a key can mend"))
            return
        tags = desk.dataset.tags(slot)
        after = problem.mend(tags)
        # What a line of the history is about is what was done; where no tag came or went, why.
        done = told(tags, after) or problem.text
        label = f"{self.name_of(slot)}: {done}"
        try:
            conflict = desk.rewrite(slot, after, label)
        except NasutuiError as error:
            self.refuse(error)
            return
        said = _("mended: {problem}").format(problem=done)
        waiting = next((p for p in desk.problems(slot) if p.mendable), None)
        if waiting is not None:
            said += "   " + _("m again: {problem}").format(problem=waiting.text)
        self._changed(slot, said)
        if conflict is not None:
            self._ask(conflict, label)
