"""The real editor in a real pseudo-terminal is killed (SIGKILL) at random moments while keys are
typed: every caption holds the old text or the new one, the journal opens, everything can be undone to
the beginning and made again, and the next editor opens and ends well."""

from __future__ import annotations

import random
import shutil
import sys
import time
from pathlib import Path

import pytest

from nasutui.core.history.journal import Journal
from tests.support.caption_folder import change, temporaries
from tests.support.tags_app import make_folder

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.support.pty_app import PtyApp

CAPTIONS = 60
TAGS = ("hat", "^_^", ":d", "2024", 'don\'t_say_"lazy"', "\\m/", "poster_(object)")
Texts = dict[str, bytes]


def texts(folder: Path) -> Texts:
    return {p.name: p.read_bytes() for p in folder.glob("*.txt")}


def make_template(folder: Path) -> Path:
    """Many captions, a change of all of them that is undone and one that is not."""
    tags = "1girl, solo, blue_hair, >_<"
    make_folder(folder, {f"img{n}": tags for n in range(1, CAPTIONS + 1)})
    names = [f"img{n}.txt" for n in range(1, CAPTIONS + 1)]
    change(folder, dict.fromkeys(names, f"{tags}, first".encode()), "first")
    change(folder, dict.fromkeys(names, f"{tags}, first, second".encode()), "second")
    with Journal(folder) as journal:
        journal.undo()
    return folder


def keys(dice: random.Random) -> bytes:
    """What a person types: one thing after the other."""
    return dice.choice(
        [
            b"a|" + dice.choice(TAGS).encode() + b"\r|\r",
            b"a|" + dice.choice(TAGS).encode() + b"\r|\r",
            b"l|J|h",
            b"l|d|h",
            b"l|f|h",
            b"j",
            b"u|y",
            b"u|y",
            b"\x12|y",
            b"\x12|y",
            b"xcjp",
        ]
    )


def type_and_kill(folder: Path, dice: random.Random) -> None:
    with PtyApp(folder) as app:
        app.until("img1.png")
        for _ in range(dice.randrange(1, 25)):
            for part in keys(dice).split(b"|"):  # keys of one burst go where the first one went
                app.send(part)
                time.sleep(0.04 * (part == b"a") + 0.02 * part.endswith(b"\r"))
            time.sleep(dice.choice([0, 0.005, 0.02, 0.06]) * dice.random())
        time.sleep(dice.random() * dice.choice([0.01, 0.1, 0.4]))
        app.kill()


def check(folder: Path, first: Texts) -> bool:
    """After a kill; True when it was in the middle of a change."""
    found = texts(folder)
    with Journal(folder) as journal:
        recovered = journal.recovered
        assert not [f for r in recovered for f in r.refused]
        allowed = {name: {text} for name, text in first.items()}
        for info in journal.history():
            for edit in journal.edits_of(info.id):
                allowed.setdefault(edit.path.name, set()).update({edit.before, edit.after})
        for name, text in found.items():
            assert text in allowed[name], name
        assert found.keys() >= first.keys()
        after = texts(folder)
        assert temporaries(folder) == []
        applied = sum(info.state == "applied" for info in journal.history())
        for _ in range(applied):
            outcome = journal.undo()
            assert outcome is not None and not outcome.refused
        assert journal.next_undo() is None
        assert texts(folder) == first
        for _ in range(applied):
            outcome = journal.redo()
            assert outcome is not None and not outcome.refused
        assert texts(folder) == after
    return bool(recovered)


def opens_and_ends(folder: Path) -> None:
    before = texts(folder)
    with PtyApp(folder) as app:
        app.until("img1.png")
        app.send(b"\x11")
        assert app.ended() == 0
    assert texts(folder) == before


def kill_often(tmp_path: Path, kills: int, seconds: float) -> tuple[int, int]:
    """How often it was killed, and how often in the middle of a change."""
    template = make_template(tmp_path / "template")
    first = dict.fromkeys(texts(template), b"1girl, solo, blue_hair, >_<")
    dice = random.Random("kill the editor")
    until = time.monotonic() + seconds
    middle = 0
    for number in range(kills):
        folder = shutil.copytree(template, tmp_path / f"killed{number}")
        type_and_kill(folder, dice)
        middle += check(folder, first)
        if number % 8 == 0:
            opens_and_ends(folder)
        shutil.rmtree(folder)
        if time.monotonic() > until:
            break
    return number + 1, middle


def test_the_editor_killed_at_any_moment(tmp_path: Path) -> None:
    kill_often(tmp_path, kills=1, seconds=5.0)


@pytest.mark.soak
def test_the_editor_killed_at_many_moments(tmp_path: Path) -> None:
    killed, middle = kill_often(tmp_path, kills=90, seconds=240.0)
    print(f"the editor was killed {killed} times, {middle} of them in the middle of a change")
    assert killed >= 30
    assert middle
