"""The form of the Generate screen at work: the project and server behind it, and what it would send."""

from __future__ import annotations

from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from nasutui.core.errors import NasutuiError
from nasutui.core.generation.log import Entry
from nasutui.core.generation.settings import Generation
from nasutui.core.i18n import _
from nasutui.core.webui.errors import PasswordError
from nasutui.jobs import Job
from nasutui.screens.base import Workplace
from nasutui.screens.generate_desk import GenerateDesk
from nasutui.screens.generate_form import Form, FormRows, form_options
from nasutui.screens.generate_job import DrawingState
from nasutui.screens.generate_pick import Choice, PickScreen
from nasutui.screens.generate_prompt import PromptScreen
from nasutui.widgets.ask import AskText
from nasutui.widgets.options import Option, OptionRows
from nasutui.widgets.picture_grid import PictureGrid
from nasutui.widgets.preview import Preview
from nasutui.widgets.row_list import RowList
from nasutui.workspace import Workspace


class GenerateBase(Workplace):
    """The form, the connection, and reading the log. Its subclasses draw and show."""

    def __init__(self) -> None:
        super().__init__()
        self._form = Form(Generation())
        self._desk: GenerateDesk | None = None
        self._entries: dict[int, Entry] = {}
        self._marked: list[int] = []
        self._job: Job | None = None
        self._state = DrawingState()
        self._server_said = ""

    def compose_body(self) -> ComposeResult:
        yield Horizontal(
            Vertical(
                FormRows(id="options"),
                Static(id="explain", markup=False),
                Static(id="sent", markup=False),
                id="left",
            ),
            Vertical(
                Static(id="status", markup=False),
                Preview(id="drawing"),
                PictureGrid(self._path_of, self._label_of, id="pictures"),
                Static(id="entry", markup=False),
            ),
        )

    def _path_of(self, number: int) -> Path | None:
        raise NotImplementedError

    def _label_of(self, number: int) -> tuple[str, str]:
        raise NotImplementedError

    def _show_entry(self) -> None:
        raise NotImplementedError

    def _show_status(self) -> None:
        raise NotImplementedError

    # -- loading ------------------------------------------------------------------------------

    def load(self, workspace: Workspace | None) -> None:
        self._entries, self._marked = {}, []
        pictures = self.query_one(PictureGrid)
        pictures.show_all([])
        pictures.forget()
        if workspace is None:
            return
        self._desk = GenerateDesk(workspace)
        self._form = self._desk.new_form()
        options = self.query_one(OptionRows)
        options.set_items(form_options(self._form))
        options.focus()
        self._show_sent()
        self._read_log(adopt=True)
        self._connect()

    def action_reload(self) -> None:
        self._connect()
        self._read_log(adopt=True)

    @work(thread=True, exclusive=True, group="log", exit_on_error=False, description="log")
    def _read_log(self, *, adopt: bool = False) -> None:
        desk = self._desk
        if desk is not None:
            self.post_message(desk.read_log(adopt=adopt))

    def on_generate_desk_logged(self, message: GenerateDesk.Logged) -> None:
        if message.desk is not self._desk:
            return
        if message.error:
            self.notify(message.error, severity="error", markup=False)
        pictures = self.query_one(PictureGrid)
        newest = message.newest if message.newest not in self._entries else pictures.current
        self._entries = {entry.id: entry for entry in message.entries}
        self._marked = [number for number in self._marked if number in self._entries]
        pictures.show_all(list(self._entries), newest)
        self._show_entry()

    @work(thread=True, exclusive=True, group="server", exit_on_error=False, description="server")
    def _connect(self) -> None:
        desk, url = self._desk, self._form.url
        self._server_said = _("looking for the WebUI at {url} ...").format(url=self._form.shown_url)
        self.app.call_from_thread(self._show_status)
        if desk is not None:
            for message in desk.connect(url):
                self.post_message(message)

    def on_generate_desk_connected(self, message: GenerateDesk.Connected) -> None:
        if message.desk is not self._desk or message.url != self._form.url:
            return
        self._server_said = message.said
        if message.samplers:
            self._form.samplers = message.samplers
        if message.loras is not None:
            self._form.loras = message.loras
        self.query_one(OptionRows).refresh()
        self._show_status()
        if message.code == PasswordError.default_code:
            self._ask_password()

    @work
    async def _ask_password(self) -> None:
        from nasutui.screens.generate_password import AskPassword

        desk = self._desk
        given = await self.app.push_screen_wait(AskPassword(self._form.shown_url))
        if given is not None and desk is not None:
            desk.user, desk.password = given
            self._connect()

    # -- the form -----------------------------------------------------------------------------

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if isinstance(message.rows.current, Option):
            self.query_one("#explain", Static).update(message.rows.current.explain)

    def on_option_rows_changed(self, _message: OptionRows.Changed) -> None:
        self._show_sent()

    @work
    async def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        option = message.rows.items[message.index]
        match option.key:
            case "prompt" | "negative":
                await self._write_prompt(option)
            case "lora" | "sampler":
                await self._pick(option)
            case "trigger":
                message.rows.action_step(1)  # type: ignore[attr-defined]
            case _:
                await self._type(option)
        message.rows.refresh()
        self._show_sent()

    async def _write_prompt(self, option: Option) -> None:
        assert self._desk is not None
        value: str = getattr(self._form.generation, option.key)
        screen = PromptScreen(option.title + ":", value, self._desk.completer)
        text = await self.app.push_screen_wait(screen)
        if text is not None:
            self._form.set(**{option.key: text})

    async def _pick(self, option: Option) -> None:
        value: str = getattr(self._form.generation, option.key)
        names = self._form.samplers if option.key == "sampler" else ("", *self._form.loras)
        choices = [Choice(n, n or _("(none)"), self._note(option.key, n)) for n in names]
        picked = await self.app.push_screen_wait(
            PickScreen(option.title + ":", choices, chosen=(value,))
        )
        if picked:
            self._form.set(**{option.key: picked[0]})

    def _note(self, key: str, name: str) -> str:
        return self._desk.lora_note(name) if self._desk and key == "lora" and name else ""

    async def _type(self, option: Option) -> None:
        shown = option.value()
        if option.key == "seed":
            shown = str(self._form.generation.seed)
        text = await self.app.push_screen_wait(
            AskText(option.title + ":", shown, hint=option.explain)
        )
        if text is None or option.take is None:
            return
        wrong = option.take(text)
        if wrong:
            self.notify(wrong, severity="error", markup=False)
        elif option.key == "url":
            self._keep_url()

    def _keep_url(self) -> None:
        if self._desk is not None:
            try:
                self._desk.keep_url(self._form.shown_url)
            except NasutuiError as error:
                self.notify(str(error), severity="error", markup=False)
        self._connect()

    def _show_sent(self) -> None:
        """What would be sent now; a Japanese prompt is turned into tags in a thread."""
        self._find_sent(self._form.generation)

    @work(thread=True, exclusive=True, group="sent", exit_on_error=False, description="sent")
    def _find_sent(self, generation: Generation) -> None:
        if self._desk is not None:
            self.post_message(self._desk.sent(generation))

    def on_generate_desk_sent(self, message: GenerateDesk.Sent) -> None:
        if message.asked == self._form.generation:
            self.query_one("#sent", Static).update(message.text)

    def _put(self, generation: Generation) -> None:
        """Show these settings in the form."""
        self._form.generation = generation
        self.query_one(OptionRows).refresh()
        self._show_sent()
