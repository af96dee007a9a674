"""For each tag of the embedded tagger: pictures that have it, and pictures that have not."""

from __future__ import annotations

from tests.support.embedded_pictures import (
    Picture,
    figure,
    framed,
    gradient,
    greyscale,
    plain,
    scene,
    tiles,
    tinted,
)

BACKGROUNDS = {
    "white": ("ffffff", "fafafa"),
    "grey": ("909090", "d4d4d4"),
    "black": ("000000", "101012"),
    "red": ("d02020", "a01818"),
    "orange": ("ff9020", "f07828"),
    "yellow": ("ffe050", "fff6b0"),
    "green": ("60b860", "c8ecc0"),
    "aqua": ("60d8d8", "40c0c0"),
    "blue": ("3060d0", "182048"),
    "light_blue": ("90c8f0", "d0e6ff"),
    "purple": ("8040a0", "d0c0f0"),
    "pink": ("ffb8d0", "ff4090"),
    "brown": ("805030", "604028"),
    "light_brown": ("d8bc98", "e6d7be"),
}
THEMES = {
    "red": ("500808", "801010", "c02020", "e84040"),
    "orange": ("803000", "e07018", "f08020", "ffb050"),
    "yellow": ("a08000", "e0c020", "f8e040", "fff090"),
    "green": ("104010", "206020", "40a040", "b0e8b0"),
    "aqua": ("006060", "108080", "20c0c0", "b0f0f0"),
    "blue": ("102060", "203080", "3060d0", "b0c8ff"),
    "purple": ("301060", "502080", "8040c0", "d8b8ff"),
    "pink": ("a03060", "e05090", "ff80b0", "ffc8e0"),
}
Cases = tuple[list[Picture], list[Picture]]

INK = ("ff2020", "ff9020", "ffe020", "30c040", "20c0d0", "2050ff", "9030d0", "ff60b0")

person = figure(plain("ffffff"), full=True)
busy = figure(scene)
before_gradient = figure(gradient("70a0f0", "f0e8ff"))
grey_figure = {"skin": "f4f4f4", "hair": "303030", "clothes": "909090", "eyes": "404040"}
line_art = figure(
    plain("ffffff"), skin="ffffff", hair="ffffff", clothes="ffffff", eyes="ffffff", line="000000"
)
warm = figure(
    plain("ffffff"), hair="704830", clothes="a06040", eyes="603010", line="301810", full=True
)
black_and_white = figure(
    plain("ffffff"), skin="ffffff", hair="000000", clothes="000000", eyes="000000", line="000000"
)
night = figure(
    gradient("101828", "05060c"), skin="504038", hair="080808", clothes="101830", line="000000"
)
pastel = {"skin": "fff0e8", "hair": "ffd8e8", "clothes": "d0e8ff", "eyes": "a8c4e0"}


def themed(hue: str) -> Picture:
    dark, hair, clothes, skin = THEMES[hue]
    return figure(plain(clothes), skin=skin, hair=hair, clothes=hair, eyes=dark, line=dark)


BUSTS = {code: figure(plain(code)) for codes in BACKGROUNDS.values() for code in codes}
STANDING = {
    code: figure(plain(code), full=True) for codes in BACKGROUNDS.values() for code in codes
}
THEMED = {hue: themed(hue) for hue in THEMES}
every_colour = tiles(*INK)


def _background_cases(name: str) -> Cases:
    codes = BACKGROUNDS[name]
    kin = {"blue", "light_blue"} if name in ("blue", "light_blue") else {name}
    others = [BUSTS[code[0]] for other, code in BACKGROUNDS.items() if other not in kin]
    return (
        [BUSTS[code] for code in codes] + [STANDING[code] for code in codes],
        [*others, busy, scene, every_colour],
    )


def _theme_cases(hue: str) -> Cases:
    others = [picture for other, picture in THEMED.items() if other != hue]
    return [THEMED[hue]], [*others, person, busy, BUSTS["ffffff"], line_art, warm]


