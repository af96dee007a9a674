"""Coming into a terminal and out of it again, whatever happens in between."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.batch import COMMAND, environment
from tests.support.pseudo_terminal import PseudoTerminal, pseudo_terminal
from tests.support.tags_app import make_folder

USUAL_MODES = {"25", "7"}  # cursor shown, lines wrapped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "pics", {f"img{n}": "1girl, hat" for n in range(3)})


@pytest.fixture
def terminal(folder: Path, own_home: Path) -> Iterator[PseudoTerminal]:
    with pseudo_terminal([folder], own_home) as terminal:
        terminal.until("img0.png", "1girl")
        terminal.quiet()
        yield terminal


def test_a_dumb_terminal_is_told_what_to_do(folder: Path, own_home: Path) -> None:
    with pseudo_terminal([folder], own_home, TERM="dumb") as terminal:
        assert terminal.ended() == 1
        assert b"\x1b" not in terminal.sent
        assert "nasutui --batch" in terminal.screen()
        assert terminal.left_as_found()


@pytest.mark.parametrize("missing", ["stdin", "stderr"])
def test_a_stream_that_is_no_terminal_is_refused(
    folder: Path, own_home: Path, tmp_path: Path, missing: str
) -> None:
    redirect = "< /dev/null" if missing == "stdin" else f"2> {tmp_path / 'said'}"
    through = ("/bin/sh", "-c", f'"$@" {redirect}', "sh")
    with pseudo_terminal([folder], own_home, (80, 24), through) as terminal:
        assert terminal.ended() == 1
        assert b"\x1b" not in terminal.sent
        said = terminal.screen() if missing == "stdin" else (tmp_path / "said").read_text("utf-8")
    assert said.split("\n")[0].startswith("nasutui needs a terminal")


def test_without_any_terminal_the_reason_is_in_japanese_too() -> None:
    done = subprocess.run(
        [*COMMAND, "--lang", "ja"], env=environment(), capture_output=True, encoding="utf-8",
        stdin=subprocess.DEVNULL, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1 and "--batch" in done.stderr and "ターミナル" in done.stderr


def test_being_told_to_end_leaves_the_terminal_as_it_was(
    terminal: PseudoTerminal, folder: Path
) -> None:
    terminal.send("aribbon\r")
    terminal.until("ribbon", "3 tags")
    terminal.signal(signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert terminal.left_as_found()
    assert terminal.buffer.modes == USUAL_MODES and terminal.buffer.keyboard == 0
    assert (folder / "img0.txt").read_text("utf-8") == "1girl, hat, ribbon"


def test_stopped_and_gone_on_everything_is_drawn_again(terminal: PseudoTerminal) -> None:
    before = terminal.screen()
    terminal.signal(signal.SIGTSTP)
    terminal.quiet()
    assert terminal.buffer.modes == USUAL_MODES and terminal.left_as_found()
    terminal.buffer.resize(80, 24)  # another program has used the terminal meanwhile
    terminal.signal(signal.SIGCONT)
    terminal.until(fits=lambda shown: shown == before)


def test_a_key_draws_again_what_something_else_spoilt(terminal: PseudoTerminal) -> None:
    before = terminal.screen()
    terminal.buffer.resize(80, 24)
    terminal.send("\x0c")
    terminal.until(fits=lambda shown: shown == before)


def test_a_window_made_small_and_large_at_once_is_drawn_again(terminal: PseudoTerminal) -> None:
    before = terminal.screen()
    for size in ((40, 12), (81, 24), (80, 24), (79, 23), (80, 24)):
        terminal.resize(*size)
    terminal.until(fits=lambda shown: shown == before)


def test_a_pasted_path_or_escape_is_text(terminal: PseudoTerminal, folder: Path) -> None:
    terminal.send("a")
    terminal.until("Next meaning")
    terminal.send("\x1b[200~blue_\x1b[31meyes\x07\x1b[201~")
    terminal.quiet()
    terminal.send("\x11")
    assert terminal.ended() == 0
    assert (folder / "img0.txt").read_text("utf-8") == "1girl, hat"
