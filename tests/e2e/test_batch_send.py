"""To Drive and back by the real program: flags, exit codes, what a terminal gets."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import pytest

from tests.core.test_send import pairs
from tests.e2e.test_batch import table
from tests.support import safetensors_files
from tests.support.batch import batch, batch_json, finished
from tests.support.datasets import plain

URL = "https://colab.research.google.com/github/a/b/blob/main/colab/train_lora_nasutomo.ipynb"


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """Places of this test's own; a Drive in the home folder."""
    (tmp_path / "home" / "My Drive").mkdir(parents=True)
    config = tmp_path / "config.toml"
    config.write_text('notebook = "a/b"\n')
    return {
        "HOME": str(tmp_path / "home"), "NASUTUI_STATE": str(tmp_path / "state"),
        "NASUTUI_CACHE": str(tmp_path / "cache"), "NASUTUI_CONFIG": str(config),
    }  # fmt: skip


def export(tmp_path: Path, *more: str | Path) -> list[str | Path]:
    folder = tmp_path / "tagged"
    if not folder.exists():
        plain(folder)
    return ["export", "--input", folder, "--output", tmp_path / "o", "--name", "nasu", *more]


def test_export_goes_to_drive_in_one_call(tmp_path: Path, own: dict[str, str]) -> None:
    events = batch_json(*export(tmp_path, "--to", "drive"), **own)
    there = tmp_path / "home" / "My Drive" / "NasuTomo" / "datasets"
    assert len(pairs(there)) == 1
    summary = finished(events, "send")
    assert (summary["name"], summary["output"], summary["kept"]) == ("nasu", str(there), 0)
    assert list(summary) == table("Summaries")["send"]
    assert finished(events, "export")["pictures"] == 3
    again = batch_json(*export(tmp_path, "--to", "drive"), **own)
    assert {e["action"] for e in again if e["event"] == "item"} == {"unchanged"}


def test_an_export_with_errors_sends_nothing(tmp_path: Path, own: dict[str, str]) -> None:
    call = export(tmp_path, "--to", tmp_path / "there")
    (tmp_path / "tagged" / "img001.txt").write_text("")
    done = batch(*call, **own)
    assert done.returncode == 1
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("to", ["", " "])
def test_an_empty_place_is_wrong_usage(tmp_path: Path, own: dict[str, str], to: str) -> None:
    assert batch(*export(tmp_path, "--to", to), **own).returncode == 2
    assert batch("fetch-lora", tmp_path, "--from", to, **own).returncode == 2


def test_a_project_is_sent_and_its_lora_fetched(tmp_path: Path, own: dict[str, str]) -> None:
    root = tmp_path / "nasu"
    batch("new", root, check=0, **own)
    done = batch("send", root, "--to", tmp_path / "there", **own)
    assert done.returncode == 1 and "export it again" in done.stderr
    plain(root / "3_tagged")
    batch("export", "--input", root / "3_tagged", "--output", root, "--name", "4_dataset", **own)
    relative = os.path.relpath(tmp_path / "there")
    batch("send", root, "--to", relative, check=0, **own)
    done = batch("fetch-lora", root, **own)
    assert done.returncode == 1 and "has the training finished" in done.stderr
    safetensors_files.lora(tmp_path / "output" / "nasu.safetensors")
    (tmp_path / "ui" / "models").mkdir(parents=True)
    events = batch_json("fetch-lora", root, "--webui", tmp_path / "ui", **own)
    assert list(finished(events, "fetch-lora")) == table("Summaries")["fetch-lora"]
    assert (tmp_path / "ui" / "models" / "Lora" / "nasu.json").is_file()
    assert (root / "lora_models" / "nasu.safetensors").is_file()


def test_the_address_goes_to_a_pipe_as_it_is(own: dict[str, str]) -> None:
    done = batch("colab", "--quiet", check=0, SSH_CONNECTION="x", **own)
    assert done.stdout.strip() == URL


def test_a_browser_on_this_machine_is_opened(tmp_path: Path, own: dict[str, str]) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened"\n')
    browser.chmod(0o755)
    changes = {**own, "DISPLAY": ":0", "BROWSER": f"{browser} %s"}
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"):
        changes[name] = ""
    events = batch_json("colab", **changes)
    assert (tmp_path / "opened").read_text() == URL
    assert finished(events, "colab") == {"url": URL, "opened": True}
    assert list(finished(events, "colab")) == table("Summaries")["colab"]
    assert {e["kind"]: list(e["data"]) for e in events if e["event"] == "row"} == {
        "notebook": table("Rows")["notebook"]
    }


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
@pytest.mark.parametrize("inside", [{}, {"TMUX": "/tmp/x,1,0"}, {"TERM": "screen"}])
def test_over_ssh_it_is_a_link_and_in_the_clipboard(
    own: dict[str, str], inside: dict[str, str]
) -> None:
    from tests.e2e.test_batch_terminal import in_terminal

    code, output = in_terminal("--batch", "colab", SSH_CONNECTION="x", **{**own, **inside})
    assert code == 0
    assert f"\x1b]8;;{URL}\x1b\\{URL}\x1b]8;;\x1b\\" in output
    copied = re.search(r"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", output)
    assert copied and base64.b64decode(copied[1]).decode() == URL
    assert "copied to the clipboard" in output
    assert ("\x1bPtmux;" in output) is ("TMUX" in inside)
