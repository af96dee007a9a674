"""A dark and a light theme, in the colours of an eggplant (nasu) and its flower."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="nasutui-dark",
    primary="#9d7cd8",
    secondary="#7aa2f7",
    accent="#ff9e64",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#d5d6ea",
    background="#16151f",
    surface="#1d1c29",
    panel="#2a2839",
    dark=True,
    variables={
        "block-cursor-background": "#5b4a8a",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#332f47",
        "text-muted": "#9a98b5",
        "scrollbar": "#454060",
        "scrollbar-hover": "#5b4a8a",
        "scrollbar-active": "#9d7cd8",
        "scrollbar-background": "#1d1c29",
        "scrollbar-background-hover": "#1d1c29",
        "scrollbar-background-active": "#1d1c29",
    },
)
LIGHT = Theme(
    name="nasutui-light",
    primary="#5f3d9c",
    secondary="#2f5fb3",
    accent="#b3470a",
    warning="#8a5a00",
    error="#b3183a",
    success="#2f6f1f",
    foreground="#221f2e",
    background="#faf8ff",
    surface="#f1eef9",
    panel="#e2ddf0",
    dark=False,
    variables={
        "block-cursor-background": "#5f3d9c",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#d6cdec",
        "text-muted": "#6a6580",
        "scrollbar": "#c4bbdd",
        "scrollbar-hover": "#a294c8",
        "scrollbar-active": "#5f3d9c",
        "scrollbar-background": "#f1eef9",
        "scrollbar-background-hover": "#f1eef9",
        "scrollbar-background-active": "#f1eef9",
    },
)
THEMES = (DARK, LIGHT)
