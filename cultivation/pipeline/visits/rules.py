"""Which visits are owed, as dated rules read from seeds/visits.toml (应当现场核查的规则).

An H item binds of itself; any other binds where an office took it into use.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone

from cultivation.pipeline import ahead
from cultivation.pipeline.models import Application
from enterprises.accounts.scope import OFFICES
from enterprises.registry.models import AnnualReport, IntellectualProperty, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FILE = Path(settings.BASE_DIR) / "seeds" / "visits.toml"
EACH, SAMPLE = "each", "sample"
LITTLE_RESEARCH = 100_000_00  # fen
STRUCK_OFF_YEARS = 3


class VisitRuleError(ValueError):
    """A rule that makes no sense: the file, the entry and the mend."""


@dataclass(frozen=True, slots=True)
class VisitRule:
    """One rule: whose cases a level sees on site, all or a sample, from when to when (核查规则)."""

    rule: str
    tier: str
    kinds: tuple[str, ...]
    level: str
    scope: str  # each | sample
    since: dt.date
    until: dt.date | None
    clause: str
    confidence: str
    when: tuple[str, ...] = ()
    least: int = 0  # parts per million of a sample
    waivable: bool = True
    note: str = ""

    @property
    def binds(self) -> bool:
        """Tell whether it owes a visit of itself: sure, and every case."""
        return self.confidence == "H" and self.scope == EACH

    @property
    def verified(self) -> bool:
        """Tell whether its wording is sure."""
        return self.confidence == "H"

    def fits(self, tier: str, kind: str, level: str, day: dt.date) -> bool:
        """Tell whether it speaks of such cases on a day of submission."""
        in_time = self.since <= day and (self.until is None or day <= self.until)
        return in_time and (tier, level) == (self.tier, self.level) and kind in self.kinds


@cache
def rules() -> tuple[VisitRule, ...]:
    """Return all rules; VisitRuleError where the file makes no sense."""
    with FILE.open("rb") as file:
        said = tomllib.load(file)
    return tuple(_rule(number, entry) for number, entry in enumerate(said["visit"], start=1))


def named(rule: str) -> VisitRule | None:
    """Return a rule by its name."""
    return next((one for one in rules() if one.rule == rule), None)


def fitting(application: Application, level: str) -> list[VisitRule]:
    """Return the rules that speak of an application at a level, by the day it was submitted."""
    day = timezone.localdate(application.submitted_at or timezone.now())
    kind, tier = application.kind, application.tier
    return [one for one in rules() if one.fits(tier, kind, level, day)]


def owed(application: Application, level: str) -> VisitRule | None:
    """Return the rule that owes a visit of a level to a case, whatever is drawn; else None."""
    found = [one for one in fitting(application, level) if one.scope == EACH]
    for one in found:
        if one.binds:
            return one
    taken = in_use(application, found)
    return next((one for one in found if one.rule in taken and _shows(application, one)), None)


def draw_first(application: Application, level: str) -> VisitRule | None:
    """Return the rule by which a level waits for a draw before it decides; else None."""
    found = [one for one in fitting(application, level) if one.scope == SAMPLE]
    taken = in_use(application, found)
    return next((one for one in found if one.rule in taken), None)


def in_use(application: Application, among: Sequence[VisitRule]) -> set[str]:
    """Return which rules the offices over an application took into use; one query, or none."""
    if not among:
        return set()
    known, path = {one.rule for one in among}, application.region_path
    uses = ahead.rule_uses(application)
    return {rule for rule, place in uses if rule in known and path.startswith(place)}


def condition(rule: VisitRule) -> Q:
    """Return a rule as a condition on applications: tier, kind, submission, what they show."""
    found = Q(tier=rule.tier, kind__in=rule.kinds, submitted_at__gte=_morning(rule.since))
    if rule.until is not None:
        found &= Q(submitted_at__lt=_morning(rule.until + dt.timedelta(days=1)))
    return found & _any_of(rule)


def _shows(application: Application, rule: VisitRule) -> bool:
    rows = Application.objects.filter(_any_of(rule), pk=application.pk)
    return not rule.when or rows.exists()


def _any_of(rule: VisitRule) -> Q:
    found = Q()
    for name in rule.when:
        found |= Q(CONDITIONS[name]())
    return found


def _morning(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _report(**most: int) -> Exists:
    """Return that the report of the year before the application shows no more than so much."""
    return Exists(
        AnnualReport.objects.filter(
            enterprise=OuterRef("enterprise"), year=OuterRef("year") - Value(1), **most
        )
    )


def _titles(**said: Any) -> Exists:
    return Exists(Title.objects.filter(enterprise=OuterRef("enterprise"), **said))


def _struck_off() -> Exists:
    first = timezone.localdate().replace(day=1)
    since = first.replace(year=first.year - STRUCK_OFF_YEARS)
    return _titles(end_kind=Title.End.REVOKED, ended_on__gte=since)


def _no_rights() -> Any:
    rows = IntellectualProperty.objects.filter(enterprise=OuterRef("enterprise"))
    return ~Exists(rows)


CONDITIONS: dict[str, Callable[[], Any]] = {
    "five_employees": lambda: _report(employees__lte=5),
    "no_rights": _no_rights,
    "little_research": lambda: _report(rd_expense__lt=LITTLE_RESEARCH),
    "first_time": lambda: ~_titles(tier=OuterRef("tier")),
    "struck_off": _struck_off,
}


def _rule(number: int, entry: Mapping[str, Any]) -> VisitRule:
    place = f"{FILE.name}: visit {number}"
    known = set(VisitRule.__dataclass_fields__)
    if unknown := sorted(set(entry) - known):
        raise VisitRuleError(f"{place}: {', '.join(unknown)} is no key; use {sorted(known)}")
    said: dict[str, Any] = {"until": None}
    said |= {key: tuple(one) if isinstance(one, list) else one for key, one in entry.items()}
    try:
        found = VisitRule(**said)
    except TypeError as error:
        raise VisitRuleError(f"{place}: {error}") from error
    wrong = {
        "tier": found.tier not in Tier.values,
        "kinds": not set(found.kinds) <= set(Application.Kind.values) or not found.kinds,
        "level": found.level not in OFFICES,
        "scope": found.scope not in {EACH, SAMPLE},
        "confidence": found.confidence not in {"H", "M", "L"},
        "when": not set(found.when) <= CONDITIONS.keys(),
        "waivable": found.binds and found.waivable,
    }
    if bad := [key for key, is_wrong in wrong.items() if is_wrong]:
        raise VisitRuleError(f"{place}: mend {', '.join(bad)}")
    return found
