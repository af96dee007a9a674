"""The pictures of the Generate screen, and settings that come from elsewhere into its form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual import work
from textual.widgets import Static

from nasutui.core.errors import NasutuiError
from nasutui.core.generation.log import Entry, load_back
from nasutui.core.generation.settings import from_infotext
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.screens.generate_base import GenerateBase
from nasutui.screens.generate_desk import GenerateDesk
from nasutui.screens.generate_large import BesideScreen, LargeScreen
from nasutui.screens.generate_log import LogScreen
from nasutui.screens.generate_pick import Choice, PickScreen
from nasutui.screens.generate_text import entry_label, entry_line, entry_text
from nasutui.widgets.ask import AskText, typed_path
from nasutui.widgets.options import OptionRows
from nasutui.widgets.picture_grid import PictureGrid


class GeneratePictures(GenerateBase):
    """Look, rate, lay side by side, load back; captions, templates and PNGs as prompts."""

    # -- the pictures -------------------------------------------------------------------------

    def _path_of(self, number: int) -> Path | None:
        entry = self._entries.get(number)
        return entry.path if entry else None

    def _label_of(self, number: int) -> tuple[str, str]:
        entry = self._entries.get(number)
        if entry is None:
            return "", ""
        text, style = entry_label(entry)
        return ("x " if number in self._marked else "") + text, style

    @property
    def _current(self) -> Entry | None:
        number = self.query_one(PictureGrid).current
        return self._entries.get(number) if number is not None else None

    def on_thumb_grid_moved(self, _message: PictureGrid.Moved) -> None:
        self._show_entry()

    def _show_entry(self) -> None:
        entry = self._current
        if entry is None:
            text = _("No pictures yet. Write a prompt (enter), then r draws.")
        else:
            text = entry_line(entry)
        self.query_one("#entry", Static).update(text)

    def action_other(self) -> None:
        options, pictures = self.query_one(OptionRows), self.query_one(PictureGrid)
        (pictures if options.has_focus else options).focus()

    def action_mark(self) -> None:
        entry = self._current
        if entry is not None:
            if entry.id in self._marked:
                self._marked.remove(entry.id)
            else:
                self._marked = [*self._marked[-1:], entry.id]
            self.query_one(PictureGrid).refresh()

    @work
    async def action_large(self) -> None:
        entry, desk = self._current, self._desk
        if entry is None or desk is None:
            return
        entries = list(self._entries.values())
        screen = LargeScreen(desk.folder, entries, entries.index(entry))
        last = await self.app.push_screen_wait(screen)
        self._entries = {e.id: e for e in entries}
        self.query_one(PictureGrid).show_all(list(self._entries), last)
        self._show_entry()

    def action_beside(self) -> None:
        chosen = [self._entries[number] for number in self._marked]
        if len(chosen) < 2 and self._current is not None and self._current not in chosen:
            chosen.append(self._current)
        if len(chosen) < 2:
            self.notify(_("mark two pictures with x first"), markup=False)
            return
        left, right = ((entry.path, entry_text(entry)) for entry in chosen)
        self.app.push_screen(BesideScreen(left, right))

    def action_nearest(self) -> None:
        if self._current is not None:
            self._find_nearest(self._current)

    @work(thread=True, exclusive=True, group="nearest", exit_on_error=False, description="nearest")
    def _find_nearest(self, entry: Entry) -> None:
        if self._desk is not None:
            self.post_message(self._desk.nearest(entry))

    def on_generate_desk_near(self, message: GenerateDesk.Near) -> None:
        if message.found is None:
            self.notify(message.error, markup=False)
            return
        path, likeness = message.found
        text = _("the nearest of the dataset: {name}\nlikeness {share} %").format(
            name=display_name(path.name), share=round(max(0.0, likeness) * 100)
        )
        entry = message.entry
        self.app.push_screen(BesideScreen((entry.path, entry_text(entry)), (path, text)))

    # -- settings from elsewhere --------------------------------------------------------------

    def action_load_back(self) -> None:
        if self._current is not None:
            self._put(load_back(self._current, self._form.trigger))

    @work
    async def action_log(self) -> None:
        if self._desk is None:
            return
        entry = await self.app.push_screen_wait(LogScreen(self._desk.folder))
        if entry is not None:
            self._put(load_back(entry, self._form.trigger))
        self._read_log()

    @work
    async def action_open(self) -> None:
        text = await self.app.push_screen_wait(
            AskText(_("Read the settings of (a PNG):"), path=True)
        )
        if text:
            self._read_png(typed_path(text))

    def on_paste(self, event: Any) -> None:
        """A dropped file arrives as its pasted path."""
        event.stop()
        self._read_png(typed_path(event.text))

    @work(thread=True, exclusive=True, group="png", exit_on_error=False, description="png")
    def _read_png(self, path: Path) -> None:
        if self._desk is not None:
            self.post_message(self._desk.read_png(path))

    def on_generate_desk_read(self, message: GenerateDesk.Read) -> None:
        if message.text is None:
            self.notify(message.error, severity="error", markup=False)
            return
        self._put(from_infotext(message.text, self._form.trigger))
        self.notify(
            _("settings of {name}").format(name=display_name(message.path.name)), markup=False
        )

    @work
    async def action_caption(self) -> None:
        desk = self._desk
        if desk is None:
            return
        choices = await self._captions().wait()
        if not choices:
            self.notify(_("there are no captions yet"), markup=False)
            return
        picked = await self.app.push_screen_wait(PickScreen(_("A caption as prompt:"), choices))
        if picked:
            self._form.set(prompt=picked[0])
            self._put(self._form.generation)

    @work(thread=True, exclusive=True, group="captions", description="captions")
    def _captions(self) -> list[Choice]:
        return self._desk.captions() if self._desk else []

    @work
    async def action_template(self) -> None:
        desk = self._desk
        templates = desk.templates() if desk else {}
        if desk is None or not templates:
            self.notify(_("there are no templates; T keeps the prompt as one"), markup=False)
            return
        choices = [Choice(name, name, text) for name, text in templates.items()]
        picked = await self.app.push_screen_wait(
            PickScreen(_("Template:"), choices, forget=_("; D forgets it"))
        )
        if picked and not picked[0]:
            self._keep_template(picked[1], None)
        elif picked:
            await self._fill(templates[picked[0]])

    async def _fill(self, template: str) -> None:
        from nasutui.core.generation.templates import fill, variables

        values: dict[str, str] = {}
        for name, value in variables(template).items():
            text = await self.app.push_screen_wait(AskText(display_name(name) + ":", value))
            if text is None:
                return
            values[name] = text
        self._form.set(prompt=fill(template, values))
        self._put(self._form.generation)

    @work
    async def action_keep_template(self) -> None:
        prompt = self._form.generation.prompt
        if not prompt:
            self.notify(_("write a prompt first"), markup=False)
            return
        name = await self.app.push_screen_wait(
            AskText(_("Keep the prompt as a template called:"), hint=display_name(prompt))
        )
        if name:
            self._keep_template(name, prompt)

    def _keep_template(self, name: str, text: str | None) -> None:
        try:
            if self._desk is not None:
                self._desk.keep_template(name, text)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
