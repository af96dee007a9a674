"""Where a WebUI is and who asks: its address as people write it, and the password of --api-auth."""

from __future__ import annotations

import base64
import html
import ipaddress
import json
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from nasutui.core.errors import InputError
from nasutui.core.i18n import _
from nasutui.core.text import display_name

DEFAULT_URL = "http://127.0.0.1:7860"


@dataclass(frozen=True, slots=True)
class Address:
    """url: without password, query or slash at its end; safe to show. loopback: this computer."""

    url: str
    loopback: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every spelling of the password that an answer could repeat to us."""
        if not self.password:
            return ()
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        quoted = (quote(self.password), quote(self.password, safe=""))
        escaped = (html.escape(self.password), json.dumps(self.password)[1:-1])
        return tuple({self.password, token, *quoted, *escaped})


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _bad_address() -> InputError:
    return InputError(
        _(
            "This is no address of a WebUI. It looks like {example}; copy it from the line "
            '"Running on local URL" in the window of the WebUI.'
        ).format(example=DEFAULT_URL),
        code="webui-address",
    )


def parse_address(url: str, user: str | None = None, password: str | None = None) -> Address:
    """The address that somebody wrote. `http://` may be missing; a user and password inside the
    address are used when none are given beside it. Raises InputError (which repeats nothing of
    the address, as there may be a password in it)."""
    text = url.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        netloc_host = f"[{host}]" if host and ":" in host else host
    except ValueError:
        raise _bad_address() from None
    if parts.scheme not in ("http", "https") or not host or display_name(text) != text:
        raise _bad_address()
    if any(c.isspace() or c in '<>"\\^`{|}' for c in host + parts.path):
        raise _bad_address()
    base = f"{parts.scheme}://{netloc_host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    if user is None and parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
    if user is not None or password is not None:
        _check_user(user)
    return Address(base, _is_loopback(host), user, password if user is not None else None)


def _check_user(user: str | None) -> None:
    if not user or ":" in user:
        raise InputError(
            _("the user name of --api-auth can't be empty or hold a colon"), code="webui-address"
        )
