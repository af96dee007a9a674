"""A damaged journal: the captions stay usable, it is set aside under a new name and said, work goes
on, and nothing is deleted. What is not damaged is never set aside."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from nasutui.core import database
from nasutui.core.editing.edit import EditSettings, edit
from nasutui.core.errors import InputError, StateError
from nasutui.core.events import Event, ItemFailed, Note, never
from nasutui.core.history.journal import Journal
from nasutui.core.history.steps import HistorySettings, history, undo
from nasutui.core.i18n import set_language
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.tag_desk import TagDesk
from nasutui.workspace import Workspace
from tests.support.caption_folder import change, collect, fill, run_script, states, texts
from tests.support.damage import AT_OPENING, LATER, Damage, into_one_file
from tests.support.said_tagger import SaidTagger, tiny_png

OLD = {f"{n}.txt": f"1girl, ^_^, number_{n}".encode() for n in range(40)}
NEW = {name: text + b", hat" for name, text in OLD.items()}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty captions with a history of several changes, in one file."""
    folder = tmp_path_factory.mktemp("damage") / "絵"
    fill(folder, OLD)
    fill(folder, {"0.png": tiny_png()})
    for name in OLD:
        change(folder, {name: NEW[name]})
    change(folder, dict.fromkeys(OLD, b"x"), "all at once")
    with Journal(folder) as journal:
        journal.undo()
    into_one_file(database.database_path(folder))
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(database, "_ALONE_SECONDS", 0.2)
    return shutil.copytree(template, tmp_path / template.name)


def captions(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in texts(folder).items() if name.endswith(".txt")}


def set_aside(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / ".nasutui").glob("damaged-*"))


def add(folder: Path, tag: str) -> list[Event]:
    return collect(edit(EditSettings(folder, add=(tag,)), never))


def told(events: list[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, Note) and e.code == "state-set-aside"]


class TestDamage:
    @pytest.mark.parametrize("name", AT_OPENING)
    def test_it_is_set_aside_and_said_and_work_goes_on(self, folder: Path, name: str) -> None:
        path = database.database_path(folder)
        AT_OPENING[name](path, random.Random(name))
        damaged = path.read_bytes()
        events = add(folder, "smile")
        assert not [e for e in events if isinstance(e, ItemFailed)]
        (said,) = told(events)
        assert "damaged-1.db" in said
        assert captions(folder) == {n: text + b", smile" for n, text in NEW.items()}
        assert set_aside(folder)[:1] == ["damaged-1.db"]
        kept = (folder / ".nasutui" / "damaged-1.db").read_bytes()
        if "gone" not in name and name != "other tables":
            assert kept == damaged
        assert len(states(folder)) == 1
        assert told(add(folder, "wave")) == []  # it is said once
        for _ in range(2):
            collect(undo(HistorySettings(folder), never))
        assert captions(folder) == NEW
        assert set_aside(folder)[:1] == ["damaged-1.db"]

    @pytest.mark.parametrize("name", LATER)
    def test_damage_that_shows_late(self, folder: Path, name: str) -> None:
        check_late(folder, LATER[name], random.Random(name))

    def test_garbage_in_the_wal_takes_no_caption(self, folder: Path) -> None:
        path = database.database_path(folder)
        wal = path.with_name("state.db-wal")
        for content in (b"garbage" * 3000, bytes(50_000), random.Random(1).randbytes(70_000)):
            before = captions(folder)
            wal.write_bytes(content)
            events = add(folder, "smile")
            assert not [e for e in events if isinstance(e, ItemFailed)]
            collect(undo(HistorySettings(folder), never))
            assert captions(folder) == before

    def test_a_second_damage_gets_a_name_of_its_own(self, folder: Path) -> None:
        path = database.database_path(folder)
        for number in (1, 2, 3):
            path.write_bytes(b"x" * 1000 * number)
            path.with_name("state.db-wal").write_bytes(b"w" * number)
            add(folder, f"tag{number}")
            kept = path.with_name(f"damaged-{number}.db")
            assert kept.read_bytes() == b"x" * 1000 * number
            path.with_name(path.name + "-wal").unlink(missing_ok=True)

    def test_half_set_aside_is_finished(self, folder: Path) -> None:
        """Killed between the renames: the rest follows, under the same name."""
        path = database.database_path(folder)
        path.write_bytes(b"x" * 5000)
        path.with_name("damaged-1.db-wal").write_bytes(b"the log of it")
        add(folder, "smile")
        assert set_aside(folder) == ["damaged-1.db", "damaged-1.db-wal"]
        assert path.with_name("damaged-1.db").read_bytes() == b"x" * 5000

    def test_the_caption_step_says_it_too(self, folder: Path) -> None:
        path = database.database_path(folder)
        path.write_bytes(b"x" * 5000)
        step = CaptionSettings(folder, folder, workers=1)
        events = collect(caption(step, never, SaidTagger(["1girl"])))
        assert len(told(events)) == 1
        assert (folder / "0.txt").read_bytes() == NEW["0.txt"]

    def test_in_japanese(self, folder: Path) -> None:
        database.database_path(folder).write_bytes(b"x" * 5000)
        set_language("ja")
        (said,) = told(add(folder, "smile"))
        assert "履歴が壊れていた" in said
        assert "damaged-1.db" in said

    def test_a_look_at_the_history_is_answered(self, folder: Path) -> None:
        database.database_path(folder).write_bytes(b"x" * 5000)
        events = collect(history(HistorySettings(folder), never))
        assert len(told(events)) == 1

    def test_undo_after_damage_has_nothing_to_undo(self, folder: Path) -> None:
        database.database_path(folder).write_bytes(b"x" * 5000)
        with pytest.raises(InputError, match="nothing to undo"):
            list(undo(HistorySettings(folder), never))


