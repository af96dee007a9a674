"""Work in parallel: results in order, memory bounded, stops when asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from nasutui.core.parallel import core_count, ordered_map


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    gate = threading.Event()

    def work(item: int) -> int:
        if item == 0 and workers > 1:
            assert gate.wait(30)  # the first is the last to be done
        if item == 1:
            gate.set()
        return item * item

    assert list(ordered_map(work, range(20), workers=workers)) == [(i, i * i) for i in range(20)]


@pytest.mark.parametrize("workers", [1, 3])
def test_only_a_few_items_are_under_way(workers: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1000):
            taken.append(item)
            yield item

    results = ordered_map(lambda i: i, items(), workers=workers, ahead=2)
    for done, _result in enumerate(results, start=1):
        assert len(taken) <= done + workers + 2
        if done == 50:
            break
    results.close()
    assert len(taken) <= 50 + workers + 2


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_begun_is_finished_when_stopped(workers: int) -> None:
    begun: list[int] = []
    stop = threading.Event()

    def work(item: int) -> int:
        begun.append(item)
        return item

    got = []
    for item, _result in ordered_map(work, range(100), workers=workers, cancelled=stop.is_set):
        got.append(item)
        if item == 4:
            stop.set()
    assert got == sorted(begun)
    assert 5 <= len(got) < 20


@pytest.mark.parametrize("workers", [1, 3])
def test_what_work_raises_is_raised(workers: int) -> None:
    def work(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    with pytest.raises(ValueError, match="three"):
        list(ordered_map(work, range(10), workers=workers))


def test_there_is_a_core() -> None:
    assert core_count() >= 1
