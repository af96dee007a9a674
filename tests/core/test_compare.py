"""Comparing LoRAs against a real server: the grid, going on, checking, laying out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nasutui.core.comparison.compare import compare, result_of
from nasutui.core.comparison.plan import RECORD, CompareSettings, read_record
from nasutui.core.comparison.sheet import grid_of, short_names
from nasutui.core.errors import InputError
from nasutui.core.events import Event, Finished, ItemDone, Note, Row, Started
from nasutui.core.generation.drawing import Server
from nasutui.core.generation.log import GenerationLog
from nasutui.core.generation.settings import Generation
from nasutui.core.tagging.models import EMBEDDED
from nasutui.core.webui.errors import NotRunningError
from tests.support.lora_files import write_lora
from tests.support.webui_case import FAST, GENERATE, closed_url, codes, of
from tests.support.webui_registry import LoraFile
from tests.support.webui_server import WebUIServer

EPOCHS = ("nasumiso_v1-000004", "nasumiso_v1")
ASKED = Generation("1girl, blue_theme", trigger="nasumiso_style", width=64, height=64, steps=2)
FILES = [LoraFile(name) for name in EPOCHS]


def settings(folder: Path, url: str, **more: Any) -> CompareSettings:
    values = {
        "loras": EPOCHS, "folder": folder, "weights": (0.6, 1.0), "seeds": (1, 2),
        "server": Server(url), "model": "", "pace": FAST, "generation": ASKED,
    }  # fmt: skip
    return CompareSettings(**{**values, **more})


def run(asked: CompareSettings, stop_after: int | None = None) -> list[Event]:
    events: list[Event] = []
    for event in compare(
        asked, lambda: stop_after is not None and len(of(events, ItemDone)) >= stop_after
    ):
        events.append(event)  # noqa: PERF402 - `compare` looks at the list meanwhile
    return events


def summary(events: list[Event]) -> dict[str, Any]:
    finished = events[-1]
    assert isinstance(finished, Finished)
    return dict(finished.summary)


def test_every_lora_at_every_weight_with_the_same_seeds_and_a_baseline(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        events = run(settings(tmp_path, server.url))
        sent = [request.json() for request in server.sent(GENERATE)]
    assert events[0] == Started("compare", 10)
    assert len(of(events, ItemDone)) == 10
    # LoRA outermost, so that the server changes its weights as rarely as possible.
    tags = [one["prompt"].partition(" <")[2].rstrip(">") for one in sent]
    assert tags == ["", "", *(
        f"lora:{name}:{weight}" for name in EPOCHS for weight in ("0.6", "1") for _seed in (1, 2)
    )]  # fmt: skip
    assert [one["seed"] for one in sent] == [1, 2] * 5
    assert all(one["prompt"].startswith("nasumiso_style, 1girl") for one in sent)
    record = read_record(tmp_path)
    assert record is not None
    assert len(record.cells) == 10
    assert all(drawn.used == "0123456789ab" for key, drawn in record.cells.items() if "nasu" in key)
    with GenerationLog(tmp_path) as log:
        assert {entry.source for entry in log.search()} == {"compare"}
        assert len(log.search("lora:000004")) == 4


def test_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        asked = settings(tmp_path, server.url, seeds=(), seed_count=2)
        events = run(asked, stop_after=4)
        finished = events[-1]
        assert isinstance(finished, Finished)
        assert finished.cancelled
        first = len(server.sent(GENERATE))
        assert first in (4, 5)
        events = run(asked)
        assert summary(events)["unchanged"] >= 4
        assert len(server.sent(GENERATE)) <= 11
        done = len(server.sent(GENERATE))
        assert summary(run(asked))["made"] == 0
        assert len(server.sent(GENERATE)) == done
        # More weights: only the new cells.
        events = run(settings(tmp_path, server.url, seeds=(), seed_count=2, weights=(0.6, 0.8, 1)))
        assert summary(events)["made"] == 4


def test_nothing_is_asked_of_the_server_when_all_is_drawn(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        run(settings(tmp_path, server.url))
    events = run(settings(tmp_path, closed_url()))
    assert summary(events)["unchanged"] == 10
    with pytest.raises(NotRunningError):
        run(settings(tmp_path, closed_url(), seeds=(1, 2, 3)))


def test_changed_lost_and_retrained_pictures_are_drawn_again(tmp_path: Path) -> None:
    loras = tmp_path / "loras"
    for name in EPOCHS:
        write_lora(loras / f"{name}.safetensors")
    with WebUIServer(loras=FILES) as server:
        asked = settings(tmp_path / "out", server.url, lora_folder=loras)
        run(asked)
        pictures = sorted((tmp_path / "out").glob("baseline*.png"))
        pictures[0].unlink()
        pictures[1].write_bytes(b"other")
        assert summary(run(asked))["made"] == 2
        assert pictures[1].read_bytes() == b"other"  # nothing is written over
        write_lora(loras / f"{EPOCHS[0]}.safetensors", "ee" * 32)
        server.engine.loras.disk[0] = LoraFile(EPOCHS[0], hash="ee" * 6)
        server.engine.loras.refresh()
        events = run(asked)
        assert summary(events)["made"] == 4
        assert not codes(events)[:-1]


def test_cells_that_are_not_what_was_asked_for_are_told_and_tried_again(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES[:1]) as server:
        server.engine.faults.append("black")
        events = run(settings(tmp_path, server.url))
        assert "webui-lora-not-applied" in codes(events)
        assert "webui-black-picture" in codes(events)
        record = read_record(tmp_path)
        assert record is not None
        assert sum(drawn.bad for drawn in record.cells.values()) == 2
        server.engine.loras.disk.append(FILES[1])
        server.engine.loras.refresh()
        events = run(settings(tmp_path, server.url))
        assert summary(events)["made"] == 5
        record = read_record(tmp_path)
        assert record is not None
        assert not any(drawn.bad for drawn in record.cells.values())


def test_a_lora_without_effect_is_noticed(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:

        def same(answer: Any) -> Any:
            if isinstance(answer, dict) and "images" in answer:
                seen.setdefault(answer["parameters"]["seed"], answer["images"])
                answer["images"] = seen[answer["parameters"]["seed"]]
            return answer

        seen: dict[int, Any] = {}
        server.alter = same
        events = run(settings(tmp_path, server.url))
    told = [note for note in of(events, Note) if note.code == "lora-no-effect"]
    assert len(told) == 2
    record = read_record(tmp_path)
    assert record is not None
    assert sum("lora-no-effect" in drawn.warnings for drawn in record.cells.values()) == 8


def test_scores_come_from_the_datasets_tagger_and_tags(tmp_path: Path) -> None:
    dataset = tmp_path / "tagged"
    dataset.mkdir()
    for number in range(3):
        Image.new("RGB", (32, 32), (number, 0, 200)).save(dataset / f"{number}.png")
        (dataset / f"{number}.txt").write_text("nasumiso_style, blue_theme, dark", "utf-8")
    with WebUIServer(loras=FILES) as server:
        asked = settings(tmp_path / "out", server.url, model=EMBEDDED, dataset=dataset)
        events = run(asked)
        rows = of(events, Row)
        assert len(rows) == 5
        assert {row.data["pictures"] for row in rows} == {2}
        assert all(row.data["prompt"] is not None for row in rows)
        record = read_record(tmp_path / "out")
        assert record is not None
        assert record.prompt_tags == ("blue_theme",)
        assert "blue_theme" not in record.style_tags
        assert all(drawn.model for drawn in record.cells.values())
        assert summary(events)["advice"]


def test_without_a_tagger_it_is_laid_out_all_the_same(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        asked = settings(tmp_path / "out", server.url, model=str(tmp_path / "no-such"))
        events = run(asked)
    assert "not scored" in " ".join(note.text for note in of(events, Note))
    assert Path(summary(events)["page"]).is_file()


def test_the_contact_sheet_holds_every_cell(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        events = run(settings(tmp_path, server.url))
    with Image.open(summary(events)["sheet"]) as sheet:
        assert sheet.width > 3 * 256
        assert sheet.height > 4 * 256
    record = read_record(tmp_path)
    assert record is not None
    grid = grid_of(record.plan)
    assert grid.weights == (0.0, 0.6, 1.0)
    assert grid.rows == tuple((name, seed) for name in EPOCHS for seed in (1, 2))
    assert grid.cell(3, 0).key == "baseline:2"
    assert {grid.cell(r, c).key for r in range(4) for c in range(3)} == set(record.cells)


@pytest.mark.parametrize(
    "more",
    [{"loras": ()}, {"loras": ("",)}, {"loras": ("a:b",)}, {"loras": ("葉",)}, {"weights": ()},
     {"weights": (0.0,)}, {"weights": (float("nan"),)}, {"seeds": (), "seed_count": 0},
     {"generation": Generation("")}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    with WebUIServer(loras=FILES) as server:
        with pytest.raises(InputError):
            run(settings(tmp_path, server.url, **more))
        assert not server.requests


def test_a_folder_of_another_comparison_is_left_alone(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        run(settings(tmp_path, server.url))
        with pytest.raises(InputError) as caught:
            run(settings(tmp_path, server.url, generation=Generation("2girls", seed=1)))
        assert caught.value.code == "compare-other"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"version": 1}', b'{"version": 2}', b"\xff", b"[" * 100_000]
)
def test_a_damaged_record_is_said(tmp_path: Path, data: bytes) -> None:
    (tmp_path / RECORD).write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_record(tmp_path)
    assert caught.value.code == "compare-damaged"


def test_a_record_from_elsewhere_can_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        run(settings(tmp_path / "a", server.url))
    record = tmp_path / "a" / RECORD
    record.write_bytes(record.read_bytes().replace(b'"baseline_s1.png"', b'"../secret.png"'))
    with pytest.raises(InputError):
        read_record(tmp_path / "a")


def test_a_comparison_can_be_moved(tmp_path: Path) -> None:
    with WebUIServer(loras=FILES) as server:
        run(settings(tmp_path / "a", server.url))
    shutil.move(tmp_path / "a", tmp_path / "b")
    record = read_record(tmp_path / "b")
    assert record is not None
    path = record.path_of(result_of(record).record.plan[0])
    assert path is not None
    assert path.is_file()


def test_short_names_tell_epochs_apart() -> None:
    names = ("nasu_v1-000004", "nasu_v1-000008", "nasu_v1")
    assert len(set(short_names(names).values())) == 3
    assert short_names(("one",)) == {"one": "one"}
    assert short_names(("a_1", "a_2")) == {"a_1": "1", "a_2": "2"}
