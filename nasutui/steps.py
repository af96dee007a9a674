"""The steps of `nasutui --batch`: their flags, and the settings that the engine takes.

Engine modules are imported only for the step that is asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from nasutui import arguments, bench_steps, dictionary_steps, generate_steps, send_steps
from nasutui.core.errors import UsageError
from nasutui.core.events import Cancelled, Events
from nasutui.core.i18n import _

Step = Callable[[Cancelled], Events]
Builder = Callable[[argparse.Namespace], Step]


def _tags(values: list[str] | None) -> tuple[str, ...]:
    from nasutui.core.editing.captions import parse_tags

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
    from nasutui.core.pictures.prepare import PrepareSettings, prepare

    settings = PrepareSettings(tuple(options.input), options.output, options.size, options.crop)
    return lambda cancelled: prepare(settings, cancelled)


def _caption(options: argparse.Namespace) -> Step:
    from nasutui.core.tagging.caption import CaptionSettings, caption
    from nasutui.core.tagging.models import DEFAULT_MODEL
    from nasutui.core.tagging.selection import SelectionRules

    rules = SelectionRules(
        threshold=options.threshold,
        character_threshold=options.character_threshold,
        mcut=options.mcut,
        ratings=options.ratings,
        exclude=_tags(options.exclude),
        replace=_pairs(options.replace),
        spaces=options.spaces,
    )
    model, *also = options.model or [DEFAULT_MODEL]
    settings = CaptionSettings(
        options.input, options.output, model, rules, options.existing,
        options.use_coreml, options.workers, options.accelerator, options.precision,
        tuple(also), options.combine,
    )  # fmt: skip
    return lambda cancelled: caption(settings, cancelled)


def _add_tag(options: argparse.Namespace) -> Step:
    from nasutui.core.editing.edit import AddTagSettings, add_tag

    settings = AddTagSettings(options.input, options.tag, options.position, options.exclude_jp)
    return lambda cancelled: add_tag(settings, cancelled)


def _translate(options: argparse.Namespace) -> Step:
    from nasutui.core.japanese.translate import TranslateSettings, translate

    settings = TranslateSettings(options.input)
    return lambda cancelled: translate(settings, cancelled)


def _export(options: argparse.Namespace) -> Step:
    from dataclasses import replace

    from nasutui.core.project import trigger_problem
    from nasutui.core.training.check_settings import check_name
    from nasutui.core.training.export import ExportSettings, export
    from nasutui.core.training.settings import preset

    for finding in check_name(options.name):
        raise UsageError(finding.message)
    problem = trigger_problem(options.trigger)
    if problem:
        raise UsageError(_("--trigger: {problem}").format(problem=problem))
    training = preset(options.preset)
    if options.size:
        training = replace(
            training,
            resolution=options.size,
            min_bucket_reso=min(training.min_bucket_reso, options.size),
            max_bucket_reso=max(training.max_bucket_reso, 2 * options.size),
        )
    settings = ExportSettings(
        options.input, options.output / options.name, options.name, options.repeats,
        options.trigger, training,
    )  # fmt: skip
    return send_steps.then_send(
        lambda cancelled: export(settings, cancelled), settings.output, options.to
    )


def _check(options: argparse.Namespace) -> Step:
    from nasutui.core.run import RunSettings, check_project

    settings = RunSettings(options.project)
    return lambda cancelled: check_project(settings, cancelled)


def _lora(options: argparse.Namespace) -> Step:
    from nasutui.core.training.lora_review import LoraSettings, review

    settings = LoraSettings(options.lora, options.project, options.write)
    return lambda cancelled: review(settings, cancelled)


def _run(options: argparse.Namespace) -> Step:
    from nasutui.core.run import RunSettings, run

    settings = RunSettings(options.project)
    return lambda cancelled: run(settings, cancelled)


def _edit(options: argparse.Namespace) -> Step:
    from nasutui.core.editing.edit import EditSettings, edit

    settings = EditSettings(
        options.input, options.where, _tags(options.add), _tags(options.remove),
        _pairs(options.replace),
    )  # fmt: skip
    return lambda cancelled: edit(settings, cancelled)


def _past(options: argparse.Namespace) -> Step:
    from nasutui.core.history import steps as history

    step = {"history": history.history, "undo": history.undo, "redo": history.redo}[options.step]
    settings = history.HistorySettings(options.input, getattr(options, "steps", 1))
    return lambda cancelled: step(settings, cancelled)


def _new(options: argparse.Namespace) -> Step:
    from nasutui.core.setup import NewSettings, new_project, sample_project

    settings = NewSettings(options.project, options.trigger, options.sample)
    step = sample_project if options.sample else new_project
    return lambda cancelled: step(settings, cancelled)


def _table() -> Iterator[tuple[str, str, Callable[[argparse.ArgumentParser], None], Builder]]:
    a = arguments
    yield "prepare", _("raw pictures -> img001.png ..., square, RGB, upright, sRGB"), a.add_prepare, _prepare  # fmt: skip
    yield "caption", _("WD14 captions, merged with what a person did"), a.add_caption, _caption
    yield "add-tag", _("the trigger first in every caption"), a.add_add_tag, _add_tag
    yield "translate", _("a Japanese side file beside every caption"), a.add_translate, _translate
    yield "export", _("a dataset that kohya's sd-scripts trains on"), a.add_export, _export
    yield "run", _("every step of a project, doing only what is not done yet"), a.add_run, _run
    yield (
        "check",
        _("what to know before training; 0 clean, 3 warnings, 1 errors"),
        a.add_check,
        _check,
    )
    yield "edit", _("add, remove and replace tags in many captions"), a.add_edit, _edit
    yield "history", _("what was changed, when, by which step"), a.add_history, _past
    yield "undo", _("take the newest changes back"), a.add_turn, _past
    yield "redo", _("make undone changes again"), a.add_turn, _past
    yield "lora", _("what a trained LoRA says of itself, held against a project"), a.add_lora, _lora
    s = send_steps
    yield "send", _("an exported dataset to Google Drive, an rclone remote or a folder"), s.add_send, s.build_send  # fmt: skip
    yield "colab", _("open the training notebook in Google Colab"), s.add_colab, s.build_colab
    yield "fetch-lora", _("the trained LoRA back into the project and the WebUI"), s.add_fetch, s.build_fetch  # fmt: skip
    g = generate_steps
    yield "generate", _("draw pictures with a Stable Diffusion WebUI"), g.add_generate, g.build_generate  # fmt: skip
    yield "compare", _("LoRAs by weights, with scores: which one to take"), g.add_compare, g.build_compare  # fmt: skip
    d = dictionary_steps
    yield "tags", _("find tags by Japanese, romaji or English"), d.add_tags, d.build_tags
    yield "prompt", _("a prompt in Japanese as a prompt in tags"), d.add_prompt, d.build_prompt
    yield "dictionary", _("the whole Japanese dictionary"), d.add_dictionary, d.build_dictionary
    b = bench_steps
    yield "bench-tagger", _("measure what captions fastest here"), b.add_bench, b.build_bench
    yield "new", _("make a project"), a.add_new, _new


def parse(given: list[str]) -> tuple[argparse.Namespace, Step]:
    """The options of `nasutui --batch GIVEN` and the step they ask for. Prints and exits (code 0)
    for --help; raises UsageError when something is wrong."""
    parser = arguments.Parser(prog="nasutui --batch", description=_("Work without a screen."))
    subparsers = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    builders: dict[str, Builder] = {}
    for name, meaning, add_arguments, builder in _table():
        subparser = subparsers.add_parser(name, help=meaning, description=meaning)
        add_arguments(subparser)
        arguments.common(subparser)
        builders[name] = builder
    options = parser.parse_args(given)
    return options, builders[options.step](options)
