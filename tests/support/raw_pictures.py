"""Pictures of every format and mode, made by code, with the pixels that a viewer would show."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """A file's bytes and what it shows: RGB, shape (height, width, 3). tolerance: how far a lossy
    codec may stray, in grey levels."""

    name: str
    data: bytes
    shows: Pixels
    tolerance: int = 0


def colours(width: int = 12, height: int = 8) -> Pixels:
    """A small picture in which no two rows, columns or quarters are alike."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // max(1, width - 1), y * 255 // max(1, height - 1), (x * 7 + y * 13) % 256]
    return np.stack(planes, axis=-1).astype(np.uint8)


def smooth(width: int = 48, height: int = 32) -> Pixels:
    """Like `colours`, without what lossy codecs spoil."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [60 + x * 2, 200 - y * 3, 90 + x + y]
    return np.stack(planes, axis=-1).astype(np.uint8)


def encode(image: Image.Image, file_format: str, **options: object) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def heif(image: Image.Image, **options: object) -> bytes:
    """The image as HEIC; an orientation in `exif` is written as cameras do."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return encode(image, "HEIF", quality=-1, **options)


def over_white(rgb: Pixels, alpha: Pixels) -> Pixels:
    """What a viewer with a white page shows of a picture with transparency."""
    share = alpha[..., None].astype(np.float64) / 255
    return np.rint(rgb * share + 255 * (1 - share)).astype(np.uint8)


def samples() -> Iterator[Sample]:
    """One of every format and mode that the product promises to read."""
    yield from _lossless()
    yield from _transparent()
    yield from _greys()
    yield from _lossy()
    yield from _animated()


def _lossless() -> Iterator[Sample]:
    shows = colours()
    rgb = Image.fromarray(shows)
    for name, file_format, options in (
        ("rgb.png", "PNG", {}),
        ("rgb.bmp", "BMP", {}),
        ("rgb.tiff", "TIFF", {}),
        ("lzw.tif", "TIFF", {"compression": "tiff_lzw"}),
        ("deflate.tif", "TIFF", {"compression": "tiff_deflate"}),
        ("lossless.webp", "WEBP", {"lossless": True}),
    ):
        yield Sample(name, encode(rgb, file_format, **options), shows)
    palette = rgb.quantize(64)
    shown = np.asarray(palette.convert("RGB"))
    for file_format in ("PNG", "GIF", "BMP", "TIFF"):
        yield Sample(f"palette.{file_format.lower()}", encode(palette, file_format), shown)
    yield Sample("16bit.png", png_rgb16(shows), shows)


def _transparent() -> Iterator[Sample]:
    rgb = colours()
    alpha = np.tile(np.linspace(0, 255, rgb.shape[1]).astype(np.uint8), (rgb.shape[0], 1))
    rgba = Image.fromarray(np.dstack([rgb, alpha]))
    shows = over_white(rgb, alpha)
    for name, file_format, options in (
        ("rgba.png", "PNG", {}),
        ("rgba.tiff", "TIFF", {}),
        ("rgba.webp", "WEBP", {"lossless": True, "exact": True}),
    ):
        yield Sample(name, encode(rgba, file_format, **options), shows, 1)
    grey = rgb[..., 0]
    la = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)])
    yield Sample("la.png", encode(la, "PNG"), over_white(np.dstack([grey] * 3), alpha), 1)
    yield from _keyed(rgb)


def _keyed(rgb: Pixels) -> Iterator[Sample]:
    """Transparency without an alpha channel: one palette entry or colour counts as nothing."""
    palette = Image.fromarray(rgb).quantize(16)
    seen = np.asarray(palette.convert("RGB")).copy()
    seen[np.asarray(palette) == 3] = 255
    yield Sample("keyed.gif", encode(palette, "GIF", transparency=3), seen)
    yield Sample("keyed_palette.png", encode(palette, "PNG", transparency=3), seen)
    opacity = bytes(range(0, 256, 16))
    faded = over_white(
        np.asarray(palette.convert("RGB")),
        np.frombuffer(opacity, np.uint8)[np.asarray(palette)],
    )
    yield Sample("faded_palette.png", encode(palette, "PNG", transparency=opacity), faded, 1)
    hole = rgb.copy()
    hole[2, 3] = 255
    colour = tuple(int(v) for v in rgb[2, 3])
    image = Image.fromarray(rgb)
    yield Sample("keyed_rgb.png", encode(image, "PNG", transparency=colour), hole)
    grey = Image.fromarray(rgb[..., 0])
    shown = np.dstack([rgb[..., 0]] * 3)
    shown[shown == 0] = 255
    yield Sample("keyed_grey.png", encode(grey, "PNG", transparency=0), shown)
    bits = Image.fromarray((rgb[..., 0] > 100).astype(np.uint8) * 255).convert("1")
    white = np.full_like(rgb, 255)
    yield Sample("keyed_bits.png", encode(bits, "PNG", transparency=0), white)


