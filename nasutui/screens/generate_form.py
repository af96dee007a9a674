"""The form of the Generate screen: what is asked for, one line a setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nasutui.core.errors import NasutuiError
from nasutui.core.generation.settings import Generation, parse_size
from nasutui.core.i18n import _
from nasutui.core.webui.address import DEFAULT_URL, parse_address
from nasutui.core.webui.request import MAX_SEED
from nasutui.widgets.cells import fit
from nasutui.widgets.options import Option, OptionRows
from nasutui.widgets.row_list import Cells

SIZES = ((512, 512), (512, 768), (768, 512), (640, 640), (768, 768), (1024, 1024))
_TITLES = 11
SAMPLERS = ("DPM++ 2M Karras", "DPM++ SDE Karras", "Euler a", "Euler", "DDIM")


@dataclass
class Form:
    """The form as it is being changed. trigger: the project's, "" for none; loras: names to choose
    from; samplers: those of the server."""

    generation: Generation
    url: str = DEFAULT_URL
    trigger: str = ""
    loras: Sequence[str] = ()
    samplers: Sequence[str] = SAMPLERS

    def set(self, **values: object) -> None:
        """Change some settings."""
        self.generation = replace(self.generation, **values)  # type: ignore[arg-type]

    @property
    def shown_url(self) -> str:
        """The address without a password."""
        try:
            return parse_address(self.url).url
        except NasutuiError:
            return "?"


def form_options(form: Form) -> list[Option]:
    """The options, each of which changes `form`."""
    return [
        _text(form, "prompt", _("prompt"), _("tags, or Japanese, which is turned into tags; enter writes it")),
        _text(form, "negative", _("negative"), _("what must not be seen; enter writes it")),
        _trigger(form),
        _choice(form, "lora", _("LoRA"), lambda: ("", *form.loras), _("enter: the list")),
        _number(form, "weight", _("weight"), 0.05, -2.0, 2.0,
                _("of the LoRA; 0.6 to 1.0 are usual, less lets the prompt say more")),
        _choice(form, "sampler", _("sampler"), lambda: tuple(form.samplers), _("enter: the list")),
        _number(form, "steps", _("steps"), 1, 1, 150, _("25 are enough for most samplers")),
        _number(form, "cfg", _("CFG"), 0.5, 0.0, 30.0, _("how closely to follow the prompt")),
        _size(form),
        _seed(form),
        _number(form, "count", _("pictures"), 1, 1, 100, _("one after the other, with seed, seed + 1 ...")),
        _url(form),
    ]  # fmt: skip


def _text(form: Form, key: str, title: str, explain: str) -> Option:
    def value() -> str:
        found: str = getattr(form.generation, key)
        return found or "-"

    return Option(key, title, value, None, None, explain)


def _trigger(form: Form) -> Option:
    def step(_direction: int) -> None:
        form.set(trigger="" if form.generation.trigger else form.trigger)

    return Option(
        "trigger", _("trigger"), lambda: form.generation.trigger or _("(without)"), step, None,
        _("stands first in the prompt and calls the style up"),
    )  # fmt: skip


def _choice(
    form: Form, key: str, title: str, choices: Callable[[], Sequence[str]], explain: str
) -> Option:
    def value() -> str:
        found: str = getattr(form.generation, key)
        return found

    def step(direction: int) -> None:
        known = list(choices())
        if known:
            place = known.index(value()) + direction if value() in known else 0
            form.set(**{key: known[place % len(known)]})

    return Option(key, title, lambda: value() or _("(none)"), step, None, explain)


def _number(
    form: Form, key: str, title: str, step_by: float, low: float, high: float, explain: str
) -> Option:
    kind = type(getattr(Generation(), key))

    def value() -> float:
        found: float = getattr(form.generation, key)
        return found

    def step(direction: int) -> None:
        moved = round(value() + direction * step_by, 4)
        form.set(**{key: kind(min(high, max(low, moved)))})

    def take(text: str) -> str:
        try:
            number = kind(text)
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            return _("a number from {low} to {high}, please").format(
                low=f"{low:g}", high=f"{high:g}"
            )
        form.set(**{key: number})
        return ""

    return Option(key, title, lambda: f"{value():g}", step, take, explain)


def _size(form: Form) -> Option:
    def now() -> tuple[int, int]:
        return form.generation.width, form.generation.height

    def put(size: tuple[int, int]) -> None:
        form.set(width=size[0], height=size[1])

    def step(direction: int) -> None:
        place = SIZES.index(now()) + direction if now() in SIZES else 0
        put(SIZES[place % len(SIZES)])

    def take(text: str) -> str:
        try:
            size = parse_size(text)
        except NasutuiError as error:
            return str(error)
        if any(not 64 <= side <= 4096 or side % 8 for side in size):
            return _("width and height are multiples of 8 from 64 to 4096")
        put(size)
        return ""

    return Option("size", _("size"), lambda: "{}x{}".format(*now()), step, take,
                  _("SD 1.5 draws best at 512, SDXL at 1024"))  # fmt: skip


def _seed(form: Form) -> Option:
    def shown() -> str:
        seed = form.generation.seed
        return _("a new one") if seed == -1 else str(seed)

    def step(direction: int) -> None:
        form.set(seed=max(-1, min(MAX_SEED, form.generation.seed + direction)))

    def take(text: str) -> str:
        number = int(text) if text.strip().isdecimal() and len(text) < 12 else -1
        if number > MAX_SEED or (number == -1 and text.strip() not in ("-1", "")):
            return _("a whole number up to {high}, or -1 for a new one").format(high=MAX_SEED)
        form.set(seed=number)
        return ""

    return Option("seed", _("seed"), shown, step, take,
                  _("the same seed and settings draw the same picture; -1: a new one"))  # fmt: skip


def _url(form: Form) -> Option:
    def take(text: str) -> str:
        try:
            parse_address(text)
        except NasutuiError as error:
            return str(error)
        form.url = text.strip()
        return ""

    return Option("url", _("WebUI"), lambda: form.shown_url, None, take,
                  _("where it runs; it must be started with --api"))  # fmt: skip


class FormRows(OptionRows):
    """Options with short titles and long values."""

    @staticmethod
    def _option_row(option: Option, width: int) -> Cells:
        arrows = ("‹ ", " ›") if option.step else ("  ", "")
        value = fit(option.value(), width - _TITLES - 5)
        return [
            (" " + fit(option.title, _TITLES), ""),
            (arrows[0], "dim"),
            (value.rstrip(), "strong"),
            (arrows[1], "dim"),
        ]
