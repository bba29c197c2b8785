"""What of the facts can still change for a round, by when, and what cannot any more (可变期限).

Figures of a closed year stand, those of the running year close on 31 December; rights and
statements count until the window closes; titles have rounds of their own; years in the niche come
by waiting; what has happened ages out of its years.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cultivation.standards.indicators import FIGURE_UNITS, STATEMENTS
from cultivation.standards.windows import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cultivation.standards.policy import Count
    from cultivation.standards.windows import Round

Row = dict[str, Any]
OF_THE_PRODUCT = frozenset({"domain_scheme", "strategic_stated", "key_link", "industry_section"})
OF_THE_ENTERPRISE = frozenset(
    {
        *("mainland_entity", "obeys_laws", "prohibited_product"),
        *("champion_title", "controls_little_giant", "group_similar_product"),
    }
)


class Why(TextChoices):
    """Why a value can change until a day, or cannot (缘由)."""

    RUNNING_YEAR = "running_year", _("the year closes on 31 December")
    WINDOW = "window", _("it counts until the window closes")
    STATE = "state", _("nothing is stated yet")
    CLOSED_YEAR = (
        "closed_year",
        _("the year is closed: only a mistake can be corrected, with evidence"),
    )
    OWN_ROUND = "own_round", _("a title is granted in a round of its own")
    WAITING = "waiting", _("it grows by waiting alone")
    HAPPENED = "happened", _("what has happened counts until it is old enough")
    NATURE = "nature", _("it lies in what the enterprise is and makes")
    FOLLOWS = "follows", _("it follows from staff, revenue and assets")
    PLATFORM = "platform", _("the platform has given this year's score")
    OVER = "over", _("the window of this round has closed")


@dataclass(frozen=True, slots=True)
class Deadline:
    """Whether a value can still change for a round, until when, and why (期限)."""

    why: Why
    open: bool
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A round as planned for on a day (规划时点)."""

    round: Round
    today: dt.date
    counts: Mapping[str, Count]

    @property
    def day(self) -> dt.date:
        """Return the day the round is judged as of."""
        return self.round.day

    @property
    def over(self) -> bool:
        """Tell whether the window has closed."""
        return self.round.state == State.OVER

    def fixed(self, columns: Iterable[str], row: Row) -> dict[str, Deadline]:
        """Return the columns that cannot change any more, with the reason (不可变项)."""
        found = {column: self.deadline(column, row) for column in columns}
        return {column: deadline for column, deadline in found.items() if not deadline.open}

    def deadline(self, column: str, row: Row) -> Deadline:
        """Return whether and until when a column can change (可变期限)."""
        if self.over:
            return Deadline(Why.OVER, open=False, until=self.day)
        if column in STATEMENTS:
            return self._of_statement(column, row)
        name, _mark, back = column.rpartition("_y")
        if name in FIGURE_UNITS:
            return self._of_figure(self.day.year - int(back), row.get(column))
        return self._of_count(column.rpartition("_")[0])

    def _of_figure(self, year: int, value: Any) -> Deadline:
        if year == self.day.year:  # the platform's score of the year of the round
            given = value is not None and year == self.today.year
            why = Why.PLATFORM if given else Why.WINDOW
            return Deadline(why, open=not given, until=self.round.closes)
        if year >= self.today.year:
            return Deadline(Why.RUNNING_YEAR, open=True, until=dt.date(year, 12, 31))
        if value is None:
            return Deadline(Why.STATE, open=True, until=self.round.closes)
        return Deadline(Why.CLOSED_YEAR, open=False, until=dt.date(year, 12, 31))

    def _of_count(self, name: str) -> Deadline:
        count = self.counts.get(name)
        if count is not None and count.of == "event":
            return Deadline(Why.HAPPENED, open=False)
        if count is not None and count.years and not count.to_date:
            last = dt.date(self.day.year - 1, 12, 31)
            open_ = last >= self.today
            why = Why.RUNNING_YEAR if open_ else Why.CLOSED_YEAR
            return Deadline(why, open=open_, until=last)
        return Deadline(Why.WINDOW, open=True, until=self.round.closes)

    def _of_statement(self, column: str, row: Row) -> Deadline:
        if column.startswith("title_"):
            return Deadline(Why.OWN_ROUND, open=False)
        if row.get(column) is None:
            return Deadline(Why.STATE, open=True, until=self.round.closes)
        if column == "niche_years":
            return Deadline(Why.WAITING, open=False)
        if column == "is_sme":
            return Deadline(Why.FOLLOWS, open=False)
        if column in OF_THE_PRODUCT | OF_THE_ENTERPRISE:
            return Deadline(Why.NATURE, open=False)
        return Deadline(Why.WINDOW, open=True, until=self.round.closes)


def assumed(columns: Iterable[str], row: Row) -> dict[str, tuple[int, int]]:
    """Return figures nobody stated as those of the nearest year: value and years back (暂按).

    For planning alone: what is assumed is said, and has to be stated before it counts.
    """
    found = {}
    for column in sorted(columns):
        name, _mark, back = column.rpartition("_y")
        if name not in FIGURE_UNITS or row.get(column) is not None:
            continue
        years = sorted((0, 1, 2, 3), key=lambda year: (abs(year - int(back)), -year))
        stated = [(row[c], year) for year in years if row.get(c := f"{name}_y{year}") is not None]
        if stated:
            found[column] = stated[0]
    return found
