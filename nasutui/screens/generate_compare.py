"""Comparing LoRAs: which epoch at which weight. A table of pictures, their scores, and advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from nasutui.core.comparison.compare import Result, compare, result_of
from nasutui.core.comparison.plan import (
    DEFAULT_SEEDS,
    DEFAULT_WEIGHTS,
    RECORD,
    Cell,
    CompareSettings,
    folder_name,
    read_record,
)
from nasutui.core.comparison.sheet import Grid, grid_of, short_names
from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Event, Events, ItemDone
from nasutui.core.generation.settings import full_prompt
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.jobs import Job
from nasutui.screens.base import Workplace
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.generate_desk import GenerateDesk
from nasutui.screens.generate_form import Form
from nasutui.screens.generate_job import DrawingState, for_screens
from nasutui.screens.generate_large import BesideScreen
from nasutui.screens.generate_pick import Choice, PickScreen
from nasutui.screens.generate_text import score_lines
from nasutui.widgets.ask import AskText
from nasutui.widgets.look_closer import LookCloser
from nasutui.widgets.options import Option, OptionRows
from nasutui.widgets.picture_grid import PictureGrid
from nasutui.widgets.row_list import RowList
from nasutui.workspace import Workspace


@dataclass
class _Plan:
    """What is to be compared."""

    loras: tuple[str, ...] = ()
    weights: tuple[float, ...] = DEFAULT_WEIGHTS
    seeds: tuple[int, ...] = ()
    seed_count: int = DEFAULT_SEEDS
    baseline: bool = True
    scored: bool = True


class CompareScreen(Workplace):
    """LoRA files by weights, with fixed seeds and pictures without a LoRA beside them."""

    MODE = "generate"
    HELP = N_("""\
# Compare LoRAs

