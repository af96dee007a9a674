# The source of train_lora_nasutomo.ipynb: after a change run `python tools/build_notebook.py`.
# What stands above the first cell does not get into the notebook.
# ruff: noqa: E402

# %% [markdown]
# # NasuTomo: LoRA を学習する / train a LoRA
#
# **日本語** — nasutui が Google Drive に送ったデータセットで LoRA を学習します。
#
# 1. メニューの「ランタイム」→「ランタイムのタイプを変更」で **T4 GPU** を選ぶ
# 2. 下の欄にプロジェクトの名前を書く (データセットが一つだけなら空のままでよい)
# 3. 「ランタイム」→「すべてのセルを実行」。途中で切れたら、もう一度すべて実行すれば続きから始まります
#
# できあがりは Drive の `NasuTomo/output/名前.safetensors` です。
# パソコンに戻って `nasutui --batch fetch-lora プロジェクト` で受け取れます。
#
# **English** — trains a LoRA on the dataset that nasutui sent to Google Drive.
#
# 1. Runtime → Change runtime type → **T4 GPU**
# 2. Write the project's name into the field below (with a single dataset it may stay empty)
# 3. Runtime → Run all. After a disconnect run everything again: it goes on where it was
#
# The result is `NasuTomo/output/NAME.safetensors` on Drive; `nasutui --batch fetch-lora PROJECT`
# brings it back to your computer.

# %% {"cellView": "form", "tags": ["parameters"]}
# @title プロジェクトの名前 / The project's name
PROJECT = ""  # @param {type:"string"}

# %% {"cellView": "form", "tags": ["functions"]}
# @title 準備: 場所と道具 / Preparations: places and tools
import hashlib
import http.client
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections import deque
from pathlib import Path

CONTENT = Path(os.environ.get("NASUTOMO_CONTENT", "/content"))  # gone when the session ends
WORK = CONTENT / "nasutomo"
NASUTOMO = CONTENT / "drive" / "MyDrive" / "NasuTomo"  # stays

SD_SCRIPTS = "https://github.com/kohya-ss/sd-scripts"
SD_SCRIPTS_COMMIT = "48d368fa557731ad0488c07304dfeba8c07910eb"  # v0.10.1 and small fixes
PYTHON = "3.11"
# What sd-scripts leaves open, and what it must be built for: CUDA 12.4.
PINS = (
    "torch==2.6.0",
    "torchvision==0.21.0",
    "numpy==1.26.4",
    "bitsandbytes==0.45.5",
    "tensorboard==2.19.0",
    "setuptools<81",
)

CIVITAI_TOKEN = "CIVITAI_TOKEN"  # the name of a secret (the key on the left), never its value
# Where a base model is to be had when it is not in NasuTomo/models/ yet, tried in this order.
BASE_MODELS = {
    "anything-v5.safetensors": (
        "https://civitai.com/api/download/models/30163?type=Model&format=SafeTensor&size=full&fp=fp16",
        "https://huggingface.co/Yntec/AnythingV5/resolve/main/Anything-v5.0-PRT.safetensors",
        "https://huggingface.co/genai-archive/anything-v5/resolve/main/anything-v5.safetensors",
    ),
    "illustrious-xl.safetensors": (
        "https://huggingface.co/OnomaAIResearch/Illustrious-xl-early-release-v0/resolve/main/Illustrious-XL-v0.1.safetensors",
    ),
}


class Stop(Exception):  # noqa: N818
    """A reason to stop that a person can read; it is shown without a traceback."""

    def __init__(self, japanese, english):
        super().__init__(f"\n■ {japanese}\n■ {english}\n")

    def _render_traceback_(self):
        return [str(self)]


class Ended:
    """How a command ended: its exit code and the last lines that it wrote."""

    def __init__(self, code, tail=()):
        self.code, self.tail = code, "".join(tail)


def run(command, cwd=None):
    """Run a command and show what it writes as it comes."""
    # Colab's own Python packages must not be seen by the trainer's Python.
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    extra = {"MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1"}
    tail = deque(maxlen=60)
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **extra},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            # newline="" keeps the "\r" with which a progress bar goes back to the line's start.
            with io.TextIOWrapper(process.stdout, "utf-8", "replace", newline="") as output:
                for line in output:
                    tail.append(line)
                    print(line, end="", flush=True)
        except KeyboardInterrupt:
            process.terminate()
            raise Stop("止めました", "stopped") from None
    return Ended(process.returncode, tail)


