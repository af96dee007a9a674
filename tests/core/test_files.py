"""The one door for writing: a file appears whole or not at all."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from nasutui.core.files import (
    TEMPORARY_PREFIX,
    atomic_file,
    copy_atomic,
    flush_to_disk,
    remove_leftovers,
    sha256_file,
    write_atomic,
)
from tests.support.caption_folder import run_script, temporaries, texts


class StopError(Exception):
    pass


class TestWriting:
    def test_a_new_and_an_old_file(self, tmp_path: Path) -> None:
        for text in (b"one", b"", b"three"):
            write_atomic(tmp_path / "a.txt", text)
            assert texts(tmp_path) == {"a.txt": text}

    def test_an_interrupted_write_leaves_the_old_text_and_nothing_else(
        self, tmp_path: Path
    ) -> None:
        write_atomic(tmp_path / "a.txt", b"old")
        with pytest.raises(StopError), atomic_file(tmp_path / "a.txt") as file:
            file.write(b"half")
            raise StopError
        assert texts(tmp_path) == {"a.txt": b"old"}

    def test_a_reader_never_meets_half_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        whole = [b"a" * 200_000, b"b" * 100_000]
        write_atomic(path, whole[0])
        ended = threading.Event()

        def write() -> None:
            for i in range(200):
                write_atomic(path, whole[i % 2])
            ended.set()

        writer = threading.Thread(target=write)
        writer.start()
        while not ended.is_set():
            assert path.read_bytes() in whole
        writer.join()

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            write_atomic(tmp_path / "missing" / "a.txt", b"x")

    def test_a_file_that_may_not_grow(self, tmp_path: Path) -> None:
        script = (
            "import resource, sys; from pathlib import Path\n"
            "from nasutui.core.files import write_atomic\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "try: write_atomic(Path(sys.argv[1]), b'x' * 5000)\n"
            "except OSError as error: print(error.errno)\n"
        )
        path = tmp_path / "a.txt"
        path.write_bytes(b"old")
        assert run_script(script, path).stdout.strip().isdecimal()
        assert texts(tmp_path) == {"a.txt": b"old"}

    def test_permissions_stay(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        write_atomic(path, b"one")
        fresh = path.stat().st_mode & 0o777
        (tmp_path / "plain").touch()
        assert fresh == (tmp_path / "plain").stat().st_mode & 0o777
        path.chmod(0o600)
        write_atomic(path, b"two")
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_copy_tells_what_it_wrote(self, tmp_path: Path) -> None:
        (tmp_path / "source").write_bytes(os.urandom(3_000_000))
        digest = copy_atomic(tmp_path / "source", tmp_path / "target")
        assert digest == sha256_file(tmp_path / "source") == sha256_file(tmp_path / "target")

    def test_flushing_takes_any_folder(self, tmp_path: Path) -> None:
        write_atomic(tmp_path / "a.txt", b"x")
        flush_to_disk([tmp_path, tmp_path / "missing", Path("/")])
        flush_to_disk([])


class TestLeftovers:
    def test_those_of_the_dead_go(self, tmp_path: Path) -> None:
        dead = subprocess.Popen(["true"])
        dead.wait()
        names = [f"{dead.pid}-ab12.tmp", "99999999999999999999-ab.tmp"]
        for name in names:
            (tmp_path / f"{TEMPORARY_PREFIX}{name}").write_bytes(b"half")
        assert remove_leftovers(tmp_path) == 2
        assert temporaries(tmp_path) == []

    def test_those_of_the_living_stay_unless_they_are_old(self, tmp_path: Path) -> None:
        young, old = (tmp_path / f"{TEMPORARY_PREFIX}{os.getpid()}-{i}.tmp" for i in "ab")
        for path in (young, old):
            path.write_bytes(b"half")
        yesterday = time.time() - 86400
        os.utime(old, (yesterday, yesterday))
        assert remove_leftovers(tmp_path) == 1
        assert temporaries(tmp_path) == [young]

    def test_nothing_else_goes(self, tmp_path: Path) -> None:
        names = [".nasutui-notes", ".nasutui-x-y.tmp", "nasutui-1-a.tmp", ".nasutui-.tmp", "a.tmp"]
        for name in names:
            (tmp_path / name).write_bytes(b"")
        (tmp_path / f"{TEMPORARY_PREFIX}1-a.tmp.txt").write_bytes(b"")
        before = texts(tmp_path)
        assert remove_leftovers(tmp_path) == 0
        assert texts(tmp_path) == before

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert remove_leftovers(tmp_path / "missing") == 0
