"""The trained LoRA comes back: whole, checked, described, into the project and the WebUI."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nasutui.core.errors import InputError
from nasutui.core.events import Event, ItemDone, Note, never
from nasutui.core.project import create_project
from nasutui.core.training.lora import read_lora
from nasutui.core.transfer.fetch_lora import FetchSettings, fetch_lora
from tests.support import safetensors_files
from tests.support.crash_moves import kill_everywhere, work
from tests.support.datasets import TRIGGER, captioned, contents, noise, png, stamps


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASUTUI_STATE", str(tmp_path / "state"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return create_project(tmp_path / "project").root


@pytest.fixture
def output(tmp_path: Path) -> Path:
    metadata = {"ss_output_name": "project", "ss_network_dim": "64", "ss_v2": "False",
                "ss_tag_frequency": json.dumps({"10_p": {TRIGGER: 3, "blue_skin": 2}})}  # fmt: skip
    safetensors_files.lora(tmp_path / "output" / "project.safetensors", metadata, tensors=20)
    return tmp_path / "output"


@pytest.fixture
def webui(tmp_path: Path) -> Path:
    (tmp_path / "webui" / "models" / "Lora").mkdir(parents=True)
    return tmp_path / "webui"


def fetch(root: Path, output: Path | str | None, webui: Path | None = None) -> list[Event]:
    return list(fetch_lora(FetchSettings(root, str(output) if output else None, webui), never))


def actions(events: list[Event]) -> list[str]:
    return [e.action for e in events if isinstance(e, ItemDone)]


def notes(events: list[Event]) -> list[str]:
    return [e.code for e in events if isinstance(e, Note)]


def test_it_comes_into_the_project_and_the_webui(root: Path, output: Path, webui: Path) -> None:
    assert actions(fetch(root, output, webui)) == ["made", "made"]
    data = (output / "project.safetensors").read_bytes()
    for folder in (root / "lora_models", webui / "models" / "Lora"):
        assert sorted(contents(folder)) == ["project.json", "project.safetensors"]
        assert (folder / "project.safetensors").read_bytes() == data
        told = json.loads((folder / "project.json").read_text(encoding="utf-8"))
        assert (told["activation text"], told["preferred weight"]) == (TRIGGER, 1.0)
        assert told["sd version"] == "SD1"


def test_fetching_again_changes_nothing(root: Path, output: Path, webui: Path) -> None:
    fetch(root, output, webui)
    before = stamps(root), stamps(webui)
    assert actions(fetch(root, output)) == ["unchanged", "unchanged"]  # the WebUI is remembered
    assert (stamps(root), stamps(webui)) == before


def test_what_was_there_is_kept(root: Path, output: Path, webui: Path) -> None:
    fetch(root, output, webui)
    mine = webui / "models" / "Lora" / "project.safetensors"
    safetensors_files.lora(mine, {"ss_output_name": "other"}, tensors=5)
    somebodys = mine.read_bytes()
    first = (root / "lora_models" / "project.safetensors").read_bytes()
    safetensors_files.lora(output / "project.safetensors", tensors=7)
    events = fetch(root, output)
    assert "kept-aside" in notes(events)
    kept = sorted(contents(root / "lora_models" / "older").values())
    assert kept == sorted([somebodys, first])
    assert mine.read_bytes() == (output / "project.safetensors").read_bytes()
    assert len(list(mine.parent.glob("*.safetensors"))) == 1


@pytest.mark.parametrize("harm", ["cut", "html", "empty"])
def test_what_is_not_whole_is_not_taken(root: Path, output: Path, harm: str) -> None:
    fetch(root, output)
    before = contents(root / "lora_models")
    path = output / "project.safetensors"
    path.write_bytes({"cut": path.read_bytes()[:-1], "html": b"<html>" * 99, "empty": b""}[harm])
    with pytest.raises(InputError) as error:
        fetch(root, output)
    assert error.value.code in ("truncated", "not-safetensors")
    left = contents(root / "lora_models")
    assert {k: v for k, v in left.items() if not k.startswith(".")} == before


def test_it_is_looked_for_where_training_leaves_it(
    root: Path, output: Path, tmp_path: Path
) -> None:
    drive = tmp_path / "My Drive"
    (drive / "NasuTomo" / "datasets").mkdir(parents=True)
    output.rename(drive / "NasuTomo" / "output")
    for place in (
        drive,
        drive / "NasuTomo",
        drive / "NasuTomo/output",
        drive / "NasuTomo/datasets",
    ):
        assert actions(fetch(root, place)) in (["made"], ["unchanged"])


def test_not_there_yet_says_so(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has the training finished") as error:
        fetch(root, tmp_path / "empty")
    assert error.value.code == "missing"


@pytest.mark.parametrize("inside", ["models/Lora", "models/loras", "Models/Lora"])
def test_a_webui_is_recognised(root: Path, output: Path, tmp_path: Path, inside: str) -> None:
    place = tmp_path / "ui" / inside
    place.mkdir(parents=True)
    fetch(root, output, tmp_path / "ui")
    assert (place / "project.safetensors").is_file()
    fetch(root, output, place)
    assert len(contents(place)) == 2


def test_a_folder_that_is_no_webui_is_refused_first(
    root: Path, output: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as error:
        fetch(root, output, tmp_path)
    assert error.value.code == "no-webui"
    assert not (root / "lora_models" / "project.safetensors").exists()


def test_without_a_webui_it_is_said(root: Path, output: Path) -> None:
    assert "no-webui" in notes(fetch(root, output))


def test_a_dataset_that_changed_since_is_said(root: Path, output: Path) -> None:
    captioned(root / "3_tagged", {"img001.png": png(noise(1))})
    assert "older-dataset" in notes(fetch(root, output))


def test_another_name_inside_is_said(root: Path, output: Path) -> None:
    safetensors_files.lora(output / "project.safetensors", {"ss_output_name": "other"})
    assert "other-name" in notes(fetch(root, output))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_every_point_the_next_run_finishes(
    root: Path, output: Path, webui: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(root, output, webui)
    old = (output / "project.safetensors").read_bytes()
    safetensors_files.lora(output / "project.safetensors", tensors=9)
    new = (output / "project.safetensors").read_bytes()
    template = tmp_path / "template"
    for path in (root, output, webui):
        path.rename(template / path.name) if template.exists() else None
        if not template.exists():
            template.mkdir()
            path.rename(template / path.name)
    points = 0
    for copy in kill_everywhere("fetch", template, tmp_path / "copies"):
        points += 1
        for path in copy.rglob("project.safetensors"):
            read_lora(path)  # what carries the name is whole
        for name in ("NASUTUI_CACHE", "NASUTUI_STATE"):
            monkeypatch.setenv(name, str(copy / name))
        list(work("fetch", copy))
        loras = contents(copy / "project" / "lora_models")
        assert sorted(loras) == ["older/project.safetensors", "project.json", "project.safetensors"]
        assert (loras["older/project.safetensors"], loras["project.safetensors"]) == (old, new)
        installed = contents(copy / "webui" / "models" / "Lora")
        assert sorted(installed) == ["project.json", "project.safetensors"]
        assert installed["project.safetensors"] == new
    assert points > 40
