"""Tiny pictures for tests that need files, not pixels."""

from __future__ import annotations

import functools
import io

from PIL import Image


@functools.cache
def small_png(colour: tuple[int, int, int]) -> bytes:
    """A PNG of 16 x 16 pixels."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(buffer, format="PNG")
    return buffer.getvalue()
