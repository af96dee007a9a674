"""`nasutui --batch generate` and `compare`: their flags, and the settings that the engine takes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasutui.core.errors import UsageError
from nasutui.core.events import Cancelled, Events
from nasutui.core.i18n import _

if TYPE_CHECKING:
    from nasutui.core.generation.settings import Generation
    from nasutui.steps import Step

URL = "http://127.0.0.1:7860"  # webui_address.DEFAULT_URL, which need not be loaded for --help


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("must be a number")) from error


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("must be a whole number")) from error


def _list_of(kind: Any) -> Any:
    def read(text: str) -> tuple[Any, ...]:
        values = tuple(kind(part) for part in text.replace(",", " ").split())
        if not values:
            raise argparse.ArgumentTypeError(_("must not be empty"))
        return values

    return read


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError(_("must not be empty"))
    return Path(text)


def _drawing(parser: argparse.ArgumentParser) -> None:
    """The flags of both steps."""
    parser.add_argument("--prompt", required=True, help=_("tags, or Japanese"))
    parser.add_argument("--negative", default="", metavar="PROMPT", help=_("what must not be seen"))
    parser.add_argument("--steps", type=_whole, default=25, metavar="N", help="25")
    parser.add_argument("--cfg", type=_number, default=7.5, metavar="X", help="7.5")
    parser.add_argument("--size", default="512x512", metavar="WxH", help="512x512")
    parser.add_argument("--sampler", default="DPM++ 2M Karras", metavar="NAME",
                        help=_("as the WebUI lists it (DPM++ 2M Karras)"))  # fmt: skip
    parser.add_argument("--url", default=URL, help=_("where the WebUI is ({url})").format(url=URL))
    parser.add_argument("--lora-dir", type=_path, metavar="DIR",
                        help=_("LoRA files that the WebUI must have used, checked by their hash"))  # fmt: skip
    parser.add_argument(
        "--output", type=_path, required=True, metavar="DIR", help=_("where the pictures go")
    )


def add_generate(parser: argparse.ArgumentParser) -> None:
    _drawing(parser)
    parser.add_argument("--lora", default="", metavar="NAME:0.8", help=_("a LoRA with its weight"))
    parser.add_argument("--seed", type=_whole, default=-1, metavar="N", help=_("a new one"))
    parser.add_argument("--count", type=_whole, default=1, metavar="N",
                        help=_("pictures, with seed, seed + 1 ... (1)"))  # fmt: skip


def add_compare(parser: argparse.ArgumentParser) -> None:
    _drawing(parser)
    parser.add_argument("--lora", nargs="+", required=True, metavar="NAME",
                        help=_("LoRA files (epochs) in their order"))  # fmt: skip
    parser.add_argument("--weights", type=_list_of(_number), default=(0.6, 0.8, 1.0), metavar="A,B",
                        help="0.6,0.8,1.0")  # fmt: skip
    parser.add_argument("--seeds", type=_list_of(_whole), default=(), metavar="A,B",
                        help=_("new ones, which are kept in DIR"))  # fmt: skip
    parser.add_argument("--count", type=_whole, default=3, metavar="N",
                        help=_("how many new seeds (3)"))  # fmt: skip
    parser.add_argument(
        "--no-baseline", action="store_true", help=_("no pictures without a LoRA beside them")
    )
    parser.add_argument("--dataset", type=_path, metavar="DIR",
                        help=_("captioned pictures whose common tags are the style"))  # fmt: skip
    parser.add_argument("--model", default="SmilingWolf/wd-v1-4-moat-tagger-v2", metavar="NAME|DIR",
                        help=_("the tagger that scores; none: no scores"))  # fmt: skip
    parser.add_argument("--threshold", type=_number, default=0.35,
                        help=_("from where on a tag counts as seen (0.35)"))  # fmt: skip


def _generation(options: argparse.Namespace, **more: Any) -> Generation:
    from nasutui.core.generation.settings import Generation, parse_size

    width, height = parse_size(options.size)
    return Generation(
        options.prompt, options.negative, sampler=options.sampler, steps=options.steps,
        cfg=options.cfg, width=width, height=height, **more,
    )  # fmt: skip


def build_generate(options: argparse.Namespace) -> Step:
    from nasutui.core.generation.drawing import DrawSettings, Server, draw, in_numbers
    from nasutui.core.generation.settings import parse_lora

    name, weight = parse_lora(options.lora)
    asked = _generation(options, lora=name, weight=weight, seed=options.seed, count=options.count)
    settings = DrawSettings(asked, options.output, Server(options.url), options.lora_dir)

    def step(cancelled: Cancelled) -> Events:
        return in_numbers(draw(settings, cancelled))

    return step


def build_compare(options: argparse.Namespace) -> Step:
    from nasutui.core.comparison.compare import compare
    from nasutui.core.comparison.plan import CompareSettings
    from nasutui.core.generation.drawing import Server, in_numbers

    if not 0 < options.threshold <= 1:
        raise UsageError(_("--threshold must be from 0 to 1"))
    settings = CompareSettings(
        _generation(options),
        tuple(options.lora),
        options.output,
        options.weights,
        options.seeds,
        options.count,
        not options.no_baseline,
        Server(options.url),
        options.lora_dir,
        options.dataset,
        "" if options.model == "none" else options.model,
        options.threshold,
    )

    def step(cancelled: Cancelled) -> Events:
        return in_numbers(compare(settings, cancelled))

    return step