Choose LoRAs (epochs) and weights, **r** draws every combination with the same seeds and with the
prompt of the form. What is drawn already is left alone, so **r** also goes on after a stop. Then the
dataset's tagger looks at every picture: how many of the prompt's tags, and how many of the style's
common tags it sees. **tab** goes to the table: **space** shows a picture large, **b** beside the one
without a LoRA. The contact sheet and the page (`compare.html`, opens anywhere) are beside the pictures.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", N_("Draw"), id="compare.run"),
        Binding("space", "large", N_("Large"), id="compare.large"),
        Binding("b", "beside", N_("Beside no LoRA"), id="compare.beside"),
        Binding("tab", "other", N_("Settings or table"), id="compare.other", show=False),
        Binding("f", "failures", N_("What failed"), id="compare.failures", show=False),
        Binding("escape", "leave", N_("Back"), id="compare.leave"),
    ]
    DEFAULT_CSS = """
    CompareScreen #plan { width: 40; }
    CompareScreen #top { height: 9; }
    CompareScreen.-normal #top, CompareScreen.-wide #top { height: 14; }
    CompareScreen #scores { height: 1fr; padding: 0 1; background: $surface; overflow-y: auto; }
    CompareScreen #advice { height: auto; max-height: 3; padding: 0 1; color: $text-accent; }
    CompareScreen #scores-side { width: 1fr; }
    """

    class Loaded(Message):
        """A comparison was read."""

        def __init__(self, folder: Path, result: Result | None, error: str) -> None:
            super().__init__()
            self.folder, self.result, self.error = folder, result, error

    def __init__(self, desk: GenerateDesk, form: Form) -> None:
        super().__init__()
        self._desk, self._form = desk, form
        chosen = tuple(desk.own_loras()) or (
            (form.generation.lora,) if form.generation.lora else ()
        )
        self._plan = _Plan(chosen)
        self._result: Result | None = None
        self._grid = Grid((), ())
        self._names: dict[str, str] = {}
        self._job: Job | None = None
        self._state = DrawingState()

    def compose_body(self) -> ComposeResult:
        yield Vertical(
            Horizontal(
                OptionRows(id="plan"),
                Vertical(
                    Static(id="advice", markup=False),
                    Static(id="scores", markup=False),
                    id="scores-side",
                ),
                id="top",
            ),
            PictureGrid(self._path_of, self._label_of, id="table"),
        )

    def load(self, workspace: Workspace | None) -> None:
        if workspace is not self._desk.workspace:
            self.dismiss(None)
            return
        options = self.query_one(OptionRows)
        options.set_items(self._options())
        options.focus()
        self.query_one("#advice", Static).update(self._prompt_text())
        self._read()

    def _prompt_text(self) -> str:
        try:
            prompt = full_prompt(replace(self._form.generation, lora=""))
        except NasutuiError as error:
            return str(error)
        return display_name(prompt) or _("Write a prompt first (esc goes back to the form).")

    # -- the plan -----------------------------------------------------------------------------

    def _options(self) -> list[Option]:
        plan = self._plan

        def flip(name: str) -> None:
            setattr(plan, name, not getattr(plan, name))

        def yes(value: bool) -> str:
            return _("yes") if value else _("no")

        return [
            Option("loras", _("LoRAs"), self._loras_text, None, None, _("enter: the list")),
            Option("weights", _("weights"), lambda: " ".join(f"{w:g}" for w in plan.weights),
                   None, self._take_weights, _("numbers with spaces between, such as 0.6 0.8 1")),
            Option("seeds", _("seeds"), self._seeds_text, self._step_seeds, self._take_seeds,
                   _("how many, or the seeds themselves with spaces between")),
            Option("baseline", _("without a LoRA too"), lambda: yes(plan.baseline),
                   lambda _d: flip("baseline")),
            Option("scored", _("score by the tagger"), lambda: yes(plan.scored),
                   lambda _d: flip("scored")),
            Option("count", _("pictures"), lambda: str(self._count())),
        ]  # fmt: skip

    def _loras_text(self) -> str:
        names = short_names(self._plan.loras) if self._plan.loras else {}
        return ", ".join(display_name(n) for n in names.values()) or _("(none)")

    def _seeds_text(self) -> str:
        plan = self._plan
        return " ".join(map(str, plan.seeds)) if plan.seeds else f"{plan.seed_count}"

    def _step_seeds(self, direction: int) -> None:
        self._plan.seeds = ()
        self._plan.seed_count = max(1, min(20, self._plan.seed_count + direction))

    def _take_weights(self, text: str) -> str:
        try:
            weights = tuple(float(part) for part in text.replace(",", " ").split())
        except ValueError:
            weights = ()
        if not weights or any(w == 0 or not abs(w) <= 10 for w in weights):
            return _("numbers with spaces between, please, such as 0.6 0.8 1")
        self._plan.weights = weights
        return ""

    def _take_seeds(self, text: str) -> str:
        parts = text.replace(",", " ").split()
        if not parts or not all(p.isdecimal() and len(p) < 11 for p in parts):
            return _("whole numbers with spaces between, please")
        if len(parts) == 1 and int(parts[0]) <= 20:
            self._plan.seeds, self._plan.seed_count = (), max(1, int(parts[0]))
        else:
            self._plan.seeds = tuple(map(int, parts))
        return ""

    def _count(self) -> int:
        plan = self._plan
        seeds = len(plan.seeds) or plan.seed_count
        return (len(plan.loras) * len(plan.weights) + plan.baseline) * seeds

    @work
    async def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        option: Option = message.rows.items[message.index]
        if option.key == "loras":
            await self._pick_loras()
        elif option.take is not None:
            text = await self.app.push_screen_wait(
                AskText(option.title + ":", option.value(), hint=option.explain)
            )
            wrong = option.take(text) if text is not None else ""
            if wrong:
                self.notify(wrong, severity="error", markup=False)
        elif option.step is not None:
            option.step(1)
        message.rows.refresh()

    def on_option_rows_changed(self, message: OptionRows.Changed) -> None:
        message.rows.refresh()

    async def _pick_loras(self) -> None:
        choices = [Choice(n, n, self._desk.lora_note(n)) for n in self._form.loras]
        picked = await self.app.push_screen_wait(
            PickScreen(_("LoRAs to compare:"), choices, chosen=self._plan.loras, many=True)
        )
        if picked:
            self._plan.loras = tuple(picked)

    # -- drawing ------------------------------------------------------------------------------

    def _settings(self) -> CompareSettings:
        desk, plan = self._desk, self._plan
        return CompareSettings(
            self._form.generation, plan.loras, self._folder(), plan.weights, plan.seeds,
            plan.seed_count, plan.baseline, desk.server(self._form.url), desk.lora_folder,
            desk.workspace.tagged, desk.tagger if plan.scored else "", desk.threshold,
            desk.words, desk.folder, pace=desk.pace,
        )  # fmt: skip

    def _folder(self) -> Path:
        return self._desk.folder / "compare" / folder_name(self._form.generation)

    def action_run(self) -> None:
        settings = self._settings()

        def make(cancelled: Cancelled) -> Events:
            return for_screens(compare(settings, cancelled))

        job = self.app.start_job(_("compare"), make)
        if job is not None:
            self._job, self._state = job, DrawingState()
            self._say()

    def job_said(self, job: Job, events: Sequence[Event]) -> None:
        if job is not self._job:
            return
        self._state.take(events)
        if job.ended or any(isinstance(event, ItemDone) for event in events):
            self._read()
        self._say()

    def _say(self) -> None:
        job, text = self._job, ""
        if job is not None and not job.ended:
            text = self._state.line(job)
        elif job is not None and job.error:
            text = job.error
        elif self._result is not None and any(p.lora for p in self._result.points):
            text = self._result.advice.text
        elif job is not None and job.failures:
            text = job.failures[-1].reason
        elif job is not None and job.notes:
            text = job.notes[-1].text
        self.query_one("#advice", Static).update(text or self._prompt_text())

    def action_failures(self) -> None:
        failures = self._job.failures if self._job else []
        self.app.push_screen(FailuresScreen(failures), self._try_again)

    def _try_again(self, again: bool | None) -> None:
        if again:
            self.action_run()

    # -- the table ----------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="record", exit_on_error=False, description="record")
    def _read(self) -> None:
        folder = self._folder()
        try:
            record = read_record(folder) if (folder / RECORD).exists() else None
            result = result_of(record) if record else None
            self.post_message(self.Loaded(folder, result, ""))
        except NasutuiError as error:
            self.post_message(self.Loaded(folder, None, str(error)))

    def on_compare_screen_loaded(self, message: Loaded) -> None:
        if message.folder != self._folder():
            return
        if message.error:
            self.notify(message.error, severity="error", markup=False)
        self._result = message.result
        table = self.query_one(PictureGrid)
        if message.result is not None:
            record = message.result.record
            self._grid = grid_of(record.plan)
            self._names = short_names([lora for lora, _seed in self._grid.rows])
            table.fixed = max(1, len(self._grid.weights))
            table.show_all(self._slots(), table.current)
            table.forget(only_missing=True)
        self._show_scores()
        self._say()

    def _slots(self) -> list[int]:
        return list(range(len(self._grid.rows) * len(self._grid.weights)))

    def _cell(self, slot: int) -> Cell:
        row, column = divmod(slot, len(self._grid.weights))
        return self._grid.cell(row, column)

    def _path_of(self, slot: int) -> Path | None:
        return self._result.record.path_of(self._cell(slot)) if self._result else None

    def _label_of(self, slot: int) -> tuple[str, str]:
        if self._result is None:
            return "", ""
        cell = self._cell(slot)
        lora, _seed = self._grid.rows[slot // len(self._grid.weights)]
        name = f"{self._names.get(lora, lora)} {cell.weight:g}" if cell.lora else _("no LoRA")
        best = self._result.best == (cell.lora, cell.weight)
        return f"{name} {self._result.label(cell)}", "good" if best else ""

    def _show_scores(self) -> None:
        scores = self.query_one("#scores", Static)
        points = self._result.points if self._result else ()
        best = self._result.best if self._result else None
        scores.update(score_lines(points, best, scores.size.width - 2, scores.size.height))

    def on_resize(self, event: object) -> None:
        super().on_resize(event)  # type: ignore[arg-type]
        self.call_after_refresh(self._show_scores)

    def action_other(self) -> None:
        options, table = self.query_one(OptionRows), self.query_one(PictureGrid)
        (table if options.has_focus else options).focus()

    def _current(self) -> tuple[Cell, Path] | None:
        slot = self.query_one(PictureGrid).current
        path = self._path_of(slot) if slot is not None else None
        return (self._cell(slot), path) if slot is not None and path is not None else None

    def action_large(self) -> None:
        found = self._current()
        if found is not None:
            from nasutui.core.pictures.thumbnails import thumbnail

            cell, path = found
            label = f"{cell.lora or _('no LoRA')}  {cell.weight:g}  {cell.seed}"
            self.app.push_screen(LookCloser(label, lambda c, r: thumbnail(path, c, r)))

    def action_beside(self) -> None:
        found = self._current()
        if found is None or self._result is None:
            return
        cell, path = found
        plain = Cell("", 0.0, cell.seed)
        other = self._result.record.path_of(plain)
        if other is None or not cell.lora:
            self.notify(_("there is no picture without a LoRA to show beside it"), markup=False)
            return
        texts = [
            f"{display_name(one.lora) or _('no LoRA')} {one.weight:g}\n{one.seed}  {self._result.label(one)}"
            for one in (plain, cell)
        ]
        self.app.push_screen(BesideScreen((other, texts[0]), (path, texts[1])))

    def action_leave(self) -> None:
        self.dismiss(None)
