"""The check before training: every finding, and what mends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.errors import InputError
from nasutui.core.events import Finished, ItemDone, Row, Started, never
from nasutui.core.history.steps import HistorySettings, undo
from nasutui.core.training.check import CheckSettings, Report, check, examine, scan_pictures
from nasutui.core.training.check_captions import is_rating
from nasutui.core.training.findings import ERROR, WARNING, Finding
from nasutui.core.training.mend import mend
from nasutui.core.training.settings import TrainingSettings, preset
from tests.support import datasets
from tests.support.datasets import CAPTION, TRIGGER, captioned, noise, plain, png


def report_of(settings: CheckSettings) -> Report:
    looking = examine(settings, scan_pictures(settings.folder), never)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            assert end.value is not None
            return end.value


def findings_of(settings: CheckSettings) -> list[Finding]:
    return list(report_of(settings).findings)


@pytest.fixture
def settings(tmp_path: Path) -> CheckSettings:
    folder = plain(tmp_path / "tagged", 12, (512, 512))
    return CheckSettings(folder, "nasu", TRIGGER, caches=(folder,))


def test_a_clean_dataset_has_no_findings(settings: CheckSettings) -> None:
    report = report_of(settings)
    assert report.findings == ()
    assert report.plan and report.plan.pictures == 12
    assert len(report.placements) == len(report.tags) == 12


Change = Callable[[Path], object]
CASES: list[tuple[str, str, Change, str | None]] = [
    ("no-caption", ERROR, lambda f: (f / "img002.txt").unlink(), None),
    ("empty-caption", ERROR, lambda f: (f / "img002.txt").write_bytes(b"\n"), None),
    ("caption-unreadable", ERROR, lambda f: (f / "img002.txt").write_bytes(b"\x80\x00\xff"), None),
    ("caption-encoding", WARNING,
     lambda f: (f / "img002.txt").write_bytes(f"{TRIGGER}, 夏".encode("cp932")), "rewrite"),
    ("caption-encoding", WARNING,
     lambda f: (f / "img002.txt").write_bytes(CAPTION.encode("utf-16")), "rewrite"),
    ("caption-bom", WARNING,
     lambda f: (f / "img002.txt").write_bytes(CAPTION.encode("utf-8-sig")), "rewrite"),
    ("caption-lines", WARNING,
     lambda f: (f / "img002.txt").write_bytes(f"{TRIGGER},\n1girl".encode()), "rewrite"),
    ("trigger-missing", ERROR,
     lambda f: (f / "img002.txt").write_bytes(b"1girl, solo"), "trigger"),
    ("trigger-late", WARNING,
     lambda f: (f / "img002.txt").write_bytes(f"1girl, {TRIGGER}".encode()), "trigger"),
    ("rating-inside", WARNING,
     lambda f: (f / "img002.txt").write_bytes(f"{CAPTION}, general".encode()), "ratings"),
    ("rating-inside", WARNING,
     lambda f: (f / "img002.txt").write_bytes(f"{CAPTION}, rating:explicit".encode()), "ratings"),
    ("too-many-tokens", WARNING, lambda f: (f / "img002.txt").write_bytes(
        ", ".join([TRIGGER, *(f"tag number {i}" for i in range(120))]).encode()), None),
    ("stem-shared", ERROR,
     lambda f: (f / "img002.webp").write_bytes((f / "img002.png").read_bytes()), None),
    ("picture-unreadable", ERROR, lambda f: (f / "img002.png").write_bytes(b"GIF89a"), None),
    ("picture-unreadable", ERROR, lambda f: (f / "img002.png").write_bytes(b""), None),
    ("picture-unreadable", ERROR, lambda f: (f / "img002.png").write_bytes(
        (f / "img002.png").read_bytes()[:900]), None),
    ("transparent", WARNING,
     lambda f: (f / "img002.png").write_bytes(datasets.transparent(2)), None),
    ("rotated", WARNING, lambda f: (
        (f / "img002.png").unlink(), (f / "img002.jpg").write_bytes(datasets.rotated(2))), None),
    ("too-small", ERROR,
     lambda f: (f / "img002.png").write_bytes(png(noise(2, (60, 600)))), None),
    ("enlarged", WARNING,
     lambda f: (f / "img002.png").write_bytes(png(noise(2, (300, 300)))), None),
    ("near-duplicate", WARNING, lambda f: (f / "img002.png").write_bytes(
        png(noise(1, (500, 500)), compress_level=1)), None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "severity", "change", "mends"), CASES)
def test_each_finding(
    settings: CheckSettings, code: str, severity: str, change: Change, mends: str | None
) -> None:
    change(settings.folder)
    found = {f.code: f for f in findings_of(settings)}
    # A transparent or turned stand-in may be small as well; nothing else is found.
    assert set(found) - {"enlarged"} <= {code}
    finding = found[code]
    assert (finding.severity, finding.mend) == (severity, mends)
    assert finding.picture is not None and finding.picture.stem == "img002"
    assert "img002" in finding.message


@pytest.mark.parametrize(
    ("code", "severity", "training", "repeats"),
    [
        ("warmup", ERROR, {"lr_warmup_steps": 100}, 1),
        ("warmup", ERROR, {"lr_warmup_steps": 40.0}, 10),
        ("warmup", ERROR, {"lr_warmup_steps": 1.0}, 10),
        ("warmup-long", WARNING, {"lr_warmup_steps": 0.6}, 10),
        ("few-steps", WARNING, {"max_train_epochs": 1}, 1),
        ("many-steps", WARNING, {"max_train_epochs": 1000}, 10),
        ("repeats", WARNING, {"max_train_epochs": 1}, 101),
        ("bf16", WARNING, {"mixed_precision": "bf16"}, 10),
        ("warmup-constant", ERROR, {"lr_scheduler": "constant"}, 10),
        ("bucket-steps", ERROR, {"bucket_reso_steps": 32}, 10),
        ("bucket-limits", ERROR, {"max_bucket_reso": 448}, 10),
    ],
)
def test_settings_that_make_no_sense(
    settings: CheckSettings, code: str, severity: str, training: dict[str, Any], repeats: int
) -> None:
    changed = replace(TrainingSettings(), **training)
    found = findings_of(replace(settings, training=changed, repeats=repeats))
    assert code in {f.code for f in found if f.severity == severity and f.picture is None}


def test_a_hundred_warmup_steps_in_a_run_of_eighty(tmp_path: Path) -> None:
    folder = plain(tmp_path / "tagged", 15, (512, 512))
    training = replace(TrainingSettings(), lr_warmup_steps=100)
    found = findings_of(CheckSettings(folder, "nasu", repeats=1, training=training))
    messages = [f.message for f in found if f.code == "warmup"]
    assert len(messages) == 1 and "100" in messages[0] and "80" in messages[0]


def test_sdxl_at_512_is_told(settings: CheckSettings) -> None:
    training = replace(preset("sdxl"), resolution=512)
    assert "resolution-low" in {f.code for f in findings_of(replace(settings, training=training))}


@pytest.mark.parametrize(("marked", "told"), [(0, False), (7, False), (8, True), (15, True)])
def test_captions_of_a_tagger_that_saw_red_for_blue(
    tmp_path: Path, marked: int, told: bool
) -> None:
    folder = plain(tmp_path / "tagged", 15, (512, 512))
    for index, caption in enumerate(sorted(folder.glob("*.txt"))[:marked]):
        tag = ("blue_skin", "Colored skin")[index % 2]
        caption.write_bytes(f"{CAPTION}, {tag}".encode())
    found = {f.code: f for f in findings_of(CheckSettings(folder, "nasu", repeats=10))}
    assert ("colours-swapped" in found) == told
    if told:
        assert f"{marked} of 15" in found["colours-swapped"].message


@pytest.mark.parametrize("name", ["夏", "my lora", "a.b", "", "x/y", "<lora:x:1>", "..", "naïve"])
def test_names_that_a_webui_cannot_use(settings: CheckSettings, name: str) -> None:
    found = findings_of(replace(settings, name=name))
    assert [(f.code, f.severity) for f in found] == [("bad-name", ERROR)]


@pytest.mark.parametrize("name", ["img002.npz", "img002_0512x0512_sd.npz", "metadata_cache.json"])
def test_stale_caches_are_found_and_removed(settings: CheckSettings, name: str) -> None:
    cache = settings.folder / name
    cache.write_bytes(b"x")
    found = findings_of(settings)
    assert [(f.code, f.mend, f.picture) for f in found] == [("stale-cache", "cache", cache)]
    list(mend(settings.folder, TRIGGER, found, never))
    assert not cache.exists()


def test_a_caption_without_a_picture(settings: CheckSettings) -> None:
    (settings.folder / "notes.txt").write_text("x", encoding="utf-8")
    assert [f.code for f in findings_of(settings)] == ["loose-caption"]


def test_without_a_trigger_none_is_missed(settings: CheckSettings) -> None:
    (settings.folder / "img002.txt").write_text("1girl", encoding="utf-8")
    assert findings_of(replace(settings, trigger="")) == []


def test_a_trigger_of_two_tags_needs_two_kept_tokens(settings: CheckSettings) -> None:
    two = replace(settings, trigger=f"{TRIGGER}, 1girl")
    assert {f.code for f in findings_of(two)} == {"trigger-late"}
    kept = replace(TrainingSettings(), keep_tokens=2)
    assert findings_of(replace(two, training=kept)) == []
    still = replace(TrainingSettings(), shuffle_caption=False)
    assert findings_of(replace(two, training=still)) == []


def test_findings_come_in_the_order_of_the_pictures(settings: CheckSettings) -> None:
    for number in (10, 2, 1):
        (settings.folder / f"img{number:03d}.txt").write_bytes(b"1girl")
    found = findings_of(replace(settings, name="夏"))
    assert [f.picture.stem if f.picture else None for f in found] == [
        None, "img001", "img002", "img010",
    ]  # fmt: skip


def test_the_step_says_each_finding_and_the_run(settings: CheckSettings) -> None:
    (settings.folder / "img002.txt").write_bytes(b"1girl")
    events = list(check(settings, never))
    assert isinstance(events[0], Started) and events[0].total == 12
    assert sum(isinstance(e, ItemDone) for e in events) == 12
    rows = [e for e in events if isinstance(e, Row)]
    assert [r.kind for r in rows] == ["finding"]
    assert set(rows[0].data) == {"code", "severity", "picture", "message", "mend"}
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.summary["errors"], end.summary["warnings"]) == (1, 0)
    # 12 pictures x 17 repeats, two batches a step, ten epochs.
    assert (end.summary["repeats"], end.summary["steps"]) == (17, 1020)


def test_a_check_can_be_stopped(settings: CheckSettings) -> None:
    end = list(check(settings, lambda: True))[-1]
    assert isinstance(end, Finished) and end.cancelled


def test_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        list(check(CheckSettings(tmp_path, "nasu"), never))
    assert error.value.code == "no-pictures"


MENDABLE = [(code, change) for code, _severity, change, mends in CASES if mends]


@pytest.mark.parametrize(("code", "change"), MENDABLE)
def test_what_a_key_mends_is_mended_and_can_be_undone(
    settings: CheckSettings, code: str, change: Change
) -> None:
    change(settings.folder)
    broken = (settings.folder / "img002.txt").read_bytes()
    found = findings_of(settings)
    others = datasets.stamps(settings.folder, leave_out=["img002.txt", ".nasutui"])
    end = list(mend(settings.folder, TRIGGER, found, never))[-1]
    assert isinstance(end, Finished) and end.summary["changed"] == 1
    assert findings_of(settings) == []
    assert datasets.stamps(settings.folder, leave_out=["img002.txt", ".nasutui"]) == others
    list(undo(HistorySettings(settings.folder), never))
    assert (settings.folder / "img002.txt").read_bytes() == broken


def test_several_mends_of_one_caption_are_one_change(settings: CheckSettings) -> None:
    (settings.folder / "img002.txt").write_bytes(b"\xef\xbb\xbf1girl,\ngeneral")
    list(mend(settings.folder, TRIGGER, findings_of(settings), never))
    assert (settings.folder / "img002.txt").read_bytes() == f"{TRIGGER}, 1girl".encode()


@pytest.mark.parametrize(
    ("tag", "rating"),
    [
        ("general", True), ("Sensitive", True), ("rating:explicit", True), ("questionable", True),
        ("general_kenobi", False), ("explicit_sign", False), ("1girl", False),
    ],
)  # fmt: skip
def test_ratings(tag: str, rating: bool) -> None:
    assert is_rating(tag) is rating


@given(data=st.binary(max_size=80))
def test_no_caption_bytes_break_the_check(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-caption"
    captioned(folder, {"a.png": png(noise(1))}, {"a.txt": data})
    for finding in findings_of(CheckSettings(folder, "nasu", TRIGGER)):
        assert finding.message.isprintable()
