"""The Generate screen: prompts to the WebUI, pictures back, rated and logged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Static

from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Event, Events, ItemDone, Note
from nasutui.core.generation.drawing import DrawSettings, draw
from nasutui.core.generation.settings import Generation, is_japanese
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.jobs import Job
from nasutui.screens.failures import FailuresScreen
from nasutui.screens.generate_job import DrawingState, for_screens
from nasutui.screens.generate_pictures import GeneratePictures
from nasutui.screens.generate_text import sent_text
from nasutui.widgets.ask import AskYesNo
from nasutui.widgets.preview import Preview


class GenerateScreen(GeneratePictures):
    """Draw with a Stable Diffusion WebUI."""

    MODE = "generate"
    HELP = N_("""\
# Generate

**r** draws with the settings on the left; **ctrl+x** stops it. **enter** writes a prompt (tags, or
Japanese), **left** and **right** change a setting. The pictures are kept in `generated/` with their
settings. **tab** goes to them: **space** shows one large, where **1** to **5** rate it and **n**
notes something; **x** marks two, **b** shows them side by side, **N** shows the nearest picture of
the dataset, **e** loads the settings back into the form, **/** searches the log.

**c** takes a caption as prompt, **t** a template, **T** keeps the prompt as one (`{hair=blue hair}`
is asked for), **o** reads the settings of any PNG (or drop it here). **C** compares LoRAs.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", N_("Draw"), id="generate.run"),
        Binding("space", "large", N_("Large, rate"), id="generate.large"),
        Binding("C", "compare", N_("Compare LoRAs"), id="generate.compare"),
        Binding("slash", "log", N_("Log"), id="generate.log"),
        Binding("e", "load_back", N_("Settings back"), id="generate.load"),
        Binding("x", "mark", N_("Mark"), id="generate.mark", show=False),
        Binding("b", "beside", N_("Side by side"), id="generate.beside", show=False),
        Binding("N", "nearest", N_("Nearest of the dataset"), id="generate.nearest", show=False),
        Binding("c", "caption", N_("A caption as prompt"), id="generate.caption", show=False),
        Binding("t", "template", N_("Template"), id="generate.template", show=False),
        Binding("T", "keep_template", N_("Keep as template"), id="generate.keep", show=False),
        Binding("o", "open", N_("Read a PNG"), id="generate.open", show=False),
        Binding("f", "failures", N_("What failed"), id="generate.failures", show=False),
        Binding("tab", "other", N_("Form or pictures"), id="generate.other", show=False),
        Binding("f5", "reload", N_("Connect again"), id="generate.reload", show=False),
    ]
    DEFAULT_CSS = """
    GenerateScreen #left { width: 44; }
    GenerateScreen.-narrow #left { width: 36; }
    GenerateScreen #options { height: 12; }
    GenerateScreen #explain { height: 2; padding: 0 1; color: $text-muted; background: $surface; }
    GenerateScreen #sent { height: 1fr; padding: 0 1; background: $surface; color: $text-accent; }
    GenerateScreen #status { height: auto; max-height: 6; padding: 0 1; }
    GenerateScreen #drawing { height: 1fr; display: none; }
    GenerateScreen.-drawing #drawing { display: block; }
    GenerateScreen.-drawing.-narrow #pictures { display: none; }
    GenerateScreen #entry { height: 2; padding: 0 1; color: $text-muted; }
    """

    # -- drawing ------------------------------------------------------------------------------

    @work
    async def action_run(self) -> None:
        desk, asked = self._desk, self._form.generation
        if desk is None:
            return
        if is_japanese(asked.prompt + asked.negative):
            found = await self._understand(asked).wait()
            if found and not await self.app.push_screen_wait(AskYesNo(found)):
                return
        settings = DrawSettings(
            asked, desk.folder, desk.server(self._form.url), desk.lora_folder, desk.words,
            previews=True, pace=desk.pace,
        )  # fmt: skip

        def make(cancelled: Cancelled) -> Events:
            return for_screens(draw(settings, cancelled))

        job = self.app.start_job(_("generate"), make)
        if job is not None:
            self._job, self._state = job, DrawingState()
            self.set_class(True, "-drawing")
            self._show_status()

    @work(thread=True, exclusive=True, group="understand", description="understand")
    def _understand(self, asked: Generation) -> str:
        """The question whether to draw what was not understood; "" when all was."""
        try:
            found = self._desk.in_tags(asked) if self._desk else None
        except NasutuiError:
            return ""  # the step says so
        if found is None or not found.unknown:
            return ""
        text = _("Not understood and left out: {text}\nDraw this: {prompt}")
        unknown = "、".join(map(display_name, found.unknown))
        return text.format(text=unknown, prompt=sent_text(found.generation, ()))

    def job_said(self, job: Job, events: Sequence[Event]) -> None:
        if job is not self._job:
            return
        self._state.take(events)
        for event in events:
            if isinstance(event, Note) and event.path is not None:
                self.notify(event.text, severity="warning", markup=False, timeout=8)
        if self._state.preview is not None:
            self._show_drawing(self._state.preview, self._state.previews)
        if job.ended:
            self.set_class(False, "-drawing")
            self.query_one("#drawing", Preview).show(None, None)
            if job.error:
                self.notify(job.error, severity="error", markup=False, timeout=10)
        if job.ended or any(isinstance(event, ItemDone) for event in events):
            self._read_log()
        self._show_status()

    def _show_drawing(self, data: bytes, number: int) -> None:
        from nasutui.core.pictures.images import opened
        from nasutui.core.pictures.thumbnails import fitted

        def develop(columns: int, rows: int) -> Any:
            with opened(data, near=max(columns, rows * 2)) as found:
                return fitted(found.image, columns, rows * 2)

        self.query_one("#drawing", Preview).show(("drawing", id(self._state), number), develop)

    def _show_status(self) -> None:
        job = self._job
        text = self._server_said
        if job is not None and not job.ended:
            text = self._state.line(job)
        elif job is not None and job.error:
            text = job.error
        elif job is not None and job.failures:
            text = job.failures[-1].reason
        self.query_one("#status", Static).update(text)

    def action_failures(self) -> None:
        failures = self._job.failures if self._job else []
        self.app.push_screen(FailuresScreen(failures), self._try_again)

    def _try_again(self, again: bool | None) -> None:
        if again:
            self.action_run()

    def action_compare(self) -> None:
        from nasutui.screens.generate_compare import CompareScreen

        if self._desk is not None:
            self.app.push_screen(CompareScreen(self._desk, self._form), self._compared)

    def _compared(self, _result: None) -> None:
        self._read_log()
