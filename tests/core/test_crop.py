"""The geometry of what is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.pictures.crop import CENTER, NONE, plan

SIDES = st.integers(1, 20_000)
SIZES = st.integers(64, 4096)


@given(SIDES, SIDES, SIZES)
def test_the_largest_centred_square(width: int, height: int, size: int) -> None:
    result = plan(width, height, size, CENTER)
    left, top, right, bottom = result.box
    assert right - left == bottom - top == min(width, height)
    assert abs(left - (width - right)) <= 1
    assert abs(top - (height - bottom)) <= 1
    assert result.size == (size, size)
    assert result.scale == size / min(width, height)


@given(SIDES, SIDES, SIZES)
def test_the_whole_picture_never_enlarged(width: int, height: int, size: int) -> None:
    result = plan(width, height, size, NONE)
    assert result.box == (0, 0, width, height)
    assert min(result.size) == min(size, width, height)
    assert result.scale <= 1
    assert (width >= height) == (result.size[0] >= result.size[1]) or width == height
