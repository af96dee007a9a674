"""A stand-in for sd-scripts' train_network.py under accelerate: reads both settings files as the
trainer does (kohya_config.py, kohya_reader.py), refuses what it refuses, and leaves the files that
it leaves (library/train_util.py at 48d368fa: names of epochs, states, samples, logs)."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

from PIL import Image

from tests.support import safetensors_files
from tests.support.kohya_config import (
    Arguments,
    TrainerStopError,
    read_config_file,
    read_dataset_config,
)
from tests.support.kohya_reader import Run, sample_prompts_of, subsets_of_config, train

STATE_FILES = ("optimizer.bin", "scheduler.bin", "random_states_0.pkl")


def launch(command: list[str]) -> int:
    """`accelerate launch OPTIONS SCRIPT ARGUMENTS`; returns the exit code."""
    accelerate = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("num_processes", "num_machines", "num_cpu_threads_per_process"):
        accelerate.add_argument(f"--{name}", type=int, required=True)
    accelerate.add_argument("--mixed_precision", choices=("no", "fp16", "bf16"), required=True)
    accelerate.add_argument("--dynamo_backend", choices=("no",), required=True)
    place = next(i for i, word in enumerate(command) if word.endswith(".py"))
    accelerate.parse_args(command[:place])
    if not Path(command[place]).is_file():
        print(f"can't open file {command[place]}")
        return 2
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--config_file", type=Path, required=True)
    parser.add_argument("--dataset_config", type=Path, required=True)
    parser.add_argument("--resume", type=Path)
    options = parser.parse_args(command[place + 1 :])
    sdxl = command[place].startswith("sdxl")
    mode = os.environ.get("STANDIN_TRAINER", "")
    if mode == "oom":
        print("torch.OutOfMemoryError: CUDA out of memory.")
        return 1
    try:
        if mode == "no-data":
            raise TrainerStopError("No data found")
        _train(options, sdxl, mode)
    except TrainerStopError as stop:
        print(f"ERROR {stop}")
        return 0 if str(stop) == "No data found" else 1
    return 0


def _train(options: argparse.Namespace, sdxl: bool, mode: str) -> None:
    arguments = read_config_file(options.config_file, sdxl=sdxl)
    config = read_dataset_config(options.dataset_config)
    run = train(subsets_of_config(config, Path.cwd(), arguments), arguments)
    model = arguments.get("pretrained_model_name_or_path")
    if model.endswith(".safetensors") and not Path(model).is_file():
        raise TrainerStopError(f"no such model: {model}")
    if not all(p.caption for p in run.pictures):
        raise TrainerStopError("a picture without a caption would be trained")
    name, epochs = arguments.get("output_name"), arguments.get("max_train_epochs")
    output = Path(arguments.get("output_dir"))
    begun = _resumed(options.resume, run)
    logs = Path(arguments.get("logging_dir")) / f"{arguments.get('log_prefix')}20260101000000"
    (logs / "network_train").mkdir(parents=True, exist_ok=True)
    print(f"running training: {run.total_steps} steps, from epoch {begun + 1}")
    for epoch in range(begun + 1, epochs + 1):
        _save_epoch(arguments, run, output, epoch, last=epoch == epochs)
        print(f"epoch {epoch}/{epochs}", end="\r")
        if mode == f"die-after-{epoch}":
            os.kill(os.getpid(), signal.SIGKILL)
    assert (output / f"{name}.safetensors").is_file()


def _resumed(state: Path | None, run: Run) -> int:
    """The epochs that are done by a state."""
    if state is None:
        return 0
    told = json.loads((state / "train_state.json").read_text())
    if not all((state / file).stat().st_size for file in STATE_FILES):
        raise TrainerStopError("the state is not whole")
    if told["current_step"] >= run.total_steps:
        raise TrainerStopError("max_train_steps should be greater than the initial step")
    return int(told["current_epoch"])


def _save_epoch(arguments: Arguments, run: Run, output: Path, epoch: int, *, last: bool) -> None:
    name = arguments.get("output_name")
    counts = Counter(tag.strip().lower() for p in run.pictures for tag in p.caption.split(","))
    folder = run.pictures[0].path.parent.name
    metadata = {
        "ss_output_name": name,
        "ss_network_dim": str(arguments.get("network_dim")),
        "ss_steps": str(run.total_steps),
        "ss_base_model_version": "sd_v1",
        "ss_tag_frequency": json.dumps({folder: counts}),
        "ss_training_comment": arguments.get("training_comment"),
        "modelspec.trigger_phrase": arguments.get("metadata_trigger_phrase"),
    }
    stem = name if last else f"{name}-{epoch:06d}"
    safetensors_files.lora(output / f"{stem}.safetensors", metadata)
    _save_state(arguments, run, output / f"{stem}-state", epoch)
    old = output / f"{name}-{epoch - arguments.get('save_last_n_epochs_state'):06d}-state"
    shutil.rmtree(old, ignore_errors=True)
    if arguments.get("sample_every_n_epochs"):
        for i, _prompt in enumerate(sample_prompts_of(Path(arguments.get("sample_prompts")))):
            picture = output / "sample" / f"{name}_e{epoch:06d}_{i:02d}_20260101000000_42.png"
            picture.parent.mkdir(exist_ok=True)
            Image.new("RGB", (8, 8), (epoch, i, 0)).save(picture)


def _save_state(arguments: Arguments, run: Run, folder: Path, epoch: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    steps = run.total_steps // arguments.get("max_train_epochs") * epoch
    told = {"current_epoch": epoch, "current_step": steps}
    (folder / "train_state.json").write_text(json.dumps(told))
    for file in STATE_FILES:
        (folder / file).write_bytes(b"x")


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1:]))
