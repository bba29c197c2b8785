"""What the pages of what-if and plans show, finished for a template (试算页面内容)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext, ngettext

from cultivation.standards.columns import column_label, column_value
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.standards.explanation import Explanation, Node
    from cultivation.standards.whatif import Outlook
    from cultivation.standards.windows import Round


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
