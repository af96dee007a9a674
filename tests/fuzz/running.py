"""Running a group of mutated inputs: each in its place is made again from seed, group and number.

`python -m tests.fuzz.running GROUP SEED FIRST COUNT` runs a part in a process of its own and prints
what came of it as JSON. A decoder written in C can crash or hang: the process writes the number of
each input before it tries it, and ends itself when one takes too long.
"""

from __future__ import annotations

import faulthandler
import json
import random
import resource
import sys
import tempfile
import time
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nasutui.core.errors import NasutuiError

SLOWEST = 20.0  # seconds that one input may take; a machine at work elsewhere is allowed for


@dataclass(frozen=True)
class Group:
    """Inputs of one kind. make: dice -> input. trial: tries one, in a folder to write in; raises
    NasutuiError when it is refused, and anything else when a promise is broken."""

    name: str
    make: Callable[[random.Random], bytes]
    trial: Callable[[bytes, Path], None]


@dataclass
class Report:
    """What came of a part. broken: number of the input -> how. slowest: seconds. peak: bytes of
    memory that the process ever held."""

    group: str
    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    broken: dict[int, str] = field(default_factory=dict)
    slowest: float = 0.0
    slowest_input: int = -1
    seconds: float = 0.0
    peak: int = 0


def the_input(group: Group, seed: int, number: int) -> bytes:
    """Input `number` of a group, the same at each call."""
    return group.make(random.Random(f"{seed}:{group.name}:{number}"))


def run(group: Group, seed: int, numbers: Iterator[int] | range, folder: Path) -> Report:
    """Try these inputs."""
    report, began = Report(group.name), time.monotonic()
    for number in numbers:
        data = the_input(group, seed, number)
        start = time.monotonic()
        try:
            group.trial(data, folder)
            report.accepted += 1
        except NasutuiError as error:
            report.refused += 1
            if not is_safe(str(error)):
                report.broken[number] = f"unsafe text in the reason: {error!s:.200}"
        except Exception:
            report.broken[number] = traceback.format_exc(limit=-4)[-1500:]
        report.inputs += 1
        took = time.monotonic() - start
        if took > report.slowest:
            report.slowest, report.slowest_input = took, number
    report.seconds = time.monotonic() - began
    unit = 1 if sys.platform == "darwin" else 1024
    report.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return report


def is_safe(text: str) -> bool:
    """True when a terminal would only show the text."""
    return bool(text) and not any(
        unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\u200d"
        for c in text
    )


def _watched(first: int, count: int) -> Iterator[int]:
    """The numbers, each written down before it is tried, with an end to the patience."""
    for number in range(first, first + count):
        sys.stderr.write(f"{number}\n")
        sys.stderr.flush()
        faulthandler.dump_traceback_later(SLOWEST, exit=True)
        yield number
    faulthandler.cancel_dump_traceback_later()


def main() -> None:
    from tests.fuzz.groups import GROUPS

    name, seed, first, count = sys.argv[1], *map(int, sys.argv[2:5])
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder:
        report = run(GROUPS[name], seed, _watched(first, count), Path(folder))
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
