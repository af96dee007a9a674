"""A one-off test of an accelerator, or of another form of a model, on a person's own pictures.

Whether it says what the processor says, and how long each takes. The test runs in a process of its
own (child.py); it feeds both the same tensors in turns, with as many workers as captioning has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasutui.core.child import Ended, run_child
from nasutui.core.errors import InputError, ModelError, PictureError
from nasutui.core.events import Cancelled
from nasutui.core.i18n import _
from nasutui.core.parallel import core_count
from nasutui.core.tagging.models import ModelFiles
from nasutui.core.tagging.scores import Scores, TagTable
from nasutui.core.tagging.selection import SelectionRules, select
from nasutui.core.tagging.sessions import Plan
from nasutui.core.tagging.tagger import OnnxTagger

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Half-precision arithmetic moves a probability by some thousandths; a graph that is computed wrongly
# moves many by tenths.
MOST_DIFFERENCE = 0.02
LEAST_GAIN = 1.2  # below that the test's noise and the memory of a second device decide
_ROUNDS = 2
_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test went.

    verdict: "use" (right and faster), "slow", "wrong", "refused" (it does not take the model),
    "crashed" (it ended the process), "hung" or "cancelled". cpu, seconds: per picture, with all
    workers at work, on the processor and with what was tried; opening: until the model was ready.
    difference: the largest between two probabilities. pictures; tags: on the processor, of all
    pictures; changed: tags that only one of the two gives.
    """

    verdict: str
    cpu: float = 0.0
    seconds: float = 0.0
    opening: float = 0.0
    difference: float = 0.0
    pictures: int = 0
    tags: int = 0
    changed: int = 0
    reason: str = ""

    @property
    def gain(self) -> float:
        """How many times as fast as the processor; 0 when that is not known."""
        return self.cpu / self.seconds if self.seconds else 0.0


def spread(pictures: Sequence[Path], count: int) -> list[Path]:
    """Up to `count` of the pictures, evenly over the row, then as many more to stand in for broken
    ones."""
    step = max(1, len(pictures) // count)
    chosen = list(pictures[::step])[:count]
    return [*chosen, *(p for p in pictures if p not in set(chosen))][: 2 * count]


def try_plan(
    files: ModelFiles, plan: Plan, pictures: Sequence[Path], cancelled: Cancelled, *,
    count: int = 4, workers: int = 0, seconds: float = _SECONDS,
) -> Trial:  # fmt: skip
    """Test `plan` against the model's own file on the processor with `count` of the pictures.
    Raises InputError when none opens, ModelError when the processor can't use the model, OSError."""
    request = {
        "files": [files.name, str(files.model), str(files.tags)], "plan": plan.as_json(),
        "pictures": [str(p) for p in spread(pictures, count)], "count": count,
        "workers": workers or core_count(),
    }  # fmt: skip
    return _judged(
        run_child(
            "nasutui.core.tagging.accelerator_trial:work", request, cancelled, seconds=seconds
        )
    )


def _judged(end: Ended) -> Trial:
    if end.how == "crashed":
        return Trial(
            "crashed", reason=_("it ended its process (code {code})").format(code=end.code)
        )
    if end.answer is None:
        return Trial("refused" if end.how == "failed" else end.how, reason=end.reason)
    trial = Trial(**end.answer)
    if trial.verdict:
        return trial
    if trial.difference > MOST_DIFFERENCE:
        verdict = "wrong"
    else:
        verdict = "use" if trial.gain >= LEAST_GAIN else "slow"
    return Trial(**{**asdict(trial), "verdict": verdict})


# -- in the child ---------------------------------------------------------------------------


def work(request: Mapping[str, Any]) -> dict[str, Any]:
    """The test itself; the answer is a Trial whose verdict is still open, or "refused"."""
    name, model, tags = request["files"]
    files = ModelFiles(name, Path(model), Path(tags))
    processor, tried = OnnxTagger(files, ""), OnnxTagger(files, "")
    tried.plan(Plan(**request["plan"]))
    tensors = _tensors(processor, [Path(p) for p in request["pictures"]], request["count"])
    expected = [processor.run(tensor)[0] for tensor in tensors]
    try:
        begun = time.perf_counter()
        tried.open()
        said = [tried.run(tensors[0])[0]]
        opening = time.perf_counter() - begun
        said += [tried.run(tensor)[0] for tensor in tensors[1:]]
        cpu, seconds = _times((processor.run, tried.run), tensors, request["workers"])
    except ModelError as error:
        verdict = "wrong" if error.code == "model-kind" else "refused"
        return asdict(Trial(verdict, reason=str(error.__cause__ or error)[:300]))
    tags_said, changed = _compare(expected, said, processor.table)
    difference = max(float(abs(a - b).max()) for a, b in zip(expected, said, strict=True))
    return asdict(Trial("", cpu, seconds, opening, difference, len(tensors), tags_said, changed))


def _tensors(tagger: OnnxTagger, pictures: Sequence[Path], count: int) -> list[NDArray[np.float32]]:
    tensors: list[NDArray[np.float32]] = []
    for picture in pictures:
        if len(tensors) == count:
            break
        try:
            tensors.append(tagger.tensor(picture))
        except PictureError:
            continue  # the caption step says what is wrong with it
    if not tensors:
        raise InputError(_("no picture could be opened to test with"), code="no-pictures")
    return tensors


def _times(
    runs: Sequence[Callable[[NDArray[np.float32]], object]],
    tensors: Sequence[NDArray[np.float32]], workers: int,
) -> list[float]:  # fmt: skip
    """The best seconds a picture of each, taken in turns so that what else the machine does meets
    both."""
    best = [float("inf")] * len(runs)
    busy = [tensors[i % len(tensors)] for i in range(max(len(tensors), workers))]
    with ThreadPoolExecutor(workers) as pool:
        for _round in range(_ROUNDS):
            for place, run in enumerate(runs):
                begun = time.perf_counter()
                list(pool.map(run, busy))
                best[place] = min(best[place], (time.perf_counter() - begun) / len(busy))
    return best


def _compare(
    expected: Sequence[NDArray[np.float32]], said: Sequence[NDArray[np.float32]], table: TagTable
) -> tuple[int, int]:
    rules = SelectionRules()
    total = changed = 0
    for before, after in zip(expected, said, strict=True):
        tags = set(select(Scores.from_dense(before, table), table, rules))
        total += len(tags)
        changed += len(tags ^ set(select(Scores.from_dense(after, table), table, rules)))
    return total, changed
