"""The enterprises behind a figure of a scenario, recomputed and never stored (情景企业名单)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from cultivation.standards import phrases
from cultivation.standards.models import Verdict
from cultivation.standards.pairings import SORTS
from cultivation.standards.scenarios import listed
from cultivation.standards.tallies import PLACES
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cultivation.standards.models import Scenario
    from cultivation.standards.simulating import Simulation
    from enterprises.accounts.models import User

NONE = "none"  # written for an empty key: no title, no section
PAGE = 50
FETCHED = 1000  # enterprises read at a time for an export


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise of a list: how it stood, how it would, and by what (名单行)."""

    enterprise: Enterprise
    before: str
    after: str
    recheck: bool
    deciding: Sequence[str]


@dataclass(frozen=True, slots=True)
class FirmList:
    """The enterprises of a list in the order of their places (企业名单)."""

    ran: Simulation
    rows: pl.DataFrame
    labels: Mapping[str, str]

    def page(self, user: User, number: int) -> list[Firm]:
        """Return the enterprises of a page, from 1 on, that are in a user's sight."""
        return self._firms(user, self.rows.slice((number - 1) * PAGE, PAGE))

    def all(self, user: User) -> Iterator[Firm]:
        """Yield all enterprises in a user's sight."""
        for start in range(0, self.rows.height, FETCHED):
            yield from self._firms(user, self.rows.slice(start, FETCHED))

    def _firms(self, user: User, rows: pl.DataFrame) -> list[Firm]:
        seen = Enterprise.objects.visible_to(user).select_related("region", "industry")
        by_id = {firm.pk: firm for firm in seen.filter(pk__in=rows["enterprise"].to_list())}
        return [
            Firm(
                by_id[row["enterprise"]],
                Verdict(row["before"]).name.lower(),
                Verdict(row["after"]).name.lower(),
                row["kind"] == "recheck",
                [
                    self.labels.get(code, code)
                    for bit, code in enumerate(self.ran.deciding)
                    if row["deciding"] >> bit & 1
                ],
            )
            for row in rows.iter_rows(named=True)
            if row["enterprise"] in by_id
        ]


def firms(scenario: Scenario, asked: Mapping[str, Any]) -> FirmList:
    """Return the enterprises of a list, narrowed as asked (取名单).

    `asked` may give list, requirement, unit, city, county, held, section, size; an unknown list is
    that of those who lose. ValidationError where the result no longer stands.
    """
    ran = listed(scenario)
    sort = str(asked.get("list", ""))
    narrower = [
        pl.col("region_path").str.slice(0, size) == str(asked[name])
        for name, size in PLACES.items()
        if asked.get(name)
    ]
    for name in ("held", "section", "size"):
        if value := str(asked.get(name, "")):
            wanted = "" if value == NONE else value
            narrower.append(pl.col(name).cast(pl.String) == wanted)
    requirement = str(asked.get("requirement", ""))
    rows = ran.firms(
        sort if sort in SORTS else "losses",
        *narrower,
        requirement=requirement if requirement in ran.deciding else "",
    )
    labels = {
        criterion.code: phrases.label(criterion)
        for said in (ran.base.policy, ran.after)
        for criterion in said.root.walk()
    }
    return FirmList(ran, rows, labels)
