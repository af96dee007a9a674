"""The embedded tagger: what it says of pictures whose truth is known, and that it can be rebuilt."""

from __future__ import annotations

import csv
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from PIL import Image

from tests.support.embedded_cases import BUSTS, CASES, INK, person
from tests.support.embedded_pictures import (
    ARRIVALS,
    LANDSCAPE,
    PORTRAIT,
    SQUARE,
    Picture,
    figure,
    framed,
    gradient,
    noisy,
    plain,
    scene,
    tiles,
)

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "nasutui" / "data" / "embedded"
RATINGS = ["general", "sensitive", "questionable", "explicit"]
CLEARLY, HARDLY, USUAL = 0.8, 0.1, 0.35

Scores = dict[str, float]


def canvas(image: Image.Image) -> npt.NDArray[np.float32]:
    """The input the WD14 v3 taggers want: white square, bicubic 448, B,G,R, 0..255."""
    image = image.convert("RGB")
    side = max(image.size)
    square = Image.new("RGB", (side, side), "white")
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    square = square.resize((448, 448), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(square, np.float32)[None, :, :, ::-1])


def table() -> list[dict[str, str]]:
    with (SHIPPED / "selected_tags.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        SHIPPED / "model.onnx", options, providers=["CPUExecutionProvider"]
    )


