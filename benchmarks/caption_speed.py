"""How much of a machine's speed captioning gets: the engine beside the best that ONNX Runtime can
do, and beside the plain loop that other tools run.

    python benchmarks/caption_speed.py            everything, some minutes
    python benchmarks/caption_speed.py --quick    few pictures, one round

Every round runs each way once, one after the other, so that a busy machine slows all of them; the
ratios are of the best rounds; in brackets of the medians, and of processor time, which others on the
machine disturb least. Reading the model is not counted.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.vit_model import SIDE, write_tiny, write_vit
from nasutui import __version__
from nasutui.core.editing.captions import encode_caption
from nasutui.core.events import never
from nasutui.core.parallel import core_count
from nasutui.core.pictures.images import opened
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.models import ModelFiles
from nasutui.core.tagging.selection import SelectionRules, select
from nasutui.core.tagging.tagger import OnnxTagger, prepare_tensor


class Way(NamedTuple):
    """Something to measure, and what has to be there before (not measured)."""

    run: Callable[[], None]
    ready: Callable[[], None] = lambda: None


class Taken(NamedTuple):
    """Seconds on the clock and seconds of processor time."""

    clock: float
    worked: float


Times = dict[str, list[Taken]]


@dataclass(frozen=True)
class Job:
    """Pictures on disk and a model to caption them with."""

    name: str
    pictures: list[Path]
    files: ModelFiles
    scratch: Path


def picture(size: tuple[int, int], seed: int) -> Image.Image:
    """A drawing-like picture: large patches with soft edges and a little grain."""
    dice = np.random.default_rng(seed)
    small = dice.integers(0, 256, (size[1] // 90 + 2, size[0] // 90 + 2, 3), np.uint8)
    image = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    grain = dice.integers(-2, 3, (size[1], size[0], 1), np.int8)
    return Image.fromarray(np.clip(np.asarray(image, np.int16) + grain, 0, 255).astype(np.uint8))


def draw(folder: Path, kinds: list[tuple[int, tuple[int, int], str]]) -> list[Path]:
    """Draw so many pictures of each size and format; the kinds take turns."""
    folder.mkdir(parents=True)
    paths = []
    for kind, (count, size, suffix) in enumerate(kinds):
        for index in range(count):
            path = folder / f"{index:03d}_{kind}.{suffix}"
            options: dict[str, Any] = {"quality": 90} if suffix == "jpg" else {"compress_level": 4}
            picture(size, 100 * kind + index).save(path, **options)
            paths.append(path)
    return sorted(paths)


def session(files: ModelFiles, threads: int) -> Any:
    """An ONNX Runtime session with so many threads a run."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    return ort.InferenceSession(str(files.model), options, providers=["CPUExecutionProvider"])


