"""Chosen crops: honoured by preparing, several of one picture, undone like captions."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nasutui.core.errors import SettingsError
from nasutui.core.events import ItemDone, never
from nasutui.core.history.journal import Journal
from nasutui.core.pictures.crop import (
    BOX,
    CENTER,
    NONE,
    PAD,
    SMART,
    fit_box,
    move_box,
    plan,
    resize_box,
)
from nasutui.core.pictures.crops import CROPS_FILE, Crop, Entry, read_crops, set_crops
from nasutui.core.pictures.prepare import PrepareSettings, prepare
from nasutui.core.pictures.smart import smart_box
from nasutui.core.project import PROCESSED, RAW, TAGGED, create_project
from nasutui.core.sample import sample_pictures

sides = st.integers(1, 5000)


def quarters() -> bytes:
    """200 x 100: red, green, blue and white fields of 50 x 100."""
    image = Image.new("RGB", (200, 100))
    for i, colour in enumerate(["red", "lime", "blue", "white"]):
        image.paste(colour, (50 * i, 0, 50 * (i + 1), 100))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = create_project(tmp_path / "p").root
    (project / RAW / "a.png").write_bytes(quarters())
    return project


def run(root: Path, size: int = 64, mode: str = CENTER) -> dict[str, str]:
    settings = PrepareSettings((root / RAW,), root / PROCESSED, size, mode)
    events = list(prepare(settings, never))
    return {e.path.name: e.action for e in events if isinstance(e, ItemDone)}


def choose(root: Path, *crops: Crop, data: bytes | None = None) -> None:
    key = hashlib.sha256(data or quarters()).hexdigest()
    with Journal(root) as journal:
        assert set_crops(journal, {key: Entry("a.png", crops)}, "crop") == []


def pixel(root: Path, name: str, x: float = 0.5, y: float = 0.5) -> tuple[int, ...]:
    with Image.open(root / PROCESSED / name) as image:
        return image.getpixel((int(x * image.width), int(y * image.height)))  # type: ignore[return-value]


def test_a_chosen_box_is_what_comes_out(root: Path) -> None:
    choose(root, Crop(BOX, (150, 0, 200, 50)))
    assert run(root) == {"img001.png": "made"}
    assert pixel(root, "img001.png") == (255, 255, 255)


def test_a_changed_crop_makes_only_that_picture_again_and_its_caption_stays(root: Path) -> None:
    (root / RAW / "b.png").write_bytes(Path(root / RAW / "a.png").read_bytes() + b"\0")
    run(root)
    (root / TAGGED).mkdir(exist_ok=True)
    (root / TAGGED / "img001.txt").write_text("mine")
    before = (root / PROCESSED / "img002.png").stat().st_mtime_ns
    choose(root, Crop(BOX, (0, 0, 50, 50)))
    assert run(root) == {"img001.png": "remade", "img002.png": "unchanged"}
    assert pixel(root, "img001.png") == (255, 0, 0)
    assert (root / PROCESSED / "img002.png").stat().st_mtime_ns == before
    assert (root / TAGGED / "img001.txt").read_text() == "mine"


def test_several_crops_of_one_picture_get_numbers_of_their_own(root: Path) -> None:
    run(root)
    choose(root, Crop(CENTER), Crop(BOX, (0, 0, 50, 50)), Crop(BOX, (150, 0, 200, 50)))
    assert run(root) == {"img001.png": "unchanged", "img002.png": "made", "img003.png": "made"}
    assert pixel(root, "img002.png") == (255, 0, 0)
    assert pixel(root, "img003.png") == (255, 255, 255)
    assert set(run(root).values()) == {"unchanged"}


def test_a_crop_that_is_no_more_keeps_its_picture(root: Path) -> None:
    choose(root, Crop(CENTER), Crop(BOX, (0, 0, 50, 50)))
    run(root)
    choose(root, Crop(CENTER))
    assert run(root) == {"img001.png": "unchanged"}
    assert (root / PROCESSED / "img002.png").exists()


def test_crops_are_undone_after_a_restart(root: Path) -> None:
    choose(root, Crop(PAD))
    choose(root, Crop(NONE))
    with Journal(root) as journal:
        assert journal.undo() is not None
    assert [e.crops for e in read_crops(root).values()] == [(Crop(PAD),)]
    with Journal(root) as journal:
        assert journal.undo() is not None
    assert read_crops(root) == {}
    with Journal(root) as journal:
        journal.redo()
    assert [e.crops for e in read_crops(root).values()] == [(Crop(PAD),)]


def test_padded_is_whole_and_white_beside(root: Path) -> None:
    run(root, mode=PAD)
    assert pixel(root, "img001.png", 0.05) == (255, 0, 0)
    assert pixel(root, "img001.png", 0.5, 0.05) == (255, 255, 255)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"x": 1}', '{"x": {"name": "a", "crops": [{"mode": "sideways"}]}}',
     '{"x": {"name": "a", "crops": [{"mode": "box", "box": [5, 5, 1, 1]}]}}',
     '{"x": {"name": "a", "crops": [{"mode": "box", "box": "nonsense"}]}}', "\xff"],
)  # fmt: skip
def test_damaged_crops_are_said_and_left_alone(root: Path, text: str) -> None:
    (root / CROPS_FILE).write_text(text, encoding="latin-1")
    with pytest.raises(SettingsError, match=r"crops\.json"):
        run(root)
    assert (root / CROPS_FILE).read_text(encoding="latin-1") == text


def test_originals_are_never_touched(root: Path) -> None:
    choose(root, Crop(SMART), Crop(BOX, (0, 0, 9, 9)))
    run(root)
    assert (root / RAW / "a.png").read_bytes() == quarters()


@given(sides, sides, st.integers(-9000, 9000), st.integers(-9000, 9000), st.integers(-999, 999))
def test_boxes_stay_square_and_inside(w: int, h: int, dx: int, dy: int, grow: int) -> None:
    box = plan(w, h, 512, CENTER).box
    for changed in (move_box(box, dx, dy, w, h), resize_box(box, grow, w, h)):
        left, top, right, bottom = changed
        assert 0 <= left < right <= w
        assert 0 <= top < bottom <= h
        assert right - left == bottom - top
        assert fit_box(changed, w, h) == changed


@given(sides, sides)
def test_padding_and_buckets_keep_the_whole_picture_in_proportion(w: int, h: int) -> None:
    padded, whole = plan(w, h, 512, PAD), plan(w, h, 512, NONE)
    assert padded.box == whole.box == (0, 0, w, h)
    assert max(padded.scaled) == 512
    assert padded.size == (512, 512)
    assert whole.scaled[0] <= w
    assert whole.scaled[1] <= h


def test_smart_keeps_the_head_that_the_middle_cuts_off() -> None:
    with Image.open(io.BytesIO(sample_pictures()["05_tall.webp"]())) as image:
        picture = image.convert("RGB")
    head_top = round((0.27 - 1.3 * 0.2) * 800)
    _left, middle_top, _right, _bottom = plan(*picture.size, 512, CENTER).box
    left, top, right, bottom = smart_box(picture)
    assert middle_top > head_top + 200
    assert top <= max(0, head_top)
    assert bottom - top == right - left == 800


@pytest.mark.parametrize("size", [(300, 900), (900, 300)])
def test_smart_takes_the_middle_of_a_flat_picture(size: tuple[int, int]) -> None:
    assert smart_box(Image.new("RGB", size, (90, 120, 200))) == plan(*size, 512, CENTER).box


@pytest.mark.parametrize("place", [40, 450, 700])
def test_smart_finds_the_subject_of_a_wide_picture(place: int) -> None:
    image = Image.new("RGB", (1000, 250), (240, 240, 240))
    noise = np.random.default_rng(1).integers(0, 255, (150, 150, 3), dtype=np.uint8)
    image.paste(Image.fromarray(noise), (place, 50))
    left, _top, right, _bottom = smart_box(image)
    assert left <= place
    assert place + 150 <= right


def test_a_picture_that_a_power_cut_emptied_is_made_again(root: Path) -> None:
    run(root)
    (root / PROCESSED / "img001.png").write_bytes(b"")
    assert run(root) == {"img001.png": "remade"}
    assert pixel(root, "img001.png") is not None
