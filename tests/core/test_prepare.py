"""Raw pictures become img001.png ...: stable numbers, originals untouched, nothing twice."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasutui.core.errors import InputError, StateError, UsageError
from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Note, Started, never
from nasutui.core.pictures import crop
from nasutui.core.pictures.prepare import PrepareSettings, prepare
from tests.support.archives import Entry, finder_zip, write_zip
from tests.support.raw_pictures import encode, samples, swapped_profile


def picture(seed: int, size: tuple[int, int] = (40, 30)) -> bytes:
    """A picture that no other seed gives."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return encode(Image.fromarray(pixels), "PNG")


def run(inputs: Path | tuple[Path, ...], output: Path, **options: object) -> list[Event]:
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    settings = PrepareSettings(given, output, **{"size": 64, **options})  # type: ignore[arg-type]
    return list(prepare(settings, never))


def actions(events: list[Event]) -> dict[str, str]:
    """File name -> what was done."""
    return {e.path.name: e.action for e in events if isinstance(e, ItemDone)}


def sources(events: list[Event]) -> dict[str, str]:
    """Raw name -> file name."""
    return {str(e.detail["source"]): e.path.name for e in events if isinstance(e, ItemDone)}


def failures(events: list[Event]) -> dict[str, str]:
    return {e.path.name: e.code for e in events if isinstance(e, ItemFailed)}


def fingerprints(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(p.relative_to(folder)): (
            hashlib.sha256(p.read_bytes()).hexdigest(),
            p.stat().st_mtime_ns,
        )
        for p in sorted(folder.rglob("*"))
        if p.is_file() and ".nasutui" not in p.parts
    }


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_every_kind_of_picture_comes_out_square_and_bare(raw: Path, out: Path) -> None:
    for sample in samples():
        (raw / sample.name).write_bytes(sample.data)
    before = fingerprints(raw)
    events = run(raw, out)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert failures(events) == {}
    for path in out.glob("*.png"):
        with Image.open(path) as image:
            assert (image.mode, image.size, image.info) == ("RGB", (64, 64), {})
    assert fingerprints(raw) == before


def test_numbers_follow_the_natural_order_of_the_names(raw: Path, out: Path) -> None:
    for seed, name in enumerate(["10.png", "9.png", "b/1.png", "あ2.png", "あ10.png"]):
        (raw / name).parent.mkdir(exist_ok=True)
        (raw / name).write_bytes(picture(seed))
    found = sources(run(raw, out))
    assert found == {
        "9.png": "img001.png", "10.png": "img002.png", "b/1.png": "img003.png",
        "あ2.png": "img004.png", "あ10.png": "img005.png",
    }  # fmt: skip


def test_more_raw_pictures_get_new_numbers_and_the_old_are_not_rewritten(
    raw: Path, out: Path
) -> None:
    (raw / "m.png").write_bytes(picture(1))
    run(raw, out)
    before = fingerprints(out)
    (raw / "a.png").write_bytes(picture(2))
    (raw / "z.png").write_bytes(picture(3))
    events = run(raw, out)
    assert actions(events) == {
        "img001.png": "unchanged",
        "img002.png": "made",
        "img003.png": "made",
    }
    assert sources(events)["m.png"] == "img001.png"
    assert fingerprints(out)["img001.png"] == before["img001.png"]


def test_a_second_run_changes_nothing(raw: Path, out: Path) -> None:
    for seed in range(4):
        (raw / f"{seed}.png").write_bytes(picture(seed))
    run(raw, out)
    before = fingerprints(out)
    events = run(raw, out)
    assert set(actions(events).values()) == {"unchanged"}
    assert fingerprints(out) == before


def test_exact_duplicates_are_said_and_not_imported_twice(raw: Path, out: Path) -> None:
    for name in ("a.png", "b.png", "deep/a.png"):
        (raw / name).parent.mkdir(exist_ok=True)
        (raw / name).write_bytes(picture(1))
    twin = raw.parent / "twin"
    twin.mkdir()
    (twin / "a.png").write_bytes(picture(1))
    for _time in range(2):
        events = run((raw, twin), out)
        done = [e.action for e in events if isinstance(e, ItemDone)]
        assert Counter(done)["duplicate"] == 3
        assert [p.name for p in out.glob("*.png")] == ["img001.png"]


