"""Each picture as a table that can be taken away, and its colours for a file (图表导出)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from cultivation.digital.dashboard import dimensions
from cultivation.digital.dashboard.levels import BANDS, label
from cultivation.pipeline.stages import LADDER
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from cultivation.digital.dashboard.board import Board
    from cultivation.digital.path import Figure

Table = tuple[list[str], list[list[Any]]]
TOKEN = re.compile(r"(--[\w-]+):\s*([^;{}]+);")
USE = re.compile(r"var\((--[\w-]+)\)")
BOTH = re.compile(r"light-dark\(([^,()]+),\s*[^()]+\)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SHEETS = ("tokens.css", "pictures.css")


def percent(ppm: int | None) -> str:
    """Return a share as text with two decimals, cut off, not rounded; nothing for None."""
    if ppm is None:
        return ""
    sign, size = ("-" if ppm < 0 else ""), abs(ppm) // 100
    return f"{sign}{size // 100}.{size % 100:02}%"


def table(picture: str, board: Board) -> Table:
    """Return heading and rows of a picture (图表数据)."""
    return TABLES[picture](board)


def _lines(board: Board) -> Table:
    found = board.lines
    names = [str(one) for one in board.view.definitions]
    heading = [_("Day"), *names, _("Path"), *(_("Forecast, low"), _("middle"), _("high"))]
    none = [""] * 3
    past = found.table if found else ()
    rows = [[day, *map(percent, rates), percent(path), *none] for day, rates, path in past]
    ahead = found.fan.table if found and found.fan else ()
    blank = [""] * (len(names) + 1)
    return heading, [*rows, *([day, *blank, *map(percent, rates)] for day, *rates in ahead)]


def _figure(figure: Figure) -> list[Any]:
    return [
        figure.total,
        figure.transformed,
        figure.not_transformed,
        figure.not_assessed,
        percent(figure.rate),
        percent(figure.required),
        percent(figure.gap),
        figure.gap_firms if figure.total else "",
        figure.monthly_firms if figure.monthly_firms is not None else "",
    ]


def _tiles(board: Board) -> Table:
    heading = [
        _("Region code"), _("Region"), _("Holders"), _("Transformed"), _("Not transformed"),
        _("Not assessed"), _("Rate"), _("Path"), _("Gap, points"), _("Gap, firms"),
        _("Needed a month"), _("Day"), _("Definition"),
    ]  # fmt: skip
    tail = [board.on, str(board.view.definition or "")]
    rows = [
        [
            row.region.code if row.region else "",
            str(row.region or _("At this level itself")),
            *_figure(row.figure),
            *tail,
        ]
        for row in board.parts
    ]
    whole = board.view.figure
    if whole:
        region = board.view.region
        rows.append([region.code, str(region), *_figure(whole), *tail])
    return heading, rows


def _funnel(board: Board) -> Table:
    heading = [_("Stage or tier"), _("Firms"), _("Median days in it"), _("Day")]
    rows = [
        [bar.step.label, bar.step.firms, bar.step.median_days, board.stages_on]
        for bar in board.funnel.bars
    ]
    return heading, rows


def _tiers(board: Board) -> Table:
    heading = [_("Day"), *(str(Tier(tier).label) for tier in LADDER)]
    found = board.tiers
    return heading, [[day, *counts] for day, counts in found.table] if found else []


def _levels(board: Board) -> Table:
    heading = [_("Day"), *(label(name) for name in BANDS), _("Holders")]
    found = board.levels
    return heading, [[day, *counts, all_] for day, counts, all_ in found.table] if found else []


def _published(board: Board) -> Table:
    heading = [_("Day"), _("Little giants, as published"), _("Note"), _("Verified")]
    return heading, [
        [total.day, total.count, total.note, _("yes") if total.verified else _("no")]
        for total in board.published.totals
    ]


def _split(board: Board) -> Table:
    found = board.split
    heading = [
        str(dimensions.NAMES[found.by]) if found else "", _("Holders"), _("Transformed"),
        _("Not transformed"), _("Not assessed"), _("Rate"), _("Day"), _("Definition"),
    ]  # fmt: skip
    tail = [board.on, str(board.view.definition or "")]
    return heading, [
        [
            row.label, row.total, row.transformed, row.not_transformed, row.not_assessed,
            percent(row.rate), *tail,
        ]
        for row in (found.rows if found else ())
    ]  # fmt: skip


def _targets(board: Board) -> Table:
    return targets(board)


def targets(board: Board) -> Table:
    """Return the goals with value, path, gap, source and how sure they are (目标表)."""
    heading = [
        _("Code"), _("Goal"), _("Applies to"), _("As worded"), _("Due"), _("Value now"),
        _("Reported"), _("Document"), _("Path"), _("Gap"), _("Not known"), _("Source"),
        _("Confidence"),
    ]  # fmt: skip
    rows = []
    for one in board.standings:
        write: Callable[[int | None], Any] = (
            percent if one.is_share else lambda value: "" if value is None else value
        )
        measured, reported = one.measured, one.reported
        rows.append(
            [
                one.target.code, str(one.target), one.target.scope, one.target.stated,
                one.target.due_on, write(measured.value if measured else None),
                write(reported.value if reported else None), reported.source if reported else "",
                write(one.required), write(one.gap), measured.unknown if measured else "",
                one.target.document, one.target.confidence,
            ]
        )  # fmt: skip
    return heading, rows


TABLES: dict[str, Callable[[Board], Table]] = {
    "lines": _lines,
    "tiles": _tiles,
    "funnel": _funnel,
    "tiers": _tiers,
    "levels": _levels,
    "published": _published,
    "split": _split,
    "targets": _targets,
}
DRAWN = ("lines", "tiles", "funnel", "tiers", "levels", "published")


@cache
def colours() -> str:
    """Return the style of the pictures with every colour written out, as on paper (图色)."""
    folder = settings.BASE_DIR / "config" / "static" / "css"
    tokens, style = (COMMENT.sub("", (folder / name).read_text("utf-8")) for name in SHEETS)
    own, rules = style.split("}", 1)
    values = dict(TOKEN.findall(tokens.split("@media")[0])) | dict(TOKEN.findall(own))
    text = rules.split("@media")[0]
    for _turn in range(3):
        text = USE.sub(lambda use: values.get(use[1], "currentColor"), text)
    return " ".join(BOTH.sub(r"\1", text).split())
