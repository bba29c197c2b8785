"""What pages show of drafts: differences by criterion, cases, steps, finished (草案页面内容)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.standards import drafting, phrases
from cultivation.standards.differences import Difference, Direction
from cultivation.standards.models import Draft, Edition, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.standards.cases import Outcome
    from cultivation.standards.draft_checks import Check
    from cultivation.standards.models import DraftEvent
    from cultivation.standards.policy import Criterion, Policy

TONES = {
    Direction.LOOSER: "good",
    Direction.STRICTER: "bad",
    Direction.NEITHER: "neutral",
    Direction.UNCLEAR: "warn",
}
STATES = {"draft": "info", "proposed": "warn", "published": "good", "withdrawn": "neutral"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One difference in the page's language (差异)."""

    text: str
    direction: str  # empty where it is neither
    tone: str


@dataclass(frozen=True, slots=True)
class Group:
    """The differences of one criterion, count or of the edition's head (差异分组)."""

    code: str
    label: str
    clause: str
    rows: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Failing:
    """A worked case that came out otherwise than it says (未通过判例)."""

    name: str
    rows: Sequence[tuple[str, str, str]]  # code, expected, found


def groups(found: Iterable[Difference]) -> list[Group]:
    """Return differences together by what they are about, in their order."""
    made = []
    for (code, label), rows in groupby(found, key=lambda d: (d.code, d.label)):
        mine = list(rows)
        made.append(Group(code, label, mine[0].clause if code else "", [_shown(d) for d in mine]))
    return made


def tally(found: Sequence[Difference]) -> list[tuple[str, str, int]]:
    """Return how many differences have each direction: label, tone, number."""
    counted = [(one, sum(d.direction == one for d in found)) for one in Direction]
    return [(str(one.label), TONES[one], number) for one, number in counted if number]


def failing(outcomes: Iterable[Outcome]) -> list[Failing]:
    """Return what each failing case expected and what was found, in words."""
    words = {verdict.name.lower(): str(verdict.label) for verdict in Verdict}
    words["absent"] = _("does not apply")

    def say(word: str) -> str:
        return words.get(word, word)

    return [
        Failing(
            one.name,
            [
                (code, say(expected), say(one.found.get(code, "")))
                for code, expected in one.expected.items()
                if one.found.get(code) != expected
            ],
        )
        for one in outcomes
    ]


def checked(found: Check) -> dict[str, Any]:
    """Return what a page shows of a check (校验结果)."""
    return {
        "check": found,
        "groups": groups(found.differences),
        "tally": tally(found.differences),
        "failing": failing(found.failing),
        "unproven": [(c.code, phrases.label(c)) for c in found.unproven],
        "worded": _worded(found),
    }


def _worded(found: Check) -> list[tuple[str, str]]:
    """Return criteria whose figure changed while their label, which names one, did not."""
    asked = {d.code for d in found.differences if d.what in {"threshold", "line", "points"}}
    said = {d.code for d in found.differences if d.what == "label"}
    return [
        (one.code, label)
        for one, label in criteria(found.after)
        if one.code in asked - said and any(sign.isdecimal() for sign in one.label_zh)
    ]


def criteria(policy: Policy | None) -> list[tuple[Criterion, str]]:
    """Return the criteria of a policy with their labels."""
    return [(c, phrases.label(c)) for c in policy.root.walk()] if policy else []


def steps(events: Iterable[DraftEvent]) -> list[dict[str, Any]]:
    """Return the steps of a draft for a timeline (草案记录)."""
    names = {
        "begun": _("draft begun"),
        "saved": _("changed"),
        "restored": _("earlier text brought back"),
        "proposed": _("proposed for approval"),
        "returned": _("sent back"),
        "withdrawn": _("withdrawn"),
        "published": _("published"),
    }
    tones = {"proposed": "info", "returned": "warn", "withdrawn": "bad", "published": "good"}
    return [
        {
            "event": event,
            "what": names.get(event.name, event.name),
            "tone": tones.get(event.name, ""),
            "who": event.made_by,
            "text": event.reason,
            "when": event.made_at,
        }
        for event in events
    ]


def rows(drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    """Return drafts for a list, with the tone of their state."""
    return [{"draft": draft, "tone": STATES[draft.status]} for draft in drafts]


def editions_to_begin_from() -> Any:
    """Return the editions that nothing supersedes yet (可修订标准)."""
    return Edition.objects.filter(superseded_by=None).order_by("tier", "-in_force")


def is_live(draft: Draft) -> bool:
    """Tell whether a draft may still change."""
    return draft.status in drafting.LIVE


def _shown(one: Difference) -> Shown:
    neither = one.direction == Direction.NEITHER
    return Shown(one.text, "" if neither else str(one.direction.label), TONES[one.direction])
