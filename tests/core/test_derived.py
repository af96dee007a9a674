"""Models made from the downloaded one: made once, whole, kept apart; int8 and its scores."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import onnx
import pytest

from nasutui.core.config import cache_folder
from nasutui.core.errors import InputError, ModelError
from nasutui.core.events import Event, Finished, Note, Row, never
from nasutui.core.files import sha256_file
from nasutui.core.tagging.bench_tagger import BenchSettings, bench_tagger
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.derived import INT8, STATIC, derive, derived_path
from nasutui.core.tagging.engine import probe
from nasutui.core.tagging.graph_view import import_onnx
from nasutui.core.tagging.models import ModelFiles
from nasutui.core.tagging.scores import ScoreStore
from nasutui.core.tagging.tagger import OnnxTagger
from tests.support.batch import batch_json, finished
from tests.support.datasets import noise, png, stamps
from tests.support.providers import stand_in
from tests.support.tagger_graphs import Maker, write_tagger


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tagger(tmp_path_factory.mktemp("vit"), "vit", Maker(free=True))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    for i in range(3):
        (made / f"p{i}.png").write_bytes(png(noise(i, (90, 60))))
    return made


@pytest.fixture
def no_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer where onnx is not installed, in this process and its children."""
    stub = tmp_path / "without" / "onnx"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("raise ImportError('no onnx here')")
    monkeypatch.syspath_prepend(str(stub.parent))
    for name in [n for n in sys.modules if n.partition(".")[0] == "onnx"]:
        monkeypatch.delitem(sys.modules, name)


def made(folder: Path, kind: str) -> Path:
    model = folder / "model.onnx"
    path = derive(model, sha256_file(model), kind, never)
    assert path is not None
    return path


@pytest.mark.parametrize("kind", [STATIC, INT8])
def test_made_once_and_again_when_damaged(folder: Path, kind: str) -> None:
    path = made(folder, kind)
    assert cache_folder() in path.parents
    onnx.checker.check_model(str(path))
    before = stamps(cache_folder())
    assert made(folder, kind) == path
    assert stamps(cache_folder()) == before
    whole = path.read_bytes()
    for damage in (whole[:-100], b"", whole[:50] + b"?" + whole[51:]):
        path.write_bytes(damage)
        assert made(folder, kind).read_bytes() == whole
    path.with_suffix(".json").write_bytes(b"{")
    assert made(folder, kind).read_bytes() == whole
    assert sorted(p.suffix for p in path.parent.iterdir()) == [".json", ".onnx"]


def test_int8_holds_its_weights_in_8_bits(folder: Path) -> None:
    kinds = {n.op_type for n in onnx.load(made(folder, INT8)).graph.node}
    assert "MatMulInteger" in kinds and "Conv" in kinds


def test_another_model_has_another_file() -> None:
    assert derived_path("a" * 64, INT8) != derived_path("b" * 64, INT8)
    assert derived_path("a" * 64, INT8) != derived_path("a" * 64, STATIC)


@pytest.mark.parametrize("kind", [STATIC, INT8])
def test_a_model_that_is_none(tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError):
        made(tmp_path, kind)
    assert capfd.readouterr() == ("", "")
    assert not list((cache_folder() / "models").iterdir())


def test_stopped_while_it_is_made(folder: Path) -> None:
    model = folder / "model.onnx"
    assert derive(model, sha256_file(model), INT8, lambda: True) is None


def test_a_cache_that_cannot_be_written(folder: Path) -> None:
    cache_folder().parent.mkdir(parents=True, exist_ok=True)
    cache_folder().write_bytes(b"a file in its place")
    with pytest.raises(ModelError):
        made(folder, INT8)


@pytest.mark.parametrize("kind", [STATIC, INT8])
def test_without_onnx_it_says_what_to_install(folder: Path, kind: str, no_onnx: None) -> None:
    with pytest.raises(ModelError) as caught:
        import_onnx()
    assert caught.value.code == "no-onnx" and "nasutui[coreml]" in str(caught.value)
    with pytest.raises(ModelError) as caught:
        made(folder, kind)
    assert caught.value.code == "no-onnx" and "nasutui[coreml]" in str(caught.value)


def test_without_onnx_an_accelerator_that_needs_it_is_refused_for_now(
    folder: Path, pictures: Path, no_onnx: None
) -> None:
    files = ModelFiles("vit", folder / "model.onnx", folder / "selected_tags.csv")
    tagger = OnnxTagger(files, f"{sha256_file(files.model)}+tags")
    one = stand_in("fast", static=True)
    found = probe(tagger, one, sorted(pictures.iterdir()), never)
    assert found.trial.verdict == "refused" and "nasutui[coreml]" in found.trial.reason
    assert not (cache_folder() / "accelerators").exists()  # onnx may be installed the next time


