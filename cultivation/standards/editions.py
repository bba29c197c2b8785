"""Editions of the standards as loaded, and choosing the one to use (标准版本).

An edition is a base with what lies over it; two queries fetch all, and nothing is parsed twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects

from cultivation.standards import choosing
from cultivation.standards.choosing import period_of
from cultivation.standards.composing import Rules, Text, composed, said, same_counts
from cultivation.standards.library import Library
from cultivation.standards.loading import CASES, FOLDER, load_all, text_of
from cultivation.standards.models import Edition, Overlay
from cultivation.standards.policy import KINDS, Count, Policy
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

__all__ = [
    "CASES",
    "FOLDER",
    "NoEditionError",
    "Rules",
    "all_counts",
    "all_policies",
    "counts_for",
    "edition_for",
    "in_force",
    "load_all",
    "period_of",
    "policy",
    "policy_by",
    "rules",
]


class NoEditionError(LookupError):
    """No edition covers this tier, kind and day."""


def policy(edition: Edition) -> Policy:
    """Return what a loaded edition says, with all that lies over it (合成标准)."""
    return _alone(edition).policy(edition.code)


def rules(edition: Edition) -> Rules:
    """Return what an edition consists of today (规则构成)."""
    return _alone(edition).rules(edition.code)


def policy_by(parts: Sequence[Sequence[str]]) -> Policy:
    """Return what recorded rules said: exactly the edition and overlays named, by their hashes.

    `parts` are those of `rules`, the edition first. LookupError says what is missing or altered.
    """
    if not parts:
        raise LookupError("no rules are recorded")
    texts: dict[str, Text] = {}
    codes = [code for code, _ in parts]
    for model in (Edition, Overlay):
        texts |= {loaded.code: text_of(loaded) for loaded in model.objects.filter(code__in=codes)}
    for code, sha256 in parts:
        if code not in texts:
            raise LookupError(f"{code} is not loaded")
        if texts[code].sha256 != sha256 or Text.of(code, texts[code].toml).sha256 != sha256:
            raise LookupError(f"{code} is not the text of {sha256[:12]}")
    base, *overlays = (texts[code] for code in codes)
    return composed(base, tuple(overlays))


def all_policies() -> list[tuple[Edition, Policy]]:
    """Return every loaded edition with what it says."""
    editions = list(Edition.objects.prefetch_related("overlays"))
    whole = _library_of(editions)
    return [(edition, whole.policy(edition.code)) for edition in editions]


def all_counts(policies: Iterable[Policy] | None = None) -> tuple[Count, ...]:
    """Return the counts of all editions, each name once; two meanings of a name are refused."""
    if policies is None:
        policies = [policy for _, policy in all_policies()]
    return same_counts(policies)


def edition_for(tier: str, *, kind: str, on: dt.date, path: str = "") -> Edition:
    """Return the edition by which a tier is judged on a day (适用标准); else NoEditionError."""
    pairs = all_policies()
    loaded = {policy.code: edition for edition, policy in pairs}
    policies = [policy for _, policy in pairs]
    found = choosing.chosen(policies, tier=tier, kind=kind, on=on, path=path)
    if found is None:
        raise NoEditionError(f"no edition for {tier}, {kind}, on {on}, in {path or 'the nation'}")
    return loaded[found.code]


def counts_for(edition: Edition, *, kind: str, on: dt.date, path: str = "") -> bool:
    """Tell whether an edition is the one that a case is judged by (是否适用)."""
    try:
        return edition_for(edition.tier, kind=kind, on=on, path=path) == edition
    except NoEditionError:
        return False


def in_force(on: dt.date, *, path: str | None = None) -> list[tuple[Edition, Policy, str]]:
    """Return the editions to judge by on a day, with each kind that makes a difference.

    Where recommending units go by different editions, each policy is narrowed to its units: its
    root covers no case of another. With `path`, only what counts for that region is returned.
    """
    pairs = all_policies()
    loaded = {policy.code: edition for edition, policy in pairs}
    policies = [policy for _, policy in pairs]
    found: list[tuple[Edition, Policy, str]] = []
    for tier in Tier.values:
        before: list[Policy] = []
        for kind in KINDS:
            if path is None:
                chosen = choosing.spread(policies, tier=tier, kind=kind, on=on)
            else:
                one = choosing.chosen(policies, tier=tier, kind=kind, on=on, path=path)
                chosen = [one] if one else []
            found += [
                (loaded[policy.code], policy, kind)
                for policy in chosen
                if policy.distinguishes or policy not in before
            ]
            before = chosen
    return found


def _alone(edition: Edition) -> Library:
    """Return an edition and what may lie over it: its own, and those of one it stands in for."""
    chain = [edition]
    while said(text_of(chain[-1])).keep_overlays and chain[-1].supersedes:
        chain.append(chain[-1].supersedes)
    prefetch_related_objects([one for one in chain if one.pk], "overlays")
    return _library_of(chain)


def _library_of(editions: Sequence[Edition]) -> Library:
    return Library(
        {edition.code: text_of(edition) for edition in editions},
        {
            laid.code: text_of(laid)
            for edition in editions
            if edition.pk  # one that was not stored yet has none
            for laid in edition.overlays.all()
        },
    )
