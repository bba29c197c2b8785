"""Changed thresholds over the registry, against SQL on a wide table of the same facts (模拟基准).

A scenario is asked cold (the registry is judged once by the edition) and warm (other thresholds on
what was judged). The SQL counts only who would qualify, by unit and title held; the simulation
counts besides who gains, loses and falls at re-check, by section and size as well. Both must agree.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl
from django.conf import settings
from django.db import connection

from config.benchmarks import Figure, peak_mib
from cultivation.standards import editions, facts, shelf
from cultivation.standards.models import Edition, Snapshot
from cultivation.standards.policy import Amendment, Comparison, amended
from cultivation.standards.simulating import simulation
from cultivation.standards.tallies import tally
from tests.bench.registry_of import AS_OF, UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cultivation.standards.policy import Policy

T = TypeVar("T")
Counts = dict[tuple[str, str], int]

SIZE = 1_000_000
GROWTH = (10_000, 100_000)  # smaller sizes measured as well
MOST_OVER_SQL = 0.1
MOST_MIB = 1024.0
ROUNDS = 5  # the best counts
CODE = "little_giant_2026"
TABLE = "wide"
MONEY = 10**9
TIERS = ("", "innovative", "technology", "srdi", "little_giant")


@dataclass(frozen=True)
class Lines:
    """The thresholds that the bench moves, as the edition has them."""

    main_share: Fraction = Fraction(90, 100)  # L26-2b
    rd_share: Fraction = Fraction(3, 100)  # L26-3b
    rd_sum: int = 12 * 10**8  # L26-3a, in fen
    market_share: int = 100_000  # L26-5a1, parts per million

    def changes(self) -> list[Amendment]:
        """Return the amendments that make the edition have these."""
        said = {
            "L26-2b": self.main_share,
            "L26-3b": self.rd_share,
            "L26-3a": Fraction(self.rd_sum),
            "L26-5a1": Fraction(self.market_share),
        }
        now = dict(zip(said, vars(Lines()).values(), strict=True))
        return [
            Amendment(code, comparison=Comparison("at_least", value))
            for code, value in said.items()
            if value != now[code]
        ]


COLD = Lines(main_share=Fraction(85, 100))
ONE = Lines(main_share=Fraction(70, 100))
FOUR = Lines(Fraction(60, 100), Fraction(2, 100), 8 * 10**8, 50_000)


def figures(size: int | None) -> Iterable[Figure]:
    """Yield times, ratios to SQL and memory of simulating over `size` enterprises."""
    editions.load_all()
    policy = editions.policy(Edition.objects.get(code=CODE))
    largest = size or SIZE
    for firms in (*(n for n in GROWTH if n < largest), largest):
        yield from _measured(policy, firms, limited=firms >= SIZE)


def _measured(policy: Policy, firms: int, *, limited: bool) -> Iterable[Figure]:
    shutil.rmtree(Path(settings.SNAPSHOT_DIR) / "bases", ignore_errors=True)
    snapshot = _wide(firms)
    at = f"{firms:,} enterprises"
    sql = min(_timed(lambda: _by_sql(ONE))[0] for _ in range(ROUNDS))
    cold, found = _timed(lambda: _simulated(snapshot, policy, COLD))
    _agree(found, COLD)
    yield Figure(f"{at}: SQL count on the wide table", sql, None, "s")
    yield Figure(f"{at}: cold, judging the base included", cold, None, "s")
    yield Figure(f"{at}: cold over SQL", cold / sql, None, "times")
    for name, lines in (("one threshold", ONE), ("four thresholds", FOUR)):
        runs = [_timed(lambda: _simulated(snapshot, policy, lines)) for _ in range(ROUNDS)]  # noqa: B023
        sql = min(_timed(lambda: _by_sql(lines))[0] for _ in range(ROUNDS))  # noqa: B023
        warm, found = min(runs, key=lambda run: run[0])
        _agree(found, lines)
        yield Figure(f"{at}: warm, {name}", warm, None, "s")
        limit = MOST_OVER_SQL if limited else None
        yield Figure(f"{at}: warm over SQL, {name}", warm / sql, limit, "times")
    totals = found["totals"]
    yield Figure(f"{at}: qualify, before", totals["before"], None, "rows")
    yield Figure(f"{at}: qualify, four thresholds", totals["after"], None, "rows")
    yield Figure(f"{at}: peak memory", peak_mib(), MOST_MIB, "MiB")


def _simulated(snapshot: Snapshot, policy: Policy, lines: Lines) -> dict[str, Any]:
    ran = simulation(snapshot, policy, amended(policy, lines.changes()), as_of=AS_OF)
    return tally(ran.result())


def _agree(found: dict[str, Any], lines: Lines) -> None:
    """Hold the simulation against the SQL, unit by unit and title by title."""
    for place, asked in ((3, Lines()), (4, lines)):  # a row: unit, title, firms, before, after
        ours = {(row[0], row[1]): row[place] for row in found["pairs"]["unit held"] if row[place]}
        if ours != _by_sql(asked) or not ours:
            raise AssertionError(f"the simulation and the SQL differ for {asked}")


def _by_sql(lines: Lines) -> Counts:
    """Count who qualifies under little_giant_2026 by unit and title held, on the wide table."""
    part, rd = lines.main_share, lines.rd_share
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT substr(region_path, 1, 2), tier, count(*) FROM {TABLE}
            WHERE mainland_entity AND is_sme AND obeys_laws AND NOT on_abnormal_list
              AND NOT on_dishonest_list AND NOT prohibited_product AND events_2026_high <= 0
              AND truth_declared AND title_srdi AND niche_years >= 3
              AND revenue_y1 >= 5000000000
              AND main_business_revenue_y1 * {part.denominator} >= revenue_y1 * {part.numerator}
              AND (title_little_giant
                   OR revenue_y3 > 0 AND revenue_y1 * 400 >= revenue_y3 * 441)
              AND total_assets_y1 > 0 AND total_liabilities_y1 * 4 <= total_assets_y1 * 3
              AND rd_expense_y1 + rd_expense_y2 >= {lines.rd_sum}
              AND rd_expense_y1 * {rd.denominator} >= revenue_y1 * {rd.numerator}
              AND revenue_y2 > 0
              AND rd_expense_y2 * {rd.denominator} >= revenue_y2 * {rd.numerator}
              AND (class_one_own_rank3_low >= 4 OR national_award_top3_low >= 1)
              AND (market_share_y1 >= {lines.market_share} OR domestic_rank_y1 <= 3)
              AND (domain_scheme = 'six_bases' OR key_link)
              AND (quality_score_y0 >= 6000 OR title_little_giant AND quality_score_y1 >= 6000)
              AND leading_product_revenue_y1 * 2 > revenue_y1
              AND (title_little_giant OR NOT champion_title AND NOT controls_little_giant
                   AND NOT group_similar_product)
            GROUP BY 1, 2
            """  # noqa: S608
        )
        return {(unit, tier): number for unit, tier, number in cursor.fetchall()}


