"""[training] of project.toml: defaults, presets, explanations, errors."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.errors import SettingsError
from nasutui.core.training.check_settings import check_settings
from nasutui.core.training.findings import errors
from nasutui.core.training.settings import (
    PRESET_HELP,
    PRESETS,
    TrainingSettings,
    explain,
    explain_preset,
    own_values,
    preset,
    read_training,
)

FILE = Path("project.toml")


def test_the_defaults_are_the_reference() -> None:
    settings = TrainingSettings()
    assert (settings.network_dim, settings.network_alpha) == (64, 32)
    assert settings.max_train_epochs == 10
    assert settings.learning_rate == 1e-4
    assert (settings.train_batch_size, settings.gradient_accumulation_steps) == (1, 2)
    assert settings.resolution == 512
    assert settings.mixed_precision == "fp16"
    assert settings.optimizer_type == "AdamW8bit"
    assert settings.lr_scheduler == "cosine_with_restarts"
    assert settings.clip_skip == 2
    assert "anything-v5" in settings.base_model
    assert preset("reference") == settings == read_training({}, FILE)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_passes_its_own_check(name: str) -> None:
    assert list(check_settings(preset(name))) == []
    assert read_training({"preset": name}, FILE) == preset(name)
    assert explain_preset(name)


@pytest.mark.parametrize("name", [f.name for f in fields(TrainingSettings)])
def test_every_setting_explains_itself_in_one_line(name: str) -> None:
    text = explain(name)
    assert 10 < len(text) < 110
    assert "\n" not in text


def test_own_values_stand_over_the_preset() -> None:
    settings = read_training({"preset": "sdxl", "network_dim": 8}, FILE)
    assert settings.network_dim == 8
    assert settings.resolution == 1024
    assert own_values(settings) == {"network_dim": 8}


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ({"networkdim": 3}, "did you mean training.network_dim?"),
        ({"preset": "style"}, "one of: reference"),
        ({"preset": 3}, "one of: reference"),
        ({"network_dim": 0}, "from 1 to 1024"),
        ({"network_dim": 8.5}, "a whole number"),
        ({"network_alpha": 0}, "above 0"),
        ({"learning_rate": -1}, "from 0 to 10"),
        ({"learning_rate": float("nan")}, "from 0 to 10"),
        ({"learning_rate": "1e-4"}, "a number"),
        ({"learning_rate": True}, "a number"),
        ({"optimizer_type": "AdamW8Bit"}, "did you mean AdamW8bit?"),
        ({"max_token_length": 100}, "one of: 75, 150, 225"),
        ({"shuffle_caption": 1}, "true or false"),
        ({"sample_prompts": "one"}, "a list of texts"),
        ({"sample_prompts": ["one\ntwo"]}, "one line of plain text"),
        ({"base_model": "\x1b[2J"}, "one line of plain text"),
        ("reference", "a table"),
    ],
)
def test_what_makes_no_sense_is_said_with_its_key(table: Any, wanted: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_training(table, FILE)
    assert wanted in str(error.value)
    assert "project.toml" in str(error.value)
    assert "\x1b" not in str(error.value)


def test_warmup_keeps_its_kind() -> None:
    steps = read_training({"lr_warmup_steps": 40}, FILE).lr_warmup_steps
    share = read_training({"lr_warmup_steps": 0.1}, FILE).lr_warmup_steps
    assert isinstance(steps, int) and steps == 40
    assert isinstance(share, float) and share == 0.1


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"resolution": 2048}, "bucket-limits"),
        ({"min_bucket_reso": 640}, "bucket-limits"),
        ({"bucket_reso_steps": 32}, "bucket-steps"),
        ({"lr_scheduler": "constant"}, "warmup-constant"),
    ],
)
def test_contradictions_would_stop_the_trainer(table: dict[str, Any], code: str) -> None:
    findings = errors(check_settings(read_training(table, FILE)))
    assert [f.code for f in findings] == [code]


def test_the_page_about_settings_says_what_the_code_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `[^|]*` \| [^|]*\| (.*) \|$", page, re.M))
    assert rows == {f.name: f.metadata["help"] for f in fields(TrainingSettings)}
    presets = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]*) \|$", page, re.M))
    assert presets == dict(PRESET_HELP)
    for field in fields(TrainingSettings):
        (default,) = re.findall(rf"^\| `{field.name}` \| `([^|]*)` \|", page, re.M)
        value = tomllib.loads(f"x = {default}")["x"]
        assert (tuple(value) if isinstance(value, list) else value) == field.default
