"""Each counted enterprise as a row: place, groups, levels and dimensions (企业状态)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from django.db.models import F, Subquery

from cultivation.digital import index
from cultivation.digital.cube.grouping import TIERS, group_of, held
from cultivation.digital.cube.history import then
from cultivation.digital.maturity import latest
from cultivation.digital.models import CubeFirm, MaturityAssessment
from cultivation.standards.tables import among, read, read_few
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from cultivation.digital.definitions import Rule

Way = MaturityAssessment.Way
Columns = dict[str, type[pl.DataType]]
KEY = ("enterprise_id", "tier")
WAYS = ("", Way.ON_SITE.value, Way.SELF.value)  # of levels; the empty one is any
LEVELS = {"": "level", Way.ON_SITE.value: "on_site", Way.SELF.value: "self_declared"}
PLAIN: Columns = {
    "enterprise_id": pl.Int64,
    "region_path": pl.String,
    "level": pl.Int64,
    "on_site": pl.Int64,
    "self_declared": pl.Int64,
    "chain": pl.Int64,
    "park": pl.Int64,
    "cluster": pl.Int64,
    "industry": pl.Int64,
    "section": pl.String,
    "size_class": pl.String,
}
OF_TITLE: Columns = {"tier": pl.String, "batch": pl.String}
STORED: Columns = {**PLAIN, **OF_TITLE, "groups": pl.String}
TITLE: Columns = {"enterprise_id": pl.Int64, **OF_TITLE, "granted_on": pl.Date, "id": pl.Int64}
FEW = 2000  # rows that a plain query gives sooner than COPY


def of(on: dt.date, rules: Sequence[Rule], *, ids: Sequence[int] | None = None) -> pl.DataFrame:
    """Return who counts on a day, of all or of some, from the facts themselves (实算)."""
    names = [f"group_{number}" for number in range(len(rules))]
    columns: Columns = {**PLAIN, **dict.fromkeys(names, pl.Int64)}
    reading = read if ids is None or len(ids) > FEW else read_few
    described = reading(_described(on, rules, ids), {f"of_{k}": v for k, v in columns.items()})
    firms = described.rename(lambda name: name.removeprefix("of_"))
    titles = reading(_titles(on, ids), TITLE).sort("granted_on", "id", descending=True)
    held = titles.unique(KEY, keep="first", maintain_order=True).drop("granted_on", "id")
    rows = held.join(firms, on="enterprise_id").with_columns(groups=_digits(names))
    return _tidy(rows)


def past(on: dt.date, rules: Sequence[Rule]) -> pl.DataFrame:
    """Return who counted on a past day, each at the region where it stood then (历史状态)."""
    frame, moved = of(on, rules), then(on)
    if not moved:
        return frame
    before = pl.col("enterprise_id").replace_strict(moved, default=None, return_dtype=pl.String)
    return frame.with_columns(region_path=before.fill_null(pl.col("region_path")))


def stored(*, ids: Sequence[int] | None = None) -> pl.DataFrame:
    """Return the rows that are kept, all or those of some enterprises (存量)."""
    rows = CubeFirm.objects.all() if ids is None else CubeFirm.objects.filter(among(ids))
    reading = read if ids is None or len(ids) > FEW else read_few
    return _tidy(reading(rows, STORED))


def _titles(on: dt.date, ids: Sequence[int] | None) -> QuerySet[Title]:
    titles = held(on).filter(tier__in=TIERS)
    return titles if ids is None else titles.filter(among(ids))


def _described(on: dt.date, rules: Sequence[Rule], ids: Sequence[int] | None) -> QuerySet[Any]:
    """Return the holders of titles with all that a row holds; names are set off from the fields."""
    firms: QuerySet[Any] = Enterprise.objects.filter(
        pk__in=held(on).filter(tier__in=TIERS).order_by().values("enterprise_id")
    )
    if ids is not None:
        firms = firms.filter(among(ids, name="pk"))
    asked = [index.ASKED]
    groups = {f"of_group_{n}": group_of(rule, on) for n, rule in enumerate(rules)}
    described: QuerySet[Any] = firms.annotate(
        of_enterprise_id=F("pk"),
        of_region_path=F("region_path"),
        of_level=Subquery(latest(on).values("level")),
        of_on_site=Subquery(latest(on, ways=[Way.ON_SITE], versions=asked).values("level")),
        of_self_declared=Subquery(latest(on, ways=[Way.SELF], versions=asked).values("level")),
        of_chain=F("chain_id"),
        of_park=F("park_id"),
        of_cluster=F("cluster_id"),
        of_industry=F("industry_id"),
        of_section=F("industry__section"),
        of_size_class=F("size_class"),
        **groups,
    )
    return described


def _digits(names: Sequence[str]) -> pl.Expr:
    return pl.concat_str(*names) if names else pl.lit("")


def _tidy(rows: pl.DataFrame) -> pl.DataFrame:
    """Take a missing text for an empty one: not all databases and files tell them apart."""
    texts = [name for name, kind in STORED.items() if kind is pl.String]
    return rows.select(*STORED).with_columns(pl.col(texts).fill_null(""))
