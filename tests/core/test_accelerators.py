"""An accelerator is used only where it is right and faster, found out once in a child process."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from nasutui.core.config import cache_folder
from nasutui.core.errors import InputError, ModelError
from nasutui.core.events import Finished, Note, never
from nasutui.core.files import sha256_file
from nasutui.core.tagging.accelerator_memory import remember, remembered
from nasutui.core.tagging.accelerator_trial import Trial, spread, try_plan
from nasutui.core.tagging.accelerators import KNOWN, NAMES, accelerators_here
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.engine import Outcome, make_ready, probe
from nasutui.core.tagging.models import ModelFiles
from nasutui.core.tagging.sessions import Plan
from nasutui.core.tagging.tagger import OnnxTagger
from tests.support.datasets import noise, png
from tests.support.providers import PID_FILE, stand_in
from tests.support.tagger_graphs import write_tagger

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    folder = write_tagger(tmp_path_factory.mktemp("moat"), "moat")
    return ModelFiles("moat", folder / "model.onnx", folder / "selected_tags.csv")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(5):
        (folder / f"p{i}.png").write_bytes(png(noise(i, (90, 60))))
    (folder / "p0.png").write_bytes(b"broken")
    return sorted(folder.iterdir())


def tagger_of(files: ModelFiles) -> OnnxTagger:
    return OnnxTagger(files, f"{sha256_file(files.model)}+tags")


def tried(files: ModelFiles, pictures: list[Path], kind: str, *, again: bool = False) -> Outcome:
    return probe(tagger_of(files), stand_in(kind), pictures, never, again=again)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("aborting", "crashed"), ("aborting_late", "crashed"), ("refusing", "refused"),
        ("wrong", "wrong"), ("nonsense", "wrong"), ("slow", "slow"), ("fast", "use"),
    ],
)  # fmt: skip
def test_every_kind_of_provider(
    files: ModelFiles, pictures: list[Path], kind: str, verdict: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    found = tried(files, pictures, kind)
    assert found.trial.verdict == verdict
    assert (found.plan is not None) == (verdict == "use")
    if kind in ("slow", "fast", "wrong"):
        assert found.trial.pictures == 4
        assert found.trial.cpu > 0 and found.trial.seconds > 0 and found.trial.tags > 0
    if kind == "wrong":
        assert found.trial.difference > 0.1 and found.trial.changed > 0
    assert capfd.readouterr() == ("", "")
    again = tried(files, pictures, kind)
    assert (again.known, again.trial, again.plan) == (True, found.trial, found.plan)


def test_a_provider_that_hangs_is_ended(files: ModelFiles, pictures: list[Path]) -> None:
    plan = stand_in("hanging").plan(files.model, "0")
    assert try_plan(files, plan, pictures, never, seconds=1).verdict == "hung"


def test_a_test_can_be_stopped_and_is_not_remembered(
    files: ModelFiles, pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PID_FILE, str(tmp_path / "pid"))
    one = stand_in("hanging")
    found = probe(tagger_of(files), one, pictures, lambda: (tmp_path / "pid").exists())
    assert found.trial.verdict == "cancelled" and found.plan is None
    assert remembered(one.key(tagger_of(files).model_sha256)) is None
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_the_child_goes_when_its_parent_is_killed(
    files: ModelFiles, pictures: list[Path], tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from nasutui.core.events import never\n"
        "from nasutui.core.tagging.models import ModelFiles; from tests.support.providers import stand_in\n"
        "from nasutui.core.tagging.accelerator_trial import try_plan\n"
        "files = ModelFiles('m', Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "plan = stand_in('hanging').plan(files.model, '0')\n"
        "try_plan(files, plan, [Path(sys.argv[3])], never)\n"
    )
    note = tmp_path / "pid"
    arguments = [files.model, files.tags, pictures[1]]
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT,
        env={**os.environ, PID_FILE: str(note)},
    ) as parent:  # fmt: skip
        child = int(wait_for(lambda: note.exists() and note.read_text()) or 0)
        parent.send_signal(signal.SIGKILL)
    assert wait_for(lambda: not alive(child))


def alive(pid: int) -> bool:
    """False also for one that has ended and whom nobody has waited for."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_for(condition: object) -> object:
    end = time.monotonic() + 30
    pause = threading.Event()
    while time.monotonic() < end:
        value = condition()  # type: ignore[operator]
        if value:
            return value
        pause.wait(0.02)
    raise AssertionError("waited in vain")


def test_without_a_picture_that_opens_there_is_no_test(files: ModelFiles, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"broken")
    with pytest.raises(InputError) as caught:
        tried(files, [tmp_path / "a.png"], "fast")
    assert caught.value.code == "no-pictures"


def test_a_damaged_model_is_the_models_fault(pictures: list[Path], tmp_path: Path) -> None:
    folder = write_tagger(tmp_path, "vit")
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:1000])
    damaged = ModelFiles("vit", folder / "model.onnx", folder / "selected_tags.csv")
    with pytest.raises(ModelError) as caught:
        tried(damaged, pictures, "fast")
    assert caught.value.code == "model-damaged"


def test_pictures_are_chosen_over_the_whole_row() -> None:
    row = [Path(f"{i:03}") for i in range(100)]
    assert spread(row, 4)[:4] == [row[0], row[25], row[50], row[75]]
    assert len(set(spread(row, 4))) == 8
    assert sorted(spread(row[:3], 4)) == row[:3]


# -- what is remembered ---------------------------------------------------------------------

TRIAL = Trial("use", 1.0, 0.25, 3.0, 0.001, 4, 100, 0)