# What each tag must be given to, and what it must be kept from.
CASES: dict[str, Cases] = {
    **{f"{name}_background": _background_cases(name) for name in BACKGROUNDS},
    **{f"{hue}_theme": _theme_cases(hue) for hue in THEMES},
    "simple_background": (
        [person, figure(plain("60b860")), before_gradient, line_art],
        [busy, scene, every_colour, figure(tiles("203040", "f0e0d0", "806040"))],
    ),
    "gradient_background": (
        [
            before_gradient,
            figure(gradient("ffffff", "ff80b0", sideways=True), full=True),
            greyscale(figure(gradient("000000", "707070"))),
        ],
        [person, figure(plain("60b860")), busy, figure(plain("ffffff"), **pastel), every_colour],
    ),
    "white_border": (
        [framed(busy, "ffffff", 0.06, 0.06), framed(figure(plain("60b860")), "ffffff", 0.08, 0.08)],
        [person, line_art, busy, framed(busy, "000000", 0.06, 0.06), black_and_white],
    ),
    "black_border": (
        [framed(busy, "000000", 0.06, 0.06), framed(person, "000000", 0.08, 0.08)],
        [figure(plain("000000"), full=True), busy, night, framed(busy, "ffffff", 0.06, 0.06)],
    ),
    "border": (
        [framed(busy, code, 0.07, 0.07) for code in ("ffffff", "000000", "d03040", "8090a0")],
        [person, busy, figure(plain("000000"), full=True), framed(busy, "000000", 0, 0.12)],
    ),
    "letterboxed": (
        [framed(busy, "000000", 0, 0.12), framed(person, "000000", 0, 0.08)],
        [
            busy,
            figure(plain("000000"), full=True),
            framed(busy, "000000", 0.12, 0),
            night,
            framed(busy, "000000", 0.08, 0.08),
        ],
    ),
    "pillarboxed": (
        [framed(busy, "000000", 0.12, 0), framed(person, "000000", 0.1, 0)],
        [
            busy,
            figure(plain("000000"), full=True),
            framed(busy, "000000", 0, 0.12),
            night,
            framed(busy, "000000", 0.08, 0.08),
        ],
    ),
    "greyscale": (
        [greyscale(busy), greyscale(before_gradient), line_art, black_and_white],
        [
            person,
            busy,
            warm,
            tinted(busy, "1a1008", "a08060", "f8ecd8"),
            figure(plain("ffffff"), skin="fff0e8", hair="202020", clothes="505050", eyes="202020"),
        ],
    ),
    "monochrome": (
        [
            greyscale(busy),
            line_art,
            tinted(before_gradient, "1a1008", "a08060", "f8ecd8"),
            tinted(before_gradient, "080820", "5070c0", "ffffff"),
        ],
        [person, busy, warm, before_gradient, figure(plain("d8bc98"))],
    ),
    "sepia": (
        [tinted(busy, "1a1008", "a08060", "f8ecd8")],
        [person, busy, warm, greyscale(busy), tinted(busy, "080820", "5070c0", "ffffff")],
    ),
    "spot_color": (
        [
            figure(plain("ffffff"), **grey_figure, bow="e01020"),
            figure(gradient("f0f0f0", "707070"), **grey_figure, bow="1040e0"),
        ],
        [
            person,
            busy,
            line_art,
            greyscale(busy),
            warm,
            figure(plain("ffffff"), hair="101010", clothes="181818", bow="e01020"),
        ],
    ),
    "greyscale_with_colored_background": (
        [figure(plain("4080e0"), **grey_figure), figure(plain("d02020"), **grey_figure)],
        [person, figure(plain("4080e0")), greyscale(busy), figure(plain("805030"), full=True)],
    ),
    "dark": (
        [night],
        [person, busy, figure(plain("000000"), full=True), greyscale(busy), black_and_white],
    ),
    "pale_color": (
        [
            figure(plain("ffffff"), **pastel, line="d0a8a0"),
            figure(plain("f4f0ff"), **pastel, line="c8b0c0"),
        ],
        [person, busy, line_art, figure(plain("ffffff"), **{**pastel, "hair": "302820"}), warm],
    ),
    "high_contrast": (
        [black_and_white],
        [person, busy, line_art, greyscale(before_gradient), night],
    ),
    "colorful": (
        [every_colour, tiles(*INK, side=20)],
        [person, busy, warm, themed("blue"), figure(plain("ffe050"), clothes="d02020")],
    ),
}
