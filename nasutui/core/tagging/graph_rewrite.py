"""A tagger's graph as accelerators want it: one fixed batch, no tensor of more than four axes where
windows are cut, no BatchNormalization.

CoreML takes nothing of free shape, of more than five axes, or BatchNormalization in its MLProgram
format (ONNX Runtime, tools/ci_build/github/apple/coreml_supported_mlprogram_ops.md), and every node
that it refuses cuts the graph in two. What is rewritten here is recognised by its structure, never by
names; a node that does not match stays as it is. The function of the graph stays the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.errors import ModelError
from nasutui.core.files import write_atomic
from nasutui.core.i18n import _
from nasutui.core.tagging.graph_operators import drop_expand, unfold_length, unfold_norm
from nasutui.core.tagging.graph_view import GraphView, import_onnx, infer_shapes
from nasutui.core.text import display_name

if TYPE_CHECKING:
    import onnx

# Part of the name of rewritten models: raise it whenever what is rewritten changes.
VERSION = 1
_MOST_AXES = 4
_REFUSED_AXES = 6  # CoreML takes five


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was done. batch_fixed: the batch was free. norms, shuffles, lengths (with the Expand that
    follows), shapes: how many were rewritten. left: nodes with six axes or more and norms that match
    no structure known here and stay."""

    batch_fixed: bool = False
    norms: int = 0
    shuffles: int = 0
    lengths: int = 0
    shapes: int = 0
    left: int = 0


def rewrite_file(source: Path, target: Path) -> Rewritten:
    """Write the rewritten model of `source` to `target`, whole or not at all. Raises ModelError when
    the package onnx is not here or the file is no model of one fixed or free batch; OSError."""
    onnx = import_onnx()
    try:
        model = onnx.load_model_from_string(source.read_bytes())
    except OSError:
        raise
    except Exception as error:  # protobuf raises its own types
        raise _unusable(source) from error
    try:
        done = rewrite(model)
    except ModelError:
        raise
    except Exception as error:  # onnx raises its own types for a graph that makes no sense
        raise _unusable(source) from error
    write_atomic(target, model.SerializeToString())
    return done


def _unusable(source: Path) -> ModelError:
    text = _(
        "{name} is no model that can be made ready for an accelerator; the processor can use it"
    )
    return ModelError(text.format(name=display_name(source.name)), code="model-rewrite")


def rewrite(model: onnx.ModelProto) -> Rewritten:
    """Rewrite the model in place. Raises ModelError when its input has another batch than 1; then
    it is as it was."""
    fixed = _fix_batch(model)
    infer_shapes(model)
    view = GraphView(model)
    shapes = _freeze_shapes(view)
    shuffles = sum(_flatten_shuffle(view, node) for node in view.of_kind("Transpose"))
    norms = sum(unfold_norm(view, node) for node in view.of_kind("BatchNormalization"))
    lengths = sum(unfold_length(view, node) for node in view.of_kind("ReduceL2"))
    lengths += sum(drop_expand(view, node) for node in view.of_kind("Expand"))
    view.drop_unused()
    infer_shapes(model)
    left = _left(GraphView(model))
    return Rewritten(fixed, norms, shuffles, lengths, shapes, left)


def _fix_batch(model: onnx.ModelProto) -> bool:
    """Make a free batch 1; True when it was free."""
    graph = model.graph
    weights = {weight.name for weight in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    dims = inputs[0].type.tensor_type.shape.dim if len(inputs) == 1 else []
    if not dims or any(not d.dim_value for d in dims[1:]) or dims[0].dim_value not in (0, 1):
        raise ModelError(
            _("the model does not take one picture of a fixed size; only the processor can use it"),
            code="model-rewrite",
        )
    if dims[0].dim_value == 1:
        return False
    name = dims[0].dim_param
    dims[0].dim_value = 1
    for output in graph.output:
        for place, dim in enumerate(output.type.tensor_type.shape.dim):
            if not dim.dim_value and (dim.dim_param == name or not place):
                dim.dim_value = 1
    return True


def _freeze_shapes(view: GraphView) -> int:
    """Give every Reshape and Expand whose result's shape is known that shape as a constant, in place
    of arithmetic on the batch; returns how many."""
    frozen = 0
    for node in [*view.of_kind("Reshape"), *view.of_kind("Expand")]:
        shape = view.shape(node.output[0])
        if shape is not None and view.constant(node.input[1]) is None:
            _set_shape(view, node, shape)
            frozen += 1
    return frozen


def _set_shape(view: GraphView, node: onnx.NodeProto, shape: Sequence[int]) -> None:
    import numpy as np

    kept = [a for a in node.attribute if a.name != "allowzero"]
    del node.attribute[:]
    node.attribute.extend(kept)
    node.input[1] = view.add_constant(np.array(shape, np.int64), "shape")


# -- windows --------------------------------------------------------------------------------


def merged(shape: Sequence[int], order: Sequence[int]) -> tuple[list[int], list[int]]:
    """The same transposition with the fewest axes: (shape, order). Axes of length 1 go; axes that
    stay side by side become one."""
    kept = [axis for axis in order if shape[axis] != 1]
    groups: list[list[int]] = []
    for axis in kept:
        between = range(groups[-1][-1] + 1, axis) if groups else range(0)
        follows = groups and axis > groups[-1][-1] and all(shape[a] == 1 for a in between)
        if follows:
            groups[-1].append(axis)
        else:
            groups.append([axis])
    rising = sorted(groups)
    lengths = []
    for group in rising:
        length = 1
        for axis in group:
            length *= shape[axis]
        lengths.append(length)
    return lengths or [1], [rising.index(group) for group in groups] or [0]


def _flatten_shuffle(view: GraphView, node: onnx.NodeProto) -> bool:
    """Reshape -> Transpose -> Reshape over six axes or more, with four at most."""
    wide = view.shape(node.input[0])
    before, after = view.producer(node.input[0]), view.only_consumer(node.output[0])
    if wide is None or len(wide) < _REFUSED_AXES or before is None or after is None:
        return False
    final = view.shape(after.output[0])
    order = view.attribute(node, "perm", list(range(len(wide)))[::-1])
    if (
        before.op_type != "Reshape"
        or after.op_type != "Reshape"
        or after.input[0] != node.output[0]
        or view.only_consumer(node.input[0]) is not node
        or final is None
    ):
        return False
    narrow, narrow_order = merged(wide, order)
    if len(narrow) > _MOST_AXES:
        return False
    _set_shape(view, before, narrow)
    _set_shape(view, after, final)
    view.set_ints(node, "perm", narrow_order)
    return True


def _left(view: GraphView) -> int:
    wide = Counter(
        node.op_type
        for node in view.nodes
        if any(len(view.axes(name)) >= _REFUSED_AXES for name in (*node.input, *node.output))
    )
    return sum(wide.values()) + len(view.of_kind("BatchNormalization"))
