"""One folder with every odd and every bad picture: what comes out of the good ones is known to the
pixel, and for each bad one the reasons for which it may be refused."""

from __future__ import annotations

import os
import random
import socket
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from tests.support.raw_pictures import (
    Pixels,
    Sample,
    colours,
    encode,
    grey_profile,
    samples,
    smooth,
    srgb_profile,
)

DAMAGED = frozenset({"damaged", "truncated", "not-a-picture", "too-large"})
TOO_LARGE = frozenset({"too-large"})
# Names that a file system takes and that a terminal or a careless program trips over.
NAMES = (
    unicodedata.normalize("NFD", "が_é.png"), "茄子🍆👨\u200d👩.png", "\u202egnp.evil.png",
    "[red]x[bold].png", "[@click=app.quit]x.png", "\x1b[31mred\x1b]0;title\x07.png", "two\nlines.png", "-rf.png", "--.png",
    " .png", "a" * 251 + ".png", "tab\there.png", "$(x) `x` %s {0} \\.png", "’\"quoted\".png",
    os.fsdecode(b"\xff\xfe\x80.png"), "CON.PNG", "x.png.png", "\u200b.png", "&lt;.png",
)  # fmt: skip


@dataclass
class Collection:
    """The folder. good: file name -> what it shows. bad: file name -> codes of which one must be
    named. either: whole as shown, or refused (None: nothing is known of what it shows)."""

    folder: Path
    good: dict[str, Sample] = field(default_factory=dict)
    bad: dict[str, frozenset[str]] = field(default_factory=dict)
    either: dict[str, Sample | None] = field(default_factory=dict)

    def add_good(self, sample: Sample) -> None:
        (self.folder / sample.name).write_bytes(sample.data)
        self.good[sample.name] = sample

    def add_bad(self, name: str, data: bytes, *codes: str) -> None:
        (self.folder / name).write_bytes(data)
        self.bad[name] = frozenset(codes) or DAMAGED


def make_collection(folder: Path, tenths: Sequence[int]) -> Collection:
    """Fill `folder`. tenths: after which tenths of it each picture is cut."""
    folder.mkdir()
    found = Collection(folder)
    for sample in (*samples(), *more_samples()):
        name = _own_stem("whole", sample)
        found.add_good(Sample(name, sample.data, sample.shows, sample.tolerance))
        _damage(found, sample, tenths)
    for number, name in enumerate(NAMES):
        shows = colours(20 + number, 10)
        found.add_good(Sample(name, encode(Image.fromarray(shows), "PNG"), shows))
    _misnamed(found)
    for name, data in bombs():
        found.add_bad(name, data, *DAMAGED)
    _no_files(found)
    return found


def _own_stem(kind: str, sample: Sample) -> str:
    """A name whose stem no other has: captions are found by it."""
    stem, _dot, suffix = sample.name.partition(".")
    return f"{kind}_{stem}_{suffix.replace('.', '_')}.{suffix}"


