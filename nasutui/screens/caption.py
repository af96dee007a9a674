"""The Caption screen: choose a tagger and its rules, run it, see at once what rules would change."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from nasutui.core.errors import ModelError, NasutuiError
from nasutui.core.i18n import N_, _
from nasutui.core.run import local_model
from nasutui.core.tagging.live import Effect, LiveScores
from nasutui.core.tagging.live_loading import load_live
from nasutui.core.tagging.models import stored_name
from nasutui.screens.caption_keys import CaptionKeys
from nasutui.screens.caption_options import CaptionChoices, caption_options
from nasutui.screens.caption_text import effect_row, effect_text, scores_text
from nasutui.screens.models import ModelsScreen
from nasutui.screens.typed_option import type_option
from nasutui.widgets.options import Option, OptionRows
from nasutui.widgets.preview import Preview
from nasutui.widgets.row_list import RowList
from nasutui.workspace import Workspace

_PREVIEW_SECONDS = 0.05


class CaptionScreen(CaptionKeys):
    """Automatic captions."""

    MODE = "caption"
    HELP = N_("""\
# Caption

**left** and **right** change a setting, **enter** types it, **r** runs the tagger. Once pictures
have scores, a threshold that moves shows at once how many tags come and go and in which pictures;
nothing is written before **r**, and every run can be undone (**3**, then **u**). What you added or
removed by hand stays as you left it. **U** asks about the tags that the tagger was least sure of.

**enter** on the model lists them all: what is on this computer, how large it is, how many pictures it
has scored. Marked with **space**, several caption together: what any of them says, what all of them
say, or the mean of their scores; **D** asks about the tags on which they disagree.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_list", N_("Other list"), id="caption.other", show=False),
        Binding("f5", "reload", N_("Read again"), id="caption.reload", show=False),
    ]
    DEFAULT_CSS = """
    CaptionScreen #left { width: 46; }
    CaptionScreen.-narrow #left { width: 38; }
    CaptionScreen #options { height: 11; }
    CaptionScreen #explain { height: 3; padding: 0 1; color: $text-muted; background: $surface; }
    CaptionScreen #plot { height: 1fr; padding: 0 1; background: $surface; }
    CaptionScreen #effect { height: 4; padding: 0 1; }
    CaptionScreen #changes { height: 1fr; }
    CaptionScreen #running { height: 1fr; padding: 0 1; display: none; }
    CaptionScreen.-running #running { display: block; }
    CaptionScreen.-running #changes, CaptionScreen.-running #effect { display: none; }
    CaptionScreen.-unchanged #changes { display: none; }
    CaptionScreen Preview { height: 1fr; }
    """

    class Loaded(Message):
        """The stored scores of a workspace were read. wanted: the models that are set, as the store
        names them."""

        def __init__(
            self, workspace: Workspace, live: LiveScores | None, wanted: tuple[str, ...], error: str
        ) -> None:
            super().__init__()
            self.workspace, self.live, self.wanted, self.error = workspace, live, wanted, error

    def __init__(self) -> None:
        super().__init__()
        self._wanted: tuple[str, ...] = ()
        self._timer: Timer | None = None

    def compose_body(self) -> ComposeResult:
        yield Horizontal(
            Vertical(
                OptionRows(id="options"),
                Static(id="explain", markup=False),
                Static(id="plot", markup=False),
                id="left",
            ),
            Vertical(
                Static(id="effect", markup=False),
                RowList(effect_row, id="changes"),
                Static(id="running", markup=False),
                Preview(id="picture"),
            ),
        )

    def load(self, workspace: Workspace | None) -> None:
        self._live = None
        if workspace is None:
            return
        if workspace.project is not None:
            self._choices = CaptionChoices(workspace.project.settings.caption)
        options = self.query_one(OptionRows)
        options.set_items(caption_options(self._choices))
        options.focus()
        self.query_one("#changes", RowList).set_items([])
        self.query_one("#effect", Static).update(_("reading the scores ..."))
        self._show_running()
        self._read()

    def action_reload(self) -> None:
        self.load(self.app.workspace)

    def _read(self) -> None:
        workspace, section = self.app.workspace, self._choices.section
        if workspace is not None:
            self._read_scores(workspace, section.taggers, section.combine)

    @work(thread=True, exclusive=True, group="live", exit_on_error=False, description="scores")
    def _read_scores(self, workspace: Workspace, taggers: tuple[str, ...], how: str) -> None:
        worker = get_current_worker()
        folder, live, wrong = workspace.tagged, None, ""
        wanted: tuple[str, ...] = ()
        try:
            wanted = tuple(stored_name(local_model(workspace.root, name)) for name in taggers)
        except ModelError as error:
            wrong = str(error)
        try:
            if folder.is_dir():
                live = load_live(folder, lambda: worker.is_cancelled, wanted, how)
        except NasutuiError as error:
            wrong = str(error)
        if not worker.is_cancelled:
            self.post_message(self.Loaded(workspace, live, wanted, wrong))

    def on_caption_screen_loaded(self, message: Loaded) -> None:
        if message.workspace is not self.app.workspace:
            return
        self._live, self._wanted = message.live, message.wanted
        self._show_effect()
        if message.error:
            self.query_one("#effect", Static).update(message.error)
        if self._live is not None and not self.has_class("-running"):
            picture = self.query_one("#changes", RowList).current
            self.query_one(Preview).show_file(picture[0] if picture else self._live.pictures[0])
        self.refresh_bindings()

    # -- settings -----------------------------------------------------------------------------

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        current = message.rows.current
        if isinstance(current, Option):
            self.query_one("#explain", Static).update(current.explain)
        elif current is not None:
            self.query_one(Preview).show_file(current[0])

    def on_option_rows_changed(self, message: OptionRows.Changed) -> None:
        if message.option.key in ("model", "existing"):
            self._show_options()
        again = message.option.key in ("model", "combine")
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PREVIEW_SECONDS, self._read if again else self._show_effect)

    def _show_options(self) -> None:
        """The options, which depend on the models that are set."""
        self.query_one(OptionRows).set_items(caption_options(self._choices))

    @work
    async def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        option = message.rows.items[message.index]
        if not isinstance(option, Option):
            return
        if option.key == "model":
            await self._choose_models()
        elif await type_option(self, self.query_one(OptionRows), option):
            self._show_effect()

    async def _choose_models(self) -> None:
        workspace = self.app.workspace
        if workspace is None:
            return
        names = await self.app.push_screen_wait(
            ModelsScreen(workspace.tagged, self._choices.listed, workspace.root)
        )
        if names:
            self._choices.set_taggers(names)
            self._show_options()
            self._read()

    def _show_effect(self) -> None:
        rules, existing = self._rules, self._choices.section.existing
        effect: Effect | None = self._live.effect(rules, existing) if self._live else None
        rows = self.query_one("#changes", RowList)
        rows.set_items(effect.most if effect else [])
        self.set_class(not rows.items, "-unchanged")
        self.query_one("#effect", Static).update(effect_text(self._live, effect, self._wanted))
        plot = self.query_one("#plot", Static)
        plot.update(scores_text(self._live, effect, rules, (plot.size.width - 2, plot.size.height)))

    def on_resize(self, event: object) -> None:
        super().on_resize(event)  # type: ignore[arg-type]
        self.call_after_refresh(self._show_running)
        if self._live is not None:
            self.call_after_refresh(self._show_effect)

    def action_other_list(self) -> None:
        options, changes = self.query_one(OptionRows), self.query_one("#changes", RowList)
        (changes if options.has_focus and changes.display else options).focus()
