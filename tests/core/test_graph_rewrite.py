"""Rewritten graphs say the same and fit CoreML in one piece; what does not match stays."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.tools.mobile_helpers.usability_checker import check_coreml_partitions

from nasutui.core.errors import ModelError
from nasutui.core.tagging import graph_rewrite
from nasutui.core.tagging.graph_rewrite import Rewritten, merged, rewrite_file
from tests.support.tagger_graphs import SHAPES, Maker, build, build_moat_2

MAKERS: dict[str, Callable[[], Maker]] = {
    "batch 1": Maker,
    "free batch": lambda: Maker(free=True),
    "other names, constants as nodes": lambda: Maker(names="модель/夏:", constant_nodes=True),
    "free batch, constants as nodes": lambda: Maker(free=True, constant_nodes=True),
}


def copied(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def rewrite(model: onnx.ModelProto) -> tuple[onnx.ModelProto, Rewritten]:
    done = graph_rewrite.rewrite(model)
    return model, done


def run(model: onnx.ModelProto, seed: int = 0) -> np.ndarray:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (pixels,) = session.get_inputs()
    shape = [1 if isinstance(n, str) else n for n in pixels.shape]
    feed = np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float32)
    scores: np.ndarray = session.run(None, {pixels.name: feed})[0]
    return scores


def partitions(model: onnx.ModelProto) -> int:
    """How many pieces CoreML takes in its MLProgram format; 0 unless they are the whole graph."""
    model = onnx.shape_inference.infer_shapes(model)
    found = check_coreml_partitions(model, True, "coreml_supported_mlprogram_ops.md")
    logging.getLogger().handlers.clear()
    whole = found.num_supported_nodes == found.num_nodes
    return int(found.num_partitions) if whole else 0


@pytest.mark.parametrize("made", MAKERS)
@pytest.mark.parametrize("kind", SHAPES)
def test_a_tagger_says_the_same_and_is_one_piece(kind: str, made: str) -> None:
    model = build(kind, MAKERS[made]())
    new, done = rewrite(copied(model))
    onnx.checker.check_model(new, full_check=True)
    for seed in range(3):
        assert np.abs(run(new, seed) - run(model, seed)).max() < 1e-5
    assert done.left == 0
    assert done.batch_fixed == ("free" in made)
    # Constants may be nodes, which the checker counts as refused; ONNX Runtime folds them first.
    if "nodes" not in made:
        assert partitions(new) == 1
    shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in new.graph.value_info]
    assert all(len(shape) <= 5 and all(shape) for shape in shapes)


def test_what_is_rewritten_in_each_kind() -> None:
    done = {kind: rewrite(build(kind))[1] for kind in SHAPES}
    assert done["vit"] == done["convnext"] == Rewritten()
    assert done["moat"].norms == 16 and done["moat"].shuffles == 6
    assert done["swin"].norms == 0 and done["swin"].shuffles == 9
    assert done["swin"].lengths == 4 * 2 * 2  # blocks, queries and keys, ReduceL2 and Expand


def test_a_second_rewriting_finds_nothing_to_do() -> None:
    once, _done = rewrite(build("moat", Maker(free=True)))
    twice, done = rewrite(copied(once))
    assert done == Rewritten()
    assert [n.op_type for n in twice.graph.node] == [n.op_type for n in once.graph.node]


def test_before_rewriting_coreml_would_take_many_pieces() -> None:
    assert partitions(build("moat")) == 0
    assert partitions(build("convnext", Maker(free=True))) == 0


@given(st.data())
def test_merged_axes_are_the_same_transposition(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=7))
    order = data.draw(st.permutations(range(len(shape))))
    values = np.arange(math.prod(shape))
    small, small_order = merged(shape, order)
    assert sorted(small_order) == list(range(len(small)))
    assert len(small) <= len(shape)
    wanted = values.reshape(shape).transpose(order).ravel()
    assert np.array_equal(values.reshape(small).transpose(small_order).ravel(), wanted)


# -- what does not match --------------------------------------------------------------------


def tiny(
    nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], channels: int = 8, batch: int = 1
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, channels, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


NODE = helper.make_node
STATISTICS = {name: np.linspace(0.5, 2, 8, dtype=np.float32) for name in "sbmv"}
SIX = np.array([1, 8, 2, 2, 2, 2], np.int64)
BACK = np.array([1, 8, 4, 4], np.int64)
WINDOWS = [0, 1, 2, 4, 3, 5]
ODD_GRAPHS = {
    "statistics that are computed": (
        [NODE("Abs", ["v"], ["w"]), NODE("BatchNormalization", ["x", "s", "b", "m", "w"], ["y"])],
        STATISTICS,
    ),
    "an inner tensor is used elsewhere": (
        [NODE("Reshape", ["x", "six"], ["a"]), NODE("Transpose", ["a"], ["t"], perm=WINDOWS),
         NODE("Add", ["a", "t"], ["u"]), NODE("Reshape", ["t", "back"], ["r"]),
         NODE("ReduceSum", ["u"], ["z"]), NODE("Add", ["r", "z"], ["y"])],
        {"six": SIX, "back": BACK},
    ),
    "too many axes remain": (
        [NODE("Reshape", ["x", "six"], ["a"]),
         NODE("Transpose", ["a"], ["t"], perm=[5, 3, 1, 4, 2, 0]),
         NODE("Reshape", ["t", "back"], ["y"])],
        {"six": SIX, "back": BACK},
    ),
    "something between": (
        [NODE("Reshape", ["x", "six"], ["a"]), NODE("Abs", ["a"], ["c"]),
         NODE("Transpose", ["c"], ["t"], perm=WINDOWS), NODE("Reshape", ["t", "back"], ["y"])],
        {"six": SIX, "back": BACK},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_GRAPHS)
def test_what_does_not_match_stays_as_it_is(name: str) -> None:
    nodes, weights = ODD_GRAPHS[name]
    model = tiny(nodes, weights)
    new, done = rewrite(copied(model))
    assert (done.norms, done.shuffles) == (0, 0)
    assert done.left > 0
    assert [n.SerializeToString() for n in new.graph.node] == [
        n.SerializeToString() for n in model.graph.node
    ]
    assert np.array_equal(run(new), run(model))


def test_a_norm_and_a_shuffle_that_match() -> None:
    nodes = [
        NODE("BatchNormalization", ["x", "s", "b", "m", "v"], ["n"]),
        NODE("Reshape", ["n", "six"], ["a"]), NODE("Transpose", ["a"], ["t"], perm=WINDOWS),
        NODE("Reshape", ["t", "back"], ["y"]),
    ]  # fmt: skip
    model = tiny(nodes, {**STATISTICS, "six": SIX, "back": BACK})
    new, done = rewrite(copied(model))
    assert (done.norms, done.shuffles, done.left) == (1, 1, 0)
    assert np.allclose(run(new), run(model), rtol=1e-6)  # values of hundreds, no probabilities


@pytest.mark.parametrize(
    ("taker", "kept"), [("Div", 0), ("Concat", 1), ("Div and an output", 1), ("narrow Div", 1)]
)
def test_an_expand_goes_only_where_arithmetic_widens(taker: str, kept: int) -> None:
    nodes = [
        NODE("ReduceL2", ["x"], ["l"], axes=[-1], keepdims=1), NODE("Shape", ["x"], ["s"]),
        NODE("Expand", ["l", "s"], ["y" if "output" in taker else "e"]),
    ]  # fmt: skip
    wide, last = nodes[-1].output[0], "z" if "output" in taker else "y"
    match taker:
        case "Concat":
            nodes.append(NODE("Concat", ["x", wide], [last], axis=1))
        case "narrow Div":  # without the Expand the quotient would be narrow too
            nodes.append(NODE("Div", ["l", wide], [last]))
        case _:
            nodes.append(NODE("Div", ["x", wide], [last]))
    model = tiny(nodes, {})
    new, _done = rewrite(copied(model))
    assert [n.op_type for n in new.graph.node].count("Expand") == kept
    assert "ReduceL2" not in [n.op_type for n in new.graph.node]
    assert run(new).shape == run(model).shape
    assert np.allclose(run(new), run(model), rtol=1e-6)


@pytest.mark.parametrize("batch", [2, 8])
def test_another_fixed_batch_is_refused(batch: int) -> None:
    with pytest.raises(ModelError) as caught:
        rewrite(tiny([NODE("Abs", ["x"], ["y"])], {}, batch=batch))
    assert caught.value.code == "model-rewrite"


@pytest.mark.parametrize("data", [b"", b"no model at all", b"\x08\x08\x12\xff\xff\xff\xff\x7f"])
def test_a_file_that_is_no_model_is_refused_and_nothing_written(
    data: bytes, tmp_path: Path
) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    with pytest.raises(ModelError) as caught:
        rewrite_file(tmp_path / "model.onnx", tmp_path / "new.onnx")
    assert caught.value.code == "model-rewrite"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.onnx"]


@pytest.mark.soak
def test_moat_2_in_its_full_size() -> None:
    model = build_moat_2()
    new, done = rewrite(copied(model))
    assert (done.shuffles, done.left) == (32, 0)
    assert done.norms == 1 + 24 * 3
    assert partitions(new) == 1
    assert np.abs(run(new) - run(model)).max() < 1e-5
