"""The `parameters` text of generated pictures: reading, writing, taking apart.

The text is AUTOMATIC1111's "infotext" (create_infotext in modules/processing.py, read by
parse_generation_parameters in modules/infotext_utils.py, v1.10.1):

    prompt, maybe of several lines
    Negative prompt: maybe of several lines
    Steps: 25, Sampler: DPM++ 2M, Seed: 1, Size: 512x512, Lora hashes: "name: 0123456789ab"

In a PNG it is the text chunk with the keyword `parameters`: tEXt (Latin-1) when it fits, else iTXt
(UTF-8, not compressed), as Pillow writes it and as every Japanese prompt needs it.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from nasutui.core.errors import PictureError, explain_os_error, os_error_code
from nasutui.core.files import open_regular
from nasutui.core.i18n import _

KEYWORD = "parameters"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 16 << 20
_NEGATIVE = "Negative prompt:"
_FEWEST_PAIRS = 3
# A key begins where a run of key characters begins (its first word character), which finds what
# the reference's unanchored search finds, in a time that grows with the text's length only.
_PAIR = re.compile(
    r"(?<![\w \-/])[ \-/]*+(\w[\w \-/]++):\s*+"
    r'("(?:\\.|[^\\"])++"(?=,|$)|[^,]*+)(?:,|$)'
)
_KEY = re.compile(r"\w[\w \-/]+")


@dataclass(frozen=True, slots=True)
class Infotext:
    """A `parameters` text, taken apart. params: in their order, every value as text."""

    prompt: str = ""
    negative_prompt: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def _value(text: str) -> str:
    """A value without its quotes."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except (ValueError, RecursionError):
            return text
    return text


def parse_infotext(text: str) -> Infotext:
    """Take a `parameters` text apart. The last line holds the parameters if it has at least three
    pairs; a text without them is all prompt."""
    *lines, last = text.strip().split("\n")
    pairs = _PAIR.findall(last)
    if len(pairs) < _FEWEST_PAIRS:
        lines, pairs = [*lines, last], []
    prompt: list[str] = []
    negative: list[str] = []
    current = prompt
    for line in (raw.strip() for raw in lines):
        if current is prompt and line.startswith(_NEGATIVE):
            current = negative
            line = line[len(_NEGATIVE) :].strip()
        if line or current:  # blank lines count inside a prompt, not before it
            current.append(line)
    params = {key.strip(): _value(value) for key, value in pairs}
    return Infotext("\n".join(prompt), "\n".join(negative), params)


def _quoted(value: str) -> str:
    needs = any(c in value for c in ',:\n"') or value != value.strip()
    return json.dumps(value, ensure_ascii=False) if needs else value


def compose_infotext(info: Infotext) -> str:
    """The text that `parse_infotext` takes apart again. Raises ValueError for a key that no reader
    would recognise."""
    for key in info.params:
        if not _KEY.fullmatch(key) or key != key.strip():
            raise ValueError(f"not a parameter name: {key!r}")
    lines = [info.prompt] if info.prompt else []
    if info.negative_prompt:
        lines.append(f"{_NEGATIVE} {info.negative_prompt}")
    if info.params:
        lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in info.params.items()))
    return "\n".join(lines).strip()


def _not_png() -> PictureError:
    return PictureError(_("this is no PNG file, or it is cut short"), code="not-a-picture")


def _chunks(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """Offset, type and data length of each chunk up to IEND; the file stands at the data."""
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    if file.read(8) != PNG_SIGNATURE:
        raise _not_png()
    offset = 8
    while True:
        file.seek(offset)
        header = file.read(8)
        if len(header) != 8:
            raise _not_png()
        length, kind = struct.unpack(">I4s", header)
        if offset + 12 + length > end:
            raise _not_png()
        yield offset, kind, length
        if kind == b"IEND":
            return
        offset += 12 + length


def _inflate(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, MAX_TEXT)
    except zlib.error:
        return b""


def _text_of(kind: bytes, data: bytes) -> tuple[str, str]:
    """Keyword and text of a tEXt, zTXt or iTXt chunk."""
    keyword, _zero, rest = data.partition(b"\0")
    name = keyword.decode("latin-1")
    if kind == b"tEXt":
        return name, rest.decode("latin-1")
    if kind == b"zTXt":
        return name, _inflate(rest[1:]).decode("latin-1")
    compressed, rest = rest[:1], rest[2:]
    text = rest.partition(b"\0")[2].partition(b"\0")[2]
    return name, (_inflate(text) if compressed == b"\1" else text).decode("utf-8", "replace")


def read_parameters(source: Path | bytes) -> str | None:
    """The `parameters` text of a PNG (a file, or its bytes); None when it has none.

    Reads only the text chunks. When there are several, the last counts, as in Pillow. Raises
    PictureError for what is no PNG or can't be read.
    """
    if isinstance(source, bytes):
        return _parameters(io.BytesIO(source))
    try:
        with open_regular(source) as file:
            return _parameters(file)
    except OSError as error:
        reason = explain_os_error(error, source.name)
        raise PictureError(reason, code=os_error_code(error)) from error


def _parameters(file: BinaryIO) -> str | None:
    found = None
    for _offset, kind, length in _chunks(file):
        if kind in (b"tEXt", b"zTXt", b"iTXt") and length <= MAX_TEXT:
            name, text = _text_of(kind, file.read(length))
            if name == KEYWORD:
                found = text
    return found


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_chunk(keyword: str, text: str) -> bytes:
    """A PNG text chunk: tEXt when the text is Latin-1, else iTXt."""
    name = keyword.encode("latin-1") + b"\0"
    try:
        return _chunk(b"tEXt", name + text.encode("latin-1"))
    except UnicodeEncodeError:
        return _chunk(b"iTXt", name + b"\0\0\0\0" + text.encode("utf-8", "replace"))


def with_parameters(png: bytes, text: str) -> bytes:
    """The PNG with this `parameters` text in place of any other; every other byte stays. Raises
    PictureError for what is no PNG."""
    file = io.BytesIO(png)
    result = bytearray(PNG_SIGNATURE)
    written = False
    for offset, kind, length in _chunks(file):
        if kind in (b"IDAT", b"IEND") and not written:
            result += text_chunk(KEYWORD, text)
            written = True
        is_text = kind in (b"tEXt", b"zTXt", b"iTXt") and length <= MAX_TEXT
        if is_text and _text_of(kind, file.read(length))[0] == KEYWORD:
            continue
        result += png[offset : offset + 12 + length]
    return bytes(result)
