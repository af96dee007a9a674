"""Commands beside a drawing, servers that end in the middle of it, and whose job is running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nasutui.core.events import ItemFailed
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.errors import BusyError
from nasutui.core.webui.generate import generate
from nasutui.core.webui.progress import DrawingProgress, Report, Task, Tracker, Whose
from tests.support.webui_case import (
    FAST,
    GENERATE,
    INTERRUPT,
    codes,
    draw,
    instead,
    last,
    of,
    small,
)
from tests.support.webui_server import Reply, WebUIServer

REPO = Path(__file__).parents[2]


def test_plain_interrupt_asks_before_it_stops_a_browser() -> None:
    with WebUIServer() as server, WebUI(server.url) as webui:
        finish = server.engine.foreign_job("task(abc)")
        with pytest.raises(BusyError, match="for a browser"):
            webui.interrupt()
        assert not server.sent(INTERRUPT)
        webui.interrupt(anyone=True)
        assert server.engine.state["interrupted"]
        finish()


@pytest.mark.parametrize("profile", ["a1111-1.10", "sdnext"])
def test_commands_take_every_kind_of_success(profile: str) -> None:
    """200 with {} or null, 204 with nothing."""
    with WebUIServer(profile) as server, WebUI(server.url) as webui:
        webui.interrupt()
        webui.refresh_loras()


def test_loras_are_not_refreshed_while_anybody_draws() -> None:
    with WebUIServer() as server, WebUI(server.url) as webui:
        finish = server.engine.foreign_job()
        with pytest.raises(BusyError):
            webui.refresh_loras()
        assert not server.sent("/sdapi/v1/refresh-loras")
        finish()
        webui.refresh_loras()


def test_a_server_that_dies_in_mid_picture(tmp_path: Path) -> None:
    """A real process, killed. The rest is reported at once, nothing is sent again."""
    command = [sys.executable, "-m", "tests.support.webui_server", "--pause-at", "2"]
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    with subprocess.Popen(
        command, cwd=REPO, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        events = []
        with WebUI(url) as webui:
            for event in generate(webui, [small(), small(), small()], tmp_path, pace=FAST):
                events.append(event)
                if isinstance(event, DrawingProgress) and event.step == 2:
                    server.kill()
    assert codes(events) == ["webui-died"] * 3
    assert "./webui.sh --api" in of(events, ItemFailed)[0].reason
    assert last(events).summary == {"made": 0, "failed": 3, "warnings": 0}


def test_a_connection_that_is_reset(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.faults.append("die")
        events = draw(server, [small(), small()], tmp_path)
        assert len(server.sent(GENERATE)) == 1
    assert codes(events) == ["webui-died", "webui-died"]


def test_an_answer_that_breaks_off(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.intercept = instead(GENERATE, Reply(body=os.urandom(5000), cut=3000))
        events = draw(server, [small()], tmp_path)
        assert len(server.sent(GENERATE)) == 1
    assert codes(events) == ["webui-died"]


def test_only_the_drawing_waits_without_end(tmp_path: Path) -> None:
    """A picture may take hours; everything else must answer soon."""
    limits: dict[str, dict[str, float | None]] = {}
    with WebUIServer() as server, WebUI(server.url) as webui:
        hooks = webui._transport._open().event_hooks
        hooks["request"].append(lambda r: limits.update({r.url.path: r.extensions["timeout"]}))
        webui._transport._open().event_hooks = hooks
        server.engine.pause_at = 2
        for event in generate(webui, [small()], tmp_path, pace=FAST):
            if isinstance(event, DrawingProgress) and event.step == 2:
                server.engine.resume()
    drawing = limits.pop(GENERATE)
    assert drawing["read"] is None
    assert all(limit["read"] is not None and limit["read"] <= 120 for limit in limits.values())
    everything = [drawing, *limits.values()]
    assert all(limit["connect"] is not None and limit["connect"] <= 5 for limit in everything)


IDLE = Report(timestamp="20250101120000")
BROWSER = Report(job="task(x)", job_count=1, timestamp="20250101120001")
API = Report(job="scripts_txt2img", job_count=1, timestamp="20250101120001")
LATER = Report(job="scripts_txt2img", job_count=1, timestamp="20250101120009")
BATCH = Report(job="Batch 2 out of 4", job_count=4, timestamp="20250101120001")


@pytest.mark.parametrize(
    ("before", "sightings", "expected"),
    [
        (IDLE, [(None, IDLE), (None, API)], [Whose.NOBODY, Whose.OURS]),
        (IDLE, [(None, API), (None, LATER)], [Whose.OURS, Whose.OTHER]),
        (IDLE, [(None, BROWSER), (None, BATCH)], [Whose.OTHER, Whose.OTHER]),
        (IDLE, [(None, BROWSER), (None, LATER)], [Whose.OTHER, Whose.MAYBE_OURS]),
        (API, [(None, API), (None, LATER)], [Whose.OTHER, Whose.MAYBE_OURS]),
        (BATCH, [(None, BATCH)], [Whose.OTHER]),
        (None, [(None, API)], [Whose.MAYBE_OURS]),
        (API, [(Task(queued=True), None), (Task(active=True), LATER)], [Whose.OTHER, Whose.OURS]),
        (IDLE, [(Task(active=True), API), (Task(), API)], [Whose.OURS, Whose.NOBODY]),
        (IDLE, [(Task(queued=True), None), (None, API)], [Whose.OTHER, Whose.NOBODY]),
        (None, [(None, None)], [Whose.NOBODY]),
    ],
)
def test_whose_job(
    before: Report | None,
    sightings: list[tuple[Task | None, Report | None]],
    expected: list[Whose],
) -> None:
    """OURS is said only where no other explanation is left."""
    tracker = Tracker(before)
    assert [tracker.whose(task, now) for task, now in sightings] == expected
