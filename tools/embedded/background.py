"""The background, judged on a ring along the picture's edge.

Two models are fitted to the ring, both deaf to what is not background (a figure that touches the
edge): one colour, and a colour that changes evenly across the picture. The share of the ring that
a model explains tells whether there is a plain background at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedded.frame import CELLS, Box
from embedded.graph import Graph, Tensor

STRIDE = 2
_SIDE = CELLS // STRIDE
_GRID = np.arange(0, CELLS, STRIDE, dtype=np.float32)

_RING = 0.06
_RING_AT_LEAST = 4.0
# Figures are cut off at the bottom more than anywhere else.
_BOTTOM_WEIGHT = 0.4
# Levels (of 255) by which a pixel may differ from its model: JPEG noise, paper, brush strokes.
_TOLERANCE = 18.0
_MAJORITY = 0.62
_CALM = 0.42
_BISECTIONS = 9
_SCALES = (80.0, 50.0, 32.0, 20.0, 16.0)


@dataclass(frozen=True)
class Background:
    """plain, gradient: probabilities [N, 1, 1]. inside: 1.0 for samples of the picture.
    member: how far a sample looks like the background; ring: weights of the ring's samples;
    all [N, 1, P]."""

    plain: Tensor
    gradient: Tensor
    inside: Tensor
    member: Tensor
    ring: Tensor


@dataclass(frozen=True)
class _Ring:
    """Weights of the samples on the ring, their sum, and which lie on which pair of sides."""

    weight: Tensor
    total: Tensor
    above_below: Tensor
    beside: Tensor

    def share(self, mask: Tensor) -> Tensor:
        return (mask * self.weight).sum(2) / self.total


@dataclass(frozen=True)
class _Plane:
    """A colour that changes evenly: how far each sample fits it [N, 1, P], and in levels the
    distance from it [N, 1, P] and its change per half canvas, across and down [N, 1, 1]."""

    member: Tensor
    distance: Tensor
    across: Tensor
    down: Tensor


def find_background(graph: Graph, samples: Tensor, box: Box) -> Background:
    """samples: B,G,R 0..255, [N, 3, P], P = (CELLS / STRIDE) ** 2."""
    box = box.mapped(lambda edge: edge.reshape(-1, 1, 1))
    column, row = _coordinates(graph)
    inside = _within(box, column, row)
    ring = _find_ring(box, column, row)
    flat = _flat(samples, ring)
    half = CELLS / 2
    features = graph.concat([column * 0.0 + 1.0, column / half - 1.0, row / half - 1.0], axis=1)
    plane = _fit_plane(graph, samples, ring.weight, features)

    flat_share = ring.share(flat)
    plane_share = ring.share(plane.member).at_most(_telling_share(ring, plane))
    member = (plane_share > flat_share).where(plane.member, flat)
    # What covers part of a plain background does so in few places; a busy one is broken up.
    broken = pooled((1.0 - member) * inside, "MaxPool", 3)
    calm = ring.share(1.0 - broken).above(_CALM, 28.0)
    plain = flat_share.at_least(plane_share).above(_MAJORITY, 28.0) * calm
    gradient = plain * _is_gradient(ring, plane, box) * (plane_share - flat_share).above(0.09, 80.0)
    return Background(plain, gradient, inside, member * inside, ring.weight)


def pooled(samples: Tensor, kind: str, window: int) -> Tensor:
    """Each sample with its neighbours, `window` (odd) a side, by MaxPool or AveragePool."""
    square = samples.reshape(0, 0, _SIDE, _SIDE)
    pads = [window // 2] * 4
    return samples.graph.op(kind, square, kernel_shape=[window] * 2, pads=pads).reshape(0, 0, -1)


def _coordinates(graph: Graph) -> tuple[Tensor, Tensor]:
    """The column and the row of each sample, in cells; [1, 1, P] each."""
    ones = graph.floats(np.ones((1, 1, _SIDE, _SIDE)))
    column = ones * _GRID.reshape(1, 1, 1, _SIDE)
    row = ones * _GRID.reshape(1, 1, _SIDE, 1)
    return column.reshape(1, 1, -1), row.reshape(1, 1, -1)


def _within(box: Box, column: Tensor, row: Tensor) -> Tensor:
    across = (box.left <= column) * (box.right > column)
    return across * (box.top <= row) * (box.bottom > row)


def _find_ring(box: Box, column: Tensor, row: Tensor) -> _Ring:
    depth = (box.width.at_most(box.height) * _RING).at_least(_RING_AT_LEAST)
    beside = _outside(box.left + depth, box.right - depth, column)
    above_below = _outside(box.top + depth, box.bottom - depth, row)
    bottom = row >= (box.bottom - depth)
    weight = _within(box, column, row) * beside.at_least(above_below)
    weight = weight * (1.0 - bottom * (1.0 - _BOTTOM_WEIGHT))
    return _Ring(weight, weight.sum(2).at_least(1.0), above_below, beside)


def _outside(low: Tensor, high: Tensor, coordinate: Tensor) -> Tensor:
    return (coordinate < low).at_least(coordinate >= high)


def _alike(distance: Tensor) -> Tensor:
    return distance.below(_TOLERANCE, 0.5)


def _flat(samples: Tensor, ring: _Ring) -> Tensor:
    """How far each sample has the ring's main colour: a median, then means of what is near it."""
    low, high = ring.total * 0.0, ring.total * 0.0 + 256.0
    for _ in range(_BISECTIONS):
        middle = (low + high) * 0.5
        below = ring.share(samples <= middle) < 0.5
        low, high = below.where(middle, low), below.where(high, middle)
    colour = high
    for _ in range(2):
        weight = ring.weight * _alike((samples - colour).abs().max(1))
        colour = (samples * weight).sum(2) / weight.sum(2).at_least(1e-3)
    return _alike((samples - colour).abs().max(1))


