"""`nasutui --batch generate` and `compare` as child processes against a real server."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from nasutui.core.generation.log import GenerationLog
from nasutui.core.generation.pnginfo import parse_infotext, read_parameters
from tests.support.commands import batch, command, environment
from tests.support.webui_case import GENERATE, closed_url
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer

LORAS = [LoraFile("nasumiso_v1-000004"), LoraFile("nasumiso_v1")]
QUICK = ("--steps", 3, "--size", "64x128")


def test_generate_with_every_flag(tmp_path: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        answer = batch(
            "generate", "--prompt", "1girl, [bold]x[/nope]", "--negative", "low", "--lora",
            "nasumiso_v1:0.65", "--seed", 11, "--count", 2, "--cfg", 5.5, "--sampler", "Euler a",
            *QUICK, "--url", server.url, "--output", tmp_path / "out", env=environment(tmp_path),
        )  # fmt: skip
        sent = [request.json() for request in server.sent(GENERATE)]
    assert answer.code == 0
    assert answer.summary == {"made": 2, "failed": 0, "warnings": 0}
    assert {one["prompt"] for one in sent} == {"1girl, [bold]x[/nope] <lora:nasumiso_v1:0.65>"}
    assert [one["seed"] for one in sent] == [11, 12]
    assert (sent[0]["width"], sent[0]["height"], sent[0]["steps"]) == (64, 128, 3)
    assert (sent[0]["cfg_scale"], sent[0]["sampler_name"]) == (5.5, "Euler a")
    paths = [Path(item["path"]) for item in answer.of("item")]
    text = read_parameters(paths[0])
    assert text is not None
    assert parse_infotext(text).negative_prompt == "low"
    with GenerationLog(tmp_path / "out") as log:
        assert {entry.path for entry in log.search()} == set(paths)


def test_japanese_is_told_in_tags(tmp_path: Path) -> None:
    with WebUIServer() as server:
        answer = batch(
            "generate", "--prompt", "青い髪の女の子、ほげほげ", *QUICK, "--url", server.url,
            "--output", tmp_path / "out", env=environment(tmp_path),
        )  # fmt: skip
        assert server.sent(GENERATE)[0].json()["prompt"] == "1girl, blue_hair"
    assert [note["code"] for note in answer.of("note")] == ["prompt-unknown", "prompt-in-tags"]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--size", "512"), 2),
        (("--lora", "a:b"), 2),
        (("--steps", "x"), 2),
        (("--prompt", ""), 1),
        (("--size", "65x64"), 1),
        (("--sampler", "Nope"), 1),
        (("--lora", "葉:1"), 1),
    ],
)
def test_what_is_wrong_is_said_without_drawing(
    tmp_path: Path, flags: tuple[str, ...], code: int
) -> None:
    with WebUIServer() as server:
        answer = batch(
            "generate", "--prompt", "1girl", "--url", server.url, "--output", tmp_path / "out",
            *flags, env=environment(tmp_path),
        )  # fmt: skip
        assert not server.sent(GENERATE)
    assert answer.code == code
    assert answer.of("error")


def test_no_server_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    answer = batch(
        "generate", "--prompt", "1girl", "--url", closed_url(), "--output", tmp_path / "out",
        env=environment(tmp_path),
    )  # fmt: skip
    assert answer.code == 1
    (error,) = answer.of("error")
    assert error["code"] == "webui-not-running"
    assert "./webui.sh --api" in error["reason"]


def test_a_password_from_the_environment_is_in_no_output(tmp_path: Path) -> None:
    with WebUIServer(auth=("me", "sesame-99")) as server:
        flags = ("--prompt", "1girl", *QUICK, "--url", server.url, "--output", tmp_path / "out")
        assert batch("generate", *flags, env=environment(tmp_path)).code == 1
        env = environment(tmp_path, NASUTUI_WEBUI_AUTH="me:sesame-99")
        answer = batch("generate", *flags, env=env)
    assert answer.code == 0
    assert "sesame-99" not in str(answer.events)
    assert b"sesame-99" not in answer.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT")
def test_ctrl_c_interrupts_the_server(tmp_path: Path) -> None:
    with WebUIServer() as server:
        server.engine.pause_at = 2
        child = subprocess.Popen(
            command("generate", "--prompt", "1girl", *QUICK, "--url", server.url, "--output",
                    tmp_path / "out", "--json"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path),
        )  # fmt: skip
        server.engine.wait_for(lambda: server.engine.state["sampling_step"] == 2)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        assert child.returncode == 130
        assert server.engine.state["interrupted"]


def test_compare_draws_goes_on_and_lays_out(tmp_path: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        flags = (
            "--prompt", "1girl, blue_theme", "--lora", "nasumiso_v1-000004", "nasumiso_v1",
            "--weights", "0.6,1", *QUICK, "--url", server.url, "--output", tmp_path / "out",
            "--model", "embedded",
        )  # fmt: skip
        answer = batch("compare", *flags, "--count", 1, env=environment(tmp_path))
        assert answer.code == 0
        assert answer.summary["made"] == 5
        assert [row["data"]["weight"] for row in answer.of("row")] == [0.0, 0.6, 1.0, 0.6, 1.0]
        again = batch("compare", *flags, "--count", 1, env=environment(tmp_path))
        assert (again.summary["made"], again.summary["unchanged"]) == (0, 5)
        assert len(server.sent(GENERATE)) == 5
    assert Path(answer.summary["page"]).read_text("utf-8").startswith("<!doctype html>")
    assert Path(answer.summary["sheet"]).is_file()
    assert answer.summary["advice"]


def test_plain_output_is_for_people(tmp_path: Path) -> None:
    with WebUIServer(loras=LORAS) as server:
        done = subprocess.run(
            command("compare", "--prompt", "1girl", "--lora", "nasumiso_v1", "--weights", "1",
                    "--seeds", "1", *QUICK, "--url", server.url, "--output", tmp_path / "out",
                    "--model", "none"),
            capture_output=True, env=environment(tmp_path), timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert b"compare.html" in done.stdout
    assert b"Traceback" not in done.stderr
