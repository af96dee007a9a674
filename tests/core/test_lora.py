"""What a LoRA says of itself, whoever wrote it."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.errors import InputError
from nasutui.core.events import ItemDone, Row, never
from nasutui.core.project import create_project
from nasutui.core.training.lora import MAX_HEADER, LoraInfo, read_lora
from nasutui.core.training.lora_review import (
    LoraSettings,
    TagChange,
    describe_for_webui,
    review,
    tag_changes,
    write_description,
)
from tests.support.datasets import TRIGGER, captioned, noise, png

TENSORS = {
    "lora_unet_x.lora_down.weight": {"dtype": "F16", "shape": [64, 320], "data_offsets": [0, 40]},
    "lora_unet_x.lora_up.weight": {"dtype": "F16", "shape": [320, 64], "data_offsets": [40, 80]},
}
KOHYA = {
    "ss_output_name": "nasu_v1",
    "ss_network_dim": "64",
    "ss_network_alpha": "32.0",
    "ss_steps": "750",
    "ss_num_epochs": "10",
    "ss_epoch": "10",
    "ss_base_model_version": "sd_v1",
    "ss_v2": "False",
    "ss_sd_model_name": "anything-v5.safetensors",
    "ss_training_comment": "nasutui dataset 0123456789ab",
    "ss_training_finished_at": "1790000000.5",
    "ss_network_dropout": "None",
    "ss_tag_frequency": json.dumps({"10_nasu": {TRIGGER: 15, "blue_skin": 12, "1girl": 9}}),
    "ss_dataset_dirs": json.dumps({"10_nasu": {"n_repeats": 10, "img_count": 15}}),
    "modelspec.trigger_phrase": TRIGGER,
}


def raw_file(
    path: Path, header: bytes, data: bytes = b"\0" * 80, length: int | None = None
) -> Path:
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header + data)
    return path


def lora_file(path: Path, metadata: Any = KOHYA, tensors: Any = TENSORS) -> Path:
    header = {**({} if metadata is None else {"__metadata__": metadata}), **tensors}
    return raw_file(path, json.dumps(header).encode())


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    return lora_file(tmp_path / "nasu_v1.safetensors")


def test_what_kohya_writes_is_read(lora: Path) -> None:
    info = read_lora(lora)
    assert (info.name, info.dim, info.alpha) == ("nasu_v1", 64, 32.0)
    assert (info.steps, info.epochs) == (750, 10)
    assert (info.base, info.base_model) == ("SD1", "anything-v5.safetensors")
    assert info.trigger == TRIGGER
    assert info.dataset_id == "0123456789ab"
    assert info.finished == 1790000000.5
    assert info.tags == {TRIGGER: 15, "blue_skin": 12, "1girl": 9}
    assert info.folders == {"10_nasu": (10, 15)} and info.pictures == 15


def test_two_folders_are_added_up(tmp_path: Path) -> None:
    frequencies = {"10_a": {"x": 3, " Y ": 1}, "5_b": {"x": 2, "y": 4}}
    metadata = {"ss_tag_frequency": json.dumps(frequencies)}
    info = read_lora(lora_file(tmp_path / "l.safetensors", metadata))
    assert info.tags == {"x": 5, "y": 5}


@pytest.mark.parametrize(
    ("version", "v2", "base"),
    [("sdxl_base_v1-0", "False", "SDXL"), ("sd_v2_768", "True", "SD2"), ("sd_v1", "False", "SD1")],
)
def test_families(tmp_path: Path, version: str, v2: str, base: str) -> None:
    metadata = {"ss_base_model_version": version, "ss_v2": v2}
    assert read_lora(lora_file(tmp_path / "l.safetensors", metadata)).base == base


@pytest.mark.parametrize("metadata", [None, {}, [], "x", {"a": 1}, {"ss_network_dim": "None"}])
def test_without_metadata_the_tensors_give_the_dim(tmp_path: Path, metadata: Any) -> None:
    info = read_lora(lora_file(tmp_path / "夏.safetensors", metadata))
    assert (info.name, info.dim, info.alpha, info.tags) == ("夏", 64, None, {})
    assert info.pictures is None


DEEP = b"[" * 200_000
HOSTILE = {
    "empty": b"",
    "seven bytes": b"\x10\0\0\0\0\0\0",
    "no header": struct.pack("<Q", 0),
    "length beyond the file": struct.pack("<Q", 10_000) + b"{}",
    "absurd length": struct.pack("<Q", 2**63) + b"{}",
    "negative length": b"\xff" * 8 + b"{}",
    "not JSON": struct.pack("<Q", 4) + b"{,,}",
    "a list": struct.pack("<Q", 2) + b"[]",
    "a number": struct.pack("<Q", 2) + b"12",
    "not UTF-8": struct.pack("<Q", 8) + b'{"\xff": 1}',
    "UTF-16": struct.pack("<Q", 6) + "{}".encode("utf-16"),
    "deep": struct.pack("<Q", len(DEEP)) + DEEP,
    "huge number": struct.pack("<Q", 10_012) + b'{"a": ' + b"9" * 10_000 + b"}     ",
    "tensor that is none": struct.pack("<Q", 8) + b'{"a": 1}',
    "offsets that are none": struct.pack("<Q", 23) + b'{"a":{"data_offsets":0}}'[:23] + b"}",
    "a picture": png(noise(1)),
    "a web page": b"<!DOCTYPE html><html><title>401</title></html>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_lora_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x\x1b[2J.safetensors"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(InputError) as error:
        read_lora(path)
    assert error.value.code == "not-safetensors"
    assert str(error.value).isprintable()


def test_a_header_larger_than_any_loras_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", MAX_HEADER + 1))
        file.truncate(MAX_HEADER + 100)  # a hole: takes no room
    with pytest.raises(InputError):
        read_lora(path)


@pytest.mark.parametrize("missing", [1, 40, 80])
def test_a_file_that_was_cut_short_is_told(lora: Path, missing: int) -> None:
    lora.write_bytes(lora.read_bytes()[:-missing])
    with pytest.raises(InputError) as error:
        read_lora(lora)
    assert error.value.code == "truncated"


@pytest.mark.parametrize("offsets", [[0], [0, -1], [0, "80"], [0, 80.0], [0, True], "ab", None])
def test_odd_offsets(tmp_path: Path, offsets: Any) -> None:
    path = lora_file(tmp_path / "x.safetensors", KOHYA, {"a": {"data_offsets": offsets}})
    with pytest.raises(InputError):
        read_lora(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ss_network_dim", "nan"), ("ss_network_dim", "1e999"), ("ss_network_dim", "-4"),
        ("ss_network_alpha", "inf"), ("ss_steps", "many"), ("ss_steps", "9" * 400),
        ("ss_tag_frequency", "{"), ("ss_tag_frequency", "[1]"), ("ss_tag_frequency", "[" * 99_999),
        ("ss_tag_frequency", '{"a": 3}'), ("ss_tag_frequency", '{"a": {"b": "c", "d": -1}}'),
        ("ss_tag_frequency", '{"a": {"b": NaN, "c": true, "d": 1.5}}'),
        ("ss_dataset_dirs", '{"a": {"n_repeats": "x"}}'), ("ss_dataset_dirs", '{"a": null}'),
        ("ss_training_comment", "nasutui dataset ../../x"), ("ss_output_name", ""),
        ("ss_training_finished_at", "yesterday"),
    ],
)  # fmt: skip
def test_odd_values_count_as_not_said(tmp_path: Path, key: str, value: str) -> None:
    info = read_lora(lora_file(tmp_path / "x.safetensors", {key: value}))
    assert (info.alpha, info.steps, info.dataset_id, info.tags, info.folders) == (
        None, None, "", {}, {},
    )  # fmt: skip
    assert info.dim == 64
    assert info.name == "x"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    metadata=st.dictionaries(
        st.sampled_from(sorted(KOHYA)), st.text(max_size=20) | json_values.map(json.dumps)
    )
)
def test_any_metadata_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, metadata: dict[str, str]
) -> None:
    path = lora_file(tmp_path_factory.getbasetemp() / "any.safetensors", metadata)
    info = read_lora(path)
    assert all(isinstance(n, int) and n >= 0 for n in info.tags.values())
    described = describe_for_webui(info, "")
    assert json.loads(json.dumps(described)) == described


@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.safetensors"
    path.write_bytes(data)
    try:
        assert isinstance(read_lora(path), LoraInfo)
    except InputError as error:
        assert error.code in ("not-safetensors", "truncated")


def test_what_has_changed_since_it_was_trained(lora: Path) -> None:
    now = [(TRIGGER, "1girl")] * 9 + [(TRIGGER, "Hat")] * 6
    changes = tag_changes(read_lora(lora), now)
    assert changes == [TagChange("blue_skin", 12, 0), TagChange("hat", 0, 6)]
    assert changes[0].sentence() == "trained before blue_skin was removed from 12 captions"
    assert changes[1].sentence() == "trained before hat was added to 6 captions"


def test_without_tag_frequencies_nothing_is_claimed(tmp_path: Path) -> None:
    info = read_lora(lora_file(tmp_path / "x.safetensors", {}))
    assert tag_changes(info, [("a",)]) == []


def test_the_step_holds_it_against_a_project(lora: Path, tmp_path: Path) -> None:
    root = create_project(tmp_path / "p").root
    captioned(root / "3_tagged", {"img001.png": png(noise(1))}, {"img001_jp.txt": "ナス"})
    events = list(review(LoraSettings(lora, root, write=True), never))
    rows = [e for e in events if isinstance(e, Row)]
    assert rows[0].kind == "lora" and rows[0].data["dim"] == 64
    changed = {r.data["tag"]: (r.data["trained"], r.data["now"]) for r in rows[1:]}
    assert changed == {TRIGGER: (15, 1), "blue_skin": (12, 0), "1girl": (9, 1), "solo": (0, 1)}
    (done,) = [e for e in events if isinstance(e, ItemDone)]
    assert done.path == lora.with_suffix(".json")


def test_the_webui_gets_trigger_weight_and_family(lora: Path) -> None:
    path, action = write_description(read_lora(lora), "")
    assert (path, action) == (lora.with_suffix(".json"), "made")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["activation text"] == TRIGGER
    assert told["preferred weight"] == 1.0
    assert told["sd version"] == "SD1"
    assert set(told) == {"description", "sd version", "activation text", "preferred weight",
                         "negative text", "notes"}  # fmt: skip
    assert write_description(read_lora(lora), "")[1] == "unchanged"


def test_what_a_person_wrote_there_stays(lora: Path) -> None:
    path = lora.with_suffix(".json")
    mine = {"activation text": "my words", "preferred weight": 0.7, "my key": [1], "notes": ""}
    path.write_text(json.dumps(mine), encoding="utf-8")
    assert write_description(read_lora(lora), TRIGGER)[1] == "changed"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert (told["activation text"], told["preferred weight"], told["my key"]) == (
        "my words",
        0.7,
        [1],
    )
    assert told["notes"] == "nasutui dataset 0123456789ab"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", DEEP])
def test_a_description_that_is_no_json_is_left_alone(lora: Path, data: bytes) -> None:
    path = lora.with_suffix(".json")
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        write_description(read_lora(lora), TRIGGER)
    assert error.value.code == "not-json"
    assert path.read_bytes() == data


def test_a_name_with_dots_keeps_them(tmp_path: Path) -> None:
    info = read_lora(lora_file(tmp_path / "nasu.v1.5.safetensors"))
    assert write_description(info, "")[0].name == "nasu.v1.5.json"


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_what_the_system_refuses(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x.safetensors"
    if what == "folder":
        path.mkdir()
    with pytest.raises(InputError):
        read_lora(path)
