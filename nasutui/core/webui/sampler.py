"""Which sampler to ask for, in the way that this WebUI understands.

The same choice is one name on AUTOMATIC1111 up to 1.8 ("DPM++ 2M Karras"), a name and a field on
1.9 ("DPM++ 2M" and "Karras"; the old name is an error), either on 1.10 and Forge, and a name and a
setting on SD.Next. Where a server does not know what it is sent it draws with something else
(1.10, Forge) or ignores the scheduler (1.8), so the choice is made from its own lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nasutui.core.webui import messages

# Labels of AUTOMATIC1111 1.10.1: what may end an old sampler name.
_KNOWN_SCHEDULERS = (
    "Automatic",
    "Uniform",
    "Karras",
    "Exponential",
    "Polyexponential",
    "SGM Uniform",
    "KL Optimal",
    "Align Your Steps",
    "Simple",
    "Normal",
    "DDIM",
    "Beta",
)
_AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Sampler:
    """A sampler that the server has; only `name` may be sent."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheduler:
    """A scheduler that the server has. label: what to send, "" on SD.Next, which takes none."""

    name: str
    label: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SamplerChoice:
    """What to send, and what the answer must name: `expected_scheduler` None can't be checked."""

    sampler: str
    scheduler: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    expected_scheduler: str | None = None


def _find(name: str, samplers: Iterable[Sampler]) -> str | None:
    """The server's spelling of a sampler's name."""
    samplers = tuple(samplers)
    wanted = name.strip()
    if any(s.name == wanted for s in samplers):
        return wanted
    folded = wanted.casefold()
    for sampler in samplers:
        if folded in (sampler.name.casefold(), *(a.casefold() for a in sampler.aliases)):
            return sampler.name
    return None


def _split(name: str, labels: Iterable[str]) -> tuple[str, str | None]:
    """An old name without the scheduler at its end, and that scheduler."""
    folded = name.strip().casefold()
    for label in sorted({*labels, *_KNOWN_SCHEDULERS}, key=len, reverse=True):
        if label and folded.endswith(" " + label.casefold()):
            return name.strip()[: -len(label) - 1].rstrip(), label
    return name, None


def _scheduler_named(name: str, schedulers: Sequence[Scheduler]) -> Scheduler | None:
    folded = name.strip().casefold()
    for scheduler in schedulers:
        names = (scheduler.name, scheduler.label, *scheduler.aliases)
        if folded in (n.casefold() for n in names if n):
            return scheduler
    return None


def choose_sampler(
    sampler: str,
    scheduler: str | None,
    samplers: Sequence[Sampler],
    schedulers: Sequence[Scheduler] | None,
) -> SamplerChoice:
    """How to ask this server for a sampler and a scheduler (None: the sampler's own).

    schedulers: None when the server has no such list (AUTOMATIC1111 up to 1.8). Raises
    UnknownSamplerError when the server can't do what is wanted.
    """
    if scheduler and (split := _split(sampler, ())) and split[1] is not None:
        sampler = split[0] if split[1].casefold() == scheduler.strip().casefold() else sampler
    full = f"{sampler.strip()} {scheduler.strip()}" if scheduler else sampler.strip()
    if schedulers is None:
        return _choose_old(sampler, scheduler, full, samplers)
    listed = _find(full, samplers)
    if listed is not None:
        base, wanted = listed, None
    elif scheduler is None:
        base, wanted = _split(sampler, (s.label for s in schedulers))
    else:
        base, wanted = sampler, scheduler
    name = _find(base, samplers)
    if name is None:
        raise messages.unknown_sampler(full, [s.name for s in samplers])
    return _with_scheduler(name, wanted, full, schedulers)


def _choose_old(
    sampler: str, scheduler: str | None, full: str, samplers: Sequence[Sampler]
) -> SamplerChoice:
    """Up to 1.8: the scheduler is part of the name, and a field for it is ignored."""
    name = _find(full, samplers)
    if name is None and scheduler and scheduler.strip().casefold() == _AUTOMATIC:
        name = _find(sampler, samplers)
    if name is None:
        raise messages.unknown_sampler(full, [s.name for s in samplers])
    return SamplerChoice(name)


def _with_scheduler(
    name: str, wanted: str | None, full: str, schedulers: Sequence[Scheduler]
) -> SamplerChoice:
    takes_field = any(s.label for s in schedulers)
    if wanted is None or wanted.strip().casefold() == _AUTOMATIC:
        own = _scheduler_named(_AUTOMATIC, schedulers)
        return SamplerChoice(name, own.label or None if own else None)
    found = _scheduler_named(wanted, schedulers)
    if takes_field:
        if found is None:
            names = [f"{name} {s.label}" for s in schedulers if s.label]
            raise messages.unknown_sampler(full, names)
        return SamplerChoice(name, found.label, expected_scheduler=found.label)
    return SamplerChoice(name, overrides={"schedulers_sigma": wanted.strip().casefold()})
