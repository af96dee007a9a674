"""The bench-tagger step: which device and precision suit a tagger on this computer, measured on the
person's own pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.editing.listing import scan
from nasutui.core.errors import InputError, ModelError, explain_os_error
from nasutui.core.events import Cancelled, Events, Finished, Note, Row, Started
from nasutui.core.files import sha256_file, write_atomic
from nasutui.core.i18n import _
from nasutui.core.tagging.accelerator_trial import Trial, try_plan
from nasutui.core.tagging.accelerators import PROCESSOR, Accelerator, accelerators_here
from nasutui.core.tagging.derived import INT8, derive
from nasutui.core.tagging.engine import probe, verdict_text
from nasutui.core.tagging.hub import check_arrived_whole
from nasutui.core.tagging.models import DEFAULT_MODEL, ModelFiles, locate
from nasutui.core.tagging.sessions import Plan
from nasutui.core.tagging.tagger import OnnxTagger
from nasutui.core.text import display_name

STEP = "bench-tagger"


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """input: folder of pictures, None for drawn ones. count: how many to measure with."""

    model: str = DEFAULT_MODEL
    input: Path | None = None
    count: int = 8


def bench_tagger(
    settings: BenchSettings, cancelled: Cancelled, here: Sequence[Accelerator] | None = None
) -> Events:
    """Test every accelerator that is installed (here: in place of them) and int8, remember the
    results for captioning, and say what to use. Raises InputError, ModelError."""
    files = yield from locate(settings.model, cancelled)
    if files is None:
        yield Finished(STEP, {}, cancelled=True)
        return
    tagger = _tagger(files)
    found = list(accelerators_here() if here is None else here)
    with _pictures(settings.input) as pictures:
        yield Started(STEP, len(found) + 1)
        yield from _measure(tagger, found, pictures, settings.count, cancelled)


def _tagger(files: ModelFiles) -> OnnxTagger:
    try:
        hashes = {path: sha256_file(path) for path in (files.model, files.tags)}
        check_arrived_whole(hashes)
    except OSError as error:
        raise ModelError(explain_os_error(error, files.model), code="model-unreadable") from error
    return OnnxTagger(files, "+".join(hashes.values()))


@contextmanager
def _pictures(folder: Path | None) -> Iterator[list[Path]]:
    if folder is not None:
        pictures = scan(folder).pictures
        if not pictures:
            text = _("there are no pictures in {name}").format(name=display_name(folder))
            raise InputError(text, code="no-pictures")
        yield pictures
        return
    from nasutui.core.sample import sample_pictures

    with tempfile.TemporaryDirectory(prefix="nasutui-sample-") as name:
        for file, draw in sample_pictures().items():
            write_atomic(Path(name, file), draw())
        yield scan(Path(name)).pictures


def _measure(
    tagger: OnnxTagger, found: Sequence[Accelerator], pictures: Sequence[Path], count: int,
    cancelled: Cancelled,
) -> Events:  # fmt: skip
    best, trials = PROCESSOR, list[Trial]()
    for one in found:
        trial = probe(tagger, one, pictures, cancelled, count=count, again=True).trial
        if trial.verdict == "cancelled":
            break
        gains = [t.gain for t in trials if t.verdict == "use"]
        if trial.verdict == "use" and trial.gain > max(gains, default=0.0):
            best = one.name
        trials.append(trial)
        yield Row("measured", _row(one.name, trial, verdict_text(one, trial)))
    try:
        trial = _int8(tagger, pictures, count, cancelled)
        if trial.verdict != "cancelled":
            trials.append(trial)
            yield Row("measured", _row(INT8, trial, _int8_text(trial)))
    except ModelError as error:
        yield Note(error.code, _("int8 was not measured: {reason}").format(reason=error))
    if not any(t.cpu for t in trials) and not cancelled():
        trials.append(try_plan(tagger.files, Plan(), pictures, cancelled, count=count))
    cpu = next((t.cpu for t in trials if t.cpu), 0.0)
    summary = {"model": display_name(tagger.name), "cpu": round(cpu, 4), "use": best}
    yield Finished(STEP, summary, cancelled=cancelled())


def _int8(tagger: OnnxTagger, pictures: Sequence[Path], count: int, cancelled: Cancelled) -> Trial:
    model = derive(tagger.files.model, tagger.model_sha256, INT8, cancelled)
    if model is None:
        return Trial("cancelled")
    plan = Plan(model=str(model))
    return try_plan(tagger.files, plan, pictures, cancelled, count=count)


def _row(name: str, trial: Trial, message: str) -> dict[str, Any]:
    return {
        "name": name, "verdict": trial.verdict, "cpu": round(trial.cpu, 4),
        "seconds": round(trial.seconds, 4), "opening": round(trial.opening, 2),
        "difference": round(trial.difference, 5), "pictures": trial.pictures, "tags": trial.tags,
        "changed": trial.changed, "message": message,
    }  # fmt: skip


def _int8_text(trial: Trial) -> str:
    if not trial.seconds:
        return _("int8 does not work here: {reason}").format(reason=trial.reason or trial.verdict)
    return _(
        "int8 is {gain} times as fast as fp32; on {pictures} pictures {changed} tags come or go of"
        " {tags}, and no score moves by more than {difference}"
    ).format(
        gain=round(trial.gain, 2), pictures=trial.pictures, changed=trial.changed,
        tags=trial.tags, difference=round(trial.difference, 3),
    )  # fmt: skip
