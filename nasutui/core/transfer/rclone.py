"""Running rclone: progress as events, exit codes in words.

What rclone says comes as one JSON object a line on its stderr (`--use-json-log`); when we die, its
next line finds nobody and it ends too. It is never asked anything and asks nothing; its
configuration, which holds keys, is not read.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Progress
from nasutui.core.i18n import _
from nasutui.core.text import display_name

NO_FOLDER, NO_FILE = 3, 4
_ALWAYS = (
    "--use-json-log", "--ask-password=false", "--contimeout", "20s", "--timeout", "120s",
    "--retries", "3",
)  # fmt: skip
_STATS = ("--stats", "500ms", "--stats-log-level", "NOTICE")
_QUICK_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote of rclone's configuration. kind: "drive", "local" ..."""

    name: str
    kind: str


@dataclass(slots=True)
class Answer:
    """How a run of rclone ended. complaints: its errors, raw, newest last."""

    code: int
    output: str = ""
    complaints: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


def _program() -> str:
    found = shutil.which(os.environ.get("NASUTUI_RCLONE") or "rclone")
    if found is None:
        text = _(
            "rclone is not installed; get it from rclone.org and set it up with: rclone config"
        )
        raise InputError(text, code="no-rclone")
    return found


def _start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [_program(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        text = _("rclone can't be started: {reason}").format(reason=display_name(str(error)))
        raise InputError(text, code="no-rclone") from error


def ask(command: str, *arguments: str, flags: Sequence[str] = ()) -> Answer:
    """Run a short command to its end."""
    process = _start([command, *_ALWAYS, *flags, "--", *arguments])
    try:
        output, log = process.communicate(timeout=_QUICK_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise InputError(_("rclone does not answer; try again"), code="rclone-silent") from error
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    answer = Answer(process.returncode, output.decode("utf-8", "replace"))
    for line in log.splitlines():
        _read_line(line, answer)
    return answer


def transfer(
    command: str, *arguments: str, what: str, size: int | None, cancelled: Cancelled
) -> Generator[Progress, None, Answer | None]:
    """Run a long command, with its bytes as Progress; None when cancelled."""
    process = _start([command, *_ALWAYS, *_STATS, "--checksum", "--", *arguments])
    answer = Answer(0)
    assert process.stderr and process.stdout
    try:
        for line in process.stderr:
            stats = _read_line(line, answer)
            if cancelled():
                return None
            if stats is not None:
                yield Progress(what, stats, size)
        answer.code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        process.stderr.close()
        process.stdout.close()
    return answer


def _read_line(line: bytes, answer: Answer) -> int | None:
    """Take up one line of the log; the bytes transferred when it says them."""
    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError):
        entry = {"level": "error", "msg": line.decode("utf-8", "replace").strip()}
    if not isinstance(entry, dict):
        return None
    message = str(entry.get("msg", "")).strip()
    if entry.get("level") in ("error", "critical", "fatal") and message:
        answer.complaints.append(message)
    else:
        answer.log.append(message)
    stats = entry.get("stats")
    done = stats.get("bytes") if isinstance(stats, dict) else None
    return done if isinstance(done, int) and done >= 0 else None


def remotes() -> list[Remote]:
    """The remotes that are set up. Raises InputError."""
    answer = ask("listremotes", flags=["--long"])
    if answer.code:
        raise trouble(answer, "rclone config")
    found = []
    for line in answer.output.splitlines():
        name, _colon, kind = line.rpartition(":")
        if name:
            found.append(Remote(name.strip(), kind.strip()))
    return found


def choose_remote(wanted: str | None, known: Sequence[Remote]) -> str:
    """The remote of this name; without one the only remote that is a Google Drive. Raises
    InputError ("no-remote", "which-remote")."""
    if wanted is not None:
        if wanted in {r.name for r in known}:
            return wanted
        code, text = "no-remote", _("rclone has no remote {name}; there are: {remotes}")
    else:
        drives = [r.name for r in known if r.kind == "drive"]
        if len(drives) == 1:
            return drives[0]
        code = "which-remote"
        text = _("which rclone remote? Say rclone:REMOTE (it is remembered); there are: {remotes}")
    if not known:
        code, text = "no-remote", _("rclone has no remotes yet; make one with: rclone config")
    names = ", ".join(display_name(r.name) for r in known)
    raise InputError(text.format(name=display_name(wanted or ""), remotes=names), code=code)


def trouble(answer: Answer, place: str) -> InputError:
    """An error that says what rclone's exit code means and what to do (codes: rclone.org/docs)."""
    reasons = {
        2: _("rclone did not understand the call; it may be too old, update it"),
        NO_FOLDER: _("there is no such folder"),
        NO_FILE: _("there is no such file"),
        5: _("a passing trouble of the network or of the service; run it again"),
        6: _("some of it could not be done; run it again"),
        7: _("the account is locked or full, or the service refuses; look at it in a browser"),
        8: _("the transfer limit is reached; go on tomorrow"),
        10: _("it took longer than rclone was allowed to"),
    }
    reason = reasons.get(answer.code, _("rclone stopped (exit code {code})")).format(
        code=answer.code
    )
    said = answer.complaints[-1] if answer.complaints else ""
    low = said.lower()
    if "invalid_grant" in low or "empty token" in low or "expired" in low:
        reason = _(
            "the sign-in has expired; renew it with: rclone config reconnect {place}"
        ).format(place=display_name(place.partition(":")[0] + ":"))
    elif "invalid_client" in low or "client_id" in low:
        reason = _("the remote needs a client_id of your own; see docs/colab.md")
    text = _("{place}: {reason}").format(place=display_name(place), reason=reason)
    if said:
        text += " " + _("(rclone says: {said})").format(said=display_name(said)[:300])
    return InputError(text, code=f"rclone-{answer.code}")
