"""Enter on an option: type its value, or step on where it can't be typed."""

from __future__ import annotations

from nasutui.screens.base import Workplace
from nasutui.widgets.ask import AskText
from nasutui.widgets.options import Option, OptionRows


async def type_option(screen: Workplace, rows: OptionRows, option: Option) -> bool:
    """Ask for the value; True when something was typed. What is wrong with it is said."""
    if option.take is None:
        rows.action_step(1)
        return False
    shown = option.value()
    text = await screen.app.push_screen_wait(
        AskText(option.title + ":", "" if shown == "-" else shown, hint=option.explain)
    )
    if text is None:
        return False
    wrong = option.take(text)
    if wrong:
        screen.notify(wrong, severity="error", markup=False)
    rows.refresh()
    return True
