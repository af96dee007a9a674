"""The headless front end: runs a step, prints its events, answers with an exit code.

0 all done   1 could not start or nothing could be done   2 wrong usage
3 finished, but some items were skipped   130 interrupted, what is finished is on disk

`check` answers with what it found: 0 clean, 3 warnings, 1 errors.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from nasutui.arguments import WrongUsageError
from nasutui.core.errors import NasutuiError, UsageError, explain_os_error, os_error_code
from nasutui.core.events import Finished, ItemDone, ItemFailed, Row
from nasutui.core.i18n import _
from nasutui.report import OutputLostError, Reporter, make_reporter
from nasutui.steps import Step, parse

DONE, NOTHING_DONE, WRONG_USAGE, SOME_SKIPPED, INTERRUPTED = 0, 1, 2, 3, 130
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_NOBODY_LISTENS = (errno.EPIPE, errno.EIO)  # `| head` has gone, the terminal is closed


class _Stop:
    """Ctrl+C, SIGTERM and a closed terminal: stop between items; a second one stops at once."""

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
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    previous = {number: signal.signal(number, stop.handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def run_batch(arguments: list[str]) -> int:
    """Run `nasutui --batch ARGUMENTS`; returns the exit code."""
    stop = _Stop()
    try:
        with _signals(stop):
            return _guarded(arguments, stop)
    except OutputLostError as lost:
        return _output_lost(lost)
    except KeyboardInterrupt:
        return INTERRUPTED


def _guarded(arguments: list[str], stop: _Stop) -> int:
    try:
        options, step = parse(arguments)
    except UsageError as error:
        usage = error.usage if isinstance(error, WrongUsageError) else ""
        make_reporter(as_json="--json" in arguments, quiet=True).error(error, usage)
        return WRONG_USAGE
    reporter = make_reporter(as_json=options.json, quiet=options.quiet)
    try:
        return _run(step, stop, reporter)
    except UsageError as error:
        reporter.error(error)
        return WRONG_USAGE
    except NasutuiError as error:
        reporter.error(error)
        return NOTHING_DONE
    except OSError as error:  # of a disk or folder, in the middle of a step
        reporter.error(NasutuiError(explain_os_error(error), code=os_error_code(error)))
        return NOTHING_DONE
    finally:
        reporter.close()


def _run(step: Step, stop: _Stop, reporter: Reporter) -> int:
    done = failed = 0
    finished: Finished | None = None
    for event in step(stop):
        done += isinstance(event, ItemDone | Row)
        failed += isinstance(event, ItemFailed)
        if isinstance(event, Finished):
            finished = event
        reporter.show(event)
    if finished and finished.cancelled:
        reporter.say(_("stopped; what is finished is on disk, run it again to go on"))
        return INTERRUPTED
    if finished and finished.step == "check":
        return _verdict(finished)
    if failed:
        return SOME_SKIPPED if done else NOTHING_DONE
    return DONE


def _verdict(finished: Finished) -> int:
    if finished.summary["errors"]:
        return NOTHING_DONE
    return SOME_SKIPPED if finished.summary["warnings"] else DONE


def _output_lost(lost: OutputLostError) -> int:
    """The reader of our output went away, or the disk that it goes to is full."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - the end of the process flushes into it
        os.dup2(nowhere.fileno(), lost.stream.fileno())
    if lost.error.errno in _NOBODY_LISTENS:
        return INTERRUPTED
    if lost.stream is not sys.stderr:
        reason = explain_os_error(lost.error, _("the output"))
        sys.stderr.write(f"nasutui: {reason}\n")
    return NOTHING_DONE
