"""project.toml: strict, with errors that help; making and changing a project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nasutui.core.errors import InputError, NasutuiError, SettingsError, UsageError
from nasutui.core.events import Finished, ItemDone, never
from nasutui.core.project import (
    FOLDERS,
    ProjectSettings,
    create_project,
    open_project,
    trigger_problem,
    update_project,
)
from nasutui.core.setup import NewSettings, new_project, sample_project
from nasutui.core.training.settings import preset
from tests.support.datasets import stamps


def write(root: Path, text: str | bytes) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    (root / "project.toml").write_bytes(data)
    return root


def test_a_new_project_has_every_folder_and_the_defaults(tmp_path: Path) -> None:
    project = create_project(tmp_path / "nasu")
    assert sorted(p.name for p in project.root.iterdir()) == sorted([*FOLDERS, "project.toml"])
    assert project.name == "nasu"
    plain = ProjectSettings()
    assert project.settings.prepare == plain.prepare
    assert project.settings.caption == plain.caption
    assert project.settings.training == plain.training
    assert project.settings.project.trigger == "nasumiso_style"


def test_an_empty_project_toml_means_the_defaults(tmp_path: Path) -> None:
    assert open_project(write(tmp_path / "p", "")).settings == ProjectSettings()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[prepare]\nsiez = 512", "did you mean prepare.size?"),
        ("[trainning]\n", "did you mean training?"),
        ("[training]\nnetwork_dims = 3", "did you mean training.network_dim?"),
        ("size = 512", "no setting size"),
        ("[prepare]\nsize = '512'", "prepare.size must be a whole number"),
        ("[prepare]\nsize = 512.5", "prepare.size must be a whole number"),
        ("[prepare]\nsize = true", "prepare.size must be a whole number"),
        ("[prepare]\nsize = 5000", "prepare.size must be from 64 to 4096"),
        ("[prepare]\ncrop = 'centre'", "did you mean center?"),
        ("[caption]\nthreshold = 1.5", "caption.threshold must be from 0 to 1"),
        ("[caption]\nthreshold = nan", "caption.threshold must be from 0 to 1"),
        ("[caption]\nthreshold = inf", "caption.threshold must be from 0 to 1"),
        ("[caption]\nexclude = 'a'", "caption.exclude must be a list of texts"),
        ("[caption]\nexclude = [1]", "caption.exclude must be a list of texts"),
        ("[caption]\nmcut = 'yes'", "caption.mcut must be true or false"),
        ("[caption.replace]\na = 1", "caption.replace must be a table of texts"),
        ("[project]\nname = 3", "project.name must be a text in quotation marks"),
        ('[project]\ntrigger = "a\\u001b[2J"', "project.trigger must be"),
        ('[project]\ntrigger = "a\\nb"', "project.trigger must be"),
        ("[export]\nrepeats = -1", "export.repeats must be from 0 to 1000"),
        ("[export]\nrepeats = 2024-01-01", "export.repeats must be a whole number"),
        ("prepare = 3", "prepare must be a table"),
        ("[[prepare]]\nsize = 512", "prepare must be a table"),
        ("training = []", "training must be a table"),
        ("[prepare]\nsize = 512\nsize = 512", "not valid TOML"),
        ("[prepare\n", "not valid TOML"),
        ("size: 512\n", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ('"\\u001b[31m" = 1', "no setting"),
        (b"\xff\xfe[\x00p\x00", "not UTF-8"),
        (b"[project]\nname = '\xe9'", "not UTF-8"),
        (b"[project]\nname = '\0'", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(
    tmp_path: Path, text: str | bytes, wanted: str
) -> None:
    with pytest.raises(SettingsError) as error:
        open_project(write(tmp_path / "p", text))
    message = str(error.value)
    assert wanted in message
    assert "project.toml" in message
    assert message.isprintable()
    assert len(message) < 500 + len(str(tmp_path))


def test_a_bom_from_windows_notepad_is_fine(tmp_path: Path) -> None:
    text = "\ufeff[project]\r\nname = 'x'\r\n".encode()
    assert open_project(write(tmp_path / "p", text)).name == "x"


@pytest.mark.parametrize("what", ["missing", "file", "no-toml", "folder", "fifo-free"])
def test_what_is_no_project(tmp_path: Path, what: str) -> None:
    root = tmp_path / "p"
    if what == "file":
        root.write_text("x", encoding="utf-8")
    elif what == "no-toml":
        root.mkdir()
    elif what == "folder":
        (root / "project.toml").mkdir(parents=True)
    with pytest.raises(InputError) as error:
        open_project(root)
    assert str(root) in str(error.value)


def test_a_project_is_not_made_twice(tmp_path: Path) -> None:
    create_project(tmp_path / "p")
    before = stamps(tmp_path)
    with pytest.raises(InputError) as error:
        create_project(tmp_path / "p")
    assert error.value.code == "project-exists"
    assert stamps(tmp_path) == before


@pytest.mark.parametrize(
    ("folder", "name"),
    [("nasu-1_x", "nasu-1_x"), ("夏の絵", "lora"), ("my lora", "my_lora"), ('a"b\\c', "a_b_c")],
)
def test_the_name_is_one_that_every_tool_takes(tmp_path: Path, folder: str, name: str) -> None:
    assert create_project(tmp_path / folder).name == name


def test_a_project_in_the_current_folder_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "summer" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "summer" / "sub")
    assert create_project(Path("..")).name == "summer"


@pytest.mark.parametrize("trigger", ["a\nb", "a\x1b[2J", os.fsdecode(b"\xff"), "a\0"])
def test_a_trigger_that_no_caption_can_hold_is_refused(tmp_path: Path, trigger: str) -> None:
    assert trigger_problem(trigger)
    with pytest.raises(UsageError) as error:
        create_project(tmp_path / "p", trigger=trigger)
    assert str(error.value).isprintable()
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("trigger", ["", "nasu", 'say "hi"', "back\\slash", "a, b", "ナス", "'x'"])
def test_any_other_trigger_comes_back_as_it_was(tmp_path: Path, trigger: str) -> None:
    assert create_project(tmp_path / "p", trigger=trigger).settings.project.trigger == trigger


def test_changing_settings_keeps_comments_and_the_rest(tmp_path: Path) -> None:
    text = "# mine\n[project]\nname = 'x' # yes\n\n[training]\npreset = 'sdxl'\n"
    root = write(tmp_path / "p", text)
    project = update_project(
        root, {"training": {"network_dim": 8, "sample_prompts": ("a", "b")}, "export": {"repeats": 3}}
    )  # fmt: skip
    assert project.settings.training.network_dim == 8
    assert project.settings.training.sample_prompts == ("a", "b")
    assert project.settings.training.resolution == 1024
    assert open_project(root).settings == project.settings
    written = (root / "project.toml").read_text(encoding="utf-8")
    assert written.startswith("# mine\n[project]\nname = 'x' # yes\n")
    update_project(root, {"training": {"network_dim": None, "sample_prompts": None}})
    assert open_project(root).settings.training == preset("sdxl")


def test_a_change_that_makes_no_sense_is_not_written(tmp_path: Path) -> None:
    root = create_project(tmp_path / "p").root
    before = stamps(tmp_path)
    for changes in ({"training": {"network_dim": 0}}, {"training": {"x": 1}}, {"y": {"x": 1}}):
        with pytest.raises(NasutuiError):
            update_project(root, changes)
    update_project(root, {"export": {"repeats": 0}})
    assert stamps(tmp_path) == before


def test_new_says_where_pictures_go(tmp_path: Path) -> None:
    events = list(new_project(NewSettings(tmp_path / "p"), never))
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.summary == {"project": "p", "raw": str(tmp_path / "p" / "1_raw_images")}


def test_the_sample_project_is_completed_not_made_again(tmp_path: Path) -> None:
    settings = NewSettings(tmp_path / "p", sample=True)
    list(sample_project(settings, never))
    before = stamps(tmp_path)
    assert len(before) == 1 + 12
    (tmp_path / "p/1_raw_images/03_seaside.jpg").unlink()
    events = [e for e in sample_project(settings, never) if isinstance(e, ItemDone)]
    made = [e.path.name for e in events if e.action == "made"]
    assert made == ["03_seaside.jpg"]
    after = stamps(tmp_path)
    assert {k for k in before if before[k] != after[k]} == {"p/1_raw_images/03_seaside.jpg"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError) as error:
        create_project(tmp_path / "p")
    assert error.value.code == "no-permission"