def probabilities(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return session().run(["output"], {"input": pixels})[0]


def scores(image: Image.Image) -> Scores:
    names = [row["name"] for row in table()]
    return dict(zip(names, probabilities(canvas(image))[0].tolist(), strict=True))


def tags(image: Image.Image) -> set[str]:
    return {name for name, score in scores(image).items() if score > USUAL}


@cache
def arrived(picture: Picture, arrival: str) -> Scores:
    size, change = ARRIVALS[arrival]
    return scores(change(picture(size)))


def test_signature_is_that_of_the_wd_v3_taggers() -> None:
    (given,), (taken,) = session().get_inputs(), session().get_outputs()
    assert (given.name, given.type) == ("input", "tensor(float)")
    assert given.shape == ["batch_size", 448, 448, 3]
    assert (taken.name, taken.type) == ("output", "tensor(float)")
    assert taken.shape == ["batch_size", len(table())]


def test_table_has_ratings_first_and_then_general_tags() -> None:
    rows = table()
    assert list(rows[0]) == ["tag_id", "name", "category", "count"]
    assert [row["name"] for row in rows[:4]] == RATINGS
    assert [row["category"] for row in rows] == ["9"] * 4 + ["0"] * (len(rows) - 4)
    assert len({row["name"] for row in rows}) == len({row["tag_id"] for row in rows}) == len(rows)
    assert all(int(row["tag_id"]) > 0 and int(row["count"]) > 0 for row in rows)


def test_every_tag_has_cases() -> None:
    assert set(CASES) == {row["name"] for row in table() if row["category"] == "0"}


@pytest.mark.parametrize("arrival", ARRIVALS)
@pytest.mark.parametrize("tag", CASES)
def test_tag_is_given_where_it_belongs(tag: str, arrival: str) -> None:
    found = [arrived(picture, arrival)[tag] for picture in CASES[tag][0]]
    assert min(found) > CLEARLY, found


@pytest.mark.parametrize("arrival", ARRIVALS)
@pytest.mark.parametrize("tag", CASES)
def test_tag_is_kept_from_where_it_does_not_belong(tag: str, arrival: str) -> None:
    found = [arrived(picture, arrival)[tag] for picture in CASES[tag][1]]
    assert max(found) < HARDLY, found


@pytest.mark.parametrize("picture", [person, scene, BUSTS["3060d0"], plain("000000")])
@pytest.mark.parametrize("size", [SQUARE, PORTRAIT, LANDSCAPE])
def test_ratings_are_never_claimed(picture: Picture, size: tuple[int, int]) -> None:
    found = scores(picture(size))
    assert [found[name] for name in RATINGS] == [0.0] * 4


@pytest.mark.parametrize("size", [SQUARE, PORTRAIT, LANDSCAPE])
def test_swapped_channels_show(size: tuple[int, int]) -> None:
    pixels = canvas(BUSTS["3060d0"](size))
    names = [row["name"] for row in table()]
    right = dict(zip(names, probabilities(pixels)[0], strict=True))
    swapped = dict(zip(names, probabilities(pixels[..., ::-1].copy())[0], strict=True))
    assert right["blue_background"] > CLEARLY > HARDLY > swapped["blue_background"]
    assert swapped["orange_background"] + swapped["red_background"] > CLEARLY


def test_a_batch_says_what_its_pictures_say_alone() -> None:
    pictures = (person(PORTRAIT), scene(LANDSCAPE), tiles(*INK)(SQUARE))
    batch = np.concatenate([canvas(picture) for picture in pictures])
    alone = np.concatenate([probabilities(batch[i : i + 1]) for i in range(len(pictures))])
    np.testing.assert_allclose(probabilities(batch), alone, atol=1e-5)


@pytest.mark.parametrize("code", ["ffffff", "fefefe", "000000", "808080", "ff0000", "0000ff"])
@pytest.mark.parametrize("size", [(448, 448), (300, 600), (600, 300), (1, 1), (7, 600), (600, 2)])
def test_nothing_but_one_colour_still_gives_probabilities(code: str, size: tuple[int, int]) -> None:
    found = np.array(list(scores(plain(code)(size)).values()))
    assert np.isfinite(found).all()
    assert found.min() >= 0.0
    assert found.max() <= 1.0


@pytest.mark.parametrize("size", [(300, 600), (600, 300), (200, 700)])
def test_padding_is_not_taken_for_a_background_or_a_border(size: tuple[int, int]) -> None:
    for picture in (BUSTS["182048"], scene, tiles(*INK)):
        found = scores(picture(size))
        assert max(found["white_background"], found["border"], found["high_contrast"]) < HARDLY


@pytest.mark.parametrize("size", [SQUARE, PORTRAIT, LANDSCAPE])
def test_a_frame_does_not_hide_the_background_inside(size: tuple[int, int]) -> None:
    found = tags(framed(BUSTS["60b860"], "ffffff", 0.08, 0.08)(size))
    assert {"white_border", "border", "green_background"} <= found
    assert "white_background" not in found


ILLUSTRATIONS: dict[str, tuple[Picture, set[str]]] = {
    "bust on white": (
        figure(plain("ffffff"), hair="202028", clothes="c04050"),
        {"simple_background", "white_background"},
    ),
    "standing on pale yellow": (
        figure(plain("fff4c0"), hair="e0b060", clothes="408060", full=True),
        {"simple_background", "yellow_background"},
    ),
    "black hair and white shirt on white": (
        figure(plain("ffffff"), hair="181818", clothes="f8f8f8", eyes="302018"),
        {"simple_background", "white_background"},
    ),
    "grainy bust on teal": (
        lambda size: noisy(figure(plain("40b8b8"), clothes="f0e0d0")(size), 12),
        {"simple_background", "aqua_background"},
    ),
    "dusk": (
        figure(gradient("604090", "c090d8"), clothes="f0f0f0", full=True),
        {"simple_background", "gradient_background", "purple_background"},
    ),
    "in front of a landscape": (figure(scene, clothes="e0e0e8", full=True), set()),
}


@pytest.mark.parametrize("size", [SQUARE, PORTRAIT, LANDSCAPE])
@pytest.mark.parametrize("name", ILLUSTRATIONS)
def test_an_illustration_gets_the_tags_a_person_would_give(
    name: str, size: tuple[int, int]
) -> None:
    picture, expected = ILLUSTRATIONS[name]
    assert tags(picture(size)) == expected


def test_model_is_small() -> None:
    assert (SHIPPED / "model.onnx").stat().st_size < 200_000


def test_build_script_writes_what_is_shipped(tmp_path: Path) -> None:
    script = ROOT / "tools" / "build_embedded_tagger.py"
    subprocess.run([sys.executable, script, tmp_path], check=True, cwd=tmp_path)
    for name in ("model.onnx", "selected_tags.csv"):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()