def test_another_size_makes_the_same_numbers_again(raw: Path, out: Path) -> None:
    for seed in range(3):
        (raw / f"{seed}.png").write_bytes(picture(seed))
    first = sources(run(raw, out))
    events = run(raw, out, size=96)
    assert sources(events) == first
    assert set(actions(events).values()) == {"remade"}
    for path in out.glob("*.png"):
        with Image.open(path) as image:
            assert image.size == (96, 96)


def test_a_picture_that_somebody_retouched_is_not_overwritten(raw: Path, out: Path) -> None:
    for seed in range(2):
        (raw / f"{seed}.png").write_bytes(picture(seed))
    run(raw, out)
    (out / "img001.png").write_bytes(picture(99))
    events = run(raw, out, size=96)
    assert failures(events) == {"img001.png": "changed-meanwhile"}
    assert actions(events) == {"img002.png": "remade"}
    assert (out / "img001.png").read_bytes() == picture(99)


def test_a_run_that_died_while_remaking_goes_on(raw: Path, out: Path, tmp_path: Path) -> None:
    (raw / "a.png").write_bytes(picture(1))
    run(raw, out)
    other = tmp_path / "other"
    run(raw, other, size=96)
    # The file was written already, the memory of it was not.
    shutil.copy(other / "img001.png", out / "img001.png")
    assert failures(run(raw, out, size=96)) == {}
    assert actions(run(raw, out, size=96)) == {"img001.png": "unchanged"}


def test_a_lost_memory_costs_no_numbers(raw: Path, out: Path) -> None:
    for seed in range(4):
        (raw / f"{seed}.png").write_bytes(picture(seed))
    first = sources(run(raw, out))
    (out / "img002.png").unlink()
    shutil.rmtree(out / ".nasutui")
    (raw / "0a.png").write_bytes(picture(50))
    before = fingerprints(out)
    events = run(raw, out)
    again = sources(events)
    assert {k: again[k] for k in ("0.png", "2.png", "3.png")} == {
        k: first[k] for k in ("0.png", "2.png", "3.png")
    }
    assert {k: v for k, v in fingerprints(out).items() if k in before} == before
    assert len(set(again.values())) == 5


def test_strangers_in_the_folder_keep_their_names(raw: Path, out: Path) -> None:
    out.mkdir()
    (out / "img003.jpg").write_bytes(b"of another program")
    (out / "img007.txt").write_bytes(b"1girl")
    (raw / "a.png").write_bytes(picture(1))
    assert sources(run(raw, out)) == {"a.png": "img008.png"}
    assert (out / "img003.jpg").read_bytes() == b"of another program"


def test_broken_pictures_are_named_and_the_rest_is_made(raw: Path, out: Path) -> None:
    (raw / "1.png").write_bytes(picture(1))
    (raw / "2.png").write_bytes(picture(2)[:300])
    (raw / "3 \x1b[2J.png").write_bytes(b"")
    (raw / "4.png").symlink_to(raw / "nowhere.png")
    (raw / os.fsdecode(b"\xff5.png")).write_bytes(picture(5))
    events = run(raw, out)
    assert failures(events) == {"2.png": "truncated", "3 \x1b[2J.png": "empty", "4.png": "missing"}
    assert sorted(actions(events)) == ["img001.png", "img002.png"]
    assert all("\x1b" not in e.reason for e in events if isinstance(e, ItemFailed))
    summary = events[-1]
    assert isinstance(summary, Finished)
    assert (summary.summary["made"], summary.summary["failed"]) == (2, 3)


def test_a_zip_of_the_finder(out: Path, tmp_path: Path) -> None:
    names = {f"ポーズ{n}.png": picture(n) for n in (1, 2, 10)}
    path = finder_zip(tmp_path / "絵.zip", "なすみそ", names)
    before = path.read_bytes()
    found = sources(run(path, out))
    assert list(found.values()) == ["img001.png", "img002.png", "img003.png"]
    assert list(found)[2].endswith("ポーズ10.png")
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "絵.zip"]


def test_a_zip_that_climbs_out_writes_nothing_outside(out: Path, tmp_path: Path) -> None:
    entries = [Entry(b"../../evil.png", picture(1)), Entry(b"ok.png", picture(2))]
    events = run(write_zip(tmp_path / "a.zip", entries), out)
    assert list(failures(events).values()) == ["climbs-out"]
    assert [p.name for p in tmp_path.rglob("*.png")] == ["img001.png"]


def test_files_that_are_no_pictures_are_mentioned(raw: Path, out: Path) -> None:
    (raw / "a.png").write_bytes(picture(1))
    for n in range(9):
        (raw / f"note{n}.psd").touch()
    (note,) = [e for e in run(raw, out) if isinstance(e, Note)]
    assert note.code == "ignored"
    assert "9 files" in note.text


