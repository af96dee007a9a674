"""The one argument parser; it imports a front end only when that is needed."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from nasutui import __version__
from nasutui.core.config import Config, color_system, read_config
from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import LANGUAGES, _, set_language


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nasutui",
        description=_("From an illustrator's pictures to a trained LoRA and back, in a terminal."),
    )
    parser.add_argument(
        "path", nargs="?", metavar="PATH", help=_("a project or a folder of pictures to open")
    )
    parser.add_argument("--lang", choices=LANGUAGES, help=_("language of the interface"))
    parser.add_argument("--version", action="version", version=f"nasutui {__version__}")
    parser.add_argument(
        "--batch",
        nargs=argparse.REMAINDER,
        metavar="STEP ...",
        help=_("work without a screen; `nasutui --batch --help` lists the steps"),
    )
    return parser


def _language_argument(arguments: Sequence[str]) -> str | None:
    """The value of --lang, needed before the parser can speak."""
    for i, argument in enumerate(arguments):
        if argument == "--batch":
            break
        if argument == "--lang" and i + 1 < len(arguments):
            return arguments[i + 1]
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Run nasutui; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries mutter about odd files is said by us
    for stream in (sys.stdout, sys.stderr):
        # File names need not be text: what UTF-8 can't hold is written as an escape.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    set_language(_language_argument(arguments))
    options = _parser().parse_args(arguments)
    try:
        config = read_config()
    except NasutuiError as error:
        sys.stderr.write(f"nasutui: {error}\n")
        return 1
    if not options.lang and config.lang:
        set_language(config.lang)
    if options.batch is not None:
        from nasutui.batch import run_batch

        return run_batch(options.batch)
    return _open_tui(options.path, config)


def _open_tui(path: str | None, config: Config) -> int:
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        sys.stderr.write(
            _("nasutui needs a terminal; for scripts there is `nasutui --batch --help`") + "\n"
        )
        return 1
    colors = color_system(config, dict(os.environ))
    if colors:
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", colors)  # before Textual is imported
    from nasutui.app import run_app

    return run_app(path, config)
