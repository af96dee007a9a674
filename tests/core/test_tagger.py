"""The tagger is fed as its author feeds it, and refuses what is no WD14 model."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto
from PIL import Image

from nasutui.core.errors import ModelError, PictureError
from nasutui.core.pictures.images import opened
from nasutui.core.tagging.models import ModelFiles, embedded_files
from nasutui.core.tagging.tagger import OnnxTagger, prepare_tensor
from tests.support.raw_pictures import encode, srgb_profile
from tests.support.wd14 import SIDE, Shape, write_model

RED, BLUE, SKIN = (230, 40, 30), (30, 40, 230), (255, 222, 200)


def tagger(folder: Path) -> OnnxTagger:
    files = ModelFiles("tiny", folder / "model.onnx", folder / "selected_tags.csv")
    return OnnxTagger(files, "key")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> OnnxTagger:
    return tagger(write_model(tmp_path_factory.mktemp("tiny")))


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (100, 100)) -> bytes:
    return encode(Image.new("RGB", size, colour), "PNG")


def seen(model: OnnxTagger, data: bytes) -> set[str]:
    """The probes that answer yes."""
    scores = model.scores(data).as_dict(model.table)
    return {name for name, value in scores.items() if name.startswith("probe_") and value > 0.5}


def test_red_is_red_and_blue_is_blue(tiny: OnnxTagger) -> None:
    assert "probe_red" in seen(tiny, flat(RED))
    assert "probe_blue" not in seen(tiny, flat(RED))
    assert "probe_blue" in seen(tiny, flat(BLUE))
    assert "probe_green" in seen(tiny, flat((40, 220, 50)))


def test_peach_skin_is_not_blue(tiny: OnnxTagger) -> None:
    scores = tiny.scores(flat(SKIN)).as_dict(tiny.table)
    assert scores["probe_red"] > scores.get("probe_blue", 0)


def test_the_embedded_tagger_tells_red_from_blue() -> None:
    embedded = OnnxTagger(embedded_files(), "key")
    figure = Image.new("RGB", (400, 400), BLUE)
    figure.paste((250, 250, 250), (130, 60, 270, 400))
    figure.paste((90, 160, 60), (130, 220, 200, 400))
    figure.paste((20, 20, 20), (150, 100, 180, 140))
    scores = embedded.scores(encode(figure, "PNG")).as_dict(embedded.table)
    assert scores.get("blue_background", 0) > 0.5 > scores.get("red_background", 0)
    swapped = Image.fromarray(np.asarray(figure)[:, :, ::-1].copy())
    scores = embedded.scores(encode(swapped, "PNG")).as_dict(embedded.table)
    assert scores.get("red_background", 0) > 0.5 > scores.get("blue_background", 0)


def test_values_go_from_0_to_255(tiny: OnnxTagger) -> None:
    assert "probe_white" in seen(tiny, flat((255, 255, 255)))
    assert "probe_dark" in seen(tiny, flat((0, 0, 0)))
    assert seen(tiny, flat((128, 128, 128))) == set()


def test_beside_a_tall_picture_there_is_white(tiny: OnnxTagger) -> None:
    assert "probe_beside_white" in seen(tiny, flat((20, 20, 20), (50, 200)))
    assert "probe_beside_white" not in seen(tiny, flat((20, 20, 20), (200, 200)))
    assert "probe_beside_dark" in seen(tiny, flat((20, 20, 20), (200, 200)))


def test_up_is_up_and_left_is_left(tiny: OnnxTagger) -> None:
    image = Image.new("RGB", (90, 60), (30, 30, 30))
    image.paste((240, 240, 240), (0, 0, 90, 30))
    assert {"probe_top"} == seen(tiny, encode(image, "PNG")) & {"probe_top", "probe_left"}
    turned = encode(image.transpose(Image.Transpose.ROTATE_90), "PNG")
    assert {"probe_left"} == seen(tiny, turned) & {"probe_top", "probe_left"}


def test_what_is_transparent_counts_as_white(tiny: OnnxTagger) -> None:
    data = encode(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), "PNG")
    assert "probe_white" in seen(tiny, data)


def test_the_tensor_is_what_the_author_makes() -> None:
    """Pad to a white square, BICUBIC, B G R, 0 to 255 (the code of the author's demo space)."""
    dice = np.random.default_rng(4)
    for width, height in [
        (512, 512),
        (300, 500),
        (501, 333),
        (448, 448),
        (20, 33),
        (640, 200),
        (1, 9),
    ]:
        small = dice.integers(0, 256, (max(2, height // 20), max(2, width // 20), 3), np.uint8)
        image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        with opened(encode(image, "PNG"), near=448) as picture:
            tensor = prepare_tensor(picture, 448)
        assert tensor.shape == (1, 448, 448, 3)
        assert tensor.dtype == np.float32
        assert tensor.flags.c_contiguous
        assert np.abs(tensor[0] - author(image)).mean() < 0.25


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
@pytest.mark.parametrize("size", [(2690, 1771), (1001, 3001)])
def test_large_pictures_are_reduced_only_as_far_as_nothing_is_seen(
    size: tuple[int, int], orientation: int, file_format: str
) -> None:
    dice = np.random.default_rng(size[0])
    small = dice.integers(0, 256, (size[1] // 60, size[0] // 60, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"quality": 92} if file_format == "JPEG" else {"compress_level": 0}
    data = encode(
        Image.fromarray(small).resize(size, Image.Resampling.BICUBIC),
        file_format,
        exif=exif,
        **options,
    )
    with opened(data) as picture:
        expected = author(picture.image)
    with opened(data, near=448) as picture:
        assert picture.reduction > 1
        found = prepare_tensor(picture, 448)[0]
    assert np.abs(found - expected).mean() < 0.3


def author(image: Image.Image) -> np.ndarray:
    side = max(image.size)
    canvas = Image.new("RGB", (side, side), (255, 255, 255))
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    if side != 448:
        canvas = canvas.resize((448, 448), Image.Resampling.BICUBIC)
    return np.asarray(canvas, dtype=np.float32)[:, :, ::-1]


@pytest.mark.parametrize(
    "shape",
    [
        Shape(),
        Shape(batch=1),
        Shape(batch="N", side="side", outputs="tags"),
        Shape(side=SIDE, outputs="n"),
    ],
)
def test_models_of_fixed_and_free_shape_give_the_same_scores(tmp_path: Path, shape: Shape) -> None:
    side = SIDE if isinstance(shape.side, int) else 448
    model = tagger(write_model(tmp_path, shape, side))
    found = model.scores(flat(RED)).as_dict(model.table)
    assert found["probe_red"] > 0.9
    assert abs(found["1girl"] - 1 / (1 + np.exp(-3))) < 0.001


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (Shape(batch=4), "model-kind"),
        (Shape(channels=4), "model-kind"),
        (Shape(input_type=TensorProto.DOUBLE), "model-kind"),
        (Shape(sigmoid=False), "model-kind"),
    ],
)
def test_models_of_another_kind_are_refused(tmp_path: Path, shape: Shape, code: str) -> None:
    model = tagger(write_model(tmp_path, shape))
    with pytest.raises(ModelError) as caught:
        model.scores(flat(RED))
    assert caught.value.code in (code, "model-damaged")


def cut_rows(folder: Path) -> None:
    path = folder / "selected_tags.csv"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:-2]), "utf-8")


@pytest.mark.parametrize("outputs", [None, "free"])
def test_a_tag_list_that_does_not_fit_is_refused(tmp_path: Path, outputs: str | None) -> None:
    folder = write_model(tmp_path, Shape(outputs=outputs))
    cut_rows(folder)
    with pytest.raises(ModelError) as caught:
        tagger(folder).scores(flat(RED))
    assert caught.value.code == "model-tags"


@pytest.mark.parametrize(
    "text",
    [b"", b"<!doctype html>", b"name,category\n", b"tag_id,name,category,count\n1,a,x,2\n",
     b"tag_id,name,category,count\n1,a\n", b"\xff\xfe\0\0", b"tag_id,name,category,count\n1,,0,2\n",
     b'tag_id,name,category,count\n1,"' + b"a" * 200_000],
)  # fmt: skip
def test_what_is_no_tag_list_is_refused(tmp_path: Path, text: bytes) -> None:
    folder = write_model(tmp_path)
    (folder / "selected_tags.csv").write_bytes(text)
    with pytest.raises(ModelError) as caught:
        tagger(folder)
    assert caught.value.code == "model-tags"


def test_a_model_cut_short_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = write_model(tmp_path / "whole")
    data = (whole / "model.onnx").read_bytes()
    for index, cut in enumerate([0, 1, 7, len(data) // 3, len(data) // 2, len(data) - 9]):
        folder = tmp_path / str(index)
        shutil.copytree(whole, folder)
        (folder / "model.onnx").write_bytes(data[:cut])
        with pytest.raises(ModelError) as caught:
            tagger(folder).scores(flat(RED))
        assert caught.value.code in ("model-damaged", "model-kind", "model-failed")


def test_a_broken_picture_is_the_pictures_fault(tiny: OnnxTagger) -> None:
    with pytest.raises(PictureError):
        tiny.scores(flat(RED)[:60])


def test_the_key_names_how_pictures_are_prepared(tiny: OnnxTagger) -> None:
    assert tiny.key.startswith("key:")
    assert len(tiny.key) > len("key:")


def test_a_profile_in_the_picture_changes_nothing_when_it_is_srgb(tiny: OnnxTagger) -> None:
    plain = tiny.scores(flat(SKIN)).as_dict(tiny.table)
    data = encode(Image.new("RGB", (100, 100), SKIN), "PNG", icc_profile=srgb_profile())
    assert tiny.scores(data).as_dict(tiny.table) == plain


def test_the_runtime_writes_nothing_on_the_terminal(tmp_path: Path) -> None:
    """ONNX Runtime warns past Python, on the file descriptor itself."""
    folder = write_model(tmp_path, Shape(outputs="n", batch=1))
    data = bytearray((folder / "model.onnx").read_bytes())
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.onnx").write_bytes(data[: len(data) // 2])
    shutil.copy(folder / "selected_tags.csv", tmp_path / "broken")
    code = f"""
from pathlib import Path
from nasutui.core.errors import ModelError
from nasutui.core.tagging.models import ModelFiles
from nasutui.core.tagging.tagger import OnnxTagger
for folder in ({str(folder)!r}, {str(tmp_path / "broken")!r}):
    files = ModelFiles("m", Path(folder) / "model.onnx", Path(folder) / "selected_tags.csv")
    try:
        OnnxTagger(files, "k").scores({flat(RED)!r})
    except ModelError as error:
        print(error.code)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, timeout=60
    )
    assert done.stderr == b""
    assert done.stdout.split() == [b"model-damaged"]
