"""What would meet each criterion that is not met, and by when it can still change (达标途径与期限).

Nothing is made up: where no window is announced, that is said.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from cultivation.standards import editions
from cultivation.standards.deadlines import Deadline, Stage, Why
from cultivation.standards.lapsing import Ahead, ahead
from cultivation.standards.levers import RISING
from cultivation.standards.models import Verdict, Window
from cultivation.standards.plan_pages import round_text
from cultivation.standards.wanting import nearest, wants
from cultivation.standards.windows import Round, State, round_of, window_for
from enterprises.registry.models import Title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cultivation.standards.explanation import Explanation, Node
    from cultivation.standards.policy import Count
    from enterprises.registry.models import Enterprise

LOOK = 6  # years ahead in which facts are seen to lapse


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would meet a criterion, and until when that is possible (途径与期限)."""

    what: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prospects:
    """The prospects of an explanation by criterion, and the round they speak of (达标展望)."""

    by_code: Mapping[str, Prospect]
    round: Round
    round_text: str


def prospects(told: Explanation, enterprise: Enterprise, *, today: dt.date) -> Prospects:
    """Return what could still change for whom an explanation is (达标展望)."""
    reader = _Reader(told, enterprise, today)
    found = {node.code: reader.of(node) for node in _deciding(told.root)}
    return Prospects(found, reader.stage.round, round_text(reader.stage.round))


def _deciding(node: Node) -> Iterator[Node]:
    """Yield a node and those below it, but not what is unmet below what is met otherwise."""
    yield node
    for part in node.parts:
        if part.verdict >= node.verdict or node.verdict < Verdict.MANUAL:
            yield from _deciding(part)


