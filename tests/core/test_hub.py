"""Models come from the hub with the real download code, and every failure says what to do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from nasutui.core.errors import ModelError
from nasutui.core.tagging.models import CATALOGUE, DEFAULT_MODEL, locate, repo_of
from tests.support.commands import Answer, batch, command, environment
from tests.support.hub import Hub, serving
from tests.support.raw_pictures import encode
from tests.support.wd14 import write_model

MODEL = "owner/tiny-tagger"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    folder = write_model(tmp_path / "model")
    return {name: (folder / name).read_bytes() for name in ("model.onnx", "selected_tags.csv")}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, colour in enumerate(["red", "blue"]):
        (folder / f"{index}.png").write_bytes(encode(Image.new("RGB", (70, 70), colour), "PNG"))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def caption(pictures: Path, home: Path, address: str, model: str = MODEL, **env: str) -> Answer:
    settings = {"HF_HUB_ETAG_TIMEOUT": "1", "HF_HUB_DOWNLOAD_TIMEOUT": "1", **env}
    return batch(
        "caption", "--input", pictures, "--output", pictures, "--model", model,
        env=environment(home, HF_ENDPOINT=address, **settings),
    )  # fmt: skip


def refusal(answer: Answer, pictures: Path) -> str:
    """The code of the error; nothing was written and nothing muttered on stderr."""
    assert answer.code == 1
    assert answer.stderr == b""
    (error,) = answer.of("error")
    assert "\n" not in error["reason"]
    assert not list(pictures.glob("*.txt"))
    code: str = error["code"]
    return code


def test_a_model_is_downloaded_once_with_progress(
    files: dict[str, bytes], pictures: Path, home: Path
) -> None:
    with serving(Hub(files)) as hub:
        first = caption(pictures, home, hub.address)
        assert (first.code, first.stderr) == (0, b"")
        assert first.summary["inferred"] == 2
        assert first.of("progress")[-1]["what"] == f"{MODEL}/model.onnx"
        assert sorted(path.rpartition("/")[2] for how, path in hub.asked if how == "GET") == [
            "model.onnx", "selected_tags.csv"
        ]  # fmt: skip
        hub.asked.clear()
        again = caption(pictures, home, hub.address)
        assert again.code == 0
        assert hub.asked == []
    assert again.of("progress") == []
    assert again.summary["inferred"] == 0
    cached = sorted(p.name for p in (home / "hf" / "hub").rglob("*") if p.is_symlink())
    assert cached == ["model.onnx", "selected_tags.csv"]
    assert "probe_red" in (pictures / "0.txt").read_text()


def test_a_cached_model_needs_no_network(
    files: dict[str, bytes], pictures: Path, home: Path
) -> None:
    with serving(Hub(files)) as hub:
        assert caption(pictures, home, hub.address).code == 0
    assert caption(pictures, home, "http://127.0.0.1:9").code == 0


def test_progress_grows_to_the_whole(files: dict[str, bytes], pictures: Path, home: Path) -> None:
    with serving(Hub(files)) as hub:
        answer = caption(pictures, home, hub.address)
    for what in ("model.onnx", "selected_tags.csv"):
        done = [e["done"] for e in answer.of("progress") if e["what"].endswith(what)]
        assert done == sorted(done)
        assert all(0 <= value <= len(files[what]) for value in done)


def test_without_a_network_it_names_the_three_ways_out(pictures: Path, home: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        answer = caption(pictures, home, address, DEFAULT_MODEL)
    assert refusal(answer, pictures) == "model-offline"
    reason = answer.of("error")[0]["reason"]
    for way in ("connect", "--model FOLDER", "--model embedded"):
        assert way in reason


def test_offline_mode_of_the_library_counts_as_no_network(pictures: Path, home: Path) -> None:
    answer = caption(pictures, home, "http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert refusal(answer, pictures) == "model-offline"


@pytest.mark.parametrize(
    ("manner", "status", "code"),
    [
        ("hang", 0, "model-offline"),
        ("stall", 0, "model-stalled"),
        ("half", 0, "model-stalled"),
        ("short", 0, "model-incomplete"),
        ("busy", 0, "model-stalled"),
        ("status", 429, "model-busy"),
        ("status", 500, "model-hub"),
        ("status", 503, "model-hub"),
        ("status", 403, "model-hub"),
        ("bare", 0, "model-offline"),
    ],
)
def test_a_hub_that_misbehaves(
    files: dict[str, bytes], pictures: Path, home: Path, manner: str, status: int, code: str
) -> None:
    with serving(Hub(files, manner=manner, status=status)) as hub:
        assert refusal(caption(pictures, home, hub.address), pictures) == code
        hub.manner = "well"
        assert caption(pictures, home, hub.address).code == 0
    assert not list((home / "hf").rglob("*.incomplete"))


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        ("90", "90 seconds"),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "some minutes"),
        ("9" * 40, "some minutes"),
    ],
)
def test_how_long_a_busy_hub_wants_us_to_wait(
    files: dict[str, bytes], pictures: Path, home: Path, wait: str, said: str
) -> None:
    with serving(Hub(files, manner="status", status=429, headers={"Retry-After": wait})) as hub:
        answer = caption(pictures, home, hub.address)
    assert refusal(answer, pictures) == "model-busy"
    assert said in answer.of("error")[0]["reason"]


@pytest.mark.parametrize("model", ["owner/other", "owner/tiny-tagger"])
def test_what_the_hub_does_not_have(pictures: Path, home: Path, model: str) -> None:
    with serving(Hub({"README.md": b"nothing"})) as hub:
        assert refusal(caption(pictures, home, hub.address, model), pictures) == "model-missing"


def test_a_page_in_place_of_a_model_is_refused_and_not_kept(
    files: dict[str, bytes], pictures: Path, home: Path
) -> None:
    with serving(Hub(files, manner="page")) as hub:
        assert refusal(caption(pictures, home, hub.address), pictures) in (
            "model-damaged", "model-tags", "model-incomplete",
        )  # fmt: skip
        hub.manner = "well"
        assert caption(pictures, home, hub.address).code == 0


def test_a_model_spoilt_in_the_cache_is_fetched_again(
    files: dict[str, bytes], pictures: Path, home: Path
) -> None:
    with serving(Hub(files)) as hub:
        assert caption(pictures, home, hub.address).code == 0
        (blob,) = {p.resolve() for p in (home / "hf").rglob("model.onnx")}
        blob.write_bytes(blob.read_bytes()[:-50])
        for path in pictures.glob("*.txt"):
            path.unlink()
        assert refusal(caption(pictures, home, hub.address), pictures) == "model-damaged"
        assert caption(pictures, home, hub.address).code == 0


def test_a_download_stops_when_asked(files: dict[str, bytes], pictures: Path, home: Path) -> None:
    with serving(Hub(files, manner="stall")) as hub:
        process = subprocess.Popen(
            command(
                "caption", "--input", pictures, "--output", pictures, "--model", MODEL, "--json"
            ),
            env=environment(home, HF_ENDPOINT=hub.address),
            stdout=subprocess.PIPE,
        )
        while hub.count("GET") == 0 and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize(
    ("given", "repo"),
    [
        ("wd-v1-4-moat-tagger-v2", "SmilingWolf/wd-v1-4-moat-tagger-v2"),
        ("WD-SwinV2-Tagger-V3", "SmilingWolf/wd-swinv2-tagger-v3"),
        ("somebody/their-tagger", "somebody/their-tagger"),
    ],
)
def test_models_by_name(given: str, repo: str) -> None:
    assert repo_of(given) == repo


@pytest.mark.parametrize(
    "name", ["", "nonsense", "a/b/c", "../x", "./x", "/abs", "a/", "~/x", "\x1b[31m"]
)
def test_names_that_mean_nothing(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        list(locate(name))
    assert caught.value.code in ("model-unknown", "model-incomplete")
    assert "\x1b" not in str(caught.value)


def test_every_model_of_the_author_has_a_threshold_of_its_own() -> None:
    assert len({model.repo for model in CATALOGUE}) == len(CATALOGUE) >= 10
    assert all(0.2 < model.threshold < 0.6 for model in CATALOGUE)


def test_a_folder_without_a_model_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.onnx") as caught:
        list(locate(str(tmp_path)))
    assert caught.value.code == "model-incomplete"
