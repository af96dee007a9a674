"""A stand-in for the way sd-scripts finds pictures and captions and counts its steps (48d368fa:
library/config_util.py L607-644, library/train_util.py L104-346, L747-1084, L1946-2097)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.kohya_config import Arguments, TrainerStopError, read_dataset_config

_SUFFIXES = [".png", ".jpg", ".jpeg", ".webp", ".bmp"]
SUFFIXES = [*_SUFFIXES, *(s.upper() for s in _SUFFIXES)]
CACHE_ENDINGS = (".npz", "metadata_cache.json")


@dataclass
class Subset:
    image_dir: Path
    num_repeats: int
    class_tokens: str | None
    caption_extension: str
    options: dict[str, Any]


@dataclass
class TrainedPicture:
    path: Path
    caption: str
    repeats: int
    size: tuple[int, int]
    bucket: tuple[int, int]
    pixels: bytes


@dataclass
class Run:
    pictures: list[TrainedPicture]
    batches_per_epoch: int
    total_steps: int


def subsets_of_folder(train_data_dir: Path, extension: str) -> list[Subset]:
    """--train_data_dir: every child folder `<repeats>_<name>`."""
    found = []
    for child in sorted(train_data_dir.iterdir()):
        if not child.is_dir():
            continue
        pieces = child.name.split("_")
        try:
            repeats = int(pieces[0])
        except ValueError:
            continue
        if repeats >= 1:
            found.append(Subset(child, repeats, "_".join(pieces[1:]), extension, {}))
    return found


def subsets_of_config(config: dict[str, Any], where: Path, arguments: Arguments) -> list[Subset]:
    """--dataset_config, its relative folders seen from `where`. Subset over dataset over general over
    command line and config file."""
    found = []
    for dataset in config.get("datasets", []):
        for subset in dataset.get("subsets", []):
            merged = {**arguments.values, **config.get("general", {}), **dataset, **subset}
            folder = where / subset["image_dir"]
            if not folder.is_dir():
                continue  # "not directory", a warning
            found.append(
                Subset(folder, merged.get("num_repeats", 1), merged.get("class_tokens"),
                       merged.get("caption_extension", ".caption"), merged)
            )  # fmt: skip
    return found


def caption_of(picture: Path, subset: Subset) -> str:
    """The caption that the trainer uses for a picture."""
    extension = subset.caption_extension
    extension = extension if extension.startswith(".") else "." + extension
    bases = [str(picture.with_suffix(""))]
    pieces = bases[0].split("_")
    if len(pieces) >= 5:
        bases.append("_".join(pieces[:-4]))
    for base in bases:
        file = Path(base + extension)
        if file.is_file():
            try:
                lines = file.read_text(encoding="utf-8").split("\n")
            except UnicodeDecodeError as error:
                raise TrainerStopError(f"{file}: not UTF-8") from error
            if file.stat().st_size == 0:
                raise TrainerStopError(f"caption file is empty: {file}")
            return lines[0].strip()
    return subset.class_tokens if subset.class_tokens is not None else ""


def pictures_in(folder: Path) -> list[Path]:
    """The pictures that a glob finds: not recursive, no hidden names."""
    return sorted(
        p for p in folder.iterdir() if p.suffix in SUFFIXES and not p.name.startswith(".")
    )


def _buckets(side: tuple[int, int], low: int, high: int, step: int) -> list[tuple[int, int]]:
    area = side[0] * side[1]
    found = set()
    square = int(math.sqrt(area) // step) * step
    found.add((square, square))
    width = low
    while width <= high:
        height = min(high, int((area // width) // step) * step)
        if height >= low:
            found.add((width, height))
            found.add((height, width))
        width += step
    return sorted(found)


def bucket_of(size: tuple[int, int], options: dict[str, Any]) -> tuple[int, int]:
    """The bucket of a picture (with bucket_no_upscale off)."""
    resolution = options["resolution"]
    if isinstance(resolution, str):
        numbers = [int(n) for n in resolution.split(",")]
        resolution = numbers if len(numbers) == 2 else numbers * 2
    side = (resolution, resolution) if isinstance(resolution, int) else tuple(resolution)
    if not options.get("enable_bucket"):
        return side
    step = options.get("bucket_reso_steps", 64)
    low = options.get("min_bucket_reso", 256) // step * step
    high = math.ceil(options.get("max_bucket_reso", 1024) / step) * step
    if min(side) < low or max(side) > high:
        raise TrainerStopError("resolution outside of the bucket limits")
    buckets = _buckets(side, low, high, step)
    if size in buckets:
        return size
    errors = [abs(w / h - size[0] / size[1]) for w, h in buckets]
    return buckets[errors.index(min(errors))]


def _load(picture: Path, subset: Subset, options: dict[str, Any]) -> TrainedPicture:
    try:
        with Image.open(picture) as image:
            image.load()
            size = image.size  # EXIF orientation is not looked at
            pixels = image.convert("RGB").tobytes()  # transparency is dropped
    except OSError as error:
        raise TrainerStopError(f"{picture}: cannot be read") from error
    return TrainedPicture(
        picture, caption_of(picture, subset), subset.num_repeats, size,
        bucket_of(size, options), pixels,
    )  # fmt: skip


def train(subsets: list[Subset], arguments: Arguments) -> Run:
    """Everything up to the first step."""
    pictures: list[TrainedPicture] = []
    buckets: Counter[tuple[int, int]] = Counter()
    options: dict[str, Any] = dict(arguments.values)
    for subset in subsets:
        options = {**arguments.values, **subset.options}
        for path in pictures_in(subset.image_dir):
            found = _load(path, subset, options)
            pictures.append(found)
            buckets[found.bucket] += subset.num_repeats
    if not pictures:
        raise TrainerStopError("No data found")
    batch = options.get("batch_size", options.get("train_batch_size", 1))
    batches = sum(math.ceil(n / batch) for n in buckets.values())
    steps = math.ceil(batches / arguments.get("gradient_accumulation_steps", 1))
    return Run(pictures, batches, steps * arguments.get("max_train_epochs", 1))


def train_from_config(folder: Path, arguments: Arguments, config: str = "dataset.toml") -> Run:
    """`--dataset_config`, started in `folder`."""
    read = read_dataset_config(folder / config)
    return train(subsets_of_config(read, folder, arguments), arguments)


def train_from_folder(folder: Path, arguments: Arguments) -> Run:
    """`--train_data_dir folder`."""
    extension = arguments.get("caption_extension", ".caption")
    return train(subsets_of_folder(folder, extension), arguments)


def sample_prompts_of(path: Path) -> list[dict[str, str]]:
    """`--sample_prompts`: each line's prompt and options."""
    prompts = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        text = line.strip()
        if text and not text.startswith("#"):
            prompt, *options = text.split(" --")
            prompts.append({"prompt": prompt, **{o.split(" ", 1)[0]: o.split(" ", 1)[1] for o in options}})  # fmt: skip
    return prompts
