"""Reading what a WebUI says when it refuses or fails, in the words of each of its forks.

The shapes are those of AUTOMATIC1111 1.6 to 1.10 and reForge (error, detail, body, errors),
Forge (error, detail, body, message; plain FastAPI for HTTP errors) and SD.Next (with "code").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nasutui.core.text import display_name
from nasutui.core.webui import messages
from nasutui.core.webui.errors import WebUIError

_QUOTED = 300
_QUOTED_BODY = 200
_MEMORY_WORDS = ("out of memory", "outofmemory", "not enough memory", "can't allocate memory")


@dataclass(frozen=True, slots=True)
class Complaint:
    """status: the HTTP status. kind: the server's name for it ("" unknown). text: what it says,
    short and safe to show. structured: it came as JSON of a known shape."""

    status: int
    kind: str
    text: str
    structured: bool

    @property
    def is_unknown_path(self) -> bool:
        """True for FastAPI's own 404, which means that the path does not exist there."""
        return self.status == 404 and self.structured and not self.kind and self.text == "Not Found"


def quote(text: str, secrets: Iterable[str] = (), most: int = _QUOTED) -> str:
    """A server's text for a message: one line, cut, without anything secret, safe to show."""
    for secret in sorted(secrets, key=len, reverse=True):
        # Inside words a very short password would be found everywhere, and so be given away.
        word = re.escape(secret) if len(secret) >= 4 else rf"(?<!\w){re.escape(secret)}(?!\w)"
        text = re.sub(word, "***", text)
    line = display_name(" ".join(text[: 4 * most].split()))
    return line if len(line) <= most else line[: most - 1] + "\u2026"


def _problem_line(problem: Any) -> str:
    """`loc: msg` of one entry of a validation error."""
    if not isinstance(problem, dict):
        return str(problem)[:_QUOTED]
    where = problem.get("loc")
    parts = [str(p)[:60] for p in where] if isinstance(where, list) else []
    place = ".".join(p for p in parts[:6] if p != "body")
    message = str(problem.get("msg", ""))[:_QUOTED]
    return f"{place}: {message}" if place else message


def _said(body: dict[str, Any]) -> str:
    detail = body.get("detail")
    if isinstance(detail, str) and detail:
        return detail
    if isinstance(detail, list) and detail:
        return "; ".join(_problem_line(p) for p in detail[:5])
    for key in ("errors", "message", "error"):
        value = body.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def read_complaint(status: int, body: bytes, secrets: Iterable[str] = ()) -> Complaint:
    """What the answer with this status says."""
    hidden = tuple(secrets)
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict) and (said := _said(parsed)):
        kind = parsed.get("error")
        kind = quote(kind, hidden, 60) if isinstance(kind, str) else ""
        return Complaint(status, kind, quote(said, hidden), True)
    text = quote(body.decode("utf-8", "replace"), hidden, _QUOTED_BODY)
    return Complaint(status, "", f"HTTP {status} {text}".strip(), False)


def error_of(complaint: Complaint, sampler: str = "") -> WebUIError:
    """The typed error for a refusal (4xx) or a failure (5xx) of a running API.

    sampler: the name that was sent, which the server's answer does not repeat.
    """
    said = complaint.text
    lower = said.lower()
    if complaint.kind == "NansException":
        return messages.nans(said)
    if complaint.kind == "OutOfMemoryError" or any(word in lower for word in _MEMORY_WORDS):
        return messages.out_of_memory(said)
    if "no checkpoints found" in lower:
        return messages.no_model(said)
    if lower == "sampler not found":
        return messages.sampler_refused(sampler)
    if 400 <= complaint.status < 500:
        return messages.refused(said)
    if complaint.kind and complaint.kind not in said:
        return messages.failed(f"{complaint.kind}: {said}")
    return messages.failed(said)
