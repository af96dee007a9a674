"""The exported dataset, held against the stand-in of the trainer."""

from __future__ import annotations

import io
import json
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasutui.core.events import Finished, ItemDone, ItemFailed, Note, never
from nasutui.core.training.export import ExportSettings, export
from nasutui.core.training.manifest import RECORD, damage, read_manifest
from nasutui.core.training.plan import bucket_rules
from nasutui.core.training.settings import PRESETS, SDXL, TrainingSettings, preset
from tests.support import datasets
from tests.support.datasets import CAPTION, HOSTILE_NAMES, TRIGGER, captioned, noise, plain, png
from tests.support.kohya_config import read_config_file
from tests.support.kohya_reader import (
    Run,
    pictures_in,
    sample_prompts_of,
    train_from_config,
    train_from_folder,
)


def run(settings: ExportSettings) -> tuple[list[ItemFailed], Finished]:
    """Export; what failed, and the end."""
    events = list(export(settings, never))
    assert isinstance(events[-1], Finished)
    return [e for e in events if isinstance(e, ItemFailed)], events[-1]


def trained(folder: Path, *, sdxl: bool = False) -> Run:
    """What the trainer makes of a dataset; the same whichever way it is pointed at it."""
    arguments = read_config_file(folder / "training.toml", sdxl=sdxl)
    by_config = train_from_config(folder, arguments)
    by_folder = train_from_folder(folder, arguments)
    assert by_config == by_folder
    return by_config


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    return plain(tmp_path / "tagged")


@pytest.fixture
def settings(tagged: Path, tmp_path: Path) -> ExportSettings:
    return ExportSettings(tagged, tmp_path / "out", "nasu", repeats=10, trigger=TRIGGER)


def test_the_trainer_finds_every_picture_with_its_caption(settings: ExportSettings) -> None:
    failed, end = run(settings)
    assert not failed
    assert end.summary["pictures"] == 3
    seen = trained(settings.output)
    assert [p.path.name for p in seen.pictures] == ["img001.png", "img002.png", "img003.png"]
    assert {p.caption for p in seen.pictures} == {CAPTION}
    assert {p.repeats for p in seen.pictures} == {10}
    assert {p.path.parent.name for p in seen.pictures} == {"10_nasu"}


def test_the_steps_that_were_promised_are_those_of_the_trainer(settings: ExportSettings) -> None:
    from nasutui.core.training.buckets import place
    from nasutui.core.training.plan import plan_for

    training = replace(TrainingSettings(), train_batch_size=4, gradient_accumulation_steps=3)
    shapes = [(96, 80), (80, 96), (300, 400), (640, 360), (64, 64)]
    captioned(settings.input, {f"img10{i}.png": png(noise(i, s)) for i, s in enumerate(shapes)})
    run(replace(settings, training=training, repeats=3))
    seen = trained(settings.output)
    plan = plan_for([place(*p.size, bucket_rules(training)) for p in seen.pictures], 3, training)
    assert (plan.batches_per_epoch, plan.total_steps) == (seen.batches_per_epoch, seen.total_steps)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_exports_what_the_trainer_takes(settings: ExportSettings, name: str) -> None:
    training = preset(name)
    run(replace(settings, training=training))
    sdxl = training.architecture == SDXL
    trained(settings.output, sdxl=sdxl)
    arguments = read_config_file(settings.output / "training.toml", sdxl=sdxl)
    assert arguments.get("network_dim") == training.network_dim
    assert arguments.get("resolution") == f"{training.resolution},{training.resolution}"
    assert arguments.get("clip_skip") == (None if sdxl else training.clip_skip)
    assert arguments.get("no_half_vae") == (True if sdxl else None)


