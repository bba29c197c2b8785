"""Explaining one enterprise: what it takes beyond reading the database (评价说明基准)."""

from __future__ import annotations

import datetime as dt
import random
import time
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any
from unittest import mock

from django.db import connection

from config.benchmarks import Figure
from cultivation.standards import editions, explanation, facts
from cultivation.standards.evaluation import columns
from enterprises.places.models import Region
from enterprises.registry.models import AnnualReport, Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cultivation.standards.policy import Policy

ROUNDS = 40
AS_OF = dt.date(2026, 5, 6)
MOST_MS = 10.0


class _Reading:
    """Adds up the seconds spent in the database."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.seconds += time.perf_counter() - begun


def figures(size: int | None) -> Iterable[Figure]:
    """Yield the milliseconds of each edition, all figures stated and every text written."""
    editions.load_all()
    enterprise = _enterprise()
    for edition, policy in editions.all_policies():
        row = facts.row(enterprise.pk, as_of=AS_OF) | _stated(policy)
        times = [_explained(row, edition) for _ in range(size or ROUNDS)]
        yield Figure(f"{edition.code} median", median(times), MOST_MS, "ms")
        yield Figure(f"{edition.code} criteria", len(policy.order), None, "criteria")
    for edition, _policy, kind in editions.in_force(AS_OF):
        times = [_from_tables(enterprise, edition, kind) for _ in range(size or ROUNDS)]
        whole, beyond = (median(part) for part in zip(*times, strict=True))
        yield Figure(f"{edition.code} {kind} from the tables beyond reading", beyond, MOST_MS, "ms")
        yield Figure(f"{edition.code} {kind} from the tables in all", whole, None, "ms")


def _explained(row: facts.Row, edition: Any) -> float:
    """Return the milliseconds beyond the database to judge, explain and word one row."""
    reading = _Reading()
    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(reading))
        begun = time.perf_counter()
        told = explanation.explain_facts(row, edition, kind="recognition", as_of=AS_OF)
        for node in told.root.walk():
            _ = (node.value_text, node.threshold_text, node.distance_text, node.wanted_texts)
        taken = time.perf_counter() - begun
    return (taken - reading.seconds) * 1000


def _from_tables(enterprise: Enterprise, edition: Any, kind: str) -> tuple[float, float]:
    """Return the milliseconds of a whole explanation, and those not spent reading tables."""
    reading = _Reading()
    begun = time.perf_counter()
    with mock.patch.object(facts, "read_few", partial(reading, facts.read_few)):
        explanation.explain(enterprise, edition, kind=kind, as_of=AS_OF)
    taken = time.perf_counter() - begun
    return taken * 1000, (taken - reading.seconds) * 1000


def _enterprise() -> Enterprise:
    region = Region.objects.create(code="320500", path="3205", level="city", name_zh="虚构市")
    enterprise = Enterprise.objects.create(
        credit_code="0", name="虚构", name_key="虚构", fictional=True, region=region,
        region_path="3205", size_class="small",
    )  # fmt: skip
    AnnualReport.objects.create(enterprise=enterprise, year=2025, revenue=10**10)
    return enterprise


def _stated(policy: Policy) -> facts.Row:
    """Return a value for every number that an edition reads, so that nothing is left out."""
    random_ = random.Random(policy.code)
    names = columns(policy.root) - {"enterprise", "region_path"}
    return {
        name: random_.randrange(1, 10**10)
        for name in sorted(names)
        if facts.column_type(name).__name__ == "Int64"
    }
