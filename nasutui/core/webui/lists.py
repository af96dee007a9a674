"""What a WebUI has: its samplers, schedulers, models and LoRAs, read from its lists."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.webui import messages
from nasutui.core.webui.errors import UnknownLoraError
from nasutui.core.webui.lora import HASH_LENGTH
from nasutui.core.webui.sampler import Sampler, Scheduler


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint. title: what to ask for; hash: 10 hex digits, "" when not computed yet."""

    title: str
    name: str
    hash: str = ""
    sha256: str = ""
    filename: str = ""

    def is_called(self, name: str) -> bool:
        """True for the spellings that a WebUI takes: title, title without hash, name, hash."""
        plain = self.title.partition(" [")[0]
        stem = plain.rpartition("/")[2].rpartition(".")[0]
        names = {self.title, plain, plain.rpartition("/")[2], stem, self.name}
        return name in names - {""} or name.lower() in {self.hash, self.sha256} - {""}


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA. name: its file's, what a tag should say. alias: what its trainer called it. hash:
    12 hex digits from its metadata, "" when they have none."""

    name: str
    alias: str = ""
    path: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the connection test learned. schedulers: None on AUTOMATIC1111 up to 1.8."""

    samplers: tuple[Sampler, ...]
    schedulers: tuple[Scheduler, ...] | None


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _entries(answer: object, path: str, key: str) -> list[dict[str, Any]]:
    """The objects of a list that have a text under `key`. Raises BadAnswerError for no list."""
    if not isinstance(answer, list):
        raise messages.wrong_shape(path, key)
    found = [e for e in answer if isinstance(e, dict) and _text(e, key)]
    if answer and not found:
        raise messages.wrong_shape(path, key)
    return found


def _aliases(entry: dict[str, Any]) -> tuple[str, ...]:
    value = entry.get("aliases")
    return tuple(a for a in value if isinstance(a, str)) if isinstance(value, list) else ()


def read_samplers(answer: object, path: str) -> tuple[Sampler, ...]:
    return tuple(Sampler(e["name"], _aliases(e)) for e in _entries(answer, path, "name"))


def read_schedulers(answer: object, path: str) -> tuple[Scheduler, ...]:
    return tuple(
        Scheduler(e["name"], _text(e, "label"), _aliases(e)) for e in _entries(answer, path, "name")
    )


def read_models(answer: object, path: str) -> tuple[Model, ...]:
    return tuple(
        Model(
            e["title"],
            _text(e, "model_name"),
            _text(e, "hash").lower(),
            _text(e, "sha256").lower(),
            _text(e, "filename"),
        )
        for e in _entries(answer, path, "title")
    )


def read_loras(answer: object, path: str) -> tuple[Lora, ...]:
    return tuple(
        Lora(
            e["name"],
            _text(e, "alias"),
            _text(e, "path"),
            _text(metadata, "sshs_model_hash")[:HASH_LENGTH].lower(),
        )
        for e in _entries(answer, path, "name")
        for metadata in [e["metadata"] if isinstance(e.get("metadata"), dict) else {}]
    )


def find_model(name: str, models: Sequence[Model]) -> Model:
    """The model that a WebUI takes for this name. Raises UnknownModelError."""
    for model in models:
        if model.is_called(name):
            return model
    raise messages.unknown_model(name, (m.title for m in models))


def find_lora(name: str, loras: Sequence[Lora]) -> Lora:
    """The LoRA that `<lora:NAME:1>` applies: the file of exactly that name, else the only one with
    that alias. Raises UnknownLoraError that says which name would do."""
    for lora in loras:
        if lora.name == name:
            return lora
    called = [lora for lora in loras if lora.alias == name]
    if len(called) == 1:
        return called[0]
    raise _unknown_lora(name, called, loras)


def _unknown_lora(name: str, called: Sequence[Lora], loras: Iterable[Lora]) -> UnknownLoraError:
    shown = display_name(name)[:80]
    if called:
        return UnknownLoraError(
            _(
                'The WebUI can\'t apply "{name}": several of its files call themselves so. Use one '
                "of the file names: {known}"
            ).format(name=shown, known=messages.listed(lora.name for lora in called))
        )
    near = _similar(name, [lora.name for lora in loras])
    if near:
        return UnknownLoraError(
            _('The WebUI has no LoRA called "{name}". Did you mean: {known}?').format(
                name=shown, known=messages.listed(near)
            )
        )
    return UnknownLoraError(
        _(
            'The WebUI has no LoRA called "{name}". Copy {name}.safetensors into its folder '
            "models/Lora; capitals and small letters count."
        ).format(name=shown)
    )


def _similar(name: str, names: Sequence[str]) -> list[str]:
    folded = {n.casefold(): n for n in names}
    wanted = name.casefold()
    same_start = [n for key, n in folded.items() if key.startswith(wanted)]
    close = difflib.get_close_matches(wanted, list(folded)[:5000], n=3, cutoff=0.75)
    return list(dict.fromkeys([*same_start[:3], *(folded[key] for key in close)]))
