"""Which taggers there are, and getting one: shipped, from a folder, or from the hub.

Files come through huggingface_hub into its own cache, where other tools find them too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.errors import ModelError
from nasutui.core.events import Cancelled, Progress, never
from nasutui.core.i18n import _
from nasutui.core.text import display_name

MODEL_FILE = "model.onnx"
TAGS_FILE = "selected_tags.csv"
EMBEDDED = "embedded"
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A published tagger. `threshold` is where precision meets recall, from its card."""

    repo: str
    threshold: float
    tags: int

    @property
    def name(self) -> str:
        return self.repo.partition("/")[2]


# Thresholds and tag counts as the model cards give them.
CATALOGUE = (
    KnownModel("SmilingWolf/wd-v1-4-moat-tagger-v2", 0.3771, 9083),
    KnownModel("SmilingWolf/wd-v1-4-swinv2-tagger-v2", 0.3771, 9083),
    KnownModel("SmilingWolf/wd-v1-4-convnext-tagger-v2", 0.3685, 9083),
    KnownModel("SmilingWolf/wd-v1-4-convnextv2-tagger-v2", 0.371, 9083),
    KnownModel("SmilingWolf/wd-v1-4-vit-tagger-v2", 0.3537, 9083),
    KnownModel("SmilingWolf/wd-vit-tagger-v3", 0.2614, 10861),
    KnownModel("SmilingWolf/wd-convnext-tagger-v3", 0.2682, 10861),
    KnownModel("SmilingWolf/wd-swinv2-tagger-v3", 0.2653, 10861),
    KnownModel("SmilingWolf/wd-vit-large-tagger-v3", 0.2606, 10861),
    KnownModel("SmilingWolf/wd-eva02-large-tagger-v3", 0.5296, 10861),
)
DEFAULT_MODEL = CATALOGUE[0].repo


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where a tagger's two files are. `name` is what a person called it, safe to show."""

    name: str
    model: Path
    tags: Path

    @property
    def embedded(self) -> bool:
        return self.name == EMBEDDED


def embedded_files() -> ModelFiles:
    """The tagger that ships with nasutui; it sees colours only."""
    folder = Path(__file__).resolve().parent.parent / "data" / "embedded"
    return ModelFiles(EMBEDDED, folder / MODEL_FILE, folder / TAGS_FILE)


def repo_of(name: str) -> str:
    """The hub's name of a model given by short or full name. Raises ModelError."""
    for known in CATALOGUE:
        if name.casefold() in (known.repo.casefold(), known.name.casefold()):
            return known.repo
    if name.count("/") == 1 and all(name.split("/")) and not name.startswith((".", "~", "/")):
        return name
    names = ", ".join(known.name for known in CATALOGUE)
    raise ModelError(
        _(
            "{name} is no tagger that nasutui knows and no folder with model.onnx and"
            " selected_tags.csv; it knows: embedded, {names}"
        ).format(name=display_name(name), names=names),
        code="model-unknown",
    )


def _in_folder(folder: Path) -> ModelFiles:
    files = ModelFiles(display_name(folder), folder / MODEL_FILE, folder / TAGS_FILE)
    for path in (files.model, files.tags):
        if not path.is_file():
            raise ModelError(
                _("{folder} holds no {file}; a tagger is a folder with model.onnx and"
                  " selected_tags.csv").format(folder=display_name(folder), file=path.name),
                code="model-incomplete",
            )  # fmt: skip
    return files


def locate(name: str, cancelled: Cancelled = never) -> Generator[Progress, None, ModelFiles | None]:
    """Find a tagger by name ("embedded", a catalogue name, a hub name or a folder); download it
    if need be, yielding the progress. Returns None when cancelled. Raises ModelError."""
    if name == EMBEDDED:
        return embedded_files()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _in_folder(folder)
    repo = repo_of(name)
    paths = []
    for file in (TAGS_FILE, MODEL_FILE):
        path = yield from _from_hub(repo, file, cancelled)
        if path is None:
            return None
        paths.append(path)
    return ModelFiles(repo, paths[1], paths[0])


class _StoppedError(Exception):
    """Raised inside a download to end it; what has arrived is kept for the next try."""


class _Meter:
    """What the download thread says to the waiting generator."""

    def __init__(self, cancelled: Cancelled) -> None:
        self.done = 0
        self.total: int | None = None
        self.cancelled = cancelled
        self.result: str | None = None
        self.error: BaseException | None = None


def _bar_class(meter: _Meter) -> type[Any]:
    """A progress bar as huggingface_hub wants it, that draws nothing and tells the meter."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            meter.total = options.get("total")
            meter.done = int(options.get("initial") or 0)
            with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
                options.update(disable=True, file=nowhere)
                super().__init__(*args, **options)

        def update(self, n: float | None = 1) -> bool | None:
            if meter.cancelled():
                raise _StoppedError
            meter.done += int(n or 0)
            return None

    return Bar


def _from_hub(repo: str, file: str, cancelled: Cancelled) -> Generator[Progress, None, Path | None]:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    cached = try_to_load_from_cache(repo, file)
    if isinstance(cached, str) and Path(cached).is_file():
        return Path(cached)
    meter = _Meter(cancelled)

    def download() -> None:
        try:
            meter.result = hf_hub_download(repo, file, tqdm_class=_bar_class(meter))
        except BaseException as error:  # handed to the generator's thread below
            meter.error = error

    what = f"{repo}/{file}"
    thread = threading.Thread(target=download, name="nasutui-download", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_POLL_SECONDS)
        if cancelled():
            return None
        yield Progress(what, meter.done, meter.total)
    if isinstance(meter.error, _StoppedError) or cancelled():
        return None
    if meter.error is not None:
        raise _explain(repo, file, meter.error) from meter.error
    assert meter.result is not None
    return Path(meter.result)


def _explain(repo: str, file: str, error: BaseException) -> ModelError:
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    name = display_name(repo)
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(error, GatedRepoError):
        text = _("{name} needs a log-in on the hub; accept its terms there and run `hf auth login`")
        return ModelError(text.format(name=name), code="model-gated")
    if isinstance(error, LocalEntryNotFoundError):
        return offline_error(repo)
    if isinstance(error, RepositoryNotFoundError | EntryNotFoundError):
        text = _("the hub has no file {file} of {name}; check the name")
        return ModelError(text.format(name=name, file=file), code="model-missing")
    if isinstance(error, OSError) and not isinstance(error, HfHubHTTPError) and error.errno == 28:
        text = _("the disk is full while downloading {name}; make room and run it again")
        return ModelError(text.format(name=name), code="disk-full")
    if status == 429:
        text = _("the hub asks to wait (too many requests) for {name}; try again in some minutes")
        return ModelError(text.format(name=name), code="model-busy")
    if status is not None:
        text = _("the hub answered {status} for {name}; try again later")
        return ModelError(text.format(name=name, status=status), code="model-hub")
    if isinstance(error, OSError) and "onsistency" in str(error):
        text = _("{file} of {name} arrived incomplete; run it again, the download goes on")
        return ModelError(text.format(name=name, file=file), code="model-incomplete")
    return offline_error(repo)


def offline_error(repo: str) -> ModelError:
    """The error for a tagger that is neither here nor to be had, with the three ways out."""
    return ModelError(
        _(
            "{name} is not on this computer and the hub can't be reached: connect to the network"
            " and run it again, or give a folder that holds model.onnx and selected_tags.csv"
            " (--model FOLDER), or use the built-in colour tagger (--model embedded)"
        ).format(name=display_name(repo)),
        code="model-offline",
    )
