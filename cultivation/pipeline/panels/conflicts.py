"""Conflicts of interest between experts and the firms of cases, found in what is on record (回避).

Which ties count, and for how many years, no official text known to us says: they are settings of a
panel (unverified). The ministry asks for a random choice and for recusal as such.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from cultivation.pipeline.models import CriterionReview, ExpertTie, Move, PanelBar, Relation
from enterprises.accounts.models import Seat
from enterprises.registry import names
from enterprises.registry.models import Enterprise, EquityRound, NameRecord

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from cultivation.pipeline.models import Application, ExpertProfile, Panel

Reason, Kind = PanelBar.Reason, ExpertTie.Kind
REASONS = {Kind.SHARES: Reason.SHARES, Kind.WORK: Reason.WORK, Kind.FAMILY: Reason.FAMILY}


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts as a conflict on a panel (回避规则)."""

    since: int  # ties that ended in this year or later count
    same_county: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict found: whose, with which enterprise, why (冲突)."""

    profile: int
    enterprise: int
    reason: str
    detail: str = ""


def rule_of(panel: Panel, on: dt.date) -> Rule:
    """Return the rule of a panel on a day."""
    return Rule(since=on.year - panel.years, same_county=panel.same_county)


def find(
    profiles: QuerySet[ExpertProfile], applications: QuerySet[Application], rule: Rule
) -> list[Clash]:
    """Return all conflicts between experts and the firms of applications, in a fixed order."""
    firms = Enterprise.objects.filter(pk__in=applications.order_by().values("enterprise"))
    found = {
        *_by_ties(profiles, firms, rule),
        *_by_seats(profiles, firms),
        *_by_office(profiles, firms),
    }
    if rule.same_county:
        found.update(_by_county(profiles, firms))
    return sorted(found, key=lambda one: (one.profile, one.enterprise, one.reason, one.detail))


def _by_ties(
    profiles: QuerySet[ExpertProfile], firms: QuerySet[Enterprise], rule: Rule
) -> Iterator[Clash]:
    """Give the ties to the firms themselves, under any name they bear or bore, and to investors."""
    codes, keys, investors = _known_as(firms)
    related = _related(firms, rule)
    ties = ExpertTie.objects.filter(profile__in=profiles.order_by().values("pk"))
    for tie in ties.order_by("pk"):
        if tie.until is not None and tie.until < rule.since:
            continue
        same = {codes[tie.credit_code]} if tie.credit_code in codes else set()
        same |= keys.get(tie.name_key, set())
        for firm in same:
            yield Clash(tie.profile_id, firm, _reason(tie), _detail(tie))
        if tie.kind != Kind.WORK:
            for firm in investors.get(tie.name_key, set()) - same:
                yield Clash(tie.profile_id, firm, Reason.INVESTOR, _detail(tie))
        for firm in related[tie.credit_code] | related[tie.name_key]:
            yield Clash(tie.profile_id, firm, Reason.RELATED, _detail(tie))


def _known_as(
    firms: QuerySet[Enterprise],
) -> tuple[dict[str, int], dict[str, set[int]], dict[str, set[int]]]:
    """Return firms by credit code, by each name they bear or bore, by names of investors."""
    codes: dict[str, int] = {}
    keys: dict[str, set[int]] = defaultdict(set)
    for pk, code, key in firms.values_list("pk", "credit_code", "name_key"):
        codes[code] = pk
        keys[key].add(pk)
    among = firms.order_by().values("pk")
    for pk, key in NameRecord.objects.filter(enterprise__in=among).values_list(
        "enterprise", "name_key"
    ):
        keys[key].add(pk)
    investors: dict[str, set[int]] = defaultdict(set)
    rounds = EquityRound.objects.filter(enterprise__in=among).exclude(investor="")
    for pk, name in rounds.values_list("enterprise", "investor"):
        investors[names.key(name)].add(pk)
    keys.pop("", None)
    investors.pop("", None)
    return codes, keys, investors


def _related(firms: QuerySet[Enterprise], rule: Rule) -> dict[str, set[int]]:
    """Return firms by credit codes and names of enterprises they are related to (关联企业)."""
    among = firms.order_by().values("pk")
    rows = Relation.objects.filter(Q(until=None) | Q(until__year__gte=rule.since))
    found: dict[str, set[int]] = defaultdict(set)
    for one, other in (("enterprise", "other"), ("other", "enterprise")):
        there = rows.filter(**{f"{one}__in": among})
        fields = (one, f"{other}__credit_code", f"{other}__name_key")
        for firm, code, key in there.values_list(*fields):
            found[code].add(firm)
            found[key].add(firm)
    found.pop("", None)
    return found


def _by_seats(profiles: QuerySet[ExpertProfile], firms: QuerySet[Enterprise]) -> Iterator[Clash]:
    """Give who sits or ever sat for a firm here."""
    rows = Seat.objects.filter(
        user__expert_profile__in=profiles.order_by().values("pk"),
        enterprise__in=firms.order_by().values("pk"),
    )
    for profile, firm in rows.values_list("user__expert_profile", "enterprise"):
        yield Clash(profile, firm, Reason.SEAT)


def _by_office(profiles: QuerySet[ExpertProfile], firms: QuerySet[Enterprise]) -> Iterator[Clash]:
    """Give who once took a step or spoke on an application of a firm in an office."""
    among = {
        "made_by__expert_profile__in": profiles.order_by().values("pk"),
        "application__enterprise__in": firms.order_by().values("pk"),
    }
    fields = ("made_by__expert_profile", "application__enterprise")
    for rows in (Move.objects, CriterionReview.objects):
        for profile, firm in rows.filter(**among).order_by().values_list(*fields).distinct():
            yield Clash(profile, firm, Reason.HANDLED)


def _by_county(profiles: QuerySet[ExpertProfile], firms: QuerySet[Enterprise]) -> Iterator[Clash]:
    """Give who lives in the county where a firm is registered."""
    living: dict[str, list[int]] = defaultdict(list)
    for profile, path in profiles.order_by().exclude(county=None).values_list("pk", "county__path"):
        living[path].append(profile)
    for firm, path in firms.order_by().values_list("pk", "region_path"):
        for profile in living.get(path, ()):
            yield Clash(profile, firm, Reason.COUNTY)


def _reason(tie: ExpertTie) -> str:
    if tie.kind == Kind.EMPLOYER:
        return Reason.EMPLOYER if tie.until is None else Reason.PAST_EMPLOYER
    return REASONS[Kind(tie.kind)]


def _detail(tie: ExpertTie) -> str:
    years = "–".join(str(year) for year in (tie.since, tie.until) if year)
    return f"{tie.name} {years}".strip()[:300]


def by_expert(found: Iterable[Clash]) -> dict[tuple[int, int], list[Clash]]:
    """Return conflicts by expert and enterprise."""
    sorted_: dict[tuple[int, int], list[Clash]] = defaultdict(list)
    for clash in found:
        sorted_[clash.profile, clash.enterprise].append(clash)
    return sorted_
