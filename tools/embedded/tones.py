"""What the colours of the whole picture tell: greyscale, dark, pale, colorful, themes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedded.background import Background, pooled
from embedded.graph import Tensor
from embedded.palette import NAMES

_LIGHTNESS_STEPS = 16
# Shares of the picture that count as hardly anything.
_LITTLE = 0.01
_SOME = 0.02
# The direction of sepia in the a, b plane of OKLab: 70 degrees.
_SEPIA = (0.342, 0.94)
HUES = ("red", "orange", "yellow", "green", "aqua", "blue", "purple", "pink")


@dataclass(frozen=True)
class Sample:
    """The picture's samples; all [N, 1, P] but `colours` [N, 2, P] (OKLab a and b)
    and `names` [N, len(NAMES), P] (see palette.memberships).

    area: the number of samples, [N, 1, 1]. ink: what is not white, elsewhere: what is not
    background, coloured: what is more than faintly tinged, each 0..1."""

    light: Tensor
    colours: Tensor
    chroma: Tensor
    coloured: Tensor
    ink: Tensor
    names: Tensor
    inside: Tensor
    area: Tensor
    elsewhere: Tensor

    def share(self, mask: Tensor) -> Tensor:
        """The part of the picture that a mask covers, 0..1, [N, channels of mask, 1]."""
        return (mask * self.inside).sum(2) / self.area

    def near(self, mask: Tensor, window: int) -> Tensor:
        """The mask, grown by half a window on each side."""
        return pooled(mask, "MaxPool", window)


def sample(lab: Tensor, names: Tensor, background: Background) -> Sample:
    light, colours = lab.part(1, 0, 1), lab.part(1, 1, 3)
    chroma = _length(colours)
    inside = background.inside
    return Sample(
        light=light,
        colours=colours,
        chroma=chroma,
        # Noise cancels out between neighbours; the palest skin does not.
        coloured=_length(pooled(colours, "AveragePool", 3)).above(0.012, 800.0),
        ink=1.0 - light.above(0.965, 300.0) * chroma.below(0.02, 400.0),
        names=names,
        inside=inside,
        area=inside.sum(2).at_least(1.0),
        elsewhere=1.0 - background.member * background.plain,
    )


def _length(vectors: Tensor) -> Tensor:
    return (vectors * vectors).sum(1).sqrt()


def ratio(part: Tensor, whole: Tensor, prior: Tensor | float = 0.0, weight: float = 1e-4) -> Tensor:
    """part / whole, drawn to `prior` where `whole` is hardly more than nothing."""
    return (part + prior * weight) / (whole + weight)


def colourless(s: Sample, background: Background) -> dict[str, Tensor]:
    """greyscale, spot_color, monochrome, sepia and greyscale_with_colored_background.

    Measured on the ink, that is what is not white: else a small coloured figure on a white page
    would be hardly coloured. A greyscale picture with a little strong colour is still greyscale,
    and greyscale implies monochrome (Danbooru wiki: greyscale).
    """
    # A grey background is as little ink as a white one.
    drawn = s.share(s.ink * (1.0 - (1.0 - s.elsewhere) * (1.0 - s.coloured)))
    grey = ratio(s.share(s.coloured), drawn, weight=_LITTLE).below(0.02, 300.0)
    spot = _spot(s, drawn)
    greyscale = grey.at_least(spot)
    behind = _grey_before_colour(s, background) * (1.0 - greyscale)
    tinted, warm = _tinted(s)
    tinted = tinted * (1.0 - behind)
    return {
        "greyscale": greyscale,
        "spot_color": spot,
        "monochrome": greyscale.at_least(tinted),
        "sepia": tinted * warm,
        "greyscale_with_colored_background": behind,
    }


def _spot(s: Sample, drawn: Tensor) -> Tensor:
    """A little of one strong colour, and hardly anything tinged away from it (as skin would be)."""
    vivid = s.chroma.above(0.1, 150.0)
    strong = s.share(vivid)
    amount = ratio(strong, drawn, weight=_LITTLE)
    faint = ratio(s.share(s.coloured * (1.0 - s.near(vivid, 5))), drawn, weight=_LITTLE)
    direction = s.share(s.colours * vivid)
    one_hue = ratio(_length(direction), s.share(s.chroma * vivid), weight=1e-6)
    behind = ratio(s.share(vivid * (1.0 - s.elsewhere)), strong)
    return (
        amount.above(0.004, 1200.0)
        * amount.below(0.3, 40.0)
        * faint.below(0.016, 400.0)
        * one_hue.above(0.85, 40.0)
        * behind.below(0.3, 30.0)
        * strong.above(0.0008, 6000.0)
    )


def _grey_before_colour(s: Sample, background: Background) -> Tensor:
    """A grey figure on a plain coloured background.

    Only the inner of the figure counts: its edges are mixtures with the background.
    """
    ring = background.ring * background.member
    behind = ratio((s.colours * ring).sum(2), ring.sum(2))
    inner = 1.0 - s.near(1.0 - s.elsewhere, 3)
    figure = s.share(inner)
    grey = ratio(s.share(inner * s.chroma.below(0.02, 400.0)), figure)
    return (
        background.plain
        * _length(behind).above(0.045, 250.0)
        * figure.above(0.04, 150.0)
        * grey.above(0.92, 60.0)
    )


def _tinted(s: Sample) -> tuple[Tensor, Tensor]:
    """One hue in all lightnesses, and whether that hue is sepia's.

    In a tinted picture each lightness has one colour. A palette of warm flat colours (skin, brown
    hair, white) comes near that, but leaves the middle greys grey or the paper pure white.
    """
    amount = s.share(s.ink)
    tint = ratio(s.share(s.ink * s.chroma), amount)
    direction = s.share(s.colours)
    length = _length(direction)
    cosine = ratio(direction.pick(1, 1) * _SEPIA[1] + direction.pick(1, 0) * _SEPIA[0], length)
    warm = cosine.above(0.93, 80.0)
    # Strong tints bend more: a mixture of two of their shades lies off the curve. Warm ones get
    # no such allowance.
    astray = _length(s.colours - _by_lightness(s)) - tint * (1.0 - warm) * 0.32
    middle = s.light.above(0.3, 60.0) * s.light.below(0.85, 60.0)
    toned = ratio(s.share(middle * s.chroma.above(0.02, 400.0)), s.share(middle))
    paper = s.share(s.light.above(0.97, 300.0) * s.chroma.below(0.012, 600.0))
    tinted = (
        ratio(s.share(s.ink * astray.above(0.018, 400.0)), amount).below(0.018, 400.0)
        * ratio(length, s.share(s.chroma)).above(0.97, 250.0)
        * amount.above(0.015, 600.0)
        * ratio(s.share(middle), amount).above(0.1, 80.0)
        * toned.above(0.85, 40.0)
        * tint.above(0.012, 800.0)
        * (1.0 - warm * paper.above(0.08, 60.0))
    )
    return tinted, warm * tint.below(0.1, 150.0)


def _by_lightness(s: Sample) -> Tensor:
    """For each sample the mean colour of what is equally light, [N, 2, P]."""
    centres = np.linspace(0, 1, _LIGHTNESS_STEPS).reshape(1, -1, 1)
    tent = (1.0 - (s.light - centres).abs() * float(_LIGHTNESS_STEPS - 1)).at_least(0.0)
    weighted = (tent * s.inside).transpose(0, 2, 1)
    return (s.colours @ weighted) / (weighted.sum(1) + 1e-3) @ tent


def brightness(s: Sample) -> dict[str, Tensor]:
    """dark, pale_color and high_contrast."""
    return {"dark": _dark(s), "pale_color": _pale(s), "high_contrast": _high_contrast(s)}


def _dark(s: Sample) -> Tensor:
    """A bright figure on black is not dark; its background has a tag of its own."""
    mean = s.share(s.light)
    figure = ratio(s.share(s.light * s.elsewhere), s.share(s.elsewhere), mean, _SOME)
    bright = s.share(s.light.above(0.65, 60.0))
    return mean.below(0.34, 60.0) * figure.below(0.38, 60.0) * bright.below(0.05, 120.0)


def _pale(s: Sample) -> Tensor:
    """Light and weakly coloured throughout, outlines too; the white of the page left aside."""
    tinged = 1.0 - s.light.above(0.965, 300.0) * s.chroma.below(0.012, 400.0)
    amount = s.share(tinged)
    tint = ratio(s.share(tinged * s.chroma), amount)
    return (
        amount.above(0.08, 120.0)
        * ratio(s.share(tinged * s.light), amount).above(0.84, 80.0)
        * s.share(s.light.below(0.7, 60.0)).below(0.01, 500.0)
        * tint.above(0.018, 500.0)
        * tint.below(0.085, 250.0)
    )


def _high_contrast(s: Sample) -> Tensor:
    """Much black, much white, little between and no colour."""
    black = s.light.below(0.25, 80.0)
    white = s.light.above(0.93, 120.0) * s.chroma.below(0.04, 300.0)
    return (
        s.share(black).above(0.12, 60.0)
        * s.share(white).above(0.12, 60.0)
        * s.share((1.0 - black) * (1.0 - white)).below(0.18, 60.0)
        * s.share(s.coloured).below(0.05, 120.0)
    )


def colourful(s: Sample, before_colour: Tensor) -> dict[str, Tensor]:
    """colorful, and one theme for each of HUES but brown and the greys, which skin, wood and
    paper would pass for."""
    strong = s.names * s.chroma.above(0.03, 250.0)
    everywhere = _by_hue(s.share(strong))
    figure = _by_hue(s.share(strong * s.elsewhere))
    # Skin of its own colour says that the picture is not in one colour.
    skin = strong.pick(1, NAMES.index("skin"))
    natural = s.share(skin).below(0.025, 220.0)
    total, figure_total = s.share(strong).sum(1), s.share(strong * s.elsewhere).sum(1)
    tags: dict[str, Tensor] = {}
    for hue in HUES:
        dominance = ratio(everywhere[hue], total)
        also_figure = ratio(figure[hue], figure_total, dominance, _SOME)
        tags[f"{hue}_theme"] = (
            dominance.above(0.82, 30.0)
            * everywhere[hue].above(0.45, 25.0)
            * also_figure.above(0.72, 25.0)
            * natural
            * (1.0 - before_colour)
        )
    vivid = _by_hue(s.share(s.names * s.chroma.above(0.09, 150.0)))
    amounts = total.graph.concat([vivid[hue] for hue in HUES], axis=1)
    together = amounts.sum(1)
    variety = ratio(together * together, (amounts * amounts).sum(1))
    tags["colorful"] = together.above(0.35, 25.0) * variety.above(3.8, 5.0)
    return tags


def _by_hue(amounts: Tensor) -> dict[str, Tensor]:
    """The rows of [N, len(NAMES), 1] that are hues; light blue is blue."""
    by_hue = {hue: amounts.pick(1, NAMES.index(hue)) for hue in HUES}
    by_hue["blue"] = by_hue["blue"] + amounts.pick(1, NAMES.index("light_blue"))
    return by_hue
