"""Folders of captioned pictures, made by code, well-behaved and hostile."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

TRIGGER = "nasumiso_style"
CAPTION = f"{TRIGGER}, 1girl, solo"

# Names that are ordinary files somewhere.
HOSTILE_NAMES = [
    "\x1b]0;owned\x07.png",
    "line\nbreak.png",
    "[red]markup[bold].png",
    "夏の空.png",
    "\u202egnp.exe.png",
    "-rf.png",
    "a b  c.png",
    "a_1_2_3_4.png",
    "{curly}%s.png",
]
if sys.platform == "linux":  # elsewhere file systems refuse the one and fold the other
    HOSTILE_NAMES += [os.fsdecode(b"caf\xe9.png"), "IMG001.PNG"]


def noise(seed: int, size: tuple[int, int] = (96, 80)) -> Image.Image:
    """A picture like no other: coarse blocks of random colours."""
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def png(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", **options)
    return buffer.getvalue()


def jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", **options)
    return buffer.getvalue()


def with_metadata(image: Image.Image) -> bytes:
    """A PNG as a WebUI writes it, with its prompt inside."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "1girl, secret prompt")
    return png(image, pnginfo=info)


def transparent(seed: int) -> bytes:
    """Random colours, half of them hidden."""
    image = noise(seed).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return png(image)


def rotated(seed: int) -> bytes:
    """A JPEG that only its EXIF data turns upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return jpeg(noise(seed), exif=exif, quality=95)


def captioned(
    folder: Path, pictures: Mapping[str, bytes], captions: Mapping[str, bytes | str] | None = None
) -> Path:
    """A folder with these pictures, each captioned with CAPTION unless said otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
        (folder / name).with_suffix(".txt").write_text(CAPTION, encoding="utf-8")
    for name, text in (captions or {}).items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def plain(folder: Path, count: int = 3, size: tuple[int, int] = (96, 80)) -> Path:
    """A folder of `count` ordinary captioned pictures."""
    return captioned(folder, {f"img{i:03d}.png": png(noise(i, size)) for i in range(1, count + 1)})


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def stamps(folder: Path, leave_out: Sequence[str] = ()) -> dict[str, tuple[int, int]]:
    """Every file's time and inode: what changes when a file is written again."""
    return {
        str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.stat().st_ino)
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not any(part in leave_out for part in p.relative_to(folder).parts)
    }
