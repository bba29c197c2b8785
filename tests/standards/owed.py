"""Which worked cases a standard owes, worked out from what it says (应有判例).

An item is a criterion's code with what a case must show of it; `owed` lists the items of a policy,
`shown` those that a case shows and states the outcome of. The second evaluator only sorts cases;
what is right is stated by the cases themselves.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from cultivation.standards.choosing import chosen
from cultivation.standards.policy import EVERYWHERE, KINDS, Case
from tests.standards.oracle import MET, applied, evaluate
from tests.standards.owed_groups import of_group, of_line, shown_by_group
from tests.standards.owed_leaves import Item, of_leaf, shown_by_leaf
from tests.standards.seeds import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.cases import WorkedCase
    from cultivation.standards.policy import Amendment, Criterion, Policy, Reach

DAY = dt.timedelta(days=1)
ELSEWHERE = "32"  # a unit for which no standard has a rule of its own


def owed(policy: Policy) -> set[Item]:
    """Return what the worked cases of a policy must show."""
    found: set[Item] = set()
    for standard in standards(policy):
        for criterion in standard.walk():
            found |= set(of_leaf(criterion) if criterion.quantity else of_group(criterion))
            found |= set(of_line(criterion))
            if criterion.advisory:
                found.add((criterion.code, "has no say"))
    above = {part.code: c.reach for c in policy.root.walk() for part in c.parts}
    for criterion in policy.root.walk():
        if criterion.reach != above.get(criterion.code):
            found |= {(criterion.code, what) for what in _reach(policy, criterion.reach)}
    for n, amendment in enumerate(policy.amendments):
        found |= {(amendment.of, f"change {n} {what}") for what in _reach(policy, amendment.reach)}
    kinds = {kind for period in policy.periods for kind in period.kinds}
    return found | {(policy.root.code, f"qualifies at {kind}") for kind in kinds}


def standards(policy: Policy) -> set[Criterion]:
    """Return all that a policy can amount to, for whatever kind, day and unit."""
    reaches = [c.reach for c in policy.root.walk()] + [a.reach for a in policy.amendments]
    reaches += [period.reach for period in policy.periods]
    days = {reach.since for reach in reaches if reach.since}
    days |= {reach.until + DAY for reach in reaches if reach.until}
    cases = itertools.product(KINDS, sorted(days), [ELSEWHERE, *sorted(policy.units)])
    claimed = [case for one in cases if _claimed(policy, case := Case(*one))]
    return {standard for case in claimed if (standard := applied(policy, case))}


def shown(policy: Policy, cases: tuple[WorkedCase, ...]) -> set[Item]:
    """Return what worked cases show, each of the criteria whose outcome it states."""
    found: set[Item] = set()
    judged_as = {worked.case for worked in cases}
    applying = {case: applied(policy, case) for case in judged_as if _claimed(policy, case)}
    for worked in cases:
        standard = applying.get(worked.case)
        if standard is None:
            continue
        stated = worked.gives.keys() | worked.points.keys()
        said = evaluate(standard, worked.facts)
        for criterion in standard.walk():
            if criterion.code in stated:
                labels = shown_by_leaf(criterion, worked.facts) if criterion.quantity else ()
                found |= {(criterion.code, label) for label in labels}
                found |= {(criterion.code, label) for label in shown_by_group(criterion, said)}
        found |= {(code, what) for code, what in _shown_of_reach(policy, worked) if code in stated}
        root = worked.gives.get(policy.root.code)
        if root in {"met", "manual"}:
            found.add((policy.root.code, f"qualifies at {worked.case.kind}"))
            poor = [c.code for c in standard.walk() if c.advisory and said[c.code].verdict < MET]
            found |= {(code, "has no say") for code in poor if code in stated}
    return found


def _claimed(policy: Policy, case: Case) -> bool:
    """Tell whether a case is judged by a policy, and not by another of its tier."""
    found = chosen(POLICIES, tier=policy.tier, kind=case.kind, on=case.on, path=case.path)
    return found is not None and found.code == policy.code


def _reach(policy: Policy, reach: Reach) -> Iterator[str]:
    """Yield where it must be shown that a rule applies, and where that it does not."""
    if reach == EVERYWHERE:
        return
    inside = Case((reach.kinds or KINDS)[0], reach.since or reach.until or policy.in_force, "")
    inside = replace(inside, path=(reach.units or (ELSEWHERE,))[0])
    if reach.kinds:
        days = [p.since for p in policy.periods if p.since] + [inside.on]
        for kind in KINDS:
            if any(_claimed(policy, replace(inside, kind=kind, on=on)) for on in days):
                yield f"{'applies' if kind in reach.kinds else 'not'} at {kind}"
    for day, other, labels in (
        (reach.since, -DAY, ("on its first day", "not the day before")),
        (reach.until, DAY, ("on its last day", "not the day after")),
    ):
        if (
            day
            and _claimed(policy, replace(inside, on=day))
            and _claimed(policy, replace(inside, on=day + other))
        ):
            yield from labels
    if reach.units:
        yield from (f"applies in {unit}" for unit in reach.units)
        yield "not elsewhere"
    if reach.not_units:
        yield from (f"not in {unit}" for unit in reach.not_units)
        yield "applies elsewhere"


def _shown_of_reach(policy: Policy, worked: WorkedCase) -> Iterator[Item]:
    for criterion in policy.root.walk():
        absent = worked.gives.get(criterion.code) == "absent"
        for label in _at(criterion.reach, worked.case):
            if absent == label.startswith("not"):
                yield criterion.code, label
    for n, amendment in enumerate(policy.amendments):
        stated = amendment.of in worked.gives or amendment.of in worked.points
        labels = list(_at(amendment.reach, worked.case)) if stated else []
        if labels and _matters(policy, amendment, worked):
            yield from ((amendment.of, f"change {n} {label}") for label in labels)


def _at(reach: Reach, case: Case) -> Iterator[str]:
    """Say in what a case lies at the border of a reach, inside it or outside by that alone."""
    unit, inside = case.path[:2], reach.covers(case)
    for name, label in (
        ("kinds", f"at {case.kind}"),
        ("units", f"in {unit}" if inside else "elsewhere"),
        ("not_units", "elsewhere" if inside else f"in {unit}"),
    ):
        if getattr(reach, name) and (inside or replace(reach, **{name: ()}).covers(case)):
            yield f"{'applies' if inside else 'not'} {label}"
    if inside:
        yield from ["on its first day"] * (case.on == reach.since)
        yield from ["on its last day"] * (case.on == reach.until)
    elif reach.since and case.on == reach.since - DAY and replace(reach, since=None).covers(case):
        yield "not the day before"
    elif reach.until and case.on == reach.until + DAY and replace(reach, until=None).covers(case):
        yield "not the day after"


def _matters(policy: Policy, amendment: Amendment, worked: WorkedCase) -> bool:
    """Tell whether a change would be seen in the case if it applied, and if it did not."""
    others = tuple(a for a in policy.amendments if a is not amendment)
    everywhere = (*others, replace(amendment, reach=EVERYWHERE))
    found = []
    for amendments in (others, everywhere):
        standard = applied(replace(policy, amendments=amendments), worked.case)
        found.append(evaluate(standard, worked.facts).get(amendment.of) if standard else None)
    return found[0] != found[1]
