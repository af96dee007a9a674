"""Stopping: our own picture and nobody else's, and never a request that is sent twice."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from nasutui.core.events import Event, ItemDone, ItemFailed, Note
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.generate import generate
from nasutui.core.webui.job import Pace
from nasutui.core.webui.progress import DrawingProgress
from tests.support.webui_case import (
    FAST,
    GENERATE,
    INTERRUPT,
    PROGRESS,
    at_step,
    codes,
    draw,
    instead,
    last,
    of,
    small,
)
from tests.support.webui_server import Reply, Request, WebUIServer

ALL = ["a1111-1.10", "a1111-1.9", "a1111-1.8", "a1111-1.6", "forge", "reforge", "sdnext"]


@pytest.mark.parametrize("profile", ALL)
def test_every_server_is_interrupted(tmp_path: Path, profile: str) -> None:
    stop = threading.Event()
    with WebUIServer(profile) as server:
        server.engine.pause_at = 2
        events = draw(server, [small()], tmp_path, cancelled=stop.is_set, on=at_step(2, stop.set))
        assert len(server.sent(INTERRUPT)) == 1
    assert codes(events) == ["webui-interrupted"]
    assert last(events).cancelled


def test_without_the_page_too(tmp_path: Path) -> None:
    """--nowebui has no /internal paths."""
    stop = threading.Event()
    with WebUIServer(nowebui=True) as server:
        server.engine.pause_at = 2
        events = draw(server, [small()], tmp_path, cancelled=stop.is_set, on=at_step(2, stop.set))
        assert len(server.sent("/internal/progress")) == 1
    assert codes(events) == ["webui-interrupted"]


@pytest.mark.parametrize("profile", ["a1111-1.10", "forge", "sdnext", "a1111-1.6"])
@pytest.mark.parametrize("job", ["task(abc)", "scripts_txt2img", "Batch 2 out of 4"])
def test_a_job_of_somebody_else_is_never_interrupted(
    tmp_path: Path, profile: str, job: str
) -> None:
    """Cancelled while waiting in the queue: the other's job runs to its end."""
    stop = threading.Event()
    with WebUIServer(profile) as server:
        finish = server.engine.foreign_job(job)

        def look(event: Event) -> None:
            if isinstance(event, Note):
                stop.set()

        pace = Pace(poll=0.02, poll_failing=0.02, patience=0.1, leaving=0.05)
        events = draw(server, [small()], tmp_path, cancelled=stop.is_set, on=look, pace=pace)
        assert not server.sent(INTERRUPT)
        assert not server.engine.state["interrupted"]
        assert codes(events) == ["webui-busy", "webui-left"]
        assert last(events).cancelled
        finish()
        server.engine.wait_for(lambda: server.engine.finished_jobs == 1)


def test_cancelled_in_the_queue_then_stopped_when_it_begins(tmp_path: Path) -> None:
    """With patience, ours is interrupted as soon as it is its turn."""
    stop = threading.Event()
    with WebUIServer() as server:
        server.engine.pause_at = 2
        finish = server.engine.foreign_job()

        def look(event: Event) -> None:
            if isinstance(event, Note):
                stop.set()
                finish()

        events = draw(server, [small()], tmp_path, cancelled=stop.is_set, on=look)
        assert server.sent(INTERRUPT)
    assert codes(events) == ["webui-busy", "webui-interrupted"]


def test_interrupt_before_the_first_step_is_repeated(tmp_path: Path) -> None:
    """An interrupt that the server forgets (its job was only about to begin) is sent again."""
    stop = threading.Event()
    with WebUIServer() as server:
        server.engine.pause_at = 2
        swallowed: list[Request] = []

        def swallow(request: Request) -> Reply | None:
            if request.path == INTERRUPT and not swallowed:
                swallowed.append(request)
                return Reply(body=b"{}")
            return None

        server.intercept = swallow
        events = draw(server, [small()], tmp_path, cancelled=stop.is_set, on=at_step(2, stop.set))
        assert len(server.sent(INTERRUPT)) == 2
    assert codes(events) == ["webui-interrupted"]


def test_begun_but_not_sampling(tmp_path: Path) -> None:
    """Stuck at 0.01 without a step: shown without a percentage, and it can be stopped."""
    stop = threading.Event()
    seen: list[DrawingProgress] = []

    def look(event: Event) -> None:
        if isinstance(event, DrawingProgress):
            seen.append(event)
            stop.set()

    with WebUIServer("forge") as server:
        server.engine.pause_at = -1
        events = draw(server, [small()], tmp_path, cancelled=stop.is_set, on=look)
    assert seen[0].total is None
    assert codes(events) == ["webui-interrupted"]


