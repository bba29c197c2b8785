"""The check-list of a project: which one holds, what is found, what is missing (验收核对)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital import seeds
from cultivation.digital.models import (
    AcceptanceItem,
    AcceptanceRule,
    MaturityAssessment,
    PilotCity,
    ProjectTick,
    TransformationProject,
)
from cultivation.digital.transforming import gains, steps
from enterprises.places.models import Region

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from typing import Any

    from enterprises.accounts.models import User
    from enterprises.registry.models import Document

LONGEST = 300
TRANSFORMED = 2
Found = AcceptanceItem.Found


@dataclass(frozen=True, slots=True)
class Point:
    """An item of the list with how it stands (核对项)."""

    item: AcceptanceItem
    holds: bool
    tick: ProjectTick | None

    @property
    def by_hand(self) -> bool:
        return not self.item.found


@dataclass(frozen=True, slots=True)
class CheckList:
    """The list that a project is accepted by, item by item (验收清单)."""

    rule: AcceptanceRule | None
    points: tuple[Point, ...]
    on: dt.date
    on_site_alone: bool = False  # only a level found on site counts

    @property
    def missing(self) -> list[AcceptanceItem]:
        """Return the required items that do not hold."""
        return [one.item for one in self.points if one.item.required and not one.holds]

    @property
    def ticked_later(self) -> list[dt.date]:
        """Return the days after the list's own on which required items were ticked."""
        return [
            timezone.localdate(one.tick.made_at)
            for one in self.points
            if one.item.required and one.by_hand and one.tick is not None and not one.holds
        ]


@transaction.atomic
def load() -> int:
    """Load the check-lists; one that a project was accepted by stays as it is (装载)."""
    rows = seeds.tables("acceptance_rules.toml", "rule")
    places = {
        region.code: region
        for region in Region.objects.filter(code__in=[row.get("region", "") for row in rows])
    }
    used = set(
        TransformationProject.objects.exclude(acceptance_rule=None)
        .order_by()
        .values_list("acceptance_rule__code", flat=True)
        .distinct()
    )
    items: list[AcceptanceItem] = []
    for row in rows:
        code, place = row["code"], row.get("region", "")
        if code in used or (place and place not in places):
            continue
        fields = {k: v for k, v in row.items() if k not in ("code", "region", "item")}
        rule, _new = AcceptanceRule.objects.update_or_create(
            code=code, defaults={**fields, "region": places.get(place)}
        )
        items += [_item(rule, number, item) for number, item in enumerate(row["item"], start=1)]
    AcceptanceItem.objects.bulk_create(
        items,
        update_conflicts=True,
        unique_fields=["rule", "code"],
        update_fields=["number", "text_zh", "text_en", "required", "document", "found"],
    )
    _forget_dropped(items)
    return len(rows)


def _forget_dropped(items: Sequence[AcceptanceItem]) -> None:
    """Take out what lists no longer ask for; what was ticked already stays, asked of nobody."""
    known = {(item.rule_id, item.code) for item in items}
    rows = AcceptanceItem.objects.filter(rule__in={item.rule_id for item in items})
    dropped = [pk for pk, *key in rows.values_list("pk", "rule", "code") if tuple(key) not in known]
    there = AcceptanceItem.objects.filter(pk__in=dropped)
    there.exclude(pk__in=ProjectTick.objects.values("item")).delete()
    there.update(required=False)


def _item(rule: AcceptanceRule, number: int, row: dict[str, Any]) -> AcceptanceItem:
    if row.get("found", "") not in Found.values:
        raise ValueError(f"{rule.code}: nothing finds out {row['found']}")
    return AcceptanceItem(rule=rule, number=number, **row)


def rule_for(project: TransformationProject, *, on: dt.date | None = None) -> AcceptanceRule | None:
    """Return the list of the nearest region above the enterprise in force on a day, else today.

    Before the first list came into force the first one is asked for: nothing is accepted without.
    An accepted project keeps the list that it was accepted by.
    """
    if project.acceptance_rule_id:
        return project.acceptance_rule
    day = on or timezone.localdate()
    rows = AcceptanceRule.objects.filter(
        Q(region=None) | Q(region__path__in=_above(project)),
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
    ).select_related("region")
    begun = [row for row in rows if row.valid_from <= day]
    return max(begun, key=_nearness, default=min(rows, key=_firstness, default=None))


def _nearness(rule: AcceptanceRule) -> tuple[int, dt.date]:
    return (len(rule.region.path) if rule.region else -1), rule.valid_from


def _firstness(rule: AcceptanceRule) -> tuple[dt.date, int]:
    return rule.valid_from, -(len(rule.region.path) if rule.region else -1)


def check_list(project: TransformationProject, *, on: dt.date | None = None) -> CheckList:
    """Return the list in force on a day with what holds on it (核对情况).

    Without a day that of the acceptance, and today while there is none.
    """
    day = on or project.accepted_on or timezone.localdate()
    rule = rule_for(project, on=day)
    if rule is None:
        return CheckList(None, (), day)
    rows = ProjectTick.objects.filter(project=project).select_related("document", "made_by")
    ticks = {tick.item_id: tick for tick in rows}
    items = list(rule.items.all())
    on_site_alone = any(item.found == Found.LEVEL_2 for item in items) and in_pilot_city(
        project, on=day
    )
    facts = _facts(project, day, on_site_alone=on_site_alone)
    points = tuple(
        Point(
            item,
            facts[item.found] if item.found else _ticked(project, ticks.get(item.pk), day),
            ticks.get(item.pk),
        )
        for item in items
    )
    return CheckList(rule, points, day, on_site_alone)


