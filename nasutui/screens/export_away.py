"""From the Export screen to Drive and Colab, and the LoRA back."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from nasutui.core.errors import NasutuiError
from nasutui.core.events import Cancelled, Events
from nasutui.core.i18n import N_, _
from nasutui.core.text import display_name
from nasutui.core.transfer.colab import can_open_browser, notebook_url
from nasutui.core.transfer.fetch_lora import FetchSettings, fetch_lora
from nasutui.core.transfer.places import drive_choices, usual
from nasutui.core.transfer.send import SendSettings, send
from nasutui.screens.base import Workplace
from nasutui.screens.link import LinkScreen
from nasutui.widgets.ask import AskText


def place_choices() -> list[str]:
    """What `send` can go to from here: drives and rclone remotes that are set up."""
    found: list[str] = []
    with contextlib.suppress(NasutuiError):
        found += [f"drive:{drive.account}" for drive in drive_choices()]
    if shutil.which("rclone"):
        from nasutui.core.transfer.rclone import remotes

        with contextlib.suppress(NasutuiError):
            found += [f"rclone:{remote.name}" for remote in remotes()]
    return found


class AwayKeys(Workplace):
    """The keys that leave this computer; a part of the Export screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "send", N_("To Drive"), id="export.send"),
        Binding("o", "colab", N_("Colab"), id="export.colab"),
        Binding("L", "fetch", N_("Fetch LoRA"), id="export.fetch", show=False),
    ]

    def _project_root(self) -> Path | None:
        workspace = self.app.workspace
        if workspace is None or workspace.project is None:
            self.notify(_("open a project first"), markup=False)
            return None
        return workspace.root

    @work
    async def action_send(self) -> None:
        root = self._project_root()
        if root is None or self.app.workspace is None:
            return
        choices = await self._found_places()
        hint = _("drive, rclone:REMOTE or a folder") + (
            "; " + _("found: {places}").format(places=display_name(", ".join(choices)))
            if choices
            else ""
        )
        to = await self.app.push_screen_wait(AskText(_("Send the dataset to:"), usual(), hint=hint))
        if not to:
            return
        settings = SendSettings(self.app.workspace.dataset, to)

        def make(cancelled: Cancelled) -> Events:
            return send(settings, cancelled)

        self.app.start_job(_("send"), make)

    async def _found_places(self) -> Sequence[str]:
        """Asking rclone takes a moment: not on the screen's own thread."""
        worker = self.run_worker(
            place_choices, thread=True, group="places", description="places", exit_on_error=False
        )
        found: list[str] = await worker.wait()
        return found

    @work
    async def action_fetch(self) -> None:
        root = self._project_root()
        if root is None:
            return
        source = await self.app.push_screen_wait(
            AskText(
                _("Fetch the trained LoRA from:"),
                usual(),
                hint=_("drive, rclone:REMOTE or a folder"),
            )
        )
        if not source:
            return
        settings = FetchSettings(root, source)

        def make(cancelled: Cancelled) -> Events:
            return fetch_lora(settings, cancelled)

        self.app.start_job(_("fetch LoRA"), make)

    def action_colab(self) -> None:
        root = self._project_root()
        if root is None:
            return
        try:
            url = notebook_url(root)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if can_open_browser(os.environ):
            self._open(url)
            return
        self.app.copy_to_clipboard(url)
        name = (
            self.app.workspace.project.name
            if self.app.workspace and self.app.workspace.project
            else ""
        )
        self.app.push_screen(LinkScreen(url, name))

    @work(thread=True, group="browser", exit_on_error=False, description="browser")
    def _open(self, url: str) -> None:
        import subprocess
        import sys

        # Whatever the browser's starter prints must not land on the screen.
        opener = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
        quiet = subprocess.DEVNULL
        try:
            subprocess.run(
                [opener, url], stdin=quiet, stdout=quiet, stderr=quiet, check=True, timeout=20
            )
        except (OSError, subprocess.SubprocessError):
            self.app.call_from_thread(self.app.push_screen, LinkScreen(url, ""))
