"""Invented firms: who they are, where they stand, what they state (虚构企业)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from config.fiction.dice import either
from config.fiction.ground import HOME_IDS
from config.fiction.words import MARK, OWNERSHIPS, TRADES, brand
from enterprises.registry import credit_code, names, size_class

if TYPE_CHECKING:
    from config.fiction.dice import Dice
    from config.fiction.ground import Ground

BODY = "FCT"  # no real organisation code begins so
NONE, BASE, SRDI, GIANT = range(4)  # the highest title a firm is to hold
MODELS = (39, 40, 42)  # the firms of the demo's owners, fit to rise by one title
HOME_RANKS = (GIANT, SRDI, BASE, SRDI, NONE, BASE, GIANT, BASE)


def rank_weights(enterprises: int) -> list[float]:
    """Return how many firms hold which title: the nation's shape, with giants enough to look at.

    The published figures are 17,600 little giants, 140,000 SRDI SMEs and 600,000 of the base tier.
    """
    giants = min(0.08, max(0.0176, 240 / enterprises))
    srdi = 0.1224 + (giants - 0.0176) * 0.6
    base = 0.46
    return [1 - giants - srdi - base, base, srdi, giants]


def traits(
    dice: Dice, ids: pl.Series, ground: Ground, *, enterprises: int, year: int
) -> pl.DataFrame:
    """Return what decides everything else about a firm: place, rank, grade, age, edge, gap."""
    home = ids.is_in(list(HOME_IDS))
    turn = pl.Series(HOME_RANKS).gather((ids - HOME_IDS.start) % len(HOME_RANKS))
    rank = either(home, turn, dice.index("rank", rank_weights(enterprises)))
    model = ids.is_in(list(MODELS))
    drift = either(model, 1.0, dice.share("drift"))
    grade = (rank + (drift > 0.86).cast(pl.Int64) - (drift < 0.09).cast(pl.Int64)).clip(NONE, GIANT)
    age = pl.Series([5, 7, 9, 11]).gather(rank) + dice.whole("age", 0, 14)
    age = either((rank == NONE) & ~model, dice.whole("young", 1, 16), age)
    edge = either(
        dice.chance("edge", 0.25) & (grade > 0) & ~model, dice.whole("which edge", 0, 6), -1
    )
    edge = either((edge == 4) & (grade > SRDI), -1, edge)
    missing = dice.chance("gap", pl.Series([0.30, 0.22, 0.12, 0.08]).gather(grade))
    gap = either(missing & ~model, dice.whole("which gap", -2, 9), -1)
    return pl.DataFrame(
        {
            "id": ids,
            "rank": rank,
            "grade": grade,
            "edge": edge,
            "gap": gap,
            "model": model,
            "founded": year - age,
            "year": pl.repeat(year, ids.len(), eager=True),
            "leaf": _leaves(dice, ids, ground, home),
            "trade": dice.whole("trade", 0, len(TRADES) - 1),
        }
    )


def _leaves(dice: Dice, ids: pl.Series, ground: Ground, home: pl.Series) -> pl.Series:
    """Return where each firm stands; the first 37 stand one in each unit."""
    drawn = dice.index("unit", ground.unit_weights)
    unit = either(ids <= len(ground.units), ids.cast(pl.Int64) - 1, drawn)
    leaf = pl.repeat(ground.home, ids.len(), dtype=pl.Int64, eager=True)
    for number, (positions, weights) in enumerate(ground.leaves_of_unit):
        here = (unit == number) & ~home
        if here.any():
            found = pl.Series(positions, dtype=pl.Int64).gather(dice.index("leaf", weights))
            leaf = either(here, found, leaf)
    return leaf


def rows(dice: Dice, firms: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """Return the rows of the table of enterprises, without size class, stage and tier."""
    leaves = [ground.leaves[leaf] for leaf in firms["leaf"]]
    trades = [TRADES[trade] for trade in firms["trade"]]
    full = [
        f"{leaf.city}{brand(number)}{trade.word}有限公司{MARK}"
        for leaf, number, trade in zip(leaves, firms["id"], trades, strict=True)
    ]
    founded = _day(firms["founded"], dice.whole("founding day", 0, 364))
    about = pl.DataFrame(
        {
            "id": firms["id"],
            "credit_code": [
                _code(number, leaf.code) for leaf, number in zip(leaves, firms["id"], strict=True)
            ],
            "name": full,
            "name_key": [names.key(name) for name in full],
            "fictional": [True] * firms.height,
            "region_id": [leaf.pk for leaf in leaves],
            "region_path": [leaf.path for leaf in leaves],
            "address": [
                f"{leaf.name}虚构大道{number % 900 + 1}号"
                for leaf, number in zip(leaves, firms["id"], strict=True)
            ],
            "industry_id": pl.Series(ground.industries).gather(firms["trade"]),
            "industry_class": [trade.industry_class for trade in trades],
            "niche": [trade.niche for trade in trades],
            "leading_product": [trade.product for trade in trades],
            "ownership": dice.pick("ownership", OWNERSHIPS),
            "registered_capital": dice.pick("capital", [500, 1000, 2000, 3000, 5000, 8000])
            * 1_000_000,
            "established_on": founded,
            "niche_since": _niche_days(dice, firms, founded),
            "contact_name": [f"演示联系人{number}" for number in firms["id"]],
            "contact_phone": [f"000-{number:08d}" for number in firms["id"]],
            "contact_email": [f"contact-{number}@example.invalid" for number in firms["id"]],
        }
    )
    return pl.concat(
        [about, _chain(dice, firms, ground), _statements(dice, firms)], how="horizontal"
    )


def _code(number: int, region: str) -> str:
    """Return a credit code with right check characters on an organisation code never given."""
    places = "".join(credit_code.ALPHABET[number // 31**power % 31] for power in (4, 3, 2, 1, 0))
    body = f"{BODY}{places}"
    front = f"91{region}{body}{credit_code.organisation_character(body)}"
    return front + credit_code.check_character(front)


def _day(year: pl.Series, offset: pl.Series) -> pl.Series:
    return pl.select(pl.date(pl.lit(year), 1, 1) + pl.duration(days=pl.lit(offset))).to_series()


def _niche_days(dice: Dice, firms: pl.DataFrame, founded: pl.Series) -> pl.Series:
    """Return since when firms work in their niche; some for three years to the day."""
    later = pl.select(
        pl.date(pl.lit(firms["year"] - 4), 12, 31)
        + pl.duration(days=pl.lit(dice.whole("niche edge", 0, 1)))
    ).to_series()
    usual = pl.select(
        founded + pl.duration(days=pl.lit(dice.whole("niche days", 30, 400)))
    ).to_series()
    return either((firms["edge"] == 3) & (founded < later), later, usual)


def _chain(dice: Dice, firms: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """Return the place in chains, parks and fields; the higher the title, the more is filled in."""
    link = dice.whole("link", 0, len(ground.links) - 1)
    unit_order = {unit.path: number for number, unit in enumerate(ground.units)}
    units = [unit_order[ground.leaves[leaf].path[:2]] for leaf in firms["leaf"]]
    turn = dice.whole("park", 0, 2)
    parks = [ground.park_ids[unit][n] for unit, n in zip(units, turn, strict=True)]
    usual = pl.Series([0.2, 0.5, 0.8, 0.95]).gather(firms["grade"])
    likely = either(firms["model"], 1.0, usual)
    strategic = ground.domains("strategic")
    six = ground.domains("six_bases", "ten_fields")
    chained = dice.chance("in chain", likely)
    roles = pl.Series(
        [f"为本环节提供{TRADES[trade].product}（虚构说明）" for trade in firms["trade"]]
    )
    return pl.DataFrame(
        {
            "chain_id": either(
                chained, pl.Series([chain for _, chain in ground.links]).gather(link)
            ),
            "chain_link_id": either(
                chained, pl.Series([pk for pk, _ in ground.links]).gather(link)
            ),
            "chain_role": either(chained & (firms["grade"] >= SRDI), roles, pl.lit("")),
            "park_id": either(dice.chance("in park", 0.4), pl.Series(parks)),
            "cluster_id": either(
                dice.chance("in cluster", 0.08), dice.pick("cluster", ground.clusters)
            ),
            "product_domain_id": either(dice.chance("in domain", likely), dice.pick("domain", six)),
            "strategic_field_id": either(
                dice.chance("in field", either(firms["model"], 1.0, 0.55)),
                dice.pick("strategic", strategic),
            ),
        }
    )


def _statements(dice: Dice, firms: pl.DataFrame) -> pl.DataFrame:
    """Return what firms say of themselves; some say nothing, a few something that bars them."""
    silent = dice.chance("silent", pl.Series([0.5, 0.2, 0.06, 0.03]).gather(firms["grade"]))
    likely = {
        "mainland_entity": 1.0, "obeys_laws": 0.995, "on_abnormal_list": 0.012,
        "on_dishonest_list": 0.004, "prohibited_product": 0.003, "events_declared": 0.99,
        "own_brand": 0.92, "core_business_system": 0.9, "champion_title": 0.01,
        "controls_little_giant": 0.01, "group_similar_product": 0.01, "truth_declared": 0.99,
    }  # fmt: skip
    return pl.DataFrame(
        {
            name: either(~silent | firms["model"], dice.chance(name, _sure(firms, share)))
            for name, share in likely.items()
        }
    )


def _sure(firms: pl.DataFrame, likely: float) -> pl.Series:
    """Return a likelihood, for the models of the demo a certainty."""
    return either(firms["model"], float(round(likely)), likely)


def with_size(firms: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Return the firms with their size class by their newest report that decides it (企业规模)."""
    given: dict[int, dict[int, dict[str, int | None]]] = {}
    figures = reports.select("enterprise_id", "year", "employees", "revenue", "total_assets")
    for firm, year, heads, revenue, assets in figures.iter_rows():
        given.setdefault(firm, {})[year] = {
            "employees": heads, "revenue": revenue, "total_assets": assets
        }  # fmt: skip
    sizes = [
        size_class.of_reports(code, given.get(firm, {}))
        for firm, code in firms.select("id", "industry_class").iter_rows()
    ]
    return firms.with_columns(
        pl.Series("size_class", [size.value for size, _year in sizes]),
        pl.Series("size_year", [year for _size, year in sizes], dtype=pl.Int64),
    )
