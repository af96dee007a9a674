"""`nasutui --batch` as other programs meet it: flags, streams, exit codes, JSON."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
from pathlib import Path

import pytest

from nasutui.cli import main
from nasutui.core import events
from nasutui.core.project import update_project
from nasutui.report import EVENT_NAMES
from tests.core.test_lora import lora_file
from tests.support.batch import batch, batch_json, events_of, finished, nasutui
from tests.support.datasets import captioned, jpeg, noise, plain, png, stamps
from tests.support.kohya_config import read_config_file
from tests.support.kohya_reader import train_from_config

DOCS = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")
# Step -> its flags, as the page lists them.
STEPS = dict(
    re.findall(
        r"^    ([a-z-]+) +((?:.|\n {14})+)",
        DOCS.partition("## Steps\n")[2].partition("\n## ")[0],
        re.M,
    )
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for i in range(1, 4):
        (folder / f"p{i}.jpg").write_bytes(jpeg(noise(i, (300, 200))))
    return folder


# -- the main job ---------------------------------------------------------------------------


def test_from_raw_pictures_to_a_dataset_step_by_step(raw: Path, tmp_path: Path) -> None:
    ready, tagged, out = tmp_path / "2", tmp_path / "3", tmp_path / "out"
    batch("prepare", "--input", raw, "--output", ready, "--size", "128", check=0)
    batch("caption", "--input", ready, "--output", tagged, "--model", "embedded", check=0)
    batch("add-tag", "--input", tagged, "--tag", "nasu", "--exclude-jp", check=0)
    batch("translate", "--input", tagged, check=0)
    batch("edit", "--input", tagged, "--add", "1girl", check=0)
    export = ("export", "--input", tagged, "--output", out, "--name", "nasu", "--size", "128")
    batch(*export, "--repeats", "4", check=0)
    run = train_from_config(out / "nasu", read_config_file(out / "nasu/training.toml"))
    assert len(run.pictures) == 3
    assert {p.repeats for p in run.pictures} == {4}
    assert all(p.caption.startswith("nasu, ") for p in run.pictures)
    before = stamps(tmp_path, leave_out=[".nasutui"])
    for step in (("prepare", "--input", raw, "--output", ready, "--size", "128"), export):
        batch(*step, *(("--repeats", "4") if step is export else ()), check=0)
    assert stamps(tmp_path, leave_out=[".nasutui"]) == before


def test_the_main_job_with_one_command(tmp_path: Path) -> None:
    project = tmp_path / "sample"
    batch("new", project, "--sample", check=0)
    first = batch_json("run", project)
    assert finished(first, "export")["pictures"] == 12
    assert finished(first, "run")["failed"] == 0
    before = stamps(project, leave_out=[".nasutui"])
    again = batch_json("run", project)
    assert {e["action"] for e in again if e["event"] == "item"} == {"unchanged"}
    assert stamps(project, leave_out=[".nasutui"]) == before
    assert batch("check", project).returncode == 3  # two of the pictures look alike


# -- exit codes -----------------------------------------------------------------------------


def test_0_also_when_there_is_nothing_left_to_do(raw: Path, tmp_path: Path) -> None:
    for _ in range(2):
        batch("prepare", "--input", raw, "--output", tmp_path / "o", "--size", "64", check=0)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["prepare", "--input", "none", "--output", "o"], "no such file"),
        (["caption", "--input", "none", "--output", "o"], "no such file"),
        (["caption", "--input", "raw", "--output", "o", "--model", "no-such-model"], "no tagger"),
        (["caption", "--input", "raw", "--output", "o"], "--model embedded"),
        (["add-tag", "--input", "raw", "--tag", "x"], "no captions"),
        (["translate", "--input", "raw"], "no captioned pictures"),
        (["export", "--input", "empty", "--output", "o", "--name", "x"], "no pictures"),
        (["export", "--input", "raw", "--output", "o", "--name", "x"], "no caption"),
        (["run", "raw"], "no project"),
        (["check", "none"], "no project"),
        (["undo", "--input", "raw"], "nothing to undo"),
        (["redo", "--input", "raw"], "nothing to redo"),
        (["history", "--input", "none"], "no such file"),
        (["lora", "raw/p1.jpg"], "no .safetensors"),
    ],
)
def test_1_when_it_cannot_start(
    raw: Path, arguments: list[str], word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    environment = {"HF_HOME": str(tmp_path / "hf")}
    done = batch(*arguments, check=1, **environment)
    assert word in done.stderr
    assert done.stdout == "" or "skipped" in done.stdout
    assert "Traceback" not in done.stderr


def test_1_when_every_item_failed(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.png").write_bytes(b"nothing")
    done = batch("prepare", "--input", tmp_path / "raw", "--output", tmp_path / "o", check=1)
    assert "a.png" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["prepare"],
        ["prepare", "--input", "x"],
        ["prepare", "--input", "x", "--output", "o", "--size", "12"],
        ["prepare", "--input", "x", "--output", "o", "--size", "many"],
        ["prepare", "--input", "x", "--output", "o", "--crop", "left"],
        ["prepare", "--input", "", "--output", "o"],
        ["prepare", "--inp", "x", "--output", "o"],
        ["caption", "--input", "x", "--output", "o", "--threshold", "2"],
        ["caption", "--input", "x", "--output", "o", "--threshold", "nan"],
        ["caption", "--input", "x", "--output", "o", "--existing", "keep"],
        ["caption", "--input", "x", "--output", "o", "--replace", "a"],
        ["add-tag", "--input", ".", "--tag", " , "],
        ["add-tag", "--input", ".", "--tag", "x", "--position", "middle"],
        ["edit", "--input", "."],
        ["edit", "--input", ".", "--where", '"a', "--add", "b"],
        ["undo", "--input", ".", "--steps", "0"],
        ["export", "--input", ".", "--output", "o", "--name", "../x"],
        ["export", "--input", ".", "--output", "o", "--name", "夏"],
        ["export", "--input", ".", "--output", "o", "--name", "x", "--repeats", "-1"],
        ["new", "p", "--trigger", "a\nb"],
        ["run"],
        ["check", "a", "b\x1b[2J"],
    ],
)
def test_2_for_wrong_usage(
    tmp_path: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASUTUI_CONFIG", os.devnull)
    assert main(["--lang", "en", "--batch", *arguments]) == 2
    done = capsys.readouterr()
    assert done.out == ""
    assert "nasutui: " in done.err
    assert "\x1b" not in done.err and "invalid _" not in done.err
    assert main(["--lang", "en", "--batch", *arguments, "--json"]) == 2
    (error,) = events_of(capsys.readouterr().out)
    assert error["event"] == "error"
    assert list(tmp_path.iterdir()) == []


def test_3_when_some_items_were_skipped_each_named(raw: Path, tmp_path: Path) -> None:
    (raw / "broken.png").write_bytes(b"nothing")
    (raw / "empty.webp").write_bytes(b"")
    done = batch("prepare", "--input", raw, "--output", tmp_path / "o", "--quiet", check=3)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "broken.png" in lines[0] and "empty.webp" in lines[1]


@pytest.mark.parametrize(("caption", "code"), [("nasu, solo", 0), ("nasu, general", 3), ("", 1)])
def test_check_answers_with_what_it_found(tmp_path: Path, caption: str, code: int) -> None:
    folder = plain(tmp_path / "f", 12, (512, 512))
    captioned(folder, {}, {"img002.txt": caption})
    done = batch("check", folder, check=code)
    assert len(done.stdout.splitlines()) == 1 + (code > 0)


def test_an_export_with_an_error_is_refused(tmp_path: Path) -> None:
    folder = captioned(plain(tmp_path / "f"), {}, {"img002.txt": ""})
    export = ("export", "--input", folder, "--output", tmp_path / "o", "--name", "x")
    done = batch(*export, check=1)
    assert "img002.png" in done.stderr
    assert not (tmp_path / "o").exists()


# -- streams --------------------------------------------------------------------------------


def test_results_to_stdout_the_rest_to_stderr(raw: Path, tmp_path: Path) -> None:
    prepare = ("prepare", "--input", raw, "--output", tmp_path / "o")
    done = batch(*prepare, check=0)
    assert len(done.stdout.splitlines()) == 1 and "3 made" in done.stdout
    assert "img001.png" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr and "\r" not in done.stdout + done.stderr


def test_quiet_says_nothing_when_all_is_well(raw: Path, tmp_path: Path) -> None:
    done = batch("prepare", "--input", raw, "--output", tmp_path / "o", "--quiet", check=0)
    assert (done.stdout, done.stderr) == ("", "")


def test_quiet_still_answers(tmp_path: Path) -> None:
    folder = plain(tmp_path / "f")
    batch("edit", "--input", folder, "--add", "x", "--quiet", check=0)
    done = batch("history", "--input", folder, "--quiet", check=0)
    assert len(done.stdout.splitlines()) == 1 and "+x" in done.stdout


def test_quiet_json_leaves_the_answer_and_what_went_wrong(raw: Path, tmp_path: Path) -> None:
    (raw / "broken.png").write_bytes(b"nothing")
    prepare = ("prepare", "--input", raw, "--output", tmp_path / "o", "--quiet")
    assert [e["event"] for e in batch_json(*prepare, check=3)] == ["failed", "finished"]


def test_an_error_is_a_json_line_too(tmp_path: Path) -> None:
    (error,) = batch_json("run", tmp_path / "none", check=1)
    assert (error["event"], error["code"]) == ("error", "no-project")


def test_without_a_terminal_one_clear_sentence(tmp_path: Path) -> None:
    done = nasutui(tmp_path, check=1)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "nasutui --batch --help" in done.stderr


@pytest.mark.parametrize("step", STEPS)
def test_help_of_every_step_says_its_documented_flags(step: str) -> None:
    text = batch(step, "--help", check=0).stdout
    documented = set(re.findall(r"--[a-z-]+", STEPS[step]))
    known = set(re.findall(r"(?<!nasutui )--[a-z-]+", text)) - {"--help", "--json", "--quiet"}
    assert known == documented


def test_help_lists_the_documented_steps() -> None:
    text = batch("--help", check=0).stdout
    assert set(STEPS) == set(re.findall(r"^    ([a-z-]+) +\S", text, re.M))


# -- the documented JSON --------------------------------------------------------------------


def table(heading: str) -> dict[str, list[str]]:
    """The table under a heading of the page: first column -> the words in the second."""
    section = DOCS.partition(f"## {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]*) \|", section, re.M)
    return {name: re.findall(r"`([^`]+)`", cell) for name, cell in rows}


def test_every_event_and_field_is_documented() -> None:
    documented = table("JSON")
    assert documented.pop("error") == ["code", "reason"]
    assert documented == {
        name: [f.name for f in dataclasses.fields(kind)] for kind, name in EVENT_NAMES.items()
    }
    assert set(EVENT_NAMES) == set(events.Event.__args__)


def test_every_summary_and_row_is_as_documented(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASUTUI_CONFIG", os.devnull)
    project, out = tmp_path / "p", tmp_path / "out"
    tagged, lora = project / "3_tagged", lora_file(tmp_path / "l.safetensors")
    seen = []

    def events_from(*arguments: str | Path) -> None:
        assert main(["--lang", "en", "--batch", *map(str, arguments), "--json"]) in (0, 3)
        seen.extend(events_of(capsys.readouterr().out))

    events_from("new", project)
    update_project(project, {"caption": {"model": "embedded"}})
    shutil.copytree(raw, project / "1_raw_images", dirs_exist_ok=True)
    events_from("run", project)
    events_from("edit", "--input", tagged, "--add", "general")
    for step in ("undo", "redo", "history"):
        events_from(step, "--input", tagged)
    events_from("check", project)
    events_from("lora", lora, "--project", project, "--write")
    events_from("export", "--input", tagged, "--output", out, "--name", "x")
    events_from("prepare", "--input", raw, "--output", out)
    events_from("bench-tagger", "--model", "embedded", "--input", raw)
    events_from("tags", "青い目")
    events_from("prompt", "青い髪の女の子、海、ほげほげ")
    events_from("dictionary", "export")

    summaries, rows = table("Summaries"), table("Rows")
    for event in seen:
        assert set(event) <= {"event", *table("JSON")[event["event"]]}
        if event["event"] == "finished":
            assert list(event["summary"]) == summaries[event["step"]], event["step"]
        if event["event"] == "row":
            assert list(event["data"]) == rows[event["kind"]]
    # What needs a WebUI or a Drive is run where its tests are.
    steps = {e["step"] for e in seen if e["event"] == "finished"}
    assert steps == set(summaries) - {"generate", "compare", "send", "colab", "fetch-lora"}
    assert {e["kind"] for e in seen if e["event"] == "row"} == set(rows) - {"score", "notebook"}


def test_every_finding_is_documented() -> None:
    from tests.core.test_check import CASES

    documented = set(re.findall(r"^\| `([a-z0-9-]+)` \| (?:error|warning) \|", DOCS, re.M))
    source = "".join(
        p.read_text(encoding="utf-8")
        for p in (Path(__file__).parents[2] / "nasutui/core/training").glob("check_*.py")
    )
    written = set(re.findall(r'Finding\(\s*"([a-z0-9-]+)"', source))
    written |= set(re.findall(r'yield\s*\(?\s*"(caption-[a-z]+)"', source))
    assert documented == written
    for code, severity, _change, _mend in CASES:
        assert f"| `{code}` | {severity} |" in DOCS


def test_a_path_in_json_leads_back_to_the_file(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \xe5\xa4\x8f\n.png") if os.name == "posix" else "夏.png"
    try:
        folder = captioned(tmp_path / "f", {name: png(noise(1)), "b.png": png(noise(2))})
    except OSError:
        pytest.skip("this file system refuses the name")
    items = [e for e in batch_json("edit", "--input", folder, "--add", "x") if e["event"] == "item"]
    assert {Path(e["path"]) for e in items} == set(folder.glob("*.txt"))
