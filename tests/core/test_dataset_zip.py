"""A dataset as one zip: deterministic, whole, without anything that does not belong there."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path

import pytest

from nasutui.core.errors import InputError
from nasutui.core.events import Progress, never
from nasutui.core.training.export import ExportSettings, export
from nasutui.core.transfer.packing import Packed, others_of, pack
from tests.support.datasets import TRIGGER, contents, plain


def packed(dataset: Path, into: Path) -> Packed:
    steps = pack(dataset, into, never)
    while True:
        try:
            assert isinstance(next(steps), Progress)
        except StopIteration as end:
            assert isinstance(end.value, Packed)
            return end.value


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    output = tmp_path / "out" / "nasu"
    list(export(ExportSettings(plain(tmp_path / "tagged"), output, "nasu", 10, TRIGGER), never))
    return output


def test_the_same_dataset_packs_to_the_same_bytes(dataset: Path, tmp_path: Path) -> None:
    first = packed(dataset, tmp_path / "a")
    for path in dataset.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
        path.chmod(0o700)
    second = packed(dataset, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert first.digest == second.digest
    assert sorted(contents(tmp_path / "a")) == [first.manifest.name, first.zip.name]


def test_it_holds_what_the_manifest_names_and_nothing_else(dataset: Path, tmp_path: Path) -> None:
    wanted = contents(dataset)
    for junk in ("10_nasu/img001_jp.txt", "10_nasu/img001.npz", ".DS_Store", "10_nasu/._img001.png",
                 "Thumbs.db", "desktop.ini", "metadata_cache.json"):  # fmt: skip
        (dataset / junk).write_bytes(b"junk")
    (dataset / "__MACOSX").mkdir()
    result = packed(dataset, tmp_path / "a")
    with zipfile.ZipFile(result.zip) as archive:
        assert archive.testzip() is None
        assert {n: archive.read(n) for n in archive.namelist()} == wanted
        infos = archive.infolist()
    assert all(i.compress_type == zipfile.ZIP_STORED for i in infos)
    assert {i.date_time for i in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert [i.filename for i in infos] == sorted(wanted)
    assert not any("\\" in i.filename for i in infos)


def test_the_manifest_beside_it_says_how_to_verify_it(dataset: Path, tmp_path: Path) -> None:
    result = packed(dataset, tmp_path / "a")
    told = json.loads(result.manifest.read_text(encoding="utf-8"))
    data = result.zip.read_bytes()
    assert told["zip"] == {
        "name": result.zip.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()
    }  # fmt: skip
    assert told["files"] == {n: hashlib.sha256(d).hexdigest() for n, d in contents(dataset).items()}
    assert result.zip.name == f"nasu-{told['dataset']}.zip"


def test_another_caption_is_another_name(dataset: Path, tmp_path: Path) -> None:
    before = packed(dataset, tmp_path / "a")
    (tmp_path / "tagged" / "img001.txt").write_text(f"{TRIGGER}, 2girls", encoding="utf-8")
    list(export(ExportSettings(tmp_path / "tagged", dataset, "nasu", 10, TRIGGER), never))
    assert packed(dataset, tmp_path / "a").zip.name != before.zip.name


@pytest.mark.parametrize(
    "harm", ["picture", "caption", "manifest", "missing", "no json", "outside"]
)
def test_a_dataset_that_is_not_whole_is_not_packed(
    dataset: Path, tmp_path: Path, harm: str
) -> None:
    manifest = dataset / "manifest.json"
    match harm:
        case "picture":
            (dataset / "10_nasu/img001.png").write_bytes(b"x")
        case "caption":
            (dataset / "10_nasu/img002.txt").write_text("x")
        case "manifest":
            manifest.unlink()
        case "missing":
            (dataset / "training.toml").unlink()
        case "no json":
            manifest.write_text("[" * 100_000)
        case "outside":
            manifest.write_text(json.dumps({"name": "x", "files": {"../../x": ""}}))
    with pytest.raises(InputError) as error:
        packed(dataset, tmp_path / "a")
    assert error.value.code == "not-whole"
    assert not list((tmp_path / "a").glob("*"))


def test_names_of_other_datasets_are_told_apart() -> None:
    a, b = "0123456789ab", "ba9876543210"
    names = [f"nasu-{a}.zip", f"nasu-{b}.zip", f"nasu-{b}.json", f"nasu-x-{b}.zip", "nasu.zip",
             f"xnasu-{b}.zip", f"nasu-{b}.zip.part", f"nasu-{b.upper()}.zip"]  # fmt: skip
    assert others_of("nasu", a, names) == [f"nasu-{b}.json", f"nasu-{b}.zip"]
