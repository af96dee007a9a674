"""Taggers with random weights, for measuring. One of the size and cost of the published ViT-B/16 models (93 million parameters, 78
billion multiplications a picture) in the shape of the WD14 v3 files, and one that costs nothing.

Nothing is downloaded and nothing is imitated but the layers, so speed can be measured anywhere; what
it says of a picture means nothing.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE, PATCH, WIDTH, HEADS, HIDDEN, BLOCKS = 448, 16, 768, 12, 3072, 12
TAGS = 10_861
_TOKENS = (SIDE // PATCH) ** 2


class _Builder:
    """Collects nodes and weights."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._dice = np.random.default_rng(0)

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        """A node; returns the name of its result."""
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def keep(self, values: NDArray[np.generic]) -> str:
        """A constant; returns its name."""
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def number(self, value: float) -> str:
        return self.keep(np.array(value, np.float32))

    def random(self, *shape: int, spread: float) -> str:
        return self.keep(self._dice.standard_normal(shape, np.float32) * np.float32(spread))

    def norm(self, x: str) -> str:
        scale, shift = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
        return self.add("LayerNormalization", x, self.keep(scale), self.keep(shift), axis=-1)

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        product = self.add("MatMul", x, self.random(inputs, outputs, spread=inputs**-0.5))
        return self.add("Add", product, self.keep(np.zeros(outputs, np.float32)))

    def gelu(self, x: str) -> str:
        bent = self.add("Erf", self.add("Mul", x, self.number(2**-0.5)))
        return self.add(
            "Mul", self.add("Mul", x, self.number(0.5)), self.add("Add", bent, self.number(1))
        )

    def split_heads(self, x: str, order: list[int]) -> str:
        shape = self.keep(np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
        return self.add("Transpose", self.add("Reshape", x, shape), perm=order)

    def attention(self, x: str) -> str:
        query, key, value = (self.dense(x, WIDTH, WIDTH) for _part in range(3))
        query = self.add("Mul", query, self.number((WIDTH // HEADS) ** -0.5))
        weights = self.add(
            "MatMul",
            self.split_heads(query, [0, 2, 1, 3]),
            self.split_heads(key, [0, 2, 3, 1]),
        )
        mixed = self.add(
            "MatMul",
            self.add("Softmax", weights, axis=-1),
            self.split_heads(value, [0, 2, 1, 3]),
        )
        joined = self.add("Transpose", mixed, perm=[0, 2, 1, 3])
        shape = self.keep(np.array([0, 0, WIDTH], np.int64))
        return self.dense(self.add("Reshape", joined, shape), WIDTH, WIDTH)


def write_vit(folder: Path) -> Path:
    """Write model.onnx (370 MB) and selected_tags.csv, unless they are there; returns the folder."""
    if (folder / "model.onnx").is_file() and (folder / "selected_tags.csv").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    _save(_vit(), folder)
    _write_tags(folder)
    return folder


def write_tiny(folder: Path) -> Path:
    """Write a model of the same shape that costs next to nothing: three small
    matrices. With it everything but inference is measured."""
    folder.mkdir(parents=True, exist_ok=True)
    b = _Builder()
    rows = b.add("Reshape", "input", b.keep(np.array([0, SIDE, 3 * SIDE], np.int64)))
    sums = b.add("MatMul", rows, b.random(3 * SIDE, 4, spread=1e-4))
    sums = b.add("Reshape", sums, b.keep(np.array([0, 4 * SIDE], np.int64)))
    hidden = b.add("Tanh", b.add("MatMul", sums, b.random(4 * SIDE, 16, spread=0.05)))
    # As with the real ones some two hundred tags come out above 0.01 and some dozen are likely.
    loud = np.where(np.random.default_rng(1).random(TAGS) < 0.02, 1.6, 0.3).astype(np.float32)
    logits = b.add("MatMul", hidden, b.random(16, TAGS, spread=1.0))
    logits = b.add("Add", b.add("Mul", logits, b.keep(loud)), b.number(-6.2))
    b.nodes.append(helper.make_node("Sigmoid", [logits], ["output"]))
    _save(_finished(b), folder)
    _write_tags(folder)
    return folder


def _save(graph: onnx.GraphProto, folder: Path) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, folder / "model.onnx")


def _write_tags(folder: Path) -> None:
    with (folder / "selected_tags.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tag_id", "name", "category", "count"))
        for index in range(TAGS):
            category = 9 if index < 4 else 0 if index < 8110 else 4
            writer.writerow((index, f"tag_{index}", category, 1))


def _vit() -> onnx.GraphProto:
    b = _Builder()
    x = b.add("Sub", b.add("Mul", "input", b.number(1 / 127.5)), b.number(1))
    x = b.add("Transpose", x, perm=[0, 3, 1, 2])
    kernel = b.random(WIDTH, 3, PATCH, PATCH, spread=(3 * PATCH * PATCH) ** -0.5)
    x = b.add("Conv", x, kernel, kernel_shape=[PATCH, PATCH], strides=[PATCH, PATCH])
    x = b.add("Reshape", x, b.keep(np.array([0, WIDTH, _TOKENS], np.int64)))
    x = b.add("Add", b.add("Transpose", x, perm=[0, 2, 1]), b.random(_TOKENS, WIDTH, spread=0.02))
    for _block in range(BLOCKS):
        x = b.add("Add", x, b.attention(b.norm(x)))
        inner = b.gelu(b.dense(b.norm(x), WIDTH, HIDDEN))
        x = b.add("Add", x, b.dense(inner, HIDDEN, WIDTH))
    x = b.add("ReduceMean", b.norm(x), axes=[1], keepdims=0)
    # Few tags are likely, as with the real ones.
    logits = b.add("Add", b.add("Mul", b.dense(x, WIDTH, TAGS), b.number(8)), b.number(-9))
    b.nodes.append(helper.make_node("Sigmoid", [logits], ["output"]))
    return _finished(b)


def _finished(b: _Builder) -> onnx.GraphProto:
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", SIDE, SIDE, 3])
    given = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", TAGS])
    return helper.make_graph(b.nodes, "tagger", [taken], [given], b.weights)
