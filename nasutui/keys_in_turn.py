"""A key is read when the one before it has done its work.

Textual hands every key at once to the widget that has the focus; what the key is bound to runs later,
on its way back to the app. After a stall of the link, keys come in one packet: "a" (type a tag),
"d", "r" would all go to the list, where d deletes. Here a key waits until the one before it was
taken, and until the screen it opened stands.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from textual import events
from textual.app import App, ScreenStackError
from textual.message import Message
from textual.message_pump import MessagePump

_LOOK_SECONDS = 0.01
_LOOKS = 50  # then the next key goes on; what holds the last one up is not for it to wait for


class KeyTaken(Message):
    """Goes the way of a key, behind it, from the widget with the focus up to the app."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeysInTurn(App[None]):
    """An app that reads one key after the other."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._keys_waiting: deque[events.Event] = deque()
        self._key_number = 0
        self._key_under_way = 0  # its number, 0 when there is none
        self._before: tuple[Any, Any] = (None, None)

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._key_under_way or self._keys_waiting:
            self._keys_waiting.append(event)
        else:
            await self._give(event)

    async def _give(self, event: events.Event) -> None:
        self._key_number += 1
        number = self._key_under_way = self._key_number
        target: MessagePump = self.focused or self.screen
        self._before = self._now()
        await super().on_event(event)
        target.post_message(KeyTaken(number))
        self._look_later(target, number, _LOOKS)

    def _look_later(self, target: MessagePump, number: int, looks: int) -> None:
        """A widget that the key took away does not pass on that it was taken."""

        def look() -> None:
            if number != self._key_under_way:
                return
            if not looks or not target.is_running or self._now() != self._before:
                self.post_message(KeyTaken(number))
            else:
                self._look_later(target, number, looks - 1)

        asyncio.get_running_loop().call_later(_LOOK_SECONDS, look)

    def _now(self) -> tuple[Any, Any]:
        """The screen and what has the focus."""
        try:
            return self.screen, self.focused
        except ScreenStackError:  # the app ends
            return None, None

    async def on_key_taken(self, message: KeyTaken) -> None:
        if message.number != self._key_under_way:
            return
        now = self._now()
        if now == self._before or now[0] is None:
            await self._give_next()
            return
        # Another screen or another focus: let it arrive, and set its own focus.
        self._before = now
        number = message.number
        now[0].call_after_refresh(lambda: self.post_message(KeyTaken(number)))
        self._look_later(now[0], number, _LOOKS)

    async def _give_next(self) -> None:
        self._key_under_way = 0
        if self._keys_waiting:
            await self._give(self._keys_waiting.popleft())
