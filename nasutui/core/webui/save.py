"""Received pictures: what is wrong with them, what they are called, and how they get to disk."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.errors import InputError, NasutuiError, explain_os_error, os_error_code
from nasutui.core.files import write_atomic
from nasutui.core.generation.pnginfo import read_parameters, with_parameters
from nasutui.core.i18n import _, ngettext
from nasutui.core.text import display_name
from nasutui.core.webui import errors, messages
from nasutui.core.webui.answer import (
    Details,
    Drawn,
    is_one_colour,
    parameters_of,
    take_picture,
)
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import UnknownLoraError, WebUIError
from nasutui.core.webui.lists import find_lora
from nasutui.core.webui.lora import applied_loras
from nasutui.core.webui.request import Txt2Img
from nasutui.core.webui.sampler import SamplerChoice
from nasutui.core.webui.verify import differences, missing_loras, wrong_loras

_SUFFIXES = (".png", ".jpg", ".webp")
_MAX_NAME = 100
_LIST_SECONDS = 20.0
_HASHES_OPTION = "lora_add_hashes_to_infotext"


@dataclass(frozen=True, slots=True)
class Inspected:
    """A picture and what is not as asked. unknown_loras: why LoRAs are missing, "" if none is."""

    drawn: Drawn
    problems: tuple[WebUIError, ...]
    unknown_loras: str
    facts: dict[str, Any]

    def detail(self) -> dict[str, Any]:
        """For ItemDone: seed, format, sampler, scheduler, model, loras (name -> hash), parameters
        (the text), warnings (codes); None where the server doesn't tell. The texts are the
        server's, not safe to show as they are."""
        return {**self.facts, "warnings": [problem.code for problem in self.problems]}


class Inspector:
    """Compares pictures with what was asked. Asks the server again only about missing LoRAs."""

    def __init__(self, webui: WebUI) -> None:
        self._webui = webui
        self._hashes_are_off: bool | None = None

    def inspect(
        self,
        request: Txt2Img,
        choice: SamplerChoice,
        image: str,
        index: int,
        details: Details | None,
    ) -> Inspected:
        """Decode and check picture `index` of a request. Raises NoPictureError."""
        drawn = take_picture(image, details, index, request)
        problems = differences(request, choice, drawn, index, details)
        if is_one_colour(drawn.data):
            problems.append(messages.black_picture())
        unknown = ""
        if details is not None:
            lost = self._lora_problems(request, drawn, details)
            problems += lost
            told = (p for p in lost if p.code == errors.LoraNotAppliedError.default_code)
            unknown = next((str(p) for p in told), "")
        return Inspected(drawn, tuple(problems), unknown, _facts(drawn, details))

    def _lora_problems(self, request: Txt2Img, drawn: Drawn, details: Details) -> list[WebUIError]:
        missing, applied = missing_loras(request, drawn, details)
        if missing and applied is None and self._are_hashes_off():
            return [_unverified()]
        problems: list[WebUIError] = []
        if missing:
            problems.append(self._not_applied(missing))
        return problems + wrong_loras(request, applied or {})

    def _are_hashes_off(self) -> bool:
        """True when the server is set not to name LoRAs in its answers."""
        if self._hashes_are_off is None:
            self._hashes_are_off = False
            with contextlib.suppress(NasutuiError):
                self._hashes_are_off = self._webui.options().get(_HASHES_OPTION) is False
        return self._hashes_are_off

    def _not_applied(self, names: Iterable[str]) -> WebUIError:
        names = list(names)
        message = ngettext(
            "The picture was drawn without the LoRA {names}.",
            "The picture was drawn without the LoRAs {names}.",
            len(names),
        ).format(names=messages.listed(names))
        return errors.LoraNotAppliedError(f"{message} {self._why(names)}")

    def _why(self, names: list[str]) -> str:
        try:
            loras = self._webui.loras(seconds=_LIST_SECONDS)
            for name in names:
                find_lora(name, loras)
        except UnknownLoraError as error:
            return str(error)
        except NasutuiError:
            return _("Check that the file is in the WebUI's folder models/Lora.")
        return _(
            "The WebUI has the file but could not use it: it may be damaged or made for another "
            "kind of model. The window of the WebUI says more."
        )


def _unverified() -> WebUIError:
    return errors.LoraUnverifiedError(
        _(
            "The WebUI does not say which LoRAs it applied. Turn on Settings > Extra Networks > "
            '"Add Lora hashes to infotext" to have that checked.'
        )
    )


def _facts(drawn: Drawn, details: Details | None) -> dict[str, Any]:
    params = parameters_of(drawn, details)
    schedule = params.get("Schedule type")
    return {
        "seed": drawn.seed,
        "format": drawn.suffix[1:],
        "sampler": details.sampler if details else None,
        "scheduler": schedule if isinstance(schedule, str) else None,
        "model": details.model if details else None,
        "loras": applied_loras(params),
        "parameters": drawn.infotext,
    }


class Saver:
    """Names and writes the pictures of one step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: set[str] = set()

    def make_folder(self) -> None:
        """Raises InputError when the folder can't be made."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                explain_os_error(error, self._folder), code=os_error_code(error)
            ) from error

    def expected(self, stem: str) -> Path:
        """Where a picture of this name would be, as long as its format is not known."""
        return self._folder / f"{stem}.png"

    def stems(self, request: Txt2Img, number: int, name: str | None) -> tuple[str, ...]:
        """A free name for each picture of a request. Raises InputError for a bad name."""
        if name is not None:
            _check_name(name)
        found = []
        for index in range(request.count):
            if name is None:
                stem = f"{number:04d}-{request.seed + index}"
            else:
                stem = name if request.count == 1 else f"{name}-{request.seed + index}"
            found.append(self._free(stem))
        return tuple(found)

    def _free(self, stem: str) -> str:
        candidate, number = stem, 1
        while self._is_taken(candidate):
            number += 1
            candidate = f"{stem}-{number}"
        self._taken.add(_same_file(candidate))
        return candidate

    def _is_taken(self, stem: str) -> bool:
        if _same_file(stem) in self._taken:
            return True
        try:
            return any((self._folder / f"{stem}{suffix}").exists() for suffix in _SUFFIXES)
        except OSError as error:
            raise InputError(
                explain_os_error(error, self._folder), code=os_error_code(error)
            ) from error

    def save(self, drawn: Drawn, stem: str) -> Path:
        """Write the bytes as they came; a PNG without `parameters` gets the answer's. Raises
        OSError."""
        data = drawn.data
        if drawn.suffix == ".png" and drawn.infotext:
            with contextlib.suppress(NasutuiError):
                if read_parameters(data) is None:
                    data = with_parameters(data, drawn.infotext)
        path = self._folder / f"{stem}{drawn.suffix}"
        write_atomic(path, data)
        return path


def _same_file(stem: str) -> str:
    """Equal for names that are one file on a Mac: neither case nor composition counts there."""
    return unicodedata.normalize("NFC", stem).casefold()


def _check_name(name: str) -> None:
    bad = name != name.strip() or name.startswith(".") or any(c in name for c in '/\\:*?"<>|')
    if not name or bad or display_name(name).count("\ufffd") > name.count("\ufffd"):
        raise InputError(
            _('"{name}" can\'t be the name of a picture file').format(name=display_name(name)),
            code="webui-request",
        )
    if len(name.encode("utf-8", "replace")) > 2 * _MAX_NAME:
        raise InputError(
            _('"{name}" is too long for the name of a file').format(name=display_name(name)[:60]),
            code="name-too-long",
        )