def _ticked(project: TransformationProject, tick: ProjectTick | None, day: dt.date) -> bool:
    """Tell whether an item was in order by a day; the ticks of an accepted project stand.

    A tick made later counts where a document proves it, so that an acceptance on paper can be
    entered afterwards.
    """
    if tick is None or project.accepted_on:
        return tick is not None
    return tick.document_id is not None or timezone.localdate(tick.made_at) <= day


def _facts(project: TransformationProject, day: dt.date, *, on_site_alone: bool) -> dict[str, bool]:
    """Return what the system finds out by itself, as it was on a day."""
    after = gains.assessments_after(project, on=day)
    diagnosis = steps.of_stage(project, "diagnosis")
    diagnosed = diagnosis.done_on if diagnosis else None
    return {
        Found.DIAGNOSED: diagnosed is not None and diagnosed <= day,
        Found.FINISHED: project.finished_on is not None and project.finished_on <= day,
        Found.ASSESSED: bool(after),
        Found.ON_SITE: any(row.way == "on_site" for row in after),
        Found.LEVEL_2: _level_after(after, on_site_alone=on_site_alone) >= TRANSFORMED,
    }


def _level_after(after: Sequence[MaturityAssessment], *, on_site_alone: bool) -> int:
    """Return the level after the work: as found on site, else as declared.

    In a pilot city only what was found on site fixes the level (现场评定, 工信厅企业〔2024〕56号).
    """
    found = next((row for row in after if row.way == MaturityAssessment.Way.ON_SITE), None)
    if found is None and after and not on_site_alone:
        found = after[0]
    return found.level if found else 0


def in_pilot_city(project: TransformationProject, *, on: dt.date) -> bool:
    """Tell whether the enterprise stands in a city that was a pilot by a day (试点城市)."""
    rows = PilotCity.objects.filter(region__path__in=_above(project))
    return rows.filter(batch__year__lte=on.year).exists()


def _above(project: TransformationProject) -> list[str]:
    path = project.enterprise.region_path
    return [path[:length] for length in range(len(path) + 1)]


@transaction.atomic
def tick(
    project: TransformationProject,
    item: AcceptanceItem,
    *,
    by: User,
    document: Document | None = None,
    remark: str = "",
) -> ProjectTick:
    """Note that an item is in order, with the document that proves it; only officers may (勾选)."""
    locked = _open(project, item, by)
    if item.document and document is None:
        raise ValidationError(
            _("“%(item)s” needs a document that proves it; choose one.") % {"item": item}
        )
    if document is not None and document.enterprise_id != locked.enterprise_id:
        raise ValidationError(_("The document belongs to another enterprise."))
    if len(remark.strip()) > LONGEST:
        raise ValidationError(
            _("The remark has %(number)s letters; %(most)s are kept.")
            % {"number": len(remark.strip()), "most": LONGEST}
        )
    made, _new = ProjectTick.objects.update_or_create(
        project=locked,
        item=item,
        defaults={
            "document": document,
            "remark": remark.strip(),
            "made_by": by,
            "made_at": timezone.now(),
        },
    )
    told = {"item": item.code, "document": document.sha256 if document else None}
    steps.note(locked, by=by, before={}, after=told)
    return made


@transaction.atomic
def untick(project: TransformationProject, item: AcceptanceItem, *, by: User) -> None:
    """Take a tick back (取消勾选)."""
    locked = _open(project, item, by)
    if ProjectTick.objects.filter(project=locked, item=item).delete()[0]:
        steps.note(locked, by=by, before={"item": item.code}, after={})


def _open(project: TransformationProject, item: AcceptanceItem, by: User) -> TransformationProject:
    locked = steps.locked(project)
    if not steps.may_accept(by, locked.enterprise):
        raise PermissionDenied
    if locked.accepted_on:
        raise ValidationError(_("The project is accepted already."))
    rule = rule_for(locked)
    if rule is None or item.rule_id != rule.pk:
        raise ValidationError(_("The item belongs to another check-list."))
    if item.found:
        raise ValidationError(_("“%(item)s” is found by the system itself.") % {"item": item})
    return locked


def refuse_missing(project: TransformationProject, *, on: dt.date) -> CheckList:
    """Raise ValidationError that names required items missing on a day; else return the list."""
    found = check_list(project, on=on)
    if not found.missing:
        return found
    words = {
        "rule": found.rule,
        "items": _("; ").join(str(item) for item in found.missing),
        "day": on,
    }
    if on == timezone.localdate():
        raise ValidationError(
            _("Not accepted yet: the check-list “%(rule)s” still lacks: %(items)s.") % words
        )
    said = [_("On %(day)s the check-list “%(rule)s” still lacked: %(items)s.") % words]
    if found.ticked_later:
        latest = max(found.ticked_later)
        said.append(
            _(
                "Ticks count from their day, the last is of %(day)s; those with a document that "
                "proves them count earlier, too."
            )
            % {"day": latest}
        )
    raise ValidationError(said)
