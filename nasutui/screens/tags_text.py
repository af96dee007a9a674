"""What the Tags workplace says of a picture."""

from __future__ import annotations

import functools

from textual.content import Content

from nasutui.core.dataset.tag_details import Details, proposals
from nasutui.core.dataset.tokens import Border, TokenCounter, best_counter, borders
from nasutui.core.editing.captions import tag_key
from nasutui.core.editing.listing import OTHER_SUFFIX
from nasutui.core.i18n import _, ngettext
from nasutui.core.text import display_name
from nasutui.tag_desk import TagDesk, name_of
from nasutui.widgets.tag_list import LINE, PROPOSED, REJECTED, TAG, TagRow


def tag_rows(desk: TagDesk, slot: int, details: Details) -> list[TagRow]:
    """A caption's tags with the borders of CLIP's pieces between them, then what else the tagger
    saw."""
    dataset = desk.dataset
    if dataset.state(slot).unreadable is not None:
        return []  # nobody knows what is in it, so that nothing can be said of what is not
    tags = dataset.tags(slot)
    wrong = {place for problem in desk.problems(slot) for place in problem.places}
    edges: dict[int, list[Border]] = {}
    for border in borders(tags, _counter(desk)) if tags else ():
        edges.setdefault(border.tag, []).append(border)
    origins = details.origins(tags)
    rows: list[TagRow] = []
    for place, tag in enumerate(tags):
        rows += [TagRow(LINE, _border_text(border, desk)) for border in edges.get(place, ())]
        key = tag_key(tag)
        rows.append(
            TagRow(TAG, tag, place, desk.japanese(tag), details.scores.get(key),
                   desk.counts.get(key, 0), origins[place], place in wrong)
        )  # fmt: skip
    return rows + _proposed(desk, tags, details)


def _proposed(desk: TagDesk, tags: tuple[str, ...], details: Details) -> list[TagRow]:
    found = proposals(tags, details, desk.selection)
    if not found:
        return []
    rows = [TagRow(LINE, _("the tagger also saw"))]
    for proposal in found:
        tag = desk.spelling(proposal.tag)
        count = desk.counts.get(tag_key(tag), 0)
        kind = REJECTED if proposal.rejected else PROPOSED
        rows.append(TagRow(kind, tag, -1, desk.japanese(tag), proposal.score, count))
    return rows


def _counter(desk: TagDesk) -> TokenCounter:
    return desk.dataset.rules.counter or best_counter()


def _border_text(border: Border, desk: TagDesk) -> str:
    about = "" if _counter(desk).exact else "~"
    return ngettext("{about}{count} token", "{about}{count} tokens", border.limit).format(
        about=about, count=border.limit
    )


@functools.lru_cache(maxsize=64)
def _oddity(name: str) -> str:
    return {
        "bom": _("with a byte order mark"),
        "encoding": _("not UTF-8"),
        "lines": _("several lines"),
        "crlf": _("line ends of Windows"),
    }.get(name, name)


def info_lines(desk: TagDesk, slot: int, said: str) -> Content:
    """Two lines: the picture and its numbers; what was done last, or else the first problem."""
    dataset = desk.dataset
    tags, state = dataset.tags(slot), dataset.state(slot)
    counter = _counter(desk)
    about = "" if counter.exact else "~"
    facts = [
        ngettext("{count} tag", "{count} tags", len(tags)).format(count=len(tags)),
        ngettext("{about}{count} token", "{about}{count} tokens", counter.count(tags)).format(
            about=about, count=counter.count(tags)
        ),
        *(_oddity(name) for name in state.oddities),
    ]
    if dataset.item(slot).picture == "":
        facts.append(_("no picture"))
    elif dataset.item(slot).caption.endswith(OTHER_SUFFIX):
        facts.append(_("in a {ending} file").format(ending=OTHER_SUFFIX))
    name = display_name(name_of(dataset, slot))
    first = Content.assemble((name, "bold"), ("  " + ", ".join(facts), "$text-muted"), "\n")
    if said:
        return Content.assemble(first, (said, "$text-success"))
    if state.unreadable is not None:
        return Content.assemble(first, (display_name(state.unreadable), "$text-error"))
    problems = desk.problems(slot)
    if not problems:
        return first
    more = f"  (+{len(problems) - 1})" if len(problems) > 1 else ""
    hint = _("m mends it: ") if problems[0].mendable else ""
    return Content.assemble(first, (f"! {hint}{problems[0].text}{more}", "$text-warning"))
