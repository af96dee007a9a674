"""Caption text <-> tags, and what encodings captions come in.

On disk a caption is one line of UTF-8 without BOM, tags joined by ", ": what kohya's sd-scripts
reads (it uses the first line only, keeps a BOM inside the first tag, stops on other encodings
and on an empty file; library/train_util.py at 48d368fa). Files that other programs wrote in other
ways are read without loss and only changed when somebody edits them.
"""

from __future__ import annotations

import codecs
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nasutui.core.errors import CaptionError
from nasutui.core.i18n import _

SEPARATOR = ", "

# Tags in which "_" is no space. 19 of them as the taggers' author lists them
# (SmilingWolf/WDMassTagger); the rest are the other kaomoji in the v2 and v3 tag lists.
KAOMOJI = frozenset(
    [
        "0_0",
        "(o)_(o)",
        "+_+",
        "+_-",
        "._.",
        "<o>_<o>",
        "<|>_<|>",
        "=_=",
        ">_<",
        "3_3",
        "6_9",
        ">_o",
        "@_@",
        "^_^",
        "o_o",
        "u_u",
        "x_x",
        "|_|",
        "||_||",
        "d_d",
        "t_t",
        "n_n",
        "v_v",
        "z_z",
        "\\o_o/",
        "o_0",
        "0_o",
        ";_;",
        "q_q",
        "p_q",
        "-_-",
        "*_*",
        "$_$",
        "~_~",
        "x_o",
        ">_>",
        "<_<",
    ]
)


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption as it was read: its tags in order, and what was unusual about the file.

    oddities: any of "bom", "encoding" (not UTF-8), "lines" (more than one), "crlf".
    """

    tags: tuple[str, ...]
    encoding: str = "utf-8"
    oddities: tuple[str, ...] = ()


def parse_tags(text: str) -> tuple[str, ...]:
    """The tags of a caption text, in order, stripped; empty ones dropped, repeats kept."""
    # A byte order mark inside (files that were joined) would hide in a tag, unseen.
    parts = text.replace("\ufeff", "").replace("\r", ",").replace("\n", ",").split(",")
    return tuple([tag for part in parts if (tag := part.strip())])


def _decode(data: bytes) -> tuple[str, str]:
    """Text and the encoding it was in. Raises CaptionError when no encoding fits."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8", "cp932"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and (encoding != "cp932" or text.encode(encoding) == data):
            return text, encoding
    raise CaptionError(
        _("the caption is not readable text (neither UTF-8 nor Shift_JIS); it is left as it is"),
        code="caption-unreadable",
    )


def decode_caption(data: bytes) -> Caption:
    """Read a caption file's bytes. Raises CaptionError when they are no text we know."""
    text, encoding = _decode(data)
    oddities = []
    if encoding == "utf-8-sig":
        oddities.append("bom")
    elif encoding != "utf-8":
        oddities.append("encoding")
    if "\r" in text:
        oddities.append("crlf")
    if "\n" in text.strip().replace("\r", "\n"):
        oddities.append("lines")
    return Caption(parse_tags(text), encoding, tuple(oddities))


def encode_caption(tags: Iterable[str]) -> bytes:
    """The bytes of a caption with these tags. Raises CaptionError for a tag that would not come
    back as it is (it holds a comma or a line end)."""
    checked = tuple(tags)
    text = SEPARATOR.join(checked)
    if "\0" in text or parse_tags(text) != checked:
        bad = next(t for t in checked if "\0" in t or parse_tags(t) != (t,))
        raise CaptionError(
            _("a tag can't be empty or hold a comma or a line end: {tag}").format(tag=repr(bad)),
            code="bad-tag",
        )
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CaptionError(_("a tag holds broken characters"), code="bad-tag") from error


def with_spaces(tag: str) -> str:
    """`blue_hair` -> `blue hair`; kaomoji stay as they are."""
    return tag if tag.casefold() in KAOMOJI else tag.replace("_", " ")


def with_underscores(tag: str) -> str:
    """`blue hair` -> `blue_hair`."""
    return tag.replace(" ", "_")


@functools.lru_cache(maxsize=1 << 16)
def tag_key(tag: str) -> str:
    """What makes two spellings the same tag: case, and space for underscore, do not matter."""
    return with_underscores(tag.strip()).casefold()


def unique_tags(tags: Iterable[str]) -> list[str]:
    """The tags without repeats (by `tag_key`), each where it first stands."""
    seen: dict[str, str] = {}
    for tag in tags:
        seen.setdefault(tag_key(tag), tag)
    return list(seen.values())


def without_tags(tags: Sequence[str], unwanted: Iterable[str]) -> list[str]:
    """The tags without the unwanted ones."""
    keys = {tag_key(t) for t in unwanted}
    return [t for t in tags if tag_key(t) not in keys]