def _wide(firms: int) -> Snapshot:
    """Make a snapshot of invented facts, and the same rows as a table."""
    schema = facts.frame([], as_of=AS_OF).schema
    kinds = {pl.Int64: "bigint", pl.Boolean: "boolean", pl.String: "text"}
    columns = ", ".join(f"{name} {kinds[kind.base_type()]}" for name, kind in schema.items())
    parts, begun = [], 0
    with connection.cursor() as cursor, shelf.scratch() as scratch:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}; CREATE TABLE {TABLE} ({columns})")
        for number, unit in enumerate(sorted(UNITS)):
            rows = firms * (number + 1) // len(UNITS) - begun
            block = _invented(schema, unit, begun, rows)
            begun += rows
            parts.append([unit, shelf.put(block, scratch), rows])
            with cursor.copy(f"COPY {TABLE} FROM STDIN (FORMAT csv, NULL 'none')") as copy:
                copy.write(block.write_csv(include_header=False, null_value="none"))
        cursor.execute(f"VACUUM ANALYZE {TABLE}")
    digest = shelf.digest_of(shelf.path_of(str(parts[0][1])))[:50]
    return Snapshot.objects.create(
        sha256=f"{digest}{firms:014}", parts=parts, as_of=AS_OF, rows=firms, columns=len(schema)
    )


