"""A change of many captions, every one of them shown before it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nasutui.core.editing.bulk_edit import Planned
from nasutui.core.i18n import N_, _, ngettext
from nasutui.core.text import display_name
from nasutui.screens.conflict import compared
from nasutui.widgets.cells import fit
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated

_MOST_IN_A_LINE = 8


class PlannedScreen(Translated, ModalScreen[bool]):
    """Answers True when the change is to be made. title: what is done, in words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", N_("Yes"), id="planned.yes", priority=True),
        Binding("n,escape", "answer(False)", N_("No"), id="planned.no"),
    ]
    DEFAULT_CSS = """
    PlannedScreen { background: $background; }
    PlannedScreen > Vertical { padding: 0 1; background: $panel; border: round $warning; }
    PlannedScreen #title { text-style: bold; height: auto; max-height: 3; }
    PlannedScreen #summary { height: auto; max-height: 4; margin: 0 0 1 0; color: $text-muted; }
    PlannedScreen #one { height: 4; margin: 1 0 0 0; }
    PlannedScreen .hint { color: $text-accent; height: 1; }
    """

    def __init__(self, title: str, planned: Sequence[Planned]) -> None:
        super().__init__()
        self._label, self.planned = title, planned

    def compose(self) -> ComposeResult:
        count = len(self.planned)
        text = ngettext("{count} picture changes", "{count} pictures change", count)
        with Vertical():
            yield Static(self._label, id="title", markup=False)
            yield Static(
                f"{text.format(count=count)}\n{totals(self.planned)}", id="summary", markup=False
            )
            yield RowList(planned_cells)
            yield Static(id="one")
            yield Static(
                _("y: do it    n: leave everything as it is"), classes="hint", markup=False
            )

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.set_items(self.planned)
        self.set_focus(rows)

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        item: Planned | None = message.rows.current
        text = compared(item.after, item.before) if item else Content("")
        self.query_one("#one", Static).update(text)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


def planned_cells(item: Planned, width: int) -> Cells:
    """The line of one caption: which, what goes, what comes."""
    name_width = min(26, width // 3)
    text = told(item.before, item.after)
    if item.before == item.after:
        text = _("the same tags, written anew")
    elif not text:
        text = _("another order: {tags}").format(tags=display_name(", ".join(item.after)))
    return [
        (" " + fit(item.path.stem, name_width), "strong"), (" ", ""),
        (fit(text, width - name_width - 2), ""),
    ]  # fmt: skip


def difference(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tags that go, tags that come; of one that stood twice and stands once, one goes."""
    gone, new = Counter(before) - Counter(after), Counter(after) - Counter(before)
    return list(gone.elements()), list(new.elements())


def told(before: Sequence[str], after: Sequence[str]) -> str:
    """A change in words, `-gone +new`, safe to show; "" where no tag came or went."""
    gone, new = difference(before, after)
    return display_name(" ".join([*(f"-{t}" for t in gone), *(f"+{t}" for t in new)]))


def totals(planned: Iterable[Planned]) -> str:
    """The tags that go and come most often, a line each."""
    return change_totals(difference(item.before, item.after) for item in planned)


def change_totals(differences: Iterable[tuple[list[str], list[str]]]) -> str:
    """The tags that go and come most often, a line each."""
    gone: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for minus, plus in differences:
        gone.update(minus)
        new.update(plus)
    lines = []
    for sign, counts in (("-", gone), ("+", new)):
        parts = [f"{sign}{display_name(t)} ({n})" for t, n in counts.most_common(_MOST_IN_A_LINE)]
        if parts:
            lines.append(", ".join(parts) + (" ..." if len(counts) > _MOST_IN_A_LINE else ""))
    return "\n".join(lines)