def test_the_reference_settings_reach_the_trainer(settings: ExportSettings) -> None:
    run(settings)
    get = read_config_file(settings.output / "training.toml").get
    assert get("network_dim") == 64 and get("network_alpha") == 32
    assert get("max_train_epochs") == 10 and get("learning_rate") == 1e-4
    assert get("train_batch_size") == 1 and get("gradient_accumulation_steps") == 2
    assert get("resolution") == "512,512" and get("mixed_precision") == "fp16"
    assert get("optimizer_type") == "AdamW8bit" and get("clip_skip") == 2
    assert get("lr_scheduler") == "cosine_with_restarts"
    assert get("caption_extension") == ".txt"
    assert get("output_name") == "nasu"
    assert get("metadata_trigger_phrase") == TRIGGER


def test_settings_of_every_kind_are_taken(settings: ExportSettings) -> None:
    training = replace(
        TrainingSettings(), optimizer_args=("weight_decay=0.1",), lr_warmup_steps=4, unet_lr=1e-3,
        text_encoder_lr=1e-5, noise_offset=0.05, bucket_no_upscale=True, flip_aug=True,
        shuffle_caption=False, max_token_length=75, sample_every_n_epochs=0, min_snr_gamma=0.0,
        network_train_unet_only=True, gradient_checkpointing=False,
    )  # fmt: skip
    run(replace(settings, training=training))
    get = read_config_file(settings.output / "training.toml").get
    assert get("optimizer_args") == ["weight_decay=0.1"]
    # Any number with a point is taken as a share of all steps.
    assert get("lr_warmup_steps") == 4 and isinstance(get("lr_warmup_steps"), int)
    assert get("max_token_length") is None
    assert get("sample_every_n_epochs") is None
    assert get("shuffle_caption") is None
    config = tomllib.loads((settings.output / "dataset.toml").read_text(encoding="utf-8"))
    assert config["general"]["bucket_no_upscale"] is True
    assert config["general"]["shuffle_caption"] is False


def test_the_same_dataset_exports_to_the_same_bytes(
    settings: ExportSettings, tmp_path: Path
) -> None:
    run(settings)
    copy = tmp_path / "elsewhere"
    shutil.copytree(settings.input, copy)
    run(replace(settings, input=copy, output=tmp_path / "other"))
    assert datasets.contents(settings.output) == datasets.contents(tmp_path / "other")


def test_a_second_export_writes_nothing(settings: ExportSettings) -> None:
    run(settings)
    before = datasets.stamps(settings.output)
    _failed, end = run(settings)
    assert datasets.stamps(settings.output) == before
    assert (end.summary["made"], end.summary["unchanged"]) == (0, 3)


def test_the_manifest_names_every_file(settings: ExportSettings) -> None:
    run(settings)
    manifest = read_manifest(settings.output)
    assert manifest is not None
    files = {n for n in datasets.contents(settings.output) if n != "manifest.json"}
    assert set(manifest["files"]) == files
    assert damage(settings.output) == []
    assert manifest["name"] == "nasu" and manifest["repeats"] == 10
    assert manifest["training"]["network_dim"] == 64
    assert set(manifest["versions"]) == {"nasutui", "pillow"}
    (settings.output / "10_nasu/img002.txt").write_text("other", encoding="utf-8")
    (settings.output / "dataset.toml").unlink()
    assert damage(settings.output) == ["10_nasu/img002.txt", "dataset.toml"]


def test_the_lora_will_say_which_dataset_it_was_trained_on(settings: ExportSettings) -> None:
    run(settings)
    comment = read_config_file(settings.output / "training.toml").get("training_comment")
    first = (read_manifest(settings.output) or {})["dataset"]
    assert comment == f"nasutui dataset {first}"
    run(replace(settings, repeats=5, training=preset("sd15-style")))
    assert (read_manifest(settings.output) or {})["dataset"] == first
    (settings.input / "img001.txt").write_text(f"{TRIGGER}, 1boy", encoding="utf-8")
    run(settings)
    assert (read_manifest(settings.output) or {})["dataset"] != first


