"""What every workplace has: the line of workplaces above, the line of work below, the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Resize, ScreenResume
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from nasutui.core.events import Event
from nasutui.core.i18n import N_, _
from nasutui.jobs import Job
from nasutui.widgets.translated import Translated
from nasutui.widgets.work_line import WorkLine
from nasutui.workspace import Workspace

if TYPE_CHECKING:
    from nasutui.app import NasutuiApp

PLACES = (
    ("prepare", N_("Prepare")),
    ("caption", N_("Caption")),
    ("tags", N_("Tags")),
    ("export", N_("Export")),
    ("generate", N_("Generate")),
)
MIN_COLUMNS, MIN_ROWS = 60, 16


class Workplace(Translated, Screen[None]):
    """A full screen of its own; subclasses say what is in it with `compose_body`."""

    MODE: ClassVar[str] = ""
    NEEDS_WORKSPACE: ClassVar[bool] = True
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
        (0, "-narrow"),
        (100, "-normal"),
        (140, "-wide"),
    ]
    DEFAULT_CSS = """
    Workplace { layout: vertical; }
    Workplace #places { height: 1; dock: top; background: $panel; }
    Workplace #body { height: 1fr; }
    Workplace #too-small { display: none; height: 1fr; content-align: center middle; }
    Workplace.-too-small #too-small { display: block; }
    Workplace.-too-small #body, Workplace.-too-small #places, Workplace.-too-small Footer,
    Workplace.-too-small WorkLine { display: none; }
    """

    if TYPE_CHECKING:
        app: NasutuiApp

    def __init__(self) -> None:
        super().__init__()
        self._shown: Workspace | None = None
        self._focus_when_large: Widget | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="places")
        yield Container(*self.compose_body(), id="body")
        yield Static(id="too-small", markup=False)
        yield WorkLine()
        yield Footer(show_command_palette=False, compact=True)

    def compose_body(self) -> ComposeResult:
        """The widgets of this workplace."""
        raise NotImplementedError

    def load(self, workspace: Workspace | None) -> None:
        """Show another project or folder."""

    def job_said(self, job: Job, events: Sequence[Event]) -> None:
        """A job went on (or ended: `job.ended`)."""

    def leave(self) -> None:
        """The screen is left or the app ends: write what is not written yet."""

    # -- what the shell does ------------------------------------------------------------------

    def on_screen_resume(self, _event: ScreenResume) -> None:
        self.refresh_shell()
        if self.app.workspace is not self._shown or self.MODE == "home":
            self._shown = self.app.workspace
            self.load(self._shown)

    def on_screen_suspend(self) -> None:
        self.leave()

    def refresh_shell(self) -> None:
        """Draw the lines above and below again."""
        self.query_one("#places", Static).update(self._places())
        self.query_one(WorkLine).show_job(self.app.newest_job)

    def _places(self) -> Content:
        workspace = self.app.workspace
        name = workspace.name if workspace else "nasutui"
        home = "bold reverse" if self.MODE == "home" else "bold"
        parts: list[tuple[str, str]] = [
            (" 0 ", "$text-muted"), (f" {name} ", f"{home} $primary"), (" ", ""),
        ]  # fmt: skip
        for number, (mode, title) in enumerate(PLACES, 1):
            style = "reverse bold" if mode == self.MODE else ""
            parts += [(f" {number} ", "$text-muted"), (f" {_(title)} ", style)]
        return Content.assemble(*parts)

    def on_resize(self, event: Resize) -> None:
        small = event.size.width < MIN_COLUMNS or event.size.height < MIN_ROWS
        if small and self.focused is not None:
            self._focus_when_large = self.focused  # what is hidden loses the focus
        self.set_class(small, "-too-small")
        if not small and self._focus_when_large is not None:
            self.call_after_refresh(self.set_focus, self._focus_when_large)
            self._focus_when_large = None
        if small:
            self.query_one("#too-small", Static).update(
                _("too small: {width} x {height}; nasutui needs {columns} x {rows}").format(
                    width=event.size.width,
                    height=event.size.height,
                    columns=MIN_COLUMNS,
                    rows=MIN_ROWS,
                )
            )
