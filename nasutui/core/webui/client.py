"""The client of a Stable Diffusion WebUI: AUTOMATIC1111, Forge, reForge, SD.Next.

    with WebUI("http://127.0.0.1:7860") as webui:
        for event in generate(webui, [Txt2Img("<lora:nasumiso_v1:1>, 1girl")], folder):
            ...

Facts about the servers: AUTOMATIC1111 v1.10.1 (modules/api/api.py), Forge dfdcbab6, reForge
3b56b268, SD.Next of July 2026.
"""

from __future__ import annotations

import threading
from typing import Any

from nasutui.core.errors import NasutuiError
from nasutui.core.webui import messages
from nasutui.core.webui.abort import Abort
from nasutui.core.webui.address import DEFAULT_URL, parse_address
from nasutui.core.webui.answer import TXT2IMG
from nasutui.core.webui.complaint import error_of, quote
from nasutui.core.webui.errors import BadAnswerError, WebUIError
from nasutui.core.webui.http import MEGABYTE, Answer, Transport
from nasutui.core.webui.lists import (
    Abilities,
    Lora,
    Model,
    read_loras,
    read_models,
    read_samplers,
    read_schedulers,
)
from nasutui.core.webui.progress import PROGRESS, Report, Task, read_report, read_task
from nasutui.core.webui.sampler import Sampler, Scheduler

_API = "/sdapi/v1"
_PING = "/internal/ping"
_TASK = "/internal/progress"
_GATEWAY = (502, 503, 504)
# The list holds the metadata of every LoRA and is slow on a server with thousands of them.
_LORAS_SECONDS = 120.0
_LORAS_MOST = 256 * MEGABYTE
_PICTURES_MOST = 512 * MEGABYTE


