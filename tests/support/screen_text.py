"""What a screen shows, as text."""

from __future__ import annotations

from textual.app import App


def screen_text(app: App[None]) -> str:
    """The lines of the screen as a person sees them."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines[:height]).ljust(min(width, 1))
