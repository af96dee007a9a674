"""What the Generate screens need of the project, the server and the log. Its methods wait for disks
and servers: they are called in threads, and answer with messages for the screen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from textual.message import Message

from nasutui.core.dataset.completion import Completer
from nasutui.core.editing.captions import tag_key
from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import scan
from nasutui.core.errors import CaptionError, InputError, NasutuiError, PictureError
from nasutui.core.generation.drawing import Server, opened_log
from nasutui.core.generation.log import LOG_FILE, Entry
from nasutui.core.generation.pnginfo import read_parameters
from nasutui.core.generation.settings import LORA_SUFFIX, Generation, InTags, in_tags
from nasutui.core.generation.templates import generate_section, read_templates, save_template
from nasutui.core.i18n import _
from nasutui.core.japanese.dictionary import dictionary
from nasutui.core.japanese.own_words import FILE_NAME
from nasutui.core.project import GENERATED, LORAS, update_project
from nasutui.core.tagging.models import DEFAULT_MODEL
from nasutui.core.text import display_name, natural_key
from nasutui.core.webui.address import DEFAULT_URL
from nasutui.core.webui.job import Pace
from nasutui.core.webui.lists import Abilities
from nasutui.screens.generate_form import SAMPLERS, Form
from nasutui.screens.generate_pick import Choice
from nasutui.screens.generate_text import sent_text
from nasutui.workspace import Workspace

_SHOWN = 300


class GenerateDesk:
    """One workspace's side of generating."""

    class Logged(Message):
        """The log was read, the newest first. newest: the newest entry's number."""

        def __init__(self, desk: GenerateDesk, entries: list[Entry], error: str) -> None:
            super().__init__()
            self.desk, self.entries, self.error = desk, entries, error
            self.newest = entries[0].id if entries else None

    class Connected(Message):
        """The server answered, or did not. loras: None when they are not known (yet)."""

        def __init__(
            self, desk: GenerateDesk, url: str, said: str, code: str = "",
            samplers: tuple[str, ...] = (), loras: tuple[str, ...] | None = None,
        ) -> None:  # fmt: skip
            super().__init__()
            self.desk, self.url, self.said, self.code = desk, url, said, code
            self.samplers, self.loras = samplers, loras

    class Sent(Message):
        """What would be sent for a form."""

        def __init__(self, asked: Generation, text: str) -> None:
            super().__init__()
            self.asked, self.text = asked, text

    class Near(Message):
        """The nearest picture of the dataset."""

        def __init__(self, entry: Entry, found: tuple[Path, float] | None, error: str) -> None:
            super().__init__()
            self.entry, self.found, self.error = entry, found, error

    class Read(Message):
        """The `parameters` of a PNG; None when there are none."""

        def __init__(self, path: Path, text: str | None, error: str) -> None:
            super().__init__()
            self.path, self.text, self.error = path, text, error

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.folder = workspace.root / GENERATED
        self.lora_folder = workspace.root / LORAS if workspace.project else None
        self.words = tuple(p for p in (workspace.root / FILE_NAME,) if p.is_file())
        self.user: str | None = None
        self.password: str | None = None
        self.pace: Pace | None = None
        self._on_server: frozenset[str] | None = None
        self._own: frozenset[str] = frozenset()

    # -- settings -------------------------------------------------------------------------------

    def new_form(self) -> Form:
        """The form to begin with."""
        project = self.workspace.project
        trigger = project.settings.project.trigger if project else ""
        told = generate_section(self.workspace.root).get("url") if project else None
        url = told if isinstance(told, str) else DEFAULT_URL
        own = self.own_loras()
        # The whole name without a step is the end of a training.
        lora = min(own, key=len) if own else ""
        return Form(
            Generation(trigger=trigger, lora=lora), url, trigger, tuple(own), tuple(SAMPLERS)
        )

    def own_loras(self) -> list[str]:
        """Names of the project's LoRA files, in natural order."""
        names: list[str] = []
        with contextlib.suppress(OSError):
            if self.lora_folder is not None:
                names = [p.stem for p in self.lora_folder.iterdir() if p.suffix == LORA_SUFFIX]
        found = sorted((n for n in names if not n.startswith(".")), key=natural_key)
        self._own = frozenset(found)
        return found

    def lora_note(self, name: str) -> str:
        """Where a LoRA is, as it was when the lists were read last."""
        here = name in self._own
        if self._on_server is None:
            return _("of this project") if here else ""
        if name not in self._on_server:
            return _("not in the WebUI's list: copy its file into models/Lora there")
        return _("of this project") if here else _("of the WebUI")

    @property
    def tagger(self) -> str:
        """The dataset's own tagger."""
        project = self.workspace.project
        return project.settings.caption.model if project else DEFAULT_MODEL

    @property
    def threshold(self) -> float:
        project = self.workspace.project
        return project.settings.caption.threshold if project else 0.35

    def server(self, url: str) -> Server:
        """The server at this address, with the password that was typed."""
        return Server(url, self.user, self.password)

    def keep_url(self, url: str) -> None:
        """Remember the address (without a password). Raises InputError, SettingsError."""
        if self.workspace.project is not None:
            update_project(self.workspace.root, {"generate": {"url": url}})

    def templates(self) -> dict[str, str]:
        return read_templates(self.workspace.root)

    def keep_template(self, name: str, text: str | None) -> None:
        """Keep a template (None: forget it). Raises InputError, SettingsError."""
        if self.workspace.project is None:
            raise InputError(
                _("templates are kept in a project; this is a plain folder"), code="no-project"
            )
        save_template(self.workspace.root, name, text)

    # -- prompts --------------------------------------------------------------------------------

    def in_tags(self, asked: Generation) -> InTags:
        """Japanese into tags. Raises SettingsError."""
        return in_tags(asked, self.words)

    def sent(self, asked: Generation) -> Sent:
        try:
            found = self.in_tags(asked)
            return self.Sent(asked, sent_text(found.generation, found.unknown))
        except NasutuiError as error:
            return self.Sent(asked, str(error))

    def completer(self) -> Completer:
        """Completes tags from the dictionary and this dataset."""
        counts: dict[str, int] = {}
        for _picture, tags in self._captions():
            for key in {tag_key(tag) for tag in tags}:
                counts[key] = counts.get(key, 0) + 1
        return Completer(dictionary(self.words), counts)

    def captions(self) -> list[Choice]:
        """The dataset's captions as prompts, without the trigger."""
        project = self.workspace.project
        trigger = tag_key(project.settings.project.trigger) if project else ""
        return [
            Choice(text, picture.name, text, picture)
            for picture, tags in self._captions()
            if (text := ", ".join(tag for tag in tags if tag_key(tag) != trigger))
        ]

    def _captions(self) -> Iterator[tuple[Path, tuple[str, ...]]]:
        with contextlib.suppress(InputError):
            listing = scan(self.workspace.tagged)
            for picture in listing.pictures:
                path = listing.captions.get(picture.stem)
                if path is not None:
                    with contextlib.suppress(CaptionError):
                        yield picture, read_caption(path).caption.tags

    # -- server, log, pictures ------------------------------------------------------------------

    def connect(self, url: str) -> Iterator[Connected]:
        """Test the connection, then ask for the LoRAs, which may take long."""
        try:
            with self.server(url).connect() as webui:
                known = webui.check()
                said = _("connected to {url}").format(url=webui.url)
                names = _sampler_names(known)
                yield self.Connected(self, url, said, samplers=names)
                on_server = sorted((lora.name for lora in webui.loras()), key=natural_key)
        except NasutuiError as error:
            yield self.Connected(self, url, str(error), error.code)
            return
        self._on_server = frozenset(on_server)
        own = self.own_loras()
        loras = tuple(dict.fromkeys([*own, *on_server]))
        missing = [name for name in own if name not in self._on_server]
        if missing:
            said += "\n" + _("not in the WebUI's list of LoRAs: {names}").format(
                names=", ".join(map(display_name, missing))
            )
        yield self.Connected(self, url, said, samplers=names, loras=loras)

    def read_log(self, *, adopt: bool) -> Logged:
        """The newest entries. adopt: take in pictures that have none."""
        if not (self.folder / LOG_FILE).exists() and not self._has_pictures():
            return self.Logged(self, [], "")
        try:
            with opened_log(self.folder) as log:
                if adopt:
                    log.adopt()
                return self.Logged(self, log.search("", _SHOWN), "")
        except NasutuiError as error:
            return self.Logged(self, [], str(error))

    def _has_pictures(self) -> bool:
        with contextlib.suppress(OSError):
            return any(path.suffix.lower() == ".png" for path in self.folder.iterdir())
        return False

    def nearest(self, entry: Entry) -> Near:
        from nasutui.core.pictures.nearest import nearest

        try:
            found = nearest(entry.path, self.workspace.tagged)
            return self.Near(entry, found, _("there is no picture in the dataset"))
        except (PictureError, InputError) as error:
            return self.Near(entry, None, str(error))

    def read_png(self, path: Path) -> Read:
        name = display_name(path.name)
        try:
            text = read_parameters(path)
        except PictureError as error:
            reason = str(error)
            return self.Read(path, None, reason if name in reason else f"{name}: {reason}")
        told = _("{name} holds no settings of a WebUI").format(name=name)
        return self.Read(path, text, told)


def _sampler_names(known: Abilities) -> tuple[str, ...]:
    """Samplers as a person chooses them: with Karras where the server keeps that apart."""
    names = [sampler.name for sampler in known.samplers]
    labels = [s.label for s in known.schedulers or () if s.label]
    if "Karras" in labels:
        names = [n for name in names for n in ((f"{name} Karras", name) if name.startswith("DPM") else (name,))]  # fmt: skip
    return tuple(dict.fromkeys(names))
