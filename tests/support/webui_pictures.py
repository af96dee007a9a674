"""Pictures as the test server draws them: any change of what counts changes their pixels."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

_TILE = 8


def pixels(key: str, width: int, height: int) -> list[bytes]:
    """Rows of RGB bytes that depend on every letter of `key`."""
    tile = hashlib.shake_256(key.encode("utf-8", "surrogatepass")).digest(_TILE * _TILE * 3)
    repeats = -(-width // _TILE)
    rows = [
        (tile[i * _TILE * 3 : (i + 1) * _TILE * 3] * repeats)[: width * 3] for i in range(_TILE)
    ]
    return [rows[y % _TILE] for y in range(height)]


def flat(width: int, height: int, value: int = 0) -> list[bytes]:
    """Rows of one colour."""
    return [bytes([value]) * (width * 3)] * height


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _text(text: str) -> bytes:
    """As Pillow's PngInfo.add_text does it: tEXt if the text is Latin-1, else iTXt."""
    try:
        return _chunk(b"tEXt", b"parameters\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return _chunk(b"iTXt", b"parameters\0\0\0\0\0" + text.encode("utf-8"))


def png(rows: list[bytes], infotext: str | None) -> bytes:
    """The rows as a PNG, with its text before the pixels."""
    width = len(rows[0]) // 3
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0))
    text = _text(infotext) if infotext is not None else b""
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + header + text + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def encode(rows: list[bytes], infotext: str | None, suffix: str) -> bytes:
    """The rows in the server's format; JPEG and WebP carry the text in EXIF."""
    if suffix == "png":
        return png(rows, infotext)
    from PIL import Image

    image = Image.frombytes("RGB", (len(rows[0]) // 3, len(rows)), b"".join(rows))
    exif = Image.Exif()
    if infotext is not None:
        exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + infotext.encode("utf-16-be")
    buffer = io.BytesIO()
    kind = {"jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}[suffix]
    image.save(buffer, format=kind, exif=exif.tobytes())
    return buffer.getvalue()


def _quote(value: str) -> str:
    if any(c in value for c in ",:\n"):
        return json.dumps(value, ensure_ascii=False)
    return value


def infotext(prompt: str, negative: str, params: Mapping[str, Any]) -> str:
    """The text of one picture; parameters without a value are left out."""
    line = ", ".join(f"{k}: {_quote(str(v))}" for k, v in params.items() if v is not None)
    parts = [prompt, f"\nNegative prompt: {negative}" if negative else "", f"\n{line}"]
    return "".join(parts).strip()