def test_nothing_but_pixels_and_captions_comes_along(settings: ExportSettings) -> None:
    folder = settings.input
    captioned(folder, {
        "img004.png": datasets.with_metadata(noise(4)),
        "img005.png": datasets.transparent(5),
        "img006.jpg": datasets.rotated(6),
        "img007.png": png(noise(7).convert("P")),
        "img008.png": png(noise(8).convert("L")),
    })  # fmt: skip
    for name in ("img001_jp.txt", "img001.npz", "img001_0096x0080_sd.npz", "metadata_cache.json",
                 "._img001.png", ".DS_Store", "notes.md"):  # fmt: skip
        (folder / name).write_bytes(b"x")
    run(settings)
    seen = trained(settings.output)
    assert len(seen.pictures) == 8
    names = [p.name for p in (settings.output / "10_nasu").iterdir()]
    assert sorted(names) == sorted([f"img00{i}{e}" for i in range(1, 9) for e in (".png", ".txt")])
    for picture in seen.pictures:
        with Image.open(picture.path) as image:
            assert image.format == "PNG" and image.mode == "RGB" and not image.info
            assert not image.getexif()
    by_name = {p.path.name: p for p in seen.pictures}
    assert by_name["img006.png"].size == (80, 96)
    with Image.open(io.BytesIO(datasets.transparent(5))) as image:
        white = Image.new("RGBA", image.size, "white")
        shown = np.asarray(Image.alpha_composite(white, image).convert("RGB"), dtype=int)
    pixels = np.frombuffer(by_name["img005.png"].pixels, np.uint8).reshape(shown.shape)
    assert np.abs(shown - pixels).max() <= 1


def test_odd_captions_come_out_as_the_trainer_can_read_them(settings: ExportSettings) -> None:
    captions: dict[str, bytes | str] = {
        "img001.txt": b"\xef\xbb\xbf" + CAPTION.encode(),
        "img002.txt": f"{TRIGGER},\r\n1girl ,,\r\n solo\r\n",
        "img003.txt": f"{TRIGGER}, ナス味噌".encode("cp932"),
    }
    captioned(settings.input, {}, captions)
    run(settings)
    seen = trained(settings.output)
    assert [p.caption for p in seen.pictures] == [CAPTION, CAPTION, f"{TRIGGER}, ナス味噌"]


def test_hostile_names_become_plain_ones(settings: ExportSettings) -> None:
    captions: dict[str, bytes | str] = {}
    pictures = {}
    for i, name in enumerate(HOSTILE_NAMES):
        pictures[name] = png(noise(100 + i))
        captions[f"{Path(name).stem}.txt"] = f"{TRIGGER}, number {i}"
    captioned(settings.input, pictures, captions)
    failed, _end = run(settings)
    assert not failed
    seen = trained(settings.output)
    assert len(seen.pictures) == 3 + len(HOSTILE_NAMES)
    stems = [p.path.stem for p in seen.pictures]
    assert all(s.isascii() and s.replace("_", "").replace("-", "").isalnum() for s in stems)
    assert len({s.casefold() for s in stems}) == len(stems)
    numbers = {p.caption for p in seen.pictures if "number" in p.caption}
    assert len(numbers) == len(HOSTILE_NAMES)
    renamed = (read_manifest(settings.output) or {})["renamed"]
    assert set(renamed.values()) >= {"夏の空.png", "line\nbreak.png"}


