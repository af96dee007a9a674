"""Names that every tool on the way takes: zips, Drive, the trainer, WebUIs."""

from __future__ import annotations


def is_safe_name(name: str) -> bool:
    """True for ASCII letters, digits, - and _."""
    return bool(name) and name.isascii() and all(c.isalnum() or c in "-_" for c in name)


def safe_name(name: str) -> str:
    """The nearest safe name ("lora" when nothing is left)."""
    kept = "".join(c if is_safe_name(c) else "_" for c in name)
    return kept.strip("_") or "lora"