def must(ended, japanese, english):
    """Stop when a command failed."""
    if ended.code:
        raise Stop(f"{japanese} (終了コード {ended.code})", f"{english} (exit code {ended.code})")


def say(japanese, english):
    print(f"{japanese} / {english}")


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_whole(source, target):
    """Copy a file; the target appears when it is whole. Returns its SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    digest = sha256(part)
    part.replace(target)
    return digest


# %% [markdown]
# ## 1. GPU と Google Drive / GPU and Google Drive
# Drive を開く許可を聞かれます。 / You are asked for permission to open your Drive.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
def check_gpu(run):
    """Stop when this runtime has no GPU."""
    try:
        found = run(["nvidia-smi", "-L"]).code == 0
    except OSError:
        found = False
    if not found:
        raise Stop(
            "GPU がありません。「ランタイム」→「ランタイムのタイプを変更」→ T4 GPU",
            "There is no GPU. Runtime → Change runtime type → T4 GPU",
        )


def mount_drive(content):
    """Mount Google Drive at content/drive."""
    from google.colab import drive

    drive.mount(str(content / "drive"))


# %%
check_gpu(run)
mount_drive(CONTENT)

# %% [markdown]
# ## 2. データセット / The dataset
# いちばん新しいデータセットを選び、壊れていないことを確かめてから広げます。
#
# Takes the newest dataset, makes sure that it is whole, and unpacks it.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
PAIR = re.compile(r"(?P<name>[A-Za-z0-9_-]+)-(?P<id>[0-9a-f]{12})\.(?P<kind>zip|json)")


def choose_dataset(folder, project):
    """The newest dataset of a project: its manifest (as a dict) and its zip."""
    found = [(p, PAIR.fullmatch(p.name)) for p in folder.iterdir()] if folder.is_dir() else []
    found = [(p, m) for p, m in found if m]
    names = sorted({m["name"] for _p, m in found})
    project = project.strip()
    if not project and len(names) == 1:
        project = names[0]
    if project not in names:
        there = ", ".join(names) or "-"
        raise Stop(
            f"{folder} に「{project}」のデータセットがありません。あるもの: {there}",
            f'There is no dataset "{project}" in {folder}. There are: {there}',
        )
    pairs = {}
    for path, match in found:
        if match["name"] == project:
            pairs.setdefault(match["id"], {})[match["kind"]] = path
    if any(len(pair) != 2 for pair in pairs.values()):
        raise _still_coming(project)
    newest = max(pairs.values(), key=lambda pair: pair["json"].stat().st_mtime_ns)
    try:
        manifest = json.loads(newest["json"].read_text(encoding="utf-8"))
        whole = (
            manifest["name"] == project and newest["zip"].stat().st_size == manifest["zip"]["bytes"]
        )
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise _still_coming(project)
    return manifest, newest["zip"]


def _still_coming(project):
    return Stop(
        f"「{project}」のデータセットがまだ届いていません。パソコンの Drive が送り終わるのを待って、"
        "もう一度実行してください (それでもだめなら nasutui でもう一度送る)",
        f'The dataset "{project}" has not arrived whole. Wait until Drive on your computer has'
        " finished, then run this again (if that does not help, send it again with nasutui)",
    )


def unpack(manifest, packed, work):
    """Copy the zip from Drive, verify it and every file in it; returns the dataset's folder."""
    folder = work / "dataset" / manifest["dataset"]
    if folder.is_dir():
        return folder
    local = work / packed.name
    if copy_whole(packed, local) != manifest["zip"]["sha256"]:
        raise _still_coming(manifest["name"])
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    with zipfile.ZipFile(local) as archive:
        for name, digest in manifest["files"].items():
            if name.startswith("/") or ".." in Path(name).parts:
                raise _still_coming(manifest["name"])
            archive.extract(name, part)
            if sha256(part / name) != digest:
                raise _still_coming(manifest["name"])
    part.replace(folder)
    local.unlink()
    return folder


