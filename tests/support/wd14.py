"""Tiny taggers in the shape of the WD14 models, whose answers can be told from the picture.

Input NHWC float32, output probabilities, `selected_tags.csv` beside the model, as the published
files have it. The probe tags say what the model was fed: an exchange of channels, black instead of
white beside a tall picture, values of 0 to 1, or rows for columns each turn a named tag.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
GRID = 4  # the model sees GRID x GRID averages
RATINGS = ("general", "sensitive", "questionable", "explicit")
# Weights on the averages (-1 to 1) of blue, green and red over named parts, and what is added.
PROBES: dict[str, tuple[dict[str, tuple[float, float, float]], float]] = {
    "probe_red": ({"all": (-9, 0, 9)}, -4),
    "probe_blue": ({"all": (9, 0, -9)}, -4),
    "probe_green": ({"all": (-5, 10, -5)}, -4),
    "probe_white": ({"all": (20, 20, 20)}, -55),
    "probe_dark": ({"all": (-20, -20, -20)}, -50),
    "probe_beside_white": ({"beside": (8, 8, 8)}, -20),
    "probe_beside_dark": ({"beside": (-8, -8, -8)}, -20),
    "probe_top": ({"top": (4, 4, 4), "bottom": (-4, -4, -4)}, -4),
    "probe_left": ({"left": (4, 4, 4), "right": (-4, -4, -4)}, -4),
}
GENERAL = (*PROBES, "1girl", "long_hair", "^_^", "||_||", "blue_hair", "smile_(artist)")
CHARACTERS = ("hatsune_miku", "alice_(series)", "bob's_friend")
# Tags that do not look at the picture: their logits.
STEADY = {
    "1girl": 3.0, "long_hair": 1.0, "^_^": 0.2, "||_||": -0.2, "blue_hair": -1.0,
    "smile_(artist)": -9.0, "hatsune_miku": 2.5, "alice_(series)": 1.0, "bob's_friend": -9.0,
    "general": 1.0, "sensitive": 0.0, "questionable": -3.0, "explicit": -9.0,
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What the model file declares. batch, side: a number or a name (free). tags: outputs; None as
    many as the list has."""

    batch: int | str = "batch_size"
    side: int | str = SIDE
    channels: int = 3
    outputs: int | str | None = None
    input_type: int = TensorProto.FLOAT
    sigmoid: bool = True


def _part(name: str) -> np.ndarray:
    row, column = np.mgrid[0:GRID, 0:GRID]
    parts = {
        "all": np.ones((GRID, GRID), bool), "beside": (column == 0) | (column == GRID - 1),
        "top": row < GRID // 2, "bottom": row >= GRID // 2,
        "left": column < GRID // 2, "right": column >= GRID // 2,
    }  # fmt: skip
    chosen: np.ndarray = parts[name]
    return chosen


def _weights(names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """From 3 x GRID x GRID averages (channel first) to logits."""
    weights = np.zeros((3, GRID, GRID, len(names)), np.float32)
    bias = np.zeros(len(names), np.float32)
    for index, name in enumerate(names):
        terms, bias[index] = PROBES.get(name, ({}, STEADY.get(name, -9.0)))
        for part, factors in terms.items():
            where = _part(part)
            for channel, factor in enumerate(factors):
                weights[channel, where, index] += factor / where.sum()
    return weights.reshape(3 * GRID * GRID, len(names)), bias


def write_model(folder: Path, shape: Shape = Shape(), side: int = SIDE) -> Path:
    """Write model.onnx and selected_tags.csv; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (*RATINGS, *GENERAL, *CHARACTERS)
    weights, bias = _weights(names)
    outputs = len(names) if shape.outputs is None else shape.outputs
    cell = side // GRID
    constants = {
        "scale": np.array(1 / 127.5, np.float32), "one": np.array(1, np.float32),
        "weights": weights, "bias": bias, "flat": np.array([-1, 3 * GRID * GRID], np.int64),
    }  # fmt: skip
    last = "Sigmoid" if shape.sigmoid else "Identity"
    nodes = [
        helper.make_node("Mul", ["pixels", "scale"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "one"], ["centred"]),
        helper.make_node("Transpose", ["centred"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["pooled"], kernel_shape=[cell, cell],
                         strides=[cell, cell]),
        helper.make_node("Reshape", ["pooled", "flat"], ["features"]),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
        helper.make_node("Add", ["logits", "bias"], ["sums"]),
        helper.make_node(last, ["sums"], ["scores"]),
    ]  # fmt: skip
    if shape.input_type != TensorProto.FLOAT:
        nodes[0].input[0] = "as_float"
        nodes.insert(0, helper.make_node("Cast", ["pixels"], ["as_float"], to=TensorProto.FLOAT))
    _save(folder, nodes, constants, shape, outputs)
    with (folder / "selected_tags.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tag_id", "name", "category", "count"))
        for index, name in enumerate(names):
            category = 9 if name in RATINGS else 4 if name in CHARACTERS else 0
            writer.writerow((9_000_000 + index, name, category, 1000 - index))
    return folder


def _save(
    folder: Path, nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], shape: Shape,
    outputs: int | str,
) -> None:  # fmt: skip
    taken = [shape.batch, shape.side, shape.side, shape.channels]
    graph = helper.make_graph(
        nodes, "tiny tagger",
        [helper.make_tensor_value_info("pixels", shape.input_type, taken)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [shape.batch, outputs])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, folder / "model.onnx")
