"""The stage and tier of an enterprise follow its running titles (培育阶段随称号而定)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils import timezone

from cultivation.pipeline.models import StageChange
from cultivation.pipeline.stages import highest, stage_of
from enterprises.registry.models import Enterprise, Title

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from cultivation.pipeline.models import Application
    from enterprises.accounts.models import User


def follow(
    when: Mapping[int, dt.date],
    *,
    cause: str | Mapping[int, str],
    by: User | None,
    applications: Mapping[int, Application] | None = None,
) -> int:
    """Bring stage and tier of enterprises up to their titles; return how many changed.

    `when` gives for each enterprise the day from which a change counts; a cause may be given for
    each, and the application that brought the change.
    """
    held: dict[int, set[str]] = defaultdict(set)
    running = Title.objects.filter(enterprise__in=list(when), ended_on__isnull=True)
    for enterprise_id, tier in running.values_list("enterprise_id", "tier"):
        held[enterprise_id].add(tier)
    changes: list[StageChange] = []
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    rows = Enterprise.objects.filter(pk__in=list(when)).values_list("pk", "stage", "tier")
    for pk, stage, tier in rows:
        new_tier = highest(held[pk])
        new_stage = stage_of(new_tier).value
        if (stage, tier) == (new_stage, new_tier):
            continue
        groups[new_stage, new_tier].append(pk)
        changes.append(
            StageChange(
                enterprise_id=pk,
                stage_before=stage,
                stage_after=new_stage,
                tier_before=tier,
                tier_after=new_tier,
                effective_on=when[pk],
                cause=cause if isinstance(cause, str) else cause[pk],
                application=(applications or {}).get(pk),
                made_by=by,
            )
        )
    write(changes, groups)
    return len(changes)


def write(changes: list[StageChange], groups: Mapping[tuple[str, str], list[int]]) -> None:
    """Store stage changes and the stages they lead to, a statement for each kind."""
    StageChange.objects.bulk_create(changes, batch_size=2000)
    now = timezone.now()
    for (stage, tier), pks in groups.items():
        for start in range(0, len(pks), 5000):
            Enterprise.objects.filter(pk__in=pks[start : start + 5000]).update(
                stage=stage, tier=tier, facts_at=now
            )
