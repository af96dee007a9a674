"""The flags of `nasutui --batch`. They are a contract: other tools call them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from nasutui.core.errors import UsageError
from nasutui.core.i18n import _
from nasutui.core.text import display_block

COMBINE = ("union", "intersection", "mean")
ACCELERATORS = ("cpu", "auto", "coreml", "cuda", "directml", "openvino", "webgpu", "mlx")
PRESETS = ("reference", "sd15-style", "sd15-character", "sdxl")  # training_settings.py, untouched


class WrongUsageError(UsageError):
    """The command line is wrong; `usage` says how it goes."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class _Help(argparse.HelpFormatter):
    """Help in which the longest step has its meaning beside it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._action_max_length = 16


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are safe to show and are raised, not printed. It takes no
    shortened flags: a new flag must not change what an old call means."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "allow_abbrev": False, "formatter_class": _Help})
        self.color = False  # from Python 3.14 on; our usage goes through the door for text

    def error(self, message: str) -> NoReturn:
        raise WrongUsageError(display_block(message), self.format_usage())


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("must be a whole number")) from error


def _size(text: str) -> int:
    value = _whole(text)
    if not 64 <= value <= 4096:
        raise argparse.ArgumentTypeError(_("must be from 64 to 4096"))
    return value


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("must be a number from 0 to 1")) from error
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(_("must be from 0 to 1"))
    return value


def _positive(text: str) -> int:
    value = _whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError(_("must be 1 or more"))
    return value


def _path(text: str) -> Path:
    if not text:  # `--input "$UNSET"` must not mean the current folder
        raise argparse.ArgumentTypeError(_("must not be empty"))
    return Path(text)


def _text(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(_("must not be empty"))
    return text


def common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line on stdout"))
    parser.add_argument("--quiet", action="store_true", help=_("say only what went wrong"))


def add_input(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("--input", type=_path, required=True, metavar="DIR", help=meaning)


def add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", type=_path, nargs="+", required=True, metavar="PATH",
        help=_("folders, zips or pictures"),
    )  # fmt: skip
    parser.add_argument(
        "--output", type=_path, required=True, metavar="DIR", help=_("where img001.png ... go")
    )
    parser.add_argument("--size", type=_size, default=512, help=_("pixels of a side (512)"))
    parser.add_argument(
        "--crop", choices=("center", "smart", "pad", "none"), default="center",
        help=_("cut the middle square out, or keep whole pictures"),
    )  # fmt: skip


def add_caption(parser: argparse.ArgumentParser) -> None:
    add_input(parser, _("folder of pictures"))
    parser.add_argument("--output", type=_path, required=True, metavar="DIR",
                        help=_("where pictures and captions go; may be the input folder"))  # fmt: skip
    parser.add_argument("--model", action="append", metavar="NAME|DIR",
                        help=_("a WD14 model by name, a folder with model.onnx and"
                               " selected_tags.csv, or: embedded; several may be given"))  # fmt: skip
    parser.add_argument("--combine", choices=COMBINE, default="union",
                        help=_("with several models: what any says, what all say, or by the mean of"
                               " their scores (union)"))  # fmt: skip
    parser.add_argument(
        "--threshold", type=_probability, default=0.35, help=_("for general tags (0.35)")
    )
    parser.add_argument("--character-threshold", type=_probability, default=0.85,
                        metavar="T", help=_("for characters (0.85)"))  # fmt: skip
    parser.add_argument("--mcut", action="store_true",
                        help=_("find the thresholds for each picture at the widest gap"))  # fmt: skip
    parser.add_argument(
        "--ratings", action="store_true", help=_("put the likeliest rating at the end")
    )
    parser.add_argument(
        "--exclude",
        action="append",
        metavar="A,B",
        help=_("tags that never come in; * stands for anything"),
    )
    parser.add_argument(
        "--replace",
        action="append",
        metavar="OLD=NEW",
        help=_("write NEW where the tagger says OLD"),
    )
    parser.add_argument(
        "--spaces", action="store_true", help=_("spaces for underscores, not in kaomoji")
    )
    parser.add_argument("--existing", choices=("merge", "skip", "overwrite", "append"), default="merge",
                        help=_("what to do with captions that are there (merge: keep what a person"
                               " added and removed)"))  # fmt: skip
    parser.add_argument("--use-coreml", action="store_true",
                        help=_("the same as --accelerator coreml"))  # fmt: skip
    parser.add_argument("--accelerator", choices=ACCELERATORS, default="cpu",
                        help=_("used where a test on some of the pictures finds it right and faster;"
                               " auto: the fastest (cpu)"))  # fmt: skip
    parser.add_argument("--precision", choices=("fp32", "int8"), default="fp32",
                        help=_("int8: faster on some processors, some tags change; bench-tagger"
                               " says how many (fp32)"))  # fmt: skip
    parser.add_argument(
        "--workers",
        type=_positive,
        default=0,
        metavar="N",
        help=_("pictures at a time (one a core)"),
    )


def add_add_tag(parser: argparse.ArgumentParser) -> None:
    add_input(parser, _("folder of captions"))
    parser.add_argument("--tag", required=True, help=_("the trigger, such as nasumiso_style"))
    parser.add_argument(
        "--position", choices=("start", "end"), default="start", help=_("where it goes")
    )
    parser.add_argument(
        "--exclude-jp", action="store_true", help=_("leave the *_jp.txt side files alone")
    )


def add_translate(parser: argparse.ArgumentParser) -> None:
    add_input(parser, _("folder of captions"))


def add_export(parser: argparse.ArgumentParser) -> None:
    add_input(parser, _("folder of captioned pictures"))
    parser.add_argument(
        "--output", type=_path, required=True, metavar="DIR", help=_("DIR/NAME is made")
    )
    parser.add_argument("--name", required=True, help=_("ASCII letters, digits, - and _"))
    parser.add_argument("--repeats", type=_positive, default=0, metavar="N",
                        help=_("how often an epoch shows each picture (proposed from their number)"))  # fmt: skip
    parser.add_argument("--preset", choices=PRESETS, default=PRESETS[0],
                        help=_("training settings (reference)"))  # fmt: skip
    parser.add_argument("--size", type=_size, default=0, metavar="N",
                        help=_("training resolution (the preset's)"))  # fmt: skip
    parser.add_argument("--trigger", default="", metavar="TAG",
                        help=_("the trigger (the tag that every caption begins with)"))  # fmt: skip
    parser.add_argument("--to", type=_text, metavar="drive|rclone:REMOTE|DIR",
                        help=_("send it there: Google Drive on this computer, an rclone remote or"
                               " a folder"))  # fmt: skip


def add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "project", type=_path, metavar="PROJECT", help=_("a project, or a folder of captioned pictures")
    )  # fmt: skip


def add_lora(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lora", type=_path, metavar="FILE", help=_("a .safetensors file"))
    parser.add_argument("--project", type=_path, metavar="PROJECT",
                        help=_("say what has changed in this project since"))  # fmt: skip
    parser.add_argument("--write", action="store_true",
                        help=_("put NAME.json for the WebUI beside it (trigger, weight)"))  # fmt: skip


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=_path, metavar="PROJECT", help=_("the project's folder"))


def add_edit(parser: argparse.ArgumentParser) -> None:
    add_input(parser, _("folder of captions"))
    parser.add_argument("--where", default="", metavar="QUERY",
                        help=_("only captions with these tags, and without those after a minus"))  # fmt: skip
    parser.add_argument("--add", action="append", metavar="A,B", help=_("tags to add at the end"))
    parser.add_argument("--remove", action="append", metavar="A,B", help=_("tags to remove"))
    parser.add_argument("--replace", action="append", metavar="OLD=NEW", help=_("tags to replace"))


def add_history(parser: argparse.ArgumentParser) -> None:
    add_input(parser, _("folder of captions, or a project"))


def add_turn(parser: argparse.ArgumentParser) -> None:
    add_history(parser)
    parser.add_argument(
        "--steps", type=_positive, default=1, metavar="N", help=_("how many changes (1)")
    )


def add_new(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--trigger", default="nasumiso_style", help=_("first tag of every caption"))
    parser.add_argument(
        "--sample", action="store_true", help=_("with a dozen pictures to try it on")
    )
