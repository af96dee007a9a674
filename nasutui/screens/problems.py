"""The problems of the captions by kind, each with its place, and keys that mend one or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from nasutui.core.editing.bulk_edit import Planned
from nasutui.core.errors import NasutuiError
from nasutui.core.events import never
from nasutui.core.i18n import N_, _, ngettext
from nasutui.core.problems import codes
from nasutui.core.problems.codes import CODES
from nasutui.core.problems.finding import Problem, mend_all
from nasutui.core.text import display_name
from nasutui.screens.bulk_writing import write_planned
from nasutui.screens.planned import PlannedScreen, told
from nasutui.tag_desk import TagDesk, name_of
from nasutui.widgets.cells import fit, right
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated

_TITLES = {
    codes.CONTRADICTION: N_("can't be true together"),
    codes.REDUNDANT: N_("says nothing new"),
    codes.RATING: N_("rating left in"),
    codes.TRIGGER_MISSING: N_("trigger missing"),
    codes.TRIGGER_NOT_FIRST: N_("trigger not in front"),
    codes.EMPTY: N_("no tags"),
    codes.DUPLICATE: N_("tag repeated"),
    codes.TOKENS: N_("too long"),
    codes.ENCODING: N_("not plain UTF-8"),
    codes.LINES: N_("several lines"),
    codes.UNREADABLE: N_("unreadable"),
    codes.STEM_SHARED: N_("shared caption"),
    codes.TWO_CAPTIONS: N_("two captions"),
}
_REWRITTEN = (codes.ENCODING, codes.LINES)  # mended by writing the same tags again


@dataclass(frozen=True)
class Group:
    """The pictures that have one kind of problem."""

    code: str
    slots: list[int]


class ProblemsScreen(Translated, ModalScreen[int | None]):
    """Answers with the picture to go to (None: none)."""

    HELP = N_("""\
# Problems

