"""The character helper: what to do with each tag of the pictures that have a trigger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Footer, Static

from nasutui.core.editing.bulk_edit import Planned, plan
from nasutui.core.editing.captions import parse_tags
from nasutui.core.editing.character import (
    FOLD,
    KEEP,
    UNIFORM,
    CharacterTag,
    TagChange,
    character_tags,
    folded,
    pictures_of,
    rule_breakers,
    uniform,
)  # fmt: skip
from nasutui.core.events import never
from nasutui.core.i18n import N_, _, ngettext
from nasutui.core.query.language import quote
from nasutui.core.text import display_name
from nasutui.screens.ask_tag import AskTag
from nasutui.screens.planned import PlannedScreen
from nasutui.tag_desk import TagDesk, name_of
from nasutui.widgets.cells import bar, fit, right
from nasutui.widgets.row_list import Cells, RowList
from nasutui.widgets.translated import Translated

_REST_SECONDS = 0.08


@dataclass(frozen=True)
class Chosen:
    """What the editor is to do: show the pictures of `query`, or write what is planned."""

    query: str = ""
    planned: Sequence[Planned] = ()
    label: str = ""


def kind_title(kind: str) -> str:
    """A kind of tags in words."""
    return {
        "people": _("people"), "hair": _("hair"), "eyes": _("eyes"), "face": _("face"),
        "body": _("body"), "clothes": _("clothes"), "accessory": _("accessory"), "pose": _("pose"),
        "view": _("view"), "place": _("place"), "object": _("object"), "style": _("style"),
        "rating": _("rating"),
    }.get(kind, _("other"))  # fmt: skip


class CharacterScreen(Translated, ModalScreen[Chosen | None]):
    """Answers with what is to be done (None: nothing)."""

    HELP = N_("""\
# Character