def _damage(found: Collection, sample: Sample, tenths: Sequence[int]) -> None:
    """Cut short, and with a few bits turned over."""
    for tenth in tenths:
        name = _own_stem(f"cut{tenth}", sample)
        (found.folder / name).write_bytes(sample.data[: len(sample.data) * tenth // 10])
        found.either[name] = sample
    dice = random.Random(sample.name)
    data = bytearray(sample.data)
    for _bit in range(3):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    name = _own_stem("flipped", sample)
    (found.folder / name).write_bytes(data)
    found.either[name] = None


def _misnamed(found: Collection) -> None:
    shows = colours(30, 31)
    image = Image.fromarray(shows)
    found.add_good(Sample("a_png.jpg", encode(image, "PNG"), shows))
    found.add_good(Sample("a_gif.webp", *_as_gif(image)))
    found.add_bad("page.jpg", b"<!doctype html><html><body>404</body></html>", "not-a-picture")
    found.add_bad("words.jpg", "これは絵ではない\n".encode() * 40, "not-a-picture")
    found.add_bad("vector.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not-a-picture")
    found.add_bad("program.png", b"\x7fELF" + bytes(300), "not-a-picture")
    found.add_bad("zip.png", b"PK\x03\x04" + bytes(300), "not-a-picture")
    found.add_bad("empty.png", b"", "empty")
    (found.folder / "._whole_rgb.png").write_bytes(b"\0\x05\x16\x07 attributes")


def _as_gif(image: Image.Image) -> tuple[bytes, Pixels]:
    few = image.quantize(32)
    return encode(few, "GIF"), np.asarray(few.convert("RGB"))


def _no_files(found: Collection) -> None:
    """Links, loops, pipes, sockets and folders that are called like pictures."""
    folder = found.folder
    shows = colours(33, 34)
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "linked").write_bytes(encode(Image.fromarray(shows), "PNG"))
    (folder / "link.png").symlink_to(elsewhere / "linked")
    found.good["link.png"] = Sample("link.png", b"", shows)
    (folder / "link_to_folder.png").symlink_to(elsewhere)
    (folder / "folder.png").mkdir()
    (folder / "nowhere.png").symlink_to(folder / "gone")
    found.bad["nowhere.png"] = frozenset({"missing"})
    (folder / "loop.png").symlink_to(folder / "pool.png")
    (folder / "pool.png").symlink_to(folder / "loop.png")
    found.bad["loop.png"] = found.bad["pool.png"] = frozenset({"link-loop"})
    os.mkfifo(folder / "pipe.png")
    found.bad["pipe.png"] = frozenset({"not-a-file"})
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.png")
    finally:
        os.chdir(here)
    found.bad["socket.png"] = frozenset({"not-a-file"})
    with (folder / "huge.png").open("wb") as file:
        file.truncate(600_000_000)  # takes no room on the disk
    found.bad["huge.png"] = TOO_LARGE


# --- more good ones ------------------------------------------------------------------------------


def more_samples() -> Iterator[Sample]:
    """What `samples` leaves out: other modes, profiles, each orientation, extreme shapes."""
    yield from _modes()
    yield from _profiles()
    yield from _turned()
    for width, height in ((1, 1), (1, 20_000), (20_000, 1), (3, 2)):
        shows = colours(width, height)
        yield Sample(f"{width}x{height}.png", encode(Image.fromarray(shows), "PNG"), shows)


def _modes() -> Iterator[Sample]:
    shows = smooth(50, 34)
    rgb = Image.fromarray(shows)
    yield Sample("ycbcr.tiff", encode(rgb.convert("YCbCr"), "TIFF"), shows, 3)
    shows = (shows // 4 + 90).astype(np.uint8)  # strong colours do not survive 8 bit of Lab
    lab = ImageCms.profileToProfile(
        Image.fromarray(shows),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    assert lab is not None
    yield Sample("lab.tiff", encode(lab, "TIFF"), shows, 3)
    grey = colours(14, 9)[..., 0]
    whole = grey.astype(np.int32)
    triple = np.dstack([grey] * 3)
    yield Sample("i32.tiff", encode(Image.fromarray(whole * 257), "TIFF"), triple)
    yield Sample("i32_large.tiff", encode(Image.fromarray(whole * 1_000_000), "TIFF"), triple)
    yield Sample("float255.tiff", encode(Image.fromarray(grey.astype(np.float32)), "TIFF"), triple)
    odd = grey.astype(np.float32) / 255
    odd[0, 0], odd[0, 1], odd[0, 2] = np.nan, -5.0, 0.0
    black = triple.copy()
    black[0, :3] = 0
    yield Sample("nan.tiff", encode(Image.fromarray(odd), "TIFF"), black)


_ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
_SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))


def _linear(values: Pixels) -> np.ndarray:
    share = values.astype(np.float64) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _encoded(linear: np.ndarray) -> Pixels:
    share = np.clip(linear, 0, 1)
    curved = np.where(share <= 0.0031308, share * 12.92, 1.055 * share ** (1 / 2.4) - 0.055)
    return np.rint(curved * 255).astype(np.uint8)


def wide_profile() -> bytes:
    """sRGB's curve with the primaries of Adobe RGB (1998)."""
    data = bytearray(srgb_profile())
    for tag, primary in zip((b"rXYZ", b"gXYZ", b"bXYZ"), _ADOBE_RGB, strict=True):
        offset = int.from_bytes(data[data.index(tag) + 4 :][:4])
        data[offset + 8 : offset + 20] = struct.pack(">3i", *(round(v * 65536) for v in primary))
    return bytes(data)


def _profiles() -> Iterator[Sample]:
    shows = smooth(44, 30)
    rgb = Image.fromarray(shows)
    yield Sample("srgb.png", encode(rgb, "PNG", icc_profile=srgb_profile()), shows)
    seen = _encoded(_linear(shows) @ np.array(_ADOBE_RGB) @ np.linalg.inv(np.array(_SRGB)))
    yield Sample("wide.png", encode(rgb, "PNG", icc_profile=wide_profile()), seen, 2)
    grey = shows[..., 0]
    bright = np.dstack([_encoded(grey.astype(np.float64) / 255)] * 3)
    yield Sample(
        "linear_grey.png",
        encode(Image.fromarray(grey), "PNG", icc_profile=grey_profile(1.0)),
        bright,
        2,
    )
    for number, profile in enumerate((b"no profile at all", srgb_profile()[:300], bytes(128))):
        name = f"broken_profile{number}.png"
        yield Sample(name, encode(rgb, "PNG", icc_profile=profile), shows)


_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2), 6: lambda a: a.transpose(1, 0, 2)[:, ::-1],
    7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1], 8: lambda a: a.transpose(1, 0, 2)[::-1],
}  # fmt: skip


