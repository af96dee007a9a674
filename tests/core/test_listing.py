"""Which files of a folder are pictures, captions and Japanese side files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from nasutui.core.editing.listing import caption_path, is_side_file, scan, side_path
from nasutui.core.errors import InputError
from tests.support.caption_folder import HOSTILE_STEMS, fill


def listed(folder: Path, *names: str) -> dict[str, object]:
    """A folder of these files: what each list of the listing holds."""
    fill(folder, dict.fromkeys(names, b""))
    found = scan(folder)
    return {
        "pictures": [p.name for p in found.pictures],
        "captions": [p.name for p in found.captions.values()],
        "loose": [p.name for p in found.loose],
        "sides": [p.name for p in found.sides.values()],
        "clashes": [(p.name, first.name) for p, first in found.clashes],
    }


class TestSideFiles:
    def test_a_side_file_needs_its_picture(self, tmp_path: Path) -> None:
        found = listed(tmp_path, "img.png", "img.txt", "img_jp.txt", "other_jp.txt")
        assert found["captions"] == ["img.txt"]
        assert found["sides"] == ["img_jp.txt"]
        assert found["loose"] == ["other_jp.txt"]

    def test_the_caption_of_a_picture_called_x_jp_is_a_caption(self, tmp_path: Path) -> None:
        found = listed(tmp_path, "img_jp.png", "img_jp.txt", "img_jp_jp.txt")
        assert found["captions"] == ["img_jp.txt"]
        assert found["sides"] == ["img_jp_jp.txt"]

    def test_also_when_there_is_a_picture_x(self, tmp_path: Path) -> None:
        listed(tmp_path, "img.png", "img_jp.png", "img.txt", "img_jp.txt", "img_jp_jp.txt")
        found = scan(tmp_path)
        assert set(found.captions) == {"img", "img_jp"}
        assert {p.name for p in found.sides.values()} == {"img_jp_jp.txt"}
        assert not found.side_is_free(tmp_path / "img.png")
        assert found.side_is_free(tmp_path / "img_jp.png")

    @pytest.mark.parametrize("stem", HOSTILE_STEMS)
    def test_any_name(self, tmp_path: Path, stem: str) -> None:
        try:
            found = listed(tmp_path, f"{stem}.png", f"{stem}.txt", f"{stem}_jp.txt")
        except OSError:
            pytest.skip("this file system does not take such names")
        assert found["pictures"] == [f"{stem}.png"]
        assert found["captions"] == [f"{stem}.txt"]
        assert found["sides"] == [f"{stem}_jp.txt"]

    def test_the_names_belong_together(self, tmp_path: Path) -> None:
        picture = tmp_path / "a.b_jp.png"
        assert caption_path(picture).name == "a.b_jp.txt"
        assert side_path(picture).name == "a.b_jp_jp.txt"
        assert is_side_file("a.b_jp_jp.txt", {"a.b_jp"})
        assert not is_side_file("a.b_jp.txt", {"a.b_jp"})
        assert not is_side_file("_jp.txt", {"a"})


class TestPictures:
    def test_natural_order(self, tmp_path: Path) -> None:
        found = listed(tmp_path, "img10.png", "img2.png", "IMG1.PNG", "img02.jpg")
        assert found["pictures"] == ["IMG1.PNG", "img02.jpg", "img2.png", "img10.png"]

    def test_pictures_that_would_share_a_caption_are_named(self, tmp_path: Path) -> None:
        found = listed(tmp_path, "a.jpg", "a.png", "a.webp", "a.txt", "b.png")
        assert found["pictures"] == ["a.jpg", "b.png"]
        assert found["clashes"] == [("a.png", "a.jpg"), ("a.webp", "a.jpg")]
        assert found["captions"] == ["a.txt"]

    def test_what_a_mac_leaves_behind_is_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "__MACOSX").mkdir()
        found = listed(tmp_path, "._img.png", "._img.txt", ".DS_Store", ".hidden.png", "notes.md")
        assert not any(found.values())

    def test_a_temporary_file_of_ours_is_no_content(self, tmp_path: Path) -> None:
        assert not any(listed(tmp_path, ".nasutui-1-abc.tmp").values())

    def test_a_caption_without_a_picture_is_kept_in_sight(self, tmp_path: Path) -> None:
        listed(tmp_path, "b.txt", "a.png", "a.txt", "a_jp.txt")
        assert [p.name for p in scan(tmp_path).caption_files()] == ["a.txt", "b.txt"]


class TestStrangeFolders:
    def test_one_bad_entry_does_not_hide_the_others(self, tmp_path: Path) -> None:
        (tmp_path / "loop.txt").symlink_to("loop.txt")
        (tmp_path / "nowhere.png").symlink_to("missing.png")
        (tmp_path / "folder.png").mkdir()
        (tmp_path / "linked.png").symlink_to(tmp_path / "folder.png")
        found = listed(tmp_path, "img.png", "img.txt")
        assert found["pictures"] == ["img.png", "nowhere.png"]
        assert found["captions"] == ["img.txt"]

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_a_pipe_or_socket_is_no_caption(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        with socket.socket(socket.AF_UNIX) as server:
            here = Path.cwd()
            os.chdir(tmp_path)  # the name of a socket must be short
            try:
                server.bind("socket.png")
            finally:
                os.chdir(here)
        found = listed(tmp_path, "img.png")
        assert (found["pictures"], found["loose"]) == (["img.png"], [])

    def test_what_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        for name, code in (("file", "not-a-folder"), ("missing", "missing")):
            with pytest.raises(InputError) as caught:
                scan(tmp_path / name)
            assert caught.value.code == code
            assert name in str(caught.value)
