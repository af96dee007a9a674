"""Text in terminal cells: Japanese characters are two cells wide."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from nasutui.core.text import display_name


def fit(text: str, width: int) -> str:
    """Text from outside, safe, in exactly `width` cells; cut with … when it is longer."""
    shown = display_name(text)
    if width <= 0:
        return ""
    if cell_len(shown) <= width:
        return set_cell_size(shown, width)
    return set_cell_size(set_cell_size(shown, width - 1).rstrip() + "…", width)


def right(text: str, width: int) -> str:
    """Text at the right end of `width` cells."""
    return " " * max(0, width - cell_len(text)) + text


def bar(share: float, width: int) -> str:
    """A bar of `width` cells, filled to `share` (0 to 1), in eighths of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    partial = " ▏▎▍▌▋▊▉"[rest] if full < width else ""
    return ("█" * full + partial.strip(" ") if rest else "█" * full).ljust(width)