def _turned() -> Iterator[Sample]:
    for orientation, turn in _TURNS.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = colours(16, 11)
        data = encode(Image.fromarray(stored), "PNG", exif=exif)
        yield Sample(f"exif{orientation}.png", data, turn(stored))
        stored = smooth(40, 26)
        data = encode(Image.fromarray(stored), "JPEG", quality=98, subsampling=0, exif=exif)
        yield Sample(f"exif{orientation}.jpg", data, turn(stored), 6)


# --- bombs ---------------------------------------------------------------------------------------


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that claim, or unpack to, more than a machine has."""
    yield "bomb_header.png", png_file(60_000, 60_000, 8, 2, b"x" * 50)
    yield "bomb_bits.png", png_file(60_000, 60_000, 1, 0, _zeros(60_000 * 7501))
    yield "bomb_rows.png", png_file(1, 50_331_656, 16, 0, zlib.compress(bytes(999)))
    yield "bomb_columns.png", png_file(50_331_656, 1, 8, 2, zlib.compress(bytes(999)))
    yield "bomb_most.png", png_file(2**31 - 1, 2**31 - 1, 8, 6, b"")
    huge = struct.pack(">I", 2**31 - 1) + b"IDAT" + bytes(99)
    whole = encode(Image.fromarray(colours(13, 9)), "PNG")
    yield "bomb_chunk.png", whole[: whole.index(b"IDAT") - 4] + huge
    yield "broken_stream.png", png_file(13, 9, 8, 2, bytes(99))
    text = b"Comment\0\0" + _zeros(200_000_000)
    at = whole.index(b"IDAT") - 4
    yield "bomb_text.png", whole[:at] + png_piece(b"zTXt", text) + whole[at:]
    gif = bytearray(encode(Image.fromarray(colours(15, 9)).quantize(8), "GIF"))
    gif[6:10] = struct.pack("<HH", 60_000, 60_000)
    at = gif.index(b"\x2c\0\0\0\0")
    gif[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    yield "bomb_screen.gif", bytes(gif)
    tiff = encode(Image.fromarray(colours(300, 301)), "TIFF", compression="tiff_deflate")
    wide = tiff.replace(struct.pack("<HHI", 256, 3, 1) + b"\x2c\x01", _side(256, 60_000))
    yield (
        "bomb_tags.tiff",
        wide.replace(struct.pack("<HHI", 257, 3, 1) + b"\x2d\x01", _side(257, 60_000)),
    )
    jpeg = bytearray(encode(Image.fromarray(smooth()), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 65_535, 65_535)
    yield "bomb_frame.jpg", bytes(jpeg)
    bmp = bytearray(encode(Image.fromarray(smooth()), "BMP"))
    bmp[18:26] = struct.pack("<ii", 60_000, 60_000)
    yield "bomb_head.bmp", bytes(bmp)
    webp = encode(Image.new("RGB", (16_383, 4_000)), "WEBP", lossless=True, method=0, quality=0)
    yield "bomb_canvas.webp", webp


def _side(tag: int, pixels: int) -> bytes:
    return struct.pack("<HHIH", tag, 3, 1, pixels)


def _zeros(count: int) -> bytes:
    """So many zero bytes, packed."""
    packer, block = zlib.compressobj(1), bytes(1 << 20)
    parts = [packer.compress(block) for _block in range(count >> 20)]
    return b"".join([*parts, packer.compress(bytes(count & 0xFFFFF)), packer.flush()])


def png_piece(kind: bytes, body: bytes) -> bytes:
    """A chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_file(width: int, height: int, depth: int, kind: int, packed: bytes) -> bytes:
    """A PNG of this size, bit depth and colour type with these packed rows."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = (png_piece(b"IHDR", header), png_piece(b"IDAT", packed), png_piece(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
