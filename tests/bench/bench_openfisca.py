"""Ten criteria judged here, by OpenFisca-core and by a plain Python loop (同类引擎对照).

All three begin with the same columns in memory, figures missing in some rows, and must say of each
firm whether the ten are met, unmet or unknown. The loop is exact and must agree on every row;
OpenFisca reckons in 32-bit floats, so the firms that it misjudges at the thresholds are told.
Inputs are what an engine does before it can calculate: OpenFisca takes its arrays in, the evaluator
looks how large the figures are.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl
from openfisca_core.entities import build_entity
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import YEAR
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from config.benchmarks import Figure, peak_mib
from cultivation.standards.evaluation import judge_rest, largest
from cultivation.standards.policy import Case, Criterion
from cultivation.standards.reading import read_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

SIZE = 1_000_000
ROUNDS = 3  # in turn; the best of each counts
YEAR_JUDGED = 2026
LOOPED = 20_000  # rows of the loop; its time is per row
WITH_INPUTS, ALONE, OVER_LOOP = 5.0, 1.5, 50.0
WAN = 1_000_000  # fen
MISSING = 0.02  # of the rows lack a figure
MAY_LACK = ("revenue_y3", "rd_expense_y2", "total_assets_y1", "market_share_y1")

EDITION = """
tier = "little_giant"
title_zh = "十项条件"
title_en = "Ten criteria"
document = "-"
in_force = 2026-01-01

