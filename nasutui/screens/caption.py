"""The Caption screen: choose a tagger and its rules, run it, see at once what rules would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from nasutui.core.database import state_root
from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Event, Events, ItemDone
from nasutui.core.i18n import N_, _
from nasutui.core.project import CaptionSection, update_project
from nasutui.core.run import caption_settings
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.live import Effect, LiveScores, load_live
from nasutui.core.tagging.selection import SelectionRules
from nasutui.core.tagging.unsure import unsure_pairs
from nasutui.core.text import display_name
from nasutui.jobs import Job
from nasutui.screens.base import Workplace
from nasutui.screens.caption_options import CaptionChoices, caption_options
from nasutui.screens.caption_text import effect_row, effect_text, scores_text
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.typed_option import type_option
from nasutui.screens.unsure import UnsureScreen
from nasutui.widgets.options import Option, OptionRows
from nasutui.widgets.preview import Preview
from nasutui.widgets.row_list import RowList
from nasutui.workspace import Workspace

_PREVIEW_SECONDS = 0.05
_PICTURE_SECONDS = 0.5


class CaptionScreen(Workplace):
    """Automatic captions."""

    MODE = "caption"
    HELP = N_("""\
# Caption

**left** and **right** change a setting, **enter** types it, **r** runs the tagger. Once pictures
have scores, a threshold that moves shows at once how many tags come and go and in which pictures;
nothing is written before **r**, and every run can be undone (**3**, then **u**). What you added or
removed by hand stays as you left it. **U** asks about the tags that the tagger was least sure of.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", N_("Run"), id="caption.run"),
        Binding("U", "unsure", N_("Unsure tags"), id="caption.unsure"),
        Binding("f", "failures", N_("What failed"), id="caption.failures", show=False),
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
    CaptionScreen Preview { height: 1fr; }
    """

    class Loaded(Message):
        """The stored scores of a workspace were read."""

        def __init__(self, workspace: Workspace, live: LiveScores | None, error: str) -> None:
            super().__init__()
            self.workspace, self.live, self.error = workspace, live, error

    def __init__(self) -> None:
        super().__init__()
        self._choices = CaptionChoices(CaptionSection())
        self._live: LiveScores | None = None
        self._timer: Timer | None = None
        self._shown_picture: Path | None = None

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
        self._read(workspace)

    def action_reload(self) -> None:
        self.load(self.app.workspace)

    @work(thread=True, exclusive=True, group="live", exit_on_error=False, description="scores")
    def _read(self, workspace: Workspace) -> None:
        worker = get_current_worker()
        try:
            folder = workspace.tagged
            live = load_live(folder, lambda: worker.is_cancelled) if folder.is_dir() else None
            self.post_message(self.Loaded(workspace, live, ""))
        except NasutuiError as error:
            self.post_message(self.Loaded(workspace, None, str(error)))

    def on_caption_screen_loaded(self, message: Loaded) -> None:
        if message.workspace is not self.app.workspace:
            return
        self._live = message.live
        if message.error:
            self.query_one("#effect", Static).update(message.error)
        else:
            self._show_effect()

    # -- settings -----------------------------------------------------------------------------

    @property
    def _rules(self) -> SelectionRules:
        section = self._choices.section
        return SelectionRules(
            section.threshold, section.character_threshold, section.mcut, section.ratings,
            section.exclude, tuple(section.replace.items()), section.spaces,
        )  # fmt: skip

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        current = message.rows.current
        if isinstance(current, Option):
            self.query_one("#explain", Static).update(current.explain)
        elif current is not None:
            self.query_one(Preview).show_file(current[0])

    def on_option_rows_changed(self, message: OptionRows.Changed) -> None:
        if message.option.key not in ("model", "existing"):
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(_PREVIEW_SECONDS, self._show_effect)

    @work
    async def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        option = message.rows.items[message.index]
        if isinstance(option, Option) and await type_option(
            self, self.query_one(OptionRows), option
        ):
            self._show_effect()

    def _show_effect(self) -> None:
        effect: Effect | None = self._live.effect(self._rules) if self._live else None
        rows = self.query_one("#changes", RowList)
        rows.set_items(effect.most if effect else [])
        self.query_one("#effect", Static).update(effect_text(self._live, effect))
        plot = self.query_one("#plot", Static)
        plot.update(scores_text(self._live, effect, self._rules, plot.size.width - 2))

    def on_resize(self, event: object) -> None:
        super().on_resize(event)  # type: ignore[arg-type]
        if self._live is not None:
            self.call_after_refresh(self._show_effect)

    def action_other_list(self) -> None:
        options, changes = self.query_one(OptionRows), self.query_one("#changes", RowList)
        (changes if options.has_focus else options).focus()

    # -- running ------------------------------------------------------------------------------

    def action_run(self) -> None:
        workspace = self.app.workspace
        if workspace is None:
            return
        settings = self._saved_settings(workspace)
        if settings is None:
            return

        def make(cancelled: Cancelled) -> Events:
            return caption(settings, cancelled)

        self.app.start_job(_("caption"), make)

    def _saved_settings(self, workspace: Workspace) -> CaptionSettings | None:
        """Keep the choices in project.toml, so that `run` uses the same; the step's settings."""
        section = self._choices.section
        if workspace.project is None:
            return CaptionSettings(
                workspace.root, workspace.root, section.model, self._rules, section.existing
            )
        try:
            project = update_project(workspace.root, {"caption": asdict(section)})
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return None
        return caption_settings(project)

    def job_said(self, job: Job, events: Sequence[Event]) -> None:
        if job.step != "caption":
            return
        if job.ended:
            job.step = "caption seen"
            for note in job.notes:
                self.notify(note.text, markup=False, timeout=8)
            if self.app.workspace is not None:
                self._read(self.app.workspace)
            return
        done = next((e for e in reversed(events) if isinstance(e, ItemDone)), None)
        if done is not None:
            self._show_running(job, done)

    def _show_running(self, job: Job, done: ItemDone) -> None:
        picture = done.path.with_suffix(".png")
        if picture != self._shown_picture and picture.exists():
            self._shown_picture = picture
            self.query_one(Preview).show_file(picture)
        added = done.detail.get("added") or []
        text = f"{job.done}/{job.total}  {display_name(done.path.stem)}\n"
        text += ", ".join(display_name(str(tag)) for tag in added)
        self.query_one("#effect", Static).update(text)

    # -- other keys ---------------------------------------------------------------------------

    def action_failures(self) -> None:
        job = self.app.newest_job
        self.app.push_screen(FailuresScreen(job.failures if job else []), self._try_again)

    def _try_again(self, again: bool | None) -> None:
        if again:
            self.action_run()

    @work
    async def action_unsure(self) -> None:
        workspace = self.app.workspace
        if workspace is None or self._live is None:
            self.notify(_("run the tagger first (r)"), markup=False)
            return
        worker = self._find_unsure(workspace.tagged)
        pairs = await worker.wait()
        if not pairs:
            self.notify(_("the tagger was sure of everything that is left"), markup=False)
            return
        if await self.app.push_screen_wait(UnsureScreen(workspace.tagged, pairs)):
            self._read(workspace)

    @work(thread=True, exclusive=True, group="unsure", description="unsure")
    def _find_unsure(self, folder: Path) -> list[object]:
        from contextlib import closing

        from nasutui.core.tagging.scores import ScoreStore

        assert self._live is not None
        with closing(ScoreStore(state_root(folder))) as store:
            number = next(n for n, name, _t in store.models() if name == self._live.model_name)
        rules = self._rules
        return list(unsure_pairs(folder, number, rules.threshold, rules.character_threshold))
