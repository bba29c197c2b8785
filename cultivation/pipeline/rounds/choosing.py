"""Which round takes an application, and whether one has to (受理批次).

Where a round was ever published for a tier, a kind and a unit, an application needs an open window
of one; elsewhere it may come at any time. An intake rule of the office that decides the tier says
otherwise, for its unit or for the nation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.models import (
    Application,
    Extension,
    IntakeRule,
    Round,
    Status,
    WindowLevel,
)
from cultivation.pipeline.rounds import windows
from cultivation.pipeline.stages import LADDER
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    import datetime as dt

    from cultivation.pipeline.rounds.windows import Span
    from enterprises.registry.models import Enterprise

Mode = IntakeRule.Mode
COMPANY = WindowLevel.COMPANY


@dataclass(frozen=True, slots=True)
class Entry:
    """A round as it stands for one enterprise (批次与企业时段)."""

    round: Round
    span: Span

    def said(self, at: dt.datetime) -> str:
        """Say why the round takes nothing from the enterprise at a moment, or nothing."""
        if self.round.closed_at is not None and at >= self.round.closed_at:
            return _("it was closed at %(time)s") % {"time": windows.written(self.round.closed_at)}
        return self.span.said(at)

    def is_ahead(self, at: dt.datetime) -> bool:
        """Tell whether the round opens for enterprises later."""
        return self.round.closed_at is None and self.span.state(at) == windows.State.AHEAD


@dataclass(frozen=True, slots=True)
class Intake:
    """How an application comes in at a moment: by which round, or why not (受理结论)."""

    entry: Entry | None = None
    hindrance: str = ""
    ahead: bool = False  # the round is published and opens later: a draft may be begun

    @property
    def round(self) -> Round | None:
        """Return the round, where there is one."""
        return self.entry.round if self.entry else None


@dataclass(frozen=True, slots=True)
class Reach:
    """All rounds and rules that reach an enterprise, read in four queries (适用批次)."""

    enterprise: Enterprise
    rounds: tuple[Round, ...]
    rules: dict[tuple[str, str], str]  # (region path, tier): mode
    extensions: tuple[Extension, ...]

    def mode(self, tier: str) -> str:
        """Return how applications of a tier come in: the unit's rule, else the nation's."""
        unit = self.enterprise.region_path[:2]
        nation = LADDER[Tier(tier)].decided_at == "nation"
        own = None if nation else self.rules.get((unit, tier))
        return own or self.rules.get(("", tier)) or Mode.AS_PUBLISHED

    def entries(self, tier: str, kind: str) -> list[Entry]:
        """Return the rounds of a tier and kind with the enterprise's own window, by its end."""
        found = []
        for round_ in self.rounds:
            if round_.tier == tier and kind in round_.kinds:
                mine = [one for one in self.extensions if one.round_id == round_.pk]
                told = windows.spans(round_.windows.all(), self.enterprise.region_path, mine)
                if COMPANY in told:
                    found.append(Entry(round_, told[COMPANY]))
        return sorted(found, key=lambda one: (one.span.until, one.round.pk))

    def intake(
        self,
        tier: str,
        kind: str,
        *,
        at: dt.datetime,
        keep: int | None = None,
        grace: bool = True,
    ) -> Intake:
        """Return how an application comes in at a moment; `keep` is the round it was begun for.

        Without `grace`, as for a draft not begun yet, a window is over with its last second.
        """
        entries = self.entries(tier, kind)
        takes = [
            one
            for one in entries
            if not one.said(at) and (grace or one.span.state(at) == windows.State.OPEN)
        ]
        if takes:
            best = min(takes, key=lambda one: (one.round.pk != keep, not one.round.region_path))
            return Intake(best)
        mode = self.mode(tier)
        if mode == Mode.CONTINUOUS or (mode == Mode.AS_PUBLISHED and not entries):
            return Intake()
        if not entries:
            return Intake(
                hindrance=_(
                    "Applications for this title come in rounds alone, and none is published "
                    "for the region."
                )
            )
        return _held_up(entries, at)


def _held_up(entries: list[Entry], at: dt.datetime) -> Intake:
    """Say which round is next, else which was last, and since when."""
    ahead = [one for one in entries if one.is_ahead(at)]
    entry = ahead[0] if ahead else entries[-1]
    said = _("Round “%(round)s” takes no application now: %(why)s.") % {
        "round": entry.round,
        "why": entry.said(at) or entry.span.over(),
    }
    return Intake(entry, said, ahead=bool(ahead))


def reach_of(enterprise: Enterprise) -> Reach:
    """Read the published rounds, the rules and the extensions that reach an enterprise."""
    unit = enterprise.region_path[:2]
    rows = Round.objects.in_force().filter(region_path__in=["", unit])
    rules = IntakeRule.objects.filter(region_path__in=["", unit])
    return Reach(
        enterprise,
        tuple(
            one
            for one in rows.select_related("edition").prefetch_related("windows")
            if not one.units or unit in one.units
        ),
        {(rule.region_path, rule.tier): rule.mode for rule in rules},
        tuple(Extension.objects.filter(enterprise=enterprise, ended_at__isnull=True)),
    )


def intake_of(application: Application) -> Intake:
    """Return how an application comes in at the moment of its step, or now."""
    found: Intake | None = application.taken_in
    if found is None:
        found = reach_of(application.enterprise).intake(
            application.tier,
            application.kind,
            at=application.moment or timezone.now(),
            keep=application.round_id,
        )
    return found


def lost_its_round(application: Application) -> bool:
    """Tell whether a returned case was handed over to a unit that takes it by its own round."""
    if application.status != Status.RETURNED or application.round_id is not None:
        return False
    last = application.moves.filter(name__in=["hand_over", "resubmit"]).last()
    return last is not None and bool(last.note.get("waits_for_round"))


def attach(application: Application) -> None:
    """Set the round that takes a draft at the moment of its step; nothing is stored (归入批次).

    What was found stays with the row in hand, so that guard and record say the same.
    """
    if application.status == Status.DRAFT or lost_its_round(application):
        application.taken_in = intake_of(application)
        application.round = application.taken_in.round
