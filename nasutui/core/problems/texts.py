"""Problems in words."""

from __future__ import annotations

from nasutui.core.editing.captions import tag_key
from nasutui.core.i18n import _, ngettext
from nasutui.core.problems import codes
from nasutui.core.problems.finding import Problem
from nasutui.core.text import display_name


def describe(problem: Problem) -> str:
    """What is wrong, in one sentence that is safe to show."""
    tags = ", ".join(display_name(tag) for tag in problem.tags)
    trigger = display_name(", ".join(problem.rules.trigger))
    limit = problem.rules.token_limit
    match problem.code:
        case codes.CONTRADICTION:
            dropped = ", ".join(
                display_name(t) for t in problem.tags if tag_key(t) in problem.drops
            )
            return _("these can't be true together: {tags} (mend: without {dropped})").format(
                tags=tags, dropped=dropped
            )
        case codes.REDUNDANT:
            tag, by = (display_name(t) for t in problem.tags)
            return _("{tag} says nothing new beside {other}").format(tag=tag, other=by)
        case codes.RATING:
            return _("{tag} is a rating, left in by a tagger").format(tag=tags)
        case codes.TRIGGER_MISSING:
            return _("the trigger {tag} is missing").format(tag=trigger)
        case codes.TRIGGER_NOT_FIRST:
            return _("the trigger {tag} is not in front").format(tag=trigger)
        case codes.EMPTY:
            return _("the caption is empty")
        case codes.DUPLICATE:
            return _("{tag} stands here twice").format(tag=tags)
        case codes.TOKENS:
            return ngettext(
                "the trainer reads {limit} token; from {tag} on it is cut off",
                "the trainer reads {limit} tokens; from {tag} on it is cut off",
                limit,
            ).format(limit=limit, tag=tags)
        case codes.ENCODING:
            return _("the file is not plain UTF-8; the trainer can't read it (mend: write it anew)")
        case codes.LINES:
            return _("there are several lines; the trainer reads the first only (mend: one line)")
        case codes.UNREADABLE:
            return display_name(problem.detail)
        case codes.TWO_CAPTIONS:
            return _(
                "there is a second caption, {name}; the .txt file is the one that is used. Look at"
                " both and take one away"
            ).format(name=display_name(problem.detail))
        case _:
            return _("{name} shares this caption; rename one of the two pictures").format(
                name=display_name(problem.detail)
            )