def _invented(schema: pl.Schema, unit: str, begun: int, rows: int) -> pl.DataFrame:
    """Return rows of a unit: most firms are good at most things, one in twelve qualifies or so."""
    seeds = {name: number for number, name in enumerate(schema)}

    def dice(name: str) -> pl.Expr:
        return (pl.col("enterprise").hash(seeds[name]) % 1_000_000) / 1_000_000

    def value(name: str, kind: Any) -> pl.Expr:
        stem, _, year = name.rpartition("_y")
        share = dice(name)
        if kind == pl.Boolean:
            bad = name.startswith(("on_", "prohibited", "champion", "controls", "group"))
            return share < (0.03 if bad else 0.97)
        if kind == pl.String:
            return pl.lit("six_bases") if name == "domain_scheme" else pl.lit("C")
        if stem in PARTS and year.isdigit():  # a part of the revenue or the assets of the year
            least, most, whole = PARTS[stem]
            of = value(f"{whole}_y{year}", pl.Int64)
            made = (of * (least + (most - least) * share)).cast(pl.Int64)
            return pl.when(share < 0.97).then(made)
        if stem in ("revenue", "total_assets"):
            return (10 ** (9.2 + 1.8 * dice(f"{stem}_y1")) * (1 + 0.3 * share)).cast(pl.Int64)
        if name.endswith(("_low", "_high")):
            low = name.removesuffix("_high").removesuffix("_low")
            return (dice(f"{low}_low") * (1.1 if low.startswith("events") else 9)).cast(pl.Int64)
        most = {"market_share": 300_000, "quality_score": 10_000, "domestic_rank": 20}.get(stem, 20)
        return pl.when(share < 0.97).then((share * most).cast(pl.Int64))

    held = pl.when(dice("tier") < 0.02).then(4).when(dice("tier") < 0.4).then(3).otherwise(
        (dice("tier") * 1000).cast(pl.Int64) % 3
    )  # fmt: skip
    own = {
        "region_path": pl.lit(unit) + (pl.col("enterprise") % 9 + 1).cast(pl.String) + "01"
        + (pl.col("enterprise") % 7).cast(pl.String),
        "tier": held.replace_strict(list(range(len(TIERS))), list(TIERS)),
        "industry_section": (dice("industry_section") * 20).cast(pl.Int64)
        .replace_strict(list(range(20)), list("ABCDEFGHIJKLMNOPQRST")),
        "size_class": (dice("size_class") * 3).cast(pl.Int64)
        .replace_strict([0, 1, 2], ["medium", "small", "micro"]),
    }  # fmt: skip
    titles = {f"title_{tier}": pl.col("tier") == tier for tier in TIERS[1:]}
    titles["title_srdi"] = pl.col("tier").is_in(["srdi", "little_giant"])
    made = pl.select(pl.int_range(begun + 1, begun + rows + 1).alias("enterprise")).with_columns(
        own.get(name, value(name, kind)).cast(kind).alias(name)
        for name, kind in schema.items()
        if name != "enterprise"
    )
    return made.with_columns(said.alias(name) for name, said in titles.items()).select(*schema)


PARTS = {  # least and most of the whole
    "main_business_revenue": (0.55, 1.0, "revenue"),
    "leading_product_revenue": (0.45, 0.95, "revenue"),
    "rd_expense": (0.01, 0.12, "revenue"),
    "total_liabilities": (0.1, 0.9, "total_assets"),
}


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made