# %%
MANIFEST, ZIP = choose_dataset(NASUTOMO / "datasets", PROJECT)
DATASET = unpack(MANIFEST, ZIP, WORK)
NAME = MANIFEST["name"]
ABOUT = json.loads((DATASET / "manifest.json").read_text(encoding="utf-8"))
say(
    f"「{NAME}」: 画像 {ABOUT['pictures']} 枚 × {ABOUT['repeats']} 回",
    f'"{NAME}": {ABOUT["pictures"]} pictures x {ABOUT["repeats"]} repeats',
)

# %% [markdown]
# ## 3. 学習プログラム / The trainer
# sd-scripts を専用の Python に入れます (5〜10 分)。Colab の Python には触れません。
#
# Installs sd-scripts into a Python of its own (5 to 10 minutes). Colab's Python is not touched.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
CHECK = (
    "import torch, bitsandbytes, transformers, diffusers, accelerate, safetensors\n"
    "print('torch', torch.__version__, 'transformers', transformers.__version__)\n"
    "assert torch.cuda.is_available(), 'torch finds no GPU'\n"
)


def get_uv(work, run):
    """The program uv, which makes Python environments; fetched into a folder of ours if need be."""
    found = shutil.which("uv")
    if found:
        return found
    folder = work / "uv"
    ended = run([sys.executable, "-m", "pip", "install", "-q", "--target", folder, "uv"])
    must(ended, "uv を入れられません", "uv can't be installed")
    return folder / "bin" / "uv"


def get_trainer(work, run):
    """sd-scripts at the pinned commit with an environment of its own; returns its folder and its
    Python. What is there already is kept; what an interrupted run left is finished."""
    folder, python = work / "sd-scripts", work / "venv" / "bin" / "python"
    wanted = "\n".join((SD_SCRIPTS_COMMIT, PYTHON, *PINS))
    ready = work / "trainer-ready.txt"
    if ready.is_file() and ready.read_text() == wanted:
        return folder, python
    ready.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for git in (
        ["init", "-q"],
        ["fetch", "-q", "--depth", "1", SD_SCRIPTS, SD_SCRIPTS_COMMIT],
        ["checkout", "-q", "--force", "--detach", SD_SCRIPTS_COMMIT],
    ):
        must(run(["git", "-C", folder, *git]), "sd-scripts を取れません", "sd-scripts can't be had")
    uv = get_uv(work, run)
    pins = work / "pins.txt"
    pins.write_text("\n".join(PINS) + "\n")
    failed = "学習用の Python を作れません", "the trainer's Python can't be made"
    if not python.exists():
        shutil.rmtree(work / "venv", ignore_errors=True)
        must(run([uv, "venv", "-q", "--seed", "--python", PYTHON, work / "venv"]), *failed)
    install = [uv, "pip", "install", "-q", "--python", python, "--constraint", pins]
    must(run([*install, *PINS]), *failed)
    # Its requirements hold "-e .", so that this must be run in its folder.
    must(run([*install, "-r", "requirements.txt"], cwd=folder), *failed)
    must(
        run([python, "-c", CHECK]), "学習用の Python が動きません", "the trainer's Python is broken"
    )
    ready.write_text(wanted)
    return folder, python


# %%
TRAINER, TRAINER_PYTHON = get_trainer(WORK, run)

# %% [markdown]
# ## 4. ベースモデル / The base model
# Drive の `NasuTomo/models/` にあればそれを使い、なければ一度だけ取ってきて置きます。
# Civitai から取るには、左の鍵のマーク (シークレット) に `CIVITAI_TOKEN` を入れてください。なくても別の場所から取ります。
#
# Taken from `NasuTomo/models/` on Drive; when it is not there, it is fetched once and kept there. For
# Civitai put your API key into Secrets (the key on the left) as `CIVITAI_TOKEN`; without it mirrors are tried.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
def secret(name):
    """A secret of this notebook, None when there is none or it may not be read."""
    try:
        from google.colab import userdata

        return userdata.get(name) or None
    except Exception:
        return None


