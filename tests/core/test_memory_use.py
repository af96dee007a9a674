"""Preparing, captioning and exporting need no more memory for many pictures than for few."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.commands import command, environment
from tests.support.peak import command_for
from tests.support.raw_pictures import encode

FEW, MANY = 50, 200
LARGE_EVERY = 10  # each tenth picture is large, so that a few pass through memory in both runs


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    dice = np.random.default_rng(6)
    for index in range(MANY):
        side = 1600 if index % LARGE_EVERY == 0 else 300
        small = dice.integers(0, 256, (5, 4, 3), np.uint8)
        image = Image.fromarray(small).resize((side, side * 3 // 4), Image.Resampling.NEAREST)
        options: dict[str, object] = {"compress_level": 1} if index % 20 else {"compress_level": 0}
        (folder / f"{index:03d}.png").write_bytes(encode(image, "PNG", **options))
    return folder


def peak_of(home: Path, *arguments: object) -> int:
    """Peak memory of one run of the program, in bytes. A process of its own, because a peak never
    falls."""
    peak = home / "peak"
    wanted = command_for(peak, [*command(*arguments), "--quiet"])
    done = subprocess.run(wanted, env=environment(home), stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return int(peak.read_text("ascii"))


def peaks(raw: Path, folder: Path) -> dict[str, int]:
    folder.mkdir(exist_ok=True)
    prepared, tagged = folder / "prepared", folder / "tagged"
    return {
        "prepare": peak_of(
            folder, "prepare", "--input", raw, "--output", prepared, "--size", 256, "--crop", "none"
        ),
        "caption": peak_of(
            folder, "caption", "--input", prepared, "--output", tagged, "--model", "embedded"
        ),
        "add-tag": peak_of(folder, "add-tag", "--input", tagged, "--tag", "nasumiso_style"),
        "export": peak_of(
            folder, "export", "--input", tagged, "--output", folder / "set", "--name", "memory"
        ),
    }


def test_memory_does_not_grow_with_the_number_of_pictures(raw: Path, tmp_path: Path) -> None:
    few = tmp_path / "few_raw"
    few.mkdir()
    for path in sorted(raw.iterdir())[:FEW]:
        shutil.copy(path, few)
    small, large = peaks(few, tmp_path / "few"), peaks(raw, tmp_path / "many")
    for step, peak in large.items():
        assert peak < small[step] * 1.2, f"{step}: {small[step]} -> {peak}"
