"""Another program changed a caption while it was edited here: both are shown, a person chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nasutui.core.editing.captions import unique_tags
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.tag_desk import Conflict
from nasutui.widgets.translated import Translated


class ConflictScreen(Translated, ModalScreen[tuple[str, ...] | None]):
    """Answers with the tags that are to be in the caption; None: leave the file as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,escape", "take('theirs')", N_("Keep the file"), id="conflict.theirs"),
        Binding("m", "take('mine')", N_("Write mine"), id="conflict.mine"),
        Binding("b", "take('both')", N_("Both together"), id="conflict.both"),
    ]
    DEFAULT_CSS = """
    ConflictScreen { align: center middle; }
    ConflictScreen > Vertical { width: 96%; max-width: 110; height: auto; max-height: 96%; padding: 1 2; background: $panel; border: round $warning; }
    ConflictScreen .head { color: $text-accent; margin: 1 0 0 0; }
    ConflictScreen .tags { height: auto; max-height: 5; padding: 0 0 0 3; }
    """

    def __init__(self, conflict: Conflict) -> None:
        super().__init__()
        self.conflict = conflict

    def compose(self) -> ComposeResult:
        c = self.conflict
        with Vertical():
            text = _("{name} was changed by another program while you edited it.")
            yield Static(text.format(name=display_name(c.path.name)), markup=False)
            for head, tags in (
                (_("t: keep the file. The other program did this:"), changes(c.theirs, c.shown)),
                (_("m: write mine. You did this:"), changes(c.mine, c.shown)),
                (_("b: both together. Then it is:"), compared(merged(c), c.theirs)),
            ):
                yield Static(head, classes="head", markup=False)
                yield Static(tags, classes="tags")

    def action_take(self, which: str) -> None:
        c = self.conflict
        answers = {"theirs": None, "mine": c.mine, "both": merged(c)}
        self.dismiss(answers[which])


def merged(conflict: Conflict) -> tuple[str, ...]:
    """The file's tags without what I took out, and what I put in behind them."""
    gone = set(conflict.shown) - set(conflict.mine)
    kept = [t for t in conflict.theirs if t not in gone]
    mine = [t for t in conflict.mine if t not in conflict.shown]
    return tuple(unique_tags([*kept, *mine]))


def changes(tags: Sequence[str], before: Sequence[str]) -> Content:
    """Only what is new and what is gone; all tags when they differ in their order alone."""
    new, gone = Counter(tags) - Counter(before), Counter(before) - Counter(tags)
    if not new and not gone:
        return compared(tags, before)
    parts = [(f"+{display_name(tag)}", "bold $text-success") for tag in new.elements()]
    parts += [(f"-{display_name(tag)}", "$text-error") for tag in gone.elements()]
    return Content("  ").join([Content.styled(*part) for part in parts])


def compared(tags: Sequence[str], before: Sequence[str]) -> Content:
    """Tags in a row; what is new is green, what is gone stands red where it was."""
    parts: list[str | tuple[str, str]] = []
    matcher = SequenceMatcher(None, before, tags, autojunk=False)
    for _how, old, old_end, new, new_end in matcher.get_opcodes():
        same = list(before[old:old_end]) == list(tags[new:new_end])
        for tag in before[old:old_end] if not same else ():
            parts += [(f"-{display_name(tag)}", "$text-error strike"), ", "]
        for tag in tags[new:new_end]:
            parts += [(display_name(tag), "" if same else "bold $text-success"), ", "]
    return Content.assemble(*parts[:-1]) if parts else Content(_("(no tags)"))