def test_an_accelerator_gets_the_rewritten_model(folder: Path, pictures: Path) -> None:
    files = ModelFiles("vit", folder / "model.onnx", folder / "selected_tags.csv")
    sha256 = sha256_file(files.model)
    tagger = OnnxTagger(files, f"{sha256}+tags")
    found = probe(tagger, stand_in("fast", static=True), sorted(pictures.iterdir()), never)
    assert found.trial.verdict in ("use", "slow") and found.trial.difference < 0.02
    assert derived_path(sha256, STATIC).exists()
    if found.plan:
        assert found.plan.model == str(derived_path(sha256, STATIC))


# -- captions -------------------------------------------------------------------------------


def captioned(pictures: Path, output: Path, model: Path, precision: str) -> list[Event]:
    settings = CaptionSettings(pictures, output, str(model), precision=precision)
    return list(caption(settings, never))


def test_scores_of_int8_are_stored_apart(folder: Path, pictures: Path, tmp_path: Path) -> None:
    inferred = []
    for precision in ("fp32", "int8", "fp32", "int8"):
        end = captioned(pictures, tmp_path / "o", folder, precision)[-1]
        assert isinstance(end, Finished)
        inferred.append(end.summary["inferred"])
    assert inferred == [3, 3, 0, 0]
    store = ScoreStore(tmp_path / "o")
    (first, name, _t), (second, int8_name, _u) = store.models()
    assert int8_name == f"{name} (int8)"
    assert store.pictures(first) == store.pictures(second)
    exact, rough = (dict(store.all(model)) for model in (first, second))
    store.close()
    assert any(exact[p].probabilities.tobytes() != rough[p].probabilities.tobytes() for p in exact)


def test_int8_without_onnx_stops_before_anything_begins(
    folder: Path, pictures: Path, tmp_path: Path, no_onnx: None
) -> None:
    with pytest.raises(ModelError) as caught:
        captioned(pictures, tmp_path / "o", folder, "int8")
    assert caught.value.code == "no-onnx"
    assert not list((tmp_path / "o").glob("*.txt"))


# -- bench-tagger ---------------------------------------------------------------------------


def test_bench_measures_every_accelerator_and_int8(folder: Path, pictures: Path) -> None:
    here = [stand_in("wrong"), stand_in("aborting"), stand_in("fast")]
    events = list(bench_tagger(BenchSettings(str(folder), pictures), never, here))
    rows = [e.data for e in events if isinstance(e, Row)]
    assert [row["verdict"] for row in rows[:2]] == ["wrong", "crashed"]
    assert rows[3]["name"] == "int8" and rows[3]["pictures"] == 3
    assert 0 < rows[3]["difference"] < 1 and rows[3]["tags"] > 0
    end = events[-1]
    assert isinstance(end, Finished) and end.summary["cpu"] > 0
    assert end.summary["use"] == ("test" if rows[2]["verdict"] == "use" else "cpu")
    json.dumps(rows)


def test_bench_without_onnx_and_accelerators_still_measures(
    folder: Path, pictures: Path, no_onnx: None
) -> None:
    events = list(bench_tagger(BenchSettings(str(folder), pictures), never, []))
    assert [e.code for e in events if isinstance(e, Note)] == ["no-onnx"]
    end = events[-1]
    assert isinstance(end, Finished) and end.summary["use"] == "cpu" and end.summary["cpu"] > 0


def test_bench_of_a_folder_without_pictures(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        list(bench_tagger(BenchSettings(str(folder), tmp_path / "empty"), never, []))
    assert caught.value.code == "no-pictures"


def test_bench_on_the_command_line(folder: Path, pictures: Path, tmp_path: Path) -> None:
    cache = {"NASUTUI_CACHE": os.fspath(tmp_path / "cache")}
    events = batch_json("bench-tagger", "--model", folder, "--input", pictures, **cache)
    assert finished(events, "bench-tagger")["use"] in ("cpu", "webgpu", "mlx", "coreml")
    arguments = ("--input", pictures, "--output", tmp_path / "o", "--model", folder)
    done = batch_json("caption", *arguments, "--precision", "int8", **cache)
    assert finished(done, "caption")["model"].endswith("(int8)")