def _greys() -> Iterator[Sample]:
    grey = colours()[..., 0]
    shows = np.dstack([grey] * 3)
    for file_format in ("PNG", "BMP", "TIFF", "GIF"):
        data = encode(Image.fromarray(grey), file_format)
        yield Sample(f"grey.{file_format.lower()}", data, shows)
    bits = Image.fromarray(grey).convert("1", dither=Image.Dither.NONE)
    shown = np.dstack([np.asarray(bits).astype(np.uint8) * 255] * 3)
    for file_format in ("PNG", "TIFF", "BMP"):
        yield Sample(f"bits.{file_format.lower()}", encode(bits, file_format), shown)
    deep = grey.astype(np.uint16) * 257
    yield Sample("deep.png", encode(Image.fromarray(deep), "PNG"), shows)
    yield Sample("deep.tiff", encode(Image.fromarray(deep), "TIFF"), shows)
    yield Sample("deep_big_endian.tif", tiff_grey16_big_endian(deep), shows)
    # A value between two greys of 8 bit goes to the nearer one.
    between = np.clip(deep.astype(np.int64) + 100, 0, 65535).astype(np.uint16)
    yield Sample("between.png", encode(Image.fromarray(between), "PNG"), shows)
    yield Sample(
        "float.tiff", encode(Image.fromarray(grey.astype(np.float32) / 255), "TIFF"), shows
    )
    keyed = shows.copy()
    keyed[shows == 0] = 255
    data = encode(Image.fromarray(deep), "PNG", transparency=0)
    yield Sample("keyed_deep.png", data, keyed)


def _lossy() -> Iterator[Sample]:
    shows = smooth()
    rgb = Image.fromarray(shows)
    yield Sample("rgb.jpg", encode(rgb, "JPEG", quality=98, subsampling=0), shows, 6)
    yield Sample("rgb.webp", encode(rgb, "WEBP", quality=98), shows, 12)
    yield Sample("rgb.avif", encode(rgb, "AVIF", quality=98, subsampling="4:4:4"), shows, 8)
    yield Sample("rgb.heic", heif(rgb, chroma=444), shows, 6)
    grey = Image.fromarray(shows[..., 0])
    yield Sample("grey.jpg", encode(grey, "JPEG", quality=98), np.dstack([shows[..., 0]] * 3), 4)
    cmyk = rgb.convert("CMYK")
    yield Sample("cmyk.jpg", encode(cmyk, "JPEG", quality=100, subsampling=0), shows, 6)
    yield Sample("cmyk.tiff", encode(cmyk, "TIFF"), shows, 1)
    alpha = np.full(shows.shape[:2], 128, np.uint8)
    rgba = Image.fromarray(np.dstack([shows, alpha]))
    seen = over_white(shows, alpha)
    yield Sample("rgba.avif", encode(rgba, "AVIF", quality=98, subsampling="4:4:4"), seen, 8)
    yield Sample("rgba.heic", heif(rgba, chroma=444), seen, 8)


def _animated() -> Iterator[Sample]:
    first, second = Image.fromarray(smooth()), Image.new("RGB", (48, 32), (255, 0, 0))
    frames: dict[str, object] = {"save_all": True, "append_images": [second], "duration": 100}
    data = encode(first, "WEBP", lossless=True, **frames)
    yield Sample("animated.webp", data, smooth())
    yield Sample("animated.png", encode(first, "PNG", **frames), smooth())
    palette = first.quantize(128)
    shown = np.asarray(palette.convert("RGB"))
    frames["append_images"] = [second.quantize(4)]
    yield Sample("animated.gif", encode(palette, "GIF", **frames), shown)
    yield Sample(
        "pages.tiff", encode(first, "TIFF", **{**frames, "append_images": [second]}), smooth()
    )


def png_rgb16(rgb: Pixels) -> bytes:
    """A PNG of 16 bit a channel, which Pillow does not write."""
    import zlib

    height, width, _planes = rgb.shape
    deep = (rgb.astype(np.uint16) * 257).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)),
         chunk(b"IEND", b"")]
    )  # fmt: skip


def tiff_grey16_big_endian(deep: NDArray[np.uint16]) -> bytes:
    """A big-endian TIFF of 16 bit greys, as scanners on other machines wrote it."""
    height, width = deep.shape
    body = deep.astype(">u2").tobytes()
    entries = [
        (256, 3, 1, width << 16), (257, 3, 1, height << 16), (258, 3, 1, 16 << 16),
        (259, 3, 1, 1 << 16), (262, 3, 1, 1 << 16), (273, 4, 1, 8), (277, 3, 1, 1 << 16),
        (278, 3, 1, height << 16), (279, 4, 1, len(body)),
    ]  # fmt: skip
    directory = struct.pack(">H", len(entries))
    directory += b"".join(struct.pack(">HHII", *entry) for entry in entries) + bytes(4)
    return b"MM" + struct.pack(">HI", 42, 8 + len(body)) + body + directory


def srgb_profile() -> bytes:
    """An ordinary sRGB profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """A profile that still calls itself sRGB but has red and blue exchanged."""
    data = srgb_profile()
    return data.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")


def grey_profile(gamma: float = 1.0) -> bytes:
    """A grey profile with this gamma, built by hand: ImageCms makes none."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(4 + 4 + 2 + 1 + 67)
    text += bytes(-len(text) % 4)
    tags = [(b"kTRC", curve), (b"wtpt", white), (b"desc", text), (b"cprt", b"text" + bytes(8))]
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for signature, data in tags:
        table += signature + struct.pack(">II", offset + len(body), len(data))
        body += data
    size = offset + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + body
