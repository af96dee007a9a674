"""What can go wrong between us and a WebUI, each with what to do about it.

Some are raised (the server is not there, the request was refused), others are found in an answer
that looks well (the LoRA was not applied, the picture is black): these are given to the caller as
values, because the picture is there and may be wanted. `code` is stable in both cases.
"""

from __future__ import annotations

from nasutui.core.errors import NasutuiError


class WebUIError(NasutuiError):
    """Base of everything that is about a WebUI."""

    default_code = "webui"


class NotRunningError(WebUIError):
    default_code = "webui-not-running"


class CertificateError(WebUIError):
    default_code = "webui-certificate"


class ApiOffError(WebUIError):
    default_code = "webui-api-off"


class OtherServerError(WebUIError):
    default_code = "webui-other-server"


class PasswordError(WebUIError):
    default_code = "webui-password"


class BusyError(WebUIError):
    default_code = "webui-busy"


class ServerDiedError(WebUIError):
    default_code = "webui-died"


class OutOfMemoryError(WebUIError):
    default_code = "webui-out-of-memory"


class NansError(WebUIError):
    default_code = "webui-nans"


class NoModelError(WebUIError):
    default_code = "webui-no-model"


class UnknownModelError(WebUIError):
    default_code = "webui-unknown-model"


class UnknownSamplerError(WebUIError):
    default_code = "webui-unknown-sampler"


class UnknownLoraError(WebUIError):
    default_code = "webui-unknown-lora"


class RefusedError(WebUIError):
    """The server does not accept what was sent."""

    default_code = "webui-refused"


class ServerFailedError(WebUIError):
    """The server failed in a way that we know no better advice for."""

    default_code = "webui-failed"


class BadAnswerError(WebUIError):
    """Not JSON, of another shape than promised, or too long."""

    default_code = "webui-bad-answer"


class NoPictureError(BadAnswerError):
    default_code = "webui-no-picture"


class LoraNotAppliedError(WebUIError):
    """Found in an answer: the picture was drawn without the LoRA, or with another file."""

    default_code = "webui-lora-not-applied"


class LoraUnverifiedError(WebUIError):
    """Found in an answer: nothing in it tells whether the LoRA was applied."""

    default_code = "webui-lora-unverified"


class OtherSamplerError(WebUIError):
    default_code = "webui-other-sampler"


class OtherSeedError(WebUIError):
    default_code = "webui-other-seed"


class OtherModelError(WebUIError):
    default_code = "webui-other-model"


class BlackPictureError(WebUIError):
    default_code = "webui-black-picture"


class MissingInfoError(WebUIError):
    """Found in an answer: it doesn't say with what the picture was drawn."""

    default_code = "webui-missing-info"
