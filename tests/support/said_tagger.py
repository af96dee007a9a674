"""A tagger that says what it is told to say, for tests of what becomes of its words."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasutui.core.tagging.scores import GENERAL, Scores, TagTable


class SaidTagger:
    """Says these tags, in this order, of every picture."""

    def __init__(self, said: Sequence[str]) -> None:
        self.name = "said"
        self.key = f"said {list(said)}"
        # A tag more, so that it can also say nothing.
        self.table = TagTable((*said, "unsaid"), (GENERAL,) * (len(said) + 1))

    def scores(self, source: Path | bytes) -> Scores:
        dense = np.linspace(0.99, 0.5, len(self.table), dtype=np.float32)
        dense[-1] = 0.1
        return Scores.from_dense(dense, self.table)


def tiny_png(value: int = 0) -> bytes:
    """A PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + bytes([value % 256, value // 256 % 256, 0]))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
