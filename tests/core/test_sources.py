"""Raw pictures are found in folders, files and zips; nothing climbs out and nothing blocks."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from nasutui.core.errors import PictureError
from nasutui.core.pictures.sources import Found, find_sources
from tests.support.archives import Entry, finder_zip, write_zip

PNG = b"\x89PNG stands for a picture"


def labels(found: Found) -> list[str]:
    return [source.label for source in found.sources]


def refusals(found: Found) -> dict[str, str]:
    return {refused.path.name: refused.code for refused in found.refused}


def test_folders_are_read_in_natural_order_with_their_subfolders(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/10.png", "img10.png", "img2.PNG", "a1.webp", "B.heic", "b/c/1.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    found = find_sources([tmp_path])
    assert labels(found) == [
        "a1.webp", "b/2.png", "b/10.png", "b/c/1.jpg", "B.heic", "img2.PNG", "img10.png"
    ]  # fmt: skip


def test_what_is_no_picture_is_passed_over_and_named(tmp_path: Path) -> None:
    for name in ("notes.txt", "a.psd", ".hidden.png", "._a.png", ".DS_Store", "Thumbs.db", "a.png"):
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "b.png").write_bytes(PNG)
    found = find_sources([tmp_path])
    assert labels(found) == ["a.png"]
    assert found.ignored == ["a.psd", "notes.txt", "Thumbs.db"]
    assert found.refused == []


def test_links_pipes_and_loops_neither_block_nor_escape(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.png").write_bytes(PNG)
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "to_folder.png").symlink_to(tmp_path / "elsewhere")
    (raw / "up").symlink_to(raw)
    (raw / "loop.png").symlink_to(raw / "loop.png")
    (raw / "broken.png").symlink_to(raw / "nowhere")
    (raw / "linked.png").symlink_to(tmp_path / "elsewhere" / "secret.png")
    (raw / "folder.png").mkdir()
    os.mkfifo(raw / "pipe.png")
    os.mkfifo(raw / "pipe.zip")
    found = find_sources([raw])
    assert labels(found) == ["broken.png", "linked.png", "loop.png", "pipe.png"]
    assert refusals(found) == {"pipe.zip": "not-a-file"}
    codes = {}
    for source in found.sources:
        try:
            codes[source.label] = source.read().decode("latin-1")[:4]
        except PictureError as error:
            codes[source.label] = error.code
    assert codes == {
        "broken.png": "missing", "linked.png": "\x89PNG", "loop.png": "link-loop",
        "pipe.png": "not-a-file",
    }  # fmt: skip


def test_very_deep_folders_are_walked(tmp_path: Path) -> None:
    here = os.getcwd()  # noqa: PTH109 - a path this long can only be made step by step
    try:
        os.chdir(tmp_path)
        for _level in range(1500):
            os.mkdir("d")  # noqa: PTH102
            os.chdir("d")
            if _level == 900:
                Path("deep.png").write_bytes(PNG)
    finally:
        os.chdir(here)
    try:
        assert [source.path.name for source in find_sources([tmp_path]).sources] == ["deep.png"]
    finally:
        os.system(f"rm -rf '{tmp_path}/d'")


def test_a_folder_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    found = find_sources([tmp_path / "nowhere", tmp_path / "絵.png"])
    assert refusals(found) == {"nowhere": "missing", "絵.png": "missing"}


def test_folders_to_leave_out_are_left_out(tmp_path: Path) -> None:
    for name in ("raw/1.png", "out/img001.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(PNG)
    assert labels(find_sources([tmp_path], leave_out=[tmp_path / "out"])) == ["raw/1.png"]


def test_names_that_are_no_text_are_found(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe.png")).write_bytes(PNG)
    (source,) = find_sources([tmp_path]).sources
    assert source.read() == PNG


def test_a_zip_of_the_finder_gives_its_pictures_and_nothing_else(tmp_path: Path) -> None:
    path = finder_zip(
        tmp_path / "がぞう.zip", "なすみそ", {"ポーズ2.png": PNG, "ポーズ10.png": PNG}
    )
    found = find_sources([path])
    assert labels(found) == [
        "がぞう.zip/なすみそ/ポーズ2.png", "がぞう.zip/なすみそ/ポーズ10.png"
    ]  # fmt: skip
    assert found.refused == []
    assert found.ignored == []
    assert found.sources[0].read() == PNG
    assert found.sources[0].where == path / "なすみそ" / "ポーズ2.png"


@pytest.mark.parametrize("name", ["表示.png", "ソース/能力.png", "はな.png"])
def test_names_in_shift_jis_are_read(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", [Entry(name.encode("cp932"), PNG)])
    (source,) = find_sources([path]).sources
    assert source.label == f"a.zip/{name}"
    assert source.read() == PNG


def test_declared_utf8_names_are_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [Entry("ü/絵.png".encode(), PNG, flags=0x800)])
    assert labels(find_sources([path])) == ["a.zip/ü/絵.png"]


@pytest.mark.parametrize(
    "name",
    [b"../up.png", b"a/../../up.png", b"/etc/up.png", b"C:\\up.png", b"..\\up.png", b"a\\..\\..\\up.png",
     b"//server/up.png", b"\\\\server\\up.png"],
)  # fmt: skip
def test_entries_that_climb_out_are_refused_by_name(tmp_path: Path, name: bytes) -> None:
    path = write_zip(tmp_path / "a.zip", [Entry(name, PNG), Entry(b"fine.png", PNG)])
    found = find_sources([path])
    assert labels(found) == ["a.zip/fine.png"]
    (refused,) = found.refused
    assert refused.code == "climbs-out"
    assert "up.png" in refused.reason
    assert tmp_path in refused.path.parents


def test_links_and_locked_entries_in_a_zip_are_refused(tmp_path: Path) -> None:
    entries = [
        Entry(b"link.png", b"/etc/passwd", mode=0o120777),
        Entry(b"locked.png", b"0123456789ab" + PNG, flags=0x1),
        Entry(b"fine.png", PNG),
    ]
    found = find_sources([write_zip(tmp_path / "a.zip", entries)])
    assert labels(found) == ["a.zip/fine.png"]
    assert refusals(found) == {"link.png": "link", "locked.png": "encrypted"}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_entries_are_refused_when_they_are_read(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.png", PNG * 500)
    data = bytearray(path.read_bytes())
    data[45:60] = bytes(reversed(data[45:60]))
    path.write_bytes(data)
    (source,) = find_sources([path]).sources
    with pytest.raises(PictureError) as caught:
        source.read()
    assert caught.value.code == "damaged"


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
def test_packings_that_nobody_reads_are_refused(tmp_path: Path, method: int) -> None:
    path = write_zip(tmp_path / "a.zip", [Entry(b"a.png", PNG, method=method)])
    (source,) = find_sources([path]).sources
    with pytest.raises(PictureError) as caught:
        source.read()
    assert caught.value.code == "damaged"


def test_an_entry_that_claims_too_much_or_is_empty(tmp_path: Path) -> None:
    entries = [Entry(b"big.png", PNG, claims=3_000_000_000), Entry(b"none.png")]
    found = find_sources([write_zip(tmp_path / "a.zip", entries)])
    codes = []
    for source in found.sources:
        with pytest.raises(PictureError) as caught:
            source.read()
        codes.append(caught.value.code)
    assert codes == ["too-large", "empty"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    (source,) = find_sources(
        [write_zip(tmp_path / "a.zip", [Entry(b"a.png", PNG, claims=900_000_000)])]
    ).sources
    with pytest.raises(PictureError, match="unpack the zip") as caught:
        source.read()
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "絵.zip"
    path.write_bytes(data)
    found = find_sources([path])
    assert refusals(found) == {"絵.zip": "damaged"}
    assert "絵.zip" in found.refused[0].reason


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    whole = finder_zip(tmp_path / "a.zip", "f", {"1.png": PNG, "2.png": PNG}).read_bytes()
    path = tmp_path / "b.zip"
    for cut in range(1, len(whole), 37):
        path.write_bytes(whole[:cut])
        found = find_sources([path])
        assert found.sources == []
        assert len(found.refused) == 1
