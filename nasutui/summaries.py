"""What a finished step and a line of an answer say to a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nasutui.core.events import Finished, Row
from nasutui.core.i18n import _, ngettext
from nasutui.core.text import display_name
from nasutui.generate_summaries import compare_sentence, generate_sentence, score_line
from nasutui.links import notebook_line


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
        case "export" if filled["failed"] and not filled["pictures"]:
            return ngettext(
                "no dataset was written: {count} error that `check` shows",
                "no dataset was written: {count} errors that `check` shows",
                filled["failed"],
            ).format(count=filled["failed"])
        case "export":
            return _(
                "dataset: {pictures} pictures x {repeats} repeats ({made} written, {unchanged} there"
                " already) -> {output}"
            ).format(output=values.get("output", ""), **filled)
        case "check":
            return _check_sentence(values)
        case "lora":
            return _("{changes} tags have changed since it was trained").format(**values)
        case "send" if "kept" not in values:
            return _("not sent yet: {output}").format(**values)
        case "send":
            return _("sent: {name}, {megabytes} MB -> {output}").format(
                megabytes=round(values["bytes"] / 1e6, 1), **values
            )  # fmt: skip
        case "colab":
            return _(
                "in Colab: a T4 as the runtime, the project's name in the field, run all cells"
            )
        case "fetch-lora" if "lora" not in values:
            return _("not fetched yet: {name}").format(**values)
        case "fetch-lora":
            return _("fetched: {lora}").format(**values)
        case "run":
            return _("{project}: done").format(project=values.get("project", ""))
        case "prompt":
            return str(values["prompt"])
        case "undo" | "redo":
            return ", ".join(
                (
                    ngettext("{count} change", "{count} changes", filled["changes"]).format(
                        count=filled["changes"]
                    ),
                    ngettext("{count} file", "{count} files", filled["files"]).format(
                        count=filled["files"]
                    ),
                )
            )
        case "bench-tagger" if "use" in values:
            return _bench_sentence(values)
        case "new":
            return _("{project} is ready; put pictures into {raw}").format(**values)
        case "generate":
            return generate_sentence(values)
        case "compare":
            return compare_sentence(values)
        case _:
            return f"{step}: " + ", ".join(f"{k} {v}" for k, v in values.items())


def _bench_sentence(values: Mapping[str, Any]) -> str:
    text = _("{model} takes {cpu} seconds a picture on the processor; ").format(**values)
    if values["use"] == "cpu":
        return text + _("nothing here is right and clearly faster, so caption without a flag")
    return text + _("caption with: --accelerator {use}").format(**values)


def action_word(action: str) -> str:
    """What was done to an item, in the interface's language."""
    words = {
        "made": _("made"),
        "remade": _("made again"),
        "changed": _("changed"),
        "removed": _("removed"),
        "duplicate": _("there already:"),
    }
    return words.get(action, action)


def _check_sentence(values: Mapping[str, Any]) -> str:
    count = values["errors"]
    wrong = ngettext("{count} error", "{count} errors", count).format(count=count)
    count = values["warnings"]
    odd = ngettext("{count} warning", "{count} warnings", count).format(count=count)
    text = _("check: {errors}, {warnings}").format(errors=wrong, warnings=odd)
    if "steps" in values:
        low, high = (round(s / 60) for s in values["seconds"])
        text += _(
            "; {pictures} pictures x {repeats} repeats, {steps} steps, about {low} to {high} minutes"
            " on a T4"
        ).format(**values, low=low, high=high)
    return text


def row_line(row: Row) -> str:
    """One line of an answer."""
    data = row.data
    match row.kind:
        case "change":
            return _change_line(data)
        case "finding":
            word = _("error") if data["severity"] == "error" else _("warning")
            return f"{word}: {data['message']}"
        case "tag-change":
            return str(data["message"])
        case "lora":
            return _lora_line(data)
        case "notebook":
            return notebook_line(data)
        case "tag":
            count = f"{data['count']:,}" if data["count"] else ""
            return f"{display_name(data['tag'])}\t{display_name(data['japanese'])}\t{count}"
        case "entry":
            return "\t".join(display_name(part) for part in data["line"].split("\t"))
        case "measured":
            return str(data["message"])
        case "part":
            return ""  # the prompt comes as a whole at the end
        case "score":
            return score_line(data)
        case _:
            return "\t".join(display_name(str(v)) for v in data.values())


def _change_line(data: Mapping[str, Any]) -> str:
    when = datetime.fromisoformat(data["at"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    state = {"undone": _("undone"), "dropped": _("undone")}.get(data["state"], "")
    text = (
        f"{data['id']:>5}  {when}  {data['step']:<9}  {data['files']:>5}"
        f"  {display_name(data['label'])}"
    )
    return f"{text}  ({state})" if state else text


def _lora_line(data: Mapping[str, Any]) -> str:
    """The facts that are known, by name."""
    names = ("dim", "alpha", "steps", "epochs", "base", "base_model", "pictures", "trigger")
    facts = [f"{name} {display_name(str(data[name]))}" for name in names if data[name]]
    said = ", ".join(facts) or _("it says nothing of itself")
    return f"{display_name(data['name'])}: {said}"