A LoRA learns for the trigger what its pictures have in common and no other tag explains. The tags of
the pictures with the trigger, by kind and by how many have them, with what is advised: **fold** (take
it out, so that it goes into the trigger), **keep**, or **make uniform** (most have it; the rest are
probably the tagger's mistakes). On the right the pictures that break the rule.

**f** marks a tag to be folded, **F** marks all that are advised; **enter** folds what is marked, **u**
makes the tag under the cursor uniform: each shows every change before it is made, and is one step of
undo. **b** shows the pictures that break the rule in the editor. **t** takes another trigger.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f,x,space", "mark", N_("Mark"), id="character.mark"),
        Binding("F", "mark_advised", N_("Mark advised"), id="character.mark_advised"),
        Binding("enter", "fold", N_("Fold"), id="character.fold", priority=True),
        Binding("u", "uniform", N_("Uniform"), id="character.uniform"),
        Binding("b", "breakers", N_("Breakers"), id="character.breakers"),
        Binding("t", "trigger", N_("Trigger"), id="character.trigger"),
        Binding("escape,q,C", "leave", N_("Back"), id="character.leave"),
    ]
    DEFAULT_CSS = """
    CharacterScreen { background: $background; }
    CharacterScreen #title { height: 1; background: $panel; padding: 0 1; text-style: bold; }
    CharacterScreen #tags-of { width: 3fr; }
    CharacterScreen #side { width: 1fr; min-width: 18; margin: 0 0 0 1; }
    CharacterScreen .heads { height: auto; color: $text-muted; padding: 0 1; }
    """

    class Found(Message):
        """The character's tags were counted."""

        def __init__(self, trigger: str, pictures: list[int], tags: list[CharacterTag]) -> None:
            super().__init__()
            self.trigger, self.pictures, self.tags = trigger, pictures, tags

    class Broken(Message):
        """The pictures that break a tag's rule."""

        def __init__(self, key: str, slots: list[int]) -> None:
            super().__init__()
            self.key, self.slots = key, slots

    def __init__(self, desk: TagDesk, trigger: str = "") -> None:
        super().__init__()
        self.desk = desk
        self._trigger = trigger or ", ".join(desk.trigger)
        self._pictures: list[int] = []
        self._marked: set[str] = set()
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        with Horizontal():
            yield RowList(self._row, id="tags-of")
            with Vertical(id="side"):
                yield Static(_("pictures that break the rule"), classes="heads", markup=False)
                yield RowList(self._breaker_row, id="breakers")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#tags-of"))
        self.query_one("#breakers", RowList).say_when_empty(_("none"))
        if self._trigger:
            self._count(self._trigger)
        else:
            self.action_trigger()

    @work(thread=True, exclusive=True, group="count", exit_on_error=False, description="count")
    def _count(self, trigger: str) -> None:
        dataset = self.desk.dataset
        found = self.Found(trigger, pictures_of(dataset, trigger), character_tags(dataset, trigger))
        self.post_message(found)

    def on_character_screen_found(self, message: Found) -> None:
        self._trigger, self._pictures = message.trigger, message.pictures
        self._marked.clear()
        rows = self.query_one("#tags-of", RowList)
        rows.say_when_empty(_("No picture has this trigger. t takes another one."))
        rows.set_items(message.tags, 0)
        self._show_title()

    def _show_title(self) -> None:
        count = len(self._pictures)
        text = ngettext("{trigger}: {count} picture", "{trigger}: {count} pictures", count)
        shown = text.format(trigger=display_name(self._trigger), count=count)
        if self._marked:
            marked = _("{count} marked, enter shows what folding them does")
            shown += "    " + marked.format(count=len(self._marked))
        self.query_one("#title", Static).update(shown)

    def _row(self, tag: CharacterTag, width: int) -> Cells:
        advice = {FOLD: _("fold"), KEEP: _("keep"), UNIFORM: _("uniform")}[tag.advice]
        style = {FOLD: "good", KEEP: "dim", UNIFORM: "warn"}[tag.advice]
        wide = width >= 76
        kind_width, advice_width = (11, 13) if wide else (8, 8)
        names = max(16, width - 2 - kind_width - 6 - 6 - (9 if wide else 0) - advice_width)
        half = names * (11 if wide else 12) // 20
        return [
            ("✓ " if tag.key in self._marked else "  ", "mark"),
            (fit(kind_title(tag.kind), kind_width - 1) + " ", "dim"),
            (fit(tag.tag, half - 1) + " ", "strong"),
            (fit(self.desk.japanese(tag.tag), names - half), ""),
            (right(str(tag.count), 6), ""),
            (right(f"{tag.coverage:.0%}", 5) + " ", ""),
            (bar(tag.coverage, 8) + " " if wide else "", "bar"),
            (fit(advice, advice_width), style),
        ]

    def _breaker_row(self, slot: int, width: int) -> Cells:
        return [(" " + fit(name_of(self.desk.dataset, slot), width - 1), "")]

    @property
    def tag(self) -> CharacterTag | None:
        """The tag under the cursor."""
        current: CharacterTag | None = self.query_one("#tags-of", RowList).current
        return current

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        if message.rows.id == "tags-of":
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(_REST_SECONDS, self.look_for_breakers)

    def look_for_breakers(self) -> None:
        if self.tag is not None:
            self._break(self._trigger, self.tag)

    @work(thread=True, exclusive=True, group="break", exit_on_error=False, description="break")
    def _break(self, trigger: str, tag: CharacterTag) -> None:
        slots = rule_breakers(self.desk.dataset, trigger, tag.tag)
        self.post_message(self.Broken(tag.key, slots))

    def on_character_screen_broken(self, message: Broken) -> None:
        if self.tag is not None and self.tag.key == message.key:
            self.query_one("#breakers", RowList).set_items(message.slots, 0)

    # -- keys -----------------------------------------------------------------------------------

    def action_mark(self) -> None:
        if self.tag is not None:
            self._marked ^= {self.tag.key}
            rows = self.query_one("#tags-of", RowList)
            rows.action_cursor(1)
            rows.refresh()
            self._show_title()

    def action_mark_advised(self) -> None:
        rows = self.query_one("#tags-of", RowList)
        advised = {tag.key for tag in rows.items if tag.advice == FOLD}
        self._marked = set() if advised <= self._marked else self._marked | advised
        rows.refresh()
        self._show_title()

    def action_fold(self) -> None:
        tags = [t.tag for t in self.query_one("#tags-of", RowList).items if t.key in self._marked]
        if not tags:
            self.notify(_("mark the tags to fold with f first"), markup=False)
            return
        text = _("fold into {trigger}: {tags}")
        label = text.format(trigger=display_name(self._trigger), tags=display_name(", ".join(tags)))
        self._propose(folded(tags), label)

    def action_uniform(self) -> None:
        if self.tag is not None:
            label = _("{tag} in all pictures of {trigger}").format(
                tag=display_name(self.tag.tag), trigger=display_name(self._trigger)
            )
            self._propose(uniform(self.tag.tag), label)

    @work
    async def _propose(self, change: TagChange, label: str) -> None:
        """Show what a change does to each caption; made when it is wanted."""
        dataset = self.desk.dataset
        readable = (s for s in self._pictures if dataset.state(s).unreadable is None)
        captions = ((s, dataset.caption_path(s), dataset.tags(s)) for s in readable)
        planned = plan(captions, lambda _slot, tags: change(tags), never)
        if not planned:
            self.notify(_("nothing changes"), markup=False)
        elif await self.app.push_screen_wait(PlannedScreen(label, planned)):
            self.dismiss(Chosen(planned=planned, label=label))

    def action_breakers(self) -> None:
        if self.tag is None:
            return
        having = " ".join(quote(tag) for tag in parse_tags(self._trigger))
        lacking = " OR ".join([f"-{quote(self.tag.tag)}", *(quote(r) for r in self.tag.rivals)])
        self.dismiss(Chosen(query=f"{having} ({lacking})"))

    @work
    async def action_trigger(self) -> None:
        question = _("Which trigger (the tag that all pictures of the character have)?")
        trigger = await self.app.push_screen_wait(AskTag(self.desk, question))
        if trigger:
            self._count(trigger)
        elif not self._trigger:
            self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)