def model_problem(path, architecture):
    """What is wrong with a checkpoint, None when nothing is: a download that failed leaves a web
    page or half of a file, and a model of the other family can't be trained."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if path.suffix == ".ckpt":
            return None if start.startswith(b"PK") and size > 1_000_000_000 else "not a checkpoint"
        length = int.from_bytes(start, "little")
        if not 2 <= length <= min(100_000_000, size - 8):
            return f"not a .safetensors file ({size:,} bytes)"
        try:
            header = json.loads(file.read(length))
            tensors = {k: v for k, v in header.items() if k != "__metadata__"}
            end = max((v["data_offsets"][1] for v in tensors.values()), default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return "its header is damaged"
    if 8 + length + end != size:
        return f"incomplete: {size:,} of {8 + length + end:,} bytes"
    if not any(k.startswith("model.diffusion_model.") for k in tensors):
        return "not a Stable Diffusion checkpoint"
    is_sdxl = any(k.startswith("conditioner.embedders.1.") for k in tensors)
    if is_sdxl != (architecture == "sdxl"):
        return f"a model of another family; {architecture} is wanted"
    return None


def download(url, part, token):
    """Download into a file, going on where an earlier try ended."""
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "nasutomo"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    if token:  # "unredirected": the storage that is led to must not see the key
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        resumed = answer.status == 206
        total = int(answer.headers.get("Content-Length") or 0) + (done if resumed else 0)
        done, said = (done if resumed else 0), time.monotonic()
        with part.open("ab" if resumed else "wb") as file:
            while chunk := answer.read(1 << 20):
                file.write(chunk)
                done += len(chunk)
                if time.monotonic() - said > 10:
                    said = time.monotonic()
                    print(f"  {done / 1e9:.2f} / {total / 1e9:.2f} GB")
    if done < total:
        raise OSError("cut off")


def fetch_model(path, architecture, sources, token):
    """Put a base model at `path` from the first source that has a sound one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number, url in enumerate(sources):
        shown = url.partition("?")[0]
        say(f"取得中: {shown}", f"fetching {shown}")
        part = path.with_name(f"{path.name}.{number}.part")
        whole = part.with_suffix(path.suffix)
        try:
            is_civitai = urllib.parse.urlsplit(url).hostname == "civitai.com"
            download(url, part, token if is_civitai else None)
        except urllib.error.HTTPError as error:
            print(f"  HTTP {error.code}")
            if error.code != 416:  # 416: nothing is missing any more
                continue
        except (OSError, ValueError, http.client.HTTPException) as error:
            print(f"  {type(error).__name__}")
            continue
        part.replace(whole)  # with its own suffix, by which it is checked
        problem = model_problem(whole, architecture)
        if problem is None:
            whole.replace(path)
            for rest in path.parent.glob(f"{path.name}.*.part"):
                rest.unlink()
            return
        print(f"  {problem}")
        whole.unlink()
    raise Stop(
        f"ベースモデル {path.name} が取れません。{path} に自分で置いてください",
        f"The base model {path.name} can't be had. Put it there yourself: {path}",
    )


def get_base_model(wanted, architecture, models, work, sources, token):
    """What the trainer takes as the base model: a file in /content, or a name on the hub."""
    name = re.split(r"[\\/]", wanted)[-1]
    if Path(name).suffix not in (".safetensors", ".ckpt"):
        folder = models / name
        return str(folder) if folder.is_dir() else wanted
    path = models / name
    if not path.is_file():
        fetch_model(path, architecture, sources.get(name, ()), token)
    problem = model_problem(path, architecture)
    if problem:
        raise Stop(f"{path} が使えません: {problem}", f"{path} can't be used: {problem}")
    local = work / "models" / name
    if not local.is_file() or local.stat().st_size != path.stat().st_size:
        copy_whole(path, local)  # reading it from Drive while training would be slow
    return str(local)


# %%
TRAINING = tomllib.loads((DATASET / "training.toml").read_text(encoding="utf-8"))
ARCHITECTURE = ABOUT["training"]["architecture"]
BASE_MODEL = get_base_model(
    TRAINING["model"]["pretrained_model_name_or_path"],
    ARCHITECTURE,
    NASUTOMO / "models",
    WORK,
    BASE_MODELS,
    secret(CIVITAI_TOKEN),
)
say(f"ベースモデル: {BASE_MODEL}", f"base model: {BASE_MODEL}")

