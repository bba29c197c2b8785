"""Which edition a case is judged by: tier, kind, day, recommending unit (适用标准的选择).

A notice or an annex that names an edition for a time wins over what editions say of themselves;
among equals an edition wins over the one it supersedes. Two that still claim a case are refused
when they are loaded, so that choosing never has to guess.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from cultivation.standards.policy import KINDS, Case, Period, Policy, PolicyError, narrowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def period_of(said: Policy, *, kind: str, on: dt.date, path: str = "") -> Period | None:
    """Return the period in which an edition claims a case; a notice's before its own (适用期)."""
    case = Case(kind, on, path)
    claims = [period for period in said.periods if period.reach.covers(case)]
    return max(claims, key=lambda period: bool(period.overlay), default=None)


def chosen(
    policies: Iterable[Policy], *, tier: str, kind: str, on: dt.date, path: str = ""
) -> Policy | None:
    """Return the policy that a case is judged by, or None (适用标准)."""
    found = _claimants(policies, tier=tier, kind=kind, on=on, path=path)
    return found[0] if found else None


def spread(policies: Sequence[Policy], *, tier: str, kind: str, on: dt.date) -> list[Policy]:
    """Return the policies that a nation is judged by, each narrowed to the units it covers."""
    units = sorted(_units(policies, tier))
    of_unit: dict[str, str] = {}
    known: dict[str, Policy] = {}
    for unit in ["", *units]:
        policy = chosen(policies, tier=tier, kind=kind, on=on, path=unit)
        of_unit[unit] = policy.code if policy else ""
        if policy:
            known[policy.code] = policy
    rest = of_unit.pop("")
    found = []
    for code, policy in known.items():
        mine = tuple(unit for unit in units if of_unit[unit] == code)
        others = tuple(unit for unit in units if of_unit[unit] != code)
        if code != rest:
            found.append(narrowed(policy, units=mine))
        else:
            found.append(narrowed(policy, not_units=others) if others else policy)
    return found


def refuse_conflicts(policies: Sequence[Policy]) -> None:
    """Refuse editions of which two claim the same case, or that supersede what is not there."""
    known = {policy.code: policy for policy in policies}
    for policy in policies:
        _refuse_supersession(policy, known)
    for tier in {policy.tier for policy in policies}:
        of_tier = [policy for policy in policies if policy.tier == tier]
        for on in _turning_days(of_tier):
            for unit in ["", *_units(of_tier, tier)]:
                for kind in KINDS:
                    found = _claimants(of_tier, tier=tier, kind=kind, on=on, path=unit)
                    if len(found) > 1:
                        raise _conflict(found[0], found[1], kind, on, unit)


def _claimants(
    policies: Iterable[Policy], *, tier: str, kind: str, on: dt.date, path: str
) -> list[Policy]:
    """Return those that claim a case and are not set aside by another; one, if all is well."""
    claims: dict[bool, list[Policy]] = defaultdict(list)
    known = {policy.code: policy for policy in policies}
    for policy in known.values():
        if policy.tier == tier and (period := period_of(policy, kind=kind, on=on, path=path)):
            claims[bool(period.overlay)].append(policy)
    found = claims[True] or claims[False]
    set_aside = {code for policy in found for code in _ancestors(policy, known)}
    return [policy for policy in found if policy.code not in set_aside]


def _ancestors(policy: Policy, known: dict[str, Policy]) -> set[str]:
    """Return the codes of all editions that one supersedes, one after the other."""
    found: set[str] = set()
    code = policy.supersedes
    while code and code not in found:
        found.add(code)
        code = known[code].supersedes if code in known else ""
    return found


def _refuse_supersession(policy: Policy, known: dict[str, Policy]) -> None:
    code = policy.supersedes
    if not code:
        return
    at = f"{policy.code}.toml: header: supersedes {code!r}"
    if code not in known:
        raise PolicyError(f"{at}, which is not there; name one of {', '.join(sorted(known))}")
    if known[code].tier != policy.tier:
        raise PolicyError(f"{at}, which is of another tier; name one of {policy.tier}")
    if policy.code in _ancestors(policy, known):
        raise PolicyError(f"{at}, which supersedes it in turn; drop one of the two")


def _conflict(one: Policy, other: Policy, kind: str, on: dt.date, unit: str) -> PolicyError:
    where = f" in unit {unit}" if unit else ""
    return PolicyError(
        f"{other.code}.toml: period: it claims {kind} on {on}{where}, and so does {one.code}.toml; "
        f'end one of the periods before, or state supersedes = "{one.code}"'
    )


def _turning_days(policies: Iterable[Policy]) -> list[dt.date]:
    """Return the days on which what applies may change."""
    found = set()
    for policy in policies:
        for period in policy.periods:
            if period.since:
                found.add(period.since)
            if period.until:
                found.add(period.until + dt.timedelta(days=1))
    return sorted(found)


def _units(policies: Iterable[Policy], tier: str) -> set[str]:
    return {
        unit
        for policy in policies
        if policy.tier == tier
        for period in policy.periods
        for unit in period.reach.units + period.reach.not_units
    }
