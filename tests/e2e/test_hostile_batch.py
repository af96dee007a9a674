"""Every step, on a project full of hostile texts: what it says commands no terminal and leaks no secret."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from nasutui.core.generation.log import GenerationLog
from nasutui.core.japanese.own_words import FILE_NAME
from nasutui.core.project import GENERATED, LORAS, RAW, create_project
from nasutui.core.tagging.models import EMBEDDED
from tests.support.batch import batch
from tests.support.datasets import noise, png
from tests.support.lora_files import write_lora
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer

EVIL = "[@click=app.quit]x[|] [|nope] \x1b]2;owned\x07\x1b[31m \x9b31m \u202eevil"
TAG = EVIL.replace("|", "/")
SECRET = "ge heim/7%"


@pytest.fixture
def root(own_home: Path) -> Path:
    root = create_project(own_home / "projects" / EVIL, model=EMBEDDED, trigger="t").root
    (root / RAW / f"{EVIL}.png").write_bytes(png(noise(1)))
    (root / RAW / f"bad {EVIL}.png").write_bytes(b"no picture")
    (root / FILE_NAME).write_text(f"1girl\t{TAG}\n{TAG}\t{TAG}\n", encoding="utf-8")
    (root / LORAS).mkdir(exist_ok=True)
    write_lora(root / LORAS / f"{EVIL}.safetensors")
    return root


def harmless(text: str) -> bool:
    """Whether a terminal shows this as it stands."""
    return text.replace("\n", "").replace("\t", "").isprintable()


def steps(root: Path) -> list[tuple[str | Path, ...]]:
    tagged = root / "3_tagged"
    return [
        ("run", root),
        ("edit", "--input", tagged, "--add", TAG),
        ("edit", "--input", tagged, "--replace", f"{TAG}=hat"),
        ("edit", "--input", tagged, "--add", TAG),
        ("check", root), ("history", "--input", tagged), ("undo", "--input", tagged), ("redo", "--input", tagged),
        ("translate", "--input", tagged), ("export", "--input", tagged, "--output", root / "out", "--name", EVIL), ("export", "--input", tagged, "--output", root / "out", "--name", "n"),
        ("tags", "hat", "--project", root), ("tags", TAG), ("prompt", TAG), ("prompt", "青い目" + TAG),
        ("lora", root / LORAS / f"{EVIL}.safetensors", "--project", root),
        ("send", root, "--to", root / EVIL / "no"), ("fetch-lora", root, "--from", root / EVIL),
        ("new", root), ("caption", "--input", tagged, "--output", tagged, "--model", EVIL), ("prepare", "--input", EVIL),
        (EVIL,), ("run", root, f"--{EVIL}"), ("run", root / EVIL), ("colab", root),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "as_json",
    [
        pytest.param(False, id="lines"), pytest.param(True, id="json", marks=pytest.mark.soak),
    ],
)  # fmt: skip
def test_no_step_repeats_what_commands_a_terminal(root: Path, as_json: bool) -> None:
    seen = 0
    for step in steps(root):
        if as_json and (step[0] == EVIL or str(step[-1]).startswith("--")):
            continue
        done = batch(*step, *(["--json"] if as_json else []), LANG="C")
        said = done.stdout + done.stderr
        assert harmless(said), (step, said)
        assert "Traceback" not in said, (step, said)
        seen += "[@click=app.quit]x" in said
        if as_json:
            assert all(json.loads(line) for line in done.stdout.splitlines()), step
    assert seen >= 10  # it was there to be repeated


def test_a_password_is_in_no_output_and_no_file(root: Path, own_home: Path) -> None:
    with WebUIServer(auth=("nasu", SECRET), loras=[LoraFile(f"l{TAG}")]) as server:
        address = server.url.replace("http://", "http://nasu:ge%20heim%2F7%25@")
        ways: list[dict[str, str]] = [
            {"url": server.url, "NASUTUI_WEBUI_AUTH": f"nasu:{SECRET}"},
            {"url": address}, {"url": address.replace("heim", "falsch")},
        ]  # fmt: skip
        said = ""
        for way in ways:
            url = way.pop("url")
            for more in ([], ["--json"]):
                drawn = batch(
                    "generate", "--output", root / GENERATED, "--url", url, "--prompt", f"1girl {TAG}", "--size", "64x64", "--steps", "2", *more,
                    **way,
                )  # fmt: skip
                said += drawn.stdout + drawn.stderr
                assert "Traceback" not in drawn.stderr
    assert harmless(said)
    assert list((root / GENERATED).glob("*.png"))
    files = [p for top in (root, own_home) for p in top.rglob("*") if p.is_file()]
    for text in (said.encode(), *(p.read_bytes() for p in files)):
        for secret in (SECRET.encode(), b"ge%20heim", b"ge heim"):
            assert secret not in text
    with GenerationLog(root / GENERATED) as log:
        assert log.search("1girl")


def test_what_is_remembered_and_logged_is_its_owners_only(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    from nasutui.core.remembered import recall, remember, state_file
    from nasutui.log_file import keep_a_log

    before = os.umask(0)
    logger = logging.getLogger("nasutui")
    kept = logger.handlers[:]
    try:
        remember("drive", "x")
        keep_a_log()
        logger.error("secret")
    finally:
        os.umask(before)
        for handler in logger.handlers[:]:
            if handler not in kept:
                logger.removeHandler(handler)
                handler.close()
        logger.propagate = True
    assert recall("drive") == "x"
    for path in (state_file(), own_home / "cache" / "nasutui.log"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700, path.parent
    remember("drive", "y")
    assert stat.S_IMODE(state_file().stat().st_mode) == 0o600


def test_a_caption_that_is_a_link_never_changes_what_it_leads_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("1girl", encoding="utf-8")
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(png(noise(1)))
    (folder / "a.txt").symlink_to(outside)
    for step in (["edit", "--input", folder, "--add", "hat"], ["undo", "--input", folder], ["redo", "--input", folder],
                 ["caption", "--input", folder, "--output", folder, "--model", "embedded"],
                 ["translate", "--input", folder]):  # fmt: skip
        batch(*step, check=0)
        assert outside.read_text(encoding="utf-8") == "1girl"
    assert not (tmp_path / "outside_jp.txt").exists()
