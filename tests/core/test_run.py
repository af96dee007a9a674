"""The main job: every step once, and a second time nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nasutui.core.errors import InputError, SettingsError
from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Row, never
from nasutui.core.history.steps import HistorySettings, history
from nasutui.core.project import create_project, update_project
from nasutui.core.run import RunSettings, check_project, run
from nasutui.core.training.manifest import damage
from tests.support.datasets import captioned, contents, noise, plain, png, stamps, transparent
from tests.support.kohya_config import read_config_file
from tests.support.kohya_reader import train_from_config

STEPS = ["prepare", "caption", "add-tag", "translate", "export", "run"]
DERIVED = ["2_processed", "3_tagged", "4_dataset"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = create_project(tmp_path / "nasu", model="embedded").root
    for i in range(1, 5):
        (root / f"1_raw_images/p{i}.png").write_bytes(png(noise(i, (300, 200))))
    (root / "1_raw_images/p5.png").write_bytes(transparent(5))
    return root


def run_all(root: Path, cancelled: Callable[[], bool] = never) -> list[Event]:
    return list(run(RunSettings(root), cancelled))


def test_from_raw_pictures_to_a_dataset(project: Path) -> None:
    events = run_all(project)
    assert [e.step for e in events if isinstance(e, Finished)] == STEPS
    assert not any(isinstance(e, ItemFailed) for e in events)
    dataset = project / "4_dataset"
    assert damage(dataset) == []
    seen = train_from_config(dataset, read_config_file(dataset / "training.toml"))
    assert len(seen.pictures) == 5
    assert all(p.caption.split(", ")[0] == "nasumiso_style" for p in seen.pictures)
    assert {p.size for p in seen.pictures} == {(512, 512)}
    assert sorted(p.name for p in (project / "3_tagged").glob("*_jp.txt")) == [
        f"img00{i}_jp.txt" for i in range(1, 6)
    ]


def test_a_second_run_changes_no_file_and_no_history(project: Path) -> None:
    run_all(project)
    before, past = stamps(project, leave_out=[".nasutui"]), changes(project)
    events = run_all(project)
    assert stamps(project, leave_out=[".nasutui"]) == before
    assert changes(project) == past
    actions = {e.action for e in events if isinstance(e, ItemDone)}
    assert actions == {"unchanged"}


def changes(project: Path) -> list[object]:
    rows = history(HistorySettings(project / "3_tagged"), never)
    return [dict(e.data) for e in rows if isinstance(e, Row)]


def test_a_new_picture_is_taken_up_alone(project: Path) -> None:
    run_all(project)
    before = stamps(project / "3_tagged")
    (project / "1_raw_images/p0.png").write_bytes(png(noise(9, (400, 300))))
    run_all(project)
    after = stamps(project / "3_tagged")
    assert {k for k in after if before.get(k) != after[k]} == {
        "img006.png", "img006.txt", "img006_jp.txt",
    }  # fmt: skip
    assert damage(project / "4_dataset") == []


def test_a_persons_edit_survives_the_next_run(project: Path) -> None:
    run_all(project)
    caption = project / "3_tagged/img001.txt"
    caption.write_text("nasumiso_style, my_own_tag", encoding="utf-8")
    run_all(project)
    assert caption.read_text(encoding="utf-8") == "nasumiso_style, my_own_tag"
    (exported,) = (project / "4_dataset").glob("*_nasu/img001.txt")
    assert exported.read_text(encoding="utf-8") == "nasumiso_style, my_own_tag\n"


@pytest.mark.parametrize("asked", [0, 3, 8, 15, 22, 30, 40])
def test_a_run_that_was_stopped_picks_up(project: Path, tmp_path: Path, asked: int) -> None:
    questions = iter(range(asked))
    first = run_all(project, lambda: next(questions, None) is None)
    end = first[-1]
    assert isinstance(end, Finished) and end.step == "run"
    run_all(project)
    twin = create_project(tmp_path / "twin" / "nasu", model="embedded").root
    for path in (project / "1_raw_images").iterdir():
        (twin / "1_raw_images" / path.name).write_bytes(path.read_bytes())
    run_all(twin)
    for folder in DERIVED:
        assert contents(project / folder) == contents(twin / folder)


def test_failures_of_a_step_are_counted_and_the_rest_goes_on(project: Path) -> None:
    (project / "1_raw_images/broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    events = run_all(project)
    assert [e.path.name for e in events if isinstance(e, ItemFailed)] == ["broken.png"]
    end = events[-1]
    assert isinstance(end, Finished) and end.summary["failed"] == 1
    assert damage(project / "4_dataset") == []


def test_nothing_to_do_it_with(tmp_path: Path) -> None:
    root = create_project(tmp_path / "p", model="embedded").root
    with pytest.raises(InputError) as error:
        run_all(root)
    assert error.value.code == "no-pictures"
    assert "1_raw_images" in str(error.value)


def test_raw_pictures_may_be_gone_later(project: Path) -> None:
    run_all(project)
    for path in (project / "1_raw_images").iterdir():
        path.unlink()
    before = stamps(project / "4_dataset")
    assert isinstance(run_all(project)[-1], Finished)
    assert stamps(project / "4_dataset") == before


def test_without_a_trigger_none_is_added(project: Path) -> None:
    update_project(project, {"project": {"trigger": ""}})
    events = run_all(project)
    assert "add-tag" not in [e.step for e in events if isinstance(e, Finished)]
    assert "nasumiso_style" not in (project / "3_tagged/img001.txt").read_text(encoding="utf-8")


def test_training_settings_of_the_project_reach_the_export(project: Path) -> None:
    update_project(project, {"training": {"preset": "sd15-style", "max_train_epochs": 4}})
    run_all(project)
    get = read_config_file(project / "4_dataset/training.toml").get
    assert (get("network_dim"), get("max_train_epochs")) == (32, 4)


def test_wrong_settings_stop_before_anything_is_done(project: Path) -> None:
    (project / "project.toml").write_text("[training]\nepochs = 3", encoding="utf-8")
    with pytest.raises(SettingsError):
        run_all(project)
    assert not any((project / "2_processed").iterdir())


def test_a_project_is_checked_with_its_settings(project: Path) -> None:
    run_all(project)
    (project / "4_dataset/40_nasu/img001.npz").write_bytes(b"x")
    update_project(project, {"training": {"lr_warmup_steps": 100_000}})
    rows = [e.data for e in check_project(RunSettings(project), never) if isinstance(e, Row)]
    assert sorted(r["code"] for r in rows) == ["stale-cache", "warmup"]


def test_a_plain_folder_can_be_checked_too(tmp_path: Path) -> None:
    folder = plain(tmp_path / "夏 の絵", 12, (512, 512))
    captioned(folder, {}, {"img003.txt": b""})
    rows = [e.data for e in check_project(RunSettings(folder), never) if isinstance(e, Row)]
    assert [r["code"] for r in rows] == ["empty-caption"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(check_project(RunSettings(tmp_path / "none"), never))