class _Reader:
    """Reads one explanation; knows the round that can still be reached."""

    def __init__(self, told: Explanation, enterprise: Enterprise, today: dt.date) -> None:
        self.told, self.enterprise, self.today = told, enterprise, today
        tier, path = told.edition.tier, enterprise.region_path
        counts = {count.name: count for count in editions.policy(told.edition).counts}
        self.windows = list(Window.objects.all())
        seen: dict[str, Any] = {"on": today, "path": path, "known": self.windows}
        year = max(told.as_of.year, today.year)
        target = round_of(tier, told.kind, year, **seen)
        if target.state == State.OVER:
            target = round_of(tier, told.kind, year + 1, **seen)
        self.stage = Stage(target, today, counts)
        self.as_told = Stage(Round(told.as_of.year, State.UNKNOWN), today, counts)
        self.past = told.as_of.year < today.year
        self.ahead = self._ahead(counts)
        self.titles = self._titles()

    def of(self, node: Node) -> Prospect:
        """Return the prospect of one criterion."""
        if node.verdict in {Verdict.UNMET, Verdict.UNKNOWN}:
            facts = self.told.facts
            if node.criterion.line and not node.is_leaf:
                return Prospect(tuple(nearest(node, facts, self.as_told)))
            what = tuple(wants(node, facts, self.as_told))
            return Prospect(what, () if self.past else tuple(self._when(node)))
        if node.verdict == Verdict.MET and not self.past:
            return Prospect((), tuple(self._lapse(node)))
        return Prospect()

    # ---- by when ----------------------------------------------------------------------------
    def _when(self, node: Node) -> list[str]:
        quantity = node.criterion.quantity
        if quantity is None:
            return []
        if quantity.shape == "fact":
            return self._of_statement(node, quantity.names[0])
        if quantity.is_span:
            return self._of_count(node, quantity.names[0])
        return self._of_figures(node)

    def _of_figures(self, node: Node) -> list[str]:
        quantity = node.criterion.quantity
        assert quantity is not None  # noqa: S101 - only leaves with figures come here
        said = []
        if any(figure.value is None and figure.year < self.today.year for figure in node.used):
            said.append(self._until(self.stage.round.closes))
        wrong = sorted({want.year for want in node.wanted})
        stated = {figure.year for figure in node.used if figure.value is not None}
        if wrong == [self.told.as_of.year] and quantity.years == (0,):
            text = gettext("The round of %(year)s takes the platform's score of %(year)s.")
            return [*said, text % {"year": self.told.as_of.year + 1}]
        closed = [year for year in wrong if year < self.today.year and year in stated]
        if closed:
            text = gettext(
                "The figures of %(years)s are closed: only a mistake can be corrected, "
                "with evidence."
            )
            said += [text % {"years": _listed(closed)}, self._next(node, closed)]
        elif wrong and wrong[-1] >= self.today.year:
            said.append(self._by(dt.date(wrong[-1], 12, 31)))
        return said

    def _next(self, node: Node, closed: list[int]) -> str:
        """Say which round takes other figures than those of closed years."""
        quantity = node.criterion.quantity
        backs = sorted({back for _, back in quantity.figures}) if quantity else [1]
        first = self.today.year + 1
        if quantity and quantity.over in {"", "each"} and quantity.shape in {"figure", "ratio"}:
            first = max(first, closed[-1] + backs[-1] + 1)
        years = sorted(first - back for back in backs)
        text = gettext(
            "The first round that takes others is that of %(round)s, with the figures of "
            "%(years)s; %(last)s closes on 31 December."
        )
        return text % {"round": first, "years": _listed(years), "last": years[-1]}

    def _of_count(self, node: Node, name: str) -> list[str]:
        comparison = node.criterion.comparison
        if comparison is not None and comparison.order not in RISING:
            low = self.told.facts.get(f"{name}_low") or 0
            bound = comparison.threshold
            if isinstance(bound, bool | tuple) or low <= bound:
                return [self._until(self.stage.round.closes)]
            later = [day for day, _, high in self.ahead.get(name, []) if high <= bound]
            text = gettext("What happened counts no longer from %(day)s on.")
            return [text % {"day": later[0].isoformat()}] if later else [str(Why.HAPPENED.label)]
        return [self._of_deadline(self.stage.deadline(f"{name}_low", self.told.facts))]

    def _of_statement(self, node: Node, name: str) -> list[str]:
        deadline = self.stage.deadline(name, self.told.facts)
        if deadline.why == Why.OWN_ROUND:
            tier = name.removeprefix("title_")
            path = self.enterprise.region_path
            own = window_for(tier, "recognition", self.today, path, known=self.windows)
            return [gettext("The title has a round of its own first."), round_text(own)]
        if deadline.why == Why.WAITING:
            return self._by_waiting(node)
        return [self._of_deadline(deadline)]

    def _by_waiting(self, node: Node) -> list[str]:
        since, comparison = self.enterprise.niche_since, node.criterion.comparison
        if since is None or comparison is None or isinstance(comparison.threshold, bool | tuple):
            return []
        begun = since.year + ((since.month, since.day) != (1, 1))
        text = gettext("By waiting alone it is reached for the round of %(year)s.")
        return [text % {"year": begun + int(comparison.threshold)}]

    def _of_deadline(self, deadline: Deadline) -> str:
        if deadline.why in {Why.WINDOW, Why.STATE}:
            return self._until(deadline.until)
        if deadline.open and deadline.until:
            return self._by(deadline.until)
        if deadline.why == Why.CLOSED_YEAR:
            text = gettext("The years it counts in are closed for the round of %(year)s.")
            return text % {"year": self.stage.round.year}
        text = str(deadline.why.label)
        return text[:1].upper() + text[1:] + gettext(".")

    def _until(self, closes: dt.date | None) -> str:
        year = self.stage.round.year
        if closes is None:
            text = gettext(
                "For the round of %(year)s: before its window closes, on a day not announced yet."
            )
            return text % {"year": year}
        text = gettext("For the round of %(year)s: by %(day)s, when its window closes.")
        return text % {"year": year, "day": closes.isoformat()}

    def _by(self, day: dt.date) -> str:
        text = gettext("For the round of %(year)s: by %(day)s.")
        return text % {"year": self.stage.round.year, "day": day.isoformat()}

    # ---- what lapses ------------------------------------------------------------------------
    def _ahead(self, counts: Mapping[str, Count]) -> Mapping[str, Ahead]:
        """Return how the counts that matter change by time alone."""
        asked = {}
        for node in self.told.root.walk():
            quantity, comparison = node.criterion.quantity, node.criterion.comparison
            if quantity is None or comparison is None or not quantity.is_span:
                continue
            rising = comparison.order in RISING
            if node.verdict == (Verdict.MET if rising else Verdict.UNMET):
                asked[quantity.names[0]] = counts[quantity.names[0]]
        if self.past or not asked:
            return {}
        until = dt.date(self.today.year + LOOK, 12, 31)
        return ahead(self.enterprise.pk, asked.values(), since=self.told.as_of, until=until)

    def _titles(self) -> Mapping[str, dt.date]:
        """Return until when the titles that an edition asks for are valid."""
        asked = [
            node.code
            for node in self.told.root.walk()
            if node.criterion.quantity and node.criterion.quantity.names[0].startswith("title_")
        ]
        if self.past or not asked:
            return {}
        running = Title.objects.filter(enterprise=self.enterprise, ended_on__isnull=True)
        return {f"title_{tier}": day for tier, day in running.values_list("tier", "valid_to")}

    def _lapse(self, node: Node) -> list[str]:
        quantity, comparison = node.criterion.quantity, node.criterion.comparison
        if quantity is None or comparison is None:
            return []
        name, bound = quantity.names[0], comparison.threshold
        if quantity.shape == "fact":
            day = self.titles.get(name) if bound is True else None
            if day is None or day > self.stage.day:
                return []
            text = gettext("It is valid until %(day)s, not to the round of %(year)s.")
            return [text % {"day": day.isoformat(), "year": self.stage.round.year}]
        if not quantity.is_span or isinstance(bound, bool | tuple):
            return []
        short = [day for day, low, _ in self.ahead.get(name, []) if low < bound]
        if comparison.order not in RISING or not short:
            return []
        text = gettext("By what is kept now, too few count from %(day)s on.")
        return [text % {"day": short[0].isoformat()}]


def _listed(years: list[int]) -> str:
    return gettext(", ").join(map(str, years))
