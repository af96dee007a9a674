"""The requests of one step, one after the other: what becomes of each, as events."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from nasutui.core.errors import NasutuiError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled, Event, Events, ItemDone, ItemFailed, Note
from nasutui.core.i18n import _
from nasutui.core.webui import errors, messages
from nasutui.core.webui.abort import RequestAborted
from nasutui.core.webui.answer import Details, own_images, read_details, read_images
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import BusyError, LoraNotAppliedError, WebUIError
from nasutui.core.webui.job import Job, Outcome, Pace, Sighting, new_task_id
from nasutui.core.webui.progress import DrawingProgress, Whose
from nasutui.core.webui.request import Txt2Img, payload
from nasutui.core.webui.sampler import SamplerChoice
from nasutui.core.webui.save import Inspector, Saver

_TICK = 0.1
# After one of these the next request would fail in the same way, maybe after a long wait.
_HOPELESS = (
    errors.NotRunningError,
    errors.ServerDiedError,
    errors.CertificateError,
    errors.ApiOffError,
    errors.OtherServerError,
    errors.PasswordError,
    errors.NoModelError,
)
_HOPELESS_DISK = ("disk-full", "no-permission", "read-only", "missing")


@dataclass(frozen=True, slots=True)
class Order:
    """One request, ready to be sent, and the names of its pictures without suffix."""

    request: Txt2Img
    choice: SamplerChoice
    stems: tuple[str, ...]

    @property
    def loras(self) -> frozenset[str]:
        return frozenset(tag.name for tag in self.request.loras)


class Run:
    """What the requests of one step share. stopped: somebody asked for the end; incomplete: a
    picture is missing because of that."""

    def __init__(
        self, webui: WebUI, saver: Saver, cancelled: Cancelled, *, previews: bool, pace: Pace
    ) -> None:
        self._webui = webui
        self._saver = saver
        self._inspector = Inspector(webui)
        self._cancelled = cancelled
        self._previews = previews
        self._pace = pace
        self._counts = {"made": 0, "failed": 0, "warnings": 0}
        self._hopeless: ItemFailed | None = None
        self._unknown_loras: dict[frozenset[str], str] = {}
        self.stopped = False
        self.incomplete = False

    def summary(self) -> dict[str, int]:
        return dict(self._counts)

    def draw(self, order: Order) -> Events:
        """All events of one request."""
        if self._hopeless is not None:
            yield from self._fail(order, self._hopeless.code, self._hopeless.reason)
        elif order.loras in self._unknown_loras:
            told = _("Not drawn, because its LoRA was missing from a picture before: {reason}")
            reason = told.format(reason=self._unknown_loras[order.loras])
            yield from self._fail(order, LoraNotAppliedError.default_code, reason)
        else:
            body = payload(order.request, order.choice, new_task_id())
            job = Job(self._webui, body, self._pace, previews=self._previews)
            try:
                job.start()
                outcome = yield from self._watch(job, order)
                yield from self._finish(job, order, outcome)
            finally:
                job.close()

    def _watch(self, job: Job, order: Order) -> Generator[Event, None, Outcome | None]:
        """Progress until the answer is there; returns it, None when it was given up."""
        what = self._saver.expected(order.stems[0]).name
        best, told = 0, False
        while True:
            news = job.next(_TICK)
            if isinstance(news, Outcome):
                return news
            if not self.stopped and self._cancelled():
                self.stopped = True
                job.stop()
            if job.overdue:
                return None
            if news is None:
                continue
            if news.whose is Whose.OTHER and not told:
                told = True
                yield Note(BusyError.default_code, _waiting())
            progress = _progress(what, news, best)
            best = progress.done
            yield progress

    def _finish(self, job: Job, order: Order, outcome: Outcome | None) -> Events:
        if outcome is None or isinstance(outcome.error, RequestAborted):
            self.incomplete = True
            yield from self._fail(order, "webui-left", _left_behind(self._webui.url))
        elif isinstance(outcome.error, NasutuiError):
            error = outcome.error
            failures = list(self._fail(order, error.code, str(error)))
            if isinstance(error, _HOPELESS):
                self._hopeless = failures[-1]
            yield from failures
        elif outcome.error is not None:
            raise outcome.error
        else:
            yield from self._take(job, order, outcome.answer)

    def _take(self, job: Job, order: Order, answer: Any) -> Events:
        """The events for the pictures of an answer."""
        try:
            images = read_images(answer)
        except WebUIError as error:
            yield from self._fail(order, error.code, str(error))
            return
        details = read_details(answer.get("info"))
        own = own_images(images, details, len(order.stems))
        cut = job.was_cut_short(details.timestamp if details else None)
        complete = len(own) - 1 if cut else len(own)
        for index, stem in enumerate(order.stems):
            if index < complete:
                yield from self._keep(order, index, own[index], details)
            elif cut:
                self.incomplete = self.incomplete or self.stopped
                yield self._failed(stem, "webui-interrupted", _interrupted())
            else:
                few = messages.no_picture(_("there are fewer pictures in it than asked for"))
                yield self._failed(stem, few.code, str(few))

    def _keep(self, order: Order, index: int, image: str, details: Details | None) -> Events:
        """Check and save one picture."""
        stem = order.stems[index]
        try:
            found = self._inspector.inspect(order.request, order.choice, image, index, details)
            path = self._saver.save(found.drawn, stem)
        except WebUIError as error:
            yield self._failed(stem, error.code, str(error))
            return
        except OSError as error:
            yield self._not_saved(stem, error)
            return
        if found.unknown_loras:
            self._unknown_loras[order.loras] = found.unknown_loras
        for problem in found.problems:
            yield Note(problem.code, str(problem), path)
        self._counts["made"] += 1
        self._counts["warnings"] += bool(found.problems)
        yield DrawingProgress(path.name, 100, 100)
        yield ItemDone(path, "made", found.detail())

    def _not_saved(self, stem: str, error: OSError) -> ItemFailed:
        code = os_error_code(error)
        reason = explain_os_error(error, self._saver.expected(stem))
        failure = self._failed(stem, code, reason)
        if code in _HOPELESS_DISK:
            self._hopeless = failure
        return failure

    def _fail(self, order: Order, code: str, reason: str) -> Generator[ItemFailed, None, None]:
        for stem in order.stems:
            yield self._failed(stem, code, reason)

    def _failed(self, stem: str, code: str, reason: str) -> ItemFailed:
        self._counts["failed"] += 1
        return ItemFailed(self._saver.expected(stem), code, reason)


def _progress(what: str, news: Sighting, best: int) -> DrawingProgress:
    """Progress for a sighting; never less than what was shown before."""
    report = news.report
    drawing = news.whose in (Whose.OURS, Whose.MAYBE_OURS)
    if report is None or not drawing or not report.steps:  # there is nothing to measure (yet)
        return DrawingProgress(what, best, 100 if best else None)
    done = max(best, min(99, int(report.fraction * 100)))
    preview = report.preview if news.whose is Whose.OURS else None
    return DrawingProgress(what, done, 100, step=report.step, steps=report.steps, preview=preview)


def _waiting() -> str:
    return _(
        "The WebUI is busy with another picture (from a browser or another program). Ours waits in "
        "its queue and is drawn after that."
    )


def _interrupted() -> str:
    return _("The drawing was interrupted; the half-finished picture was not kept.")


def _left_behind(url: str) -> str:
    return _(
        "The WebUI at {url} did not stop in time and was left alone; it may still be drawing this "
        "picture."
    ).format(url=url)
