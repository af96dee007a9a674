"""Mutated answers of a WebUI, `parameters` texts, PNG chunks, LoRA headers and zips."""

from __future__ import annotations

import base64
import functools
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasutui.core.errors import NasutuiError, PictureError
from nasutui.core.generation.pnginfo import (
    Infotext,
    compose_infotext,
    parse_infotext,
    read_parameters,
    with_parameters,
)
from nasutui.core.generation.settings import from_infotext
from nasutui.core.pictures.sources import find_sources
from nasutui.core.text import json_line
from nasutui.core.training.lora import read_lora
from nasutui.core.training.lora_review import LoraSettings, review
from nasutui.core.webui import lists
from nasutui.core.webui.answer import (
    own_images,
    read_details,
    read_images,
    take_picture,
)
from nasutui.core.webui.complaint import error_of, read_complaint
from nasutui.core.webui.http import Answer
from nasutui.core.webui.progress import Tracker, read_report, read_task
from nasutui.core.webui.request import Txt2Img
from nasutui.core.webui.sampler import SamplerChoice, choose_sampler
from nasutui.core.webui.verify import differences, missing_loras, wrong_loras
from tests.fuzz.mutating import mutated_bytes, mutated_json, png_chunk, with_checksums
from tests.fuzz.running import is_safe
from tests.support.archives import Entry, finder_zip, write_zip
from tests.support.small_pictures import small_png

_TOKENS = (
    b"null", b"true", b"1e999", b"NaN", b"-Infinity", b"9" * 5000, b"[" * 3000, b'{"a":' * 3000,
    b'"\\ud800"', b"\\u0000", b'"', b",", b":", b"{", b"}", b"\xff", b"\xef\xbb\xbf", b"\0",
)  # fmt: skip
INFOTEXT = (
    "1girl, <lora:set:0.8>, smile\nsecond line\nNegative prompt: bad hands\nblurry\n"
    "Steps: 25, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x768, "
    'Model hash: 0123456789, Model: any, Lora hashes: "set: 0123456789ab, x: 1", Version: v1.10.1'
)


def _json_like(dice: random.Random, good: Any) -> bytes:
    if dice.random() < 0.8:
        return mutated_json(dice, good)
    data = json.dumps(good).encode()
    return mutated_bytes(dice, data, (data,), _TOKENS)


def _decoded(data: bytes) -> Any:
    return Answer("/x", 200, data, False, "", ("secret",)).json()


# --- WebUI --------------------------------------------------------------------------------------

_LISTS = {
    "samplers": [{"name": "DPM++ 2M", "aliases": ["k_dpmpp_2m"], "options": {}}, {"name": "Euler"}],
    "schedulers": [
        {"name": "karras", "label": "Karras", "aliases": None},
        {"name": "automatic", "label": "Automatic"},
    ],
    "models": [
        {"title": "any.safetensors [0123456789]", "model_name": "any", "hash": "0123456789",
         "sha256": "ab" * 32, "filename": "/m/any.safetensors"}
    ],
    "loras": [
        {"name": "set", "alias": "alias", "path": "/l/set.safetensors",
         "metadata": {"sshs_model_hash": "ab" * 32, "ss_tag_frequency": {"3_x": {"1girl": 3}}}}
    ],
}  # fmt: skip


def make_lists(dice: random.Random) -> bytes:
    return _json_like(dice, _LISTS)


