"""The App: modes, keys, theme, palette, and the jobs that run behind them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from nasutui import whole_characters
from nasutui.core.config import Config, projects_folder
from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import N_, _
from nasutui.jobs import Job, JobEvents, MakeStep, run_job
from nasutui.keys_in_turn import KeysInTurn
from nasutui.log_file import keep_a_log
from nasutui.repaint import ShownPieces
from nasutui.screens.base import PLACES, Workplace
from nasutui.theme import THEMES
from nasutui.widgets.translated import Translated
from nasutui.workspace import Workspace, open_workspace


def _mode(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A screen that is imported when its mode is first entered: the first paint stays quick."""

    def make() -> Screen[Any]:
        import importlib

        screen: Screen[Any] = getattr(importlib.import_module(f"nasutui.screens.{module}"), name)()
        return screen

    return make


class NasutuiApp(Translated, KeysInTurn):
    """nasutui in a terminal."""

    TITLE = "nasutui"
    ENABLE_COMMAND_PALETTE = True
    DEFAULT_MODE = "home"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "home": _mode("home", "HomeScreen"),
        "prepare": _mode("prepare", "PrepareScreen"),
        "caption": _mode("caption", "CaptionScreen"),
        "tags": _mode("tags", "TagsScreen"),
        "export": _mode("export", "ExportScreen"),
        "generate": _mode("generate", "GenerateScreen"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "place('home')", N_("Projects"), id="app.home", show=False),
        *(
            Binding(str(i), f"place('{mode}')", title, id=f"app.{mode}", show=False)
            for i, (mode, title) in enumerate(PLACES, 1)
        ),
        Binding("question_mark", "help", N_("Help"), id="app.help"),
        Binding("ctrl+p", "command_palette", N_("Commands"), id="app.palette", show=False),
        Binding("ctrl+x", "stop_job", N_("Stop the work"), id="app.stop", show=False),
        Binding("ctrl+l", "redraw", N_("Draw the screen again"), id="app.redraw", show=False),
        Binding("ctrl+q", "quit", N_("Quit"), id="app.quit", priority=True),
    ]
    CSS = """
    HelpPanel { width: 45%; }
    Footer { background: $panel; padding: 0 0 0 1; }
    Footer.-compact FooterKey { margin: 0 2 0 0; }
    Workplace ToastRack { margin-bottom: 2; }
    """

    def __init__(self, config: Config, path: str | None = None) -> None:
        super().__init__()
        self.config = config
        self.projects = projects_folder(config)
        self.workspace: Workspace | None = None
        self.jobs: list[Job] = []
        self.environment = dict(os.environ)
        self._shown = ShownPieces()
        self.exit_code_of_signal = 0
        self._path = path
        for theme in THEMES:
            self.register_theme(theme)
        self.set_keymap(config.keys)
        self.theme = config.theme if config.theme in self.available_themes else "nasutui-dark"

    def on_mount(self) -> None:
        if not self.is_headless:
            self._leave_when_told()
        self.app_resume_signal.subscribe(self, lambda _app: self.action_redraw())
        if self._path:
            self.open_path(Path(self._path))

    def _leave_when_told(self) -> None:
        """SIGTERM leaves as the key does: what is not written yet is written, and the terminal is as
        it was before."""

        def leave() -> None:
            self.exit_code_of_signal = 128 + signal.SIGTERM
            self.call_next(self.action_quit)

        with contextlib.suppress(NotImplementedError, ValueError):  # Windows; not the main thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave)

    # -- the terminal -------------------------------------------------------------------------

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, self._shown.only_news(renderable))

    def on_resize(self) -> None:
        """A terminal may have lost what it showed, even one that has its old size again."""
        self.action_redraw()

    def action_redraw(self) -> None:
        """Draw everything again, after something else wrote on the terminal."""
        self._shown.forget()
        self.screen.refresh()

    # -- what is open -------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a project or folder and go to the workplace where its next step is."""
        try:
            self.workspace = open_workspace(path)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.switch_mode(self._first_place())

    def _first_place(self) -> str:
        assert self.workspace is not None
        if self.workspace.project is None:
            return "tags"
        from nasutui.core.editing.listing import is_caption_name, is_picture_name
        from nasutui.core.overview import holds

        if not holds(self.workspace.processed, is_picture_name):
            return "prepare"
        tagged = holds(self.workspace.tagged, is_caption_name)
        return "tags" if tagged else "caption"

    def action_place(self, mode: str) -> None:
        if mode != "home" and self.workspace is None:
            self.notify(_("open a project first"), markup=False)
            return
        self.switch_mode(mode)

    def action_help(self) -> None:
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    # -- jobs ---------------------------------------------------------------------------------

    @property
    def newest_job(self) -> Job | None:
        """The job that is running, or else the one that ended last."""
        return self.jobs[-1] if self.jobs else None

    def is_busy(self) -> bool:
        """Whether a job is still running; says so then."""
        running = self.newest_job
        if running is None or running.ended:
            return False
        text = _("{title} is still running; ctrl+x stops it").format(title=running.title)
        self.notify(text, severity="warning", markup=False)
        return True

    def start_job(self, title: str, make_step: MakeStep) -> Job | None:
        """Run a step behind the screens; None when another is still running."""
        if self.is_busy():
            return None
        job = Job(title, make_step)
        self.jobs = [*self.jobs[-9:], job]
        self.run_worker(
            partial(run_job, self, job), thread=True, group="jobs", exit_on_error=False,
            name=title, description=title,
        )  # fmt: skip
        self._show_job(job, [])
        return job

    def on_job_events(self, message: JobEvents) -> None:
        for event in message.events:
            message.job.take(event)
        message.job.ended = message.job.ended or message.ended
        self._show_job(message.job, message.events)

    def _show_job(self, job: Job, events: list[Any]) -> None:
        for screen in self._workplaces():
            screen.refresh_shell()
            screen.job_said(job, events)

    def action_stop_job(self) -> None:
        job = self.newest_job
        if job is not None and not job.ended:
            job.stop.set()
            self._show_job(job, [])

    async def action_quit(self) -> None:
        for job in self.jobs:
            job.stop.set()
        for screen in self._workplaces():
            screen.leave()
        self.exit(return_code=self.exit_code_of_signal)

    def _workplaces(self) -> Iterator[Workplace]:
        for stack in self._screen_stacks.values():
            yield from (s for s in stack if isinstance(s, Workplace) and s.is_mounted)

    # -- palette ------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action that has a key right now, and the theme."""
        seen = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.action in seen or not binding.description or binding.system:
                continue
            seen.add(binding.action)
            keys = _("key: {key}").format(key=self.get_key_display(binding))
            run = partial(self.run_action, binding.action, active.node)
            yield SystemCommand(binding.description, keys, run)
        yield SystemCommand(_("Theme"), _("choose the colours"), self.action_change_theme)


def run_app(path: str | None, config: Config) -> int:
    """Open the interface, on a project or folder if one is given; returns the exit code."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    keep_a_log()
    whole_characters.install()
    app = NasutuiApp(config, path)
    app.run()
    return app.return_code or 0