def test_interrupted_by_somebody_else(tmp_path: Path) -> None:
    """A half picture is not taken for a whole one, and the next is drawn."""
    with WebUIServer() as server:
        server.engine.pause_at = 2

        def stop_there(event: Event) -> None:
            if isinstance(event, DrawingProgress) and event.step == 2:
                server.engine.pause_at = None
                server.engine.interrupt()

        events = draw(server, [small(), small(seed=2)], tmp_path, on=stop_there)
        assert not server.sent(INTERRUPT)
    assert codes(events) == ["webui-interrupted"]
    assert len(of(events, ItemDone)) == 1
    assert not last(events).cancelled


def test_skipped_by_somebody_else(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.pause_at = 2
        events = draw(server, [small()], tmp_path, on=at_step(2, server.engine.skip))
    assert codes(events) == ["webui-interrupted"]


def test_an_interrupt_of_the_next_job_is_not_ours(tmp_path: Path) -> None:
    """The flag is looked at after our picture came; then it may be about a later job."""

    def later(request: Request) -> Reply | None:
        if not server.engine.finished_jobs or request.path != PROGRESS:
            return None
        state = {"interrupted": True, "job_timestamp": "20300101000000", "job_count": 0}
        return Reply(body=json.dumps({"progress": 0, "state": state}).encode())

    with WebUIServer() as server:
        server.intercept = later
        events = draw(server, [small()], tmp_path)
    assert codes(events) == []
    assert len(of(events, ItemDone)) == 1


def test_several_pictures_in_one_request(tmp_path: Path) -> None:
    """What was finished before the interrupt is kept."""
    stop = threading.Event()
    with WebUIServer() as server:
        server.engine.pause_at, server.engine.pause_picture = 2, 1
        request = small(count=3)
        events = draw(server, [request], tmp_path, cancelled=stop.is_set, on=at_step(2, stop.set))
    assert codes(events) == ["webui-interrupted"] * 2
    assert [d.detail["seed"] for d in of(events, ItemDone)] == [12345]


def test_cancelled_before_the_first(tmp_path: Path) -> None:
    with WebUIServer() as server:
        events = draw(server, [small()], tmp_path, cancelled=lambda: True)
        assert not server.sent(GENERATE)
    assert last(events).cancelled and last(events).summary["made"] == 0


def test_cancelled_when_all_is_done_is_not_cancelled(tmp_path: Path) -> None:
    done = threading.Event()

    def look(event: Event) -> None:
        if isinstance(event, ItemDone):
            done.set()

    with WebUIServer() as server:
        events = draw(server, [small()], tmp_path, cancelled=done.is_set, on=look)
    assert not last(events).cancelled


def test_leaving_the_loop_interrupts_ours(tmp_path: Path) -> None:
    """Who stops iterating stops the work, and the server is free again."""
    with WebUIServer() as server, WebUI(server.url) as webui:
        server.engine.pause_at = 2
        step = generate(webui, [small()], tmp_path, pace=FAST)
        for event in step:
            if isinstance(event, DrawingProgress) and event.step == 2:
                break
        step.close()  # type: ignore[attr-defined]
        assert len(server.sent(INTERRUPT)) == 1
        assert server.engine.finished_jobs == 1
        assert not webui.drawing
        assert not [t for t in threading.enumerate() if t.name == "webui"]


def test_leaving_a_server_that_does_not_stop(tmp_path: Path) -> None:
    """No thread of ours stays behind, whatever the server does."""
    with WebUIServer() as server, WebUI(server.url) as webui:
        server.intercept = instead(INTERRUPT, Reply(500, b"no"))
        server.engine.pause_at = 2
        pace = Pace(poll=0.02, poll_failing=0.02, leaving=0.2)
        step = generate(webui, [small()], tmp_path, pace=pace)
        for event in step:
            if isinstance(event, DrawingProgress) and event.step == 2:
                break
        step.close()  # type: ignore[attr-defined]
        assert not [t for t in threading.enumerate() if t.name == "webui"]


def test_a_server_that_does_not_follow_is_left(tmp_path: Path) -> None:
    stop = threading.Event()
    with WebUIServer() as server:
        server.intercept = instead(INTERRUPT, Reply(body=b"{}"))
        server.engine.pause_at = 2
        events = draw(
            server,
            [small(), small()],
            tmp_path,
            cancelled=stop.is_set,
            on=at_step(2, stop.set),
            pace=Pace(poll=0.02, patience=0.2, leaving=0.1),
        )
        assert len(server.sent(GENERATE)) == 1
    (failed,) = of(events, ItemFailed)
    assert failed.code == "webui-left" and "may still be drawing" in failed.reason
