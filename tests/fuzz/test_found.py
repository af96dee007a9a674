"""What the fuzzers found, each with the bytes that did it, built by code."""

from __future__ import annotations

import json
import os
import random
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from nasutui.core.config import projects_folder, read_config
from nasutui.core.editing.captions import decode_caption, encode_caption
from nasutui.core.editing.changing import read_caption
from nasutui.core.errors import InputError, ModelError, NasutuiError, PictureError, SettingsError
from nasutui.core.files import expanded, open_regular
from nasutui.core.generation.pnginfo import read_parameters
from nasutui.core.generation.templates import read_templates
from nasutui.core.japanese.dictionary import Dictionary
from nasutui.core.japanese.own_words import add_own, read_own, remove_own
from nasutui.core.pictures.crops import CROPS_FILE, read_crops
from nasutui.core.pictures.images import opened
from nasutui.core.pictures.memory import MAX_BYTES, room_for
from nasutui.core.pictures.sources import find_sources
from nasutui.core.project import open_project
from nasutui.core.tagging.models import ModelFiles
from nasutui.core.tagging.scores import TagTable
from nasutui.core.tagging.tagger import read_tags
from nasutui.core.training.lora import read_lora
from nasutui.widgets.ask import typed_path
from nasutui.workspace import open_workspace
from tests.support.archives import Entry, write_zip
from tests.support.hostile_pictures import png_file
from tests.support.raw_pictures import encode, heif, smooth
from tests.support.small_pictures import small_png


def refusal(data: bytes) -> str:
    """The code under which a picture is refused."""
    with pytest.raises(PictureError) as caught, opened(data):
        pass
    return caught.value.code


# --- pictures -----------------------------------------------------------------------------------


def test_a_png_whose_pixels_do_not_unpack_is_no_black_picture() -> None:
    assert refusal(png_file(13, 9, 8, 2, bytes(99))) == "damaged"


def test_one_bit_turned_over_in_the_pixels_of_a_png_is_found() -> None:
    """Asking a PNG for its orientation decodes it; an error there must not count as "none"."""
    dice = random.Random(5)
    image = Image.frombytes("RGB", (64, 48), dice.randbytes(64 * 48 * 3))
    whole = encode(image, "PNG")
    start = whole.index(b"IDAT") + 4
    for _time in range(100):
        data = bytearray(whole)
        data[dice.randrange(start, len(data) - 16)] ^= 1 << dice.randrange(8)
        assert refusal(bytes(data)) in ("damaged", "truncated")


@pytest.mark.parametrize(("width", "height"), [(1, 50_331_656), (50_331_656, 1)])
def test_a_line_of_millions_of_pixels_is_refused(width: int, height: int) -> None:
    """Few enough pixels, but each row costs memory of its own."""
    assert refusal(png_file(width, height, 16, 0, zlib.compress(bytes(999)))) == "too-large"


def test_a_heic_that_comes_out_in_another_size_than_it_says_is_refused() -> None:
    whole = heif(Image.fromarray(smooth()), chroma=444)
    moved = whole.replace(b"\xff\xff\xff\xe0\0\0\0\2", b"\xff\xff\xa3\xe0\0\0\0\2")
    assert moved != whole
    assert refusal(moved) == "damaged"


def test_a_decoder_that_holds_whole_frames_gets_smaller_pictures() -> None:
    blank = Image.new("RGB", (9000, 7000))
    with pytest.raises(PictureError, match="52 million") as caught:  # noqa: SIM117
        with opened(encode(blank, "WEBP", lossless=True, method=0, quality=0)):
            pass
    assert caught.value.code == "too-large"


