"""The steps of `nasutui --batch`: their flags, and the settings that the engine takes.

The flags are a contract: other tools call them. Engine modules are imported only for the step that
is asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from nasutui.core.errors import UsageError
from nasutui.core.events import Cancelled, Events
from nasutui.core.i18n import _

Step = Callable[[Cancelled], Events]
Builder = Callable[[argparse.Namespace], Step]


def _size(text: str) -> int:
    value = int(text)
    if not 64 <= value <= 4096:
        raise argparse.ArgumentTypeError(_("must be from 64 to 4096"))
    return value


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(_("must be from 0 to 1"))
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(_("must be 1 or more"))
    return value


def _tags(values: list[str] | None) -> tuple[str, ...]:
    from nasutui.core.captions import parse_tags

    return tuple(tag for value in values or () for tag in parse_tags(value))


def _pairs(values: list[str] | None) -> tuple[tuple[str, str], ...]:
    pairs = []
    for value in values or ():
        # The first "=" that has something on both sides: `=_=`, `:>=` and `=3` are tags too.
        cut = value.find("=", 1)
        old, new = value[:cut].strip(), value[cut + 1 :].strip()
        if cut < 1 or not old or not new:
            raise UsageError(_("--replace takes old=new, not {value}").format(value=repr(value)))
        pairs.append((old, new))
    return tuple(pairs)


def _prepare(options: argparse.Namespace) -> Step:
    from nasutui.core.prepare import PrepareSettings, prepare

    settings = PrepareSettings(tuple(options.input), options.output, options.size, options.crop)
    return lambda cancelled: prepare(settings, cancelled)


def _caption(options: argparse.Namespace) -> Step:
    from nasutui.core.caption import CaptionSettings, caption
    from nasutui.core.selection import SelectionRules

    rules = SelectionRules(
        threshold=options.threshold,
        character_threshold=options.character_threshold,
        mcut=options.mcut,
        ratings=options.ratings,
        exclude=_tags(options.exclude),
        replace=_pairs(options.replace),
        spaces=options.spaces,
    )
    settings = CaptionSettings(
        options.input, options.output, options.model, rules, options.existing,
        options.use_coreml, options.workers,
    )  # fmt: skip
    return lambda cancelled: caption(settings, cancelled)


def _add_tag(options: argparse.Namespace) -> Step:
    from nasutui.core.edit import AddTagSettings, add_tag

    settings = AddTagSettings(options.input, options.tag, options.position, options.exclude_jp)
    return lambda cancelled: add_tag(settings, cancelled)


def _translate(options: argparse.Namespace) -> Step:
    from nasutui.core.translate import TranslateSettings, translate

    settings = TranslateSettings(options.input)
    return lambda cancelled: translate(settings, cancelled)


def _export(options: argparse.Namespace) -> Step:
    from nasutui.core.export import ExportSettings, export

    settings = ExportSettings(
        options.input, options.output / options.name, options.name, options.repeats, options.size
    )
    return lambda cancelled: export(settings, cancelled)


def _run(options: argparse.Namespace) -> Step:
    from nasutui.core.run import RunSettings, run

    settings = RunSettings(options.project)
    return lambda cancelled: run(settings, cancelled)


def _edit(options: argparse.Namespace) -> Step:
    from nasutui.core.edit import EditSettings, edit

    settings = EditSettings(
        options.input, options.where, _tags(options.add), _tags(options.remove),
        _pairs(options.replace),
    )  # fmt: skip
    return lambda cancelled: edit(settings, cancelled)


def _past(options: argparse.Namespace) -> Step:
    from nasutui.core import history

    step = {"history": history.history, "undo": history.undo, "redo": history.redo}[options.step]
    settings = history.HistorySettings(options.input, getattr(options, "steps", 1))
    return lambda cancelled: step(settings, cancelled)


def _new(options: argparse.Namespace) -> Step:
    from nasutui.core.setup import NewSettings, new_project, sample_project

    settings = NewSettings(options.project, options.trigger, options.sample)
    step = sample_project if options.sample else new_project
    return lambda cancelled: step(settings, cancelled)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line on stdout"))
    parser.add_argument("--quiet", action="store_true", help=_("say only what went wrong"))


def _add_input(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("--input", type=Path, required=True, metavar="DIR", help=meaning)


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", type=Path, nargs="+", required=True, metavar="PATH",
        help=_("folders, zips or pictures"),
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help=_("where img001.png ... go")
    )
    parser.add_argument("--size", type=_size, default=512, help=_("pixels of a side (512)"))
    parser.add_argument(
        "--crop", choices=("center", "none"), default="center",
        help=_("cut the middle square out, or keep whole pictures"),
    )  # fmt: skip


def _add_caption(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, _("folder of pictures"))
    parser.add_argument("--output", type=Path, required=True, metavar="DIR",
                        help=_("where pictures and captions go; may be the input folder"))  # fmt: skip
    parser.add_argument("--model", default="SmilingWolf/wd-v1-4-moat-tagger-v2", metavar="NAME|DIR",
                        help=_("a WD14 model by name, a folder with model.onnx and"
                               " selected_tags.csv, or: embedded"))  # fmt: skip
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
    parser.add_argument("--use-coreml", action="store_true", help=_("try Apple's CoreML"))
    parser.add_argument(
        "--workers",
        type=_positive,
        default=0,
        metavar="N",
        help=_("pictures at a time (one a core)"),
    )


def _add_add_tag(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, _("folder of captions"))
    parser.add_argument("--tag", required=True, help=_("the trigger, such as nasumiso_style"))
    parser.add_argument(
        "--position", choices=("start", "end"), default="start", help=_("where it goes")
    )
    parser.add_argument(
        "--exclude-jp", action="store_true", help=_("leave the *_jp.txt side files alone")
    )


def _add_translate(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, _("folder of captions"))


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, _("folder of captioned pictures"))
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help=_("DIR/NAME is made")
    )
    parser.add_argument("--name", required=True, help=_("ASCII letters, digits, - and _"))
    parser.add_argument("--repeats", type=_positive, default=0, metavar="N",
                        help=_("how often an epoch shows each picture (proposed from their number)"))  # fmt: skip
    parser.add_argument("--size", type=_size, default=512, help=_("training resolution (512)"))


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PROJECT", help=_("the project's folder"))


def _add_edit(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, _("folder of captions"))
    parser.add_argument("--where", default="", metavar="QUERY",
                        help=_("only captions with these tags, and without those after a minus"))  # fmt: skip
    parser.add_argument("--add", action="append", metavar="A,B", help=_("tags to add at the end"))
    parser.add_argument("--remove", action="append", metavar="A,B", help=_("tags to remove"))
    parser.add_argument("--replace", action="append", metavar="OLD=NEW", help=_("tags to replace"))


def _add_history(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, _("folder of captions, or a project"))


def _add_turn(parser: argparse.ArgumentParser) -> None:
    _add_history(parser)
    parser.add_argument(
        "--steps", type=_positive, default=1, metavar="N", help=_("how many changes (1)")
    )


def _add_new(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument("--trigger", default="nasumiso_style", help=_("first tag of every caption"))
    parser.add_argument(
        "--sample", action="store_true", help=_("with a dozen pictures to try it on")
    )


def _table() -> Iterator[tuple[str, str, Callable[[argparse.ArgumentParser], None], Builder]]:
    yield (
        "prepare",
        _("raw pictures -> img001.png ..., square, RGB, upright, sRGB"),
        _add_prepare,
        _prepare,
    )
    yield "caption", _("WD14 captions, merged with what a person did"), _add_caption, _caption
    yield "add-tag", _("the trigger first in every caption"), _add_add_tag, _add_tag
    yield "translate", _("a Japanese side file beside every caption"), _add_translate, _translate
    yield "export", _("a dataset that kohya's sd-scripts trains on"), _add_export, _export
    yield "run", _("every step of a project, doing only what is not done yet"), _add_run, _run
    yield "edit", _("add, remove and replace tags in many captions"), _add_edit, _edit
    yield "history", _("what was changed, when, by which step"), _add_history, _past
    yield "undo", _("take the newest changes back"), _add_turn, _past
    yield "redo", _("make undone changes again"), _add_turn, _past
    yield "new", _("make a project"), _add_new, _new


def parse(arguments: list[str]) -> tuple[argparse.Namespace, Step]:
    """The options of `nasutui --batch ARGUMENTS` and the step they ask for. Exits as argparse does
    (code 2) when they are wrong; raises UsageError for what only we can check."""
    parser = argparse.ArgumentParser(
        prog="nasutui --batch", description=_("Work without a screen.")
    )
    subparsers = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    builders: dict[str, Builder] = {}
    for name, meaning, add_arguments, builder in _table():
        subparser = subparsers.add_parser(name, help=meaning, description=meaning)
        add_arguments(subparser)
        _common(subparser)
        builders[name] = builder
    options = parser.parse_args(arguments)
    return options, builders[options.step](options)
