"""Writing an ONNX graph as arithmetic: `Tensor` overloads the operators, `Graph` collects nodes.

Every tensor keeps its rank (reductions keep their axes as 1), so that broadcasting reads as it
would in numpy. Comparisons give 0.0 or 1.0, never booleans: masks are multiplied, not branched on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

OPSET = 18
IR_VERSION = 8

Operand: TypeAlias = "Tensor | float | npt.NDArray[np.floating[Any]]"
Shape: TypeAlias = Sequence[int | str]


class Tensor:
    """A named float32 value of the graph."""

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.name = name

    def __add__(self, other: Operand) -> Tensor:
        return self.graph.op("Add", self, other)

    def __sub__(self, other: Operand) -> Tensor:
        return self.graph.op("Sub", self, other)

    def __mul__(self, other: Operand) -> Tensor:
        return self.graph.op("Mul", self, other)

    def __truediv__(self, other: Operand) -> Tensor:
        return self.graph.op("Div", self, other)

    def __matmul__(self, other: Operand) -> Tensor:
        return self.graph.op("MatMul", self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return self.graph.op("Add", other, self)

    def __rsub__(self, other: Operand) -> Tensor:
        return self.graph.op("Sub", other, self)

    def __rmul__(self, other: Operand) -> Tensor:
        return self.graph.op("Mul", other, self)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return self.graph.op("Div", other, self)

    def __neg__(self) -> Tensor:
        return self.graph.op("Neg", self)

    def __lt__(self, other: Operand) -> Tensor:
        return self._compare("Less", other)

    def __le__(self, other: Operand) -> Tensor:
        return self._compare("LessOrEqual", other)

    def __gt__(self, other: Operand) -> Tensor:
        return self._compare("Greater", other)

    def __ge__(self, other: Operand) -> Tensor:
        return self._compare("GreaterOrEqual", other)

    def _compare(self, kind: str, other: Operand) -> Tensor:
        return self.graph.op("Cast", self.graph.op(kind, self, other), to=TensorProto.FLOAT)

    def sqrt(self) -> Tensor:
        return self.graph.op("Sqrt", self)

    def exp(self) -> Tensor:
        return self.graph.op("Exp", self)

    def log(self) -> Tensor:
        return self.graph.op("Log", self)

    def abs(self) -> Tensor:
        return self.graph.op("Abs", self)

    def sum(self, *axes: int) -> Tensor:
        return self._reduce("ReduceSum", axes)

    def mean(self, *axes: int) -> Tensor:
        return self._reduce("ReduceMean", axes)

    def max(self, *axes: int) -> Tensor:
        return self._reduce("ReduceMax", axes)

    def min(self, *axes: int) -> Tensor:
        return self._reduce("ReduceMin", axes)

    def _reduce(self, kind: str, axes: Sequence[int]) -> Tensor:
        return self.graph.op(kind, self, self.graph.integers(*axes), keepdims=1)

    def at_least(self, other: Operand) -> Tensor:
        """The larger of the two, element by element."""
        return self.graph.op("Max", self, other)

    def at_most(self, other: Operand) -> Tensor:
        """The smaller of the two, element by element."""
        return self.graph.op("Min", self, other)

    def above(self, threshold: float, slope: float) -> Tensor:
        """0..1, one half at `threshold`, rising with `slope` per unit."""
        return self.graph.op("Sigmoid", (self - threshold) * slope)

    def below(self, threshold: float, slope: float) -> Tensor:
        """0..1, one half at `threshold`, falling with `slope` per unit."""
        return self.graph.op("Sigmoid", (self - threshold) * -slope)

    def where(self, yes: Operand, no: Operand) -> Tensor:
        """`yes` where this mask (0.0 or 1.0) is set, else `no`."""
        return self.graph.op("Where", self.graph.op("Greater", self, 0.5), yes, no)

    def reshape(self, *shape: int) -> Tensor:
        return self.graph.op("Reshape", self, self.graph.integers(*shape))

    def transpose(self, *order: int) -> Tensor:
        return self.graph.op("Transpose", self, perm=list(order))

    def part(self, axis: int, start: int, stop: int, step: int = 1) -> Tensor:
        """The slice `start:stop:step` of one axis."""
        bounds = [self.graph.integers(value) for value in (start, stop, axis, step)]
        return self.graph.op("Slice", self, *bounds)

    def pick(self, axis: int, *indices: int) -> Tensor:
        """The named entries of one axis, in that order."""
        return self.graph.op("Gather", self, self.graph.integers(*indices), axis=axis)


class Graph:
    """Collects the nodes and constants of one model; equal constants are stored once."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], TensorProto] = {}

    def input(self, name: str) -> Tensor:
        return Tensor(self, name)

    def op(self, kind: str, *operands: Operand, **attributes: Any) -> Tensor:
        name = f"{kind.lower()}_{len(self._nodes)}"
        inputs = [self._named(operand) for operand in operands]
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return Tensor(self, name)

    def floats(self, values: npt.ArrayLike) -> Tensor:
        return self._constant(np.asarray(values, dtype=np.float32))

    def integers(self, *values: int) -> Tensor:
        return self._constant(np.array(values, dtype=np.int64))

    def concat(self, tensors: Sequence[Tensor], axis: int) -> Tensor:
        return self.op("Concat", *tensors, axis=axis)

    def softmax(self, tensor: Tensor, axis: int) -> Tensor:
        return self.op("Softmax", tensor, axis=axis)

    def _named(self, operand: Operand) -> str:
        return operand.name if isinstance(operand, Tensor) else self.floats(operand).name

    def _constant(self, array: npt.NDArray[Any]) -> Tensor:
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = numpy_helper.from_array(array, name)
        return Tensor(self, self._constants[key].name)

    def model(self, output: Tensor, name: str, shape_in: Shape, shape_out: Shape) -> ModelProto:
        """The finished and checked model, with one input `input` and one output `output`."""
        self._nodes.append(helper.make_node("Identity", [output.name], ["output"], name="output"))
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, list(shape_in))],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, list(shape_out))],
            list(self._constants.values()),
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="nasutui",
        )
        checker.check_model(model, full_check=True)
        return model
