"""What a colour is called: example colours for each name, and distances to them in OKLab.

OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020) puts equal steps of
colour at about equal distances. A colour belongs to the names of the examples near it; between
two names it belongs to both by half.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedded.graph import Graph, Tensor

# Skin is a name of its own: else every face would count as orange, pink or brown.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "white": ("ffffff", "f5f5f5", "fffaf5", "f8faff"),
    "grey": ("e1e1e1", "c8c8c8", "a8a8a8", "888888", "686868", "4c4c4c", "b8bcc4", "70757c"),
    "black": ("000000", "121212", "1c1c1c", "14101a", "101418", "1a1410"),
    "red": ("ff0000", "dc143c", "b4141e", "820a14", "e63c3c", "c82828", "a83232", "5a050a"),
    "orange": ("ff8000", "ffa01e", "f06e28", "ffa550", "ff7040", "e08a1e", "ffb460"),
    "yellow": ("ffff00", "ffe63c", "ffd700", "faf078", "fffab4", "ffffd2", "e6c828", "d4b428"),
    "green": (
        *("00ff00", "008000", "3cb350", "8cdc78", "aae6aa", "c8f0be", "96be3c", "5a7832"),
        *("1e461e", "00503c", "8fbc8f", "adff2f", "6b8e23", "143214", "80d8a0", "dcf5d8"),
    ),
    "aqua": (
        *("00ffff", "40e0d0", "7fffd4", "00c8c8", "009696", "007878", "82d2d2", "b4f0f0"),
        *("c8fafa", "50bebe"),
    ),
    "blue": (
        *("0000ff", "1e3cc8", "4169e1", "00008b", "19195a", "4682b4", "6495ed", "28508c"),
        *("0078d7", "5a6eaa", "0f143c", "0096f0", "3a5a8c"),
    ),
    "light_blue": ("87cefa", "add8e6", "bee1ff", "96bef0", "c8dcf5", "dcebff", "a0c8ff"),
    "purple": (
        *("800080", "8a2be2", "4b0082", "9370db", "b482dc", "c8aaf0", "dcc8fa", "5a3278"),
        *("3c1450", "ba55d3", "6e3ca0", "9650a0", "e8dcfa"),
    ),
    "pink": (
        *("ffc0cb", "ff69b4", "ff1493", "ff96b4", "ffd2dc", "ffe4ec", "f07896", "ff00ff"),
        *("e664a0", "dc96aa", "ffb4dc", "c83c82", "f0a0c8"),
    ),
    "brown": (
        *("8b4513", "654321", "785032", "a0522d", "966e46", "503214", "3c2314", "6e3c32"),
        *("5c4033", "8c6e5a"),
    ),
    "light_brown": ("d2b48c", "dec8a5", "f5ebd7", "c8aa82", "e6d7be", "bfa07a", "f0e6d2"),
    "skin": (
        *("ffe0c4", "ffdab9", "f0c8aa", "e1b48c", "ffebdc", "ffe1d7", "fad2be", "f5beaf"),
        *("e6aa96", "d29b78", "b47d5f", "96694b", "ffd8b0", "ffe4be", "ffd0a0"),
    ),
}
NAMES = tuple(EXAMPLES)
_EXAMPLES_FLAT = [(name, code) for name, codes in EXAMPLES.items() for code in codes]

# A tint is seen sooner than an equal step of lightness; SOFTNESS is the half width of a boundary.
_TINT = 2.0
_SOFTNESS = 0.028

_RGB_TO_LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
_LMS_TO_LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def _linear(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(codes: list[str]) -> npt.NDArray[np.float64]:
    """OKLab of hexadecimal sRGB colours, shape [len(codes), 3]."""
    rgb = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes]) / 255
    lms = np.cbrt(_linear(rgb) @ np.array(_RGB_TO_LMS).T)
    lab: npt.NDArray[np.float64] = lms @ np.array(_LMS_TO_LAB).T
    return lab


def to_oklab(graph: Graph, bgr: Tensor) -> Tensor:
    """OKLab of pixels: B,G,R 0..255 of shape [N, 3, P] to L (0..1), a, b of the same shape.

    The cubic stands for the sRGB curve (within 0.002), which would need a slow power.
    """
    x = bgr * (1 / 255)
    linear = x * (x * (x * 0.305306011 + 0.682171111) + 0.012522878)
    lms = graph.floats(np.array(_RGB_TO_LMS)[:, ::-1]) @ linear
    root = (lms.at_least(1e-6).log() * (1 / 3)).exp()
    return graph.floats(_LMS_TO_LAB) @ root


def memberships(graph: Graph, lab: Tensor) -> Tensor:
    """How far each pixel belongs to each of NAMES: [N, 3, P] to [N, len(NAMES), P], sums to 1."""
    # Rounded, so that the last bit of a platform's power function does not reach the file.
    examples = np.round(oklab([code for _, code in _EXAMPLES_FLAT]) * [1, _TINT, _TINT], 6)
    scaled = lab * graph.floats([[1.0], [_TINT], [_TINT]])
    # |p - e|^2 without |p|^2, which is the same for every example
    cross = graph.floats(examples * -2) @ scaled
    distance = cross + graph.floats(np.round((examples**2).sum(axis=1, keepdims=True), 6))
    nearness = graph.softmax(distance * (-1 / (2 * _SOFTNESS**2)), axis=1)
    named = [[float(name == n) for n, _ in _EXAMPLES_FLAT] for name in NAMES]
    return graph.floats(named) @ nearness
