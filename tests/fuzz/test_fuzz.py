"""Bytes of strangers: whatever is in them, only our own errors come out, in time and in 1 GB.

A short part of each group runs with every test; `make soak` runs 20,000 inputs of each, from a seed
that NASUTUI_FUZZ_SEED gives. A failure names seed, group and number: `the_input` makes it again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.groups import GROUPS
from tests.fuzz.pictures import BATCH
from tests.fuzz.running import Report, run

SEED = int(os.environ.get("NASUTUI_FUZZ_SEED", "2026"))
INPUTS = 20_000
PART = 2_500  # in one process; the next one begins with an empty memory
SECONDS = 600  # for one group; what was reached by then is said
GIGABYTE = 1 << 30
# Inputs of the short part; pictures cost most.
_FEW = {"pictures": 500, "prepare": 5, "tags_ja.tsv": 150}


@pytest.mark.filterwarnings("ignore")  # as the program does: what libraries mutter we say ourselves
@pytest.mark.parametrize("name", GROUPS)
def test_a_few_mutated_inputs(name: str, tmp_path: Path) -> None:
    report = run(GROUPS[name], 1, range(_FEW.get(name, 300)), tmp_path)
    assert not report.broken


def test_an_input_is_made_again_from_its_number() -> None:
    from tests.fuzz.running import the_input

    for group in GROUPS.values():
        assert the_input(group, 7, 3) == the_input(group, 7, 3)
        assert len({the_input(group, 7, number) for number in range(20)}) > 10


def part(name: str, seed: int, first: int, count: int) -> Report:
    """A part in a process of its own. A crash or a hang of it is what is broken."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.running", name, str(seed), str(first), str(count)],
        capture_output=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    if done.returncode == 0:
        found = json.loads(done.stdout)
        found["broken"] = {int(number): how for number, how in found["broken"].items()}
        return Report(**found)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    tried = [int(line) for line in lines if line.isdigit()]
    how = f"the process ended with {done.returncode}: {lines[-12:]}"
    return Report(name, inputs=len(tried), broken={tried[-1] if tried else first: how})


def soak(name: str, seed: int = SEED, inputs: int = INPUTS, seconds: float = SECONDS) -> Report:
    """Run a group in parts until its inputs or the time are used up."""
    whole, began = Report(name), time.monotonic()
    for first in range(0, inputs, PART):
        one = part(name, seed, first, min(PART, inputs - first))
        whole.inputs += one.inputs
        whole.accepted += one.accepted
        whole.refused += one.refused
        whole.broken |= one.broken
        if one.slowest > whole.slowest:
            whole.slowest, whole.slowest_input = one.slowest, one.slowest_input
        whole.peak = max(whole.peak, one.peak)
        whole.seconds = time.monotonic() - began
        if whole.seconds > seconds:
            break
    return whole


@pytest.mark.soak
@pytest.mark.parametrize("name", GROUPS)
def test_many_mutated_inputs(name: str) -> None:
    inputs = INPUTS // BATCH if name == "prepare" else INPUTS
    report = soak(name, inputs=inputs)
    print(
        f"{name}: seed {SEED}, {report.inputs} inputs, {report.accepted} accepted, "
        f"{report.refused} refused, {len(report.broken)} broken, {report.seconds:.0f} s, "
        f"slowest {report.slowest:.2f} s (number {report.slowest_input}), "
        f"peak {report.peak >> 20} MB"
    )
    assert not report.broken, f"seed {SEED}: {report.broken}"
    assert report.peak < GIGABYTE