def test_names_that_differ_only_in_case_are_told_apart(settings: ExportSettings) -> None:
    if (settings.input / "IMG001.PNG").exists():
        pytest.skip("this file system does not tell them apart either")
    captioned(settings.input, {"IMG001.png": png(noise(9))})
    run(settings)
    stems = [p.stem for p in pictures_in(settings.output / "10_nasu")]
    assert len({s.casefold() for s in stems}) == 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: (f / "img002.txt").unlink(), "no-caption"),
        (lambda f: (f / "img002.txt").write_bytes(b""), "empty-caption"),
        (lambda f: (f / "img002.txt").write_bytes(b" ,\n, "), "empty-caption"),
        (lambda f: (f / "img002.txt").write_bytes(b"\xff\xff\xff\x00"), "caption-unreadable"),
        (lambda f: (f / "img002.txt").write_text("1girl", encoding="utf-8"), "trigger-missing"),
        (lambda f: (f / "img002.png").write_bytes(b"no picture"), "picture-unreadable"),
        (lambda f: (f / "img002.png").write_bytes(png(noise(1, (63, 400)))), "too-small"),
        (lambda f: (f / "img002.jpg").write_bytes(datasets.jpeg(noise(5))), "stem-shared"),
    ],
)
def test_errors_stop_the_export_and_leave_the_old_dataset_whole(
    settings: ExportSettings, change: object, code: str
) -> None:
    run(settings)
    before = datasets.stamps(settings.output)
    assert callable(change)
    change(settings.input)
    failed, end = run(settings)
    assert code in {f.code for f in failed}
    assert all("img002" in f.reason for f in failed)
    assert not end.cancelled
    assert datasets.stamps(settings.output) == before
    assert damage(settings.output) == []


def test_settings_that_would_stop_the_trainer_stop_the_export(settings: ExportSettings) -> None:
    training = replace(TrainingSettings(), lr_warmup_steps=150)
    failed, _end = run(replace(settings, repeats=1, training=training))
    assert [f.code for f in failed] == ["warmup"]
    assert not settings.output.exists()


def test_an_unsafe_name_is_refused(settings: ExportSettings, tmp_path: Path) -> None:
    failed, _end = run(replace(settings, name="../夏"))
    assert [f.code for f in failed] == ["bad-name"]
    assert not (tmp_path / "夏").exists()


def test_other_repeats_leave_nothing_of_the_old_folder(settings: ExportSettings) -> None:
    run(settings)
    (settings.input / "img003.png").unlink()
    (settings.input / "img003.txt").unlink()
    run(replace(settings, repeats=7))
    assert not (settings.output / "10_nasu").exists()
    assert len(trained(settings.output).pictures) == 2
    assert damage(settings.output) == []


def test_the_trainers_caches_are_taken_out(settings: ExportSettings) -> None:
    run(settings)
    for name in ("img001_0096x0080_sd.npz", "img001.npz", "metadata_cache.json"):
        (settings.output / "10_nasu" / name).write_bytes(b"stale")
    failed, _end = run(settings)
    assert not failed
    assert sorted({p.suffix for p in (settings.output / "10_nasu").iterdir()}) == [".png", ".txt"]
    assert damage(settings.output) == []


def test_pictures_of_somebody_else_are_reported_and_left(settings: ExportSettings) -> None:
    run(settings)
    stranger = settings.output / "10_nasu" / "holiday.png"
    other = settings.output / "5_old" / "a.jpg"
    other.parent.mkdir()
    for path in (stranger, other):
        path.write_bytes(b"mine")
    failed, _end = run(settings)
    assert [f.code for f in failed] == ["strangers"]
    assert "holiday.png" in failed[0].reason and "5_old/a.jpg" in failed[0].reason
    assert stranger.read_bytes() == other.read_bytes() == b"mine"


def test_a_file_that_somebody_changed_in_an_old_export_stays(settings: ExportSettings) -> None:
    run(settings)
    changed = settings.output / "10_nasu" / "img002.txt"
    changed.write_text("my own words", encoding="utf-8")
    run(replace(settings, repeats=7))
    assert changed.read_text(encoding="utf-8") == "my own words"


def stop_after(items: int) -> object:
    """A `cancelled` that says yes after so many questions."""
    asked = iter(range(items))
    return lambda: next(asked, None) is None


@pytest.mark.parametrize("items", range(0, 14, 2))
def test_an_export_that_was_stopped_is_finished_by_the_next(
    settings: ExportSettings, tmp_path: Path, items: int
) -> None:
    run(settings)
    whole = datasets.contents(settings.output)
    shutil.rmtree(settings.output)
    for i in range(1, 4):
        (settings.input / f"img00{i}.txt").write_text(f"{TRIGGER}, old {i}", encoding="utf-8")
    run(replace(settings, repeats=5))
    captioned(settings.input, {f"img00{i}.png": png(noise(i)) for i in range(1, 4)})

    for event in export(settings, stop_after(items)):  # type: ignore[arg-type]
        if isinstance(event, ItemDone):
            assert event.path.exists()
    # Whole means one of the two datasets, never a mixture.
    if damage(settings.output) == []:
        assert (read_manifest(settings.output) or {})["repeats"] in (5, 10)
    run(settings)
    assert datasets.contents(settings.output) == whole


