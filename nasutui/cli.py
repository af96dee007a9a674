"""The one argument parser; it imports a front end only when that is needed."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from nasutui import __version__
from nasutui.arguments import Parser, WrongUsageError
from nasutui.core.config import Config, color_system, read_config
from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import LANGUAGES, _, set_language


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
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
    _ready_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except SystemExit as end:  # argparse, after --help and --version
        sys.stdout.flush()
        code = end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        code = 130
    except OSError:  # `nasutui --help | head -1`: nobody listens any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    return code


def _ready_streams() -> None:
    """Streams that take anything: file names need not be text."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries mutter about odd files is said by us
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller (`>&-`)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            # What UTF-8 can't hold is written as an escape.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _run(arguments: Sequence[str]) -> int:
    config, problem = _config()
    set_language(_language_argument(arguments) or config.lang)
    try:
        options = _parser().parse_args(arguments)
    except WrongUsageError as error:
        sys.stderr.write(f"{error.usage}nasutui: {error}\n")
        return 2
    if options.batch is not None:
        from nasutui.batch import run_batch

        return run_batch(options.batch)
    if problem is not None:
        sys.stderr.write(f"nasutui: {problem}\n")
        return 1
    return _open_tui(options.path, config)


def _config() -> tuple[Config, NasutuiError | None]:
    """The user's config, or the defaults and what is wrong with it (which must not stop a script:
    there only the language depends on it)."""
    try:
        return read_config(), None
    except NasutuiError as error:
        return Config(), error


def _open_tui(path: str | None, config: Config) -> int:
    if (
        not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty())
        or os.environ.get("TERM") == "dumb"
    ):
        sys.stderr.write(
            _("nasutui needs a terminal; for scripts there is `nasutui --batch --help`") + "\n"
        )
        return 1
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # an exported size would hold when the window is resized
    colors = color_system(config, dict(os.environ))
    if colors:
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", colors)  # before Textual is imported
    from nasutui.app import run_app

    return run_app(path, config)
