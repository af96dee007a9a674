"""Work that may take the process with it, done in a process of its own.

An execution provider can abort the process, hang, or leave hundreds of megabytes behind; so it is
tried in a child, which gets its request as a file and leaves its answer as one. What the child says
on its streams is nobody's business: libraries write there what would land on the terminal.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasutui.core.errors import InputError, ModelError, NasutuiError, explain_os_error
from nasutui.core.events import Cancelled
from nasutui.core.files import write_atomic
from nasutui.core.i18n import language, set_language
from nasutui.core.text import display_name

_POLL_SECONDS = 0.05
# -P: nothing is imported from the folder that the person happens to be in.
_START = """\
import json, sys
with open(sys.argv[1], encoding="ascii") as file:
    request = json.load(file)
sys.path[:] = request["path"]
from nasutui.core.child import serve
serve(request)
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended. how: "done" (answer holds what it returned), "failed" (reason), "crashed"
    (code: as subprocess gives it, minus the signal), "hung" or "cancelled"."""

    how: str
    answer: Mapping[str, Any] | None = None
    reason: str = ""
    code: int = 0


def run_child(
    work: str, request: Mapping[str, Any], cancelled: Cancelled, *, seconds: float
) -> Ended:
    """Call `work` ("module:function", takes and returns a dict of plain JSON values) in a child.

    seconds: more than that and it is ended. Raises the InputError or ModelError that the work
    raised; OSError when no child can be started."""
    with tempfile.TemporaryDirectory(prefix="nasutui-child-") as name:
        asked, answered = Path(name, "request.json"), Path(name, "answer.json")
        message = {"path": sys.path, "work": work, "request": dict(request),
                   "answer": str(answered), "language": language()}  # fmt: skip
        write_atomic(asked, json.dumps(message).encode("ascii"))
        # A session of its own: Ctrl+C is for the parent, and must not look like a crash.
        with subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(asked)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                how = _wait(process, cancelled, time.monotonic() + seconds)
            finally:
                process.kill()
        if how:
            return Ended(how)
        return _read_answer(answered, process.returncode)


def _wait(process: subprocess.Popen[bytes], cancelled: Cancelled, end: float) -> str:
    """ "" when the child ended by itself."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
            return ""
        if cancelled():
            return "cancelled"
        if time.monotonic() > end:
            return "hung"


def _read_answer(path: Path, code: int) -> Ended:
    try:
        message = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Ended("crashed", code=code)
    if "error" in message:
        kind = InputError if message["kind"] == "InputError" else ModelError
        raise kind(message["error"], code=message["code"])
    if "failure" in message:
        return Ended("failed", reason=message["failure"])
    return Ended("done", message["result"])


def serve(message: Mapping[str, Any]) -> None:
    """In the child: do the work and leave the answer."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    set_language(message["language"])
    answer: dict[str, Any]
    try:
        answer = {"result": named(message["work"])(message["request"])}
    except NasutuiError as error:
        answer = {"error": str(error), "code": error.code, "kind": type(error).__name__}
    except OSError as error:
        answer = {"error": explain_os_error(error), "code": "os-error", "kind": "ModelError"}
    except Exception as error:  # whatever a library raises becomes a reason
        answer = {"failure": display_name(f"{type(error).__name__}: {error}")[:300]}
    write_atomic(Path(message["answer"]), json.dumps(answer).encode("ascii"))


def named(name: str) -> Callable[..., Any]:
    """The function "module:function"."""
    module, _colon, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _end_with_parent() -> None:
    """The pipe closes when the parent goes, however it went."""
    with contextlib.suppress(OSError, ValueError):
        os.read(0, 1)
    os._exit(1)
