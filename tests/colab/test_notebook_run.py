"""The notebook from its first to its last cell: a stand-in of Colab, a trainer that really reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from nbclient.exceptions import CellExecutionError

from nasutui.core.training.lora import read_lora
from tests.colab.conftest import Machine, send_dataset
from tests.support import safetensors_files
from tests.support.datasets import plain
from tests.support.kohya_config import read_config_file, read_dataset_config


def said(notebook: Any) -> str:
    """Everything that the cells printed."""
    outputs = (o for c in notebook.cells if c.cell_type == "code" for o in c.outputs)
    return "".join(o.get("text", "") for o in outputs)


def launched(machine: Machine) -> list[list[str]]:
    """The calls of the trainer."""
    return [c for c in machine.calls("python") if c[:2] == ["-m", "accelerate.commands.launch"]]


def test_from_the_dataset_to_the_lora(machine: Machine) -> None:
    notebook = machine.run_all("nasu")
    result = machine.nasutomo / "output" / "nasu.safetensors"
    info = read_lora(result)
    assert (info.dim, info.name, info.trigger) == (64, "nasu", "nasumiso_style")
    assert info.tags["1girl"] == 3
    assert info.dataset_id
    assert "nasumiso_style" in info.tags
    assert len(list((machine.nasutomo / "logs").glob("nasu_*"))) == 1
    pictures = [
        o for c in notebook.cells if c.cell_type == "code" for o in c.outputs
        if "image/png" in o.get("data", {})
    ]  # fmt: skip
    assert len(pictures) == 12
    assert not (machine.content / "drive" / "MyDrive").exists()  # unmounted: all has reached Drive
    assert "画像 3 枚 × 5 回" in said(notebook)


def test_the_trainer_gets_both_files_with_the_places_of_this_machine(machine: Machine) -> None:
    machine.run_all()
    (command,) = launched(machine)
    config = Path(command[command.index("--config_file") + 1])
    get = read_config_file(config).get
    seen = machine.content / "drive" / "MyDrive" / "NasuTomo"
    assert Path(get("output_dir")).parent == seen / "runs"
    assert get("logging_dir") == str(seen / "logs")
    assert Path(get("pretrained_model_name_or_path")).is_file()
    assert Path(get("sample_prompts")).is_file()
    exported = machine.root / "exported" / "nasu"
    before = read_config_file(exported / "training.toml").values
    changed = {k for k in before if get(k) != before[k]}
    assert changed == {
        "pretrained_model_name_or_path", "output_dir", "logging_dir", "sample_prompts",
        "save_last_n_epochs_state",
    }  # fmt: skip
    (dataset,) = read_dataset_config(Path(command[command.index("--dataset_config") + 1]))[
        "datasets"
    ]
    (subset,) = dataset["subsets"]
    assert Path(subset["image_dir"]).is_absolute() and subset["num_repeats"] == 5
    assert "--skip_until_initial_step" not in command


def test_a_session_that_is_lost_is_gone_on_with(machine: Machine) -> None:
    machine.more["STANDIN_TRAINER"] = "die-after-4"
    with pytest.raises(CellExecutionError, match="The training failed"):
        machine.run_all("nasu")
    assert not (machine.nasutomo / "output").exists()
    machine.new_session()
    del machine.more["STANDIN_TRAINER"]
    machine.run_all("nasu")
    first, second = launched(machine)
    assert "--resume" not in first
    assert Path(second[second.index("--resume") + 1]).name == "nasu-000004-state"
    assert "--skip_until_initial_step" not in second
    assert read_lora(machine.nasutomo / "output" / "nasu.safetensors").name == "nasu"


def test_run_all_again_trains_nothing_twice(machine: Machine) -> None:
    machine.run_all()
    before = (machine.nasutomo / "output" / "nasu.safetensors").stat()
    machine.run_all()
    assert len(launched(machine)) == 1
    assert len([c for c in machine.calls("uv") if c[0] == "venv"]) == 1
    after = (machine.nasutomo / "output" / "nasu.safetensors").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not (machine.nasutomo / "output" / "older").exists()


def test_another_dataset_is_trained_anew_and_the_older_lora_stays(machine: Machine) -> None:
    machine.run_all()
    old = (machine.nasutomo / "output" / "nasu.safetensors").read_bytes()
    send_dataset(machine, plain(machine.root / "more", 4))
    machine.run_all()
    _first, second = launched(machine)
    assert "--resume" not in second
    assert read_lora(machine.nasutomo / "output" / "nasu.safetensors").tags["1girl"] == 4
    (kept,) = (machine.nasutomo / "output" / "older").iterdir()
    assert kept.read_bytes() == old


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("STANDIN_TRAINER", "no-data", "there is no good nasu.safetensors"),
        ("STANDIN_TRAINER", "oom", "too little memory"),
        ("STANDIN_GPU_CODE", "9", "There is no GPU"),
        ("STANDIN_UV_CODE", "2", r"the trainer's Python can't be made \(exit code 2\)"),
    ],
)
def test_a_step_that_failed_stops_with_a_sentence(
    machine: Machine, setting: str, value: str, message: str
) -> None:
    machine.more[setting] = value
    with pytest.raises(CellExecutionError, match=message) as error:
        machine.run_all("nasu")
    assert "Traceback" not in str(error.value).partition(message)[2]
    assert not (machine.nasutomo / "output").exists()


def test_a_changed_dataset_is_never_trained_on(machine: Machine) -> None:
    (packed,) = (machine.nasutomo / "datasets").glob("*.zip")
    data = packed.read_bytes()
    packed.write_bytes(data[:500] + bytes([data[500] ^ 1]) + data[501:])
    with pytest.raises(CellExecutionError, match="has not arrived whole"):
        machine.run_all("nasu")
    assert launched(machine) == []


def test_what_kohya_would_refuse_stops_the_notebook(machine: Machine) -> None:
    """The stand-in really reads both files: a key that it does not know ends the run."""
    output = machine.root / "exported" / "nasu"
    text = (output / "dataset.toml").read_text(encoding="utf-8")
    (output / "dataset.toml").write_text(
        text.replace("keep_tokens", "keep_token"), encoding="utf-8"
    )
    manifest = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    from nasutui.core.events import never
    from nasutui.core.files import sha256_file
    from nasutui.core.transfer.send import SendSettings, send

    manifest["files"]["dataset.toml"] = sha256_file(output / "dataset.toml")
    (output / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    list(send(SendSettings(output, str(machine.nasutomo / "datasets")), never))
    with pytest.raises(CellExecutionError, match="The training failed"):
        machine.run_all("nasu")


def test_sdxl_has_a_script_of_its_own(machine: Machine) -> None:
    from nasutui.core.events import never
    from nasutui.core.training.export import ExportSettings, export
    from nasutui.core.training.settings import preset
    from nasutui.core.transfer.send import SendSettings, send

    output = machine.root / "exported" / "big"
    tagged = plain(machine.root / "big", 3, (700, 700))
    settings = ExportSettings(tagged, output, "big", 2, "nasumiso_style", preset("sdxl"))
    list(export(settings, never))
    list(send(SendSettings(output, str(machine.nasutomo / "datasets")), never))
    model = machine.nasutomo / "models" / "illustrious-xl.safetensors"
    safetensors_files.checkpoint(model, sdxl=True)
    with pytest.raises(CellExecutionError, match="There are: big, nasu"):
        machine.run_all()  # two projects: the field must say which
    machine.run_all("big")
    (command,) = launched(machine)
    assert "sdxl_train_network.py" in command
    assert (machine.nasutomo / "output" / "big.safetensors").is_file()
