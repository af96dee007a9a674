"""What a person at a terminal sees, whatever the names of the files."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.support.batch import COMMAND, batch, environment, nasutui
from tests.support.datasets import HOSTILE_NAMES, captioned, noise, png

# What a progress bar sends: colours, erase line, cursor up, cursor on and off.
HARMLESS = re.compile(r"\x1b\[[0-9;]*[mKA]|\x1b\[\?25[lh]|\r|\n")


def in_terminal(*arguments: str | Path, columns: int = 100, **changes: str) -> tuple[int, str]:
    """Run `nasutui ARGUMENTS` with a real terminal on all three streams; exit code and output."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *map(os.fspath, arguments)], stdin=slave, stdout=slave, stderr=slave,
        env=environment(**{"TERM": "xterm-256color", **changes}),
    )  # fmt: skip
    os.close(slave)
    output = b""
    with contextlib.suppress(OSError):  # Linux ends a terminal without writers with EIO
        while chunk := os.read(master, 65536):
            output += chunk
    os.close(master)
    return process.wait(timeout=60), output.decode("utf-8")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for i in range(30):
        (folder / f"p{i:02d}.png").write_bytes(png(noise(i, (1500, 1200)), compress_level=1))
    return folder


def test_a_bar_with_rate_and_time_left(many: Path, tmp_path: Path) -> None:
    code, output = in_terminal("--batch", "prepare", "--input", many, "--output", tmp_path / "o")
    assert code == 0
    assert re.search(r"prepare .*\b1?\d/30\b", output)
    assert re.search(r"\d+\.\d/s", output)
    assert re.search(r"\d:\d\d:\d\d", output)
    # The bar takes itself away and the sentence stays.
    assert "30 made" in output.rstrip().splitlines()[-1]
    assert not re.search(r"/30", HARMLESS.sub("", output.rsplit("\x1b[2K", 1)[-1]))


def test_failures_are_named_above_the_bar(many: Path, tmp_path: Path) -> None:
    (many / "p05.png").write_bytes(b"nothing")
    code, output = in_terminal("--batch", "prepare", "--input", many, "--output", tmp_path / "o")
    assert code == 3
    assert "skipped: p05.png" in output


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    folder = captioned(tmp_path / "f", {"a.png": png(noise(1))})
    code, output = in_terminal("--batch", "edit", "--input", folder, "--add", "x", TERM="dumb")
    assert code == 0
    assert "changed a.txt" in output and "\x1b" not in output


def test_quiet_and_json_draw_no_bar(tmp_path: Path) -> None:
    folder = captioned(tmp_path / "f", {"a.png": png(noise(1))})
    for flag in ("--quiet", "--json"):
        code, output = in_terminal("--batch", "edit", "--input", folder, "--add", "x", flag)
        assert code == 0 and "\x1b" not in output


@pytest.mark.parametrize(
    "locale", [{"LANG": "C"}, {"LANG": "ja_JP.UTF-8"}, {"LANG": "en_US.UTF-8"}]
)
@pytest.mark.parametrize("where", ["pipe", "json", "terminal"])
def test_hostile_names_cannot_command_the_terminal(
    tmp_path: Path, locale: dict[str, str], where: str
) -> None:
    pictures = dict.fromkeys(HOSTILE_NAMES, b"no picture")
    folder = captioned(tmp_path / "f", {**pictures, "good.png": png(noise(1))})
    prepare = ("prepare", "--input", folder, "--output", tmp_path / "o", "--size", "64")
    if where == "terminal":
        code, output = in_terminal("--batch", *prepare, **locale)
        output = HARMLESS.sub("", output)
    else:
        done = batch(*prepare, *(["--json"] if where == "json" else []), **locale)
        code, output = done.returncode, done.stdout + done.stderr
        output = output.replace("\n", "")
    assert code == 3
    assert output.isprintable(), [c for c in output if not c.isprintable()]
    assert "\x1b" not in output and "\u202e" not in output
    # Markup is text, and every file is named on a line of its own.
    assert "[red]markup[bold]" in output
    assert "夏の空" in output
    assert "{curly}%s" in output


def test_every_skipped_file_has_one_line(tmp_path: Path) -> None:
    folder = captioned(tmp_path / "f", dict.fromkeys(HOSTILE_NAMES, b"no picture"))
    done = batch("prepare", "--input", folder, "--output", tmp_path / "o", "--quiet", check=1)
    assert len(done.stderr.splitlines()) == len(HOSTILE_NAMES)


def test_a_hostile_project_folder_is_named_safely(tmp_path: Path) -> None:
    done = batch("run", tmp_path / "\x1b[31mred\nline", check=1)
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.strip().isprintable()


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"), ({"LANG": "C"}, "en"), ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "ja_JP.UTF-8", "LANG": "C"}, "ja"), ({}, "en"), ({"LANG": ""}, "en"),
    ],
)  # fmt: skip
def test_the_locale_decides_the_language_and_lang_overrides_it(
    locale: dict[str, str], language: str
) -> None:
    catalogue = Path(__file__).parents[2] / "nasutui/data/locale/ja/LC_MESSAGES/nasutui.mo"
    if not catalogue.exists():
        pytest.skip("the Japanese catalogue is not built")
    said = nasutui("--batch", "--help", check=0, **{"LANG": "", **locale}).stdout
    assert said == nasutui("--lang", language, "--batch", "--help", check=0).stdout


def test_a_stream_that_is_closed_is_no_reason_to_fail(tmp_path: Path) -> None:
    folder = captioned(tmp_path / "f", {"a.png": png(noise(1))})
    command = " ".join([*COMMAND, "--batch", "edit", "--input", str(folder), "--add"])
    for number, closing in enumerate((">&-", "2>&-", ">&- 2>&- <&-")):
        done = subprocess.run(
            f"exec {command} t{number} {closing}", shell=True, env=environment(), timeout=60,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
    assert (folder / "a.txt").read_text(encoding="utf-8").endswith("t0, t1, t2")


def test_without_stdin_the_interface_says_that_it_needs_a_terminal() -> None:
    done = subprocess.run(
        f"exec {' '.join(COMMAND)} <&-", shell=True, env=environment(), capture_output=True,
        encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
