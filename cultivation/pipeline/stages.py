"""What each title leads to: its stage, rank, validity and what it asks for first (梯度与阶段)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from enterprises.registry.models import Stage, Tier


@dataclass(frozen=True, slots=True)
class Rung:
    """One title on the ladder (梯度中的一级)."""

    tier: Tier
    stage: Stage
    years: int  # of validity: 3, and 1 for technology-based (2026 Measures; 115号 Art. 11)
    decided_at: str  # the level that recognises
    needs: tuple[tuple[Tier, ...], ...] = ()  # of each group at least one valid title
    prefix: str = ""  # of certificate numbers of our own


FIRST = (Tier.TECHNOLOGY, Tier.INNOVATIVE)  # either is the first tier
LADDER = {
    rung.tier: rung
    for rung in (
        Rung(Tier.TECHNOLOGY, Stage.SEEDLING, 1, "province", prefix="KJ"),
        Rung(Tier.INNOVATIVE, Stage.SEEDLING, 3, "province", prefix="CX"),
        Rung(Tier.SRDI, Stage.OPTIMISATION, 3, "province", (FIRST,), "ZJTX"),
        Rung(Tier.LITTLE_GIANT, Stage.OPTIMISATION, 3, "nation", ((Tier.SRDI,),), "XJR"),
    )
}
ORDER = tuple(LADDER)
BAR_YEARS = 3  # no application after a revocation for cause (2022 Measures Art. on revocation)
RECHECK_WINDOW = dt.timedelta(days=365)  # before the title's end; no official length is known


def highest(tiers: set[str]) -> str:
    """Return the highest of some tiers, or an empty text."""
    return next((tier.value for tier in reversed(ORDER) if tier in tiers), "")


def stage_of(tier: str) -> Stage:
    """Return the stage that a highest tier means; none means seed selection."""
    return LADDER[Tier(tier)].stage if tier else Stage.SEED


def last_day(tier: str, granted_on: dt.date) -> dt.date:
    """Return the last valid day of a title granted on a day."""
    return years_after(granted_on, LADDER[Tier(tier)].years) - dt.timedelta(days=1)


def years_after(day: dt.date, years: int) -> dt.date:
    """Return the same day some years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
