"""What an import would bring, before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Footer, Static
from textual.worker import get_current_worker

from nasutui.core.events import ItemFailed, Started
from nasutui.core.i18n import N_, _, ngettext
from nasutui.core.pictures.images import opened
from nasutui.core.pictures.importing import Candidate, inspect, with_groups
from nasutui.core.pictures.sources import Source
from nasutui.core.pictures.thumbnails import fitted
from nasutui.core.text import display_name
from nasutui.widgets.cells import fit
from nasutui.widgets.preview import Preview
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated

_PROGRESS_EVERY = 10


class ImportScreen(Translated, ModalScreen[list[Source]]):
    """Answers with the sources that are to come in (none: nothing)."""

    HELP = N_("""\
# Import

Each picture that would come in. **x** takes one in or leaves it out, **enter** imports what is
ticked, **esc** imports nothing. `=` the same bytes are there already, `~` nearly the same as its
neighbours (choose which to keep), `<` smaller than what is made of it, `!` can't be read.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x,space", "tick", N_("In or out"), id="import.toggle"),
        Binding("enter", "take", N_("Import"), id="import.take", priority=True),
        Binding("escape,q", "leave", N_("Cancel"), id="import.cancel"),
    ]
    DEFAULT_CSS = """
    ImportScreen { background: $background; }
    ImportScreen #title { height: 2; padding: 0 1; background: $panel; }
    ImportScreen RowList { width: 3fr; }
    ImportScreen Preview { width: 2fr; }
    ImportScreen #reason { height: 2; padding: 0 1; background: $surface; }
    """

    class Seen(Message):
        """More candidates were looked at."""

        def __init__(self, found: list[Candidate | ItemFailed], total: int, last: bool) -> None:
            super().__init__()
            self.found, self.total, self.last = found, total, last

    def __init__(self, path: Path, raw: Path, size: int) -> None:
        super().__init__()
        self._path, self._raw, self._pixels = path, raw, size
        self._candidates: list[Candidate] = []
        self._refused: list[ItemFailed] = []
        self._chosen: set[str] = set()
        self._total = 0
        self._ready = False

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        with Horizontal():
            yield RowList(self._row)
            yield Preview()
        with Vertical(id="reason"):
            yield Static(id="said", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._say_title()
        self._look()

    @work(thread=True, exclusive=True, group="inspect", exit_on_error=False, description="inspect")
    def _look(self) -> None:
        worker = get_current_worker()
        bundle: list[Candidate | ItemFailed] = []
        total = 0
        for event in inspect([self._path], self._raw, self._pixels, lambda: worker.is_cancelled):
            if isinstance(event, Started):
                total = event.total or 0
                continue
            bundle.append(event)
            if len(bundle) >= _PROGRESS_EVERY:
                self.post_message(self.Seen(bundle, total, False))
                bundle = []
        self.post_message(self.Seen(bundle, total, True))

    def on_import_screen_seen(self, message: Seen) -> None:
        self._total = message.total
        for found in message.found:
            if isinstance(found, ItemFailed):
                self._refused.append(found)
            else:
                self._candidates.append(found)
                if found.wanted:
                    self._chosen.add(found.label)
        if message.last:
            self._ready = True
            self._sort_into_groups()
        self._say_title()
        self.query_one(RowList).set_items([*self._candidates, *self._refused])

    def _sort_into_groups(self) -> None:
        """Near-duplicates side by side; of each group only the largest is ticked."""
        grouped = with_groups(self._candidates)
        first = {c.similar: i for i, c in reversed(list(enumerate(grouped))) if c.similar}
        order = sorted(range(len(grouped)), key=lambda i: (first.get(grouped[i].similar, i), i))
        self._candidates = [grouped[i] for i in order]
        for number in first:
            group = [c for c in grouped if c.similar == number]
            best = max(group, key=lambda c: (c.size[0] * c.size[1], c.bytes))
            self._chosen -= {c.label for c in group if c is not best}

    def _say_title(self) -> None:
        looked = len(self._candidates)
        count = len(self._chosen)
        lines = [
            ngettext(
                "{count} picture will be imported from {name}",
                "{count} pictures will be imported from {name}",
                count,
            ).format(count=count, name=display_name(self._path.name))
        ]
        if not self._ready:
            lines.append(_("looking: {done} of {total}").format(done=looked, total=self._total))
        else:
            counts = [
                (_("{n} copies"), sum(bool(c.copy_of) for c in self._candidates)),
                (_("{n} nearly the same"), sum(bool(c.similar) for c in self._candidates)),
                (_("{n} small"), sum(c.small for c in self._candidates)),
                (
                    _("{n} refused"),
                    len(self._refused) + sum(bool(c.problem) for c in self._candidates),
                ),
            ]
            lines.append(", ".join(text.format(n=n) for text, n in counts if n))
        self.query_one("#title", Static).update("\n".join(lines))

    def _row(self, item: Candidate | ItemFailed, width: int) -> Cells:
        if isinstance(item, ItemFailed):
            return [
                ("   ! ", "bad"),
                (fit(item.path.name, 24), ""),
                (fit(item.reason, width - 30), "bad"),
            ]
        tick = "[x]" if item.label in self._chosen else "[ ]"
        sign, style, words = self._sign(item)
        facts = f"{item.size[0]}x{item.size[1]} {item.format}" if item.size[0] else ""
        name_width = max(10, width - 42)
        return [
            (tick, "mark"), (f" {sign} ", style), (fit(item.label, name_width), ""),
            (" " + fit(facts, 15), "dim"), (" " + fit(words, 19), style),
        ]  # fmt: skip

    @staticmethod
    def _sign(item: Candidate) -> tuple[str, str, str]:
        if item.problem:
            return "!", "bad", item.problem
        if item.copy_of:
            return "=", "dim", _("copy of {name}").format(name=display_name(item.copy_of))
        if item.similar:
            return "~", "warn", _("alike, group {n}").format(n=item.similar)
        if item.small:
            return "<", "warn", _("is enlarged")
        return " ", "", _("is turned") if "rotated" in item.changes else ""

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        item = message.rows.current
        preview, said = self.query_one(Preview), self.query_one("#said", Static)
        if isinstance(item, Candidate):
            said.update(f"{display_name(item.label)}\n{item.problem or self._sign(item)[2]}")
            preview.show(item.label, None if item.problem else self._develop(item.source))
        elif item is not None:
            said.update(f"{display_name(item.path)}\n{item.reason}")
            preview.show(None, None)

    @staticmethod
    def _develop(source: Source) -> Any:
        def develop(columns: int, rows: int) -> Any:
            with opened(source.read(), near=max(columns, rows * 2)) as picture:
                return fitted(picture.image, columns, rows * 2)

        return develop

    def action_tick(self) -> None:
        rows = self.query_one(RowList)
        item = rows.current
        if isinstance(item, Candidate) and not item.problem:
            self._chosen ^= {item.label}
            rows.action_cursor(1)
            rows.refresh()
            self._say_title()

    def action_take(self) -> None:
        if not self._ready:
            self.notify(_("still looking; a moment"), markup=False)
            return
        self.dismiss([c.source for c in self._candidates if c.label in self._chosen])

    def action_leave(self) -> None:
        self.workers.cancel_all()
        self.dismiss([])
