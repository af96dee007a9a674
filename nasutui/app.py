"""The terminal interface."""

from __future__ import annotations


def run_app(path: str | None) -> int:
    """Open the interface, on a project or folder if one is given; returns the exit code."""
    raise NotImplementedError(path)
