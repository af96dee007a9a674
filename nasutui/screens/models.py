"""The models to caption with: what is here, how large, how many tags; one or several are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import N_, _
from nasutui.core.tagging.models import EMBEDDED
from nasutui.core.tagging.models_here import ModelHere, models_here, short_name
from nasutui.widgets.ask import AskText
from nasutui.widgets.cells import fit, right
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated


class ModelsScreen(Translated, ModalScreen[tuple[str, ...]]):
    """Answers with the names of the models (none: nothing was chosen)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "mark", N_("Together with others"), id="models.mark"),
        Binding("enter", "take", N_("Take"), id="models.take", priority=True),
        Binding("f", "other", N_("A folder"), id="models.folder"),
        Binding("escape,q", "leave", N_("Cancel"), id="models.cancel"),
    ]
    DEFAULT_CSS = """
    ModelsScreen { align: center middle; }
    ModelsScreen > Vertical { width: 84; max-width: 100%; height: 20; max-height: 94%; padding: 0 1; background: $panel; border: round $primary; }
    ModelsScreen #heads { height: 1; color: $text-muted; background: $surface; }
    ModelsScreen #about { height: 2; color: $text-muted; }
    ModelsScreen Footer { dock: none; }
    """

    class Found(Message):
        """The models were looked at."""

        def __init__(self, models: list[ModelHere], error: str) -> None:
            super().__init__()
            self.models, self.error = models, error

    def __init__(self, folder: Path, chosen: Sequence[str], root: Path) -> None:
        """folder: whose scores are counted; chosen: the names that are set now; root: where
        relative folders of models are."""
        super().__init__()
        self._folder, self._more, self._root = folder, list(chosen), root
        self._marked = list(chosen) if len(chosen) > 1 else []
        self._first = chosen[0] if chosen else EMBEDDED

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(id="heads", markup=False)
            yield RowList(self._row)
            yield Static(id="about", markup=False)
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self.query_one("#about", Static).update(_("looking at the models ..."))
        self._look(self._first)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_heads)

    def _show_heads(self) -> None:
        heads = (_("here"), _("tags"), _("scored"))
        width = self.query_one("#heads", Static).size.width - 1
        self.query_one("#heads", Static).update(_columns("  " + _("model"), heads, width))

    @work(thread=True, exclusive=True, group="models", exit_on_error=False, description="models")
    def _look(self, cursor: str) -> None:
        try:
            self._first = cursor
            self.post_message(self.Found(models_here(self._folder, self._more, self._root), ""))
        except NasutuiError as error:
            self.post_message(self.Found([], str(error)))

    def on_models_screen_found(self, message: Found) -> None:
        names = [model.name for model in message.models]
        place = names.index(self._first) if self._first in names else 0
        self.query_one(RowList).set_items(message.models, place)
        if message.error:
            self.query_one("#about", Static).update(message.error)

    def _row(self, model: ModelHere, width: int) -> Cells:
        mark = "✓ " if model.name in self._marked else "  "
        cells = (_amount(model), str(model.tags or "-"), str(model.scored or "-"))
        style = "strong" if model.here else "dim"
        return [(_columns(mark + short_name(model.name), cells, width - 1), style)]

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        model = message.rows.current
        if model is not None:
            self.query_one("#about", Static).update(_about(model))

    def on_row_list_chosen(self) -> None:
        self.action_take()

    def action_mark(self) -> None:
        model = self.query_one(RowList).current
        if model is None:
            return
        if model.name in self._marked:
            self._marked.remove(model.name)
        else:
            self._marked.append(model.name)
        self.query_one(RowList).refresh()

    def action_take(self) -> None:
        model = self.query_one(RowList).current
        if self._marked:
            self.dismiss(tuple(self._marked))
        elif model is not None:
            self.dismiss((model.name,))

    @work
    async def action_other(self) -> None:
        hint = _("a folder with model.onnx and selected_tags.csv, or OWNER/NAME on the hub")
        text = await self.app.push_screen_wait(AskText(_("model:"), path=True, hint=hint))
        if text:
            self._more.append(text)
            self._look(text)

    def action_leave(self) -> None:
        self.dismiss(())


def _columns(name: str, cells: tuple[str, str, str], width: int) -> str:
    widths = (14, 8, 10)
    return fit(name, max(8, width - sum(widths))) + "".join(
        right(cell, w) for cell, w in zip(cells, widths, strict=True)
    )


def _amount(model: ModelHere) -> str:
    """Its size when it is here, what there is to fetch when it is not."""
    size = _("{size} MB").format(size=round(model.size / 1e6) or "<1") if model.size else ""
    return size if model.here else _("fetch {size}").format(size=size).strip()


def _about(model: ModelHere) -> str:
    if model.name == EMBEDDED:
        return _("built in; it sees colours only, and needs no network")
    lines = []
    if model.threshold:
        text = _("its author proposes a threshold of {threshold}")
        lines.append(text.format(threshold=model.threshold))
    lines.append(
        _("on this computer") if model.here else _("r fetches it once; it stays on this computer")
    )
    return "; ".join(lines)
