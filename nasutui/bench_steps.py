"""`nasutui --batch bench-tagger`: its flags, and the settings that the engine takes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.events import Cancelled, Events
from nasutui.core.i18n import _

if TYPE_CHECKING:
    from nasutui.steps import Step


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Flags of `bench-tagger`."""
    parser.add_argument("--model", default="SmilingWolf/wd-v1-4-moat-tagger-v2", metavar="NAME|DIR",
                        help=_("a WD14 model by name, a folder with model.onnx and"
                               " selected_tags.csv, or: embedded"))  # fmt: skip
    parser.add_argument("--input", type=Path, metavar="DIR",
                        help=_("folder of pictures to measure with (drawn ones)"))  # fmt: skip


def build_bench(options: argparse.Namespace) -> Step:
    """The step that `bench-tagger` asks for."""
    from nasutui.core.tagging.bench_tagger import BenchSettings, bench_tagger

    settings = BenchSettings(options.model, options.input)

    def step(cancelled: Cancelled) -> Events:
        return bench_tagger(settings, cancelled)

    return step
