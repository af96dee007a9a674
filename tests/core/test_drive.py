"""Google Drive's folder is found by itself, on systems of several kinds and languages."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from nasutui.core.errors import InputError
from nasutui.core.transfer.drive import Drive, choose_drive, find_drives

JAPANESE = "マイドライブ"


def mac(home: Path, account: str, *names: str) -> Path:
    folder = home / "Library" / "CloudStorage" / f"GoogleDrive-{account}"
    for name in names:
        (folder / name).mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    "mine", ["My Drive", JAPANESE, unicodedata.normalize("NFD", JAPANESE), "Mon Drive"]
)
def test_macos_in_any_language(tmp_path: Path, mine: str) -> None:
    folder = mac(
        tmp_path, "a@example.com", mine, "共有ドライブ", ".Trash", ".shortcut-targets-by-id"
    )
    assert find_drives(tmp_path, "darwin") == [Drive("a@example.com", folder / mine)]


def test_other_clouds_and_files_are_passed_over(tmp_path: Path) -> None:
    mac(tmp_path, "a@example.com", "My Drive")
    (tmp_path / "Library/CloudStorage/Dropbox/My Drive").mkdir(parents=True)
    (tmp_path / "Library/CloudStorage/GoogleDrive-file").write_text("")
    mac(tmp_path, "empty@example.com", ".Trash")
    assert [d.account for d in find_drives(tmp_path, "darwin")] == ["a@example.com"]


def test_several_accounts(tmp_path: Path) -> None:
    for account in ("b@example.com", "a@example.com"):
        mac(tmp_path, account, JAPANESE, "Shared drives")
    drives = find_drives(tmp_path, "darwin")
    assert [d.account for d in drives] == ["a@example.com", "b@example.com"]
    with pytest.raises(InputError, match=r"a@example\.com, b@example\.com") as error:
        choose_drive(None, drives)
    assert error.value.code == "which-drive"
    assert choose_drive("B@example.com", drives) == drives[1]
    (drives[0].folder / "NasuTomo").mkdir()
    assert choose_drive(None, drives) == drives[0]
    with pytest.raises(InputError):
        choose_drive("c@example.com", drives)


@pytest.mark.parametrize("mine", ["My Drive", JAPANESE])
def test_windows_letters(tmp_path: Path, mine: str) -> None:
    for name in ("F", "G", "H"):
        (tmp_path / name).mkdir()
    (tmp_path / "G" / mine).mkdir()
    (tmp_path / "G" / "$RECYCLE.BIN").mkdir()
    (tmp_path / "H" / "only folder").mkdir()
    roots = [tmp_path / name for name in ("F", "G", "H", "Z")]
    (drive,) = find_drives(tmp_path / "home", "win32", roots)
    assert drive.folder == tmp_path / "G" / mine


@pytest.mark.parametrize("name", ["My Drive", JAPANESE, "My Drive (a@example.com)", "Google Drive"])
@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_a_mirrored_drive(tmp_path: Path, name: str, platform: str) -> None:
    (tmp_path / name).mkdir()
    assert [d.folder for d in find_drives(tmp_path, platform)] == [tmp_path / name]


def test_no_drive_says_what_to_do(tmp_path: Path) -> None:
    assert find_drives(tmp_path, "darwin") == find_drives(tmp_path, "linux") == []
    with pytest.raises(InputError, match="--to DIR") as error:
        choose_drive(None, [])
    assert error.value.code == "no-drive"


def test_hostile_accounts_are_shown_safely(tmp_path: Path) -> None:
    drives = [Drive("\x1b]0;x\x07", tmp_path), Drive("b", tmp_path)]
    with pytest.raises(InputError) as error:
        choose_drive(None, drives)
    assert "\x1b" not in str(error.value)
