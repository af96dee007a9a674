"""The real rclone with a remote of type local, its configuration in a temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from nasutui.core import remembered
from nasutui.core.errors import InputError
from nasutui.core.events import Event, Finished, ItemDone, Note, Progress, never
from nasutui.core.project import create_project
from nasutui.core.training.export import ExportSettings, export
from nasutui.core.transfer.fetch_lora import FetchSettings, fetch_lora
from nasutui.core.transfer.rclone import Answer, Remote, choose_remote, remotes, trouble
from nasutui.core.transfer.send import SendSettings, send
from tests.core.test_send import pairs
from tests.support import safetensors_files
from tests.support.batch import COMMAND, environment
from tests.support.datasets import TRIGGER, contents, noise, plain, png, stamps

pytestmark = pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    config = tmp_path / "rclone.conf"
    config.write_text("[here]\ntype = local\n\n[there]\ntype = local\n")
    values = {"RCLONE_CONFIG": str(config), "NASUTUI_STATE": str(tmp_path / "state")}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    output = tmp_path / "out" / "nasu"
    list(export(ExportSettings(plain(tmp_path / "tagged"), output, "nasu", 10, TRIGGER), never))
    return output


def deliver(dataset: Path, to: str) -> list[Event]:
    return list(send(SendSettings(dataset, to), never))


def actions(events: list[Event]) -> list[str]:
    return [e.action for e in events if isinstance(e, ItemDone)]


def test_the_remotes_are_those_of_the_configuration() -> None:
    assert remotes() == [Remote("here", "local"), Remote("there", "local")]


def test_a_dataset_arrives_and_is_not_sent_twice(dataset: Path, tmp_path: Path) -> None:
    there = tmp_path / "cloud" / "sub"
    assert actions(deliver(dataset, f"rclone:here:{there}")) == ["made", "made"]
    assert len(pairs(there)) == 1
    before = stamps(there)
    assert actions(deliver(dataset, "rclone")) == ["unchanged", "unchanged"]  # remembered
    assert stamps(there) == before


def test_an_older_dataset_is_kept_aside(dataset: Path, tmp_path: Path) -> None:
    there = tmp_path / "cloud"
    other = tmp_path / "out" / "more"
    list(export(ExportSettings(plain(tmp_path / "t4", 4), other, "nasu", 10, TRIGGER), never))
    for source in (dataset, other, dataset, other):
        events = deliver(source, f"rclone:here:{there}")
    assert [e.code for e in events if isinstance(e, Note)] == ["kept-aside"]
    assert len(pairs(there)) == 1 and len(contents(there)) == 6
    assert len(pairs(there / "older")) == 2
    assert len(contents(there / "older")) == 4  # and none of them twice


def test_what_is_half_there_is_sent_again(dataset: Path, tmp_path: Path) -> None:
    there = tmp_path / "cloud"
    deliver(dataset, f"rclone:here:{there}")
    (packed,) = there.glob("*.zip")
    whole = packed.read_bytes()
    packed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert actions(deliver(dataset, "rclone")) == ["made", "unchanged"]
    assert packed.read_bytes() == whole


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A dataset of 9 MB."""
    tagged, output = plain(tmp_path / "large", 2), tmp_path / "out" / "large"
    (tagged / "img001.png").write_bytes(png(noise(1, (2000, 1500)), compress_level=0))
    list(export(ExportSettings(tagged, output, "nasu", 10, TRIGGER), never))
    return output


