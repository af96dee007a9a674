"""`nasutui --batch tags`, `dictionary` and `prompt`: the Japanese dictionary without a screen."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.events import Cancelled, Events
from nasutui.core.i18n import _

if TYPE_CHECKING:
    from nasutui.steps import Step


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project", type=Path, metavar="DIR", help=_("a project whose own words count first")
    )


def add_tags(parser: argparse.ArgumentParser) -> None:
    """Flags of `tags`."""
    parser.add_argument(
        "words", nargs="+", metavar="SEARCH", help=_("in Japanese, romaji or English")
    )
    parser.add_argument(
        "--limit", type=int, default=20, metavar="N", help=_("matches at most (20)")
    )
    _common(parser)


def add_dictionary(parser: argparse.ArgumentParser) -> None:
    """Flags of `dictionary`."""
    parser.add_argument("what", choices=("export",), help=_("print every tag with its Japanese"))
    _common(parser)


def add_prompt(parser: argparse.ArgumentParser) -> None:
    """Flags of `prompt`."""
    parser.add_argument("text", help=_("what the picture shows, in Japanese"))
    _common(parser)


def build_tags(options: argparse.Namespace) -> Step:
    """The step that `tags` asks for."""
    from nasutui.core.japanese.answers import search_tags
    from nasutui.core.japanese.own_words import own_files

    own = own_files(options.project)

    def step(_cancelled: Cancelled) -> Events:
        return search_tags(options.words, options.limit, own)

    return step


def build_dictionary(options: argparse.Namespace) -> Step:
    """The step that `dictionary` asks for."""
    from nasutui.core.japanese.answers import export_dictionary
    from nasutui.core.japanese.own_words import own_files

    own = own_files(options.project)

    def step(_cancelled: Cancelled) -> Events:
        return export_dictionary(own)

    return step


def build_prompt(options: argparse.Namespace) -> Step:
    """The step that `prompt` asks for."""
    from nasutui.core.japanese.answers import prompt
    from nasutui.core.japanese.own_words import own_files

    own = own_files(options.project)

    def step(_cancelled: Cancelled) -> Events:
        return prompt(options.text, own)

    return step
