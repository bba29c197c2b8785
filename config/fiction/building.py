"""Building the whole fictional registry, step by step (虚构数据构建)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from django.utils import timezone

from config.fiction import (
    change,
    digital,
    facts,
    goals,
    honours,
    journeys,
    people,
    registry,
    rounds,
    store,
)
from config.fiction.ground import Ground
from config.fiction.words import BRANDS
from cultivation.digital.models import TransformationProject
from cultivation.standards import judging
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

SEED = 2027


class NotEmptyError(Exception):
    """The registry holds enterprises already; the fictional one is only built into an empty one."""


class Listener(Protocol):
    """Who is told how far the building is; see enterprises.jobs.runs.Progress."""

    def report(self, done: int, total: int | None = None) -> None:
        """Note how much of a step is done."""

    def log(self, text: str) -> None:
        """Note the step that begins."""


class Silence:
    """A listener that does nothing."""

    def report(self, done: int, total: int | None = None) -> None:
        """Do nothing."""

    def log(self, text: str) -> None:
        """Do nothing."""


def build(
    enterprises: int = 3000,
    *,
    seed: int = SEED,
    progress: Listener | None = None,
    on: dt.date | None = None,
) -> dict[str, int]:
    """Fill an empty registry, as of a day, and return how many rows of what were made (构建).

    Reference data must be loaded. Raises NotEmptyError where enterprises exist. The firms are made
    and stored a piece at a time, so memory does not grow with their number.
    """
    if not 1 <= enterprises <= BRANDS:
        raise ValueError(f"between 1 and {BRANDS} enterprises, not {enterprises}")
    if Enterprise.objects.exists():
        raise NotEmptyError
    today, told = on or timezone.localdate(), progress or Silence()
    ground = Ground(seed)
    made: Counter[str] = Counter()
    told.log("企业、年度数据、称号、数字化 · enterprises, reports, titles, digital")
    for ids in registry.pieces(enterprises):
        firms = registry.traits(ids, ground, enterprises=enterprises, on=today)
        made += _fill(firms, ground, today)
        told.report(int(ids[-1]), enterprises)
    store.follow(Enterprise, AnnualReport, TransformationProject, *facts.MODELS)
    made["users"] = people.seat_everybody()
    told.log("评价 · judging")
    judging.judge_registry(today)
    told.log("申报 · applications")
    made["rounds"] = rounds.open_rounds()
    made["applications"] = journeys.walk(told=told.report)
    rounds.move_one()
    made["projects"] += digital.fill()
    told.log("覆盖率历史 · coverage of the past")
    made["park_findings"] = goals.look_round(seed, today)
    made["coverage_days"] = change.look_back(today, told=told.report)
    told.log("再评价 · judging again")
    made["judged"] = judging.judge_registry(today).judged
    return dict(made)


def _fill(firms: pl.DataFrame, ground: Ground, on: dt.date) -> Counter[str]:
    made = registry.fill(firms, ground, on=on)
    made["titles"] = honours.grant(ground.seed, firms, on)
    made["maturity"] = change.assess(ground.seed, firms, on)
    made["projects"] = change.transform(ground.seed, firms, on)
    return made
