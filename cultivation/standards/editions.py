"""Loading editions from their files, and choosing the one to use (标准版本)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from cultivation.standards.cases import read_cases
from cultivation.standards.models import Edition
from cultivation.standards.policy import KINDS, Count, Period, Policy, PolicyError
from cultivation.standards.reading import read_policy
from enterprises.registry.models import Tier, Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

FOLDER = Path(settings.BASE_DIR) / "seeds" / "editions"
CASES = FOLDER.parent / "cases"


class NoEditionError(LookupError):
    """No edition covers this tier, kind and day."""


@lru_cache(maxsize=64)
def _parsed(text: str, code: str) -> Policy:
    return read_policy(text, code=code)


def policy(edition: Edition) -> Policy:
    """Return what a loaded edition says."""
    return _parsed(edition.text, edition.code)


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


def rules(edition: Edition) -> Rules:
    """Return what an edition consists of today (规则构成)."""
    return Rules(((edition.code, edition.sha256),))


def all_policies() -> list[tuple[Edition, Policy]]:
    """Return every loaded edition with what it says."""
    return [(edition, policy(edition)) for edition in Edition.objects.all()]


def all_counts(policies: Iterable[Policy] | None = None) -> tuple[Count, ...]:
    """Return the counts of all editions, each name once; two meanings of a name are refused."""
    if policies is None:
        policies = [said for _, said in all_policies()]
    found: dict[str, tuple[Count, str]] = {}
    for said in policies:
        for count in said.counts:
            other, code = found.setdefault(count.name, (count, said.code))
            if other != count:
                raise PolicyError(
                    f"{said.code}.toml: count {count.name}: {code} means something else by it; "
                    "give one of them another name"
                )
    return tuple(count for count, _ in found.values())


def load_all(folder: Path | None = None) -> list[Edition]:
    """Load every edition file of a folder; loading again changes nothing (载入标准).

    A file that differs from the edition loaded under the same code replaces it only as long as
    nothing was judged or decided by that edition; else PolicyError.
    """
    paths = sorted((folder or FOLDER).glob("*.toml"))
    read = [(path, path.read_text(encoding="utf-8")) for path in paths]
    policies = [_parsed(text, path.stem) for path, text in read]
    all_counts(policies)
    with transaction.atomic():
        texts = [text for _, text in read]
        editions = [_store(said, text) for said, text in zip(policies, texts, strict=True)]
        for edition, said in zip(editions, policies, strict=True):
            _keep_cases(edition, said, (folder or FOLDER).parent / CASES.name)
        return editions


def _store(said: Policy, text: str) -> Edition:
    edition = Edition.objects.filter(code=said.code).first() or Edition(code=said.code)
    if edition.pk and edition.sha256 == said.sha256:
        return edition
    if edition.pk and _in_use(edition):
        raise PolicyError(
            f"{said.code}.toml: header: the edition was already used and may not change; "
            "put the change into a new file with a new name"
        )
    edition.tier = said.tier
    edition.title_zh, edition.title_en = said.title_zh, said.title_en
    edition.document = said.source.document
    edition.in_force, edition.until = said.in_force, said.until
    edition.text, edition.sha256 = text, said.sha256
    edition.save()
    return edition


def _keep_cases(edition: Edition, said: Policy, folder: Path) -> None:
    """Keep an edition's worked cases, which may change at any time; none beside it changes none."""
    path = folder / f"{said.code}.toml"
    text = path.read_text(encoding="utf-8") if path.exists() else edition.cases
    if text != edition.cases:
        _check_cases(text, edition.text, said.code)
        edition.cases = text
        edition.save(update_fields=["cases"])


@lru_cache(maxsize=64)
def _check_cases(text: str, policy_text: str, code: str) -> None:
    read_cases(text, policy=_parsed(policy_text, code), origin=f"{CASES.name}/{code}.toml")


def _in_use(edition: Edition) -> bool:
    if Title.objects.filter(edition_code=edition.code).exists():
        return True
    relations: list[Any] = [
        field
        for field in Edition._meta.get_fields(include_hidden=True)
        if field.auto_created and not field.concrete
    ]
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: edition}).exists()
        for relation in relations
    )


def edition_for(tier: str, *, kind: str, on: dt.date, path: str = "") -> Edition:
    """Return the edition by which a tier is judged on a day (适用标准); else NoEditionError.

    `path` is the region's; what a province changes stands in the edition as an amendment.
    """
    for edition, said in all_policies():
        if edition.tier == tier and period_of(said, kind=kind, on=on):
            return edition
    raise NoEditionError(f"no edition for {tier}, {kind}, on {on}, in {path or 'the nation'}")


def period_of(said: Policy, *, kind: str, on: dt.date) -> Period | None:
    """Return the period in which an edition covers a kind of application on a day."""
    for period in said.periods:
        inside = period.since <= on and (period.until is None or on <= period.until)
        if kind in period.kinds and inside:
            return period
    return None


def in_force(on: dt.date) -> list[tuple[Edition, Policy, str]]:
    """Return the editions to judge by on a day, with each kind that makes a difference."""
    policies = all_policies()
    found: list[tuple[Edition, Policy, str]] = []
    for tier in Tier.values:
        for kind in KINDS:
            for edition, said in policies:
                if edition.tier != tier or not period_of(said, kind=kind, on=on):
                    continue
                same = (edition, said, "recognition") in found and not said.distinguishes
                if not same:
                    found.append((edition, said, kind))
    return found
