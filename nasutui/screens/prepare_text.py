"""What the Prepare screen says of a picture."""

from __future__ import annotations

from nasutui.core.i18n import _
from nasutui.core.pictures.crop import BOX, CENTER, NONE, PAD, SMART, plan
from nasutui.core.pictures.crops import Crop, Crops
from nasutui.core.text import display_name
from nasutui.raw_pictures import RawPicture
from nasutui.widgets.cells import fit
from nasutui.widgets.row_list import Cells


def raw_row(picture: RawPicture, width: int) -> Cells:
    """Mark, name, what became of it, what is wrong with it."""
    mark = "✓" if picture.marked else " "
    made = picture.made[0].removesuffix(".png") if picture.made else ""
    more = "+" if len(picture.made) > 1 else " "
    sign, style = _sign(picture)
    name_width = max(6, width - 12)
    return [
        (mark, "mark"),
        (fit(picture.label, name_width), "strong" if picture.crops else ""),
        (" ", ""),
        (sign, style),
        (f" {made:>6}{more}", "good" if made else "dim"),
    ]


def _sign(picture: RawPicture) -> tuple[str, str]:
    if picture.problem:
        return "!", "bad"
    if picture.copy_of:
        return "=", "dim"
    if picture.similar:
        return "~", "warn"
    if picture.small:
        return "<", "warn"
    return " ", ""


def picture_line(picture: RawPicture) -> str:
    """Two lines on the raw picture."""
    if picture.problem:
        return display_name(picture.label) + "\n" + picture.problem
    facts = []
    if picture.size[0]:
        facts.append(f"{picture.size[0]} x {picture.size[1]} {picture.format}")
    if picture.copy_of:
        facts.append(_("the same bytes as {name}").format(name=display_name(picture.copy_of)))
    if picture.similar:
        facts.append(_("nearly the same as others (group {number})").format(number=picture.similar))
    if picture.small:
        facts.append(_("smaller than what comes out: it is enlarged"))
    if picture.made:
        facts.append("→ " + ", ".join(picture.made))
    return display_name(picture.label) + "\n" + "; ".join(facts)


def mode_name(mode: str) -> str:
    """A crop mode in words."""
    return {
        CENTER: _("middle"),
        SMART: _("smart"),
        PAD: _("whole, padded"),
        NONE: _("whole, for buckets"),
        BOX: _("chosen by hand"),
    }[mode]


def crop_line(picture: RawPicture, crops: Crops, slot: int, size: int) -> str:
    """What will come out: mode, size, how much it is scaled."""
    crop: Crop = crops[slot]
    lines = [mode_name(crop.mode)]
    if len(crops) > 1:
        lines[0] += f"  [{slot + 1}/{len(crops)}]"
    if picture.size[0]:
        to_do = plan(*picture.size, size, crop.mode, crop.box)
        lines.append(f"{to_do.size[0]} x {to_do.size[1]}")
        percent = round(to_do.scale * 100)
        lines.append(
            _("enlarged to {percent} %").format(percent=percent)
            if percent > 100
            else _("reduced to {percent} %").format(percent=percent)
        )
    if not picture.crops:
        lines.append(_("(the project's mode)"))
    return "\n".join(lines)
