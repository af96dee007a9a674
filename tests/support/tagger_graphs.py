"""Small models with the real structure of the published taggers: MOAT, ViT, ConvNeXt, SwinV2.

Random weights, few channels. `free` gives them a free batch, with the arithmetic on shapes that
exporters then write; `names` is put before every tensor name, since published files do not agree.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 128
TAGS = 40
HEAD = 8  # channels of an attention head
WINDOW = 4


@dataclass
class Maker:
    """Collects nodes and weights; every method returns the name of its result."""

    free: bool = False
    names: str = ""
    constant_nodes: bool = False
    side: int = SIDE
    window: int = WINDOW
    head: int = HEAD  # channels of an attention head
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)
    dice: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"{self.names}t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def keep(self, values: np.ndarray) -> str:
        tensor = numpy_helper.from_array(values, f"{self.names}w{len(self.weights)}")
        if self.constant_nodes:
            return self.op("Constant", value=tensor)
        self.weights.append(tensor)
        return tensor.name

    def number(self, value: float) -> str:
        return self.keep(np.array(value, np.float32))

    def ints(self, *values: int) -> str:
        return self.keep(np.array(values, np.int64))

    def random(self, *shape: int, spread: float = 0.3) -> str:
        return self.keep((self.dice.standard_normal(shape) * spread).astype(np.float32))

    def reshape(self, x: str, *shape: int) -> str:
        """shape: the first is the batch times something; -1 stands for a free one."""
        if not (self.free and shape[0] == -1):
            return self.op("Reshape", x, self.ints(*shape))
        # As exporters from PyTorch write it: the first axis is looked up and multiplied.
        batch = self.op("Gather", self.op("Shape", "pixels"), self.ints(0), axis=0)
        rest = self.ints(*shape[1:])
        return self.op(
            "Reshape", x, self.op("Concat", self.op("Mul", batch, self.ints(-1)), rest, axis=0)
        )

    def turn(self, x: str, *order: int) -> str:
        return self.op("Transpose", x, perm=list(order))

    def gelu(self, x: str) -> str:
        bent = self.op(
            "Add", self.op("Erf", self.op("Div", x, self.number(2**0.5))), self.number(1)
        )
        return self.op("Mul", self.op("Mul", x, bent), self.number(0.5))

    def norm(self, x: str, width: int) -> str:
        mean = self.op("ReduceMean", x, axes=[-1], keepdims=1)
        away = self.op("Sub", x, mean)
        spread = self.op("ReduceMean", self.op("Mul", away, away), axes=[-1], keepdims=1)
        root = self.op("Sqrt", self.op("Add", spread, self.number(1e-6)))
        return self.op(
            "Add",
            self.op("Mul", self.op("Div", away, root), self.random(width)),
            self.random(width),
        )

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        product = self.op("MatMul", x, self.random(inputs, outputs, spread=inputs**-0.5))
        return self.op("Add", product, self.random(outputs, spread=0.1))

    def conv(self, x: str, inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1,
             pads: Sequence[int] = (0, 0, 0, 0)) -> str:  # fmt: skip
        fan = inputs // groups * size * size
        weight = self.random(outputs, inputs // groups, size, size, spread=fan**-0.5)
        return self.op("Conv", x, weight, self.random(outputs, spread=0.1), kernel_shape=[size, size],
                       strides=[stride, stride], group=groups, pads=list(pads))  # fmt: skip

    def batch_norm(self, x: str, width: int) -> str:
        variance = self.keep(self.dice.uniform(0.5, 2, width).astype(np.float32))
        statistics = [self.random(width) for _ in range(3)]
        return self.op("BatchNormalization", x, *statistics, variance, epsilon=1e-3)

    def unit(self, x: str) -> str:
        """Vectors of length 1 along the last axis, as PyTorch exports its normalize."""
        length = self.op("Clip", self.op("ReduceL2", x, axes=[-1], keepdims=1), self.number(1e-12))
        return self.op("Div", x, self.op("Expand", length, self.op("Shape", x)))

    def attention(
        self, x: str, tokens: int, width: int, around: Callable[[str], str] = str,
        cosine: bool = False,
    ) -> str:  # fmt: skip
        """x: [*, tokens, width]. around: what is done to the scores before the softmax. cosine:
        queries and keys have length 1."""
        heads = width // self.head
        q, k, v = (
            self.op("Reshape", self.dense(x, width, width), self.ints(-1, tokens, heads, self.head))
            for _ in "qkv"
        )
        if cosine:
            q, k = self.unit(q), self.unit(k)
        q, v = self.turn(q, 0, 2, 1, 3), self.turn(v, 0, 2, 1, 3)
        scores = self.op(
            "MatMul", self.op("Mul", q, self.number(self.head**-0.5)), self.turn(k, 0, 2, 3, 1)
        )
        mixed = self.op("MatMul", self.op("Softmax", around(scores), axis=-1), v)
        mixed = self.op("Reshape", self.turn(mixed, 0, 2, 1, 3), self.ints(-1, tokens, width))
        return self.dense(mixed, width, width)

    def pixels(self) -> str:
        """0 to 255, channels last -> -1 to 1, channels first."""
        x = self.op("Sub", self.op("Mul", "pixels", self.number(1 / 127.5)), self.number(1))
        return self.turn(x, 0, 3, 1, 2)

    def windows(self, x: str, side: int, width: int) -> str:
        """[N, side, side, width] -> [N * windows, self.window * self.window, width]."""
        n = side // self.window
        x = self.turn(self.reshape(x, -1, n, self.window, n, self.window, width), 0, 1, 3, 2, 4, 5)
        return self.op("Reshape", x, self.ints(-1, self.window * self.window, width))

    def unwindows(self, x: str, side: int, width: int) -> str:
        n = side // self.window
        x = self.turn(self.reshape(x, -1, n, n, self.window, self.window, width), 0, 1, 3, 2, 4, 5)
        return self.reshape(x, -1, side, side, width)


@dataclass(frozen=True)
class MoatSizes:
    """stem, dims: channels; depths: blocks a stage; expand: how many times wider inside a block."""

    stem: int = 8
    dims: tuple[int, ...] = (8, 16, 16, 32)
    depths: tuple[int, ...] = (1, 1, 2, 1)
    expand: int = 2


# The published MOAT-2: 82 million parameters, pictures of 448, windows of 14.
MOAT_2 = MoatSizes(128, (128, 256, 512, 1024), (2, 6, 14, 2), 4)


def moat(m: Maker, sizes: MoatSizes = MoatSizes()) -> str:
    """Stem, two stages of MBConv with squeeze-and-excite, two of MBConv and windowed attention."""
    x = m.conv(m.pixels(), 3, sizes.stem, 3, 2, pads=_AFTER)
    x = m.gelu(m.batch_norm(x, sizes.stem))
    x, width, side = m.conv(x, sizes.stem, sizes.stem, 3, pads=_AROUND), sizes.stem, m.side // 2
    for stage, (wide, depth) in enumerate(zip(sizes.dims, sizes.depths, strict=True)):
        for block in range(depth):
            x = _mbconv(m, x, width, wide, sizes.expand, shrink=not block, squeeze=stage < 2)
            width, side = wide, side if block else side // 2
            if stage >= 2:
                y = m.windows(m.norm(m.turn(x, 0, 2, 3, 1), wide), side, wide)
                y = m.unwindows(m.attention(y, m.window * m.window, wide), side, wide)
                x = m.op("Add", x, m.turn(y, 0, 3, 1, 2))
    return m.norm(m.reshape(m.op("GlobalAveragePool", x), -1, width), width)


_AROUND, _AFTER = (1, 1, 1, 1), (0, 0, 1, 1)


def _mbconv(
    m: Maker, x: str, width: int, wide: int, expand: int, *, shrink: bool, squeeze: bool
) -> str:
    short, inner = x, expand * wide
    if shrink:
        short = m.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=list(_AFTER))
    if width != wide:
        short = m.conv(short, width, wide, 1)
    y = m.gelu(m.batch_norm(m.conv(m.batch_norm(x, width), width, inner, 1), inner))
    y = m.conv(y, inner, inner, 3, 2 if shrink else 1, inner, _AFTER if shrink else _AROUND)
    y = m.gelu(m.batch_norm(y, inner))
    if squeeze:
        s = m.gelu(m.conv(m.op("GlobalAveragePool", y), inner, wide // 4, 1))
        y = m.op("Mul", y, m.op("Sigmoid", m.conv(s, wide // 4, inner, 1)))
    return m.op("Add", short, m.op("Mul", m.conv(y, inner, wide, 1), m.number(0.3)))


def vit(m: Maker) -> str:
    width, tokens = 16, (m.side // 16) ** 2
    x = m.reshape(m.conv(m.pixels(), 3, width, 16, 16), -1, width, tokens)
    x = m.op("Add", m.turn(x, 0, 2, 1), m.random(tokens, width))
    for _ in range(2):
        x = m.op("Add", x, m.attention(m.norm(x, width), tokens, width))
        y = m.dense(m.gelu(m.dense(m.norm(x, width), width, 4 * width)), 4 * width, width)
        x = m.op("Add", x, y)
    return m.op("ReduceMean", m.norm(x, width), axes=[1], keepdims=0)


def convnext(m: Maker) -> str:
    x, width = m.conv(m.pixels(), 3, 8, 4, 4), 8
    for wide in (8, 16):
        x = m.turn(m.norm(m.turn(x, 0, 2, 3, 1), width), 0, 3, 1, 2)
        x, width = m.conv(x, width, wide, 2, 2), wide
        y = m.turn(m.conv(x, wide, wide, 7, 1, wide, [3, 3, 3, 3]), 0, 2, 3, 1)
        y = m.dense(m.gelu(m.dense(m.norm(y, wide), wide, 4 * wide)), 4 * wide, wide)
        x = m.op("Add", x, m.turn(m.op("Mul", y, m.random(wide)), 0, 3, 1, 2))
    return m.norm(m.op("ReduceMean", x, axes=[2, 3], keepdims=0), width)


def swin(m: Maker) -> str:
    """Two stages of a plain and a shifted window block, patches merged between them."""
    width, side = 16, m.side // 8
    x = m.turn(m.conv(m.pixels(), 3, width, 8, 8), 0, 2, 3, 1)
    for stage in range(2):
        if stage:
            half = side // 2
            x = m.turn(m.reshape(x, -1, half, 2, half, 2, width), 0, 1, 3, 4, 2, 5)
            x = m.norm(
                m.dense(m.reshape(x, -1, half, half, 4 * width), 4 * width, 2 * width), 2 * width
            )
            width, side = 2 * width, half
        for shift in (0, m.window // 2):
            y = _swin_attention(m, _roll(m, x, shift, side), side, width, shift)
            x = m.op("Add", x, m.norm(_roll(m, y, side - shift if shift else 0, side), width))
            y = m.dense(m.gelu(m.dense(x, width, 2 * width)), 2 * width, width)
            x = m.op("Add", x, m.norm(y, width))
    return m.op("ReduceMean", m.norm(x, width), axes=[1, 2], keepdims=0)


def _roll(m: Maker, x: str, by: int, side: int) -> str:
    for axis in (1, 2) if by else ():
        head = m.op("Slice", x, m.ints(by), m.ints(side), m.ints(axis))
        x = m.op("Concat", head, m.op("Slice", x, m.ints(0), m.ints(by), m.ints(axis)), axis=axis)
    return x


def _swin_attention(m: Maker, x: str, side: int, width: int, shift: int) -> str:
    tokens, heads = m.window * m.window, width // m.head
    count = (side // m.window) ** 2

    def with_bias(scores: str) -> str:
        scores = m.op("Add", scores, m.random(1, heads, tokens, tokens))
        if not shift:
            return scores
        scores = m.reshape(scores, -1, count, heads, tokens, tokens)
        scores = m.op("Add", scores, m.random(1, count, 1, tokens, tokens))
        return m.op("Reshape", scores, m.ints(-1, heads, tokens, tokens))

    return m.unwindows(
        m.attention(m.windows(x, side, width), tokens, width, with_bias, cosine=True), side, width
    )


SHAPES: dict[str, Callable[[Maker], str]] = {
    "moat": moat, "vit": vit, "convnext": convnext, "swin": swin,
}  # fmt: skip


def build(kind: str, maker: Maker | None = None) -> onnx.ModelProto:
    """A model of this structure: `pixels` [N, side, side, 3] -> `scores` [N, TAGS]."""
    m = maker or Maker()
    width = {"moat": 32, "vit": 16, "convnext": 16, "swin": 32}[kind]
    return model_of(m, SHAPES[kind](m), width, TAGS)


def build_moat_2() -> onnx.ModelProto:
    """MOAT-2 in its full size."""
    m = Maker(side=448, window=14, head=32)
    return model_of(m, moat(m, MOAT_2), MOAT_2.dims[-1], 9083)


def model_of(m: Maker, x: str, width: int, tags: int) -> onnx.ModelProto:
    """The features x, [N, width], become the scores of tags."""
    m.nodes.append(helper.make_node("Sigmoid", [m.dense(x, width, tags)], ["scores"]))
    batch: int | str = "batch_size" if m.free else 1
    graph = helper.make_graph(
        m.nodes, "tagger",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, m.side, m.side, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, tags])], m.weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def write_tagger(folder: Path, kind: str, maker: Maker | None = None) -> Path:
    """A folder with model.onnx and selected_tags.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(build(kind, maker), folder / "model.onnx")
    with (folder / "selected_tags.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tag_id", "name", "category", "count"))
        for i in range(TAGS):
            writer.writerow((i, f"rating_{i}" if i < 4 else f"tag_{i}", 9 if i < 4 else 0, 100))
    return folder
