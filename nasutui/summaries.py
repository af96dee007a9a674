"""What a finished step and a line of an answer say to a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nasutui.core.events import Finished, Row
from nasutui.core.i18n import _
from nasutui.core.text import display_name


def summary_line(event: Finished) -> str:
    """One sentence for the end of a step."""
    values = {k: display_name(v) if isinstance(v, str) else v for k, v in event.summary.items()}
    text = _sentence(event.step, values)
    failed = values.get("failed")
    if failed:
        text += _(", {failed} skipped").format(failed=failed)
    return text


def _sentence(step: str, values: Mapping[str, Any]) -> str:
    counts = {k: v for k, v in values.items() if isinstance(v, int)}
    filled = {"made": 0, "changed": 0, "unchanged": 0, **counts}
    match step:
        case "prepare":
            filled["made"] += filled.get("remade", 0)
            return _(
                "prepared: {made} made, {unchanged} there already, {duplicate} duplicates -> {output}"
            ).format(output=values.get("output", ""), **filled)
        case "caption":
            if not values:
                return _("captioned: nothing")
            return _(
                "captioned: {made} new, {changed} changed, {unchanged} unchanged ({inferred} looked"
                " at by {model}) -> {output}"
            ).format(**{**values, **filled})
        case "add-tag" | "edit":
            return _("captions: {changed} changed, {unchanged} unchanged").format(**filled)
        case "translate":
            return _(
                "Japanese side files: {made} new, {changed} changed, {unchanged} unchanged"
            ).format(**filled)
        case "export":
            return _(
                "dataset: {pictures} pictures x {repeats} repeats ({made} written, {unchanged} there"
                " already) -> {output}"
            ).format(output=values.get("output", ""), **filled)
        case "run":
            return _("{project}: done").format(project=values.get("project", ""))
        case "undo" | "redo":
            return _("{changes} changes, {files} files").format(**filled)
        case "new":
            return _("{project} is ready; put pictures into {raw}").format(**values)
        case _:
            return f"{step}: " + ", ".join(f"{k} {v}" for k, v in values.items())


def row_line(row: Row) -> str:
    """One line of an answer."""
    data = row.data
    if row.kind == "change":
        when = datetime.fromisoformat(data["at"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        state = {"undone": _("undone"), "dropped": _("undone")}.get(data["state"], "")
        text = f"{data['id']:>5}  {when}  {data['step']:<9}  {data['files']:>5}  {display_name(data['label'])}"
        return f"{text}  ({state})" if state else text
    return "\t".join(display_name(str(v)) for v in data.values())
