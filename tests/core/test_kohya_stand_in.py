"""The stand-in of the trainer refuses what the trainer refuses, and reads what it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.datasets import CAPTION, captioned, noise, png
from tests.support.kohya_config import (
    Arguments,
    TrainerStopError,
    read_config_file,
    read_dataset_config,
)
from tests.support.kohya_reader import (
    caption_of,
    pictures_in,
    sample_prompts_of,
    subsets_of_folder,
    train_from_folder,
)

SUBSET = '[[datasets]]\n[[datasets.subsets]]\nimage_dir = "x"\n'
NETWORK = 'network_module = "networks.lora"\npretrained_model_name_or_path = "m"\n'
TXT = Arguments({"resolution": "512,512", "caption_extension": ".txt", "enable_bucket": True})


@pytest.mark.parametrize(
    ("folder", "repeats", "tokens"),
    [
        ("10_nasumiso", 10, "nasumiso"), ("1_000_x", 1, "000_x"), ("10", 10, ""), ("10_", 10, ""),
        ("+5_x", 5, "x"), (" 10_x", 10, "x"), ("１０_x", 10, "x"),
    ],
)  # fmt: skip
def test_folders_that_count(tmp_path: Path, folder: str, repeats: int, tokens: str) -> None:
    (tmp_path / folder).mkdir()
    (subset,) = subsets_of_folder(tmp_path, ".txt")
    assert (subset.num_repeats, subset.class_tokens) == (repeats, tokens)


@pytest.mark.parametrize(
    "folder",
    ["10 nasu", "10-nasu", "3.5_a", "1e1_x", "nasumiso", "0_x", "-3_x", ".ipynb_checkpoints",
     "__MACOSX"],
)  # fmt: skip
def test_folders_that_are_passed_over(tmp_path: Path, folder: str) -> None:
    captioned(tmp_path / folder, {"a.png": png(noise(1))})
    with pytest.raises(TrainerStopError, match="No data found"):
        train_from_folder(tmp_path, TXT)


def test_without_an_extension_the_folder_name_is_all_that_is_trained(tmp_path: Path) -> None:
    captioned(tmp_path / "10_nasumiso", {"a.png": png(noise(1))})
    run = train_from_folder(tmp_path, Arguments({"resolution": "512,512"}))
    assert [p.caption for p in run.pictures] == ["nasumiso"]


def test_captions_as_they_are_looked_up(tmp_path: Path) -> None:
    folder = captioned(tmp_path / "2_x", {"a.png": png(noise(1))}, {"b.txt": "\ufeffb\nsecond"})
    (subset,) = subsets_of_folder(tmp_path, "txt")
    assert caption_of(folder / "a.png", subset) == CAPTION
    assert caption_of(folder / "b.png", subset) == "\ufeffb"
    # What is left of four face-detection numbers falls back to the name before them.
    assert caption_of(folder / "a_1_2_3_4.png", subset) == CAPTION
    assert caption_of(folder / "c.png", subset) == "x"


@pytest.mark.parametrize("data", [b"", b"\xff\xfea"])
def test_captions_that_stop_the_trainer(tmp_path: Path, data: bytes) -> None:
    captioned(tmp_path / "2_x", {"a.png": png(noise(1))}, {"a.txt": data})
    with pytest.raises(TrainerStopError):
        train_from_folder(tmp_path, TXT)


def test_which_files_are_pictures(tmp_path: Path) -> None:
    names = ["a.png", "b.PNG", "c.Png", "d.gif", "._e.png", "f.webp", "g.npz", "h.tiff", "i.JPEG"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert [p.name for p in pictures_in(tmp_path)] == ["a.png", "b.PNG", "f.webp", "i.JPEG"]


@pytest.mark.parametrize(
    "text",
    [
        "[general]\nresolutoin = 512",
        "[general]\nresolution = '512,512'",
        "[general]\nnum_repeats = '10'",
        "[general]\nvalidation_split = 0",
        "[extra]\n",
        SUBSET + "repeats = 3",
        SUBSET + "resolution = 512",
        "[[datasets]]\n[[datasets.subsets]]\nnum_repeats = 1",
        "[[datasets]]\nimage_dir = 'x'",
    ],
)
def test_the_dataset_config_is_strict(tmp_path: Path, text: str) -> None:
    path = tmp_path / "dataset.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrainerStopError):
        read_dataset_config(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        NETWORK + 'lr_scheduler = "constant"\nlr_warmup_steps = 5',
        NETWORK + 'log_with = "tensorboard"',
        NETWORK + "sample_every_n_epochs = 1",
        NETWORK + "max_token_length = 75",
        NETWORK + "resolution = [512, 512]",
        NETWORK + "bucket_reso_steps = 32",
        NETWORK + "network_dimm = 3",
    ],
)
def test_the_config_file_has_its_limits(tmp_path: Path, text: str) -> None:
    path = tmp_path / "training.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrainerStopError):
        read_config_file(path)


def test_sample_prompts_and_their_options(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text("# no\n\n1girl, a--b --n bad --w 640\n", encoding="utf-8")
    assert sample_prompts_of(path) == [{"prompt": "1girl, a--b", "n": "bad", "w": "640"}]