class WebUI:
    """One WebUI. Nothing is sent before the first call; may be used by several threads.

    user, password: those of --api-auth. Raises InputError for an address that is none. Every
    method raises WebUIError (see webui_errors) when it gets no usable answer.
    """

    def __init__(
        self, url: str = DEFAULT_URL, *, user: str | None = None, password: str | None = None
    ) -> None:
        self._transport = Transport(parse_address(url, user, password))
        self._drawing = threading.Lock()

    def __repr__(self) -> str:
        return f"WebUI({self.url!r})"

    def __enter__(self) -> WebUI:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is open."""
        self._transport.close()

    @property
    def url(self) -> str:
        """The address without password, safe to show."""
        return self._transport.address.url

    @property
    def drawing(self) -> bool:
        """True while a request of ours is under way."""
        return self._drawing.locked()

    def check(self) -> Abilities:
        """Test the connection. The error says what to do: start the server, turn its API on ..."""
        return Abilities(self.samplers(), self.schedulers())

    def samplers(self) -> tuple[Sampler, ...]:
        path = f"{_API}/samplers"
        return read_samplers(self._get(path), path)

    def schedulers(self) -> tuple[Scheduler, ...] | None:
        """None on a server that has no such list, where the scheduler is part of the sampler."""
        path = f"{_API}/schedulers"
        answer = self._transport.get(path)
        if answer.status == 404 and answer.complaint().is_unknown_path:
            return None
        return read_schedulers(self._json(answer), path)

    def models(self) -> tuple[Model, ...]:
        path = f"{_API}/sd-models"
        return read_models(self._get(path), path)

    def loras(self, *, seconds: float = _LORAS_SECONDS) -> tuple[Lora, ...]:
        """The LoRAs that the server knows of. Files copied there since its last refresh are not
        among them but work in a prompt. May take long; don't wait for it to test a connection."""
        path = f"{_API}/loras"
        answer = self._transport.get(path, seconds=seconds, most=_LORAS_MOST)
        return read_loras(self._json(answer), path)

    def options(self) -> dict[str, Any]:
        """The server's settings; whole numbers may come as 1.0."""
        path = f"{_API}/options"
        answer = self._get(path)
        if not isinstance(answer, dict):
            raise messages.wrong_shape(path, "sd_model_checkpoint")
        return answer

    def lora_folder(self) -> str | None:
        """The folder on the server's computer that LoRA files belong in; None if it doesn't say."""
        # The same answer holds the server's passwords: nothing else of it may be kept or shown.
        try:
            flags = self._get(f"{_API}/cmd-flags")
        except BadAnswerError:
            return None
        folder = flags.get("lora_dir") if isinstance(flags, dict) else None
        return folder if isinstance(folder, str) and folder else None

    def progress(
        self, *, previews: bool = False, seconds: float = 10.0, abort: Abort | None = None
    ) -> Report:
        """How far the server is with whatever it is drawing now, ours or not."""
        path = PROGRESS if previews else f"{PROGRESS}?skip_current_image=true"
        answer = self._transport.get(path, seconds=seconds, most=32 * MEGABYTE, abort=abort)
        return read_report(self._json(answer))

    def task(self, task_id: str, abort: Abort | None = None) -> Task | None:
        """What the server says of the request with this `force_task_id`; None: it has no tasks."""
        body = {"id_task": task_id, "id_live_preview": -1, "live_preview": False}
        answer = self._transport.post(_TASK, body, abort=abort)
        return read_task(answer.json()) if answer.ok else None

    def interrupt(self, *, anyone: bool = False, abort: Abort | None = None) -> None:
        """Stop what is being drawn now. A browser's picture is not stopped (BusyError) unless
        `anyone`. The request that is stopped still answers, with what it has."""
        if not anyone and self.progress().from_browser:
            raise messages.not_ours(self.url)
        self._command(f"{_API}/interrupt", abort=abort)

    def refresh_loras(self) -> None:
        """Make the server look for new LoRA files. Raises BusyError while anything is drawn,
        because the server empties its tables without waiting for that."""
        if self.drawing or not self.progress().idle:
            raise messages.busy_drawing(self.url)
        self._command(f"{_API}/refresh-loras", seconds=_LORAS_SECONDS)

    def txt2img(self, payload: dict[str, Any], abort: Abort | None = None) -> Any:
        """Draw; waits for the answer without end, sends once. The decoded JSON as it came.

        Raises BusyError when this client is drawing already, and RequestAborted after
        `abort.abort()` (the server goes on drawing).
        """
        if not self._drawing.acquire(blocking=False):
            raise messages.already_drawing()
        try:
            answer = self._transport.post(
                TXT2IMG, payload, seconds=None, most=_PICTURES_MOST, abort=abort
            )
        finally:
            self._drawing.release()
        if not answer.ok:
            raise self._problem(answer, str(payload.get("sampler_name", "")))
        return answer.json()

    def _get(self, path: str) -> Any:
        return self._json(self._transport.get(path))

    def _command(self, path: str, **more: Any) -> None:
        """Send a POST that answers 200 or 204 with nothing in it."""
        answer = self._transport.post(path, **more)
        if not answer.ok:
            raise self._problem(answer)

    def _json(self, answer: Answer) -> Any:
        if not answer.ok:
            raise self._problem(answer)
        if answer.html or answer.body.lstrip()[:1] == b"<":
            raise messages.other_server(self.url)
        return answer.json()

    def _problem(self, answer: Answer, sampler: str = "") -> WebUIError:
        """The error for an answer that is no success."""
        complaint = answer.complaint()
        if 300 <= answer.status < 400:
            return messages.moved(self.url, quote(answer.location, answer.secrets))
        if answer.status == 401:
            return messages.password(self.url, sent=self._transport.address.user is not None)
        if complaint.is_unknown_path:
            return messages.api_off(self.url) if self._pings() else messages.other_server(self.url)
        if answer.status in _GATEWAY and not complaint.structured:
            return messages.no_answer(self.url)
        if (answer.status < 500 and not complaint.structured) or answer.status == 405:
            return messages.other_server(self.url)
        return error_of(complaint, sampler)

    def _pings(self) -> bool:
        """True when a WebUI is there, with or without its API."""
        try:
            answer = self._transport.get(_PING)
        except NasutuiError:
            return False
        return answer.ok and not answer.html and answer.body.strip() in (b"{}", b"")