def check_late(folder: Path, damage: Damage, dice: random.Random) -> None:
    """However it is damaged: whatever refuses says so, no caption holds anything but what it held
    or was asked to hold, and after at most two refusals the work is done."""
    damage(database.database_path(folder), dice)
    tries = 0
    for tag in ("smile", "wave", "sit"):
        before = captions(folder)
        for _ in range(3):
            tries += 1
            try:
                assert not [e for e in add(folder, tag) if isinstance(e, ItemFailed)]
                break
            except StateError as error:
                assert error.code == "state-damaged", error
                for name, data in captions(folder).items():
                    assert data in (before[name], before[name] + f", {tag}".encode())
        wanted = {n: t if t.endswith(f", {tag}".encode()) else t + f", {tag}".encode()
                  for n, t in before.items()}  # fmt: skip
        assert captions(folder) == wanted
    assert tries <= 5
    for step in (history, undo):
        try:
            list(step(HistorySettings(folder), never))
        except StateError as error:
            assert error.code == "state-damaged"
        except InputError as error:
            assert error.code == "nothing-to-undo"


@pytest.mark.soak
def test_damage_of_any_kind(folder: Path, tmp_path: Path) -> None:
    until = time.monotonic() + 120
    kinds = {**AT_OPENING, **LATER}
    for number in range(800):
        dice = random.Random(f"damage {number}")
        name = dice.choice([*kinds, *LATER, *LATER])
        copy = tmp_path / f"copy{number}"
        shutil.copytree(folder, copy)
        try:
            check_late(copy, kinds[name], dice)
        except BaseException as error:
            error.add_note(f"{name}, number {number}, in {copy}")
            raise
        shutil.rmtree(copy)
        if time.monotonic() > until:
            break
    assert number >= 150


class TestNoDamage:
    def test_a_locked_one_stays(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
        with closing(sqlite3.connect(database.database_path(folder))) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StateError) as caught:
                add(folder, "smile")
            assert caught.value.code == "state-busy"
            other.execute("ROLLBACK")
        assert captions(folder) == NEW
        assert set_aside(folder) == []
        add(folder, "smile")
        assert len(states(folder)) > 40

    def test_a_newer_one_stays(self, folder: Path) -> None:
        with closing(sqlite3.connect(database.database_path(folder))) as other:
            other.execute("PRAGMA user_version=99")
        for _ in range(2):
            with pytest.raises(StateError) as caught:
                add(folder, "smile")
            assert caught.value.code == "state-newer"
        assert set_aside(folder) == []

    def test_an_empty_file_becomes_a_database(self, folder: Path) -> None:
        """A process that was killed before it could write anything into it."""
        database.database_path(folder).write_bytes(b"")
        assert told(add(folder, "smile")) == []
        assert set_aside(folder) == []

    def test_a_false_alarm_is_taken_back(self, folder: Path) -> None:
        mark = folder / ".nasutui" / "state.suspect"
        mark.touch()
        add(folder, "smile")
        assert not mark.exists()
        assert set_aside(folder) == []
        assert len(states(folder)) > 40