def test_the_key_names_model_version_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    one = stand_in("fast")
    others = [
        one.key("b" * 64),
        stand_in("slow").key("a" * 64),
        stand_in("fast", options={"x": "1"}).key("a" * 64),
        stand_in("fast", static=True).key("a" * 64),
        dataclasses.replace(one, provider="Other").key("a" * 64),
    ]
    key = one.key("a" * 64)
    assert key == one.key("a" * 64)
    monkeypatch.setattr(ort, "__version__", "99.0")
    others.append(one.key("a" * 64))
    assert len({key, *others}) == 7


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"verdict": "use"}',
        json.dumps({**dataclasses.asdict(TRIAL), "cpu": "1"}).encode(),
        json.dumps({**dataclasses.asdict(TRIAL), "verdict": "maybe"}).encode(),
        json.dumps({**dataclasses.asdict(TRIAL), "more": 1}).encode(),
    ],
)  # fmt: skip
def test_a_damaged_result_is_no_result(damage: bytes) -> None:
    remember("key", TRIAL)
    assert remembered("key") == TRIAL
    (path,) = (cache_folder() / "accelerators").iterdir()
    path.write_bytes(damage)
    assert remembered("key") is None
    remember("key", TRIAL)
    assert remembered("key") == TRIAL


def test_a_cache_that_cannot_be_written_costs_no_more_than_a_test(
    files: ModelFiles, pictures: list[Path]
) -> None:
    cache_folder().parent.mkdir(parents=True, exist_ok=True)
    cache_folder().write_bytes(b"a file in its place")
    assert tried(files, pictures, "fast").trial.verdict == "use"


# -- captioning -----------------------------------------------------------------------------


def ready(files: ModelFiles, pictures: list[Path], *kinds: str) -> tuple[OnnxTagger, list[str]]:
    tagger = tagger_of(files)
    here = [dataclasses.replace(stand_in(k), name=k) for k in kinds]
    notes = make_ready(tagger, pictures, never, accelerator="auto", here=here)
    return tagger, [note.code for note in notes]


def test_what_crashes_is_not_used(files: ModelFiles, pictures: list[Path]) -> None:
    tagger, codes = ready(files, pictures, "aborting")
    assert codes == ["accelerator-test", "accelerator-crashed"]
    assert tagger.scores(pictures[1]).tags.size  # on the processor, in this process
    assert ready(files, pictures, "aborting")[1] == ["accelerator-crashed"]


def test_what_is_right_and_faster_is_used(files: ModelFiles, pictures: list[Path]) -> None:
    tagger, codes = ready(files, pictures, "wrong", "fast", "slow")
    assert codes[1::2] == ["accelerator-wrong", "accelerator-use", "accelerator-slow"]
    said = tagger.run(tagger.tensor(pictures[1]))
    plain = tagger_of(files)
    exact = plain.run(plain.tensor(pictures[1]))
    assert not np.array_equal(said, exact)  # half precision: it was the stand-in that ran
    assert np.abs(said - exact).max() < 0.02
    assert tagger.key == plain.key


def test_broken_pictures_are_left_to_the_caption_step(files: ModelFiles, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"broken")
    assert ready(files, [tmp_path / "a.png"], "fast")[1][-1] == "accelerator-refused"


def test_a_provider_that_takes_one_run_at_a_time(files: ModelFiles, pictures: list[Path]) -> None:
    one = dataclasses.replace(stand_in("single"), exclusive=True)
    tagger = tagger_of(files)
    tagger.plan(one.plan(files.model, "0"))
    tensors = [tagger.tensor(p) for p in pictures[1:]] * 8
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(tagger.run, tensors))) == len(tensors)


def test_use_coreml_where_there_is_none(
    files: ModelFiles, pictures: list[Path], tmp_path: Path
) -> None:
    if "CoreMLExecutionProvider" in ort.get_available_providers():
        pytest.skip("there is one")
    whole = tmp_path / "whole"
    whole.mkdir()
    for picture in pictures[1:]:
        (whole / picture.name).write_bytes(picture.read_bytes())
    settings = CaptionSettings(whole, tmp_path / "o", str(files.model.parent), use_coreml=True)
    events = list(caption(settings, never))
    assert [e.code for e in events if isinstance(e, Note)] == ["no-coreml"]
    assert isinstance(events[-1], Finished) and events[-1].summary["made"] == 4
    # When every score is known there is nothing to open, test or say.
    assert not [e for e in caption(settings, never) if isinstance(e, Note)]


def test_coreml_is_told_what_makes_it_worth_having() -> None:
    (one,) = (known for known in KNOWN if known.name == "coreml")
    plan = one.plan(Path("m.onnx"), "a" * 64)
    assert plan.options["ModelFormat"] == "MLProgram"
    assert plan.options["RequireStaticInputShapes"] == "1"
    assert one.static
    folder = Path(plan.options["ModelCacheDirectory"])
    assert cache_folder() in folder.parents
    assert folder != Path(one.plan(Path("m.onnx"), "b" * 64).options["ModelCacheDirectory"])


def test_names_are_those_of_the_command_line() -> None:
    from nasutui.arguments import ACCELERATORS

    assert ACCELERATORS == NAMES
    assert {one.name for one in accelerators_here()} <= set(NAMES)


def test_a_provider_that_is_gone_is_named(files: ModelFiles) -> None:
    tagger = tagger_of(files)
    tagger.plan(Plan(provider="NoSuchProvider"))
    with pytest.raises(ModelError) as caught:
        tagger.open()
    assert caught.value.code == "accelerator-failed"
