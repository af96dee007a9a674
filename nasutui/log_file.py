"""The log of what nobody foresaw: a line on stderr would tear the screen."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from nasutui.core.config import log_path
from nasutui.core.files import private_folder, private_opener


class _OwnersFile(logging.FileHandler):
    """A log that only its owner can read: a traceback may name anything."""

    def _open(self) -> Any:
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=private_opener)


def keep_a_log() -> None:
    """Send the log of `nasutui` to its file, which is made with the first line."""
    path = log_path()
    logger = logging.getLogger("nasutui")
    logger.propagate = False
    with contextlib.suppress(OSError):
        private_folder(path.parent)
        handler = _OwnersFile(path, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger.addHandler(handler)
