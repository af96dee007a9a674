"""Work on several items at once, results in the order of the items, memory bounded.

Threads are enough here: Pillow, numpy, hashing and ONNX Runtime let go of the interpreter while
they work. At most `workers + ahead` items are under way or waiting to be taken, so a slow reader
of the results slows the work down instead of filling the memory.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TypeVar

from nasutui.core.events import Cancelled, never

Item = TypeVar("Item")
Result = TypeVar("Result")


def core_count() -> int:
    """Cores worth a worker each: what this process may use; on a Mac its performance cores (the
    efficiency cores are slower than the wait for them is long)."""
    if sys.platform == "darwin":
        try:
            answer = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "hw.perflevel0.physicalcpu"],
                capture_output=True, text=True, timeout=5, check=True,
            )  # fmt: skip
            return max(1, int(answer.stdout))
        except (OSError, ValueError, subprocess.SubprocessError):
            pass
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def _nothing(_item: object) -> None:
    """Knows no result."""


def _settled(result: Result) -> Future[Result]:
    future: Future[Result] = Future()
    future.set_result(result)
    return future


def ordered_map(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    ahead: int = 2,
    cancelled: Cancelled = never,
    at_once: Callable[[Item], Result | None] = _nothing,
) -> Iterator[tuple[Item, Result]]:
    """Yield (item, work(item)) in the order of `items`.

    at_once: asked first, in the caller's thread; what it returns is the result, unless that is None.
    For items that are known already a worker would only cost time.

    When `cancelled` turns true no further item is begun; those under way are finished and
    yielded. What `work` raises is raised here. Closing the iterator waits for what is under way.
    """
    if workers <= 1:
        for item in items:
            if cancelled():
                return
            known = at_once(item)
            yield item, work(item) if known is None else known
        return
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    source = iter(items)

    def begin(item: Item) -> Result:
        if cancelled():
            raise CancelledError
        return work(item)

    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="nasutui") as pool:
        try:
            while True:
                while len(waiting) < workers + ahead and not cancelled():
                    try:
                        item = next(source)
                    except StopIteration:
                        break
                    known = at_once(item)
                    if known is not None and not waiting:
                        yield item, known
                        continue
                    future = pool.submit(begin, item) if known is None else _settled(known)
                    waiting.append((item, future))
                if not waiting:
                    return
                item, future = waiting.popleft()
                with contextlib.suppress(CancelledError):
                    yield item, future.result()
        finally:
            for _item, future in waiting:
                future.cancel()
