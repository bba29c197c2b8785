"""What pages show of scenarios: sentences, tables, bars, comparisons, finished (情景页面内容)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.standards.tallies import COUNTS
from enterprises.places.models import Industry, Region
from enterprises.registry.models import SizeClass, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cultivation.standards.models import Scenario

PLACES = ("unit", "city", "county")
WIDTH = 100  # of one side of a bar
MOST_ROWS = 400  # rows of a table on a page; the export has all
MEASURES = tuple(COUNTS)
TOLD = ("before", "after", "losses", "gains", "casualties", "unknown_after")  # in a table's row
LADDERS = {"held": ("", *Tier.values), "size": tuple(SizeClass.values)}  # not in order of letters


def dimension_names() -> dict[str, str]:
    """Return what the dimensions of a table are called (维度)."""
    return {
        "unit": _("recommending unit"),
        "city": _("city"),
        "county": _("county or district"),
        "held": _("title held"),
        "section": _("industry section"),
        "size": _("size class"),
    }


def measure_names() -> dict[str, str]:
    """Return what the counts are called (统计项)."""
    return {
        "firms": _("enterprises looked at"),
        "before": _("qualify now"),
        "after": _("would qualify"),
        "gains": _("gain"),
        "losses": _("lose"),
        "cleared": _("qualify, could not be told before"),
        "doubtful": _("qualify now, could no longer be told"),
        "holders": _("holders of the title"),
        "stay": _("would stay under the present rules"),
        "casualties": _("fall at re-check"),
        "saved": _("saved at re-check"),
        "unknown_before": _("cannot be told now"),
        "unknown_after": _("could not be told"),
    }


def list_names() -> dict[str, str]:
    """Return what the lists of enterprises are called (名单)."""
    return {
        "gains": _("those who gain"),
        "losses": _("those who lose"),
        "casualties": _("holders who fall at re-check"),
        "saved": _("holders saved at re-check"),
        "cleared": _("those who qualify and could not be told before"),
        "doubtful": _("those who could no longer be told"),
        "qualify": _("those who would qualify"),
        "unknown": _("those who could not be told"),
    }


def region_name(scenario: Scenario) -> str:
    """Return the name of the region a scenario looks at."""
    region = Region.objects.filter(path=scenario.region_path, in_use=True).order_by("code").first()
    return str(region) if region else scenario.region_path


@dataclass(frozen=True, slots=True)
class Names:
    """Texts of places, titles, sections and sizes; places by one query (名称)."""

    texts: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, results: Iterable[dict[str, Any]]) -> Names:
        """Return the names that results ask for."""
        paths = {
            row[0] for result in results for p in PLACES for row in result.get("by", {}).get(p, [])
        }
        places = {r.path: str(r) for r in Region.objects.filter(path__in=paths, in_use=True)}
        sections = Industry.objects.filter(is_section=True)
        other = {
            "held": {"": _("none")} | {value: str(label) for value, label in Tier.choices},
            "section": {"": _("not stated")} | {one.code: f"{one.code} {one}" for one in sections},
            "size": {value: str(label) for value, label in SizeClass.choices},
        }
        return cls(dict.fromkeys(PLACES, places) | other)

    def say(self, dimension: str, key: str) -> str:
        """Return the text of a key; one without a name is shown as it is."""
        return self.texts[dimension].get(key, key or _("not stated"))


@dataclass(frozen=True, slots=True)
class BarRow:
    """A row of a table with its picture: losses to the left, gains to the right (一行)."""

    key: str
    label: str
    counts: Mapping[str, int]
    loss_at: float
    loss: float
    gain: float


@dataclass(frozen=True, slots=True)
class BarTable:
    """A result by one dimension (分布表)."""

    dimension: str
    title: str
    rows: Sequence[BarRow]
    more: int = 0


def in_order(dimension: str, key: str) -> tuple[int, str]:
    """Return where a key stands among those of its dimension: titles as the ladder has them."""
    ladder = LADDERS.get(dimension, ())
    return (ladder.index(key) if key in ladder else len(ladder), key)


def tables(scenario: Scenario, names: Names) -> list[BarTable]:
    """Return a scenario's result by each dimension, where something turns first in the list.

    Rows that would say nothing but nought are left out; the export has them.
    """
    titles = dimension_names()
    made = []
    for dimension, stored in scenario.result["by"].items():
        every = ((row[0], dict(zip(COUNTS, row[1:], strict=True))) for row in stored)
        rows = [(key, counts) for key, counts in every if any(counts[name] for name in TOLD)]
        rows.sort(key=lambda row: in_order(dimension, row[0]))
        widest = max((max(c["gains"], c["losses"]) for _, c in rows), default=0) or 1
        bars = [
            BarRow(
                key,
                names.say(dimension, key),
                counts,
                round(WIDTH - counts["losses"] * WIDTH / widest, 2),
                round(counts["losses"] * WIDTH / widest, 2),
                round(counts["gains"] * WIDTH / widest, 2),
            )
            for key, counts in rows
        ]
        if dimension in PLACES:
            bars.sort(key=lambda bar: -bar.counts["gains"] - bar.counts["losses"])
        more = max(len(bars) - MOST_ROWS, 0)
        made.append(BarTable(dimension, titles[dimension], bars[:MOST_ROWS], more))
    return sorted((t for t in made if t.rows), key=lambda t: list(titles).index(t.dimension))


@dataclass(frozen=True, slots=True)
class Cross:
    """A result by two dimensions (交叉表)."""

    pair: str
    measure: str
    over: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, str, Sequence[tuple[str, int]]]]  # key, text, (column, number)


def cross(scenario: Scenario, names: Names, *, pair: str, measure: str) -> Cross | None:
    """Return one count by two dimensions; None where nothing was stored of the pair."""
    stored = scenario.result["pairs"].get(pair)
    if stored is None:
        return None
    one, other = pair.split()
    at = 2 + list(COUNTS).index(measure)
    cells = {(row[0], row[1]): row[at] for row in stored}
    counted = [keys for keys, number in cells.items() if number]
    down = sorted({key for key, _column in counted}, key=lambda key: in_order(one, key))
    along = sorted({key for _row, key in counted}, key=lambda key: in_order(other, key))
    rows = [
        (key, names.say(one, key), [(column, cells.get((key, column), 0)) for column in along])
        for key in down
    ]
    columns = [(key, names.say(other, key)) for key in along]
    return Cross(pair, measure, dimension_names()[one], columns, rows[:MOST_ROWS])


def pairs(scenario: Scenario) -> list[tuple[str, str]]:
    """Return the pairs of dimensions that can be crossed."""
    titles = dimension_names()
    said = [(pair, pair.split()) for pair in scenario.result["pairs"]]
    return [
        (p, _("%(one)s × %(other)s") % {"one": titles[a], "other": titles[b]}) for p, (a, b) in said
    ]


def sentence(scenario: Scenario) -> str:
    """Say in a sentence or two what a scenario would do (结论)."""
    if not scenario.result:
        return _("Not computed yet.")
    totals = {name: f"{value:,}" for name, value in scenario.result["totals"].items()}
    texts = [
        _(
            "Of %(firms)s enterprises %(before)s qualify now and %(after)s would: %(gains)s gain, "
            "%(losses)s lose."
        )
    ]
    if scenario.result["totals"]["cleared"] or scenario.result["totals"]["doubtful"]:
        texts += [
            _(
                "Besides, %(cleared)s that could not be told before for want of figures "
                "qualify, and %(doubtful)s could no longer be told."
            )
        ]
    if scenario.result["totals"]["holders"]:
        texts += [
            _(
                "Of %(holders)s holders of the title %(stay)s would stay at re-check under the "
                "present rules; %(casualties)s of them would fall."
            )
        ]
    between = " " if (get_language() or "").startswith("en") else ""
    return between.join(texts) % totals
