"""What the notebook's functions promise, with paths and a runner of the test's own."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.colab.conftest import Machine
from tests.support import safetensors_files

Functions = dict[str, Any]


class Runner:
    """Takes commands and answers with the exit codes that it was given, then 0."""

    def __init__(self, space: Functions, *codes: int) -> None:
        self.ended, self.codes, self.commands = space["Ended"], list(codes), list[list[str]]()

    def __call__(self, command: list[Any], cwd: Path | None = None) -> Any:
        self.commands.append([str(c) for c in command])
        return self.ended(self.codes.pop(0) if self.codes else 0)


@pytest.fixture
def pair(machine: Machine) -> Path:
    (packed,) = (machine.nasutomo / "datasets").glob("*.zip")
    return packed


def choose(functions: Functions, pair: Path, name: str = "nasu") -> Any:
    return functions["choose_dataset"](pair.parent, name)


@pytest.mark.parametrize("name", ["nasu", " nasu ", ""])
def test_the_dataset_is_found_by_its_name(functions: Functions, pair: Path, name: str) -> None:
    manifest, packed = choose(functions, pair, name)
    assert packed == pair and manifest["name"] == "nasu"


@pytest.mark.parametrize("name", ["other", "nas", "nasu-x", "../nasu", "*"])
def test_a_name_that_is_not_there_says_what_is(functions: Functions, pair: Path, name: str) -> None:
    with pytest.raises(functions["Stop"], match="There are: nasu"):
        choose(functions, pair, name)


def test_a_drive_without_datasets(functions: Functions, tmp_path: Path) -> None:
    with pytest.raises(functions["Stop"], match="There are: -"):
        functions["choose_dataset"](tmp_path / "nothing", "")


@pytest.mark.parametrize("harm", ["no manifest", "no zip", "half", "no json", "other name"])
def test_a_pair_that_is_not_whole_stops(functions: Functions, pair: Path, harm: str) -> None:
    manifest = pair.with_suffix(".json")
    match harm:
        case "no manifest":
            manifest.unlink()
        case "no zip":
            pair.unlink()
        case "half":
            pair.write_bytes(pair.read_bytes()[:1000])
        case "no json":
            manifest.write_text("{")
        case "other name":
            manifest.write_text(manifest.read_text().replace('"nasu"', '"x"'))
    with pytest.raises(functions["Stop"], match="has not arrived whole"):
        choose(functions, pair)


def test_a_newer_dataset_that_is_on_its_way_is_waited_for(functions: Functions, pair: Path) -> None:
    """The older one beside it is whole, but not what was sent last."""
    (pair.parent / "nasu-0123456789ab.zip").write_bytes(b"half")
    with pytest.raises(functions["Stop"], match="has not arrived whole"):
        choose(functions, pair)


def test_of_two_whole_ones_the_newest_is_taken(functions: Functions, pair: Path) -> None:
    other = pair.with_name("nasu-0123456789ab.zip")
    other.write_bytes(pair.read_bytes())
    other.with_suffix(".json").write_bytes(pair.with_suffix(".json").read_bytes())
    for stem, when in ((pair, 2_000_000_000), (other, 1_000_000_000)):
        os.utime(stem.with_suffix(".json"), (when, when))
    assert choose(functions, pair)[1] == pair
    os.utime(other.with_suffix(".json"), (2_100_000_000,) * 2)
    assert choose(functions, pair)[1] == other


def test_unpacking_gives_the_files_and_nothing_else(
    functions: Functions, pair: Path, tmp_path: Path
) -> None:
    manifest, packed = choose(functions, pair)
    folder = functions["unpack"](manifest, packed, tmp_path / "work")
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == set(manifest["files"])
    assert {"dataset.toml", "training.toml", "manifest.json", "5_nasu/img001.png"} <= found


def test_a_zip_that_leads_out_of_the_folder(
    functions: Functions, pair: Path, tmp_path: Path
) -> None:
    manifest, packed = choose(functions, pair)
    for name in ("../evil", "/evil"):
        manifest["files"] = {name: "0" * 64}
        with pytest.raises(functions["Stop"]):
            functions["unpack"](manifest, packed, tmp_path / "work")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    ("harm", "problem"),
    [("none", None), ("cut", "incomplete"), ("html", "not a .safetensors"), ("sdxl", "another family"),
     ("lora", "not a Stable Diffusion")],
)  # fmt: skip
def test_a_base_model_is_looked_at(
    functions: Functions, tmp_path: Path, harm: str, problem: str | None
) -> None:
    path = safetensors_files.checkpoint(tmp_path / "m.safetensors", sdxl=harm == "sdxl")
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    if harm == "html":
        path.write_text("<html>401 Unauthorized</html>" * 10)
    if harm == "lora":
        safetensors_files.lora(path)
    found = functions["model_problem"](path, "sd15")
    assert (found is None) if problem is None else problem in found


class Mirror(BaseHTTPRequestHandler):
    """/cut sends half, /html a page, /moved leads to /model on another name of this machine."""

    model = b""
    seen: list[tuple[str, str | None, str | None]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        headers = self.headers
        self.seen.append((self.path, headers.get("Range"), headers.get("Authorization")))
        if self.path == "/missing":
            self.send_error(401)
            return
        if self.path == "/moved":
            self.send_response(302)
            port = self.server.server_address[1]
            self.send_header("Location", f"http://localhost:{port}/model")
            self.end_headers()
            return
        data = b"<html>sign in</html>" if self.path == "/html" else self.model
        start = int(headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = len(data) // 2 if self.path == "/cut" and not start else len(data)
        self.wfile.write(data[start:end])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    Mirror.model = safetensors_files.checkpoint(tmp_path / "origin.safetensors").read_bytes()
    Mirror.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_first_source_that_has_a_sound_model_is_taken(
    functions: Functions, mirror: str, tmp_path: Path
) -> None:
    path = tmp_path / "models" / "m.safetensors"
    sources = [f"{mirror}/missing", f"{mirror}/html", f"{mirror}/cut", f"{mirror}/model"]
    functions["fetch_model"](path, "sd15", sources, None)
    assert path.read_bytes() == Mirror.model
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_download_that_was_cut_goes_on_where_it_was(
    functions: Functions, mirror: str, tmp_path: Path
) -> None:
    path = tmp_path / "models" / "m.safetensors"
    with pytest.raises(functions["Stop"], match="Put it there yourself"):
        functions["fetch_model"](path, "sd15", [f"{mirror}/cut"], None)
    assert not path.exists()
    functions["fetch_model"](path, "sd15", [f"{mirror}/cut"], None)
    assert path.read_bytes() == Mirror.model
    assert Mirror.seen[-1][1] == f"bytes={len(Mirror.model) // 2}-"


def test_the_key_goes_to_civitai_alone(functions: Functions, mirror: str, tmp_path: Path) -> None:
    functions["download"](f"{mirror}/moved", tmp_path / "part", "secret")
    assert [(path, key) for path, _range, key in Mirror.seen] == [
        ("/moved", "Bearer secret"),
        ("/model", None),
    ]
    Mirror.seen.clear()
    functions["fetch_model"](tmp_path / "m.safetensors", "sd15", [f"{mirror}/model"], "secret")
    assert Mirror.seen[0][2] is None


@pytest.mark.parametrize(
    "wanted", ["models/m.safetensors", "C:\\sd\\m.safetensors", "/home/x/m.safetensors"]
)
def test_a_model_on_drive_is_used_as_it_is(
    functions: Functions, tmp_path: Path, wanted: str
) -> None:
    models = tmp_path / "drive"
    safetensors_files.checkpoint(models / "m.safetensors")
    found = functions["get_base_model"](wanted, "sd15", models, tmp_path / "w", {}, None)
    assert Path(found) == tmp_path / "w" / "models" / "m.safetensors"
    assert Path(found).read_bytes() == (models / "m.safetensors").read_bytes()


def test_a_name_on_the_hub_is_the_trainers_matter(functions: Functions, tmp_path: Path) -> None:
    get = functions["get_base_model"]
    assert get("owner/model", "sd15", tmp_path, tmp_path, {}, None) == "owner/model"
    (tmp_path / "diffusers").mkdir()
    assert get("models/diffusers", "sd15", tmp_path, tmp_path, {}, None) == str(
        tmp_path / "diffusers"
    )


def test_the_trainer_is_set_up_once(functions: Functions, tmp_path: Path) -> None:
    run = Runner(functions)
    folder, python = functions["get_trainer"](tmp_path, run)
    text = [" ".join(c) for c in run.commands]
    assert any(functions["SD_SCRIPTS_COMMIT"] in t and "--detach" in t for t in text)
    assert any("venv" in t and "--python 3.11" in t for t in text)
    assert any("torch==2.6.0" in t for t in text)
    again = Runner(functions)
    assert functions["get_trainer"](tmp_path, again) == (folder, python)
    assert again.commands == []


def test_a_set_up_that_failed_is_done_again(functions: Functions, tmp_path: Path) -> None:
    for place in range(3):
        with pytest.raises(functions["Stop"]):
            functions["get_trainer"](tmp_path, Runner(functions, *[0] * place, 1))
    run = Runner(functions)
    functions["get_trainer"](tmp_path, run)
    assert len(run.commands) >= 7


def state(folder: Path, epoch: int, leave_out: str = "", empty: str = "") -> None:
    place = folder / f"nasu-{epoch:06d}-state"
    place.mkdir(parents=True)
    for name in ("train_state.json", "optimizer.bin", "scheduler.bin", "random_states_0.pkl"):
        if name != leave_out:
            (place / name).write_bytes(b"" if name == empty else b"{}")


def test_the_newest_whole_state_is_gone_on_with(functions: Functions, tmp_path: Path) -> None:
    newest = functions["newest_state"]
    assert newest(tmp_path / "no", "nasu") is None
    state(tmp_path, 2)
    state(tmp_path, 10)
    state(tmp_path, 11, leave_out="random_states_0.pkl")
    state(tmp_path, 12, empty="optimizer.bin")
    (tmp_path / "nasu-state").mkdir()
    (tmp_path / "nasu-x-000099-state").mkdir()
    assert newest(tmp_path, "nasu").name == "nasu-000010-state"


def test_delivering_keeps_what_was_there(functions: Functions, tmp_path: Path) -> None:
    output = tmp_path / "output"
    for i in range(3):
        lora = safetensors_files.lora(tmp_path / "run" / "nasu.safetensors", tensors=i + 1)
        for _again in range(2):
            assert functions["deliver"](lora, output) == output / "nasu.safetensors"
        assert (output / "nasu.safetensors").read_bytes() == lora.read_bytes()
    assert len(list((output / "older").iterdir())) == 2


def test_a_command_shows_what_it_writes_and_its_end(
    functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = functions["run"](["sh", "-c", "printf 'a\\rb\\n'; printf '\\377'; exit 3"])
    assert ended.code == 3
    assert ended.tail == "a\rb\n\ufffd" == capsys.readouterr().out


values = st.one_of(
    st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.integers(0, 9)),
)  # fmt: skip
keys = st.from_regex("[a-z_]{1,8}", fullmatch=True)
tables = st.dictionaries(keys, values, max_size=4)


@given(
    st.dictionaries(
        keys, st.one_of(values, tables, st.lists(tables, min_size=1, max_size=2)), max_size=4
    )
)
def test_settings_are_written_as_they_were_read(functions: Functions, document: Any) -> None:
    assert tomllib.loads("\n".join(functions["toml_lines"](document))) == document


def test_what_export_writes_survives_the_rewriting(functions: Functions, machine: Machine) -> None:
    output = machine.root / "exported" / "nasu"
    for name in ("dataset.toml", "training.toml"):
        told = tomllib.loads((output / name).read_text(encoding="utf-8"))
        again = tomllib.loads("\n".join(functions["toml_lines"](told)))
        assert again == told and json.dumps(again) == json.dumps(told)
