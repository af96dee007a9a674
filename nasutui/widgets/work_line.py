"""One line at the bottom of every screen: the work that is running, and how it ended."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from nasutui.core.events import Progress
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.jobs import Job
from nasutui.widgets.cells import bar


def clock(seconds: float) -> str:
    """83 -> 1:23"""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def job_line(job: Job | None) -> Content:
    """A job in one line."""
    if job is None:
        return Content("")
    if job.ended:
        return _ended(job)
    parts: list[str | tuple[str, str]] = [(f" {job.title} ", "bold $text-accent")]
    if job.download is not None:
        parts += _inside(job.download)
    elif job.total:
        parts += [(bar(job.done / job.total, 20), "$primary"), f" {job.done}/{job.total}"]
        if job.rate:
            parts.append(f"  {job.rate:.1f}/s")
        if job.seconds_left is not None and job.done >= 3:
            parts.append("  " + _("{time} left").format(time=clock(job.seconds_left)))
    if job.failures:
        parts.append((f"  {_('{count} skipped').format(count=len(job.failures))}", "$text-warning"))
    parts.append(
        ("  " + (_("stopping...") if job.stop.is_set() else _("ctrl+x stops")), "$text-muted")
    )
    return Content.assemble(*parts)


def _inside(progress: Progress) -> list[str | tuple[str, str]]:
    """The progress of one long item: a download in bytes, or percent."""
    total = progress.total or 0
    share = progress.done / total if total else 0.0
    if progress.unit == "bytes":
        amount = f" {progress.done / 1e6:.0f} / {total / 1e6:.0f} MB"
    else:
        amount = f" {share:.0%}"
    return [(bar(share, 20), "$primary"), f"{amount}  {display_name(progress.what)}"]


def _ended(job: Job) -> Content:
    title = (f" {job.title} ", "bold")
    if job.error:
        return Content.assemble(title, (job.error, "$text-error"))
    if job.finished is not None and job.finished.cancelled:
        return Content.assemble(title, (_("stopped; what is finished is on disk"), "$text-warning"))
    from nasutui.summaries import summary_line

    text = summary_line(job.finished) if job.finished else ""
    style = "$text-warning" if job.failures else "$text-success"
    return Content.assemble(title, (text, style))


class WorkLine(Static):
    """Shows the app's newest job."""

    DEFAULT_CSS = """
    WorkLine {
        height: 1; background: $panel; color: $foreground;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def show_job(self, job: Job | None) -> None:
        self.display = job is not None
        self.update(job_line(job))
