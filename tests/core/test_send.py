"""A dataset on its way: whole or not there, gone on with, nothing overwritten."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from nasutui.core import remembered
from nasutui.core.errors import InputError, NasutuiError, StateError
from nasutui.core.events import Event, Finished, ItemDone, Note, Progress, never
from nasutui.core.training.export import ExportSettings, export
from nasutui.core.transfer import places
from nasutui.core.transfer.drive import find_drives
from nasutui.core.transfer.resumable import part_of
from nasutui.core.transfer.send import SendSettings, send
from tests.support.crash_moves import kill_everywhere, work
from tests.support.datasets import TRIGGER, contents, plain, stamps


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASUTUI_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def exported(folder: Path, count: int, name: str = "nasu") -> Path:
    output = folder / f"{name}{count}"
    list(
        export(ExportSettings(plain(folder / f"t{count}", count), output, name, 10, TRIGGER), never)
    )
    return output


def deliver(dataset: Path, to: Path | str) -> list[Event]:
    return list(send(SendSettings(dataset, str(to)), never))


def actions(events: list[Event]) -> list[str]:
    return [e.action for e in events if isinstance(e, ItemDone)]


def pairs(folder: Path) -> set[str]:
    """The datasets in a folder; each pair is verified."""
    found = set()
    for manifest in folder.glob("*.json"):
        told = json.loads(manifest.read_text(encoding="utf-8"))
        data = (folder / told["zip"]["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == told["zip"]["sha256"]
        found.add(manifest.stem)
    return found


def test_the_zip_and_its_manifest_arrive(tmp_path: Path, own_home: Path) -> None:
    events = deliver(exported(tmp_path, 3), tmp_path / "there" / "new")
    assert actions(events) == ["made", "made"]
    assert len(pairs(tmp_path / "there/new")) == 1
    assert len(contents(tmp_path / "there/new")) == 2
    assert [e for e in events if isinstance(e, Progress)][-1].total
    assert not [p for p in (own_home / "cache" / "send").iterdir() if p.is_dir()]


def test_sending_again_changes_nothing(tmp_path: Path) -> None:
    dataset = exported(tmp_path, 3)
    deliver(dataset, tmp_path / "there")
    before = stamps(tmp_path / "there")
    assert actions(deliver(dataset, tmp_path / "there")) == ["unchanged", "unchanged"]
    assert stamps(tmp_path / "there") == before


def test_older_datasets_of_the_name_are_kept_aside(tmp_path: Path) -> None:
    there = tmp_path / "there"
    other = exported(tmp_path, 2, "nasu-x")
    deliver(other, there)
    beside = pairs(there)
    a, b = exported(tmp_path, 3), exported(tmp_path, 4)
    (there / "nasu.zip").write_bytes(b"somebody's")
    deliver(a, there)
    first = pairs(there) - beside
    old = contents(there)
    events = deliver(b, there)
    assert len(pairs(there)) == 2 and beside < pairs(there)
    assert pairs(there / "older") == first
    assert all((there / "older" / n).read_bytes() == old[n] for n in contents(there / "older"))
    assert [e.code for e in events if isinstance(e, Note)] == ["kept-aside"]
    deliver(a, there)  # back to the first: it is the one that counts, and nothing is lost
    assert pairs(there) == beside | first
    assert len(pairs(there / "older")) == 2
    assert (there / "nasu.zip").read_bytes() == b"somebody's"


def test_a_begun_copy_is_gone_on_with(tmp_path: Path) -> None:
    dataset, there = exported(tmp_path, 3), tmp_path / "there"
    deliver(dataset, tmp_path / "other")
    (whole,) = (tmp_path / "other").glob("*.zip")
    there.mkdir()
    part = part_of(there / whole.name)
    part.write_bytes(whole.read_bytes()[:1000])
    events = deliver(dataset, there)
    first = next(e for e in events if isinstance(e, Progress) and e.what == whole.name
                 and e.total == whole.stat().st_size)  # fmt: skip
    assert first.done == 1000
    assert pairs(there) == pairs(tmp_path / "other")
    assert not part.exists()


@pytest.mark.parametrize("begun", [b"not its beginning", b"x" * 10_000_000])
def test_a_begun_copy_of_something_else_is_thrown_away(tmp_path: Path, begun: bytes) -> None:
    dataset, there = exported(tmp_path, 3), tmp_path / "there"
    deliver(dataset, tmp_path / "other")
    (whole,) = (tmp_path / "other").glob("*.zip")
    there.mkdir()
    part_of(there / whole.name).write_bytes(begun)
    deliver(dataset, there)
    assert pairs(there) == pairs(tmp_path / "other")


def test_a_zip_that_was_damaged_there_is_mended(tmp_path: Path) -> None:
    dataset, there = exported(tmp_path, 3), tmp_path / "there"
    deliver(dataset, there)
    (packed,) = there.glob("*.zip")
    packed.write_bytes(packed.read_bytes()[:-1])
    assert actions(deliver(dataset, there)) == ["made", "unchanged"]
    assert len(pairs(there)) == 1


def test_stopping_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    dataset, there = exported(tmp_path, 3), tmp_path / "there"
    for after in range(12):
        asked = [0]

        def cancelled(asked: list[int] = asked, after: int = after) -> bool:
            asked[0] += 1
            return asked[0] > after

        end = list(send(SendSettings(dataset, str(there)), cancelled))[-1]
        assert isinstance(end, Finished)
        if not end.cancelled:
            break
        assert not list(there.glob("*.json"))
    deliver(dataset, there)
    assert len(pairs(there)) == 1 and len(contents(there)) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_every_point_the_next_run_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "template"
    exported(template, 2).rename(template / "dataset")
    old = exported(tmp_path, 3)
    deliver(old, template / "there")
    (was,) = pairs(template / "there")
    before = contents(template / "there")
    points = 0
    for root in kill_everywhere("send", template, tmp_path / "copies"):
        points += 1
        pairs(root / "there")  # whatever has a manifest is whole
        for name in ("NASUTUI_CACHE", "NASUTUI_STATE"):
            monkeypatch.setenv(name, str(root / name))
        list(work("send", root))
        (now,) = pairs(root / "there")
        assert now != was
        left = contents(root / "there")
        assert {
            k.removeprefix("older/"): v for k, v in left.items() if k.startswith("older/")
        } == before
        assert len(left) == 4  # two pairs and nothing half
        assert not [p for p in (root / "cache" / "send").iterdir() if p.is_dir()]
    assert points > 40


def test_two_at_a_time_do_not_meet(tmp_path: Path) -> None:
    dataset, there = exported(tmp_path, 2), tmp_path / "there"
    first = send(SendSettings(dataset, str(there)), never)
    while not isinstance(next(first), Progress):
        pass
    with pytest.raises(StateError) as error:
        deliver(dataset, tmp_path / "elsewhere")
    assert error.value.code == "state-busy"
    list(first)
    assert len(pairs(there)) == 1


def test_a_drive_that_is_away_is_not_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = exported(tmp_path, 2)
    monkeypatch.setenv("NASUTUI_DRIVE", str(tmp_path / "My Drive"))
    with pytest.raises(InputError) as error:
        deliver(dataset, "drive")
    assert error.value.code == "no-drive"
    assert not (tmp_path / "My Drive").exists()
    (tmp_path / "My Drive").mkdir()
    events = deliver(dataset, "drive")
    assert len(pairs(tmp_path / "My Drive" / "NasuTomo" / "datasets")) == 1
    assert [e.code for e in events if isinstance(e, Note)] == ["uploading"]


def test_an_account_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    for account in ("a", "b"):
        (home / f"My Drive ({account})").mkdir(parents=True)
    monkeypatch.setattr(places, "find_drives", lambda: find_drives(home, "linux"))
    dataset = exported(tmp_path, 2)
    with pytest.raises(InputError) as error:
        deliver(dataset, "drive")
    assert error.value.code == "which-drive"
    deliver(dataset, "drive:My Drive (b)")
    assert remembered.recall(remembered.DRIVE) == "My Drive (b)"
    assert actions(deliver(dataset, "drive")) == ["unchanged", "unchanged"]


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write")
def test_a_folder_that_refuses_is_said(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(InputError) as error:
        deliver(exported(tmp_path, 2), there)
    assert error.value.code == "no-permission"


def test_the_place_that_is_remembered_does_not_depend_on_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    deliver(exported(tmp_path, 2), "there")
    assert remembered.recall(remembered.PLACE) == str(tmp_path / "there")


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    with pytest.raises(NasutuiError):
        deliver(exported(tmp_path, 2), tmp_path / "there")


@pytest.mark.parametrize("data", [b"", b"[", b"[1]", b'{"drive": 3}', b"\xff"])
def test_a_memory_that_is_damaged_is_no_memory(state: Path, data: bytes) -> None:
    state.mkdir()
    (state / "remembered.json").write_bytes(data)
    assert remembered.recall(remembered.DRIVE) is None
    remembered.remember(remembered.DRIVE, "x")
    assert remembered.recall(remembered.DRIVE) == "x"