[[criterion]]
code = "T"
label_zh = "全部"
label_en = "all"
need = "all"
"""
LEAVES = {
    "T1": 'figure = "revenue"\nat_least = 5000',
    "T2": 'ratio = ["main_business_revenue", "revenue"]\nat_least = 0.9',
    "T3": 'compound_growth = "revenue"\nat_least = 0.05',
    "T4": 'ratio = ["total_liabilities", "total_assets"]\nat_most = 0.75',
    "T5": 'figure = "rd_expense"\nyears = [1, 2]\nover = "sum"\nat_least = 1200',
    "T6": 'ratio = ["rd_expense", "revenue"]\nyears = [1, 2]\nover = "each"\nat_least = 0.03',
    "T7": 'figure = "market_share"\nat_least = 0.1',
    "T8": 'figure = "quality_score"\nat_least = 60',
    "T9": 'fact = "niche_years"\nat_least = 3',
    "T10": 'fact = "title_srdi"\nis_true = true',
}


def figures(size: int | None) -> Iterable[Figure]:
    """Yield seconds here over seconds there, at a hundredth, a tenth and all of the firms."""
    firms = size or SIZE
    yield Figure("criteria", len(LEAVES), None, "criteria")
    for share in (100, 10, 1):
        yield from _compared(max(firms // share, 1), held=share == 1)
    yield Figure("peak memory", peak_mib(), None, "MiB")


def _compared(firms: int, *, held: bool) -> Iterable[Figure]:
    """Compare the three on so many firms; only the whole is `held` against the limits."""
    standard, frame = _standard(), _firms(firms)
    rounds = [(_here(frame, standard), _openfisca(frame)) for _ in range(ROUNDS)]
    here, peer = rounds[0][0][2], rounds[0][1][2]
    loop_seconds, looped = _timed(lambda: _loop(frame.head(LOOPED).rows(named=True)))
    if looped != here[: len(looped)].tolist():
        raise AssertionError("the loop and the evaluator disagree")
    whole, alone = (min(mine[n] for mine, _ in rounds) for n in (0, 1))
    peer_whole, peer_alone = (min(theirs[n] for _, theirs in rounds) for n in (0, 1))
    loop = loop_seconds / len(looped) * firms

    def ratio(name: str, measured: float, most: float) -> Figure:
        return Figure(f"{name} of {firms} firms", measured, most if held else None, "times")

    yield ratio("over OpenFisca inputs included", whole / peer_whole, 1 / WITH_INPUTS)
    yield ratio("over OpenFisca calculation alone", alone / peer_alone, 1 / ALONE)
    yield ratio("over a Python loop", alone / loop, 1 / OVER_LOOP)
    if held:
        yield Figure("here inputs included", whole, None, "s")
        yield Figure("here calculation alone", alone, None, "s")
        yield Figure("OpenFisca inputs included", peer_whole, None, "s")
        yield Figure("OpenFisca calculation alone", peer_alone, None, "s")
        yield Figure("Python loop", loop, None, "s")
        yield Figure("firms OpenFisca misjudges", int((here != peer).sum()), None, "rows")


def _standard() -> Criterion:
    leaves = (
        f'[[criterion]]\ncode = "{code}"\npart_of = "T"\nlabel_zh = "条"\nlabel_en = "c"\n{said}\n'
        for code, said in LEAVES.items()
    )
    text = "\n".join([EDITION, *leaves])
    case = Case("recognition", dt.date(YEAR_JUDGED, 5, 6))
    return read_policy(text, code="ten").standard(case)


def _firms(firms: int) -> pl.DataFrame:
    """Return invented firms; every hundredth lies exactly on the thresholds."""
    random = np.random.default_rng(2026)

    def money(least: int, most: int) -> Any:
        return random.integers(least * WAN, most * WAN, firms)

    revenue = money(3000, 90_000)
    assets = money(2000, 90_000)
    made = {
        "revenue_y1": revenue,
        "revenue_y2": money(3000, 60_000),
        "revenue_y3": money(3000, 60_000),
        "main_business_revenue_y1": (revenue * random.uniform(0.8, 1, firms)).astype(np.int64),
        "total_assets_y1": assets,
        "total_liabilities_y1": (assets * random.uniform(0.1, 1, firms)).astype(np.int64),
        "rd_expense_y1": money(100, 3000),
        "rd_expense_y2": money(100, 3000),
        "market_share_y1": random.integers(0, 300_000, firms),
        "quality_score_y1": random.integers(4000, 9000, firms),
        "niche_years": random.integers(0, 12, firms),
    }
    edge = {
        "revenue_y1": 44_100 * WAN, "revenue_y3": 40_000 * WAN, "revenue_y2": 20_000 * WAN,
        "main_business_revenue_y1": 39_690 * WAN, "rd_expense_y1": 1323 * WAN,
        "rd_expense_y2": 600 * WAN, "market_share_y1": 100_000, "quality_score_y1": 6000,
        "niche_years": 3,
    }  # fmt: skip
    for name, value in edge.items():
        made[name][::100] = value
    made["total_liabilities_y1"][::400] = made["total_assets_y1"][::400] // 4 * 3
    missing = pl.Series(random.random(firms) < MISSING)
    return pl.DataFrame(made).with_columns(
        *(pl.when(~missing.shift(n)).then(name).alias(name) for n, name in enumerate(MAY_LACK)),
        enterprise=pl.int_range(firms), region_path=pl.lit("320500"),
        title_srdi=pl.Series(random.random(firms) < 0.7),
    )  # fmt: skip


def _here(frame: pl.DataFrame, standard: Criterion) -> tuple[float, float, Any]:
    begun = time.perf_counter()
    bits = largest(frame.lazy(), standard)
    ready = time.perf_counter()
    judged = judge_rest(frame.lazy(), standard, bits=bits).collect()
    ended = time.perf_counter()
    return ended - begun, ended - ready, judged["v:T"].to_numpy()


def _openfisca(frame: pl.DataFrame) -> tuple[float, float, Any]:
    system = _system()
    begun = time.perf_counter()
    simulation = SimulationBuilder().build_default_simulation(system, frame.height)
    for name in frame.columns:
        if name in {"enterprise", "region_path"}:
            continue
        stem, _, back = name.rpartition("_y")
        year = YEAR_JUDGED - int(back) if stem and back.isdigit() else YEAR_JUDGED
        dtype = pl.Boolean if name == "title_srdi" else pl.Float32
        values = frame[name].cast(dtype).to_numpy()  # a missing figure is NaN
        simulation.set_input(stem if stem and back.isdigit() else name, year, values)
    ready = time.perf_counter()
    verdicts = simulation.calculate("T", YEAR_JUDGED)
    ended = time.perf_counter()
    return ended - begun, ended - ready, verdicts


def _system() -> TaxBenefitSystem:
    """Return the ten criteria as OpenFisca's own users write them: a variable each."""
    firm = build_entity(key="firm", plural="firms", label="enterprise", is_person=True)
    system = TaxBenefitSystem([firm])
    values = {
        "revenue": 5000 * WAN, "main": 0.9, "growth": 0.05, "liabilities": 0.75,
        "rd_sum": 1200 * WAN, "rd_share": 0.03, "share": 100_000, "score": 6000, "years": 3,
    }  # fmt: skip
    dated = {name: {"values": {"2026-01-01": {"value": value}}} for name, value in values.items()}
    system.parameters = ParameterNode("", data={"law": dated})
    figures_ = (
        "revenue", "main_business_revenue", "total_assets", "total_liabilities", "rd_expense",
        "market_share", "quality_score", "niche_years",
    )  # fmt: skip
    for name in figures_:
        _add(system, firm, name, float)
    _add(system, firm, "title_srdi", bool)
    for code, formula in FORMULAS.items():
        _add(system, firm, code, int, formula)
    return system


