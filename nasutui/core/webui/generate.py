"""The step that draws pictures with a WebUI and saves them as they came.

One request after the other. A picture is on disk, with its `parameters` text, before its ItemDone;
what is not as asked (another sampler, no LoRA, black) is a Note beside it and a word in
`detail["warnings"]`, because such a picture may still be worth looking at.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasutui.core.errors import InputError
from nasutui.core.events import Cancelled, Events, Finished, Started, never
from nasutui.core.i18n import _
from nasutui.core.webui import messages
from nasutui.core.webui.client import WebUI
from nasutui.core.webui.job import Pace
from nasutui.core.webui.lists import find_model
from nasutui.core.webui.request import Txt2Img, check_request, with_seed
from nasutui.core.webui.run import Order, Run
from nasutui.core.webui.sampler import choose_sampler
from nasutui.core.webui.save import Saver

STEP = "generate"


def generate(
    webui: WebUI,
    requests: Sequence[Txt2Img],
    folder: Path,
    *,
    names: Sequence[str] | None = None,
    cancelled: Cancelled = never,
    previews: bool = False,
    wait: bool = True,
    pace: Pace | None = None,
) -> Events:
    """Draw `requests` and save the pictures in `folder`, which is made if needed.

    names: one for each request, the files' names without suffix (default: number and seed); an
    existing file is never replaced, its namesake gets "-2". cancelled: when it becomes true, the
    picture being drawn is interrupted on the server, if it is certainly ours, and not kept.
    previews: give half-drawn pictures in DrawingProgress. wait: False refuses (BusyError) when the
    server is drawing for somebody else.

    Yields Started, then for each picture DrawingProgress, Notes, and ItemDone or ItemFailed, then
    Finished (summary: made, failed, warnings). Raises InputError for a request that can't be drawn
    as it is meant, WebUIError when the server can't be used.
    """
    saver = Saver(folder)
    orders = _prepare(webui, requests, saver, names, wait)
    run = Run(webui, saver, cancelled, previews=previews, pace=pace or Pace())
    yield Started(STEP, sum(len(order.stems) for order in orders))
    for order in orders:
        if run.stopped or cancelled():
            run.incomplete = True
            break
        yield from run.draw(order)
    yield Finished(STEP, run.summary(), cancelled=run.incomplete)


def _prepare(
    webui: WebUI,
    requests: Sequence[Txt2Img],
    saver: Saver,
    names: Sequence[str] | None,
    wait: bool,
) -> list[Order]:
    """Check everything that can be checked before anything is drawn."""
    for request in requests:
        check_request(request)
    if names is not None and len(names) != len(requests):
        raise InputError(_("there must be one name for each request"), code="webui-request")
    abilities = webui.check()
    _check_models(webui, requests)
    if not wait and not webui.progress().idle:
        raise messages.busy_drawing(webui.url)
    orders = []
    for index, request in enumerate(with_seed(r) for r in requests):
        choice = choose_sampler(
            request.sampler, request.scheduler, abilities.samplers, abilities.schedulers
        )
        stems = saver.stems(request, index + 1, names[index] if names is not None else None)
        orders.append(Order(request, choice, stems))
    saver.make_folder()
    return orders


def _check_models(webui: WebUI, requests: Sequence[Txt2Img]) -> None:
    wanted = {request.model for request in requests if request.model is not None}
    models = webui.models() if wanted else ()
    for name in wanted:
        find_model(name, models)
