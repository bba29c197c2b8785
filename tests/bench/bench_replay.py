"""Replaying kept decisions, all identical, against judging the same rows bare (重演基准)."""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from config.benchmarks import Figure, peak_mib
from cultivation.standards import editions, facts, keeping
from cultivation.standards.evaluation import columns, judge
from cultivation.standards.explanation import explain_rows
from cultivation.standards.models import Edition, Judgement
from cultivation.standards.policy import KINDS, Case
from cultivation.standards.replaying import replay
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cultivation.standards.facts import Row
    from cultivation.standards.policy import Policy

T = TypeVar("T")
SIZE = 10_000
BATCH = 500
DAYS = tuple(dt.date(2026, month, 6) for month in (2, 4, 5, 6, 9))
PATHS = ("110101", "320500", "320583", "330108", "370100", "440100", "SZ03", "NB03")
FIRMS = 500
BARRING = (
    "on_abnormal_list", "on_dishonest_list", "prohibited_product", "champion_title",
    "controls_little_giant", "group_similar_product", "title_little_giant",
)  # fmt: skip
GOOD = {
    "revenue": 2 * 10**10, "main_business_revenue": 19 * 10**9, "sales_revenue": 15 * 10**9,
    "leading_product_revenue": 15 * 10**9, "total_assets": 15 * 10**9, "net_profit": 3 * 10**9,
    "total_liabilities": 5 * 10**9, "rd_expense": 2 * 10**9, "cost_and_expense": 10**10,
    "employees": 200, "rd_staff": 120, "tech_staff": 90, "market_share": 300_000,
    "domestic_rank": 2, "quality_score": 9000,
}  # fmt: skip
MOST_OVER_EXPLAINING = 1.0  # reading, hashing, comparing: no more than writing the texts
MOST_MIB = 700.0


def figures(size: int | None) -> Iterable[Figure]:
    """Yield the times of replaying `size` judgements over all editions, kinds and some days."""
    number = size or SIZE
    editions.load_all()
    firms = _firms()
    rows = _rows(number, firms)
    bases = [(e, said, kind) for e, said in editions.all_policies() for kind in KINDS]
    groups = {
        (place, day): rows[place * len(DAYS) + n :: len(bases) * len(DAYS)]
        for place in range(len(bases))
        for n, day in enumerate(DAYS)
    }
    bare, _ = _timed(lambda: [_judged(bases[p], day, part) for (p, day), part in groups.items()])
    explaining = 0.0
    for (place, day), part in groups.items():
        taken, made = _timed(lambda at=(bases[place], day, part): _explained(*at))  # type: ignore[misc]
        Judgement.objects.bulk_create(made, batch_size=BATCH)
        explaining += taken
    kept = Judgement.objects.count()
    if kept != number:
        raise AssertionError(f"{kept} judgements were kept, not {number}")
    drifted: list[str] = []
    seconds, noted = _timed(lambda: replay(told=lambda one: drifted.append(one.text)))
    if drifted or noted.judgements != number:
        raise AssertionError(f"{noted.judgements} replayed, {len(drifted)} drifted: {drifted[:3]}")
    digits = set(Judgement.objects.values_list("verdict", flat=True))
    if len(digits) < 3:
        raise AssertionError(f"the facts are too much alike: verdicts {digits}")
    yield Figure("decisions replayed, all identical", noted.judgements, None, "rows")
    yield Figure("editions and kinds", len(bases), None, "bases")
    yield Figure("replay of a thousand", seconds / number * 1000, None, "s")
    yield Figure("explaining a thousand", explaining / number * 1000, None, "s")
    yield Figure("judging a thousand, verdicts alone", bare / number * 1000, None, "s")
    yield Figure(
        "replay over judging and explaining", seconds / explaining, MOST_OVER_EXPLAINING, "times"
    )
    yield Figure("replay over bare verdicts", seconds / bare, None, "times")
    yield Figure("peak memory", peak_mib(), MOST_MIB, "MiB")


def _judged(basis: tuple[Edition, Policy, str], day: dt.date, rows: list[Row]) -> pl.DataFrame:
    _, policy, kind = basis
    standard = policy.standard(Case(kind, day))
    return judge(facts.from_rows(rows, columns(standard)), standard)


def _explained(
    basis: tuple[Edition, Policy, str], day: dt.date, rows: list[Row]
) -> list[Judgement]:
    edition, _, kind = basis
    rules = editions.rules(edition)
    told = explain_rows(rows, edition, kind=kind, as_of=day)
    return [keeping.record_of(one, rules=rules, enterprise=one.facts["enterprise"]) for one in told]


def _firms() -> list[Enterprise]:
    region = Region.objects.create(code="320500", path="320500", level="county", name_zh="虚构")
    firms = [
        Enterprise(
            credit_code=f"{n:018}", name=f"虚构{n}", name_key=f"虚构{n}", fictional=True,
            region=region, region_path=region.path,
        )
        for n in range(FIRMS)
    ]  # fmt: skip
    return Enterprise.objects.bulk_create(firms)


def _rows(number: int, firms: list[Enterprise]) -> list[Row]:
    """Return facts of firms that fit well, each with some columns made anew or left out."""
    chance = random.Random(20260506)
    names = sorted(set().union(*(columns(said.root) for _, said in editions.all_policies())))
    types = {name: facts.column_type(name) for name in names}
    rows = []
    for n in range(number):
        row = {name: _good(name, types[name]) for name in names}
        for name in chance.sample(names, int(chance.expovariate(0.5))):
            row[name] = _other(name, types[name], chance)
        firm = firms[n % len(firms)].pk
        rows.append(row | {"enterprise": firm, "region_path": chance.choice(PATHS)})
    return rows


def _good(name: str, type_: Any) -> Any:
    if type_ == pl.Boolean:
        return name not in BARRING
    if type_ == pl.String:
        return {"domain_scheme": "six_bases"}.get(name, "C")
    if name.endswith(("_low", "_high")):
        return 0 if name.startswith("events") else 5
    figure, _, back = name.rpartition("_y")
    return int(GOOD.get(figure, 10) * 0.9 ** int(back)) if back.isdigit() else 5


def _other(name: str, type_: Any, chance: random.Random) -> Any:
    good = _good(name, type_)
    if chance.random() < 0.3 and not name.endswith("_low"):
        return None
    if type_ == pl.Boolean:
        return not good
    if type_ == pl.String:
        return "other"
    if name.endswith("_low"):
        return 0
    return int(good * chance.uniform(0, 2)) + (name.startswith("events"))


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made
