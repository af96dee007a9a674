"""The errors about a WebUI in words: what happened, and what to do now."""

from __future__ import annotations

from collections.abc import Iterable

from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.webui.errors import (
    ApiOffError,
    BadAnswerError,
    BlackPictureError,
    BusyError,
    CertificateError,
    NansError,
    NoModelError,
    NoPictureError,
    NotRunningError,
    OtherServerError,
    OutOfMemoryError,
    PasswordError,
    RefusedError,
    ServerDiedError,
    ServerFailedError,
    UnknownModelError,
    UnknownSamplerError,
)

START_COMMAND = "./webui.sh --api"


def not_running(url: str, reason: str = "") -> NotRunningError:
    """Nothing answers at `url`; `reason` is the system's word for it, safe to show."""
    message = _(
        'Nothing answers at {url}. Start the WebUI in its folder with "{command}", wait for '
        '"Running on local URL" in its window, and check that the address there is this one.'
    ).format(url=url, command=START_COMMAND)
    return NotRunningError(f"{message} ({reason})" if reason else message)


def certificate(url: str, reason: str) -> CertificateError:
    return CertificateError(
        _(
            "No secure connection to {url}: {reason}. If the WebUI runs without a certificate, "
            "write http:// instead of https://."
        ).format(url=url, reason=reason)
    )


def api_off(url: str) -> ApiOffError:
    return ApiOffError(
        _(
            "The WebUI at {url} is running, but its API is off. Stop it (Ctrl+C in its window) "
            'and start it again with "{command}".'
        ).format(url=url, command=START_COMMAND)
    )


def other_server(url: str) -> OtherServerError:
    return OtherServerError(
        _(
            "Something answers at {url}, but it is not a Stable Diffusion WebUI with its API. "
            'Check the address and the port: the window of the WebUI says "Running on local URL".'
        ).format(url=url)
    )


def moved(url: str, location: str) -> OtherServerError:
    return OtherServerError(
        _(
            "The server at {url} sends us on to {location}. If that is your WebUI, use that address."
        ).format(url=url, location=location)
    )


def password(url: str, *, sent: bool) -> PasswordError:
    if sent:
        message = _(
            "The WebUI at {url} refuses this user name and password. They must be the ones after "
            "--api-auth (not --gradio-auth) in the start command of the WebUI."
        )
    else:
        message = _(
            "The WebUI at {url} asks for a user name and password. Give the ones after --api-auth "
            "in the start command of the WebUI."
        )
    return PasswordError(message.format(url=url))


def no_answer(url: str) -> BusyError:
    return BusyError(
        _(
            "The WebUI at {url} takes the call but does not answer: it is starting, loading a "
            "model or busy. Wait until its window is quiet and try again."
        ).format(url=url)
    )


def busy_drawing(url: str) -> BusyError:
    return BusyError(
        _(
            "The WebUI at {url} is busy with another picture (from a browser or another program). "
            "Wait until it is finished and try again."
        ).format(url=url)
    )


def not_ours(url: str) -> BusyError:
    return BusyError(
        _(
            "The WebUI at {url} is drawing for a browser, not for us; it was not interrupted. Stop "
            "it there."
        ).format(url=url)
    )


def already_drawing() -> BusyError:
    return BusyError(
        _("A picture is being drawn already; one connection draws one at a time. Wait for its end.")
    )


def died(url: str) -> ServerDiedError:
    return ServerDiedError(
        _(
            "The WebUI at {url} broke off the connection before its answer was complete; it has "
            "probably stopped. Look at its window for the reason and start it again with "
            '"{command}". If it is running, check the address.'
        ).format(url=url, command=START_COMMAND)
    )


def out_of_memory(said: str) -> OutOfMemoryError:
    return OutOfMemoryError(
        _(
            "The WebUI has run out of memory. Close other programs, choose a smaller size (512 x "
            "512), and try again. The WebUI said: {said}"
        ).format(said=said)
    )


def precision_advice() -> str:
    """What helps against NaN and black pictures."""
    return _(
        'In the WebUI turn on Settings > Stable Diffusion > "Upcast cross attention layer to '
        'float32". If that does not help, start it with "./webui.sh --api --no-half-vae", then '
        'with "./webui.sh --api --no-half" (slower).'
    )


def nans(said: str) -> NansError:
    message = _("The numbers overflowed while drawing (NaN), so there is no picture.")
    quoted = _("The WebUI said: {said}").format(said=said)
    return NansError(f"{message} {precision_advice()} {quoted}")


def black_picture() -> BlackPictureError:
    message = _("The picture is of one single colour: the numbers overflowed while drawing.")
    return BlackPictureError(f"{message} {precision_advice()}")


def no_model(said: str) -> NoModelError:
    return NoModelError(
        _(
            "The WebUI has no model. Put a model file (.safetensors) into its folder "
            "models/Stable-diffusion and restart it. The WebUI said: {said}"
        ).format(said=said)
    )


def unknown_sampler(name: str, known: Iterable[str]) -> UnknownSamplerError:
    return UnknownSamplerError(
        _('The WebUI has no sampler "{name}". It has: {known}').format(
            name=display_name(name), known=listed(known)
        )
    )


def sampler_refused(name: str) -> UnknownSamplerError:
    return UnknownSamplerError(
        _(
            'The WebUI does not know the sampler "{name}". Choose one of those that it lists.'
        ).format(name=display_name(name))
    )


def unknown_model(name: str, known: Iterable[str]) -> UnknownModelError:
    return UnknownModelError(
        _(
            'The WebUI has no model "{name}" and would use another one without a word. It has: '
            "{known}. A new file shows up after a click on the refresh button beside the model list."
        ).format(name=display_name(name), known=listed(known))
    )


def refused(said: str) -> RefusedError:
    return RefusedError(_("The WebUI refuses the request: {said}").format(said=said))


def failed(said: str) -> ServerFailedError:
    return ServerFailedError(
        _("The WebUI failed: {said}. Its window says more.").format(said=said.rstrip("."))
    )


def not_json(path: str) -> BadAnswerError:
    return BadAnswerError(
        _(
            "The WebUI's answer to {path} is not JSON, or is cut off. If something stands between "
            "(a proxy, a tunnel), try without it; otherwise look at the window of the WebUI."
        ).format(path=path)
    )


def wrong_shape(path: str, what: str) -> BadAnswerError:
    return BadAnswerError(
        _(
            'The WebUI\'s answer to {path} is not as expected ("{what}" is missing or wrong). It '
            "may be a version that we do not know."
        ).format(path=path, what=what)
    )


def too_long(path: str, megabytes: int) -> BadAnswerError:
    return BadAnswerError(
        _(
            "The WebUI's answer to {path} is longer than {megabytes} MB; it was not read to its end."
        ).format(path=path, megabytes=megabytes)
    )


def no_picture(reason: str) -> NoPictureError:
    return NoPictureError(
        _("The WebUI's answer holds no picture that can be used: {reason}").format(reason=reason)
    )


def listed(names: Iterable[str], most: int = 12) -> str:
    """Some names for a message, safe to show."""
    shown = [display_name(n)[:60] for n in names]
    rest = len(shown) - most
    text = ", ".join(shown[:most]) or _("(none)")
    return text if rest <= 0 else _("{names} and {count} more").format(names=text, count=rest)
