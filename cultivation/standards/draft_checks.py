"""What stands in the way of a draft: does it read, what changes, do its cases hold (草案校验).

Nothing here writes; the text checked need not be the one kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cultivation.standards import manuscript, phrases
from cultivation.standards.cases import Outcome, WorkedCase, read_cases, run_cases
from cultivation.standards.composing import said
from cultivation.standards.differences import Difference, differences
from cultivation.standards.loading import tried
from cultivation.standards.policy import PolicyError
from cultivation.standards.statutes import unit_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.library import Library
    from cultivation.standards.models import Draft
    from cultivation.standards.policy import Criterion, Policy

TOLD = re.compile(r"^\S+\.toml: (.+?): (.+); (.+?)$", re.DOTALL)
JUDGED = {"added", "threshold", "bands", "line", "cap", "points", "otherwise", "need", "quantity"}
JUDGED |= {"asks", "reach", "advisory", "moved", "amendment"}  # what a worked case must show


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a text does not read: the part, the place in it, the mend (校验意见)."""

    part: str  # text | cases
    said: str
    line: int | None

    @property
    def told(self) -> tuple[str, str, str]:
        """Return the place, the fault and the mend; all in the fault where they cannot be told."""
        found = TOLD.match(self.said)
        return (found[1], found[2], found[3]) if found else ("", self.said, "")

    @property
    def where(self) -> str:
        """Return which text it is, and the line where that could be found."""
        name = _("worked cases") if self.part == "cases" else _("text")
        if self.line is None:
            return name
        return _("%(part)s, line %(line)s") % {"part": name, "line": self.line}


@dataclass(frozen=True, slots=True)
class Turnover:
    """How the worked cases differ from those of the edition before, by number (判例增减)."""

    new: int
    changed: int
    gone: int


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of a draft (校验结果)."""

    before: Policy | None = None
    after: Policy | None = None
    complaint: Complaint | None = None
    differences: tuple[Difference, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    unproven: tuple[Criterion, ...] = ()  # changed, without a worked case
    retroactive: bool = False  # it is in force already
    namesake: str = ""  # code of an edition that goes by the same name
    cases: Turnover | None = None

    @property
    def failing(self) -> list[Outcome]:
        """Return the worked cases that came out otherwise than they say."""
        return [outcome for outcome in self.outcomes if not outcome.ok]

    @property
    def passing(self) -> int:
        return len(self.outcomes) - len(self.failing)

    @property
    def namesake_text(self) -> str:
        """Return that two editions of one name could not be told apart, and the mend."""
        return _(
            "The edition %(code)s goes by this name already. "
            "Give this one a Chinese and an English title of its own."
        ) % {"code": self.namesake}

    def faults(self) -> list[str]:
        """Return what has to be mended before a second person may see it, in words."""
        return list(self._faults())

    def _faults(self) -> Iterator[str]:
        if self.complaint:
            yield f"{self.complaint.where}: {self.complaint.said}"
            return
        if self.namesake:
            yield self.namesake_text
        if self.failing:
            number = len(self.failing)
            text = ngettext(
                "%(number)s worked case fails: %(names)s.",
                "%(number)s worked cases fail: %(names)s.",
                number,
            )
            yield text % {"number": number, "names": _listed([o.name for o in self.failing])}
        if self.unproven:
            names = _listed([f"{c.code} {phrases.label(c)}" for c in self.unproven])
            yield _("No worked case shows what is changed in: %(names)s.") % {"names": names}


def check(draft: Draft, *, text: str | None = None, cases: str | None = None) -> Check:
    """Read a draft's text as if it were published, compare it and run its cases (校验草案)."""
    text = draft.text if text is None else text
    cases = draft.cases if cases is None else cases
    try:
        whole = tried(text, code=draft.code)
    except PolicyError as error:
        return Check(complaint=_complaint("text", text, error))
    before, after = whole.policy(draft.base.code), whole.policy(draft.code)
    found = Check(
        before=before,
        after=after,
        differences=differences(before, after, names=unit_names()),
        retroactive=after.in_force <= timezone.localdate(),
        namesake=_namesake(whole, after),
    )
    return _with_cases(found, after, cases, draft.base.cases)


def changed_codes(found: tuple[Difference, ...], after: Policy) -> set[str]:
    """Return the criteria whose verdict a draft may change: those a worked case must show."""
    counts = {d.code for d in found if d.what == "count"}
    codes = {d.code for d in found if d.what in JUDGED}
    for criterion in after.root.walk():
        quantity = criterion.quantity
        if quantity and quantity.is_span and set(quantity.names) & counts:
            codes.add(criterion.code)
    return codes


def _with_cases(found: Check, after: Policy, text: str, earlier: str) -> Check:
    try:
        cases = _read(text, after)
    except PolicyError as error:
        return replace(found, complaint=_complaint("cases", text, error))
    shown = {code for case in cases for code in (*case.gives, *case.points)}
    changed = changed_codes(found.differences, after)
    return replace(
        found,
        outcomes=run_cases(after, cases),
        unproven=tuple(c for c in after.root.walk() if c.code in changed - shown),
        cases=_turnover(_known(earlier, found.before), cases),
    )


def _namesake(whole: Library, after: Policy) -> str:
    """Return the edition that goes by a title of a draft, in either language (同名标准)."""
    mine = _titles(after)
    others = (said(text) for code, text in whole.bases.items() if code != after.code)
    return next((other.code for other in others if _titles(other) & mine), "")


def _titles(policy: Policy) -> set[str]:
    return {"".join(title.split()).casefold() for title in (policy.title_zh, policy.title_en)}


def _known(text: str, before: Policy | None) -> tuple[WorkedCase, ...]:
    """Return the cases of the edition before, none where they no longer read."""
    try:
        return _read(text, before) if before else ()
    except PolicyError:
        return ()


def _turnover(before: tuple[WorkedCase, ...], after: tuple[WorkedCase, ...]) -> Turnover:
    old, new = ({case.code: case for case in cases} for cases in (before, after))
    both = old.keys() & new.keys()
    changed = sum(_asked(old[code]) != _asked(new[code]) for code in both)
    return Turnover(new=len(new) - len(both), changed=changed, gone=len(old) - len(both))


def _asked(case: WorkedCase) -> tuple[object, ...]:
    stated = {name: value for name, value in case.facts.items() if value is not None}
    return (case.case, stated, case.gives, case.points)


def _read(text: str, policy: Policy) -> tuple[WorkedCase, ...]:
    if not text.strip():
        return ()
    return read_cases(text, policy=policy, origin=f"cases/{policy.code}.toml")


def _complaint(part: str, text: str, error: PolicyError) -> Complaint:
    return Complaint(part, str(error), manuscript.line_of(text, str(error)))


def _listed(names: list[str]) -> str:
    return _("; ").join(names)
