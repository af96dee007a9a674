"""Getting one file of a model from the hub, through huggingface_hub and into its cache.

huggingface_hub tries again and again where the network fails, minutes in a row, and says so on
stderr. A person waits for an answer here, so the hub is asked once before the download, and a
download that brings nothing for three of huggingface_hub's own time-outs
(HF_HUB_DOWNLOAD_TIMEOUT, 10 seconds if not set) is given up.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from nasutui.core.errors import ModelError
from nasutui.core.events import Cancelled, Progress
from nasutui.core.i18n import _
from nasutui.core.text import display_name

_POLL_SECONDS = 0.1
_TIMEOUTS = 3
_LINGER_SECONDS = 2.0  # for a stopped download to notice and take its part of a file away
_SHA256_LETTERS = 64
_MOST_DIGITS = 7  # a longer wait is a mistake


class _StoppedError(Exception):
    """Raised inside a download to end it."""


class _Meter:
    """What the download thread says to the waiting generator, and the other way round."""

    def __init__(self) -> None:
        self.done = 0
        self.transferred = 0
        self.total: int | None = None
        self.reached = False
        self.stopped = False
        self.result: str | None = None
        self.error: BaseException | None = None

    @property
    def bytes(self) -> int:
        return max(self.done, self.transferred)


def _bar_class(meter: _Meter) -> type[Any]:
    """A progress bar as huggingface_hub wants it, that draws nothing and tells the meter."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            meter.total = options.get("total")
            meter.done = meter.transferred = int(options.get("initial") or 0)
            with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
                options.update(disable=True, file=nowhere)
                super().__init__(*args, **options)

        def update(self, n: float | None = 1) -> bool | None:
            if meter.stopped:
                raise _StoppedError
            meter.done += int(n or 0)
            return None

        # huggingface_hub counts what came over the network apart from what is on the disk.
        def update_transfer(self, n: float) -> None:
            meter.transferred += int(n)

        def set_transfer_postfix_str(self, *_args: Any, **_options: Any) -> None:
            pass

    return Bar


def _library() -> Any:
    """huggingface_hub, told to be silent and to use plain HTTP (the one way that stops when asked to
    and whose silence can be told from work)."""
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    from huggingface_hub.utils.logging import set_verbosity

    set_verbosity(logging.CRITICAL)
    return huggingface_hub


def in_cache(repo: str, file: str) -> Path | None:
    """Where a file of a model on the hub is on this computer, or None."""
    cached = _library().try_to_load_from_cache(repo, file)
    return Path(cached) if isinstance(cached, str) and Path(cached).is_file() else None


def from_hub(repo: str, file: str, cancelled: Cancelled) -> Generator[Progress, None, Path | None]:
    """A file of a model on the hub, from the cache or downloaded into it. Returns None when
    cancelled. Raises ModelError."""
    cached = in_cache(repo, file)
    if cached is not None:
        return cached
    library = _library()
    meter = _Meter()
    parts_before = set(_parts(repo))

    def download() -> None:
        try:
            library.get_hf_file_metadata(library.hf_hub_url(repo, file))
            meter.reached = True
            meter.result = library.hf_hub_download(repo, file, tqdm_class=_bar_class(meter))
        except BaseException as error:  # handed to the generator's thread below
            meter.error = error

    thread = threading.Thread(target=download, name="nasutui-download", daemon=True)
    thread.start()
    try:
        yield from _watch(thread, meter, f"{repo}/{file}", repo, cancelled)
    finally:
        if thread.is_alive():
            meter.stopped = True
            thread.join(_LINGER_SECONDS)
            for path in set(_parts(repo)) - parts_before:
                with contextlib.suppress(OSError):
                    path.unlink()
    if cancelled() and meter.result is None:
        return None
    if meter.error is not None:
        raise _explain(repo, file, meter.error) from meter.error
    assert meter.result is not None
    return Path(meter.result)


