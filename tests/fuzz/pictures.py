"""Mutated picture files of every format and mode, opened and prepared."""

from __future__ import annotations

import functools
import random
from pathlib import Path

import numpy as np

from nasutui.core.errors import PictureError
from nasutui.core.events import ItemFailed
from nasutui.core.pictures.images import opened
from nasutui.core.pictures.prepare import PrepareSettings, prepare
from tests.fuzz.mutating import mutated_bytes, png_chunk, with_checksums
from tests.support.raw_pictures import samples

CODES = frozenset(
    {"not-a-picture", "damaged", "truncated", "too-large", "empty", "not-a-file", "missing",
     "link-loop", "no-permission"}
)  # fmt: skip
_TOKENS = (
    b"\x89PNG\r\n\x1a\n", b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", b"acTL", b"fcTL",
    b"fdAT", b"eXIf", b"gAMA", b"\xff\xd8", b"\xff\xc0", b"\xff\xc2", b"\xff\xda", b"\xff\xe1",
    b"Exif\0\0", b"\xff\xee\0\x0eAdobe", b"RIFF", b"WEBP", b"VP8 ", b"VP8L", b"VP8X", b"ANIM",
    b"ANMF", b"ALPH", b"GIF89a", b"GIF87a", b"\x21\xf9\x04", b"\x2c", b"\x3b", b"BM", b"II*\0",
    b"MM\0*", b"ftypavif", b"ftypheic", b"ftypmif1", b"meta", b"iloc", b"ipco", b"irot", b"imir",
    b"ispe", b"mdat", b"\x12\x01\x03\0\x01\0\0\0\x06\0", b"\x01\x12\0\x03\0\0\0\x01\0\x06",
    png_chunk(b"tRNS", b"\0\0"), png_chunk(b"eXIf", b"MM\0*\0\0\0\x08"), png_chunk(b"IEND", b""),
)  # fmt: skip


@functools.cache
def corpus() -> tuple[bytes, ...]:
    """One good file of every format and mode."""
    return tuple(sample.data for sample in samples())


def make(dice: random.Random) -> bytes:
    good = dice.choice(corpus())
    data = mutated_bytes(dice, good, corpus(), _TOKENS)
    if data.startswith(b"\x89PNG") and dice.random() < 0.7:
        data = with_checksums(data)
    return data


def try_opening(data: bytes, _folder: Path) -> None:
    """A picture comes out as RGB of the size that it says, or is refused with a known code."""
    near = (None, 16)[len(data) % 2]
    try:
        with opened(data, near=near) as picture:
            image, size, reduction = picture.image, picture.size, picture.reduction
            assert image.mode == "RGB"
            assert near or image.size == size
            assert all(0 < one <= whole for one, whole in zip(image.size, size, strict=True))
            assert reduction >= 1
            if image.width * image.height < 1 << 20:
                assert np.asarray(image).shape == (image.height, image.width, 3)
    except PictureError as error:
        assert error.code in CODES, error.code
        raise


BATCH = 20


def make_batch(dice: random.Random) -> bytes:
    """A number from which `try_preparing` makes a folder full of pictures."""
    return dice.randbytes(16)


def try_preparing(data: bytes, folder: Path) -> None:
    """A folder of mutated pictures and one good one: each is made or named, the good one is made,
    a second run finds all of it done."""
    dice = random.Random(data)
    raw, output = folder / f"raw_{data.hex()}", folder / f"out_{data.hex()}"
    raw.mkdir()
    for number in range(BATCH):
        (raw / f"{number:02}.png").write_bytes(make(dice))
    (raw / "good.png").write_bytes(corpus()[0])
    settings = PrepareSettings((raw,), output, size=64)
    first = list(prepare(settings, lambda: False))
    failed = [event for event in first if isinstance(event, ItemFailed)]
    assert all(event.code in CODES and event.reason for event in failed)
    summary = first[-1].summary  # type: ignore[union-attr]
    assert summary["failed"] == len(failed)
    assert summary["made"] + summary["failed"] + summary["duplicate"] == BATCH + 1
    again = list(prepare(settings, lambda: False))[-1].summary  # type: ignore[union-attr]
    assert (again["made"], again["remade"], again["failed"]) == (0, 0, len(failed))
    assert len(list(output.glob("img*.png"))) == summary["made"]
