"""Opening a dataset, and the filter at each keystroke.

    python benchmarks/filter.py [--sizes 1000 10000 100000] [--rounds 5]

Makes folders of captions (15 to 50 tags each, of 11,000 tags with the frequencies of a real list)
and small pictures, and prints for each: seconds until the names are there and until every caption is
read; then, for queries typed key by key, the median and the worst milliseconds of a keystroke (the
answer for every picture), and what the first one that needs something new waits; a look for changed
files; and the peak of memory. Each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path

import numpy as np

from nasutui.core.database import transaction
from nasutui.core.dataset.model import Dataset
from nasutui.core.events import Started
from nasutui.core.files import sha256_file
from nasutui.core.hashes import FileHashes
from nasutui.core.query.language import QueryError
from nasutui.core.tagging.scores import Scores, ScoreStore, TagTable, put_row

TYPED = [
    "1girl -solo",
    '"tag 17" OR (tag_3 AND NOT tag_40)',
    "*_hair tags>40",
    "*a*7*",
    "name:img0* -untagged",
    "name:*5*",
]
# Typed when the scores are there already.
OF_SCORES = ["score:hat<0.5", "score:*_hair<0.35", "score:*>0.9"]
GATHERING = [
    "tokens>75",
    "problem:",
    "dup:",
    "added:hat",
    "score:hat<0.5",
    "score:*hair<0.4",
    "size<512",
]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)


def make(folder: Path, count: int) -> None:
    """A folder of `count` pictures and captions; the same every time."""
    choice = random.Random(1)
    names = ["1girl", "solo", "hat", "long_hair", "shirt", "white_shirt", "blue_eyes", "red_eyes"]
    names += [f"tag {n}" if n % 3 else f"tag_{n}_hair" for n in range(11_000)]
    weights = list(accumulate(1 / (rank + 2) for rank in range(len(names))))
    for number in range(count):
        tags = choice.choices(names, cum_weights=weights, k=choice.randint(15, 50))
        text = ", ".join(dict.fromkeys(tags))
        (folder / f"img{number:06}.txt").write_text(text, encoding="utf-8")
        (folder / f"img{number:06}.png").write_bytes(PNG + b"%d" % number)
    score(folder, names, count)


def score(folder: Path, names: list[str], count: int) -> None:
    """What a tagger says of these pictures: some two hundred scores each, as with the real ones."""
    dice = np.random.default_rng(1)
    store = ScoreStore(folder)
    hashes = FileHashes(folder, store.connection)
    hashes.load()
    model = store.model_id("benchmark", "benchmark", TagTable(tuple(names), (0,) * len(names)))
    chances = np.cumsum(1 / (np.arange(len(names)) + 20))
    with transaction(store.connection):
        for number in range(count):
            said = np.searchsorted(chances, dice.uniform(0, chances[-1], 240))
            tags = np.unique(said).astype(np.uint16)
            values = dice.beta(0.5, 3, len(tags)).clip(0.01).astype(np.float16)
            picture = folder / f"img{number:06}.png"
            put_row(store.connection, sha256_file(picture), model, Scores(tags, values))
    for number in range(count):
        picture = folder / f"img{number:06}.png"
        hashes.sha256(picture)
    hashes.save()
    store.close()


def milliseconds(dataset: Dataset, query: str) -> float:
    """One answer for every picture; 0 for a query that is wrong (red) at this key."""
    began = time.perf_counter()
    try:
        dataset.filter(query)
    except QueryError:
        return 0.0
    return (time.perf_counter() - began) * 1000


def typed(dataset: Dataset, queries: list[str], rounds: int) -> None:
    """Type each query key by key and print what a key takes."""
    for query in queries:
        texts = [query[:end] for end in range(1, len(query) + 1)]
        times = [milliseconds(dataset, text) for _round in range(rounds) for text in texts]
        worst, median = max(times), statistics.median(times)
        print(f"    {query:36} keystroke: median {median:6.1f} ms, worst {worst:6.1f} ms")


def measure(folder: Path, rounds: int) -> None:
    """Measure one folder and print it."""
    began = time.perf_counter()
    dataset = Dataset(folder)
    names = 0.0
    for event in dataset.load():
        if isinstance(event, Started):
            names = time.perf_counter() - began
    print(
        f"{len(dataset):7} captions: names {names:.2f} s, all {time.perf_counter() - began:.2f} s"
    )
    typed(dataset, TYPED, rounds)
    for query in GATHERING:
        first = milliseconds(dataset, query)
        times = [milliseconds(dataset, query) for _round in range(rounds)]
        print(f"    {query:36} first {first:8.1f} ms, then {statistics.median(times):6.1f} ms")
    typed(dataset, OF_SCORES, rounds)
    times = []
    for _round in range(rounds):
        began = time.perf_counter()
        dataset.refresh()
        times.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**30 if sys.platform == "darwin" else 2**20
    )
    print(f"    look for changes {min(times):.2f} s; peak of memory {peak * 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        measure(options.folder, options.rounds)
        return
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            make(Path(name), size)
            subprocess.run(
                [sys.executable, __file__, "--folder", name, "--rounds", str(options.rounds)],
                check=True,
            )


if __name__ == "__main__":
    main()
