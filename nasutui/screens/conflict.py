"""Another program changed a caption while it was edited here: both are shown, a person chooses."""

from __future__ import annotations

from collections.abc import Sequence
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
    ConflictScreen .head { color: $text-muted; margin: 1 0 0 0; }
    ConflictScreen #choices { margin: 1 0 0 0; color: $text-accent; }
    """

    def __init__(self, conflict: Conflict) -> None:
        super().__init__()
        self.conflict = conflict

    def compose(self) -> ComposeResult:
        c = self.conflict
        with Vertical():
            text = _("{name} was changed by another program while you edited it.")
            yield Static(text.format(name=display_name(c.path.name)), markup=False)
            yield Static(_("in the file now:"), classes="head", markup=False)
            yield Static(compared(c.theirs, c.shown))
            yield Static(_("yours:"), classes="head", markup=False)
            yield Static(compared(c.mine, c.shown))
            choices = _("t: keep the file    m: write mine    b: both together")
            yield Static(choices, id="choices", markup=False)

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


def compared(tags: Sequence[str], before: Sequence[str]) -> Content:
    """Tags in a row; what is new is green, what is gone red."""
    parts: list[str | tuple[str, str]] = []
    for tag in tags:
        parts += [(display_name(tag), "" if tag in before else "bold $text-success"), ", "]
    for tag in before:
        if tag not in tags:
            parts += [(f"-{display_name(tag)}", "$text-error strike"), ", "]
    return Content.assemble(*parts[:-1]) if parts else Content(_("(no tags)"))
