"""Build the `embedded` tagger: a small ONNX graph written from formulas, nothing trained.

It has the signature of the WD14 v3 taggers (input B,G,R 0..255, [batch_size, 448, 448, 3], square
with white padding; output probabilities) and names only what statistics of pixels can tell:
backgrounds, borders, colours. Ratings it cannot tell: their outputs are 0.

    python tools/build_embedded_tagger.py [FOLDER]

writes model.onnx and selected_tags.csv into nasutui/data/embedded, or into FOLDER. The same
script writes the same bytes every time. Needs `onnx` (a development dependency).
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from embedded.background import STRIDE, Background, find_background
from embedded.frame import CELLS, Frame, find_frame
from embedded.graph import Graph, Tensor
from embedded.palette import NAMES, memberships, to_oklab
from embedded.tones import brightness, colourful, colourless, ratio, sample
from onnx import ModelProto

from nasutui.core.files import write_atomic

SIZE = 448
TARGET = Path(__file__).resolve().parent.parent / "nasutui" / "data" / "embedded"

# Posts per tag as the taggers of the WD v3 family state them in their selected_tags.csv.
RATINGS = {
    "general": 1589178,
    "sensitive": 3994361,
    "questionable": 892496,
    "explicit": 706509,
}
COUNTS = {
    "simple_background": 1420030,
    "white_background": 1161729,
    "monochrome": 547787,
    "greyscale": 432002,
    "grey_background": 211830,
    "gradient_background": 115876,
    "blue_background": 88552,
    "border": 88504,
    "pink_background": 71378,
    "black_background": 58718,
    "white_border": 50865,
    "letterboxed": 47799,
    "yellow_background": 45624,
    "red_background": 43164,
    "brown_background": 31914,
    "green_background": 31415,
    "spot_color": 30882,
    "purple_background": 30644,
    "blue_theme": 23838,
    "orange_background": 21175,
    "dark": 12729,
    "black_border": 12383,
    "pink_theme": 9198,
    "red_theme": 8839,
    "purple_theme": 8354,
    "aqua_background": 8137,
    "green_theme": 7364,
    "sepia": 6992,
    "yellow_theme": 5133,
    "colorful": 4564,
    "pillarboxed": 3763,
    "greyscale_with_colored_background": 3354,
    "orange_theme": 3207,
    "high_contrast": 2580,
    "aqua_theme": 2104,
    "pale_color": 2015,
    "light_blue_background": 1702,
    "light_brown_background": 735,
}


def build() -> ModelProto:
    """The model, checked."""
    graph = Graph()
    picture = graph.input("input").transpose(0, 3, 1, 2)
    block = SIZE // CELLS
    cells = graph.op("AveragePool", picture, kernel_shape=[block] * 2, strides=[block] * 2)
    frame = find_frame(cells)
    samples = cells.part(2, 0, CELLS, STRIDE).part(3, 0, CELLS, STRIDE).reshape(0, 3, -1)
    background = find_background(graph, samples, frame.picture)
    lab = to_oklab(graph, samples)
    names = memberships(graph, lab)
    pixels = sample(lab, names, background)
    grey = colourless(pixels, background)
    tags = {
        **_frame_tags(graph, frame),
        **_background_tags(names, background),
        **grey,
        **brightness(pixels),
        **colourful(pixels, grey["greyscale_with_colored_background"]),
    }
    if tags.keys() != COUNTS.keys():
        raise ValueError(f"tags without a count or a formula: {tags.keys() ^ COUNTS.keys()}")
    columns = [tags[name].reshape(-1, 1) for name in COUNTS]
    unknown = [columns[0] * 0.0] * len(RATINGS)
    output = graph.concat([*unknown, *columns], axis=1)
    shape = ("batch_size", SIZE, SIZE, 3)
    return graph.model(output, "nasutui_embedded", shape, ("batch_size", len(RATINGS) + len(tags)))


def _frame_tags(graph: Graph, frame: Frame) -> dict[str, Tensor]:
    names = memberships(graph, to_oklab(graph, frame.colour.reshape(-1, 3, 1)))
    border = frame.border.reshape(-1, 1, 1)
    tags = {
        f"{name}_border": border * names.pick(1, NAMES.index(name)).above(0.5, 14.0)
        for name in ("white", "black")
    }
    return {
        **tags,
        "border": frame.border,
        "letterboxed": frame.letterboxed,
        "pillarboxed": frame.pillarboxed,
    }


def _background_tags(names: Tensor, background: Background) -> dict[str, Tensor]:
    weight = background.ring * background.member
    shares = ratio((names * weight).sum(2), weight.sum(2))
    by_name = {name: shares.pick(1, index) for index, name in enumerate(NAMES)}
    by_name["blue"] = by_name["blue"] + by_name["light_blue"]
    tags = {
        f"{name}_background": background.plain * share.above(0.42, 14.0)
        for name, share in by_name.items()
        if name != "skin"
    }
    return {
        **tags,
        "simple_background": background.plain,
        "gradient_background": background.gradient,
    }


def tag_table() -> bytes:
    """selected_tags.csv. The ratings' tag_ids are those of the WD taggers; the others count up,
    because nothing reads them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("tag_id", "name", "category", "count"))
    for index, (name, count) in enumerate(RATINGS.items()):
        writer.writerow((9999999 - index, name, 9, count))
    for index, (name, count) in enumerate(COUNTS.items(), 1):
        writer.writerow((index, name, 0, count))
    return text.getvalue().encode()


def main(arguments: list[str]) -> int:
    target = Path(arguments[0]) if arguments else TARGET
    target.mkdir(parents=True, exist_ok=True)
    write_atomic(target / "model.onnx", build().SerializeToString(deterministic=True))
    write_atomic(target / "selected_tags.csv", tag_table())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
