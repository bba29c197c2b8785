"""Reading amendments: what a notice, a province or a scenario changes in a criterion (调整读取)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from cultivation.standards.parts import REACH, SOURCE, Table
from cultivation.standards.policy import (
    UNSOURCED,
    Amendment,
    Band,
    Comparison,
    Count,
    Criterion,
    Policy,
    Source,
)
from cultivation.standards.quantities import COMPARISONS, LINES, QuantityReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def read_amendments(rows: Sequence[Table], policy: Policy, *, origin: str) -> tuple[Amendment, ...]:
    """Read changes to a policy as a file would state them, from plain data (读取调整)."""
    reader = AmendmentReader(origin, {count.name: count for count in policy.counts})
    return tuple(
        reader.amendment(row, policy.root) for row in reader.rows({"change": list(rows)}, "change")
    )


class AmendmentReader(QuantityReader):
    """Reads the amendments of one file."""

    def __init__(
        self, origin: str, counts: Mapping[str, Count], *, default: Source = UNSOURCED
    ) -> None:
        super().__init__(origin, counts)
        self.default = default

    def amendment(self, row: Table, root: Criterion) -> Amendment:
        of = row.get("of", "?")
        at = f"amendment of {of}"
        self.known(at, row, ("of", "waived", "bands", "points"), COMPARISONS, LINES, REACH, SOURCE)
        target = next((c for c in root.walk() if c.code == of), None)
        if target is None:
            raise self.refuse(at, "there is no such criterion", "name one by its code")
        source = self.source(at, row, default=self.default)
        if not (source.verified or target.advisory or source.note):
            raise self.refuse(
                at, "an unverified change would decide silently", "say in note why it is used"
            )
        made = Amendment(
            of=target.code,
            reach=self.reach(at, row),
            source=source,
            comparison=self.threshold_of(at, row, target),
            line=self.line_of(at, row, target),
            waived=self.flag(at, row, "waived") if "waived" in row else None,
            bands=self.bands_of(at, row, target),
            points=self.points_of(at, row, target),
        )
        changes = [made.comparison, made.line, made.bands or None, made.points]
        stated = [change for change in changes if change is not None]
        if made.waived is None and not stated:
            raise self.refuse(at, "it changes nothing", "state a threshold or waived = true")
        if made.waived and (stated or target is root):
            raise self.refuse(
                at, "it waives and changes, or waives all", "keep one, of one criterion"
            )
        return made

    def threshold_of(self, at: str, row: Table, target: Criterion) -> Comparison | None:
        if not any(key in row for key in COMPARISONS):
            return None
        if target.quantity is None or target.comparison is None:
            raise self.refuse(at, "it has no threshold", "amend a comparison")
        return self.comparison(at, target.quantity, row)

    def line_of(self, at: str, row: Table, target: Criterion) -> Comparison | None:
        line = self.line(at, row)
        if line is None:
            return None
        if target.line is None:
            raise self.refuse(at, "it has no line of points", "amend points_at_least of a sum")
        if isinstance(line.threshold, Fraction) and line.threshold > target.most:
            raise self.refuse(
                at, f"its line lies above the most points, {target.most / 100:g}", "lower it"
            )
        return line

    def bands_of(self, at: str, row: Table, target: Criterion) -> tuple[Band, ...]:
        if "bands" not in row:
            return ()
        if target.quantity is None or not target.bands:
            raise self.refuse(at, "it has no bands", "amend a criterion that gives points by bands")
        bands = self.bands(at, target.quantity, row["bands"])
        if target.otherwise >= bands[-1].points:
            raise self.refuse(at, "a band gives less than none", "order the points by the bands")
        return bands

    def points_of(self, at: str, row: Table, target: Criterion) -> int | None:
        if "points" not in row:
            return None
        if target.points is None:
            raise self.refuse(at, "it gives no points of its own", "amend one that states points")
        return self.hundredths(at, row["points"])
