"""Operators that CoreML's MLProgram format lacks, spelt out in those that it has.

Each function takes one node; it returns False, and changes nothing, when the node is not what it
knows how to write in another way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nasutui.core.tagging.graph_view import GraphView

if TYPE_CHECKING:
    import numpy as np
    import onnx

_BROADCASTING = ("Add", "Sub", "Mul", "Div")


def unfold_norm(view: GraphView, node: onnx.NodeProto) -> bool:
    """BatchNormalization with constant statistics -> Mul and Add."""
    import numpy as np

    shape = view.shape(node.input[0])
    values = [view.constant(name) for name in node.input[1:]]
    training = view.attribute(node, "training_mode", 0)
    if shape is None or len(shape) < 2 or training or any(node.output[1:]) or len(values) != 4:
        return False
    numbers: list[np.ndarray[Any, Any]] = []
    for value in values:
        if value is None or value.dtype != np.float32 or value.shape != (shape[1],):
            return False
        numbers.append(value.astype(np.float64))
    scale, bias, mean, variance = numbers
    epsilon = view.attribute(node, "epsilon", 1e-5)
    factor = scale / np.sqrt(variance + epsilon)
    broadcast = (shape[1], *(1 for _axis in shape[2:]))
    product = view.new_name("norm")
    weights = factor.astype(np.float32).reshape(broadcast)
    offsets = (bias - mean * factor).astype(np.float32).reshape(broadcast)
    view.replace(
        node,
        ("Mul", [node.input[0], view.add_constant(weights, "scale")], product),
        ("Add", [product, view.add_constant(offsets, "offset")], node.output[0]),
    )
    return True


def unfold_length(view: GraphView, node: onnx.NodeProto) -> bool:
    """ReduceL2 (in the cosine attention of SwinV2) -> Mul, ReduceSum and Sqrt."""
    import numpy as np

    axes = view.attribute(node, "axes", None)
    if axes is None and len(node.input) > 1:
        given = view.constant(node.input[1])
        axes = None if given is None else given.tolist()
    if not axes or view.attribute(node, "noop_with_empty_axes", 0) or view.opset < 13:
        return False
    kept = view.attribute(node, "keepdims", 1)
    square, total = view.new_name("square"), view.new_name("total")
    where = view.add_constant(np.array(axes, np.int64), "axes")
    view.replace(
        node,
        ("Mul", [node.input[0], node.input[0]], square),
        ("ReduceSum", [square, where], total, {"keepdims": kept}),
        ("Sqrt", [total], node.output[0]),
    )
    return True


def drop_expand(view: GraphView, node: onnx.NodeProto) -> bool:
    """Expand before arithmetic that widens its operands itself -> nothing."""
    wide, narrow = view.shape(node.output[0]), view.shape(node.input[0])
    takers = view.consumers(node.output[0])
    if wide is None or narrow is None or not takers:
        return False
    for taker in takers:
        others = [name for name in taker.input if name != node.output[0]]
        if taker.op_type not in _BROADCASTING or len(others) != 1 or view.shape(others[0]) != wide:
            return False
    for taker in takers:
        place = list(taker.input).index(node.output[0])
        taker.input[place] = node.input[0]
    return True
