"""The settings of a generation, what is sent for them, and reading them back.

A prompt may be Japanese; `in_tags` turns it into tags before anything is sent. The trigger comes
first and the LoRA last: a WebUI cuts the LoRA's tag out and would leave a comma behind it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasutui.core.editing.captions import parse_tags, tag_key
from nasutui.core.errors import NasutuiError, UsageError
from nasutui.core.generation.pnginfo import Infotext, parse_infotext
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.webui.lora import find_tags, lora_hash, lora_tag
from nasutui.core.webui.request import MAX_SEED, Txt2Img

if TYPE_CHECKING:
    from collections.abc import Iterable

LORA_SUFFIX = ".safetensors"
_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f々]")
_NETWORK = re.compile(r"\s*,?\s*(<[a-z]+:[^<>]*>)", re.IGNORECASE)
_LAST_RANDOM_SEED = 4294967293  # as the WebUI draws them


@dataclass(frozen=True, slots=True)
class Generation:
    """What somebody asks for; the defaults are those of the reference.

    prompt, negative: tags, or Japanese. trigger: put first ("": none). lora: a file's name without
    suffix ("": none) with its weight. sampler: with its scheduler. seed: -1 for a new one. count:
    pictures, with seed, seed + 1 ... The ranges are those of `webui_request.Txt2Img`.
    """

    prompt: str = ""
    negative: str = ""
    trigger: str = ""
    lora: str = ""
    weight: float = 0.8
    sampler: str = "DPM++ 2M Karras"
    steps: int = 25
    cfg: float = 7.5
    width: int = 512
    height: int = 512
    seed: int = -1
    count: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class InTags:
    """A generation whose texts can be sent. unknown: what was not understood and left out."""

    generation: Generation
    unknown: tuple[str, ...] = ()
    changed: bool = False


def from_dict(values: Mapping[str, Any]) -> Generation:
    """What `as_dict` wrote; values of a wrong kind are left at their defaults."""
    base = Generation()
    found: dict[str, Any] = {}
    for field in fields(Generation):
        default, value = getattr(base, field.name), values.get(field.name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(default, float) and number:
            found[field.name] = float(value)  # type: ignore[arg-type]
        elif type(value) is type(default):
            found[field.name] = value
    return replace(base, **found)


def is_japanese(text: str) -> bool:
    """True when the text has kana or kanji in it."""
    return _JAPANESE.search(text) is not None


def in_tags(generation: Generation, own: Iterable[Path] = ()) -> InTags:
    """The generation with Japanese texts turned into tags (promptjp); others stay letter by
    letter. Raises SettingsError when one of the user's word files `own` can't be read."""
    prompt, lost = _tags_of(generation.prompt, own)
    negative, lost_too = _tags_of(generation.negative, own)
    result = replace(generation, prompt=prompt, negative=negative)
    return InTags(result, (*lost, *lost_too), result != generation)


def _tags_of(text: str, own: Iterable[Path]) -> tuple[str, tuple[str, ...]]:
    if not is_japanese(text):
        return text, ()
    from nasutui.core.japanese.prompt import to_tags

    networks = _NETWORK.findall(text)
    found = to_tags(_NETWORK.sub("", text), own)
    return " ".join([", ".join(found.tags), *networks]), tuple(found.unknown)


def full_prompt(generation: Generation) -> str:
    """The prompt as it is sent: trigger, prompt, LoRA. Raises InputError for a LoRA's name or tag
    that a WebUI can't find."""
    prompt = generation.prompt.strip()
    keys = {tag_key(tag) for tag in parse_tags(_NETWORK.sub("", prompt))}
    missing = [t for t in parse_tags(generation.trigger) if tag_key(t) not in keys]
    text = ", ".join([*missing, *([prompt] if prompt else [])])
    if not generation.lora or generation.lora in {tag.name for tag in find_tags(prompt)}:
        return text
    return f"{text} {lora_tag(generation.lora, generation.weight)}".lstrip()


def with_new_seed(generation: Generation) -> Generation:
    """The generation with a seed of its own in place of -1."""
    if generation.seed != -1:
        return generation
    return replace(generation, seed=secrets.randbelow(_LAST_RANDOM_SEED - generation.count + 2))


