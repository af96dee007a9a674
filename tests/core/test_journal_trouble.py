"""When the system refuses: the old text stays, the file is named, nothing is half begun."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nasutui.core.errors import StateError
from nasutui.core.history.journal import Edit, Journal
from tests.support.caption_folder import (
    NEW,
    OLD,
    change,
    fill,
    now,
    run_script,
    states,
    temporaries,
    texts,
    undo,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "set", OLD)
    return tmp_path / "set"


class TestTheSystemRefuses:
    def test_a_write_protected_file_is_named_and_the_rest_goes_on(self, folder: Path) -> None:
        (folder / "b.txt").chmod(0o444)
        (refusal,) = change(folder, NEW)
        assert (refusal.path.name, refusal.code) == ("b.txt", "no-permission")
        assert "b.txt" in refusal.reason
        assert texts(folder) == {**NEW, "b.txt": OLD["b.txt"]}
        assert undo(folder) == ({"a.txt", "c.txt"}, {})
        assert texts(folder) == OLD

    def test_a_file_that_can_not_be_undone_now_can_be_later(self, folder: Path) -> None:
        change(folder, {"a.txt": b"new"})
        (folder / "a.txt").chmod(0o444)
        assert undo(folder) == (set(), {"a.txt": "no-permission"})
        (folder / "a.txt").chmod(0o644)
        assert undo(folder) == ({"a.txt"}, {})
        assert texts(folder) == OLD

    def test_a_folder_in_the_place_of_a_file(self, folder: Path) -> None:
        (folder / "d.txt").mkdir()
        with Journal(folder) as journal, journal.change("test", "x") as step:
            refused = step.apply(
                [Edit(folder / "d.txt", None, b"x"), Edit(folder / "a.txt", OLD["a.txt"], b"new")]
            )
        assert [r.path.name for r in refused] == ["d.txt"]
        assert now(folder / "a.txt") == b"new"

    def test_a_name_that_is_too_long(self, folder: Path) -> None:
        with Journal(folder) as journal, journal.change("test", "x") as step:
            (refusal,) = step.apply([Edit(folder / ("x" * 300), None, b"x")])
        assert refusal.code == "name-too-long"
        assert states(folder) == []

    def test_permissions_of_a_caption_stay(self, folder: Path) -> None:
        (folder / "a.txt").chmod(0o640)
        change(folder, {"a.txt": b"new"})
        undo(folder)
        assert (folder / "a.txt").stat().st_mode & 0o777 == 0o640


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KB as the captions' folder of a project; the journal is elsewhere."""
    folder = tmp_path / "3_tagged"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=777", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


class TestFullDisk:
    def test_captions_that_find_no_room_are_named_and_keep_their_text(
        self, small_disk: Path
    ) -> None:
        before = {f"{i}.txt": bytes([65 + i]) * 100 for i in range(20)}
        after = {name: text * 500 for name, text in before.items()}
        fill(small_disk, before)
        with Journal(small_disk.parent) as journal, journal.change("test", "x") as step:
            refused = step.apply([Edit(small_disk / n, before[n], after[n]) for n in before])
        assert 0 < len(refused) < 20
        assert {r.code for r in refused} == {"disk-full"}
        kept = {r.path.name for r in refused}
        assert texts(small_disk) == {n: (before if n in kept else after)[n] for n in before}
        assert undo(small_disk.parent) == (set(before) - kept, {})
        assert texts(small_disk) == before

    def test_a_journal_without_room_loses_nothing(self, small_disk: Path) -> None:
        before = {f"{i}.txt": bytes([65 + i]) * 100 for i in range(20)}
        fill(small_disk, before)
        filler = small_disk / "filler.bin"
        outcomes = set()
        for room in range(0, 140_000, 4_096):
            Journal(small_disk).close()
            free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
            filler.write_bytes(b"x" * max(0, free - room))
            old = {name: (small_disk / name).read_bytes() for name in before}
            new = {name: text[:-1] + b"%d" % (room // 4096 % 10) for name, text in old.items()}
            try:
                with Journal(small_disk) as journal, journal.change("test", f"{room}") as step:
                    step.apply([Edit(small_disk / n, old[n], new[n]) for n in old])
                outcomes.add("done")
            except StateError as error:
                assert error.code in ("disk-full", "state")
                outcomes.add(error.code)
            held = {name: (small_disk / name).read_bytes() for name in before}
            assert all(held[n] in (old[n], new[n]) for n in before)
            filler.unlink()
            Journal(small_disk).close()
            held = {name: (small_disk / name).read_bytes() for name in before}
            assert held in (old, new)
            assert temporaries(small_disk) == []
        assert {"done", "disk-full"} <= outcomes
        for _label, _files, state in states(small_disk):
            assert state == "applied"
            assert undo(small_disk)[1] == {}
        assert {name: (small_disk / name).read_bytes() for name in before} == before


NO_WRITE = """
import os, sys, tempfile
from pathlib import Path
from nasutui.core.errors import StateError
from nasutui.core.history.journal import Edit, Journal

def try_it(root, folder):
    with Journal(root) as journal, journal.change("test", "x") as change:
        edits = [Edit(path, path.read_bytes(), b"new") for path in sorted(folder.glob("*.txt"))]
        return [(r.path.name, r.code) for r in change.apply(edits)]

# Everything is imported before the rights to read it are given up.
with tempfile.TemporaryDirectory() as place:
    Path(place, "a.txt").write_bytes(b"old")
    try_it(Path(place), Path(place))
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    print(try_it(Path(sys.argv[1]), Path(sys.argv[2])))
except StateError as error:
    print(error.code)
"""


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that other users can reach, as pytest's own can't be."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    yield place
    for path in [place, *place.rglob("*")]:
        path.chmod(0o777)
    shutil.rmtree(place)


class TestNoPermission:
    def test_a_read_only_folder(self, open_place: Path) -> None:
        folder = open_place / "3_tagged"
        fill(folder, OLD)
        folder.chmod(0o555)
        result = run_script(NO_WRITE, open_place, folder)
        refused = [(name, "no-permission") for name in OLD]
        assert result.stdout.strip() == str(refused), result.stderr
        assert texts(folder) == OLD
        assert states(open_place) == []

    def test_a_project_that_may_only_be_read(self, open_place: Path) -> None:
        folder = open_place / "3_tagged"
        fill(folder, OLD)
        open_place.chmod(0o555)
        result = run_script(NO_WRITE, open_place, folder)
        assert result.stdout.strip() == "no-permission", result.stderr
        assert texts(folder) == OLD

    def test_a_journal_that_may_only_be_read(self, open_place: Path) -> None:
        fill(open_place, OLD)
        change(open_place, NEW)
        for path in [open_place / ".nasutui", *(open_place / ".nasutui").iterdir()]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        result = run_script(NO_WRITE, open_place, open_place)
        assert result.stdout.strip() == "no-permission", result.stderr
        assert texts(open_place) == NEW
