"""What can go wrong, said to a person: what happened, to which file, what to do now.

    NasutuiError
      UsageError        the call itself is wrong (exit code 2)
      InputError        what was given can't be used: missing, unreadable, empty
      SettingsError     project.toml or the config file says something that makes no sense
      ModelError        a tagger can't be had, opened or trusted
      StateError        the journal or score store can't be used
      PictureError      one picture can't be used; steps turn it into an ItemFailed
      CaptionError      one caption can't be read or written; steps turn it into an ItemFailed

`code` is stable and not translated (programs read it in --json); the message is in the
interface's language and already safe to show.
"""

from __future__ import annotations

import errno
from pathlib import Path

from nasutui.core.i18n import _
from nasutui.core.text import display_name


class NasutuiError(Exception):
    """Base of everything we raise on purpose. `str(error)` is safe to show."""

    default_code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or self.default_code


class UsageError(NasutuiError):
    default_code = "usage"


class InputError(NasutuiError):
    default_code = "input"


class SettingsError(NasutuiError):
    default_code = "settings"


class ModelError(NasutuiError):
    default_code = "model"


class StateError(NasutuiError):
    default_code = "state"


class PictureError(NasutuiError):
    default_code = "picture"


class CaptionError(NasutuiError):
    default_code = "caption"


_OS_CODES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EACCES: "no-permission",
    errno.EPERM: "no-permission",
    errno.EROFS: "read-only",
    errno.ENOENT: "missing",
    errno.ENAMETOOLONG: "name-too-long",
    errno.ELOOP: "link-loop",
}


def os_error_code(error: OSError) -> str:
    """A stable word for what the operating system refused."""
    return _OS_CODES.get(error.errno or 0, "os-error")


def explain_os_error(error: OSError, path: Path | str | None = None) -> str:
    """One sentence for a refusal of the operating system, with the file it was about."""
    name = display_name(path if path is not None else (error.filename or ""))
    match os_error_code(error):
        case "disk-full":
            return _("{name}: the disk is full; make room and run it again").format(name=name)
        case "no-permission":
            return _("{name}: no permission; check its owner and rights").format(name=name)
        case "read-only":
            return _("{name}: the file system is read-only").format(name=name)
        case "missing":
            return _("{name}: there is no such file or folder").format(name=name)
        case "name-too-long":
            return _("{name}: the name is too long for this file system").format(name=name)
        case "link-loop":
            return _("{name}: a link that leads to itself").format(name=name)
        case _:
            return _("{name}: the system refused: {reason}").format(
                name=name, reason=display_name(error.strerror or str(error))
            )