def _fit_plane(graph: Graph, samples: Tensor, ring: Tensor, features: Tensor) -> _Plane:
    """Least squares for each channel, with weights that forget what is far from the plane."""
    columns, pixels = features.transpose(0, 2, 1), samples.transpose(0, 2, 1)
    # Keeps the fit possible where the picture is a narrow strip.
    ridge = np.diag([0.01, 0.5, 0.5])
    weight = ring
    for scale in _SCALES:
        weighted = weight * features
        coefficients = _solved(weighted @ columns + ridge, weighted @ pixels)
        distance = (samples - coefficients.transpose(0, 2, 1) @ features).abs().max(1)
        ratio = distance * (1 / scale)
        forget = ratio * ratio + 1.0
        weight = ring / (forget * forget)
    across, down = (coefficients.pick(1, axis).abs().max(2) for axis in (1, 2))
    return _Plane(_alike(distance), distance, across, down)


def _solved(matrix: Tensor, right: Tensor) -> Tensor:
    """The solution of symmetric 3 x 3 systems, by cofactors."""
    next_row, last_row = matrix.pick(1, 1, 2, 0), matrix.pick(1, 2, 0, 1)
    cofactors = next_row.pick(2, 1, 2, 0) * last_row.pick(2, 2, 0, 1)
    cofactors = cofactors - next_row.pick(2, 2, 0, 1) * last_row.pick(2, 1, 2, 0)
    determinant = (matrix.pick(1, 0) * cofactors.pick(1, 0)).sum(2)
    return (cofactors @ right) / determinant


def _telling_share(ring: _Ring, plane: _Plane) -> Tensor:
    """The share explained of the sides along which the colour changes.

    Across these sides any two colours make a plane: left and right tell nothing of a change from
    left to right, only top and bottom do.
    """
    weight = ring.weight * (
        ring.above_below * plane.across + ring.beside * plane.down + _TOLERANCE / 4
    )
    return (plane.member * weight).sum(2) / weight.sum(2)


def _is_gradient(ring: _Ring, plane: _Plane, box: Box) -> Tensor:
    """Whether the plane rises enough to be seen, and is smooth for its rise."""
    rise = (plane.across * box.width).at_least(plane.down * box.height) * (2.0 / CELLS)
    explained = ring.share(plane.member).at_least(1e-3)
    rough = (ring.share(plane.distance * plane.distance * plane.member) / explained).sqrt()
    return rise.above(38.0, 0.25) * (rough / (rise + 1.0)).below(0.2, 40.0)