def authors_tensor(path: Path, side: int) -> np.ndarray:
    """As the taggers' author prepares a picture: pad the whole one, then resize."""
    with Image.open(path) as file:
        image = file.convert("RGB")
    longer = max(image.size)
    canvas = Image.new("RGB", (longer, longer), (255, 255, 255))
    canvas.paste(image, ((longer - image.width) // 2, (longer - image.height) // 2))
    image = canvas.resize((side, side), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(image, np.float32)[None, :, :, ::-1])


def raw_ways(job: Job, tagger: OnnxTagger) -> dict[str, Way]:
    """Inference alone, on tensors that are there already: both good arrangements."""
    cores = core_count()
    tensors = [prepared(path, SIDE) for path in job.pictures]
    all_cores = session(job.files, cores)
    name = all_cores.get_inputs()[0].name

    def together() -> None:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(tagger.run, tensors))

    def one_after_another() -> None:
        for tensor in tensors:
            all_cores.run(None, {name: tensor})

    return {
        "raw, one run a core": Way(together),
        "raw, all cores a run": Way(one_after_another),
    }


def prepared(path: Path, side: int) -> np.ndarray:
    with opened(path, near=side) as opening:
        return prepare_tensor(opening, side)


def preparing(job: Job) -> Way:
    """Decoding and resizing alone, on all cores."""

    def way() -> None:
        with ThreadPoolExecutor(core_count()) as pool:
            list(pool.map(lambda path: prepared(path, SIDE).nbytes, job.pictures))

    return Way(way)


def plain_loop(job: Job, tagger: OnnxTagger) -> Way:
    """What other tools run: read, prepare, infer with all cores, write, one picture at a time."""
    from nasutui.core.tagging.scores import Scores

    loop_session = session(job.files, core_count())
    name = loop_session.get_inputs()[0].name
    rules = SelectionRules()

    def way() -> None:
        for path in job.pictures:
            row = loop_session.run(None, {name: authors_tensor(path, SIDE)})[0][0]
            tags = select(Scores.from_dense(row, tagger.table), tagger.table, rules)
            (job.scratch / f"{path.stem}.loop").write_bytes(encode_caption(tags))

    return Way(way)


def engine(job: Job, tagger: OnnxTagger) -> Way:
    """nasutui: files on disk to captions on disk, nothing known before."""

    folders: list[Path] = []

    def ready() -> None:
        folder = Path(tempfile.mkdtemp(dir=job.scratch))
        for path in job.pictures:
            os.link(path, folder / path.name)
        folders.append(folder)

    def way() -> None:
        for _event in caption(CaptionSettings(folders[-1], folders[-1]), never, tagger):
            pass
        assert len(list(folders[-1].glob("*.txt"))) == len(job.pictures)

    return Way(way, ready)


def measure(ways: dict[str, Way], rounds: int) -> Times:
    """What each way took in each round, the ways taking turns."""
    times: Times = {name: [] for name in ways}
    for way in ways.values():
        if len(ways) < 4:
            way.ready()
            way.run()  # fills caches; the large models need no warming
    for turn in range(rounds):
        names = list(ways) if turn % 2 == 0 else list(reversed(ways))
        for name in names:
            ways[name].ready()
            start, worked = time.perf_counter(), time.process_time()
            ways[name].run()
            times[name].append(Taken(time.perf_counter() - start, time.process_time() - worked))
    return times


def ratios(other: list[Taken], mine: list[Taken]) -> str:
    """The engine's share of another way's speed: best rounds, medians, processor time."""
    best = min(t.clock for t in other) / min(t.clock for t in mine)
    middle = statistics.median(t.clock for t in other) / statistics.median(t.clock for t in mine)
    worked = min(t.worked for t in other) / min(t.worked for t in mine)
    return f"{best:.2f} (median {middle:.2f}, processor time {worked:.2f})"


def show(job: Job, times: Times, targets: dict[str, float]) -> None:
    """The table of one job: rates, and the engine beside each other way."""
    print(f"\n{job.name} ({len(job.pictures)} pictures)")
    mine = times["nasutui"]
    for name, taken in times.items():
        line = f"  {name:24} {len(job.pictures) / min(t.clock for t in taken):8.2f}/s"
        print(line if name == "nasutui" else f"{line}   nasutui: {ratios(taken, mine)}")
    raw = [name for name in times if name.startswith("raw")]
    if raw:
        best = min(raw, key=lambda name: min(t.clock for t in times[name]))
        print(f"  of the best raw one: {ratios(times[best], mine)}, target {targets['raw']}")
    for name, target in targets.items():
        if name in times:
            print(f"  target beside {name}: {target}")


def machine() -> str:
    import onnxruntime

    return (
        f"nasutui {__version__}, Python {platform.python_version()}, onnxruntime"
        f" {onnxruntime.__version__}, Pillow {Image.__version__}, numpy {np.__version__}\n"
        f"{platform.platform()}, {core_count()} cores used"
    )


def tagger_of(files: ModelFiles) -> OnnxTagger:
    tagger = OnnxTagger(files, "benchmark")
    tagger.open()
    return tagger


def large_jobs(scratch: Path, model: Path, quick: bool) -> list[tuple[Job, dict[str, float]]]:
    files = ModelFiles("vit_b16", model / "model.onnx", model / "selected_tags.csv")
    few = 6 if quick else 16
    small = draw(scratch / "png", [(few, (512, 512), "png")])
    photos = [(few, (2000, 3000), "jpg"), (1 if quick else 4, (4000, 6000), "png")]
    large = draw(scratch / "large", photos)
    return [
        (Job("ViT-B/16, 512 x 512 PNG", small, files, scratch), {"raw": 0.97}),
        (
            Job("ViT-B/16, 2000 x 3000 JPEG and 4000 x 6000 PNG", large, files, scratch),
            {"raw": 0.93},
        ),
    ]


def light_job(scratch: Path, quick: bool) -> tuple[Job, dict[str, float]]:
    count = 8 if quick else 32
    kinds = [(count, (1500, 2000), "jpg"), (8 * count, (512, 512), "png")]
    pictures = draw(scratch / "light", kinds)
    model = write_tiny(scratch / "tiny")
    files = ModelFiles("tiny", model / "model.onnx", model / "selected_tags.csv")
    name = "a model that costs nothing, 1500 x 2000 JPEG and 512 x 512 PNG"
    return Job(name, pictures, files, scratch), {"preparing alone": 0.88, "plain loop": 2.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="few pictures, one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--model", type=Path, help="where the large model is kept (made if need be)"
    )
    parser.add_argument("--only", choices=("large", "light"))
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    print(machine())
    with tempfile.TemporaryDirectory(prefix="nasutui-speed-") as folder:
        scratch = Path(folder)
        if options.only != "light":
            model = write_vit(options.model or scratch / "vit")
            for job, targets in large_jobs(scratch, model, options.quick):
                tagger = tagger_of(job.files)
                ways = {**raw_ways(job, tagger), "plain loop": plain_loop(job, tagger),
                        "nasutui": engine(job, tagger)}  # fmt: skip
                show(job, measure(ways, rounds), targets)
        if options.only != "large":
            job, targets = light_job(scratch, options.quick)
            tagger = tagger_of(job.files)
            ways = {"preparing alone": preparing(job), "plain loop": plain_loop(job, tagger),
                    "nasutui": engine(job, tagger)}  # fmt: skip
            show(job, measure(ways, 2 * rounds), targets)


if __name__ == "__main__":
    main()
