"""Disk full, or broken, at any access of any step: no caption is lost or half written, the person is
told in words, and when the disk has room again the next run does the rest."""

from __future__ import annotations

import errno
import shutil
import sys
from pathlib import Path

import pytest

import nasutui.batch
import nasutui.cli
from nasutui.core.errors import InputError
from nasutui.core.events import ItemFailed, never
from nasutui.core.history.steps import HistorySettings, redo, undo
from nasutui.core.project import DATASET
from tests.support.caption_folder import collect, temporaries
from tests.support.step_table import (
    STEPS,
    Step,
    check_after_kill,
    check_seal,
    files_of,
    place_for,
    states_between,
    text_files,
)

if sys.platform == "win32":
    pytest.skip("needs fork", allow_module_level=True)

from tests.support.faults import fail_everywhere


def check(step: Step, tmp_path: Path, how: str, first: int, stride: int) -> int:
    """How many faults the step was given."""
    template = tmp_path / "template"
    place_for(step, template, pictures=3, captions=8)
    old = files_of(template)
    between = states_between(step, shutil.copytree(template, tmp_path / "watched"))
    lived = shutil.copytree(template, tmp_path / "lived")
    collect(step.again(lived))
    new = files_of(lived)
    faults = 0
    for failed in fail_everywhere(step.name, template, tmp_path / "out", how, first, stride):
        try:
            assert failed.code in (0, 1, 3)
            assert "Traceback" not in failed.said
            assert failed.said
            found = files_of(failed.place)
            if step.name == "run":  # it goes on with the other pictures: another dataset, but whole
                for name in found:
                    if name.endswith("manifest.json"):
                        check_seal(found, name)
                found = {
                    n: data
                    for n, data in found.items()
                    if f"/{DATASET}/" not in n and not n.endswith("_jp.txt")
                }
            check_after_kill(found, old, new, between)
            go_on(step, failed.place, new)
        except BaseException as error:
            error.add_note(f"{failed.place.name}: exit code {failed.code}, it said {failed.said}")
            raise
        faults += failed.code != 0
        shutil.rmtree(failed.place)
    return faults


def go_on(step: Step, place: Path, new: dict[str, bytes]) -> None:
    """The disk is well again."""
    if step.name in ("undo", "redo"):
        # A file that could not be turned was named, and stays behind until the change is turned
        # the other way and back.
        there, back = (undo, redo) if step.name == "undo" else (redo, undo)
        for turn in (back, there):
            try:
                collect(turn(HistorySettings(place / "texts"), never))
            except InputError as error:
                assert error.code in ("nothing-to-undo", "nothing-to-redo")
    else:
        assert not [e for e in collect(step.again(place)) if isinstance(e, ItemFailed)]
    assert files_of(place) == new
    assert temporaries(place) == []
    if step.journalled and step.name not in ("undo", "redo"):
        root = place / {"caption": "tagged", "run": "project"}.get(step.name, "texts")
        before = text_files(files_of(place))
        outcome = collect(undo(HistorySettings(root), never))
        assert not [e for e in outcome if isinstance(e, ItemFailed)]
        collect(redo(HistorySettings(root), never))
        assert text_files(files_of(place)) == before


@pytest.mark.parametrize("name", ["edit", "undo"])
def test_a_full_disk_at_some_accesses(name: str, tmp_path: Path) -> None:
    assert check(STEPS[name], tmp_path, "ENOSPC", first=2, stride=5) >= 2


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    assert check(STEPS["edit"], tmp_path, "size", first=2, stride=9) >= 1


@pytest.mark.soak
@pytest.mark.parametrize("how", ["ENOSPC", "EIO", "size"])
@pytest.mark.parametrize("name", STEPS)
def test_a_fault_at_every_access(name: str, how: str, tmp_path: Path) -> None:
    faults = check(STEPS[name], tmp_path, how, first=1, stride=1)
    print(f"{name}: {faults} times {how}")
    assert faults >= 2


def test_what_a_step_does_not_foresee_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the system that comes out of a step is no reader that has gone: it is said."""

    def broken(_step: object, _stop: object, _reporter: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "/the/file")

    monkeypatch.setattr(nasutui.batch, "_run", broken)
    assert nasutui.cli.main(["--batch", "edit", "--input", str(tmp_path), "--add", "x"]) == 1
    assert "/the/file: the disk is full" in capsys.readouterr().err