def try_lists(data: bytes, _folder: Path) -> None:
    """What was read can be asked for; each list is read also when another one is refused."""
    answer = _decoded(data)
    told = answer if isinstance(answer, dict) else dict.fromkeys(_LISTS, answer)
    errors: list[NasutuiError] = []

    def read(work: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return work(*arguments)
        except NasutuiError as error:
            assert is_safe(str(error))
            errors.append(error)
            return ()

    samplers = read(lists.read_samplers, told.get("samplers"), "/samplers")
    schedulers = read(lists.read_schedulers, told.get("schedulers"), "/schedulers")
    models = read(lists.read_models, told.get("models"), "/models")
    loras = read(lists.read_loras, told.get("loras"), "/loras")
    refused = errors[:1]
    for wanted in ("DPM++ 2M Karras", "Euler", "DPM"):
        read(choose_sampler, wanted, None, samplers, schedulers)
        read(choose_sampler, wanted, "Karras", samplers, schedulers or None)
    read(lists.find_model, "any", models)
    read(lists.find_lora, "set", loras)
    read(lists.find_lora, "alias", loras)
    if refused:
        raise refused[0]


@functools.cache
def _answer() -> dict[str, Any]:
    info = {
        "prompt": "1girl", "all_seeds": [1, 2], "seed": 1, "sampler_name": "DPM++ 2M",
        "sd_model_name": "any", "sd_model_hash": "0123456789", "job_timestamp": "20260101",
        "index_of_first_image": 0, "infotexts": [INFOTEXT, INFOTEXT],
        "extra_generation_params": {"Lora hashes": "set: 0123456789ab", "Schedule type": "Karras"},
    }  # fmt: skip
    picture = base64.b64encode(small_png((1, 2, 3))).decode()
    return {"images": [picture, "data:image/png;base64," + picture], "info": info}


def make_answer(dice: random.Random) -> bytes:
    good = _answer()
    if dice.random() < 0.5:  # as most servers send it: JSON inside JSON
        inside = _json_like(dice, good["info"]).decode("utf-8", "replace")
        return json.dumps({**good, "info": inside}).encode()
    return _json_like(dice, good)


def try_answer(data: bytes, _folder: Path) -> None:
    """Pictures and details are taken; every check of what was drawn gives errors of ours."""
    answer = _decoded(data)
    images = read_images(answer)
    details = read_details(answer.get("info"))
    request = Txt2Img("1girl <lora:set:0.8>", seed=1, model="any", lora_hashes={"set": "ab" * 6})
    choice = SamplerChoice("DPM++ 2M", "Karras", expected_scheduler="Karras")
    for index, text in enumerate(own_images(images, details, 2)):
        drawn = take_picture(text, details, index, request)
        problems = differences(request, choice, drawn, index, details)
        missing, applied = missing_loras(request, drawn, details)
        problems += wrong_loras(request, applied or {})
        assert all(is_safe(str(problem)) for problem in problems)
        assert set(missing) <= {"set"}
        if drawn.infotext:
            from_infotext(drawn.infotext)


_PROGRESS = {
    "progress": 0.5, "eta_relative": 3.2, "active": True, "queued": False, "textinfo": None,
    "state": {"skipped": False, "interrupted": False, "job": "task(abc)", "job_count": 1,
              "job_timestamp": "20260101", "job_no": 0, "sampling_step": 3, "sampling_steps": 25},
    "current_image": base64.b64encode(small_png((9, 9, 9))).decode(),
}  # fmt: skip


def make_progress(dice: random.Random) -> bytes:
    return _json_like(dice, _PROGRESS)


def try_progress(data: bytes, _folder: Path) -> None:
    answer = _decoded(data)
    task = read_task(answer)
    report = read_report(answer)
    assert 0 <= report.fraction <= 1
    assert 0 <= report.step <= 1_000_000
    assert isinstance(report.idle, bool)
    tracker = Tracker(report)
    for known in (task, None):
        tracker.whose(known, report)


_COMPLAINTS = (
    {"error": "NansException", "detail": "", "body": "", "errors": "A tensor with all NaNs"},
    {"error": "HTTPException", "detail": "Sampler not found", "body": "", "errors": ""},
    {"detail": [{"loc": ["body", "steps"], "msg": "field required", "type": "value_error"}]},
    {"detail": "Not Found"},
    {"error": "RuntimeError", "message": "CUDA out of memory at secret", "code": 500},
)


def make_complaint(dice: random.Random) -> bytes:
    return _json_like(dice, dice.choice(_COMPLAINTS))


def try_complaint(data: bytes, _folder: Path) -> None:
    """Whatever a server says becomes one short line that is safe to show and tells no secret."""
    for status in (401, 404, 422, 500):
        complaint = read_complaint(status, data, ("secret",))
        assert len(complaint.text) <= 330
        assert not complaint.text or is_safe(complaint.text)
        assert "secret" not in complaint.text + complaint.kind
        assert is_safe(str(error_of(complaint, "Euler")))


# --- parameters ---------------------------------------------------------------------------------

_MORE = (
    b": ", b", ", b"\n", b'"', b'\\"', b"\\u0000", b"Steps: ", b"Size: 1x1, ", b"Seed: 1e999, ",
    b"Negative prompt:", b"<lora:", b">", b":1>", b"a: 1, b: 2, c: 3", b'k: "' + b"a:" * 3000,
    b"-/ " * 3000, b'"a", ' * 900, "茄子".encode(), b"Lora hashes: ", b"\r", b"\x1b", b"\xff",
)  # fmt: skip


def make_infotext(dice: random.Random) -> bytes:
    good = INFOTEXT.encode()
    return mutated_bytes(dice, good, (good, b"1girl, smile"), _MORE)


def try_infotext(data: bytes, _folder: Path) -> None:
    """A text is taken apart, can be drawn from, and its parameters survive being written again."""
    text = data.decode("utf-8", "replace")
    info = parse_infotext(text)
    from_infotext(text, "1girl")
    if len(info.params) >= 3:
        again = parse_infotext(compose_infotext(Infotext("p", "", info.params)))
        assert again.params == info.params


@functools.cache
def _pngs() -> tuple[bytes, ...]:
    plain = small_png((1, 2, 3))
    packed = png_chunk(b"zTXt", b"parameters\0\0" + zlib.compress(INFOTEXT.encode("latin-1")))
    international = b"parameters\0\1\0ja\0x\0" + zlib.compress("茄子".encode())
    cut = plain.index(b"IDAT") - 4
    return (
        with_parameters(plain, INFOTEXT), with_parameters(plain, "茄子\n" + INFOTEXT),
        plain[:cut] + packed + plain[cut:],
        plain[:cut] + png_chunk(b"iTXt", international) + plain[cut:], plain,
    )  # fmt: skip


def make_chunks(dice: random.Random) -> bytes:
    tokens = (
        b"tEXt", b"zTXt", b"iTXt", b"IEND", b"parameters\0", b"\0",
        png_chunk(b"tEXt", b"parameters\0x"), png_chunk(b"tEXt", b""), png_chunk(b"iTXt", b"\0" * 9),
    )  # fmt: skip
    data = mutated_bytes(dice, dice.choice(_pngs()), _pngs(), tokens)
    return with_checksums(data) if dice.random() < 0.5 else data


def try_chunks(data: bytes, folder: Path) -> None:
    """Bytes and file give the same text; a new text takes the place of every other one."""
    path = folder / "x.png"
    path.write_bytes(data)
    text = None
    try:
        text = read_parameters(data)
    finally:
        if text is not None:
            assert read_parameters(path) == text
            from_infotext(text)
    assert read_parameters(with_parameters(data, "茄子 new")) == "茄子 new"


# --- LoRA files ---------------------------------------------------------------------------------

_HEADER = {
    "__metadata__": {
        "ss_output_name": "set", "ss_network_dim": "32", "ss_network_alpha": "16.0",
        "ss_steps": "1500", "ss_epoch": "10", "ss_sd_model_name": "any.safetensors",
        "ss_base_model_version": "sdxl_base_v1-0", "ss_training_finished_at": "1767225600.5",
        "ss_training_comment": "nasutui dataset 0123abcd", "modelspec.trigger_phrase": "nasumiso",
        "ss_tag_frequency": '{"3_x": {"1girl": 3, "Smile": 2}}', "sshs_model_hash": "ab" * 32,
        "ss_dataset_dirs": '{"3_x": {"n_repeats": 3, "img_count": 20}}',
    },
    "lora_unet_x.lora_down.weight": {"dtype": "F16", "shape": [8, 8], "data_offsets": [0, 128]},
    "lora_unet_x.lora_up.weight": {"dtype": "F16", "shape": [8, 8], "data_offsets": [128, 256]},
}  # fmt: skip
_INSIDE = ("ss_tag_frequency", "ss_dataset_dirs")


def make_lora(dice: random.Random) -> bytes:
    header: dict[str, Any] = json.loads(json.dumps(_HEADER))
    if dice.random() < 0.4:
        key = dice.choice(_INSIDE)
        inside = _json_like(dice, json.loads(header["__metadata__"][key]))
        header["__metadata__"][key] = inside.decode("utf-8", "replace")
        raw = json.dumps(header).encode()
    elif dice.random() < 0.5:
        numbers = [k for k in header["__metadata__"] if k.startswith("ss_")]
        odd = ("1e308", "-1", "nan", "1e999", "0x10", "9" * 400, " 3 ", "\x1b[31m", "", "１２")
        header["__metadata__"][dice.choice(numbers)] = dice.choice(odd)
        raw = json.dumps(header).encode()
    else:
        raw = _json_like(dice, header)
    data = struct.pack("<Q", len(raw)) + raw + bytes(256)
    return data if dice.random() < 0.7 else mutated_bytes(dice, data, (data,), _TOKENS)


def try_lora(data: bytes, folder: Path) -> None:
    """What a file says of itself becomes one line of JSON and a description for the WebUI."""
    path = folder / "set.safetensors"
    path.write_bytes(data)
    path.with_suffix(".json").unlink(missing_ok=True)
    info = read_lora(path)
    assert info.dataset_id.isalnum() or not info.dataset_id
    for event in review(LoraSettings(path, write=True), lambda: False):
        for name in ("data", "summary"):
            json_line(getattr(event, name, None)).encode()
    json.loads(path.with_suffix(".json").read_bytes())


# --- zips ---------------------------------------------------------------------------------------


@functools.cache
def _zips() -> tuple[bytes, ...]:
    import tempfile

    picture, found = small_png((1, 2, 3)), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found.append(finder_zip(folder / "a.zip", "絵", {"1.png": picture}).read_bytes())
        found.append(write_zip(folder / "b.zip", [Entry(b"../x.png", picture)]).read_bytes())
        for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            with zipfile.ZipFile(folder / "c.zip", "w", method) as archive:
                archive.writestr("a/1.png", picture)
                archive.writestr("a/2.png", picture)
            found.append((folder / "c.zip").read_bytes())
    return tuple(found)


def make_zip(dice: random.Random) -> bytes:
    tokens = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"x.png",
              b"../", b"\0", b"\x01\0\x10\0")  # fmt: skip
    return mutated_bytes(dice, dice.choice(_zips()), _zips(), tokens)


def try_zip(data: bytes, folder: Path) -> None:
    """Every entry is found or refused by name; what is found is read or refused."""
    path = folder / "raw.zip"
    path.write_bytes(data)
    found = find_sources([path])
    refused = None
    for event in found.refused:
        assert is_safe(event.reason)
        refused = PictureError(event.reason, code=event.code)
    for source in found.sources:
        assert path in source.where.parents
        try:
            source.read()
        except PictureError as error:
            refused = error
    if refused:
        raise refused
