"""Judgements kept whole, and judged again to see that they come out the same (判定存档与重演).

What is kept is enough to judge again without any table of facts: the row of the frame, the rules
by their hashes, the day, and the result. A judgement is never written twice.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db.models import prefetch_related_objects

from cultivation.standards import editions
from cultivation.standards.composing import Rules, Text, composed
from cultivation.standards.drift import (
    JUDGEMENT,
    Cause,
    Difference,
    changes_between,
)
from cultivation.standards.evaluation import ENGINE
from cultivation.standards.explanation import digest, explain_facts
from cultivation.standards.models import Edition, Judgement, Overlay
from cultivation.standards.policy import PolicyError
from cultivation.standards.substance import kept_as, substances

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.standards.explanation import Explanation
    from cultivation.standards.policy import Policy
    from enterprises.registry.models import Enterprise

Parts = tuple[tuple[str, str], ...]
Basis = tuple[Parts, int, str, Any]  # rules, edition, kind, day
UNREADABLE = (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError)  # altered facts


class AlteredRulesError(Exception):
    """The text of a standard is not the one that was loaded; nothing is decided by it."""


def engine() -> str:
    """Return which evaluator judges: its own version and that of the engine below (评价引擎)."""
    return f"{ENGINE} polars {pl.__version__}"


def keep(told: Explanation, *, enterprise: Enterprise) -> Judgement:
    """Keep a judgement whole: facts, rules, result, their hashes, the evaluator (存档)."""
    rules = editions.rules(told.edition)
    if altered := altered_rules(rules.parts):
        raise AlteredRulesError(", ".join(altered))
    made = record_of(told, rules=rules, enterprise=enterprise.pk)
    made.save(force_insert=True)
    return made


def record_of(told: Explanation, *, rules: Rules, enterprise: int) -> Judgement:
    """Return the row that keeps a judgement, not yet stored."""
    result = told.as_json()
    return Judgement(
        enterprise_id=enterprise,
        edition=told.edition,
        rules=[list(part) for part in rules.parts],
        rules_hash=rules.sha256,
        kind=told.kind,
        as_of=told.as_of,
        facts=told.facts,
        facts_hash=told.facts_hash,
        result=result,
        result_hash=digest(result),
        verdict=told.verdict,
        engine=engine(),
    )


def replayed(judgement: Judgement) -> Difference | None:
    """Judge again what was kept and say what differs; None where it comes out the same (重演)."""
    return replayed_all([judgement])[0]


def replayed_all(judgements: Sequence[Judgement]) -> list[Difference | None]:
    """Judge many again, those by the same rules and as of the same day in one frame."""
    prefetch_related_objects(judgements, "edition")
    groups: dict[Basis, list[int]] = defaultdict(list)
    for place, one in enumerate(judgements):
        groups[_parts(one), one.edition_id, one.kind, one.as_of].append(place)
    found: dict[int, Difference | None] = {}
    for (parts, *_rest), places in groups.items():
        batch = [judgements[place] for place in places]
        policy, broken, detail = rules_as_kept(parts)
        same = [False] * len(batch) if policy is None else _same(batch, policy)
        for place, one, is_same in zip(places, batch, same, strict=True):
            now = None if is_same or policy is None else _explained(one, policy)
            found[place] = _difference(one, now, broken, detail)
    return [found[place] for place in range(len(judgements))]


def _same(batch: Sequence[Judgement], policy: Policy) -> list[bool]:
    """Judge a batch in one frame; tell of each whether it comes out as it was kept.

    Facts that no longer fit into a frame are tried one by one, and do not.
    """
    first, rows = batch[0], [_dict(one.facts) for one in batch]
    try:
        told = substances(rows, policy, kind=first.kind, as_of=first.as_of)
    except UNREADABLE:
        return [len(batch) > 1 and _same([one], policy)[0] for one in batch]
    return [kept_as(one.result, said) for one, said in zip(batch, told, strict=True)]


def _explained(kept: Judgement, policy: Policy) -> Explanation | None:
    """Judge one again with all that words need; nothing where its facts cannot be read."""
    try:
        return explain_facts(
            _dict(kept.facts), kept.edition, kind=kept.kind, as_of=kept.as_of, said=policy
        )
    except UNREADABLE:
        return None


def rules_as_kept(parts: Parts) -> tuple[Policy | None, tuple[Cause, ...], str]:
    """Return the rules that parts name, what is wrong with them, and which of them.

    Rules that were altered are composed as they are now, so that it shows what that changes.
    """
    texts = _texts(parts)
    if missing := [code for code, _ in parts if code not in texts]:
        return None, (Cause.NO_RULES,), ", ".join(missing)
    altered = [code for code, sha256 in parts if texts[code].sha256 != sha256]
    causes = (Cause.RULES,) if altered or not parts else ()
    try:
        base, *overlays = (texts[code] for code, _ in parts)
        return composed(base, tuple(overlays)), causes, ", ".join(altered)
    except (PolicyError, ValueError) as error:
        return None, (Cause.RULES,), str(error)


def altered_rules(parts: Parts) -> list[str]:
    """Return the codes of those parts whose text has not the hash by which it was loaded."""
    texts = _texts(parts)
    return [code for code, sha256 in parts if code not in texts or texts[code].sha256 != sha256]


def _texts(parts: Parts) -> dict[str, Text]:
    """Return the texts of parts by code, each with the hash that it has now."""
    codes = [code for code, _ in parts]
    found: dict[str, Text] = {}
    for model in (Edition, Overlay):
        rows = model.objects.filter(code__in=codes).values_list("code", "text")
        found |= {code: Text.of(code, text) for code, text in rows}
    return found


def _difference(
    kept: Judgement, now: Explanation | None, broken: tuple[Cause, ...], detail: str
) -> Difference | None:
    result = _dict(kept.result)
    causes = list(broken)
    if digest(kept.facts) != kept.facts_hash:
        causes.append(Cause.FACTS)
    if digest(kept.result) != kept.result_hash:
        causes.append(Cause.RESULT)
    if Rules(_parts(kept)).sha256 != kept.rules_hash and Cause.RULES not in causes:
        causes.append(Cause.RULES)
    if Cause.RESULT not in causes and not _fits(kept, result):
        causes.append(Cause.RECORD)
    changes = () if now is None else changes_between(result, now.as_json())
    if changes and not causes:
        if kept.engine == engine():
            causes.append(Cause.UNKNOWN)
        else:
            causes.append(Cause.ENGINE)
            detail = f"{kept.engine} → {engine()}"
    if not causes:
        return None
    return Difference(
        subject=JUDGEMENT,
        pk=kept.pk,
        causes=tuple(causes),
        enterprise=kept.enterprise_id,
        edition=kept.edition.code,
        kind=kept.kind,
        detail=detail,
        changes=changes,
    )


def _fits(kept: Judgement, result: dict[str, Any]) -> bool:
    """Tell whether the columns of a judgement say what its result and its facts say."""
    said = {
        "edition": kept.edition.code,
        "facts_hash": kept.facts_hash,
        "kind": kept.kind,
        "as_of": kept.as_of.isoformat(),
        "verdict": kept.verdict,
    }
    whose = _dict(kept.facts).get("enterprise")
    return whose == kept.enterprise_id and all(result.get(key) == said[key] for key in said)


def _parts(judgement: Judgement) -> Parts:
    rows: Iterable[Any] = judgement.rules if isinstance(judgement.rules, list) else ()
    return tuple((str(row[0]), str(row[1])) for row in rows if isinstance(row, list) and row[1:])


def _dict(plain: Any) -> dict[str, Any]:
    return plain if isinstance(plain, dict) else {}