def _parts(repo: str) -> list[Path]:
    """Parts of this model's files in the cache, of downloads under way or given up."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=repo, repo_type="model"))
    return list((folder / "blobs").glob("*.incomplete"))


def _watch(
    thread: threading.Thread, meter: _Meter, what: str, repo: str, cancelled: Cancelled
) -> Generator[Progress, None, None]:
    """Report until the thread ends, or cancelled. Raises ModelError when nothing comes any more."""
    from huggingface_hub import constants

    patience = _TIMEOUTS * max(constants.HF_HUB_DOWNLOAD_TIMEOUT, constants.HF_HUB_ETAG_TIMEOUT)
    # The most that was ever there: a server that begins anew again and again gets nowhere.
    most, since = -1, time.monotonic()
    while thread.is_alive():
        thread.join(_POLL_SECONDS)
        if cancelled():
            return
        if meter.bytes > most:
            most, since = meter.bytes, time.monotonic()
        elif time.monotonic() - since > patience and thread.is_alive():
            raise _stalled(repo, meter.bytes) if meter.reached else offline_error(repo)
        yield Progress(what, meter.bytes, meter.total)


def check_arrived_whole(files: Mapping[Path, str]) -> None:
    """Raise ModelError when files in the hub's cache are not what the hub says they are.

    files: path -> hex SHA-256 of what it holds. The hub names files in its cache as git does: large
    ones by their SHA-256, small ones by the SHA-1 of a git blob. What fails is removed from the
    cache, so that the next run gets it again. Raises OSError.
    """
    damaged = [path for path, sha256 in files.items() if _is_damaged(path, sha256)]
    for path in damaged:
        blob = path.resolve()
        with contextlib.suppress(OSError):
            path.unlink()
            blob.unlink(missing_ok=True)
    if damaged:
        text = _(
            "{name} arrived damaged and was removed from the cache; run it again to get it once more"
        )
        raise ModelError(text.format(name=display_name(damaged[0].name)), code="model-damaged")


def _is_damaged(path: Path, sha256: str) -> bool:
    blob = path.resolve()
    if blob.parent.name != "blobs" or not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", blob.name):
        return False
    return blob.name != (sha256 if len(blob.name) == _SHA256_LETTERS else _git_name(blob))


def _git_name(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _stalled(repo: str, done: int) -> ModelError:
    text = _("the download of {name} stands still after {size} MB; try again in some minutes")
    return ModelError(
        text.format(name=display_name(repo), size=round(done / 1e6, 1)), code="model-stalled"
    )


def _explain(repo: str, file: str, error: BaseException) -> ModelError:
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    name = display_name(repo)
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, GatedRepoError):
        text = _("{name} needs a log-in on the hub; accept its terms there and run `hf auth login`")
        return ModelError(text.format(name=name), code="model-gated")
    if isinstance(error, LocalEntryNotFoundError):
        return offline_error(repo)
    if isinstance(error, RepositoryNotFoundError | EntryNotFoundError):
        text = _("the hub has no file {file} of {name}; check the name")
        return ModelError(text.format(name=name, file=file), code="model-missing")
    if isinstance(error, OSError) and not isinstance(error, HfHubHTTPError):
        explained = _explain_file_error(name, file, error)
        if explained:
            return explained
    if status == 429:
        return _busy(name, error)
    if status is not None:
        text = _("the hub answered {status} for {name}; try again later")
        return ModelError(text.format(name=name, status=status), code="model-hub")
    return offline_error(repo)


def _busy(name: str, error: BaseException) -> ModelError:
    """The error for a hub that is asked too often; it may say how long to wait (RFC 9110, 10.2.3)."""
    response = getattr(error, "response", None)
    wait = response.headers.get("Retry-After", "") if response is not None else ""
    text = _("the hub asks to wait (too many requests) for {name}; try again in some minutes")
    if wait.isdecimal() and len(wait) < _MOST_DIGITS:
        text = _(
            "the hub asks to wait {seconds} seconds (too many requests) for {name}; then try again"
        )
    return ModelError(text.format(name=name, seconds=wait), code="model-busy")


def _explain_file_error(name: str, file: str, error: OSError) -> ModelError | None:
    if error.errno == errno.ENOSPC:
        text = _("the disk is full while downloading {name}; make room and run it again")
        return ModelError(text.format(name=name), code="disk-full")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        text = _("the cache folder {folder} can't be written; check its rights, or set HF_HOME")
        folder = display_name(Path(error.filename).parent if error.filename else "")
        return ModelError(text.format(folder=folder), code="no-permission")
    if "onsistency" in str(error):
        text = _("{file} of {name} arrived incomplete; run it again")
        return ModelError(text.format(name=name, file=file), code="model-incomplete")
    return None


def offline_error(repo: str) -> ModelError:
    """The error for a tagger that is neither here nor to be had, with the three ways out."""
    return ModelError(
        _(
            "{name} is not on this computer and the hub can't be reached: connect to the network"
            " and run it again, or give a folder that holds model.onnx and selected_tags.csv"
            " (--model FOLDER), or use the built-in colour tagger (--model embedded); in a project:"
            " model in project.toml"
        ).format(name=display_name(repo)),
        code="model-offline",
    )