HOLD = """
import sys
from pathlib import Path
from nasutui.core.history.journal import Journal
with Journal(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


LOCK = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


class TestOthers:
    def test_it_is_not_renamed_under_one_that_has_it_open(self, folder: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as other:  # fmt: skip
            assert other.stdout is not None
            other.stdout.readline()
            database.database_path(folder).write_bytes(b"x" * 5000)
            with pytest.raises(StateError, match="has it open") as caught:
                add(folder, "smile")
            assert caught.value.code == "state-damaged"
            assert set_aside(folder) == []
            other.kill()
        add(folder, "smile")
        assert set_aside(folder)[:1] == ["damaged-1.db"]

    def test_several_that_open_it_at_once_set_it_aside_once(self, folder: Path) -> None:
        database.database_path(folder).write_bytes(b"x" * 5000)
        script = HOLD.replace("sys.stdin.read()", "")
        command = [sys.executable, "-c", script, str(folder)]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(5)]
        for process in running:
            process.communicate()
            assert process.returncode == 0
        assert set_aside(folder)[:1] == ["damaged-1.db"]
        assert not (folder / ".nasutui" / "damaged-2.db").exists()


class TestTheEditor:
    def desk(self, folder: Path) -> TagDesk:
        desk = TagDesk(Workspace(folder, None))
        list(desk.load(never))
        desk.take(desk.count())
        return desk

    def test_captions_are_there_and_can_be_changed(self, folder: Path) -> None:
        database.database_path(folder).write_bytes(b"x" * 5000)
        desk = self.desk(folder)
        (slot,) = desk.dataset.slots_of(folder / "0.txt")
        assert desk.dataset.tags(slot) == ("1girl", "^_^", "number_0", "hat")
        (said,) = desk.recover()
        assert "damaged-1.db" in said
        assert desk.edit(slot, ["1girl", "hat"], "-") is None
        assert (folder / "0.txt").read_bytes() == b"1girl, hat"
        assert desk.turn(back=True) is not None
        assert captions(folder) == NEW
        desk.close()

    def test_damage_under_an_open_editor(self, folder: Path) -> None:
        """The first thing that meets it is refused and says so, the next one works."""
        desk = self.desk(folder)
        (slot,) = desk.dataset.slots_of(folder / "0.txt")
        assert desk.edit(slot, ["1girl", "hat"], "-") is None
        path = database.database_path(folder)
        for part in ("state.db", "state.db-wal"):
            path.with_name(part).write_bytes(b"x" * 50_000)
        refused = 0
        for _ in range(3):
            try:
                assert desk.edit(slot, ["1girl", "hat", "smile"], "+smile") is None
                break
            except StateError as error:
                refused += 1
                assert error.code == "state-damaged"
        assert refused <= 1
        assert (folder / "0.txt").read_bytes() == b"1girl, hat, smile"
        desk.close()

    def test_a_locked_history_leaves_the_captions_visible(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another process holds the database for longer than anybody waits."""
        monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
        with subprocess.Popen(
            [sys.executable, "-c", LOCK, str(database.database_path(folder))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as other:  # fmt: skip
            assert other.stdout is not None
            other.stdout.readline()
            desk = self.desk(folder)
            assert len(desk.dataset) == len(OLD)
            desk.recover()
            for _ in range(2):
                with pytest.raises(StateError) as caught:
                    desk.edit(0, ["x"], "x")
                assert caught.value.code == "state-busy"
            assert captions(folder) == NEW
            other.kill()
        assert desk.edit(0, ["x"], "x") is None
        assert desk.turn(back=True) is not None
        assert captions(folder) == NEW
        assert set_aside(folder) == []
        desk.close()

    def test_a_newer_history_leaves_the_captions_visible(self, folder: Path) -> None:
        with closing(sqlite3.connect(database.database_path(folder))) as other:
            other.execute("PRAGMA user_version=99")
        desk = self.desk(folder)
        (said,) = desk.recover()
        assert "newer" in said
        assert len(desk.dataset) == len(OLD)
        with pytest.raises(StateError):
            desk.edit(0, ["x"], "x")
        assert captions(folder) == NEW
        desk.close()


def test_a_process_that_is_killed_lets_go_of_the_folder(folder: Path) -> None:
    script = HOLD.replace("sys.stdin.read()", "import os; os.kill(os.getpid(), 9)")
    assert run_script(script, folder).returncode == -9
    database.database_path(folder).write_bytes(b"x" * 5000)
    add(folder, "smile")
    assert set_aside(folder)[:1] == ["damaged-1.db"]
