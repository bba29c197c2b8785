"""The least changes in words: what, by when, what for, or what is in the way (改动建议)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext, ngettext

from cultivation.standards.columns import column_label, column_value
from cultivation.standards.evaluation import requirements
from cultivation.standards.pages import in_language
from cultivation.standards.whatif import earliest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cultivation.standards.planning import Proposal
    from cultivation.standards.policy import Criterion
    from cultivation.standards.settling import Change
    from cultivation.standards.whatif import Outlook, Values

NICE = 3  # leading digits that a rounded amount keeps


@dataclass(frozen=True, slots=True)
class Step:
    """One change proposed, in words (一项改动)."""

    label: str
    before: str
    after: str
    rounded: str
    until: str
    criteria: list[str]


@dataclass(frozen=True, slots=True)
class Advice:
    """The least changes in words, or what stands in the way and when it would not (建议)."""

    qualifies: bool
    steps: list[Step]
    assumed: list[str]
    blocked: list[str]
    first: list[str]  # titles owed before
    large: bool  # the plan would grow beyond the size standard
    later: str


def advice(seen: Outlook, values: Values, proposal: Proposal, owed: Sequence[str]) -> Advice:
    """Return a proposal in words; `owed` are the criteria of titles due first (建议)."""
    named = {criterion.code: criterion for criterion in seen.standard.walk()}
    columns = {change.column for change in proposal.changes}
    taken = [c for c in seen.assumption(values) if c not in columns or c in seen.bygone]
    planned = {**seen.assumption(values), **values, **proposed(proposal)}
    return Advice(
        qualifies=proposal.qualifies,
        steps=[_step(change, seen, named) for change in proposal.changes],
        assumed=[_assumed(column, seen) for column in taken],
        blocked=_required(proposal.blocked, seen),
        first=_required(owed, seen),
        large=seen.planned(planned).get("is_sme") is False
        and seen.facts.get("is_sme") is not False,
        later="" if proposal.qualifies else _later(seen),
    )


def _required(codes: Sequence[str], seen: Outlook) -> list[str]:
    """Return the requirements to which criteria belong, each with the codes of its own."""
    found = []
    for criterion in requirements(seen.standard):
        inside = [part.code for part in criterion.walk() if part.code in codes]
        if inside:
            found.append(f"{in_language(criterion)} ({', '.join(inside)})")
    return found


def proposed(proposal: Proposal) -> Values:
    """Return the values of a proposal by column (方案取值)."""
    return {change.column: change.after for change in proposal.changes}


def _step(change: Change, seen: Outlook, named: Mapping[str, Criterion]) -> Step:
    column, stage = change.column, seen.stage
    deadline = stage.deadline(column, seen.facts)
    until = deadline.until.isoformat() if deadline.until else ""
    before, after = change.before, change.after
    if column.endswith("_low"):
        more = column_value(column, after - (before or 0), stage, exact=True)
        said = gettext("%(amount)s more") % {"amount": more}
    else:
        said = _bounded(change.order, column_value(column, after, stage, exact=True))
    return Step(
        label=column_label(column, stage),
        before=column_value(column, before, stage),
        after=said,
        rounded=_rounded(change, seen),
        until=until,
        criteria=[in_language(named[code]) for code in change.codes if code in named],
    )


def _bounded(order: str, text: str) -> str:
    if order == "stated":
        return gettext("to be stated")
    said = {"at_least": gettext("at least %(amount)s"), "at_most": gettext("at most %(amount)s")}
    return said[order] % {"amount": text} if order in said else text


def _rounded(change: Change, seen: Outlook) -> str:
    """Return a rounder amount that is on the safe side, for reading; nothing if it is the same."""
    amount = change.after
    if isinstance(amount, bool | str) or change.order not in {"at_least", "at_most"}:
        return ""
    unit = 10 ** max(len(str(abs(amount))) - NICE, 0)
    near = amount // unit * unit
    if near == amount:
        return ""
    if change.order == "at_least":
        near += unit
    if change.column.endswith("_low"):
        near -= change.before or 0
    text = column_value(change.column, near, seen.stage)
    return gettext("about %(amount)s") % {"amount": text}


def _assumed(column: str, seen: Outlook) -> str:
    value, back = seen.assumed[column]
    return gettext("%(figure)s as in %(year)s: %(amount)s") % {
        "figure": column_label(column, seen.stage),
        "year": seen.stage.day.year - back,
        "amount": column_value(column, value, seen.stage),
    }


def _later(seen: Outlook) -> str:
    found = earliest(seen)
    if found is None:
        return gettext("No later round that can be foreseen would be reached by planning alone.")
    later, proposal = found
    year = later.stage.round.year
    number = len(proposal.changes)
    if not number:
        return gettext("The round of %(year)s would be reached without any change.") % {
            "year": year
        }
    return ngettext(
        "The earliest round that could be reached is that of %(year)s, with %(number)s change.",
        "The earliest round that could be reached is that of %(year)s, with %(number)s changes.",
        number,
    ) % {"year": year, "number": number}
