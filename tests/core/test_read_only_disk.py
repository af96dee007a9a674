"""A file system that may only be read: captions are shown, what can't be written is said in words, and
nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nasutui.core.errors import NasutuiError
from tests.support.caption_folder import batch, change, fill, texts
from tests.support.crash_desk import open_desk
from tests.support.said_tagger import tiny_png

TEXTS = {"a.txt": b"1girl, ^_^", "b.txt": b"solo", "a.png": tiny_png(1), "b.png": tiny_png(2)}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Callable[[str], None]]]:
    """A small file system, and a function that mounts it again "ro" or "rw"."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")

    def again(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)

    yield folder, again
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("with_history", [True, False])
def test_captions_are_shown_and_a_change_is_refused_in_words(
    disk: tuple[Path, Callable[[str], None]], with_history: bool
) -> None:
    folder, mount = disk
    fill(folder, TEXTS)
    if with_history:
        change(folder, {"b.txt": b"solo, hat"})
    before = texts(folder)
    mount("ro")
    desk = open_desk(folder)
    (slot,) = desk.dataset.slots_of(folder / "a.txt")
    assert desk.dataset.tags(slot) == ("1girl", "^_^")
    said = desk.recover()
    assert bool(said) == with_history
    with pytest.raises(NasutuiError) as caught:
        desk.edit(slot, ["mine"], "x")
    assert caught.value.code in ("read-only", "no-permission")
    command = batch("edit", "--input", str(folder), "--add", "x")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "read-only" in done.stderr or "check the rights" in done.stderr
    assert "Traceback" not in done.stderr
    assert texts(folder) == before
    mount("rw")
    assert desk.edit(slot, ["mine"], "x") is None
    assert (folder / "a.txt").read_bytes() == b"mine"
    desk.close()


def test_the_disk_becomes_read_only_under_an_open_editor(
    disk: tuple[Path, Callable[[str], None]],
) -> None:
    """As a worn-out card or a network drive does."""
    folder, mount = disk
    fill(folder, TEXTS)
    desk = open_desk(folder)
    (slot,) = desk.dataset.slots_of(folder / "a.txt")
    assert desk.edit(slot, ["1girl", "hat"], "x") is None
    desk.close()
    mount("ro")
    for _ in range(2):
        with pytest.raises(NasutuiError):
            desk.edit(slot, ["mine"], "x")
        with pytest.raises(NasutuiError):
            desk.turn(back=True)
    assert desk.dataset.tags(slot) == ("1girl", "hat")
    mount("rw")
    assert desk.edit(slot, ["mine"], "x") is None
    assert desk.turn(back=True) is not None
    assert desk.turn(back=True) is not None
    assert texts(folder) == TEXTS
    desk.close()
