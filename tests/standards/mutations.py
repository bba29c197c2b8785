"""Editions with one thing changed: every field of every part of a policy, at random places."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from cultivation.standards.editions import FOLDER
from cultivation.standards.policy import Band, Comparison, Criterion
from cultivation.standards.reading import read_policy

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from cultivation.standards.policy import Amendment, Policy

CODES = sorted(path.stem for path in FOLDER.glob("*.toml"))
LATER = dt.timedelta(days=40)
FAR = dt.date(2031, 1, 1)


@cache
def edition(code: str) -> Policy:
    """Read an edition of the seeds."""
    return read_policy((FOLDER / f"{code}.toml").read_text(encoding="utf-8"), code=code)


def with_root(said: Policy, root: Criterion) -> Policy:
    """Return a policy with another tree of criteria."""
    return replace(said, root=root, order=tuple(c.code for c in root.walk()))


def edited(root: Criterion, code: str, edit: Callable[[Criterion], Criterion | None]) -> Criterion:
    """Return a tree with one criterion changed, or left out where the edit gives None."""
    if root.code == code:
        return edit(root) or root
    parts = [(part, edit(part) if part.code == code else edited(part, code, edit))
             for part in root.parts]  # fmt: skip
    return replace(root, parts=tuple(new for _, new in parts if new))


def _comparison(old: Comparison, dice: random.Random) -> Comparison:
    bound = old.threshold
    if isinstance(bound, bool):
        return Comparison("is", not bound)
    if isinstance(bound, tuple):
        return Comparison("is", dice.choice(((*bound, "network"), ("strategic",))))
    if dice.random() < 0.3:
        twins = {"at_least": "above", "above": "at_least", "at_most": "below", "below": "at_most"}
        return Comparison(twins[old.order], bound)
    return Comparison(old.order, bound * Fraction(dice.choice((8, 12)), 10) + 1)


def _bands(old: tuple[Band, ...], dice: random.Random) -> tuple[Band, ...]:
    n = dice.randrange(len(old))
    band = old[n]
    new = dice.choice(
        [
            (replace(band, points=band.points + 50),),
            (replace(band, points=band.points - 50),),
            (replace(band, comparison=_comparison(band.comparison, dice)),),
            (band, replace(band, points=band.points + 10)),
            () if len(old) > 1 else (replace(band, points=1),),
        ]
    )
    return (*old[:n], *new, *old[n + 1 :])


def any_one(_criterion: Criterion) -> bool:
    """Fit every criterion."""
    return True


CRITERIA: dict[str, tuple[Callable[[Criterion], Any], Callable[[Criterion, Any], Any]]] = {
    "label_zh": (any_one, lambda c, _: replace(c, label_zh=c.label_zh + "。")),
    "label_en": (any_one, lambda c, _: replace(c, label_en=c.label_en + ".")),
    "clause": (any_one, lambda c, _: source(c, clause=c.source.clause + "、1")),
    "document": (any_one, lambda c, _: source(c, document="工信部企业〔2027〕1号")),
    "note": (any_one, lambda c, _: source(c, note=c.source.note + "!")),
    "confidence": (
        any_one,
        lambda c, _: source(c, confidence="M" if c.source.confidence == "H" else "H"),
    ),
    "verified": (any_one, lambda c, _: source(c, verified=not c.source.verified)),
    "kinds": (lambda c: c.reach.kinds, lambda c, _: reach(c, kinds=())),
    "other kinds": (
        lambda c: not c.reach.kinds,
        lambda c, dice: reach(c, kinds=(dice.choice(("recognition", "recheck")),)),
    ),
    "since": (any_one, lambda c, _: reach(c, since=(c.reach.since or FAR) + LATER)),
    "until": (any_one, lambda c, _: reach(c, until=(c.reach.until or FAR) + LATER)),
    "units": (any_one, lambda c, _: reach(c, units=(*c.reach.units, "33"))),
    "not_units": (any_one, lambda c, _: reach(c, not_units=(*c.reach.not_units, "SZ"))),
    "advisory": (any_one, lambda c, _: replace(c, advisory=not c.advisory)),
    "need": (
        lambda c: c.need in {"all", "any"},
        lambda c, _: replace(c, need={"all": "any", "any": "all"}[c.need]),
    ),
    "way of points": (
        lambda c: c.need in {"sum", "best"},
        lambda c, _: replace(c, need={"sum": "best", "best": "sum"}[c.need]),
    ),
    "names": (
        lambda c: c.quantity and c.quantity.shape in {"figure", "ratio"},
        lambda c, _: quantity(c, names=("net_profit", *c.quantity.names[1:])),
    ),
    "years": (
        lambda c: c.quantity and c.quantity.shape in {"figure", "ratio"} and not c.quantity.over,
        lambda c, dice: quantity(c, years=(1, 2), over=dice.choice(("each", "any"))),
    ),
    "over": (
        lambda c: c.quantity and c.quantity.over,
        lambda c, _: quantity(c, over={"each": "any"}.get(c.quantity.over, "each")),
    ),
    "comparison": (
        lambda c: c.comparison,
        lambda c, dice: replace(c, comparison=_comparison(c.comparison, dice)),
    ),
    "bands": (lambda c: c.bands, lambda c, dice: replace(c, bands=_bands(c.bands, dice))),
    "otherwise": (lambda c: c.bands, lambda c, _: replace(c, otherwise=c.otherwise + 10)),
    "manual": (
        lambda c: c.quantity,
        lambda c, _: replace(c, manual=True, quantity=None, comparison=None, bands=()),
    ),
    "points": (
        lambda c: c.points,
        lambda c, dice: replace(c, points=c.points + dice.choice((-50, 50))),
    ),
    "cap": (lambda c: c.cap, lambda c, dice: replace(c, cap=dice.choice((None, c.cap - 100)))),
    "line": (
        lambda c: c.line,
        lambda c, dice: replace(c, line=dice.choice((None, _comparison(c.line, dice)))),
    ),
    "new line": (
        lambda c: c.scored and not c.line,
        lambda c, _: replace(c, line=Comparison("at_least", Fraction(100))),
    ),
    "added part": (
        lambda c: c.need in {"all", "any"},
        lambda c, _: replace(c, parts=(*c.parts, Criterion("NEW", "新", "New", manual=True))),
    ),
    "removed": (lambda c: not c.parts, lambda *_: None),
    "order": (
        lambda c: len(c.parts) > 1,
        lambda c, _: replace(c, parts=(c.parts[1], c.parts[0], *c.parts[2:])),
    ),
    "code": (any_one, lambda c, _: replace(c, code=c.code + "n")),
}  # fmt: skip


def source(criterion: Criterion, **fields: Any) -> Criterion:
    """Return a criterion with another source."""
    return replace(criterion, source=replace(criterion.source, **fields))


def reach(criterion: Criterion, **fields: Any) -> Criterion:
    """Return a criterion with another reach."""
    return replace(criterion, reach=replace(criterion.reach, **fields))


def quantity(criterion: Criterion, **fields: Any) -> Criterion:
    """Return a criterion that measures something else."""
    assert criterion.quantity is not None
    return replace(criterion, quantity=replace(criterion.quantity, **fields))


def of_criterion(said: Policy, name: str, dice: random.Random) -> Policy | None:
    """Return the policy with a change of this name at a random criterion that can have it."""
    fits, edit = CRITERIA[name]
    able = [c for c in said.root.walk() if fits(c) and not (name == "removed" and alone(said, c))]
    if not able:
        return None
    chosen = dice.choice(able)
    return with_root(said, edited(said.root, chosen.code, lambda c: edit(c, dice)))


def alone(said: Policy, criterion: Criterion) -> bool:
    """Tell whether a criterion is the root or the only part of its group."""
    groups = [c for c in said.root.walk() if criterion in c.parts]
    return not groups or len(groups[0].parts) == 1


def _first(rows: tuple[Any, ...], **fields: Any) -> tuple[Any, ...]:
    return (replace(rows[0], **fields), *rows[1:])


POLICIES: dict[str, Callable[[Policy], Policy | None]] = {
    "tier": lambda p: replace(p, tier="srdi" if p.tier != "srdi" else "innovative"),
    "title_zh": lambda p: replace(p, title_zh="新标题"),
    "title_en": lambda p: replace(p, title_en="New title"),
    "document": lambda p: replace(p, source=replace(p.source, document="文号")),
    "in_force": lambda p: replace(p, in_force=p.in_force + LATER),
    "until": lambda p: replace(p, until=(p.until or FAR) + LATER),
    "origin": lambda p: replace(p, origin="elsewhere"),
    "period since": lambda p: replace(
        p, periods=_first(p.periods, reach=replace(p.periods[0].reach, since=FAR))
    ),
    "period document": lambda p: replace(p, periods=_first(p.periods, document="文号")),
    "period confidence": lambda p: replace(p, periods=_first(p.periods, confidence="L")),
    "period added": lambda p: replace(p, periods=(*p.periods, replace(p.periods[0], note="x"))),
    "period overlay": lambda p: replace(p, periods=_first(p.periods, overlay="notice")),
    "count label_zh": lambda p: replace(p, counts=_first(p.counts, label_zh="新")),
    "count label_en": lambda p: replace(p, counts=_first(p.counts, label_en="new")),
    "count of": lambda p: replace(p, counts=_first(p.counts, of="award", where=((),))),
    "count where": lambda p: replace(p, counts=_first(p.counts, where=p.counts[0].where[:1] * 2)),
    "count anything": lambda p: replace(p, counts=_first(p.counts, where=((),))),
    "count amount": lambda p: replace(p, counts=_first(p.counts, amount="amount")),
    "count years": lambda p: replace(p, counts=_first(p.counts, years=p.counts[0].years + 1)),
    "count to_date": lambda p: replace(
        p, counts=_first(p.counts, to_date=not p.counts[0].to_date)
    ),
    "count valid": lambda p: replace(p, counts=_first(p.counts, valid=not p.counts[0].valid)),
    "count complete": lambda p: replace(
        p, counts=_first(p.counts, complete="" if p.counts[0].complete else "own_brand")
    ),
    "count removed": lambda p: replace(p, counts=p.counts[1:]),
    "counts in another order": lambda p: replace(p, counts=(*p.counts[1:], p.counts[0])),
}  # fmt: skip


def amended_by(said: Policy, *changes: Amendment) -> Policy:
    """Return a policy with these amendments alone."""
    return replace(said, amendments=changes)
