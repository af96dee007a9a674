"""`nasutui --batch send`, `fetch-lora` and `colab`: their flags, and the settings that the engine takes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.events import Cancelled, Events, Finished, ItemFailed
from nasutui.core.i18n import _

if TYPE_CHECKING:
    from nasutui.steps import Step

_PLACES = "drive|rclone:REMOTE|DIR"


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError(_("must not be empty"))
    return Path(text)


def _place(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(_("must not be empty"))
    return text


def add_send(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=_path, metavar="PATH", help=_("a project, or an exported dataset"))  # fmt: skip
    parser.add_argument("--to", type=_place, required=True, metavar=_PLACES,
                        help=_("Google Drive on this computer, an rclone remote or a folder"))  # fmt: skip


def add_fetch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=_path, metavar="PROJECT", help=_("the project's folder"))
    parser.add_argument("--from", type=_place, dest="source", metavar=_PLACES,
                        help=_("where it is (where the dataset was sent)"))  # fmt: skip
    parser.add_argument("--webui", type=_path, metavar="DIR",
                        help=_("put it into this WebUI's models/Lora too (remembered)"))  # fmt: skip


def add_colab(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=_path, nargs="?", metavar="PROJECT", help=_("the project's folder"))  # fmt: skip


def then_send(step: Step, dataset: Path, to: str | None) -> Step:
    """The export step, and after it, when nothing of it failed, the send step."""
    if to is None:
        return step

    def both(cancelled: Cancelled) -> Events:
        from nasutui.core.transfer.send import SendSettings, send

        whole = False
        failed = False
        for event in step(cancelled):
            failed |= isinstance(event, ItemFailed)
            whole = isinstance(event, Finished) and not event.cancelled
            yield event
        if whole and not failed:
            yield from send(SendSettings(dataset, to), cancelled)

    return both


def build_send(options: argparse.Namespace) -> Step:
    from nasutui.core.database import PROJECT_FILE
    from nasutui.core.project import DATASET
    from nasutui.core.transfer.send import SendSettings, send

    inside = (options.dataset / PROJECT_FILE).exists()
    settings = SendSettings(options.dataset / DATASET if inside else options.dataset, options.to)
    return lambda cancelled: send(settings, cancelled)


def build_fetch(options: argparse.Namespace) -> Step:
    from nasutui.core.transfer.fetch_lora import FetchSettings, fetch_lora

    settings = FetchSettings(options.project, options.source, options.webui)
    return lambda cancelled: fetch_lora(settings, cancelled)


def build_colab(options: argparse.Namespace) -> Step:
    from nasutui.core.transfer.colab import ColabSettings, colab

    settings = ColabSettings(options.project)
    return lambda cancelled: colab(settings, cancelled)
