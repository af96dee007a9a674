"""How a tagger's model is opened: on the processor, in int8, or on an accelerator that passed its
test on this computer."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.errors import InputError, ModelError, explain_os_error
from nasutui.core.events import Cancelled, Note
from nasutui.core.i18n import _
from nasutui.core.tagging.accelerator_memory import remember, remembered
from nasutui.core.tagging.accelerator_trial import Trial, try_plan
from nasutui.core.tagging.accelerators import AUTO, PROCESSOR, Accelerator, accelerators_here
from nasutui.core.tagging.derived import INT8, INT8_VERSION, STATIC, derive
from nasutui.core.tagging.sessions import Plan
from nasutui.core.tagging.tagger import OnnxTagger

FP32 = "fp32"
PRECISIONS = (FP32, INT8)
_PICTURES = 4


def variant_of(precision: str) -> str:
    """The `variant` of an OnnxTagger of this precision: its scores are stored apart."""
    return f"{INT8}-{INT8_VERSION}" if precision == INT8 else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A test's result, from now or (known) from before; plan: how to open the model, when it is
    worth it."""

    accelerator: Accelerator
    trial: Trial
    plan: Plan | None = None
    known: bool = False


def make_ready(
    tagger: OnnxTagger, pictures: Sequence[Path], cancelled: Cancelled, *,
    precision: str = FP32, accelerator: str = PROCESSOR, here: Sequence[Accelerator] | None = None,
) -> Iterator[Note]:  # fmt: skip
    """Before the first picture: decide how `tagger` opens its model, testing an accelerator once if
    need be, and say so. accelerator: one of accelerators.NAMES. here: in place of what is installed.
    Raises ModelError when the int8 model can't be made."""
    if precision == INT8:
        path = derive(tagger.files.model, tagger.model_sha256, INT8, cancelled)
        if path is not None:
            tagger.plan(Plan(model=str(path)))
        if accelerator != PROCESSOR:
            yield Note(
                "int8-processor", _("int8 runs on the processor only; the processor does it")
            )
        return
    if accelerator == PROCESSOR:
        return
    found = list(accelerators_here() if here is None else here)
    wanted = [one for one in found if accelerator in (AUTO, one.name)]
    if not wanted:
        yield Note(f"no-{accelerator}", _missing(accelerator))
        return
    best: Outcome | None = None
    for one in wanted:
        outcome = yield from _tested(tagger, one, pictures, cancelled)
        if outcome.plan and (best is None or outcome.trial.gain > best.trial.gain):
            best = outcome
    if best and best.plan:
        tagger.plan(best.plan)


def _missing(accelerator: str) -> str:
    if accelerator == "coreml":
        return _("CoreML is not to be had on this computer; the processor does it")
    return _("{name} is not installed on this computer; the processor does it").format(
        name=accelerator
    )


def _tested(
    tagger: OnnxTagger, one: Accelerator, pictures: Sequence[Path], cancelled: Cancelled
) -> Generator[Note, None, Outcome]:
    text = _("{label} is tried on some of the pictures; this is done once and may take minutes")
    if remembered(one.key(tagger.model_sha256)) is None:
        yield Note("accelerator-test", text.format(label=one.label))
    try:
        outcome = probe(tagger, one, pictures, cancelled)
    except InputError as error:  # each broken picture is named when its turn comes
        outcome = Outcome(one, Trial("refused", reason=str(error)))
    yield Note(f"accelerator-{outcome.trial.verdict}", verdict_text(one, outcome.trial))
    return outcome


def probe(
    tagger: OnnxTagger, one: Accelerator, pictures: Sequence[Path], cancelled: Cancelled, *,
    count: int = _PICTURES, again: bool = False,
) -> Outcome:  # fmt: skip
    """Test an accelerator with `count` of the pictures, or remember how it went (not with `again`).
    Raises InputError when no picture opens, ModelError when the processor can't use the model."""
    key = one.key(tagger.model_sha256)
    trial = None if again else remembered(key)
    known = trial is not None
    if trial is not None and trial.verdict != "use":
        return Outcome(one, trial, known=True)
    try:
        model: Path | None = tagger.files.model
        if one.static:
            model = derive(tagger.files.model, tagger.model_sha256, STATIC, cancelled)
    except ModelError as error:
        return Outcome(one, Trial("refused", reason=str(error)))
    if model is None:
        return Outcome(one, Trial("cancelled"))
    plan = one.plan(model, tagger.model_sha256)
    try:
        _make_folders(plan)
        if trial is None:
            trial = try_plan(tagger.files, plan, pictures, cancelled, count=count)
            remember(key, trial)
    except OSError as error:
        return Outcome(one, Trial("refused", reason=explain_os_error(error)))
    return Outcome(one, trial, plan if trial.verdict == "use" else None, known)


def _make_folders(plan: Plan) -> None:
    folder = plan.options.get("ModelCacheDirectory")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)


def verdict_text(one: Accelerator, trial: Trial) -> str:
    """What a test found, in one sentence."""
    texts = {
        "use": _("{label} is right and {gain} times as fast as the processor: it is used"),
        "slow": _("{label} is right but not clearly faster ({gain} times the processor's speed):"
                  " the processor does it"),
        "wrong": _("{label} gives other scores than the processor (up to {difference} apart): the"
                   " processor does it"),
        "refused": _("{label} does not take this model ({reason}): the processor does it"),
        "crashed": _("{label} crashes with this model: the processor does it"),
        "hung": _("{label} does not come to an end with this model: the processor does it"),
    }  # fmt: skip
    text = texts.get(trial.verdict, _("the test of {label} was stopped"))
    return text.format(
        label=one.label, gain=round(trial.gain, 2), difference=round(trial.difference, 3),
        reason=trial.reason,
    )  # fmt: skip
