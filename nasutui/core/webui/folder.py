"""The folder in which a WebUI on this computer looks for LoRAs."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from nasutui.core import remembered
from nasutui.core.config import read_config
from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Progress
from nasutui.core.files import expanded, sha256_file
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.transfer.resumable import OLDER, copy_resumed, keep_aside

_PLACES = ("models/Lora", "models/loras", "Models/Lora", "Models/loras")  # A1111 and Forge, ComfyUI
_NAMES = ("lora", "loras")


def lora_folder(given: Path | None) -> Path | None:
    """The folder for LoRAs of the WebUI at `given` (its own folder, or the one for LoRAs), else of
    the one that the config names or that was given last; None when none is known. Raises
    InputError ("no-webui") for a folder that is no WebUI's."""
    chosen = given
    if chosen is None:
        known = read_config().webui or remembered.recall(remembered.WEBUI)
        if known is None:
            return None
        chosen = Path(known)
    chosen = expanded(chosen)
    found = _inside(chosen)
    if found is None:
        text = _("{name} is no folder of a WebUI: it has no models/Lora; give it with --webui DIR")
        raise InputError(text.format(name=display_name(chosen)), code="no-webui")
    if given is not None:
        remembered.remember(remembered.WEBUI, str(chosen.absolute()))
    return found


def _inside(folder: Path) -> Path | None:
    if folder.name.casefold() in _NAMES and folder.is_dir():
        return folder
    for place in _PLACES:
        if (folder / place).is_dir():
            return folder / place
    return folder / _PLACES[0] if (folder / "models").is_dir() else None


def install(
    lora: Path, folder: Path, cancelled: Cancelled
) -> Generator[Progress, None, tuple[Path, str] | None]:
    """Put a LoRA of lora_models/ into the WebUI's folder; its path there and "made" or "unchanged",
    None when cancelled. Another file of that name goes to the project's lora_models/older: beside
    the new one the WebUI would offer two LoRAs under one name. Raises OSError, InputError."""
    folder.mkdir(parents=True, exist_ok=True)
    target, digest = folder / lora.name, sha256_file(lora)
    if target.is_file() and sha256_file(target) != digest:
        _rescue(target, lora.parent / OLDER)
    action = yield from copy_resumed(lora, target, digest, cancelled)
    return None if action is None else (target, action)


def _rescue(old: Path, older: Path) -> None:
    """Move the file to `older`, or remove it when it is there already."""
    digest = sha256_file(old)
    known = older.glob("*.safetensors") if older.is_dir() else ()
    if any(p.stat().st_size == old.stat().st_size and sha256_file(p) == digest for p in known):
        old.unlink()
        return
    older.mkdir(parents=True, exist_ok=True)
    try:
        keep_aside(old, older)
    except OSError:  # on another disk
        from nasutui.core.transfer.resumable import free_name

        for _progress in copy_resumed(old, free_name(older, old.name), digest, lambda: False):
            pass
        old.unlink()
