"""Real pictures: the protocol is never guessed, and what is sent can be read back."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image

from nasutui.core.config import Config
from nasutui.widgets.real_image import escape_for, protocol

PICTURE = Image.effect_noise((700, 500), 80).convert("RGB")


@pytest.mark.parametrize(
    ("environment", "images", "wanted"),
    [
        ({"TERM": "xterm-kitty"}, "auto", "kitty"),
        ({"TERM": "xterm-ghostty"}, "auto", "kitty"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "auto", "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "auto", "iterm2"),
        ({"TERM": "xterm-256color"}, "auto", None),
        ({"TERM": "xterm-kitty", "TMUX": "/x"}, "auto", None),
        ({"TERM": "xterm-kitty"}, "none", None),
        ({"TERM": "xterm-256color", "TMUX": "/x"}, "kitty", "kitty"),
    ],
)
def test_protocol(environment: dict[str, str], images: str, wanted: str | None) -> None:
    assert protocol(Config(images=images), environment) == wanted


def test_iterm_gets_one_whole_png() -> None:
    sent = escape_for(PICTURE, "iterm2")
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;[^:]*:([A-Za-z0-9+/=]+)\x07", sent)
    assert found
    with Image.open(io.BytesIO(base64.b64decode(found.group(1)))) as image:
        assert image.width * 500 == pytest.approx(image.height * 700, rel=0.02)


def test_kitty_gets_its_png_in_pieces() -> None:
    sent = escape_for(PICTURE, "kitty")
    pieces = re.findall(r"\x1b_G([^;]*);([A-Za-z0-9+/=]*)\x1b\\", sent)
    assert len(pieces) > 1
    assert pieces[0][0].startswith("a=T,f=100,m=1")
    assert [keys[-3:] for keys, _data in pieces[1:-1]] == ["m=1"] * (len(pieces) - 2)
    assert pieces[-1][0].endswith("m=0")
    assert all(len(data) <= 4096 for _keys, data in pieces)
    with Image.open(io.BytesIO(base64.b64decode("".join(d for _k, d in pieces)))) as image:
        image.load()