def test_stopping_leaves_no_manifest(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "cloud"
    monkeypatch.setenv("RCLONE_BWLIMIT", "4M")
    settings = SendSettings(large, f"rclone:here:{there}")
    end = list(send(settings, lambda: there.is_dir() and any(there.iterdir())))[-1]
    assert isinstance(end, Finished) and end.cancelled
    assert not list(there.glob("*.json"))
    monkeypatch.delenv("RCLONE_BWLIMIT")
    list(send(settings, never))
    assert len(pairs(there)) == 1


def test_killed_while_it_sends_the_next_run_finishes(
    large: Path, tmp_path: Path, settings: dict[str, str]
) -> None:
    output, there = large, tmp_path / "cloud"
    process = subprocess.Popen(
        [*COMMAND, "--batch", "send", str(output), "--to", f"rclone:here:{there}", "--json"],
        env=environment(**settings, NASUTUI_CACHE=str(tmp_path / "cache"), RCLONE_BWLIMIT="2M"),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    under_way = False
    while not under_way:
        event = json.loads(process.stdout.readline())
        assert event["event"] != "finished"
        begun = there.is_dir() and any(there.iterdir())
        under_way = event["event"] == "progress" and begun and event["done"] < event["total"]
    process.kill()
    process.wait()
    process.stdout.close()
    assert not list(there.glob("*.json"))
    _wait_for_group(process.pid)
    assert not list(there.glob("*.json"))
    deliver(output, f"rclone:here:{there}")
    assert len(pairs(there)) == 1
    assert len(contents(there)) == 2


def _wait_for_group(leader: int) -> None:
    """Until the rclone that was left alone has noticed it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    os.killpg(leader, signal.SIGKILL)
    pytest.fail("rclone goes on without us")


def test_a_lora_comes_back(tmp_path: Path) -> None:
    root = create_project(tmp_path / "nasu").root
    cloud = tmp_path / "cloud"
    fetch = FetchSettings(root, f"rclone:here:{cloud}")
    cloud.mkdir()
    with pytest.raises(InputError) as error:
        list(fetch_lora(fetch, never))
    assert error.value.code == "missing"
    safetensors_files.lora(cloud / "nasu.safetensors", tensors=9)
    events = list(fetch_lora(fetch, never))
    assert actions(events) == ["made"]
    target = root / "lora_models" / "nasu.safetensors"
    assert target.read_bytes() == (cloud / "nasu.safetensors").read_bytes()
    assert actions(list(fetch_lora(fetch, never))) == ["unchanged"]
    safetensors_files.lora(cloud / "nasu.safetensors", tensors=3)
    assert actions(list(fetch_lora(fetch, never))) == ["made"]
    assert sorted(contents(root / "lora_models")) == [
        "nasu.json", "nasu.safetensors", "older/nasu.safetensors"
    ]  # fmt: skip


def test_it_is_looked_for_beside_the_datasets(dataset: Path, tmp_path: Path) -> None:
    root = create_project(tmp_path / "nasu").root
    deliver(dataset, f"rclone:here:{tmp_path / 'cloud' / 'datasets'}")
    safetensors_files.lora(tmp_path / "cloud" / "output" / "nasu.safetensors")
    assert actions(list(fetch_lora(FetchSettings(root), never))) == ["made"]


def test_a_half_lora_on_the_remote_is_not_taken(tmp_path: Path) -> None:
    root = create_project(tmp_path / "nasu").root
    path = safetensors_files.lora(tmp_path / "cloud" / "nasu.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError) as error:
        list(fetch_lora(FetchSettings(root, f"rclone:here:{tmp_path / 'cloud'}"), never))
    assert error.value.code == "truncated"
    assert not list((root / "lora_models").glob("*.safetensors"))


@pytest.mark.parametrize(
    ("to", "code"),
    [("rclone", "which-remote"), ("rclone:nix", "no-remote"), ("rclone:-rf", "no-remote"),
     ("rclone::local:/tmp", "no-remote")],
)  # fmt: skip
def test_a_remote_that_is_not_clear_is_asked_for(dataset: Path, to: str, code: str) -> None:
    with pytest.raises(InputError, match=r"here|gdrive") as error:
        deliver(dataset, to)
    assert error.value.code == code
    assert remembered.recall(remembered.RCLONE) is None


def test_the_only_drive_among_the_remotes_needs_no_asking() -> None:
    known = [Remote("a", "local"), Remote("g", "drive"), Remote("b", "s3")]
    assert choose_remote(None, known) == "g"
    with pytest.raises(InputError, match="rclone config"):
        choose_remote(None, [])
    with pytest.raises(InputError) as error:
        choose_remote(None, [*known, Remote("h", "drive")])
    assert error.value.code == "which-remote"


def test_without_rclone_it_is_said(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InputError) as error:
        deliver(dataset, "rclone:here")
    assert error.value.code == "no-rclone"


def test_a_refusal_comes_with_rclones_words(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="rclone says") as error:
        deliver(dataset, f"rclone:here:{tmp_path / 'file' / 'below'}")
    assert error.value.code.startswith("rclone-")


@pytest.mark.parametrize("code", range(1, 11))
def test_every_exit_code_has_a_sentence(code: int) -> None:
    error = trouble(Answer(code, complaints=["\x1b[31mquota\x1b[0m"]), "gdrive:x")
    assert error.code == f"rclone-{code}"
    assert "\x1b" not in str(error) and str(error).startswith("gdrive:x: ")


@pytest.mark.parametrize(
    ("said", "advice"),
    [("oauth2: invalid_grant", "rclone config reconnect gdrive:"), ("invalid_client", "client_id")],
)
def test_a_sign_in_that_has_ended_says_how_to_renew_it(said: str, advice: str) -> None:
    assert advice in str(trouble(Answer(1, complaints=[said]), "gdrive:x"))


def test_progress_is_in_bytes(tmp_path: Path, dataset: Path) -> None:
    events = deliver(dataset, f"rclone:here:{tmp_path / 'cloud'}")
    for event in events:
        assert not isinstance(event, Progress) or (event.unit, event.done >= 0) == ("bytes", True)
