"""Looking at an ONNX graph and changing it node by node."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nasutui.core.errors import ModelError
from nasutui.core.i18n import _

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray


_SMALL = 4096  # elements: what a shape is made of is smaller


def import_onnx() -> Any:
    """The package onnx, which only rewriting and quantising models needs. Raises ModelError."""
    try:
        import onnx
        import onnx.shape_inference
    except ImportError as error:
        raise ModelError(
            _("this needs the Python package onnx, which is not installed; install it with:"
              " pip install 'nasutui[coreml]'"),
            code="no-onnx",
        ) from error  # fmt: skip
    return onnx


class GraphView:
    """The main graph of a model: its constants, shapes, and who makes and takes which tensor.
    Shapes are those of shape inference, which must have been run."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        self.opset = max((o.version for o in model.opset_import if not o.domain), default=1)
        self._weights = {weight.name: weight for weight in self._graph.initializer}
        self._outputs = {output.name for output in self._graph.output}
        self._shapes = {
            value.name: value.type.tensor_type.shape.dim
            for value in (*self._graph.input, *self._graph.output, *self._graph.value_info)
            if value.type.tensor_type.HasField("shape")
        }
        self._names = {name for node in self._graph.node for name in (*node.input, *node.output)}
        self._names.update(self._weights)
        self._producers = {name: node for node in self._graph.node for name in node.output if name}
        self._consumers: dict[str, list[onnx.NodeProto]] = {}
        for node in self._graph.node:
            for name in node.input:
                self._consumers.setdefault(name, []).append(node)

    @property
    def nodes(self) -> list[onnx.NodeProto]:
        return list(self._graph.node)

    def of_kind(self, kind: str) -> list[onnx.NodeProto]:
        """The nodes of ONNX's own operator `kind`, in the order of the graph."""
        return [n for n in self._graph.node if n.op_type == kind and n.domain in ("", "ai.onnx")]

    def axes(self, name: str) -> list[int]:
        """The lengths of a tensor's axes, 0 for a free one; empty also when nothing is known."""
        if name in self._weights:
            return list(self._weights[name].dims)
        return [dim.dim_value for dim in self._shapes.get(name, ())]

    def shape(self, name: str) -> list[int] | None:
        """The shape of a tensor of one axis or more, or None when it is not fully known."""
        axes = self.axes(name)
        return axes if axes and all(axes) else None

    def constant(self, name: str) -> NDArray[np.generic] | None:
        """The value of a constant, or None."""
        from onnx import numpy_helper

        if name in self._weights:
            return numpy_helper.to_array(self._weights[name])
        node = self._producers.get(name)
        if node is None or node.op_type != "Constant":
            return None
        for attribute in node.attribute:
            if attribute.name == "value":
                return numpy_helper.to_array(attribute.t)
        return None

    def producer(self, name: str) -> onnx.NodeProto | None:
        return self._producers.get(name)

    def only_consumer(self, name: str) -> onnx.NodeProto | None:
        """The node that takes this tensor, when it is the only one and no output of the graph."""
        takers = self.consumers(name)
        return takers[0] if len(takers) == 1 else None

    def consumers(self, name: str) -> list[onnx.NodeProto]:
        """The nodes that take this tensor; none when it is an output of the graph too."""
        return [] if name in self._outputs else self._consumers.get(name, [])

    @staticmethod
    def attribute(node: onnx.NodeProto, name: str, default: Any) -> Any:
        from onnx import helper

        for attribute in node.attribute:
            if attribute.name == name:
                return helper.get_attribute_value(attribute)
        return default

    @staticmethod
    def set_ints(node: onnx.NodeProto, name: str, values: list[int]) -> None:
        from onnx import helper

        kept = [attribute for attribute in node.attribute if attribute.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, values)])

    def new_name(self, stem: str) -> str:
        """A tensor name that the graph does not use yet."""
        number = len(self._names)
        while f"{stem}_{number}" in self._names:
            number += 1
        self._names.add(f"{stem}_{number}")
        return f"{stem}_{number}"

    def add_constant(self, values: NDArray[Any], stem: str) -> str:
        """Keep a new constant; returns its name."""
        from onnx import numpy_helper

        name = self.new_name(stem)
        weight = numpy_helper.from_array(values, name)
        self._graph.initializer.append(weight)
        self._weights[name] = weight
        return name

    def replace(self, node: onnx.NodeProto, *made: tuple[Any, ...]) -> None:
        """Put nodes (kind, inputs, output, attributes if any) in the place of one."""
        from onnx import helper

        place = next(i for i, other in enumerate(self._graph.node) if other is node)
        del self._graph.node[place]
        for offset, (kind, inputs, output, *attributes) in enumerate(made):
            new = helper.make_node(
                kind, inputs, [output], name=self.new_name(kind), **(attributes or [{}])[0]
            )
            self._graph.node.insert(place + offset, new)

    def drop_unused(self) -> None:
        """Remove nodes and weights that no output depends on, in place: copies of the weights would
        fill the memory."""
        needed = set(self._outputs)
        for place in range(len(self._graph.node) - 1, -1, -1):  # their order is topological
            node = self._graph.node[place]
            if needed.isdisjoint(node.output):
                del self._graph.node[place]
            else:
                needed.update(node.input)
                needed.update(_outer_names(node))
        for place in range(len(self._graph.initializer) - 1, -1, -1):
            if self._graph.initializer[place].name not in needed:
                del self._graph.initializer[place]


def infer_shapes(model: onnx.ModelProto) -> None:
    """Note the shape of every tensor in the model, in place of what it says of them itself. Large
    weights take no part, of which the inference would make copies."""
    import onnx

    graph, light = model.graph, onnx.ModelProto()
    light.ir_version = model.ir_version
    light.opset_import.extend(model.opset_import)
    light.functions.extend(model.functions)
    light.graph.name = graph.name
    light.graph.node.extend(graph.node)
    light.graph.input.extend(graph.input)
    light.graph.output.extend(graph.output)
    named = {value.name for value in graph.input}
    for weight in graph.initializer:
        if math.prod(weight.dims) <= _SMALL:
            light.graph.initializer.append(weight)
        elif weight.name not in named:
            shape = onnx.helper.make_tensor_value_info(weight.name, weight.data_type, weight.dims)
            light.graph.input.append(shape)
    inferred = onnx.shape_inference.infer_shapes(light, data_prop=True).graph
    for values, found in ((graph.value_info, inferred.value_info), (graph.output, inferred.output)):
        del values[:]
        values.extend(found)


def _outer_names(node: onnx.NodeProto) -> set[str]:
    """What the graphs inside a node (If, Loop) may take from outside."""
    names: set[str] = set()
    for attribute in node.attribute:
        for graph in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
            for inner in graph.node:
                names.update(inner.input)
                names |= _outer_names(inner)
            names.update(output.name for output in graph.output)
    return names
