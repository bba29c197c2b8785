"""Why a scenario does what it does: its changes, what decides, where a quota cuts (情景说明)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.standards import editions, phrases
from cultivation.standards.models import Scenario, Verdict
from cultivation.standards.policy import PolicyError
from cultivation.standards.scenario_changes import amendments
from cultivation.standards.scenario_pages import Names, dimension_names
from cultivation.standards.tallies import cut
from enterprises.places.models import Region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cultivation.standards.policy import Amendment, Criterion


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a scenario in words (一项调整)."""

    code: str
    label: str
    before: str
    after: str
    reach: str


def changed(scenario: Scenario) -> list[Changed]:
    """Return the changes of a scenario, each with what the edition says (调整一览)."""
    policy = editions.policy(scenario.edition)
    units = {u for row in scenario.changes for u in row.get("units", [])}
    names = {r.path: str(r) for r in Region.objects.filter(path__in=units)} if units else {}
    by_code = {criterion.code: criterion for criterion in policy.root.walk()}
    try:
        made = amendments(policy, scenario.changes)
    except PolicyError:  # the edition was loaded anew meanwhile
        return [
            Changed(row["of"], row["of"], "", _("no longer fits"), "") for row in scenario.changes
        ]
    return [_changed(by_code[change.of], change, names) for change in made]


def _changed(criterion: Criterion, change: Amendment, names: Mapping[str, str]) -> Changed:
    unit = criterion.quantity.unit if criterion.quantity else ""
    texts = []
    if change.comparison:
        texts.append(phrases.bound(criterion.comparison, unit))
    if change.bands:
        texts.append(phrases.bands(criterion.bands, unit))
    if change.points is not None:
        texts.append(phrases.points(criterion.points))
    if change.line:
        texts.append(phrases.bound(criterion.line, "points"))
    return Changed(
        criterion.code,
        phrases.label(criterion),
        " · ".join(texts) or _("examined"),
        phrases.amendment(change, unit),
        phrases.reach(change.reach, names),
    )


@dataclass(frozen=True, slots=True)
class Deciding:
    """A requirement and how many it turns (决定性条件)."""

    code: str
    label: str
    gains: int
    gains_alone: int
    losses: int
    losses_alone: int


def deciding(scenario: Scenario) -> list[Deciding]:
    """Return which requirements make enterprises gain or lose, those that turn most first."""
    by_code = {c.code: c for c in editions.policy(scenario.edition).root.walk()}
    rows = [
        Deciding(code, phrases.label(by_code[code]) if code in by_code else code, *counts)
        for code, *counts in scenario.result["deciding"]
    ]
    return sorted(rows, key=lambda row: -row.gains - row.losses)


def verdicts(scenario: Scenario) -> list[tuple[str, str, str, int]]:
    """Return how many go from which verdict to which, new applications and re-checks apart."""
    kinds = {"recognition": _("new application"), "recheck": _("re-check")}
    return [
        (kinds[kind], Verdict(before).name.lower(), Verdict(after).name.lower(), number)
        for kind, before, after, number in scenario.result["verdicts"]
    ]


def quota(scenario: Scenario, asked: str) -> dict[str, Any] | None:
    """Say where a quota of places would cut, by the lowest possible score (名额分数线)."""
    scores = scenario.result["scores"]
    if not scores:
        return None
    told: dict[str, Any] = {"asked": asked[:12], "qualify": sum(n for _, n in scores)}
    if not asked:
        return told
    places = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    if not places:
        return told | {
            "error": _("“%(value)s” is no number of places. Write a whole number.")
            % {"value": asked[:12]}
        }
    found = cut(scores, places)
    if found is None:
        return told | {"enough": True}
    return told | {"line": found[0], "reached": found[1], "places": places}


def narrowed(scenario: Scenario, asked: Mapping[str, str]) -> list[str]:
    """Say to whom a list is narrowed (筛选说明)."""
    names, titles = Names.of([scenario.result]), dimension_names()
    said = [
        f"{title}: {names.say(name, '' if asked[name] == 'none' else asked[name])}"
        for name, title in titles.items()
        if name in asked
    ]
    if code := asked.get("requirement"):
        by_code = {c.code: c for c in editions.policy(scenario.edition).root.walk()}
        label = phrases.label(by_code[code]) if code in by_code else code
        said.append(_("decided by: %(criterion)s") % {"criterion": label})
    return said
