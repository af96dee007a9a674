"""Hashes are remembered until the file changes; copies are made once and never over a stranger."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from nasutui.core.database import connect
from nasutui.core.errors import PictureError
from nasutui.core.hashes import FileHashes
from nasutui.core.pictures.mirror import PictureMirror

NAMES = ["a.png", "絵 \x1b[31m.png", os.fsdecode(b"\xff.png"), "x" * 200 + ".png"]


@pytest.mark.parametrize("name", NAMES)
def test_a_hash_is_remembered_until_the_file_changes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"one")
    hashes = FileHashes(tmp_path)
    assert hashes.known(path) is None
    assert hashes.sha256(path) == hashlib.sha256(b"one").hexdigest()
    assert hashes.known(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"two, longer")
    assert hashes.known(path) is None
    assert hashes.sha256(path) == hashlib.sha256(b"two, longer").hexdigest()
    hashes.close()


def test_a_file_put_in_place_of_another_is_noticed(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"one")
    hashes = FileHashes(tmp_path)
    hashes.sha256(path)
    status = path.stat()
    other.write_bytes(b"two")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)
    assert hashes.sha256(path) == hashlib.sha256(b"two").hexdigest()
    hashes.close()


def test_a_moved_project_keeps_its_hashes(tmp_path: Path) -> None:
    project = tmp_path / "one"
    project.mkdir()
    (project / "a").write_bytes(b"one")
    hashes = FileHashes(project)
    hashes.sha256(project / "a")
    hashes.close()
    project.rename(tmp_path / "two")
    hashes = FileHashes(tmp_path / "two")
    assert hashes.known(tmp_path / "two" / "a") is not None or os.name == "nt"
    hashes.close()


def bring(folder: Path, source: Path) -> bool:
    db = connect(folder, durable=False)
    try:
        hashes = FileHashes(folder, db)
        return PictureMirror(folder, folder, db, hashes).bring(source, hashes.sha256(source))
    finally:
        db.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_copied_once_and_follows_its_source(tmp_path: Path, name: str) -> None:
    folder, source = tmp_path / "out", tmp_path / name
    folder.mkdir()
    source.write_bytes(b"one")
    assert bring(folder, source)
    assert not bring(folder, source)
    source.write_bytes(b"another picture")
    assert bring(folder, source)
    assert (folder / name).read_bytes() == b"another picture"


def test_a_strangers_picture_is_left_as_it_is(tmp_path: Path) -> None:
    folder, source = tmp_path / "out", tmp_path / "a.png"
    folder.mkdir()
    source.write_bytes(b"one")
    (folder / "a.png").write_bytes(b"of somebody else")
    with pytest.raises(PictureError) as caught:
        bring(folder, source)
    assert caught.value.code == "changed-meanwhile"
    assert (folder / "a.png").read_bytes() == b"of somebody else"


def test_a_copy_that_somebody_retouched_is_left_as_it_is(tmp_path: Path) -> None:
    folder, source = tmp_path / "out", tmp_path / "a.png"
    folder.mkdir()
    source.write_bytes(b"one")
    bring(folder, source)
    (folder / "a.png").write_bytes(b"retouched by hand")
    source.write_bytes(b"another picture")
    with pytest.raises(PictureError):
        bring(folder, source)
    assert (folder / "a.png").read_bytes() == b"retouched by hand"


def test_in_its_own_folder_nothing_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(b"one")
    assert not bring(tmp_path, source)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".nasutui", "a.png"]
