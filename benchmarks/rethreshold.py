"""Other thresholds from stored scores: captions made again, and the preview before anything is
written.

    python benchmarks/rethreshold.py [--pictures 10000] [--rounds 3]

Makes a folder of pictures with scores like a WD14 tagger's (some 250 stored a picture, 25 above
0.35), captions it once, and then again with other thresholds, back and forth; nothing is inferred.
Beside it stands what the same disk takes for the same files alone: each written anew and renamed
into place, nothing compared, remembered or flushed.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nasutui.core.events import Finished, never
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.live_loading import load_live
from nasutui.core.tagging.scores import Scores, TagTable
from nasutui.core.tagging.selection import SelectionRules

TAGS = 10_861
_STORED, _LIKELY = 250, 25


class RandomTagger:
    """Scores made of a picture's bytes; shaped like those of a real tagger."""

    name = "random"
    key = "random"

    def __init__(self) -> None:
        names = tuple(f"tag_{i}" for i in range(TAGS))
        categories = tuple(9 if i < 4 else 0 if i < 8110 else 4 for i in range(TAGS))
        self.table = TagTable(names, categories)

    def scores(self, source: Path | bytes) -> Scores:
        data = source if isinstance(source, bytes) else source.read_bytes()
        dice = np.random.default_rng(list(hashlib.sha256(data).digest()))
        tags = np.sort(dice.choice(8110, _STORED, replace=False)).astype(np.uint16)
        low = dice.uniform(0.01, 0.3, _STORED)
        low[dice.choice(_STORED, _LIKELY, replace=False)] = dice.uniform(0.3, 1.0, _LIKELY)
        return Scores(tags, low.astype(np.float16))


def run(folder: Path, tagger: RandomTagger, threshold: float) -> tuple[float, dict[str, object]]:
    """Seconds, and what the step says of itself."""
    settings = CaptionSettings(folder, folder, rules=SelectionRules(threshold))
    began = time.perf_counter()
    last = None
    for event in caption(settings, never, tagger):
        last = event
    assert isinstance(last, Finished)
    return time.perf_counter() - began, dict(last.summary)


def plain(folder: Path) -> float:
    """Seconds to write every caption anew and rename it into place."""
    texts = {path: path.read_bytes() for path in sorted(folder.glob("*.txt"))}
    began = time.perf_counter()
    for path, text in texts.items():
        other = path.with_suffix(".tmp")
        other.write_bytes(text)
        other.replace(path)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tagger = RandomTagger()
    with tempfile.TemporaryDirectory(prefix="nasutui-rethreshold-") as name:
        folder = Path(name)
        for index in range(options.pictures):
            (folder / f"img{index:06d}.png").write_bytes(b"picture %d" % index)
        print(f"first captions: {run(folder, tagger, 0.35)[0]:.2f} s")
        for turn in range(options.rounds):
            for threshold in (0.5, 0.35):
                seconds, summary = run(folder, tagger, threshold)
                print(
                    f"round {turn + 1}, threshold {threshold}: {seconds:.2f} s,"
                    f" {summary['changed']} changed, {summary['inferred']} inferred;"
                    f" the files alone {plain(folder):.2f} s"
                )
        began = time.perf_counter()
        live = load_live(folder, never)
        assert live is not None
        print(f"scores laid out for the preview: {time.perf_counter() - began:.2f} s")
        for rules in (SelectionRules(0.45), SelectionRules(0.2), SelectionRules(mcut=True)):
            began = time.perf_counter()
            effect = live.effect(rules)
            label = "MCut" if rules.mcut else f"threshold {rules.threshold}"
            print(
                f"preview, {label}: {time.perf_counter() - began:.3f} s"
                f" ({effect.come} come, {effect.go} go)"
            )


if __name__ == "__main__":
    main()