def _add(system: TaxBenefitSystem, firm: Any, name: str, kind: type, formula: Any = None) -> None:
    said: dict[str, Any] = {"value_type": kind, "entity": firm, "definition_period": YEAR}
    if formula is not None:
        said["formula"] = formula
    system.add_variable(type(name, (Variable,), said))


def _verdict(met: Any, *read: Any) -> Any:
    """Return 3, 0 or, where a figure read is missing, 1."""
    missing = np.logical_or.reduce([np.isnan(figure) for figure in read])
    return np.where(missing, 1, np.where(met, 3, 0))


def _at_least(name: str, parameter: str, back: int = 1) -> Callable[..., Any]:
    def formula(firm: Any, period: Any, law: Any) -> Any:
        value = firm(name, period.offset(-back))
        return _verdict(value >= law(period).law[parameter], value)

    return formula


def _share(part: str, whole: str, parameter: str, back: int = 1) -> Callable[..., Any]:
    def formula(firm: Any, period: Any, law: Any) -> Any:
        a, b = firm(part, period.offset(-back)), firm(whole, period.offset(-back))
        return _verdict(a >= law(period).law[parameter] * b, a, b)

    return formula


def _growth(firm: Any, period: Any, law: Any) -> Any:
    late, early = firm("revenue", period.offset(-1)), firm("revenue", period.offset(-3))
    return _verdict((late / early) ** 0.5 - 1 >= law(period).law.growth, late, early)


def _liabilities(firm: Any, period: Any, law: Any) -> Any:
    owed, assets = (firm(name, period.offset(-1)) for name in ("total_liabilities", "total_assets"))
    return _verdict(owed <= law(period).law.liabilities * assets, owed, assets)


def _rd_sum(firm: Any, period: Any, law: Any) -> Any:
    late, early = firm("rd_expense", period.offset(-1)), firm("rd_expense", period.offset(-2))
    return _verdict(late + early >= law(period).law.rd_sum, late, early)


def _rd_shares(firm: Any, period: Any, law: Any) -> Any:
    share = (_share("rd_expense", "revenue", "rd_share", back) for back in (1, 2))
    return np.minimum(*(year(firm, period, law) for year in share))


FORMULAS: dict[str, Callable[..., Any]] = {
    "T1": _at_least("revenue", "revenue"),
    "T2": _share("main_business_revenue", "revenue", "main"),
    "T3": _growth,
    "T4": _liabilities,
    "T5": _rd_sum,
    "T6": _rd_shares,
    "T7": _at_least("market_share", "share"),
    "T8": _at_least("quality_score", "score"),
    "T9": _at_least("niche_years", "years", back=0),
    "T10": lambda firm, period, _law: np.where(firm("title_srdi", period), 3, 0),
    "T": lambda firm, period, _law: np.minimum.reduce([firm(code, period) for code in LEAVES]),
}


def _loop(rows: list[dict[str, Any]]) -> list[int]:
    """Judge row by row in plain Python with the same exact integers."""
    return [min(met(row) for met in LOOP) for row in rows]


def _plain(truth: Callable[..., bool], *names: str) -> Callable[[dict[str, Any]], int]:
    def met(row: dict[str, Any]) -> int:
        values = [row[name] for name in names]
        if None in values:
            return 1
        return 3 if truth(*values) else 0

    return met


def _rd_of(back: int) -> Callable[[dict[str, Any]], int]:
    return _plain(lambda a, b: a * 100 >= b * 3, f"rd_expense_y{back}", f"revenue_y{back}")


LOOP = (
    _plain(lambda a: a >= 5000 * WAN, "revenue_y1"),
    _plain(lambda a, b: a * 10 >= b * 9, "main_business_revenue_y1", "revenue_y1"),
    _plain(lambda a, c: a * 400 >= c * 441, "revenue_y1", "revenue_y3"),
    _plain(lambda a, b: a * 4 <= b * 3, "total_liabilities_y1", "total_assets_y1"),
    _plain(lambda a, b: a + b >= 1200 * WAN, "rd_expense_y1", "rd_expense_y2"),
    _rd_of(1),
    _rd_of(2),
    _plain(lambda a: a >= 100_000, "market_share_y1"),
    _plain(lambda a: a >= 6000, "quality_score_y1"),
    _plain(lambda a: a >= 3, "niche_years"),
    _plain(lambda a: a, "title_srdi"),
)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made