def test_large_files_are_read_one_at_a_time() -> None:
    second = threading.Event()

    def take() -> None:
        with room_for(MAX_BYTES // 2):
            second.set()

    with room_for(MAX_BYTES // 2), opened(small_png((1, 2, 3))):  # no wait for oneself
        thread = threading.Thread(target=take)
        thread.start()
        assert not second.is_set()
    assert second.wait(30)
    thread.join()


def test_a_zip_entry_without_a_name_is_passed_over(tmp_path: Path) -> None:
    entries = [Entry(b"", b"x"), Entry(b"a.png", small_png((1, 2, 3)))]
    found = find_sources([write_zip(tmp_path / "a.zip", entries)])
    assert [source.label for source in found.sources] == ["a.zip/a.png"]
    assert found.refused == []


# --- texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["\x85", "\u2028", "\u2029", "\x0b", "\x1c"])
def test_what_the_trainer_takes_for_one_line_is_one_line(inside: str) -> None:
    caption = decode_caption(f"1girl, a{inside}b".encode())
    assert caption.tags == ("1girl", f"a{inside}b")
    assert "lines" not in decode_caption(encode_caption(caption.tags)).oddities


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_several_lines_are_still_several(end: str) -> None:
    assert "lines" in decode_caption(f"a{end}b".encode()).oddities
    assert "lines" not in decode_caption(f"a, b{end}".encode()).oddities


def test_a_tilde_that_means_nobody_is_an_ordinary_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NASUTUI_PROJECTS")
    path = tmp_path / "config.toml"
    path.write_text('projects = "~nobody.at.all/x"')
    assert projects_folder(read_config(path)) == Path("~nobody.at.all/x")
    assert expanded("~nobody.at.all") == typed_path("~nobody.at.all") == Path("~nobody.at.all")
    with pytest.raises(InputError):
        open_workspace(Path("~nobody.at.all"))


def test_a_path_longer_than_any_is_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        open_workspace(Path("x" * 5000))
    assert caught.value.code == "name-too-long"


def test_a_setting_with_control_characters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('projects = "a\\u0000b"')
    with pytest.raises(SettingsError, match="projects"):
        read_config(path)


@pytest.mark.parametrize("text", ["a." * 50_000 + "a = 1", "x = 1 # " + "y" * 2_000_000])
def test_settings_that_take_minutes_to_read_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="longer than settings can be"):
        read_config(path)


@pytest.mark.parametrize("category", ["32768", "-1", "9" * 30])
def test_a_category_that_no_tagger_has_is_refused(category: str) -> None:
    with pytest.raises(ModelError):
        TagTable.from_csv(f"tag_id,name,category,count\n1,1girl,{category},1\n")


def test_own_words_for_a_tag_with_escaped_brackets_count(tmp_path: Path) -> None:
    path = tmp_path / "tags_ja.tsv"
    path.write_text("shirt_\\(white\\)\t白シャツ\n", encoding="utf-8")
    entry = Dictionary(read_own(path)).translate("shirt (white)")
    assert entry is not None
    assert entry.display == "白シャツ"
    add_own(path, "shirt \\(white\\)", "しろ")
    assert path.read_text(encoding="utf-8") == "shirt_(white)\tしろ\n"
    assert remove_own(path, "shirt (white)")


@pytest.mark.parametrize("side", ["1e999", "NaN", "-Infinity"])
def test_a_crop_without_end_is_damaged(tmp_path: Path, side: str) -> None:
    text = '{"ab": {"name": "x", "crops": [{"mode": "box", "box": [0, 0, SIDE, 5]}]}}'
    text = text.replace("SIDE", side)
    (tmp_path / CROPS_FILE).write_text(text)
    json.loads(text)  # as Python reads JSON
    with pytest.raises(SettingsError):
        read_crops(tmp_path)


# --- pipes: to open one waits for ever ------------------------------------------------------------


def _tags(path: Path) -> object:
    return read_tags(ModelFiles("model", path, path))


_DOORS: dict[str, Callable[[Path], object]] = {
    "x.safetensors": read_lora,
    "x.png": read_parameters,
    "x.txt": read_caption,
    "config.toml": read_config,
    "project.toml": lambda path: open_project(path.parent),
    "tags_ja.tsv": read_own,
    "selected_tags.csv": _tags,
    CROPS_FILE: lambda path: read_crops(path.parent),
}


@pytest.mark.parametrize("name", _DOORS)
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(NasutuiError) as caught:
        _DOORS[name](tmp_path / name)
    assert "not a regular file" in str(caught.value)


def test_a_pipe_has_no_templates(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "project.toml")
    assert read_templates(tmp_path) == {}
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(tmp_path / "project.toml")
