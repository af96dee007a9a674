"""The caption step: every picture inferred once, captions as the rules say, failures by name."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasutui.core.errors import InputError, ModelError, PictureError
from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Note, never
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.scores import CHARACTER, GENERAL, RATING, Scores, TagTable
from nasutui.core.tagging.selection import SelectionRules
from tests.support.commands import batch, environment
from tests.support.raw_pictures import encode
from tests.support.wd14 import Shape, write_model

TABLE = TagTable(
    ("general", "1girl", "red", "bright", "dim", "miku"), (RATING, *[GENERAL] * 4, CHARACTER)
)


class FakeTagger:
    """Says 1girl of everything and how red and bright it is; counts, and can be held back."""

    name = "fake \x1b[31m"
    key = "fake"
    table = TABLE

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.looked = 0
        self.gate = gate
        self._guard = threading.Lock()

    def scores(self, source: Path | bytes) -> Scores:
        with self._guard:
            self.looked += 1
        if self.gate:
            assert self.gate.wait(30)
        data = source.read_bytes() if isinstance(source, Path) else source
        if not data.startswith(b"\x89PNG"):
            raise PictureError("broken", code="damaged")
        with Image.open(__import__("io").BytesIO(data)) as image:
            red, green, _blue = (int(v) for v in image.convert("RGB").getpixel((0, 0)))
        dense = np.array([0.5, 0.95, red / 255, green / 255, 0.2, 0.9], np.float32)
        return Scores.from_dense(dense, TABLE)


def picture(path: Path, colour: tuple[int, int, int]) -> None:
    path.write_bytes(encode(Image.new("RGB", (20, 20), colour), "PNG"))


def run(
    folder: Path, output: Path, tagger: FakeTagger | None = None, **options: object
) -> list[Event]:
    settings = CaptionSettings(folder, output, **options)  # type: ignore[arg-type]
    return list(caption(settings, never, *([tagger] if tagger else [])))


def summary(events: list[Event]) -> dict[str, object]:
    last = events[-1]
    assert isinstance(last, Finished)
    return dict(last.summary)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(12):
        picture(folder / f"img{index}.png", (20 * index, 100, 0))
    return folder


def captions(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text("utf-8") for p in sorted(folder.glob("*.txt"))}


def test_captions_come_with_copies_of_the_pictures(pictures: Path, tmp_path: Path) -> None:
    output = tmp_path / "tagged"
    events = run(pictures, output, FakeTagger())
    assert sum(isinstance(e, ItemDone) and e.action == "made" for e in events) == 12
    assert captions(output)["img11.txt"] == "miku, 1girl, red, bright"
    assert captions(output)["img0.txt"] == "miku, 1girl, bright"
    assert not list(pictures.glob("*.txt"))
    for path in pictures.glob("*.png"):
        assert (output / path.name).read_bytes() == path.read_bytes()


def test_nothing_is_inferred_twice(pictures: Path, tmp_path: Path) -> None:
    output, tagger = tmp_path / "tagged", FakeTagger()
    assert summary(run(pictures, output, tagger))["inferred"] == 12
    for options in ({}, {"rules": SelectionRules(threshold=0.1)}, {"existing": "overwrite"}):
        assert summary(run(pictures, output, tagger, **options))["inferred"] == 0
    for path in list(pictures.iterdir()):
        path.rename(path.with_name(f"絵 {path.name}"))
    picture(pictures / "new.png", (1, 2, 3))
    assert summary(run(pictures, output, tagger))["inferred"] == 1
    assert tagger.looked == 13


def test_pictures_with_the_same_bytes_are_looked_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "same"
    folder.mkdir()
    for index in range(40):
        picture(folder / f"{index}.png", (9, 9, 9))
    tagger = FakeTagger()
    assert summary(run(folder, folder, tagger, workers=8))["inferred"] == 1
    assert tagger.looked == 1
    assert len(captions(folder)) == 40


def test_another_threshold_changes_captions_without_a_model(pictures: Path) -> None:
    run(pictures, pictures, FakeTagger())
    tagger = FakeTagger()
    events = run(pictures, pictures, tagger, rules=SelectionRules(threshold=0.15))
    assert tagger.looked == 0
    assert captions(pictures)["img11.txt"] == "miku, 1girl, red, bright, dim"
    changed = [e for e in events if isinstance(e, ItemDone) and e.action == "changed"]
    assert all("dim" in e.detail["added"] for e in changed)
    assert len(changed) == 12


def test_captions_are_the_same_whatever_the_workers(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    found = []
    for workers in (1, 2, 7):
        folder = tmp_path / str(workers)
        folder.mkdir()
        dice = np.random.default_rng(3)
        for index in range(30):
            pixels = dice.integers(0, 256, (4, 5, 3), np.uint8)
            image = Image.fromarray(pixels).resize((90 + index, 70), Image.Resampling.NEAREST)
            (folder / f"{index}.png").write_bytes(encode(image, "PNG"))
        rules = SelectionRules(threshold=0.05, ratings=True)
        events = run(folder, folder, model=str(model), workers=workers, rules=rules)
        assert summary(events)["inferred"] == 30
        order = [e.path.name for e in events if isinstance(e, ItemDone)]
        found.append((captions(folder), order))
    assert found[0] == found[1] == found[2]


def test_a_model_of_one_picture_a_time_and_a_free_one_agree(tmp_path: Path, pictures: Path) -> None:
    found = []
    for batch_size in (1, "N"):
        model = write_model(tmp_path / f"m{batch_size}", Shape(batch=batch_size))
        output = tmp_path / f"out{batch_size}"
        run(pictures, output, model=str(model))
        found.append(captions(output))
    assert found[0] == found[1]


def test_broken_pictures_are_skipped_by_name_and_keep_their_captions(pictures: Path) -> None:
    (pictures / "img3.png").write_bytes(b"no picture")
    (pictures / "img3.txt").write_text("by hand")
    (pictures / "img4.png").unlink()
    (pictures / "img4.png").symlink_to(pictures / "nowhere")
    os.mkfifo(pictures / "img99.png")
    events = run(pictures, pictures, FakeTagger())
    failed = {e.path.name: e.code for e in events if isinstance(e, ItemFailed)}
    failed.pop("img99.png", None)  # passed over or named, but never waited for
    assert failed == {"img3.png": "damaged", "img4.png": "missing"}
    assert captions(pictures)["img3.txt"] == "by hand"
    assert summary(events)["failed"] in (2, 3)
    assert summary(events)["made"] == 10


def test_two_pictures_of_one_stem_share_no_caption(pictures: Path) -> None:
    shutil.copy(pictures / "img1.png", pictures / "img1.webp")
    events = run(pictures, pictures, FakeTagger())
    assert [e.code for e in events if isinstance(e, ItemFailed)] == ["stem-shared"]


@pytest.mark.parametrize("existing", ["merge", "skip", "overwrite", "append"])
def test_what_happens_to_captions_that_are_there(pictures: Path, existing: str) -> None:
    (pictures / "img11.txt").write_text("my_tag, bright")
    (pictures / "img10.txt").write_text("")
    run(pictures, pictures, FakeTagger(), existing=existing)
    expected = {
        "merge": "my_tag, miku, 1girl, red, bright", "skip": "my_tag, bright",
        "overwrite": "miku, 1girl, red, bright", "append": "my_tag, bright, miku, 1girl, red",
    }  # fmt: skip
    found = captions(pictures)
    assert set(found["img11.txt"].split(", ")) == set(expected[existing].split(", "))
    if existing != "merge":
        assert found["img11.txt"] == expected[existing]
    assert "1girl" in found["img10.txt"]


def test_skip_looks_only_at_what_has_no_caption(pictures: Path) -> None:
    (pictures / "img11.txt").write_text("done")
    tagger = FakeTagger()
    assert summary(run(pictures, pictures, tagger, existing="skip"))["skipped"] == 1
    assert tagger.looked == 11


def test_it_stops_between_pictures_and_goes_on_later(pictures: Path) -> None:
    tagger, seen = FakeTagger(), []
    settings = CaptionSettings(pictures, pictures, workers=2)
    events = []
    for event in caption(settings, lambda: tagger.looked >= 3, tagger):
        events.append(event)
        seen.append(event)
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.cancelled
    done = len(captions(pictures))
    assert 3 <= done < 12
    assert tagger.looked == done
    again = summary(run(pictures, pictures, tagger))
    assert again["inferred"] == 12 - done
    assert len(captions(pictures)) == 12


def test_a_caller_that_goes_away_loses_no_scores(pictures: Path) -> None:
    tagger = FakeTagger()
    steps = caption(CaptionSettings(pictures, pictures, workers=1), never, tagger)
    next(steps)
    looked = 0
    for _event in steps:
        looked = tagger.looked
        break
    steps.close()
    assert looked >= 1
    assert summary(run(pictures, pictures, tagger))["inferred"] == 12 - looked


def test_an_unusable_model_is_said_before_anything_begins(pictures: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    (model / "model.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError):
        run(pictures, pictures / "out", model=str(model))
    assert captions(pictures / "out") == {}


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(tmp_path, tmp_path, FakeTagger())
    with pytest.raises(InputError):
        run(tmp_path / "nowhere", tmp_path, FakeTagger())


def test_embedded_says_that_it_sees_colours_only(pictures: Path) -> None:
    notes = [e for e in run(pictures, pictures, model="embedded") if isinstance(e, Note)]
    assert [n.code for n in notes] == ["embedded"]
    assert "colours only" in notes[0].text


def test_hostile_names_and_the_flags_of_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    names = ["a b.png", "絵.PNG", "x\x1b[31m.png", "X_jp.png", "it's, here.png", "-flag.png"]
    for index, name in enumerate(names):
        picture(folder / name, (250, index, 0))
    model = write_model(tmp_path / "model")
    answer = batch(
        "caption", "--input", folder, "--output", folder, "--model", model, "--exclude", "^_^,||_||",
        "--replace", "1girl=woman", "--spaces", "--ratings", "--threshold", "0.3",
        "--character-threshold", "0.7", env=environment(tmp_path),
    )  # fmt: skip
    assert (answer.code, answer.stderr) == (0, b"")
    assert answer.summary["inferred"] == len(names)
    found = captions(folder)
    assert len(found) == len(names)
    assert set(found.values()) == {
        "hatsune miku, alice (series), probe red, woman, long hair, general"
    }
