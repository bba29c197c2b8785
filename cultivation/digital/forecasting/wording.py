"""What a forecast says, in words (预测用语)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.digital.forecasting.states import STAGES, Reading

if TYPE_CHECKING:
    from cultivation.digital.models import Forecast

NARROW = 700_000  # ppm: so few within the range of four fifths are too few


def state(number: int, *, of: int) -> str:
    """Return the name of a state, of so many (状态名称)."""
    if number == 0:
        return _("not assessed")
    if of == STAGES:
        return _("begun, not there yet") if number == 1 else _("there")
    return _("level %(level)s") % {"level": number - 1}


def climbs(row: Forecast) -> list[tuple[str, int]]:
    """Return for each state that does not count the chance to count within a year (达标机会)."""
    reading = Reading(row.definition)
    states = list(enumerate(row.climbs))[: reading.there]
    return [(state(number, of=reading.number), chance) for number, chance in states]


def narrow(summary: dict[str, Any] | None) -> bool:
    """Tell whether clearly less lay within the range of four fifths than it promises (区间过窄)."""
    return summary is not None and summary["inside80"] < NARROW


def widened(slack: dict[str, Any]) -> str:
    """Say how much wider than the model's own the ranges are, and why (区间放宽说明)."""
    if "ppm" not in slack:
        return ""
    said = {
        "points": f"{slack['ppm'] / 10_000:.1f}",
        "origins": slack["origins"],
        "cases": slack["cases"],
    }
    if slack["origins"] and slack["ppm"]:
        return (
            _(
                "Ranges are wider than the model’s own: for each year ahead %(points)s points are "
                "added as squares on either side, the least that would have held four fifths of "
                "what came after %(origins)s earlier days, in %(cases)s cases."
            )
            % said
        )
    if slack["origins"]:
        return (
            _(
                "Ranges are the model’s own: after %(origins)s earlier days they would have held "
                "four fifths of what came, in %(cases)s cases."
            )
            % said
        )
    if slack["ppm"]:
        return (
            _(
                "This definition is too young to be tried on earlier days. Its ranges are wider "
                "by what the other definitions needed: %(points)s points for each year ahead, "
                "added as squares."
            )
            % said
        )
    return _("Ranges are the model’s own: there were no earlier days to try them on.")


def best(summary: dict[str, Any] | None) -> str:
    """Say which way was least off in the back-test (回测结论)."""
    if summary is None:
        return ""
    names = {
        "forecast": _("The forecast was least off."),
        "line": _("The straight line was less off than the forecast."),
        "logistic": _("The logistic curve was less off than the forecast."),
    }
    ways = {way: summary[way] for way in names}
    return names[min(ways, key=lambda way: (ways[way], way != "forecast"))]
