"""Steps as the trainer counts them, learning rates, estimates."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.training.plan import (
    estimated_seconds,
    learning_rates,
    lora_bytes,
    plan_run,
    proposed_repeats,
    warmup_steps,
)
from nasutui.core.training.settings import SCHEDULERS, SDXL, TrainingSettings

REFERENCE = TrainingSettings()
SQUARE = (512, 512)


@pytest.mark.parametrize(
    ("repeats", "batches", "steps", "total"),
    [(1, 15, 8, 80), (5, 75, 38, 380), (10, 150, 75, 750), (20, 300, 150, 1500)],
)
def test_the_reference_run_of_15_pictures(
    repeats: int, batches: int, steps: int, total: int
) -> None:
    plan = plan_run({SQUARE: 15}, repeats, REFERENCE)
    assert (plan.batches_per_epoch, plan.steps_per_epoch, plan.total_steps) == (
        batches, steps, total,
    )  # fmt: skip


def test_partial_batches_of_each_bucket_count() -> None:
    buckets = {(512, 512): 70, (448, 576): 50, (576, 448): 30}
    settings = replace(REFERENCE, train_batch_size=4, gradient_accumulation_steps=1)
    assert plan_run(buckets, 1, settings).batches_per_epoch == 18 + 13 + 8


def test_accumulation_ends_with_the_epoch() -> None:
    settings = replace(REFERENCE, gradient_accumulation_steps=4, max_train_epochs=3)
    plan = plan_run({SQUARE: 5}, 1, settings)
    assert (plan.steps_per_epoch, plan.total_steps) == (2, 6)


@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=8),
    st.integers(1, 30), st.integers(1, 16), st.integers(1, 8), st.integers(1, 20),
)  # fmt: skip
def test_steps_never_fall_short_of_the_pictures(
    counts: list[int], repeats: int, batch: int, accumulation: int, epochs: int
) -> None:
    settings = replace(
        REFERENCE, train_batch_size=batch, gradient_accumulation_steps=accumulation,
        max_train_epochs=epochs,
    )  # fmt: skip
    plan = plan_run({(64 * (i + 1), 64): n for i, n in enumerate(counts)}, repeats, settings)
    images = sum(counts) * repeats
    assert plan.images == images
    assert plan.batches_per_epoch * batch >= images
    assert plan.batches_per_epoch * batch < images + batch * len(counts)
    assert plan.steps_per_epoch * accumulation >= plan.batches_per_epoch
    assert plan.total_steps == plan.steps_per_epoch * epochs


@pytest.mark.parametrize(("given", "warm"), [(100, 100), (0.05, 37), (0, 0), (0.0, 0), (1, 1)])
def test_warmup_is_steps_or_a_share(given: float, warm: int) -> None:
    assert warmup_steps(replace(REFERENCE, lr_warmup_steps=given), 750) == warm


def test_cosine_with_restarts_rises_falls_and_starts_again() -> None:
    settings = replace(REFERENCE, lr_warmup_steps=100, lr_scheduler_num_cycles=2)
    rates = learning_rates(settings, 1100)
    assert len(rates) == 1100
    assert rates[0] == 0
    assert rates[50] == pytest.approx(5e-5)
    assert rates[100] == pytest.approx(1e-4)
    assert rates[350] == pytest.approx(5e-5)
    assert rates[599] < 1e-9
    assert rates[600] == pytest.approx(1e-4)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_stays_between_nothing_and_the_peak(scheduler: str) -> None:
    settings = replace(REFERENCE, lr_scheduler=scheduler, lr_warmup_steps=0.1)
    rates = learning_rates(settings, 500)
    assert max(rates) == pytest.approx(1e-4)
    assert min(rates) >= 0
    assert rates[:50] == sorted(rates[:50])
    falling = rates[50:]
    assert all(a >= b for a, b in itertools.pairwise(falling))
    assert (falling[-1] == falling[0]) == scheduler.startswith("constant")


@pytest.mark.parametrize("total", [1, 2, 7, 750])
@pytest.mark.parametrize("points", [1, 2, 60, 5000])
def test_a_plot_has_the_first_and_the_last_step(total: int, points: int) -> None:
    rates = learning_rates(REFERENCE, total, points)
    every = learning_rates(REFERENCE, total)
    assert len(rates) == min(points, total)
    assert rates[0] == every[0]
    if len(rates) > 1:
        assert rates[-1] == every[-1]


def test_the_plot_shows_the_higher_of_two_rates() -> None:
    settings = replace(REFERENCE, unet_lr=5e-4, text_encoder_lr=1e-4, lr_warmup_steps=0)
    assert learning_rates(settings, 10)[0] == pytest.approx(5e-4)


@pytest.mark.parametrize(
    ("pictures", "repeats"), [(1, 50), (4, 50), (15, 14), (20, 10), (200, 1), (5000, 1), (0, 50)]
)
def test_proposed_repeats(pictures: int, repeats: int) -> None:
    assert proposed_repeats(pictures) == repeats


def test_sdxl_needs_fewer_repeats() -> None:
    assert proposed_repeats(20, SDXL) == 5


def test_the_estimate_fits_what_was_seen_on_a_t4() -> None:
    # 20 to 30 minutes for about 1500 batches of one picture.
    low, high = estimated_seconds(plan_run({SQUARE: 15}, 10, REFERENCE), REFERENCE)
    assert (low, high) == (20 * 60, 30 * 60)


def test_larger_pictures_take_longer() -> None:
    larger = replace(REFERENCE, resolution=768)
    plan = plan_run({SQUARE: 15}, 10, REFERENCE)
    assert estimated_seconds(plan, larger) > estimated_seconds(plan, REFERENCE)


@pytest.mark.parametrize(("dim", "megabytes"), [(8, 9.4), (32, 37.7), (64, 75.5), (128, 151)])
def test_the_size_of_the_file(dim: int, megabytes: float) -> None:
    size = lora_bytes(replace(REFERENCE, network_dim=dim))
    assert size is not None
    assert size / 1e6 == pytest.approx(megabytes, rel=0.01)
    assert lora_bytes(replace(REFERENCE, network_dim=dim, save_precision="float")) == 2 * size
