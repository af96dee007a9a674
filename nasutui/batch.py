"""The headless front end: runs a step, prints its events, answers with an exit code.

0 all done   1 could not start or nothing could be done   2 wrong usage
3 finished, but some items were skipped   130 interrupted, what is finished is on disk
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from nasutui.core.errors import NasutuiError, UsageError
from nasutui.core.events import Finished, ItemDone, ItemFailed, Row
from nasutui.core.i18n import _
from nasutui.report import Reporter, make_reporter
from nasutui.steps import Step, parse

DONE, NOTHING_DONE, WRONG_USAGE, SOME_SKIPPED, INTERRUPTED = 0, 1, 2, 3, 130


class _Stop:
    """Ctrl+C and SIGTERM: stop between items; a second one stops at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def _signals(stop: _Stop) -> Iterator[None]:
    previous = {n: signal.signal(n, stop.handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def run_batch(arguments: list[str]) -> int:
    """Run `nasutui --batch ARGUMENTS`; returns the exit code."""
    try:
        options, step = parse(arguments)
    except UsageError as error:
        sys.stderr.write(f"nasutui: {error}\n")
        return WRONG_USAGE
    reporter = make_reporter(as_json=options.json, quiet=options.quiet)
    stop = _Stop()
    try:
        with _signals(stop):
            return _run(step, stop, reporter)
    except UsageError as error:
        reporter.error(error)
        return WRONG_USAGE
    except NasutuiError as error:
        reporter.error(error)
        return NOTHING_DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`); nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOTHING_DONE
    finally:
        reporter.close()


def _run(step: Step, stop: _Stop, reporter: Reporter) -> int:
    done = failed = 0
    cancelled = False
    for event in step(stop):
        done += isinstance(event, ItemDone | Row)
        failed += isinstance(event, ItemFailed)
        if isinstance(event, Finished):
            cancelled = event.cancelled
        reporter.show(event)
    if cancelled:
        reporter.say(_("stopped; what is finished is on disk, run it again to go on"))
        return INTERRUPTED
    if failed:
        return SOME_SKIPPED if done else NOTHING_DONE
    return DONE