On the left the kinds of problem with the number of pictures, on the right the pictures that have the
one under the cursor, and what is wrong there. **m** mends it in this picture, **M** in all pictures of
the list (one step of undo). **enter** goes to the picture. Nothing that a person must decide is
mended by a key: such a problem says so.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mend", N_("Mend"), id="problems.mend"),
        Binding("M", "mend_all", N_("Mend all of this kind"), id="problems.mend_all"),
        Binding("l,right", "go('rows')", N_("To the pictures"), id="problems.rows", show=False),
        Binding("h,left", "go('kinds')", N_("To the kinds"), id="problems.kinds", show=False),
        Binding("escape,q,P", "leave", N_("Back"), id="problems.leave"),
    ]
    DEFAULT_CSS = """
    ProblemsScreen { background: $background; }
    ProblemsScreen #title { height: 1; background: $panel; padding: 0 1; text-style: bold; }
    ProblemsScreen #kinds { width: 33; }
    ProblemsScreen #rows { width: 1fr; margin: 0 0 0 1; }
    ProblemsScreen #one { height: 4; padding: 0 1; background: $surface; }
    """

    class Found(Message):
        """The pictures were looked through."""

        def __init__(self, groups: list[Group], error: str = "") -> None:
            super().__init__()
            self.groups, self.error = groups, error

    class Mended(Message):
        """A change of many files was made."""

        def __init__(self, changed: int, error: str) -> None:
            super().__init__()
            self.changed, self.error = changed, error

    def __init__(self, desk: TagDesk, slots: Sequence[int]) -> None:
        super().__init__()
        self.desk, self._slots = desk, slots
        self._busy = False
        self._said = ""

    def compose(self) -> ComposeResult:
        yield Static(_("looking..."), id="title", markup=False)
        with Horizontal():
            yield RowList(self._kind_row, id="kinds")
            yield RowList(self._row, id="rows")
        yield Static(id="one", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#kinds"))
        self._look()

    @work(thread=True, exclusive=True, group="look", exit_on_error=False, description="look")
    def _look(self) -> None:
        groups = []
        shown = set(self._slots)
        try:
            for code in CODES:
                found = self.desk.dataset.filter(f"problem:{code}").tolist()
                slots = [slot for slot in found if slot in shown]
                if slots:
                    groups.append(Group(code, slots))
        except NasutuiError as error:
            self.post_message(self.Found([], str(error)))
            return
        self.post_message(self.Found(groups))

    def on_problems_screen_found(self, message: Found) -> None:
        kinds = self.query_one("#kinds", RowList)
        kinds.set_items(message.groups)
        concerned = len({slot for group in message.groups for slot in group.slots})
        text = ngettext("{count} picture has problems", "{count} pictures have problems", concerned)
        none = _("no picture shown has a problem")
        title = message.error or (text.format(count=concerned) if concerned else none)
        title += f"    {self._said}" if self._said else ""
        self.query_one("#title", Static).update(title)
        self._show_group()

    # -- what is shown --------------------------------------------------------------------------

    @property
    def group(self) -> Group | None:
        """The kind under the cursor."""
        current: Group | None = self.query_one("#kinds", RowList).current
        return current

    @staticmethod
    def _kind_row(group: Group, width: int) -> Cells:
        return [
            (" " + fit(_(_TITLES[group.code]), width - 8), ""),
            (right(str(len(group.slots)), 6) + " ", "warn"),
        ]

    def _problem_of(self, slot: int) -> Problem | None:
        group = self.group
        found = self.desk.problems(slot) if group else []
        return next((p for p in found if group and p.code == group.code), None)

    def _row(self, slot: int, width: int) -> Cells:
        name_width = min(24, width // 4)
        problem = self._problem_of(slot)
        text = problem.text if problem else _("mended")
        return [
            (" " + fit(name_of(self.desk.dataset, slot), name_width), "strong"), (" ", ""),
            (fit(text, width - name_width - 2), "" if problem else "good"),
        ]  # fmt: skip

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if message.rows.id == "kinds":
            self._show_group()
        else:
            self._show_one()

    def _show_group(self) -> None:
        rows = self.query_one("#rows", RowList)
        rows.set_items(self.group.slots if self.group else [])
        self._show_one()

    def _show_one(self) -> None:
        slot: int | None = self.query_one("#rows", RowList).current
        text = Content("")
        if slot is not None:
            problem = self._problem_of(slot)
            said = problem.text if problem else ""
            tags = display_name(", ".join(self.desk.dataset.tags(slot)))
            text = Content.assemble((said, "$text-warning"), "\n" if said else "", tags)
        self.query_one("#one", Static).update(text)

    # -- keys -----------------------------------------------------------------------------------

    def action_go(self, widget: str) -> None:
        self.set_focus(self.query_one(f"#{widget}"))

    def action_mend(self) -> None:
        slot: int | None = self.query_one("#rows", RowList).current
        problem = self._problem_of(slot) if slot is not None else None
        if slot is None or problem is None or self._busy:
            return
        if not problem.mendable:
            self._cannot()
            return
        name = display_name(name_of(self.desk.dataset, slot))
        try:
            tags = self.desk.dataset.tags(slot)
            after = problem.mend(tags)
            label = f"{name}: {told(tags, after) or problem.text}"
            conflict = self.desk.rewrite(slot, after, label)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if conflict is not None:
            self.desk.seen([conflict.path])
            text = _("{name}: another program has changed it meanwhile; it is shown as it is now")
            self.notify(text.format(name=name), severity="warning", markup=False)
        rows = self.query_one("#rows", RowList)
        rows.refresh()
        self._show_one()
        if conflict is None and self._problem_of(slot) is None:
            rows.action_cursor(1)

    def _cannot(self) -> None:
        self.notify(_("only a person can mend this; enter goes to the picture"), markup=False)

    @work
    async def action_mend_all(self) -> None:
        group = self.group
        if group is None or self._busy:
            return
        planned = self._plan(group)
        if not planned:
            self._cannot()
            return
        label = _("mend: {problem}").format(problem=_(_TITLES[group.code]))
        if await self.app.push_screen_wait(PlannedScreen(label, planned)):
            self._busy = True
            self._write(planned, label)

    def _plan(self, group: Group) -> list[Planned]:
        dataset, rules = self.desk.dataset, self.desk.dataset.rules
        planned = []
        for slot in group.slots:
            tags = dataset.tags(slot)
            after = tuple(mend_all(tags, rules, (group.code,)))
            if after != tags or group.code in _REWRITTEN:
                planned.append(Planned(slot, dataset.caption_path(slot), tags, after))
        return planned

    @work(thread=True, exclusive=True, group="write", exit_on_error=False, description="write")
    def _write(self, planned: list[Planned], label: str) -> None:
        changed, failures, error = write_planned(self.desk, planned, label, never)
        reason = error or (failures[0].reason if failures else "")
        self.post_message(self.Mended(changed, reason))

    def on_problems_screen_mended(self, message: Mended) -> None:
        self._busy = False
        self.desk.count_again(list(self.desk.dataset.order))
        if message.error:
            self.notify(message.error, severity="warning", markup=False)
        text = ngettext("mended {count} caption", "mended {count} captions", message.changed)
        self._said = text.format(count=message.changed)
        self._look()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        if message.rows.id == "kinds":
            self.set_focus(self.query_one("#rows"))
        else:
            self.dismiss(message.rows.current)

    def action_leave(self) -> None:
        self.dismiss(None)
