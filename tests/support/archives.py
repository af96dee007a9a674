"""Zips as other programs make them, with names and tricks that zipfile does not write itself."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One entry, stored. name: the bytes as they stand in the zip. mode: Unix file mode."""

    name: bytes
    data: bytes = b""
    flags: int = 0
    mode: int = 0o100644
    method: int = 0
    claims: int | None = None


def write_zip(path: Path, entries: Sequence[Entry]) -> Path:
    """Write a zip byte by byte."""
    body, directory = b"", b""
    for entry in entries:
        size = len(entry.data) if entry.claims is None else entry.claims
        common = struct.pack(
            "<HHHHHIIIHH", 20, entry.flags, entry.method, 0, 0x5821, zlib.crc32(entry.data),
            len(entry.data), size, len(entry.name), 0,
        )  # fmt: skip
        offset = len(body)
        body += b"PK\x03\x04" + common + entry.name + entry.data
        directory += b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 20) + common
        directory += struct.pack("<HHHII", 0, 0, 0, entry.mode << 16, offset) + entry.name
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\x05\x06" + end)
    return path


def finder_zip(path: Path, folder: str, pictures: dict[str, bytes]) -> Path:
    """A zip as the Mac's Finder makes it: decomposed names in UTF-8 that nothing declares as such, a
    folder of its own, `.DS_Store`, and an AppleDouble twin of everything in `__MACOSX/`."""
    import unicodedata

    entries = [
        Entry(_raw(f"{folder}/"), mode=0o040755),
        Entry(_raw(f"{folder}/.DS_Store"), b"\0Bud1"),
    ]
    for name, data in pictures.items():
        plain = unicodedata.normalize("NFD", name)
        entries.append(Entry(_raw(f"{folder}/{plain}"), data))
        entries.append(Entry(_raw(f"__MACOSX/{folder}/._{plain}"), b"\0\x05\x16\x07 attributes"))
    return write_zip(path, entries)


def _raw(name: str) -> bytes:
    import unicodedata

    return unicodedata.normalize("NFD", name).encode("utf-8")
