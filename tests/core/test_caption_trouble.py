"""Captioning when the system or the model lets it down: said clearly, captions stay as they were."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support.commands import Answer, batch, environment
from tests.support.raw_pictures import encode
from tests.support.wd14 import write_model

PICTURES = 12
OLD = "by hand, "  # before every caption that is there


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB for pictures, captions and what is remembered of them."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> dict[str, str]:
    """Pictures with captions; the captions."""
    folder.mkdir(exist_ok=True)
    for index in range(PICTURES):
        data = encode(Image.new("RGB", (70, 70), (20 * index, 200, 9)), "PNG")
        (folder / f"{index:02d}.png").write_bytes(data)
        (folder / f"{index:02d}.txt").write_text(f"{OLD}number {index}", encoding="utf-8")
    return captions(folder)


def captions(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text("utf-8") for p in sorted(folder.glob("*.txt"))}


def caption(folder: Path, model: Path, home: Path, *more: object) -> Answer:
    return batch("caption", "--input", folder, "--output", folder, "--model", model, *more,
                 env=environment(home))  # fmt: skip


def test_a_full_disk_is_said_and_captions_stay_whole(small_disk: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    whole = small_disk / "whole"
    before = fill(whole)
    outcomes = set()
    filler = small_disk / "filler.bin"
    for room in (0, 131_072, 400_000):
        shutil.rmtree(whole / ".nasutui", ignore_errors=True)
        for name, text in before.items():
            (whole / name).write_text(text, encoding="utf-8")
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        filler.write_bytes(b"x" * max(0, free - room))
        answer = caption(whole, model, tmp_path)
        assert b"Traceback" not in answer.stderr
        for name, text in captions(whole).items():
            assert text.startswith(before[name].rstrip()), name  # old, or old with more: never cut
        codes = {e["code"] for e in (*answer.of("error"), *answer.of("failed"))}
        assert codes <= {"disk-full", "state"}
        for event in (*answer.of("error"), *answer.of("failed")):
            assert "disk" in event["reason"]
        outcomes |= codes or {"done"}
        filler.unlink()
    assert caption(whole, model, tmp_path).code == 0
    assert all(t.startswith(before[n]) and "1girl" in t for n, t in captions(whole).items())
    assert not list(whole.glob(".nasutui-*.tmp"))
    assert {"done", "disk-full"} <= outcomes


def test_a_limit_on_files_is_like_a_full_disk(tmp_path: Path) -> None:
    """RLIMIT_FSIZE, as an administrator sets it: no file may grow further."""
    folder, model = tmp_path / "p", write_model(tmp_path / "model")
    before = fill(folder)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000));"
    code = (
        limit + "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "import sys; from nasutui.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["--lang", "en", "--batch", "caption", "--input", str(folder), "--output",
                 str(folder), "--model", str(model)]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, env=environment(tmp_path),
        timeout=60, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert done.returncode == 1
    assert b"room" in done.stderr or b"full" in done.stderr
    assert captions(folder) == before
    assert caption(folder, model, tmp_path).code == 0


def test_cut_and_corrupt_pictures_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder, model = tmp_path / "p", write_model(tmp_path / "model")
    before = fill(folder)
    for name in ("03.png", "05.png", "07.png"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes({
            "03.png": whole[: len(whole) * 2 // 3],
            "05.png": whole[:50] + b"\xff" * 20 + whole[70:],
            "07.png": b"",
        }[name])  # fmt: skip
    answer = caption(folder, model, tmp_path)
    assert answer.code == 3
    assert {Path(e["path"]).name for e in answer.of("failed")} == {"03.png", "05.png", "07.png"}
    after = captions(folder)
    for name, text in after.items():
        assert (text == before[name]) == (name[:2] in ("03", "05", "07"))


@pytest.mark.parametrize("spoilt", ["csv", "cut", "second"])
def test_a_model_that_does_not_fit_leaves_captions_alone(tmp_path: Path, spoilt: str) -> None:
    folder, good = tmp_path / "p", write_model(tmp_path / "good")
    before = fill(folder)
    model = write_model(tmp_path / "model")
    if spoilt == "cut":
        data = (model / "model.onnx").read_bytes()
        (model / "model.onnx").write_bytes(data[: len(data) // 2])
    else:
        rows = (model / "selected_tags.csv").read_text("utf-8").splitlines(keepends=True)
        (model / "selected_tags.csv").write_text("".join(rows[:-2]), encoding="utf-8")
    # Of two models the good one comes first: its scores may stay, captions are not begun.
    several = [good, "--model", model] if spoilt == "second" else [model]
    answer = batch("caption", "--input", folder, "--output", folder, "--model", *several,
                   env=environment(tmp_path))  # fmt: skip
    assert (answer.code, answer.stderr) == (1, b"")
    assert answer.of("error")[0]["code"] == ("model-damaged" if spoilt == "cut" else "model-tags")
    assert captions(folder) == before
