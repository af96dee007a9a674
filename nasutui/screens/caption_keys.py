"""The Caption screen's keys: running the taggers, and questions about what they were unsure of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Static

from nasutui.core.editing.listing import scan
from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Event, Events
from nasutui.core.i18n import N_, _
from nasutui.core.project import CaptionSection, update_project
from nasutui.core.run import caption_rules, caption_settings
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.live import LiveScores
from nasutui.core.tagging.selection import SelectionRules
from nasutui.core.tagging.unsure import Doubts, Pair, unsure_pairs
from nasutui.jobs import Job
from nasutui.screens.base import Workplace
from nasutui.screens.caption_options import CaptionChoices
from nasutui.screens.caption_running import Running, running_text
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.unsure import UnsureScreen
from nasutui.widgets.preview import Preview
from nasutui.workspace import Workspace


class CaptionKeys(Workplace):
    """Needs a Static "running" and a Preview; subclasses read the scores with `_read`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", N_("Run"), id="caption.run"),
        Binding("U", "unsure", N_("Unsure tags"), id="caption.unsure"),
        Binding("D", "disagreements", N_("Disagreements"), id="caption.disagreements"),
        Binding("f", "failures", N_("What failed"), id="caption.failures", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._choices = CaptionChoices(CaptionSection())
        self._live: LiveScores | None = None
        self._under_way: tuple[Job, Workspace, Running] | None = None

    @property
    def _rules(self) -> SelectionRules:
        return caption_rules(self._choices.section)

    def _read(self) -> None:
        """Read the scores of the models that are set."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "disagreements":
            return self._live is not None and len(self._live.models) > 1
        return super().check_action(action, parameters)

    # -- running ------------------------------------------------------------------------------

    def action_run(self) -> None:
        workspace = self.app.workspace
        if workspace is None or self.app.is_busy():
            return
        settings = self._saved_settings(workspace)
        if settings is None:
            return
        running = Running(settings.input)

        def make(cancelled: Cancelled) -> Events:
            running.expect(scan(settings.input).pictures)
            yield from caption(settings, cancelled)

        job = self.app.start_job(_("caption"), make)
        if job is not None:
            self._under_way = job, workspace, running
            self._show_running()

    def _saved_settings(self, workspace: Workspace) -> CaptionSettings | None:
        """Keep the choices in project.toml, so that `run` uses the same; the step's settings."""
        section = self._choices.section
        if workspace.project is None:
            model, *also = section.taggers
            return CaptionSettings(
                workspace.root, workspace.root, model, self._rules, section.existing,
                also=tuple(also), combine=section.combine,
            )  # fmt: skip
        try:
            project = update_project(workspace.root, {"caption": asdict(section)})
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return None
        return caption_settings(project)

    def job_said(self, job: Job, events: Sequence[Event]) -> None:
        if self._under_way is None or job is not self._under_way[0]:
            return
        running = self._under_way[2]
        running.take(events)
        if job.ended:
            self._under_way = None
            for note in job.notes:
                text = _("embedded sees colours only; enter on the model shows real taggers")
                self.notify(text if note.code == "embedded" else note.text, markup=False, timeout=8)
            self._read()
        self._show_running()

    def _show_running(self) -> None:
        """The run of this project, while there is one."""
        here = self._under_way is not None and self._under_way[1] is self.app.workspace
        self.set_class(here, "-running")
        if self._under_way is None or not here:
            return
        job, _workspace, running = self._under_way
        shown = self.query_one("#running", Static)
        shown.update(running_text(running, job, (shown.size.width - 2, shown.size.height)))
        if running.picture is not None:
            self.query_one(Preview).show_file(running.picture)

    def action_failures(self) -> None:
        job = self.app.newest_job
        self.app.push_screen(FailuresScreen(job.failures if job else []), self._try_again)

    def _try_again(self, again: bool | None) -> None:
        if again:
            self.action_run()

    # -- questions ----------------------------------------------------------------------------

    def action_unsure(self) -> None:
        self._ask(disagreements=False)

    def action_disagreements(self) -> None:
        self._ask(disagreements=True)

    @work
    async def _ask(self, *, disagreements: bool) -> None:
        workspace = self.app.workspace
        if workspace is None or self._live is None:
            self.notify(_("run the tagger first (r)"), markup=False)
            return
        rules, how = self._rules, self._choices.section.combine
        doubts = Doubts(
            rules.threshold, rules.character_threshold, self._live.models, how, disagreements
        )
        pairs = await self._find_pairs(workspace.tagged, doubts).wait()
        if not pairs:
            text = _("they agree on everything that is left") if disagreements else _(
                "the tagger was sure of everything that is left"
            )  # fmt: skip
            self.notify(text, markup=False)
            return
        if await self.app.push_screen_wait(UnsureScreen(workspace.tagged, pairs)):
            self._read()

    @work(thread=True, exclusive=True, group="unsure", description="unsure")
    def _find_pairs(self, folder: Path, doubts: Doubts) -> list[Pair]:
        return unsure_pairs(folder, doubts)
