"""The step that draws what somebody asked for with a WebUI and logs every picture.

It is webui_generate's step with what stands around it: Japanese into tags, one request a picture,
names by date, and the log beside the pictures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from nasutui.core.errors import InputError
from nasutui.core.events import (
    Cancelled,
    Event,
    Events,
    ItemDone,
    ItemFailed,
    Note,
    Progress,
    never,
)
from nasutui.core.generation.log import GenerationLog
from nasutui.core.generation.settings import Generation, InTags, full_prompt, in_tags, requests
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.webui.address import DEFAULT_URL
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.generate import generate
from nasutui.core.webui.job import Pace
from nasutui.core.webui.progress import DrawingProgress

AUTH_VARIABLE = "NASUTUI_WEBUI_AUTH"


@dataclass(frozen=True, slots=True)
class Server:
    """Where the WebUI is. user, password: those of --api-auth (None: the environment's
    NASUTUI_WEBUI_AUTH=user:password, or those in the address)."""

    url: str = DEFAULT_URL
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return "Server(...)"  # an address may hold a password

    def connect(self) -> WebUI:
        """A client; nothing is sent yet. Raises InputError for an address that is none."""
        user, password = self.user, self.password
        given = os.environ.get(AUTH_VARIABLE, "")
        if user is None and ":" in given and "@" not in self.url:
            user, _colon, password = given.partition(":")
        return WebUI(self.url, user=user, password=password)


@dataclass(frozen=True, slots=True)
class DrawSettings:
    """folder: where the pictures and their log are. loras: a folder of LoRA files whose hashes the
    WebUI must confirm. words: the user's own dictionaries for a Japanese prompt. previews: give
    half-drawn pictures. pace: the client's times."""

    generation: Generation
    folder: Path
    server: Server = field(default_factory=Server)
    loras: Path | None = None
    words: tuple[Path, ...] = ()
    previews: bool = False
    pace: Pace | None = None


def draw(settings: DrawSettings, cancelled: Cancelled = never) -> Events:
    """Draw, save and log. Yields the events of `webui_generate.generate`. Raises InputError,
    WebUIError, StateError."""
    found = in_tags(settings.generation, settings.words)
    asked = requests(found.generation, settings.loras)
    if not asked[0].prompt:
        raise InputError(_("there is no prompt: write what to draw"), code="no-prompt")
    yield from prompt_notes(found)
    today = datetime.now().strftime("%Y%m%d-%H%M%S")
    names = [f"{today}-{request.seed}" for request in asked]
    originals = [replace(settings.generation, seed=r.seed, count=1) for r in asked]
    with settings.server.connect() as webui, opened_log(settings.folder) as log:
        yield from logged(
            generate(
                webui, asked, settings.folder, names=names, cancelled=cancelled,
                previews=settings.previews, pace=settings.pace,
            ),
            log, originals,
        )  # fmt: skip


def prompt_notes(found: InTags) -> Iterator[Event]:
    """What became of a Japanese prompt."""
    for text in found.unknown:
        note = _("not understood and left out of the prompt: {text}")
        yield Note("prompt-unknown", note.format(text=display_name(text)))
    if found.changed:
        note = _("the prompt in tags: {prompt}")
        shown = display_name(full_prompt(found.generation))
        yield Note("prompt-in-tags", note.format(prompt=shown))


@contextmanager
def opened_log(folder: Path) -> Iterator[GenerationLog]:
    """The log of a folder for the time of a `with` block."""
    log = GenerationLog(folder)
    try:
        yield log
    finally:
        log.close()


def logged(
    events: Events,
    log: GenerationLog,
    asked: Sequence[Generation],
    *,
    source: str = "generate",
) -> Events:
    """The events of a `generate` with one picture a request; each picture is in the log before its
    ItemDone is given on."""
    place = 0
    for event in events:
        if isinstance(event, ItemDone):
            number = log.add(event.path, asked[place], event.detail, source=source)
            event = replace(event, detail={**event.detail, "entry": number})
        place += isinstance(event, ItemDone | ItemFailed)
        yield event


def in_numbers(events: Events) -> Iterator[Event]:
    """The same events for a front end without pictures: progress in percent only."""
    for event in events:
        if isinstance(event, DrawingProgress):
            yield Progress(event.what, event.done, event.total, event.unit)
        else:
            yield event