# %% [markdown]
# ## 5. 設定 / Settings
# nasutui が書いた設定に、ここでの場所だけを書き足します。
#
# nasutui's settings, with the places of this machine filled in.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_lines(table, path=""):
    """A table as lines of TOML: its values first, then its tables and lists of tables."""
    nested = {}
    for key, value in table.items():
        tables = value if isinstance(value, list) else [value]
        if tables and all(isinstance(v, dict) for v in tables):
            nested[key] = value
        else:
            yield f"{key} = {toml_value(value)}"
    for key, value in nested.items():
        name = path + key
        for inner in value if isinstance(value, list) else [value]:
            yield f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            yield from toml_lines(inner, name + ".")


def write_toml(path, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(toml_lines(table)) + "\n", encoding="utf-8")
    return path


def newest_state(run_folder, name):
    """The newest whole training state in a folder, None when there is none.

    A state is written file by file, the random numbers last; what was cut off, or has not reached
    Drive, lacks them.
    """
    needed = ("train_state.json", "optimizer.bin", "scheduler.bin", "random_states_0.pkl")
    states = []
    for folder in run_folder.glob(f"{name}-*-state"):
        epoch = folder.name.removeprefix(f"{name}-").removesuffix("-state")
        files = [folder / file for file in needed]
        if epoch.isdecimal() and all(f.is_file() and f.stat().st_size for f in files):
            states.append((int(epoch), folder))
    return max(states)[1] if states else None


def fill_in(dataset, work, base_model, run_folder, logs, name):
    """Write the trainer's two settings files with the places filled in; returns both."""
    training = tomllib.loads((dataset / "training.toml").read_text(encoding="utf-8"))
    training["model"]["pretrained_model_name_or_path"] = base_model
    output = training["output"]
    output["output_dir"], output["logging_dir"] = str(run_folder), str(logs)
    output["save_last_n_epochs_state"] = 2  # the newest may not have reached Drive yet
    if "samples" in training:
        training["samples"]["sample_prompts"] = str(dataset / training["samples"]["sample_prompts"])
    pictures = tomllib.loads((dataset / "dataset.toml").read_text(encoding="utf-8"))
    for subset in (s for d in pictures["datasets"] for s in d["subsets"]):
        subset["image_dir"] = str(dataset / subset["image_dir"])
        if not any(Path(subset["image_dir"]).glob("*.png")):
            raise Stop("データセットに画像がありません", "The dataset holds no pictures")
    config = work / "config"
    return (
        write_toml(config / "training.toml", training),
        write_toml(config / "dataset.toml", pictures),
    )


# %%
# One folder a dataset: what another dataset began is never gone on with.
RUN = NASUTOMO / "runs" / f"{NAME}-{MANIFEST['dataset']}"
LOGS = NASUTOMO / "logs"
for folder in (RUN, LOGS):
    folder.mkdir(parents=True, exist_ok=True)
CONFIG, DATASET_CONFIG = fill_in(DATASET, WORK, BASE_MODEL, RUN, LOGS, NAME)
print(CONFIG.read_text(encoding="utf-8"))

# %% [markdown]
# ## 6. TensorBoard
# 学習のようす (loss と学習率)。学習が始まったら右上の更新ボタンを押してください。
#
# How the training goes (loss and learning rate). Press the reload button when it has begun.

# %%
try:
    from IPython import get_ipython

    get_ipython().run_line_magic("load_ext", "tensorboard")
    get_ipython().run_line_magic("tensorboard", f"--logdir {shlex.quote(str(LOGS))}")
except Exception as error:
    say("TensorBoard は使えません", f"TensorBoard is not available ({type(error).__name__})")

# %% [markdown]
# ## 7. 学習 / Training
# T4 では 30 分ほどです。この画面は閉じないでください。切れたら、もう一度「すべてのセルを実行」で続きから始まります。
#
# About half an hour on a T4. Keep this page open. After a disconnect, Run all again: it goes on from
# the last epoch.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
def lora_problem(path):
    """What is wrong with a LoRA file, None when it is whole."""
    if not path.is_file():
        return "it is not there"
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(100_000_000, size - 8):
            return "it is no .safetensors file"
        try:
            header = json.loads(file.read(length))
            end = max(v["data_offsets"][1] for k, v in header.items() if k != "__metadata__")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return "its header is damaged"
    return None if 8 + length + end == size else "it is incomplete"


