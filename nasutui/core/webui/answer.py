"""What came back: the pictures of a txt2img answer and the details that the server gives.

Every key of the details is optional across versions and forks.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nasutui.core.errors import PictureError
from nasutui.core.generation.pnginfo import PNG_SIGNATURE, parse_infotext
from nasutui.core.i18n import _
from nasutui.core.webui import messages
from nasutui.core.webui.request import Txt2Img

TXT2IMG = "/sdapi/v1/txt2img"
_MAX_INFOTEXT = 1 << 20


@dataclass(frozen=True, slots=True)
class Details:
    """`info` of an answer. Every value is None or empty where the server does not tell."""

    sampler: str | None = None
    model: str | None = None
    model_hash: str | None = None
    seeds: tuple[int, ...] = ()
    infotexts: tuple[str, ...] = ()
    first: int = 0
    timestamp: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture as it was received. suffix: ".png", ".jpg" or ".webp", from its bytes."""

    data: bytes
    suffix: str
    infotext: str | None
    seed: int


def sniff(data: bytes) -> str | None:
    """The suffix for a picture's bytes: ".png", ".jpg", ".webp"; None for anything else."""
    if data.startswith(PNG_SIGNATURE):
        return ".png"
    if data.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return None


def text_or_none(value: object) -> str | None:
    """The value if it is a text with something in it."""
    return value if isinstance(value, str) and value else None


def read_details(info: object) -> Details | None:
    """Decode `info` (JSON inside JSON; some servers may send the object). None: it's unusable."""
    if isinstance(info, str):
        try:
            info = json.loads(info)
        except (ValueError, RecursionError):
            return None
    if not isinstance(info, dict):
        return None
    seeds = info.get("all_seeds")
    seeds = seeds if isinstance(seeds, list) else [info.get("seed")]
    texts = info.get("infotexts")
    texts = texts if isinstance(texts, list) else []
    first = info.get("index_of_first_image")
    extra = info.get("extra_generation_params")
    return Details(
        sampler=text_or_none(info.get("sampler_name")),
        model=text_or_none(info.get("sd_model_name")),
        model_hash=text_or_none(info.get("sd_model_hash")),
        seeds=tuple(s for s in seeds if isinstance(s, int)),
        infotexts=tuple(t if isinstance(t, str) else "" for t in texts),
        first=first if isinstance(first, int) and first > 0 else 0,
        timestamp=text_or_none(info.get("job_timestamp")),
        extra=extra if isinstance(extra, dict) else {},
    )


def read_images(answer: object) -> list[str]:
    """The pictures of an answer, as Base64. Raises BadAnswerError."""
    if not isinstance(answer, dict):
        raise messages.wrong_shape(TXT2IMG, "images")
    images = answer.get("images")
    if not isinstance(images, list) or not all(isinstance(i, str) for i in images):
        raise messages.wrong_shape(TXT2IMG, "images")
    return images


def own_images(images: Sequence[str], details: Details | None, expected: int) -> Sequence[str]:
    """The pictures themselves, without a grid before and an extension's images after them."""
    first = details.first if details else 0
    return images[first : first + expected]


def decode_picture(text: str) -> tuple[bytes, str]:
    """Bytes and suffix of a picture. Raises NoPictureError when it is none or is damaged."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise messages.no_picture(_("it is not Base64")) from None
    suffix = sniff(data)
    if suffix is None:
        raise messages.no_picture(_("it is no PNG, JPEG or WebP"))
    return data, suffix


def is_one_colour(data: bytes) -> bool:
    """True when every pixel is the same. Raises NoPictureError when it can't be decoded."""
    from nasutui.core.pictures.images import opened

    try:
        with opened(data) as picture:
            extrema = picture.image.getextrema()
    except PictureError as error:
        raise messages.no_picture(str(error)) from error
    return all(low == high for low, high in extrema)  # type: ignore[misc]


def take_picture(text: str, details: Details | None, index: int, request: Txt2Img) -> Drawn:
    """The picture number `index` (from 0) of a request. Raises NoPictureError."""
    data, suffix = decode_picture(text)
    infotext = None
    at = index + details.first if details else index
    if details and at < len(details.infotexts):
        told = details.infotexts[at]
        infotext = told if 0 < len(told) <= _MAX_INFOTEXT else None
    seed = request.seed + index
    if details and index < len(details.seeds):
        seed = details.seeds[index]
    return Drawn(data, suffix, infotext, seed)


def parameters_of(drawn: Drawn, details: Details | None) -> dict[str, Any]:
    """What the server says of one picture: its infotext's parameters, then `info`'s own."""
    params: dict[str, Any] = dict(parse_infotext(drawn.infotext).params) if drawn.infotext else {}
    return params | {k: v for k, v in (details.extra if details else {}).items() if v is not None}