def test_a_picture_removed_after_an_interruption_does_not_come_back(
    settings: ExportSettings,
) -> None:
    events = export(settings, never)
    for event in events:
        if isinstance(event, ItemDone):
            break
    events.close()  # type: ignore[attr-defined]
    assert (settings.output / RECORD).exists()
    for path in settings.input.glob("img001.*"):
        path.unlink()
    run(settings)
    assert [p.path.name for p in trained(settings.output).pictures] == ["img002.png", "img003.png"]
    assert not (settings.output / RECORD).exists()


def test_sample_prompts_are_drawn_at_the_training_size(settings: ExportSettings) -> None:
    run(settings)
    prompts = sample_prompts_of(settings.output / "sample_prompts.txt")
    assert len(prompts) == 2
    for prompt in prompts:
        assert prompt["prompt"].startswith(f"{TRIGGER}, ")
        assert (prompt["w"], prompt["h"]) == ("512", "512")
        assert int(prompt["d"]) >= 42 and "lowres" in prompt["n"]


def test_tags_cannot_become_options_or_comments(settings: ExportSettings) -> None:
    for path in settings.input.glob("*.txt"):
        path.write_text("x, a --w 9999, #hash, --n, ok", encoding="utf-8")
    run(replace(settings, trigger="x"))
    for prompt in sample_prompts_of(settings.output / "sample_prompts.txt"):
        assert prompt["w"] == "512"
    assert not (settings.output / "sample_prompts.txt").read_text(encoding="utf-8").startswith("#")


def test_given_prompts_are_taken_as_they_are(settings: ExportSettings) -> None:
    training = replace(TrainingSettings(), sample_prompts=("one --w 640", "二つ"))
    run(replace(settings, training=training))
    text = (settings.output / "sample_prompts.txt").read_text(encoding="utf-8")
    assert text == "one --w 640\n二つ\n"


def test_without_a_trigger_the_tag_that_all_begin_with_is_it(settings: ExportSettings) -> None:
    run(replace(settings, trigger=""))
    assert (read_manifest(settings.output) or {})["trigger"] == TRIGGER
    (settings.input / "img001.txt").write_text("other, 1girl", encoding="utf-8")
    run(replace(settings, trigger=""))
    assert (read_manifest(settings.output) or {})["trigger"] == ""
    trained(settings.output)


def test_warnings_are_counted_and_do_not_stop(settings: ExportSettings) -> None:
    (settings.input / "img003.png").write_bytes((settings.input / "img001.png").read_bytes())
    events = list(export(settings, never))
    assert [e.code for e in events if isinstance(e, Note)] == ["warnings"]
    assert damage(settings.output) == []


def test_plain_pictures_keep_their_bytes(settings: ExportSettings) -> None:
    data = png(noise(1), compress_level=1)
    (settings.input / "img001.png").write_bytes(data)
    (settings.input / "img002.png").write_bytes(data + b"tail")
    run(settings)
    assert (settings.output / "10_nasu/img001.png").read_bytes() == data
    assert not (settings.output / "10_nasu/img002.png").read_bytes().endswith(b"tail")


def test_a_broken_manifest_counts_as_none(settings: ExportSettings) -> None:
    run(settings)
    for text in ("", "{", "[]", '{"files": 3}', "[" * 100_000, '{"files": {"../../x": ""}}'):
        (settings.output / "manifest.json").write_text(text, encoding="utf-8")
        assert damage(settings.output)
        run(settings)
        assert damage(settings.output) == []
    assert json.loads((settings.output / "manifest.json").read_text(encoding="utf-8"))