def test_where_there_is_nothing_to_do_it_says_so(raw: Path, out: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(raw, out)
    assert caught.value.code == "no-pictures"
    assert not out.exists()
    assert failures(run(raw / "nowhere", out)) == {"nowhere": "missing"}


def test_input_and_output_must_be_two_folders(raw: Path) -> None:
    (raw / "a.png").write_bytes(picture(1))
    with pytest.raises(UsageError):
        run(raw, raw)
    with pytest.raises(UsageError):
        run(raw / ".." / "raw", raw)
    assert [p.name for p in raw.iterdir()] == ["a.png"]


def test_an_output_inside_the_input_is_not_imported_again(raw: Path) -> None:
    (raw / "a.png").write_bytes(picture(1))
    for _time in range(2):
        assert list(sources(run(raw, raw / "out"))) == ["a.png"]


def test_an_output_that_is_a_file_is_refused(raw: Path, out: Path) -> None:
    (raw / "a.png").write_bytes(picture(1))
    out.write_bytes(b"a file")
    with pytest.raises((InputError, StateError)):
        run(raw, out)
    assert out.read_bytes() == b"a file"


def test_two_at_once_into_one_folder(raw: Path, out: Path) -> None:
    for seed in range(3):
        (raw / f"{seed}.png").write_bytes(picture(seed))
    first = prepare(PrepareSettings((raw,), out, 64), never)
    next(first)
    with pytest.raises(StateError) as caught:
        list(prepare(PrepareSettings((raw,), out, 64), never))
    assert caught.value.code == "state-busy"
    assert set(actions(list(first)).values()) == {"made"}
    assert set(actions(run(raw, out)).values()) == {"unchanged"}


def test_it_stops_between_pictures_and_goes_on_later(raw: Path, out: Path) -> None:
    for seed in range(30):
        (raw / f"{seed}.png").write_bytes(picture(seed))
    done: list[Event] = []
    for event in prepare(PrepareSettings((raw,), out, 64), lambda: len(done) > 3):
        done.append(event)  # noqa: PERF402 - the step looks at the list while it grows
    assert isinstance(done[-1], Finished)
    assert done[-1].cancelled
    made = len(actions(done))
    assert 0 < made < 30
    assert len(list(out.glob("*.png"))) == made
    after = Counter(actions(run(raw, out)).values())
    assert after == {"unchanged": made, "made": 30 - made}


def test_a_memory_of_copies_does_not_count_as_prepared(raw: Path, out: Path) -> None:
    """The caption step brings pictures into folders of its own; those are no numbers of ours."""
    (raw / "a.png").write_bytes(picture(1))
    run(raw, out)
    with sqlite3.connect(out / ".nasutui" / "state.db") as db:
        db.execute("UPDATE made SET settings='', source='copy'")
    db.close()
    before = (out / "img001.png").read_bytes()
    run(raw, out, size=96)
    assert (out / "img001.png").read_bytes() == before


@pytest.mark.parametrize("mode", [crop.CENTER, crop.NONE, crop.PAD])
@pytest.mark.parametrize("size", [(900, 600), (600, 900), (64, 64), (20, 50), (1, 300)])
def test_what_is_kept_and_how_large_it_comes_out(
    raw: Path, out: Path, size: tuple[int, int], mode: str
) -> None:
    (raw / "a.png").write_bytes(picture(1, size))
    (item,) = [e for e in run(raw, out, crop=mode) if isinstance(e, ItemDone)]
    with Image.open(item.path) as image:
        assert image.size == tuple(item.detail["size"])
        if mode != crop.NONE:
            assert image.size == (64, 64)
        else:
            assert min(image.size) == min(64, *size)
            assert (
                abs(image.width / image.height - size[0] / size[1])
                < 0.02 * size[0] / size[1] + 0.02
            )


def test_the_middle_is_kept_and_profiles_are_applied(raw: Path, out: Path) -> None:
    striped = np.zeros((64, 192, 3), np.uint8)
    striped[:, 64:128] = (200, 30, 30)
    data = encode(Image.fromarray(striped), "PNG", icc_profile=swapped_profile())
    (raw / "a.png").write_bytes(data)
    run(raw, out)
    with Image.open(out / "img001.png") as image:
        extrema = image.getextrema()
    assert all(low == high for low, high in extrema)
    assert extrema[2][0] > 180 > extrema[0][0]
