"""The Export screen: training settings, what the check says, where each picture lands, and the
dataset."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Event, Events
from nasutui.core.i18n import N_, _
from nasutui.core.project import Project, open_project, update_project
from nasutui.core.run import check_settings, export_settings
from nasutui.core.training.check import Report, examine, scan_pictures
from nasutui.core.training.export import export
from nasutui.core.training.findings import Finding
from nasutui.core.training.mend import mend
from nasutui.jobs import Job
from nasutui.screens.export_away import AwayKeys
from nasutui.screens.export_options import TrainingChoices, export_options
from nasutui.screens.export_text import (
    bucket_row,
    bucket_summary,
    counts_text,
    finding_row,
    plan_text,
)
from nasutui.screens.typed_option import type_option
from nasutui.widgets.ask import AskYesNo
from nasutui.widgets.options import Option, OptionRows
from nasutui.widgets.row_list import Cells, RowList
from nasutui.workspace import Workspace

_SAVE_SECONDS = 0.4


class ExportScreen(AwayKeys):
    """Check, settings, dataset."""

    MODE = "export"
    HELP = N_("""\
# Export

On the left the training settings, as the trainer names them (**left**, **right** change, **enter**
types; they are kept in project.toml). On the right what the check found; **m** mends the line under
the cursor, **M** all that a key can mend. **b** shows where each picture lands and what is cut off.
**e** writes the dataset; errors stop it. **s** sends it to Google Drive (or through rclone, or to a
folder), **o** opens the Colab notebook, **L** fetches the trained LoRA.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "export", N_("Export"), id="export.run"),
        Binding("c", "check", N_("Check"), id="export.check"),
        Binding("b", "buckets", N_("Buckets"), id="export.buckets"),
        Binding("m", "mend", N_("Mend"), id="export.mend", show=False),
        Binding("M", "mend_all", N_("Mend all"), id="export.mend_all", show=False),
        Binding("tab", "other_list", N_("Other list"), id="export.other", show=False),
    ]
    DEFAULT_CSS = """
    ExportScreen #left { width: 50; }
    ExportScreen.-narrow #left { width: 38; }
    ExportScreen #explain { height: 3; padding: 0 1; color: $text-muted; background: $surface; }
    ExportScreen #said { height: 1; padding: 0 1; }
    ExportScreen #found { height: 1fr; }
    ExportScreen #plan { height: 12; padding: 0 1; background: $surface; }
    ExportScreen.-no-project #left { display: none; }
    """

    class Checked(Message):
        """The dataset was checked."""

        def __init__(self, workspace: Workspace, report: Report | None, error: str) -> None:
            super().__init__()
            self.workspace, self.report, self.error = workspace, report, error

    def __init__(self) -> None:
        super().__init__()
        self._project: Project | None = None
        self._choices: TrainingChoices | None = None
        self._report: Report | None = None
        self._buckets = False
        self._timer: Timer | None = None

    def compose_body(self) -> ComposeResult:
        yield Horizontal(
            Vertical(OptionRows(id="options"), Static(id="explain", markup=False), id="left"),
            Vertical(
                Static(id="said", markup=False),
                RowList(self._row, id="found"),
                Static(id="plan", markup=False),
            ),
        )

    @staticmethod
    def _row(item: Any, width: int) -> Cells:
        return finding_row(item, width) if isinstance(item, Finding) else bucket_row(item, width)

    # -- loading ------------------------------------------------------------------------------

    def load(self, workspace: Workspace | None) -> None:
        self._project = workspace.project if workspace else None
        self.set_class(self._project is None, "-no-project")
        self._report = None
        self.query_one("#found", RowList).set_items([])
        self.query_one("#plan", Static).update("")
        said = self.query_one("#said", Static)
        if self._project is None or workspace is None:
            said.update(_("only a project can be exported; a plain folder: nasutui --batch export"))
            return
        self._project = open_project(workspace.root)
        settings = self._project.settings
        self._choices = TrainingChoices(settings.training, settings.export)
        options = self.query_one(OptionRows)
        options.set_items(export_options(self._choices))
        options.focus()
        said.update(_("checking ..."))
        self._check(workspace, self._project)

    @work(thread=True, exclusive=True, group="check", exit_on_error=False, description="check")
    def _check(self, workspace: Workspace, project: Project) -> None:
        worker = get_current_worker()
        try:
            settings = check_settings(project)
            report = _last(
                examine(settings, scan_pictures(settings.folder), lambda: worker.is_cancelled)
            )
            if report is not None:
                self.post_message(self.Checked(workspace, report, ""))
        except NasutuiError as error:
            self.post_message(self.Checked(workspace, None, str(error)))

    def on_export_screen_checked(self, message: Checked) -> None:
        if message.workspace is not self.app.workspace:
            return
        self._report = message.report
        said = self.query_one("#said", Static)
        if message.report is None:
            said.update(message.error)
            return
        said.update(counts_text(message.report))
        self._show()

    def _show(self) -> None:
        report, choices = self._report, self._choices
        if report is None or choices is None:
            return
        rows = self.query_one("#found", RowList)
        rows.set_items(list(report.placements.items()) if self._buckets else report.findings)
        plan = self.query_one("#plan", Static)
        width = max(20, plan.size.width - 2)
        if self._buckets:
            plan.update(bucket_summary(list(report.placements.values()), width))
        else:
            plan.update(plan_text(report, choices.training, width))

    # -- settings -----------------------------------------------------------------------------

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        current = message.rows.current
        if isinstance(current, Option):
            self.query_one("#explain", Static).update(current.explain)
        elif isinstance(current, Finding):
            self.query_one("#explain", Static).update(current.message)

    def on_option_rows_changed(self, message: OptionRows.Changed) -> None:
        if message.option.key == "preset" and self._choices is not None:
            rows = self.query_one(OptionRows)
            rows.set_items(export_options(self._choices))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_SAVE_SECONDS, self._save)

    @work
    async def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        option = message.rows.items[message.index]
        if isinstance(option, Option) and await type_option(
            self, self.query_one(OptionRows), option
        ):
            self._save()

    def _save(self) -> None:
        """Write the settings into project.toml; what makes no sense is said and not kept."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        workspace = self.app.workspace
        if workspace is None or self._project is None or self._choices is None:
            return
        try:
            self._project = update_project(workspace.root, self._choices.changes())
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            settings = self._project.settings
            self._choices.training, self._choices.export = settings.training, settings.export
        self.query_one(OptionRows).refresh()
        self._check(workspace, self._project)

    def leave(self) -> None:
        if self._timer is not None:
            self._save()

    # -- other keys ---------------------------------------------------------------------------

    def action_other_list(self) -> None:
        options, found = self.query_one(OptionRows), self.query_one("#found", RowList)
        (found if options.has_focus else options).focus()

    def action_check(self) -> None:
        if self.app.workspace is not None:
            self.load(self.app.workspace)

    def action_buckets(self) -> None:
        self._buckets = not self._buckets
        self._show()

    def action_mend(self) -> None:
        item = self.query_one("#found", RowList).current
        if isinstance(item, Finding) and item.mend:
            self._mend([item])
        else:
            self.notify(_("this line is for you to mend"), markup=False)

    @work
    async def action_mend_all(self) -> None:
        findings = [f for f in self._report.findings if f.mend] if self._report else []
        if not findings:
            self.notify(_("there is nothing that a key can mend"), markup=False)
            return
        question = _("Mend {count} lines? Captions change as one step of undo.")
        if await self.app.push_screen_wait(AskYesNo(question.format(count=len(findings)))):
            self._mend(findings)

    def _mend(self, findings: list[Finding]) -> None:
        if self._project is None or self.app.workspace is None:
            return
        folder = self.app.workspace.tagged
        trigger = self._project.settings.project.trigger

        def make(cancelled: Cancelled) -> Events:
            return mend(folder, trigger, findings, cancelled)

        self.app.start_job(_("mend"), make)

    def action_export(self) -> None:
        if self._timer is not None:
            self._save()
        if self._project is None:
            return
        settings = export_settings(self._project)

        def make(cancelled: Cancelled) -> Events:
            return export(settings, cancelled)

        self.app.start_job(_("export"), make)

    def job_said(self, job: Job, _events: Sequence[Event]) -> None:
        if job.ended and job.step in ("mend", "export") and self.app.workspace is not None:
            job.step = f"{job.step} seen"
            for note in job.notes:
                self.notify(note.text, markup=False, timeout=8)
            if self._project is not None:
                self._check(self.app.workspace, self._project)


def _last(events: Generator[Event, None, Report | None]) -> Report | None:
    """Run an examination to its end; its report (None: it was cancelled)."""
    while True:
        try:
            next(events)
        except StopIteration as stop:
            report: Report | None = stop.value
            return report