def train(trainer, python, config, dataset_config, run_folder, name, architecture, run):
    """Train, going on from the newest state; returns the finished LoRA."""
    result = run_folder / f"{name}.safetensors"
    if lora_problem(result) is None:
        say("学習は終わっています", "the training is done already")
        return result
    precision = tomllib.loads(config.read_text(encoding="utf-8"))["training"]["mixed_precision"]
    script = "sdxl_train_network.py" if architecture == "sdxl" else "train_network.py"
    command = [
        *(python, "-m", "accelerate.commands.launch", "--num_processes", "1"),
        *("--num_machines", "1", "--mixed_precision", precision, "--dynamo_backend", "no"),
        *("--num_cpu_threads_per_process", "2", script),
        *("--config_file", config, "--dataset_config", dataset_config),
    ]
    state = newest_state(run_folder, name)
    if state is not None:
        say(f"続きから: {state.name}", f"going on from {state.name}")
        # Without --skip_until_initial_step: with accumulation it would skip to the end.
        command += ["--resume", state]
    print(shlex.join(str(part) for part in command))
    ended = run(command, cwd=trainer)
    if "out of memory" in ended.tail:
        raise Stop(
            "GPU のメモリが足りません。nasutui で train_batch_size か resolution を下げてください",
            "The GPU has too little memory. Lower train_batch_size or resolution in nasutui",
        )
    must(
        ended,
        "学習が失敗しました。上の最後の行を見てください",
        "The training failed; see the last lines above",
    )
    problem = lora_problem(result)  # the trainer ends with 0 also when it found nothing to train on
    if problem:
        raise Stop(
            f"学習は終わりましたが {result.name} がありません。上の行を見てください",
            f"The trainer ended, but there is no good {result.name} ({problem}); see the lines above",
        )
    return result


# %%
LORA = train(TRAINER, TRAINER_PYTHON, CONFIG, DATASET_CONFIG, RUN, NAME, ARCHITECTURE, run)

# %% [markdown]
# ## 8. 見本 / Samples
# エポックごとの絵です。 / One picture an epoch.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
def newest_samples(run_folder, count=12):
    """The newest sample pictures, oldest first."""
    found = sorted((run_folder / "sample").glob("*.png"), key=lambda p: (p.stat().st_mtime, p.name))
    return found[-count:]


def show_samples(pictures):
    from IPython.display import Image, display

    for picture in pictures:
        print(picture.name)
        display(Image(filename=str(picture), width=384))


# %%
show_samples(newest_samples(RUN))

# %% [markdown]
# ## 9. できあがり / The result
# Drive の `NasuTomo/output/` に置きます。前のものは `older/` に残ります。
#
# Goes to `NasuTomo/output/` on Drive; an older one stays in `older/`.


# %% {"cellView": "form", "tags": ["functions"]}
# @title 関数 / Functions
def deliver(lora, output):
    """Put the LoRA where nasutui looks for it, keeping an older one; returns its path."""
    target, digest = output / lora.name, sha256(lora)
    if target.is_file():
        there = sha256(target)
        if there == digest:
            return target
        older = output / "older" / f"{target.stem}-{there[:12]}{target.suffix}"
        older.parent.mkdir(parents=True, exist_ok=True)
        target.replace(older)
    if copy_whole(lora, target) != digest:
        target.unlink()
        raise Stop(
            "Drive に書けません。もう一度実行してください", "Drive did not take it; run this again"
        )
    return target


def close_drive():
    """Wait until everything has reached Drive."""
    from google.colab import drive

    drive.flush_and_unmount()


# %%
RESULT = deliver(LORA, NASUTOMO / "output")
close_drive()
say(f"できました: {RESULT}", f"done: {RESULT}")
say("パソコンで nasutui --batch fetch-lora", "on your computer: nasutui --batch fetch-lora")
