"""Which worked cases a measured criterion owes: edges, values, gaps (应有判例：指标)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.standards.oracle import truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cultivation.standards.policy import Comparison, Criterion, Quantity
    from tests.standards.oracle import Row

Item = tuple[str, str]


def _single(quantity: Quantity) -> dict[str, Quantity]:
    """Return what is compared each for itself, by a name: years of each and any, else the whole."""
    if quantity.over not in {"each", "any"}:
        return {"": quantity}
    return {f", Y{y}": replace(quantity, years=(y,), over="") for y in quantity.years}


def _columns(quantity: Quantity) -> list[str]:
    if quantity.shape in {"count", "sum"}:
        return [f"{quantity.names[0]}_low", f"{quantity.names[0]}_high"]
    return [f"{n}_y{y}" for n, y in quantity.figures] or list(quantity.names)


def _comparisons(criterion: Criterion) -> list[Comparison]:
    return (
        [criterion.comparison] if criterion.comparison else [b.comparison for b in criterion.bands]
    )


def edge(comparison: Comparison) -> str:
    return f"{comparison.order} {float(comparison.threshold):.12g}"  # type: ignore[arg-type]


def of_leaf(criterion: Criterion) -> Iterator[Item]:
    quantity, code = criterion.quantity, criterion.code
    assert quantity is not None
    counted = quantity.shape in {"count", "sum"}
    for comparison in _comparisons(criterion):
        wanted: Any = comparison.threshold
        if isinstance(wanted, bool | tuple):
            values = [True, False] if isinstance(wanted, bool) else [*wanted, "another"]
            yield from ((code, f"is {value}") for value in values)
            continue
        for name in _single(quantity):
            yield code, f"exactly {edge(comparison)}{name}"
            yield code, f"just over {edge(comparison)}{name}"
            if wanted > 0 or not (counted or quantity.shape == "fact"):
                yield code, f"just under {edge(comparison)}{name}"
    if counted:
        yield code, "open, either way"
        yield code, "open, yet sure"
        return
    for name, single in _single(quantity).items():
        for column in _columns(single):
            yield code, f"without {column}"
            if name:
                yield code, f"without {column}, yet sure"
    if quantity.shape == "ratio" or "growth" in quantity.shape:
        yield code, "no base"


def shown_by_leaf(criterion: Criterion, row: Row) -> Iterator[str]:
    quantity = criterion.quantity
    assert quantity is not None
    held = [truth(quantity, comparison, row) for comparison in _comparisons(criterion)]
    if quantity.shape in {"count", "sum"} and len(set(_values(quantity, row))) > 1:
        yield "open, either way" if None in held else "open, yet sure"
    for comparison in _comparisons(criterion):
        wanted: Any = comparison.threshold
        (value, *_) = _values(quantity, row)
        if isinstance(wanted, bool | tuple):
            known = isinstance(wanted, bool) or value in wanted
            yield f"is {value if known else 'another'}" if value is not None else ""
            continue
        for name, single in _single(quantity).items():
            others = {truth(o, comparison, row) for n, o in _single(quantity).items() if n != name}
            if others <= {quantity.over == "each"}:
                yield from (
                    f"{near} {edge(comparison)}{name}" for near in _near(single, comparison, row)
                )
            sure = (quantity.over != "each") in others
            missing = [c for c in _columns(single) if row[c] is None]
            if len(missing) == 1 and (sure or others <= {quantity.over == "each"}):
                yield f"without {missing[0]}{', yet sure' if sure else ''}"
    if None not in _values(quantity, row) and None in held:
        yield "no base"
    if quantity.shape == "fact" and None in _values(quantity, row):
        yield f"without {quantity.names[0]}"


def _values(quantity: Quantity, row: Row) -> list[Any]:
    return [row[column] for column in _columns(quantity)]


def _near(quantity: Quantity, comparison: Comparison, row: Row) -> Iterator[str]:
    """Say where a quantity lies: exactly on the edge, or a stored unit of one figure beside it."""
    columns = _columns(quantity)
    together = [columns] if quantity.shape in {"count", "sum"} else [[c] for c in columns]
    if None in _values(quantity, row) or (
        len(together) == 1 and len(set(_values(quantity, row))) > 1
    ):
        return
    stepped = [{**row, **{c: row[c] + s for c in cs}} for cs in together for s in (1, -1)]

    def lies(order: str, where: Row) -> bool | None:
        return truth(quantity, replace(comparison, order=order), where)

    if lies("at_least", row) and lies("at_most", row):
        yield "exactly"
    if lies("below", row) and any(lies("at_least", other) for other in stepped):
        yield "just under"
    if lies("above", row) and any(lies("at_most", other) for other in stepped):
        yield "just over"
