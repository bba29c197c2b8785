"""What pages show of the law: editions, what lies over them, what applies where (标准页面).

Every text is in the active language; units are called by their names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import get_language

from cultivation.standards import choosing, phrases
from cultivation.standards.policy import EVERYWHERE, KINDS, Case
from enterprises.places.models import Region
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from cultivation.standards.models import Edition, Overlay
    from cultivation.standards.policy import (
        Criterion,
        Period,
        Policy,
        Reach,
        Supplement,
    )

    Names = Mapping[str, str]


def unit_names() -> dict[str, str]:
    """Return the recommending units' names by code, in the active language (推荐单位名称)."""
    units = Region.objects.filter(is_unit=True, in_use=True)
    return {region.path: str(region) for region in units}


@dataclass(frozen=True, slots=True)
class Laid:
    """What lies over an edition, finished for a page (年度通知、地方细则)."""

    overlay: Overlay
    said: Supplement
    names: Names

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def title(self) -> str:
        return _in_language(self.said)

    @property
    def where(self) -> str:
        """Return its units by name; empty is everywhere."""
        return phrases.units(self.said.reach.units, self.names)

    @property
    def late(self) -> dt.date | None:
        """Return the day it was loaded, if its edition had been judged by without it till then."""
        loaded: dt.date = localdate(self.overlay.loaded_at)
        before: dt.date = localdate(self.overlay.edition.loaded_at)
        return loaded if loaded > max(before, self.said.in_force) else None

    @property
    def unsure(self) -> int:
        """Return how many of its criteria and periods are not sure."""
        criteria = [c for _, branch in self.said.criteria for c in branch.walk()]
        return sum(not c.source.verified for c in criteria) + sum(
            period.confidence != "H" for period in self.said.periods
        )

    @property
    def periods(self) -> list[str]:
        """Return for which cases it names the edition."""
        return [phrases.reach(period.reach, self.names) for period in self.said.periods]

    @property
    def criteria(self) -> list[Criterion]:
        """Return the criteria it adds, without their groups' parts."""
        return [branch for _, branch in self.said.criteria]

    @property
    def leaves(self) -> list[Criterion]:
        """Return the criteria it adds that are no groups."""
        return [c for branch in self.criteria for c in branch.walk() if not c.parts]

    @property
    def amended(self) -> list[str]:
        """Return the codes of the criteria it changes."""
        return [amendment.of for amendment in self.said.amendments]


@dataclass(frozen=True, slots=True)
class Entry:
    """An edition with what lies over it, and how sure its criteria are (标准一览)."""

    edition: Edition
    policy: Policy
    laid: Sequence[Laid]
    supersedes: Edition | None = None
    superseded_by: Edition | None = None

    @property
    def own(self) -> list[Criterion]:
        """Return its own criteria, without groups and what lies over it."""
        theirs = {c.code for one in self.laid for c in one.leaves}
        return [c for c in self.policy.root.walk() if not c.parts and c.code not in theirs]

    @property
    def unverified(self) -> int:
        """Return how many of its own criteria are not sure."""
        return sum(not criterion.source.verified for criterion in self.own)

    @property
    def periods(self) -> list[Period]:
        """Return for which cases it names itself."""
        return [period for period in self.policy.periods if not period.overlay]


@dataclass(frozen=True, slots=True)
class History:
    """The editions of a tier, the newest first (标准沿革)."""

    tier: str
    label: str
    entries: Sequence[Entry]


def histories(pairs: Sequence[tuple[Edition, Policy]], names: Names) -> list[History]:
    """Return editions with what lies over them, tier by tier, the newest first."""
    by_pk = {edition.pk: edition for edition, _ in pairs}
    later = {edition.supersedes_id: edition for edition, _ in pairs if edition.supersedes_id}
    overlays = {o.code: o for edition, _ in pairs for o in edition.overlays.all()}
    found: dict[str, list[Entry]] = {tier.value: [] for tier in Tier}
    for edition, policy in sorted(pairs, key=lambda pair: pair[0].in_force, reverse=True):
        laid = [Laid(overlays[s.code], s, names) for s in policy.supplements]
        before = by_pk.get(edition.supersedes_id or 0)
        found[edition.tier].append(Entry(edition, policy, laid, before, later.get(edition.pk)))
    return [History(tier.value, str(tier.label), found[tier.value]) for tier in Tier]


@dataclass(frozen=True, slots=True)
class Rule:
    """By which edition a tier's cases are judged, and why (适用结果)."""

    entry: Entry
    kinds: tuple[str, ...]
    period: Period
    laid: Sequence[Laid]  # what reaches the day and the unit
    local: Sequence[Laid]  # what reaches the day in some units only, asked of the whole nation
    where: str  # the units it covers, where not all go by one edition

    @property
    def by(self) -> Laid | None:
        """Return the notice or annex that names the edition, if it does not name itself."""
        return next((one for one in self.entry.laid if one.code == self.period.overlay), None)

    @property
    def case(self) -> str:
        """Return for which applications."""
        return phrases.kinds(self.kinds)


def rules_on(
    pairs: Sequence[tuple[Edition, Policy]], names: Names, *, on: dt.date, path: str
) -> list[Rule]:
    """Return what applies on a day in a unit, or in the whole nation with none (某日某地适用)."""
    policies = [policy for _, policy in pairs]
    entries = {e.policy.code: e for history in histories(pairs, names) for e in history.entries}
    found: list[Rule] = []
    for tier in Tier.values:
        for kind in KINDS:
            for policy in _chosen(policies, tier=tier, kind=kind, on=on, path=path):
                inside = path or next(iter(policy.root.reach.units), "")
                period = choosing.period_of(policy, kind=kind, on=on, path=inside)
                if period is None:
                    continue
                rule = Rule(
                    entry=entries[policy.code],
                    kinds=(kind,),
                    period=period,
                    laid=_reaching(entries[policy.code], Case(kind, on, inside)),
                    local=[] if inside else _local(entries[policy.code], kind, on),
                    where=_where(policy.root.reach, names),
                )
                _add(found, rule)
    return found


def _chosen(
    policies: Sequence[Policy], *, tier: str, kind: str, on: dt.date, path: str
) -> list[Policy]:
    if not path:
        return choosing.spread(policies, tier=tier, kind=kind, on=on)
    one = choosing.chosen(policies, tier=tier, kind=kind, on=on, path=path)
    return [one] if one else []


def _reaching(entry: Entry, case: Case) -> list[Laid]:
    return [one for one in entry.laid if one.said.reach.covers(case)]


def _local(entry: Entry, kind: str, on: dt.date) -> list[Laid]:
    """Return what lies over an edition on a day in some units only."""
    return [
        one
        for one in entry.laid
        if any(one.said.reach.covers(Case(kind, on, unit)) for unit in one.said.reach.units)
    ]


def _where(reach: Reach, names: Names) -> str:
    return "" if reach == EVERYWHERE else phrases.reach(reach, names)


def _add(found: list[Rule], rule: Rule) -> None:
    """Add a rule, or its kind to the same rule for another kind."""
    for place, other in enumerate(found):
        if (other.entry, other.period, other.where) == (rule.entry, rule.period, rule.where):
            found[place] = replace(other, kinds=other.kinds + rule.kinds)
            return
    found.append(rule)


def _in_language(said: Supplement) -> str:
    return said.title_en if (get_language() or "").startswith("en") else said.title_zh