def requests(generation: Generation, loras: Path | None = None) -> list[Txt2Img]:
    """One request for each picture: so each can be stopped and is saved by itself. loras: a folder
    of LoRA files; the WebUI must have used a file with the hash of the one there. Raises InputError."""
    prompt = full_prompt(generation)
    first = Txt2Img(
        prompt,
        generation.negative.strip(),
        sampler=generation.sampler,
        steps=generation.steps,
        cfg_scale=generation.cfg,
        width=generation.width,
        height=generation.height,
        seed=with_new_seed(generation).seed,
        lora_hashes=known_hashes(prompt, loras),
    )
    if not 1 <= generation.count <= 100 or first.seed + generation.count - 1 > MAX_SEED:
        return [replace(first, count=generation.count)]  # refused with a word on which and why
    return [replace(first, seed=first.seed + k) for k in range(generation.count)]


def known_hashes(prompt: str, loras: Path | None) -> dict[str, str]:
    """Name -> hash of the prompt's LoRAs whose files are in the folder. Raises InputError."""
    names = {tag.name for tag in find_tags(prompt)}
    if loras is None:
        return {}
    paths = {name: loras / f"{name}{LORA_SUFFIX}" for name in names}
    return {name: lora_hash(path) for name, path in paths.items() if path.is_file()}


def from_infotext(text: str, trigger: str = "") -> Generation:
    """The generation that a picture's `parameters` text describes. What it doesn't say stays at the
    default; trigger: used when it stands first. `full_prompt` of the result is the text's prompt."""
    info = parse_infotext(text)
    width, height = _size(info.params.get("Size", ""))
    found = Generation(
        info.prompt,
        info.negative_prompt,
        sampler=_sampler(info),
        steps=int(_number(info, "Steps", Generation().steps)),
        cfg=_number(info, "CFG scale", Generation().cfg),
        width=width,
        height=height,
        seed=int(_number(info, "Seed", -1)),
    )
    return _taken_apart(found, trigger)


def _number(info: Infotext, key: str, default: float) -> float:
    try:
        value = float(info.params.get(key, ""))
    except ValueError:
        return default
    return value if abs(value) <= MAX_SEED else default


def _sampler(info: Infotext) -> str:
    name = info.params.get("Sampler", "")
    schedule = info.params.get("Schedule type", "")
    if not name:
        return Generation().sampler
    keep = schedule and schedule != "Automatic" and not name.endswith(f" {schedule}")
    return f"{name} {schedule}" if keep else name


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*([0-9]{2,4})\s*[xX×]\s*([0-9]{2,4})\s*", text)
    return (int(found[1]), int(found[2])) if found else (512, 512)


def _taken_apart(found: Generation, trigger: str) -> Generation:
    """Trigger and LoRA in fields of their own, if the prompt comes together again as it was."""
    whole = found.prompt
    candidates = [found]
    try:
        tags = find_tags(whole)
    except NasutuiError:
        return found
    if len(tags) == 1 and tags[0].weight == tags[0].unet:
        without = _NETWORK.sub("", whole).rstrip()
        candidates.append(replace(found, prompt=without, lora=tags[0].name, weight=tags[0].weight))
    if trigger and candidates[-1].prompt.startswith(f"{trigger}, "):
        rest = candidates[-1].prompt.removeprefix(f"{trigger}, ")
        candidates.append(replace(candidates[-1], prompt=rest, trigger=trigger))
    for candidate in reversed(candidates):
        if full_prompt(candidate) == whole:
            return candidate
    return found


def parse_size(text: str) -> tuple[int, int]:
    """`512x768` -> (512, 768). Raises UsageError."""
    found = re.fullmatch(r"\s*([0-9]{1,5})\s*[xX×,]\s*([0-9]{1,5})\s*", text)
    if not found:
        raise UsageError(
            _("a size looks like 512x512, not {text}").format(text=display_name(text)[:40])
        )
    return int(found[1]), int(found[2])


def parse_lora(text: str, weight: float = 0.8) -> tuple[str, float]:
    """`NAME:0.8` or `NAME` (`weight` then) -> name and weight. Raises UsageError."""
    name, colon, number = text.strip().rpartition(":")
    if not colon:
        return text.strip(), weight
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if not abs(value) <= 100 or not name:
        raise UsageError(
            _("a LoRA looks like NAME or NAME:0.8, not {text}").format(text=display_name(text)[:60])
        )
    return name, value
