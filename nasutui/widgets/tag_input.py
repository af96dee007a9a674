"""The line in which tags are typed, and the list of what the typed text may mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from nasutui.core.dataset.completion import Completion
from nasutui.core.i18n import N_, _
from nasutui.widgets.cells import fit, right
from nasutui.widgets.line import Line
from nasutui.widgets.translated import Translated

MOST_SHOWN = 9


class TagInput(Translated, Line):
    """A line of text in which the arrows still move between pictures. The terminal's own cursor
    stands where the text is, so that an input method shows what it composes there."""

    HELP = N_("""\
# Typing tags

English from the start or from inside (`eyes`), kanji, kana or romaji (`aoi me`): the list shows what
it may mean. **tab** and **shift+tab** choose, **enter** takes; on the empty line it goes back.
Several tags with commas between them are taken as they stand, but for the last, which is completed;
a comma at the end takes all as they stand.

**↑ ↓** and **page up / page down** move between pictures all the while. **esc** goes back.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "other(1)", N_("Next picture"), id="line.next_picture", show=False),
        Binding("up", "other(-1)", N_("Picture before"), id="line.previous_picture", show=False),
        Binding("pagedown", "other(10)", N_("Ten further"), id="line.page_down", show=False),
        Binding("pageup", "other(-10)", N_("Ten back"), id="line.page_up", show=False),
        Binding("tab,ctrl+n", "choose(1)", N_("Next meaning"), id="line.choose"),
        Binding("shift+tab", "choose(-1)", N_("Meaning before"), id="line.choose_back", show=False),
        Binding("escape", "leave", N_("Back"), id="line.leave"),
    ]

    class Other(Message):
        """Another picture is wanted, `step` lines further."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Choose(Message):
        """Another completion is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Left(Message):
        """Escape was pressed."""

        def __init__(self, line: TagInput) -> None:
            super().__init__()
            self.line = line

    def action_other(self, step: int) -> None:
        self.post_message(self.Other(step))

    def action_choose(self, step: int) -> None:
        self.post_message(self.Choose(step))

    def action_leave(self) -> None:
        self.post_message(self.Left(self))


class FilterInput(TagInput):
    """The line of the filter."""

    HELP = N_("""\
# Filter

`1girl -solo` both the first and not the second; `1girl OR 2girls`, `NOT (a b)`; `"open mouth"`;
`*_hair` a star fits anything; `tags>40`, `tokens>75`, `size<512`; `score:blue_skin<0.5`;
`added:hat`, `removed:`; `name:img0*`; `untagged`, `dup:`, `problem:`, `problem:trigger`. The list
below completes the last word, also from Japanese: **tab** chooses, **enter** takes.

While it is wrong it is red, with the reason below, and the list stays as it was. **enter** goes to
the list, **esc** takes the filter away.
""")


class CompletionList(Widget):
    """What the typed text may mean; the last line takes it as it stands."""

    DEFAULT_CSS = """
    CompletionList { height: auto; background: $panel; color: $foreground; display: none; }
    CompletionList > .completion--chosen { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    CompletionList > .completion--dim { color: $text-muted; }
    CompletionList > .completion--here { color: $text-accent; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "completion--chosen", "completion--dim", "completion--here",
    }  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.found: Sequence[Completion] = ()
        self.literal = ""
        self.chosen = 0

    def offer(
        self, found: Sequence[Completion], literal: str, *, literal_first: bool = False
    ) -> None:
        """Show completions of `literal`, the text as it stands ("": nothing to offer).
        literal_first: that is what enter takes, unless another line is chosen."""
        self.found, self.literal = found[:MOST_SHOWN], literal
        # A slip of the finger in Japanese means the near tag; in English it may be a new tag.
        sure = self.found and (self.found[0].how != "near" or not literal.isascii())
        self.chosen = 0 if sure and not literal_first else len(self.found)
        self.display = bool(literal)
        self.refresh(layout=True)

    def choose(self, step: int) -> None:
        """Go to the next line, or back."""
        if self.literal:
            self.chosen = (self.chosen + step) % (len(self.found) + 1)
            self.refresh()

    @property
    def choice(self) -> Completion | None:
        """The chosen completion; None: the text as it stands."""
        return self.found[self.chosen] if self.chosen < len(self.found) else None

    def get_content_height(self, *_sizes: object) -> int:
        return len(self.found) + 1

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        chosen = y == self.chosen
        if chosen:
            base = base + self.get_component_rich_style("completion--chosen", partial=True)
        dim = (
            base
            if chosen
            else base + self.get_component_rich_style("completion--dim", partial=True)
        )
        here = (
            base
            if chosen
            else base + self.get_component_rich_style("completion--here", partial=True)
        )
        if y >= len(self.found):
            text = _("as it stands: {text}").format(text=self.literal)
            return Strip([Segment(fit("   " + text, width), dim)], width)
        found = self.found[y]
        tag_width = min(34, max(16, width * 2 // 5))
        count = _short(found.count)
        known = max(0, width - tag_width - 3 - 7 - 8)
        alias = f" ({found.alias})" if found.alias and found.alias != found.display else ""
        sign = "~" if found.how == "near" else " "
        segments = [
            Segment(f" {sign} ", dim),
            Segment(fit(found.tag, tag_width), base),
            Segment(fit(found.display + alias, known), dim if alias else base),
            Segment(right(str(found.here) if found.here else "", 7), here),
            Segment(right(count, 7) + " ", dim),
        ]
        return Strip(segments).crop_extend(0, width, base)


def _short(count: int) -> str:
    """1490640 -> 1.5M"""
    if count >= 1_000_000:
        return f"{count / 1_000_000:.1f}M"
    if count >= 1000:
        return f"{count // 1000}k"
    return str(count) if count else ""
