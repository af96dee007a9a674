"""The `parameters` chunk of PNG files: what is written is read, by us and by everybody else."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from nasutui.core.errors import PictureError
from nasutui.core.generation.pnginfo import (
    Infotext,
    compose_infotext,
    parse_infotext,
    read_parameters,
    with_parameters,
)
from tests.support.webui_pictures import pixels, png

TEXTS = [
    "plain",
    "é ÿ Latin-1",
    "なすみそ, 1girl\nNegative prompt: 低品質",
    "emoji 🍆 and \u202e marks",
    "",
    "line\nline\r\nline",
    "long " * 20_000,
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_exactly(text: str) -> None:
    """By us and by Pillow, which every other tool in this field uses."""
    written = with_parameters(png(pixels("x", 8, 8), None), text)
    assert read_parameters(written) == text
    with Image.open(io.BytesIO(written)) as image:
        assert image.info["parameters"] == text
        assert image.tobytes() == Image.open(io.BytesIO(png(pixels("x", 8, 8), None))).tobytes()


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_comes_back(text: str) -> None:
    assert read_parameters(with_parameters(png(pixels("x", 8, 8), "old"), text)) == text


@pytest.mark.parametrize(("text", "kind"), [("é", b"tEXt"), ("なす", b"iTXt"), ("plain", b"tEXt")])
def test_kind_of_chunk(text: str, kind: bytes) -> None:
    """As Pillow chooses it: Latin-1 if it fits, else UTF-8."""
    written = with_parameters(png(pixels("x", 8, 8), None), text)
    assert kind + b"parameters\0" in written
    chosen = PngImagePlugin.PngInfo()
    chosen.add_text("parameters", text)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=chosen)
    assert kind + b"parameters\0" in buffer.getvalue()
    assert read_parameters(buffer.getvalue()) == text


@pytest.mark.parametrize("compressed", [False, True])
def test_compressed_chunks_of_other_programs(compressed: bool) -> None:
    for text in ("plain", "なすみそ"):
        chosen = PngImagePlugin.PngInfo()
        chosen.add_text("Software", "x")
        chosen.add_itxt("parameters", text, lang="ja", tkey="設定", zip=compressed)
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=chosen)
        assert read_parameters(buffer.getvalue()) == text
    chosen = PngImagePlugin.PngInfo()
    chosen.add_text("parameters", "plain", zip=True)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=chosen)
    assert read_parameters(buffer.getvalue()) == "plain"


def test_other_chunks_stay() -> None:
    """Writing changes one chunk; writing the same twice changes nothing."""
    chosen = PngImagePlugin.PngInfo()
    chosen.add_text("Software", "x")
    chosen.add_text("parameters", "old")
    chosen.add_text("Comment", "なす")
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (1, 2, 3)).save(buffer, "PNG", pnginfo=chosen, dpi=(72, 72))
    once = with_parameters(buffer.getvalue(), "new")
    assert with_parameters(once, "new") == once
    with Image.open(io.BytesIO(once)) as image:
        assert image.text == {  # type: ignore[attr-defined]
            "Software": "x",
            "parameters": "new",
            "Comment": "なす",
        }
        assert "dpi" in image.info


def test_a_picture_without_text() -> None:
    assert read_parameters(png(pixels("x", 8, 8), None)) is None


def _bad_pngs() -> list[bytes]:
    good = png(pixels("x", 8, 8), "text")
    huge = good[:33] + struct.pack(">I", 2**31) + good[37:]
    return [b"", b"GIF89a", good[:8], good[:20], good[:-5], good[:-12], huge, good[:8] * 20]


@pytest.mark.parametrize("data", _bad_pngs())
def test_what_is_no_png(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(PictureError):
        read_parameters(data)
    with pytest.raises(PictureError):
        read_parameters(path)
    with pytest.raises(PictureError):
        with_parameters(data, "x")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PictureError) as caught:
        read_parameters(tmp_path / "なし.png")
    assert caught.value.code == "missing"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    ("chunk", "text"),
    [
        (_chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"x" * (64 << 20))), "x" * (16 << 20)),
        (_chunk(b"zTXt", b"parameters\0\0junk"), ""),
        (_chunk(b"iTXt", b"parameters"), ""),
        (_chunk(b"iTXt", b"parameters\0\1\0\0\0junk"), ""),
        (_chunk(b"iTXt", b"parameters\0\0\0\0\0\xff"), "\ufffd"),
        (_chunk(b"tEXt", b"parameters"), ""),
        (_chunk(b"tEXt", b"\0\0\0"), None),
    ],
)
def test_damaged_and_swollen_chunks(chunk: bytes, text: str | None) -> None:
    """A small file can't unpack to more than the limit."""
    data = png(pixels("x", 8, 8), None)
    assert read_parameters(data[:33] + chunk + data[33:]) == text


def test_values_are_json_text_of_any_program() -> None:
    value = json.dumps({"a": "なす", "b": [1, 2]}, ensure_ascii=False)
    info = Infotext("p", "", {"Steps": "1", "Extra data": value, "Seed": "2"})
    assert json.loads(parse_infotext(compose_infotext(info)).params["Extra data"]) == {
        "a": "なす",
        "b": [1, 2],
    }
