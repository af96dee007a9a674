"""Models made from a downloaded one, once, into the cache: rewritten for accelerators, or in int8.

    CACHE/models/HASH-KIND-VERSION.onnx      the model
    CACHE/models/HASH-KIND-VERSION.json      its SHA-256, so that a damaged one is made again

HASH is that of the model it is made from. Making one needs the Python package onnx.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nasutui.core.child import run_child
from nasutui.core.config import cache_folder
from nasutui.core.errors import ModelError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled
from nasutui.core.files import copy_atomic, remove_leftovers, sha256_file, write_atomic
from nasutui.core.i18n import _
from nasutui.core.tagging import graph_rewrite
from nasutui.core.tagging.graph_view import import_onnx
from nasutui.core.text import display_name

STATIC, INT8 = "static", "int8"
# Part of the key of int8 scores and of the file's name: raise it when other numbers come out.
INT8_VERSION = 1
_VERSIONS = {STATIC: graph_rewrite.VERSION, INT8: INT8_VERSION}
_SECONDS = 900.0


def derived_path(sha256: str, kind: str) -> Path:
    """Where the model of this kind is kept that is made from the model with this SHA-256."""
    return cache_folder() / "models" / f"{sha256[:32]}-{kind}-{_VERSIONS[kind]}.onnx"


def derive(source: Path, sha256: str, kind: str, cancelled: Cancelled) -> Path | None:
    """The derived model, from the cache or made now (seconds to a minute, in a process of its own).
    None when cancelled. Raises ModelError."""
    target = derived_path(sha256, kind)
    if _is_whole(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(target.parent)
        request = {"source": str(source), "target": str(target), "kind": kind}
        end = run_child("nasutui.core.tagging.derived:make", request, cancelled, seconds=_SECONDS)
    except OSError as error:
        raise ModelError(explain_os_error(error, target), code=os_error_code(error)) from error
    if end.how == "cancelled":
        return None
    if end.how != "done":
        raise ModelError(
            _("{name} could not be made ready: {reason}").format(
                name=display_name(source.name), reason=end.reason or end.how
            ),
            code="model-derive",
        )
    return target


def _note_of(target: Path) -> Path:
    return target.with_suffix(".json")


def _is_whole(target: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        noted = json.loads(_note_of(target).read_text(encoding="utf-8"))["sha256"]
        return bool(noted == sha256_file(target))
    return False


def make(request: Mapping[str, Any]) -> dict[str, Any]:
    """In the child: make the model and the note that it is whole. Raises ModelError."""
    source, target = Path(request["source"]), Path(request["target"])
    import_onnx()
    makers: dict[str, Callable[[Path, Path], object]] = {
        STATIC: graph_rewrite.rewrite_file,
        INT8: quantise_file,
    }
    try:
        makers[request["kind"]](source, target)
        digest = sha256_file(target)
        write_atomic(_note_of(target), json.dumps({"sha256": digest}).encode())
    except OSError as error:
        raise ModelError(explain_os_error(error, target), code=os_error_code(error)) from error
    return {"sha256": digest}


def quantise_file(source: Path, target: Path) -> None:
    """Write `source` with the weights of its matrix products in 8 bits to `target`. Convolutions
    stay as they are: ONNX Runtime has no faster dynamic form of them. Raises ModelError, OSError."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(prefix=".nasutui-int8-", dir=target.parent) as folder:
        made = Path(folder, "model.onnx")
        try:
            quantize_dynamic(
                source, made, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8
            )
        except OSError:
            raise
        except Exception as error:  # onnx and the quantiser raise types of their own
            raise ModelError(
                _("{name} can't be made an int8 model: {reason}").format(
                    name=display_name(source.name), reason=display_name(str(error))[:200]
                ),
                code="model-int8",
            ) from error
        copy_atomic(made, target)
