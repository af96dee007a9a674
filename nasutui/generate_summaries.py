"""What the ends of `generate` and `compare`, and a comparison's scores, say to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nasutui.core.i18n import _
from nasutui.core.text import display_name


def generate_sentence(values: Mapping[str, Any]) -> str:
    """One sentence for the end of `generate`."""
    text = _("pictures: {made} drawn").format(made=values.get("made", 0))
    warnings = values.get("warnings")
    if warnings:
        text += _(", {warnings} not as asked for").format(warnings=warnings)
    return text


def compare_sentence(values: Mapping[str, Any]) -> str:
    """One sentence for the end of `compare`."""
    return _("comparison: {made} drawn, {unchanged} there already -> {page}").format(
        made=values.get("made", 0),
        unchanged=values.get("unchanged", 0),
        page=values.get("page", ""),
    )


def score_line(data: Mapping[str, Any]) -> str:
    """One LoRA at one weight: name, weight, together, prompt, style; tabs between."""
    name = display_name(data["lora"]) or _("no LoRA")
    weight = f"{data['weight']:g}" if data["lora"] else ""
    shares = (data["total"], data["prompt"], data["style"])
    told = ("-" if share is None else f"{share * 100:.0f} %" for share in shares)
    return "\t".join((name, weight, *told))
