"""The trainer's bucket arithmetic, to the pixel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.training.buckets import (
    BucketError,
    BucketRules,
    Placement,
    bucket_sizes,
    fill,
    place,
)
from tests.support.kohya_reader import bucket_of

AT_512 = BucketRules()
AT_768 = BucketRules((768, 768))
AT_1024 = BucketRules((1024, 1024), 512, 2048)
UNSCALED = BucketRules(upscale=False)

# image: for each of the four rules the bucket, the scaled size and the crop (left, top).
GOLDEN = {
    (512, 512): [
        ((512, 512), (512, 512), (0, 0)),
        ((768, 768), (768, 768), (0, 0)),
        ((1024, 1024), (1024, 1024), (0, 0)),
        ((512, 512), (512, 512), (0, 0)),
    ],
    (640, 480): [
        ((576, 448), (597, 448), (10, 0)),
        ((896, 640), (896, 672), (0, 16)),
        ((1152, 896), (1195, 896), (21, 0)),
        ((512, 384), (512, 384), (0, 0)),
    ],
    (768, 1024): [
        ((448, 576), (448, 597), (0, 10)),
        ((640, 896), (672, 896), (16, 0)),
        ((896, 1152), (896, 1195), (0, 21)),
        ((384, 512), (384, 512), (0, 0)),
    ],
    (1000, 1500): [
        ((384, 640), (427, 640), (21, 0)),
        ((640, 896), (640, 960), (0, 32)),
        ((832, 1216), (832, 1248), (0, 16)),
        ((384, 576), (384, 576), (0, 0)),
    ],
    (1080, 1920): [
        ((384, 640), (384, 683), (0, 21)),
        ((576, 1024), (576, 1024), (0, 0)),
        ((768, 1344), (768, 1365), (0, 10)),
        ((384, 640), (384, 683), (0, 21)),
    ],
    (1920, 1080): [
        ((640, 384), (683, 384), (21, 0)),
        ((1024, 576), (1024, 576), (0, 0)),
        ((1344, 768), (1365, 768), (10, 0)),
        ((640, 384), (683, 384), (21, 0)),
    ],
    (2048, 1024): [
        ((704, 320), (704, 352), (0, 16)),
        ((1024, 512), (1024, 512), (0, 0)),
        ((1408, 704), (1408, 704), (0, 0)),
        ((640, 320), (640, 320), (0, 0)),
    ],
    (300, 400): [
        ((448, 576), (448, 597), (0, 10)),
        ((640, 896), (672, 896), (16, 0)),
        ((896, 1152), (896, 1195), (0, 21)),
        ((256, 384), (300, 400), (22, 8)),
    ],
    (4000, 1000): [
        ((1024, 256), (1024, 256), (0, 0)),
        ((1024, 256), (1024, 256), (0, 0)),
        ((2048, 512), (2048, 512), (0, 0)),
        ((1024, 256), (1024, 256), (0, 0)),
    ],
}


@pytest.mark.parametrize("column", range(4), ids=["512", "768", "1024", "512-no-upscale"])
@pytest.mark.parametrize("size", GOLDEN)
def test_golden_table(size: tuple[int, int], column: int) -> None:
    rules = [AT_512, AT_768, AT_1024, UNSCALED][column]
    placement = place(*size, rules)
    assert (placement.bucket, placement.scaled, placement.offset) == GOLDEN[size][column]


def test_the_buckets_of_512() -> None:
    assert bucket_sizes(AT_512) == (
        (256, 832), (256, 896), (256, 960), (256, 1024), (320, 704), (320, 768), (384, 640),
        (448, 576), (512, 512), (576, 448), (640, 384), (704, 320), (768, 320), (832, 256),
        (896, 256), (960, 256), (1024, 256),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        (AT_512, 17),
        (AT_768, 19),
        (AT_1024, 33),
        (BucketRules((1024, 1024), 256, 2048), 41),
        (BucketRules((1024, 1024), 256, 1024), 25),
    ],
)
def test_how_many_buckets_there_are(rules: BucketRules, count: int) -> None:
    assert len(bucket_sizes(rules)) == count


def test_sdxl_with_the_default_limit_of_1024_makes_narrow_buckets() -> None:
    assert place(1000, 1500, BucketRules((1024, 1024))).bucket == (704, 1024)


def test_worked_example_says_what_is_lost() -> None:
    placement = place(1000, 1500, AT_512)
    assert placement.lost == pytest.approx(0.1, abs=0.01)
    assert placement.scale == pytest.approx(0.427)
    left, top, right, bottom = placement.kept
    assert (top, bottom) == (0, 1500)
    # 21 pixels off the left and 22 off the right of 427.
    assert (left, right) == (round(21 * 1000 / 427), round(405 * 1000 / 427))


def test_limits_are_rounded_outwards_to_the_step() -> None:
    odd = BucketRules((512, 512), lowest=300, highest=1000)
    assert bucket_sizes(odd) == bucket_sizes(BucketRules((512, 512), 256, 1024))


@pytest.mark.parametrize(
    "rules",
    [
        BucketRules((512, 512), lowest=640),
        BucketRules((1024, 1024), 256, 960),
        BucketRules((512, 2048)),
        BucketRules(lowest=32),
    ],
)
def test_limits_that_would_stop_the_trainer(rules: BucketRules) -> None:
    with pytest.raises(BucketError) as error:
        bucket_sizes(rules)
    assert error.value.code == "limits"


@pytest.mark.parametrize("size", [(63, 500), (500, 63), (10_000, 40), (0, 5), (1, 1)])
def test_sides_that_would_give_an_empty_bucket(size: tuple[int, int]) -> None:
    with pytest.raises(BucketError) as error:
        place(*size, UNSCALED)
    assert error.value.code == "shape"


def test_without_buckets_everything_is_cut_to_the_resolution() -> None:
    placement = place(1000, 1500, BucketRules(enabled=False))
    assert placement == Placement((1000, 1500), (512, 768), (512, 512))


def test_fill_counts_pictures_by_bucket() -> None:
    placements = [place(*size, AT_512) for size in [(640, 480), (512, 512), (600, 450)]]
    assert fill(placements) == {(512, 512): 1, (576, 448): 2}


sides = st.integers(64, 6000)
steps = st.sampled_from([64, 128])
resolutions = st.integers(4, 24).map(lambda n: n * 64)


@given(sides, sides, resolutions, steps)
def test_a_picture_always_covers_its_bucket(w: int, h: int, side: int, step: int) -> None:
    rules = BucketRules((side, side), min(256, side), max(1024, 2 * side), step)
    placement = place(w, h, rules)
    assert placement.bucket in bucket_sizes(rules)
    assert all(s >= b for s, b in zip(placement.scaled, placement.bucket, strict=True))
    assert any(s == b for s, b in zip(placement.scaled, placement.bucket, strict=True))
    assert 0 <= placement.lost < 1
    left, top, right, bottom = placement.kept
    assert 0 <= left < right <= w and 0 <= top < bottom <= h


@given(sides, sides, resolutions)
def test_another_reading_of_the_rule_agrees(w: int, h: int, side: int) -> None:
    low, high = min(256, side), max(1024, 2 * side)
    options = {"resolution": side, "enable_bucket": True, "min_bucket_reso": low,
               "max_bucket_reso": high}  # fmt: skip
    assert place(w, h, BucketRules((side, side), low, high)).bucket == bucket_of((w, h), options)


@given(sides, sides)
def test_without_upscaling_nothing_grows(w: int, h: int) -> None:
    try:
        placement = place(w, h, UNSCALED)
    except BucketError as error:
        assert error.code == "shape"
        return
    assert placement.scaled[0] <= w + 1 and placement.scaled[1] <= h + 1
    assert all(side % 64 == 0 and side > 0 for side in placement.bucket)
