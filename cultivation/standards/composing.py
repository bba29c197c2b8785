"""An edition with all that lies over it, worked into one policy (标准与年度通知、地方细则的合成).

What is composed depends on texts alone, so it is kept by their hashes; nothing is read twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cultivation.standards.policy import (
    Amendment,
    Count,
    Criterion,
    Period,
    Policy,
    PolicyError,
    Reach,
    Supplement,
)
from cultivation.standards.reading import MOST, digest, read_policy, read_supplement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Text:
    """The text of an edition or of an overlay, known by its hash (标准文本)."""

    code: str
    sha256: str
    toml: str = field(compare=False, repr=False)

    @classmethod
    def of(cls, code: str, toml: str) -> Text:
        """Return a text that was not loaded yet."""
        return cls(code, digest(toml), toml)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an edition consists of: itself and its overlays, each with its hash (规则构成)."""

    parts: tuple[tuple[str, str], ...]  # (code, sha256)

    @property
    def sha256(self) -> str:
        """Return the hash of the whole: the edition's own where nothing lies over it."""
        if len(self.parts) == 1:
            return self.parts[0][1]
        return hashlib.sha256("".join(sha256 for _, sha256 in self.parts).encode()).hexdigest()


@lru_cache(maxsize=128)
def said(base: Text) -> Policy:
    """Return what an edition says by itself."""
    return read_policy(base.toml, code=base.code)


@lru_cache(maxsize=512)
def added(overlay: Text, base: Text) -> Supplement:
    """Return what an overlay adds to an edition."""
    return read_supplement(overlay.toml, code=overlay.code, base=said(base))


@lru_cache(maxsize=256)
def composed(base: Text, overlays: tuple[Text, ...]) -> Policy:
    """Return an edition with its overlays, in their order, worked in (合成标准)."""
    if not overlays:
        return said(base)
    policy = compose(said(base), [added(overlay, base) for overlay in overlays])
    parts = Rules(tuple((text.code, text.sha256) for text in (base, *overlays)))
    return replace(policy, sha256=parts.sha256)


def compose(base: Policy, supplements: Sequence[Supplement]) -> Policy:
    """Return a policy with supplements worked in; the later one wins."""
    living = [_ended(one, supplements) for one in supplements]
    branches: dict[str, list[Criterion]] = defaultdict(list)
    places: dict[str, str] = dict.fromkeys(base.order, f"{base.code}.toml")
    for one in living:
        for group, branch in one.criteria:
            branches[group].append(_documented(branch, one))
            for criterion in branch.walk():
                other = places.setdefault(criterion.code, _origin(one))
                if other != _origin(one):
                    raise PolicyError(
                        f"{_origin(one)}: {criterion.code}: the code stands in {other} as well; "
                        "give it a code of its own"
                    )
    if len(places) > MOST:
        raise PolicyError(
            f"{_origin(living[-1])}: criteria: {base.code} has {len(places)} with these; "
            f"keep to {MOST}, or leave out of a new edition what no longer holds"
        )
    return replace(
        base,
        root=_grown(base.root, branches),
        order=tuple(places),
        counts=_counts(base, living),
        amendments=(
            *base.amendments,
            *(_sourced(a, one) for one in living for a in one.amendments),
        ),
        periods=(*base.periods, *(_noted(p, one) for one in living for p in one.periods)),
        supplements=tuple(supplements),
    )


def same_counts(policies: Iterable[Policy]) -> tuple[Count, ...]:
    """Return the counts of policies, each name once; two meanings of a name are refused."""
    found: dict[str, tuple[Count, str]] = {}
    for policy in policies:
        for count in policy.counts:
            other, code = found.setdefault(count.name, (count, policy.code))
            if other != count:
                raise PolicyError(
                    f"{policy.code}.toml: count {count.name}: {code} means something else by it; "
                    "give one of them another name"
                )
    return tuple(count for count, _ in found.values())


def _ended(one: Supplement, supplements: Sequence[Supplement]) -> Supplement:
    """Return a supplement as far as it goes until another supersedes it."""
    days = [other.in_force for other in supplements if other.supersedes == one.code]
    if not days:
        return one
    before = Reach(until=min(days) - dt.timedelta(days=1))
    return replace(
        one,
        criteria=tuple((g, c) for g, branch in one.criteria if (c := _cut(branch, before))),
        amendments=tuple(
            replace(a, reach=reach) for a in one.amendments if (reach := a.reach.within(before))
        ),
        periods=tuple(
            replace(p, reach=reach) for p in one.periods if (reach := p.reach.within(before))
        ),
    )


def _cut(branch: Criterion, before: Reach) -> Criterion | None:
    """Return a criterion with those of its parts that begin before a day."""
    reach = branch.reach.within(before)
    parts = tuple(p for part in branch.parts if (p := _cut(part, before)))
    gone = reach is None or (branch.need and not parts)
    return None if gone or reach is None else replace(branch, reach=reach, parts=parts)


def _grown(criterion: Criterion, branches: dict[str, list[Criterion]]) -> Criterion:
    parts = tuple(_grown(part, branches) for part in criterion.parts)
    return replace(criterion, parts=(*parts, *branches.get(criterion.code, ())))


def _documented(branch: Criterion, one: Supplement) -> Criterion:
    """Return a criterion that names the document it comes from."""
    source = branch.source
    if not source.document:
        source = replace(source, document=one.source.document)
    return replace(
        branch, source=source, parts=tuple(_documented(part, one) for part in branch.parts)
    )


def _sourced(amendment: Amendment, one: Supplement) -> Amendment:
    document = amendment.source.document or one.source.document
    return replace(amendment, source=replace(amendment.source, document=document))


def _noted(period: Period, one: Supplement) -> Period:
    return replace(period, document=period.document or one.source.document)


def _counts(base: Policy, living: Sequence[Supplement]) -> tuple[Count, ...]:
    found = {count.name: count for count in base.counts}
    for one in living:
        for count in one.counts:
            if found.setdefault(count.name, count) != count:
                raise PolicyError(
                    f"{_origin(one)}: count {count.name}: another overlay means something else "
                    "by it; give one of them another name"
                )
    return tuple(found.values())


def _origin(one: Supplement) -> str:
    return f"overlays/{one.code}.toml"
