"""What the pages of what-if and plans show, finished for a template (试算页面内容)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext, ngettext

from cultivation.standards.columns import column_label, column_value
from cultivation.standards.models import Verdict
from cultivation.standards.pages import in_language
from cultivation.standards.whatif import earliest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cultivation.standards.explanation import Explanation, Node
    from cultivation.standards.planning import Proposal
    from cultivation.standards.policy import Criterion
    from cultivation.standards.settling import Change
    from cultivation.standards.whatif import Outlook, Values
    from cultivation.standards.windows import Round

NICE = 3  # leading digits that a rounded amount keeps


@dataclass(frozen=True, slots=True)
class Seen:
    """One requirement as planned, beside what it is today (条件对照)."""

    node: Node
    today: Verdict | None
    parts: Sequence[Node]

    @property
    def flipped(self) -> str:
        """Return good, bad or open where the verdict differs from today's, else nothing."""
        if self.today is None or self.today == self.node.verdict:
            return ""
        if self.node.verdict == Verdict.UNKNOWN:
            return "open"
        return "good" if self.node.verdict > self.today else "bad"


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict as planned, requirement by requirement, those not met first (试算结果)."""

    told: Explanation
    lines: list[Seen]

    @property
    def qualifies(self) -> bool:
        return self.told.verdict >= Verdict.MANUAL

    @property
    def summary(self) -> str:
        """Return the verdict in a sentence, for the eye and for a screen reader."""
        unmet, unknown = (self.told.count(v) for v in (Verdict.UNMET, Verdict.UNKNOWN))
        if self.qualifies:
            by_hand = self.told.count(Verdict.MANUAL)
            if by_hand:
                return ngettext(
                    "Would qualify; %(number)s requirement is judged by a person.",
                    "Would qualify; %(number)s requirements are judged by a person.",
                    by_hand,
                ) % {"number": by_hand}
            return gettext("Would qualify.")
        total = len(self.told.requirements)
        return gettext(
            "Of %(total)s requirements %(unmet)s would be unmet and %(unknown)s unknown."
        ) % {"total": total, "unmet": unmet, "unknown": unknown}

    @property
    def gained(self) -> int:
        return sum(line.flipped == "good" for line in self.lines)

    @property
    def lost(self) -> int:
        return sum(line.flipped == "bad" for line in self.lines)


def result(today: Explanation, then: Explanation) -> Result:
    """Return the verdict as planned beside today's (试算结果)."""
    before = {node.code: node.verdict for node in today.root.walk()}
    lines = [
        Seen(node, before.get(node.code), [part for part in node.walk() if part is not node])
        for node in then.requirements
    ]
    lines.sort(key=lambda line: line.node.verdict)
    return Result(then, lines)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that cannot change any more, with the reason (不可变项)."""

    label: str
    value: str
    reason: str


def fixed(seen: Outlook) -> list[Fixed]:
    """Return what cannot change before the window closes (不可变项)."""
    return [
        Fixed(
            column_label(column, seen.stage),
            column_value(column, seen.facts.get(column), seen.stage),
            str(deadline.why.label),
        )
        for column, deadline in sorted(seen.fixed.items(), key=lambda item: (item[1].why, item[0]))
    ]


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
    large: bool  # the plan would grow beyond the size standard
    later: str


def advice(seen: Outlook, values: Values, proposal: Proposal) -> Advice:
    """Return a proposal in words (建议)."""
    named = {criterion.code: criterion for criterion in seen.standard.walk()}
    columns = {change.column for change in proposal.changes}
    taken = [c for c in seen.assumption(values) if c not in columns or c in seen.bygone]
    planned = {**seen.assumption(values), **values, **proposed(proposal)}
    return Advice(
        qualifies=proposal.qualifies,
        steps=[_step(change, seen, named) for change in proposal.changes],
        assumed=[_assumed(column, seen) for column in taken],
        blocked=[f"{in_language(named[code])} ({code})" for code in proposal.blocked],
        large=seen.planned(planned).get("is_sme") is False
        and seen.facts.get("is_sme") is not False,
        later="" if proposal.qualifies else _later(seen),
    )


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


def round_text(found: Round) -> str:
    """Return what is known of a round's window (申报窗口)."""
    window = found.window
    if window is not None and window.closes is not None:
        opens = window.opens.isoformat() if window.opens else "…"
        text = gettext("Window of %(year)s: %(opens)s – %(closes)s (%(document)s)") % {
            "year": window.year,
            "opens": opens,
            "closes": window.closes.isoformat(),
            "document": window.document,
        }
        over = window.closes < (found.seen_on or window.closes)
        return gettext("%(window)s; it has closed.") % {"window": text} if over else text
    text = gettext("The window of %(year)s is not announced.") % {"year": found.year}
    last = found.last
    if last is None or last.closes is None:
        return text
    opens = last.opens.isoformat() if last.opens else "…"
    return gettext("%(unknown)s The last one seen: %(opens)s – %(closes)s (%(document)s).") % {
        "unknown": text,
        "opens": opens,
        "closes": last.closes.isoformat(),
        "document": last.document,
    }
