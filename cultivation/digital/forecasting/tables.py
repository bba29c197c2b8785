"""What the page of a forecast shows, as tables to take away (预测导出)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.digital.dashboard.pictures import percent
from cultivation.digital.forecasting import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from cultivation.digital.dashboard.pictures import Table
    from cultivation.digital.models import Forecast


def table(name: str, row: Forecast) -> Table:
    """Return heading and rows of a part of the page (预测数据)."""
    heading, rows = TABLES[name](row)
    tail = [row.made_on, row.tier, str(row.definition), row.definition_version]
    return (
        [*heading, _("Made on"), _("Tier"), _("Definition"), _("Version")],
        [[*cells, *tail] for cells in rows],
    )


def _fan(row: Forecast) -> Table:
    heading = [
        _("Day"), _("Holders expected"), _("One in ten below"), _("One in four below"),
        _("Middle"), _("One in four above"), _("One in ten above"),
    ]  # fmt: skip
    return heading, [
        [
            point.on, point.holders,
            *map(percent, (point.low, point.lower, point.middle, point.upper, point.high)),
        ]
        for point in reading.fan(row)
    ]  # fmt: skip


def _parts(row: Forecast) -> Table:
    heading = [
        _("Region code"), _("Region"), _("Holders"), _("Rate"), _("Expected"),
        _("One in ten below"), _("One in ten above"), _("Chance of missing"),
        _("Needed a month"), _("Gained a month"), _("Own moves weigh"),
    ]  # fmt: skip
    return heading, [
        [
            one.region.code, str(one.region), one.total,
            *map(percent, (one.rate, one.middle, one.low, one.high, one.missing)),
            _points(one.needed), _points(one.run_rate), percent(one.own),
        ]
        for one in [*reading.parts(row), row]
    ]  # fmt: skip


def _backtest(row: Forecast) -> Table:
    heading = [
        _("Region"), _("Came"), _("Said"), _("One in ten below"), _("One in ten above"),
        _("Forecast off by, points"), _("Line off by"), _("Curve off by"),
    ]  # fmt: skip
    return heading, [
        [
            str(one.region or row.region),
            *map(percent, (one.actual, one.forecast, one.low, one.high)),
            *map(_points, one.errors.values()),
        ]
        for one in reading.tested(row, reading.parts(row))
    ]


def _record(row: Forecast) -> Table:
    heading = [
        _("Made on"), _("Months ahead"), _("Day"), _("Came"), _("Said"), _("One in ten below"),
        _("One in ten above"), _("Came less said, points"),
    ]  # fmt: skip
    kept = reading.record(row.region, tier=row.tier, definition=row.definition)
    return heading, [
        [
            one.made_on, one.months, one.of,
            *map(percent, (one.came, one.middle, one.low, one.high)), _points(one.off),
        ]
        for one in kept
    ]  # fmt: skip


def _points(hundredths: int | None) -> Any:
    """Return hundredths as a number with two decimals; nothing for None."""
    return "" if hundredths is None else f"{hundredths / 100:.2f}"


TABLES: dict[str, Callable[[Forecast], Table]] = {
    "fan": _fan,
    "parts": _parts,
    "backtest": _backtest,
    "record": _record,
}
