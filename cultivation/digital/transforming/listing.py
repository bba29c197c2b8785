"""The projects of an office as a list, and as files (项目清单与导出)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital.models import ProjectStep, TransformationProject
from cultivation.digital.transforming import steps
from enterprises.registry.exports import csv_text, sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from django.db.models import QuerySet

    from enterprises.accounts.models import User

FEN = 100
MOST = 20_000  # rows of a file


def in_sight(user: User) -> QuerySet[TransformationProject]:
    """Return the projects a viewer may see, each with its next due day and whether it is late."""
    waiting = ProjectStep.objects.filter(project=OuterRef("pk"), done_on__isnull=True, left_out="")
    late = waiting.filter(due_on__lt=timezone.localdate())
    rows: QuerySet[TransformationProject] = (
        TransformationProject.objects.visible_to(user)
        .select_related("enterprise__region", "provider", "before", "after")
        .annotate(
            is_late=Exists(late.filter(project__accepted_on__isnull=True)),
            next_due=Subquery(
                waiting.filter(due_on__isnull=False).order_by("due_on").values("due_on")[:1]
            ),
        )
    )
    return rows


def stage_of(project: TransformationProject) -> str:
    """Return how far a project is, in a word."""
    if project.accepted_on:
        return _("accepted after the check")
    return _("work done") if project.finished_on else _("under way")


def heading() -> list[str]:
    """Return the heading of the file."""
    return [
        _("Enterprise"), _("Credit code"), _("Region"), _("Project"), _("Service provider"),
        _("How far"), _("Begun on"), _("Finished on"), _("Accepted on"), _("Next due"),
        _("Overdue"), _("Own money (yuan)"), _("Own money paid so far (yuan)"),
        _("Public money promised (yuan)"), _("Public money paid so far (yuan)"),
        _("Level before"), _("Level after"),
    ]  # fmt: skip


def lines(rows: QuerySet[TransformationProject]) -> Iterator[list[Any]]:
    """Yield a row a project, in the language that is active now."""
    yes = _("yes")
    for one in rows.order_by("-started_on", "-pk"):
        yield [
            one.enterprise.name, one.enterprise.credit_code, str(one.enterprise.region), one.name,
            str(one.provider or ""), stage_of(one), one.started_on, one.finished_on,
            one.accepted_on, one.next_due if one.accepted_on is None else None,  # type: ignore[attr-defined]
            yes if one.is_late else "",  # type: ignore[attr-defined]
            *(_yuan(getattr(one, name)) for name in
              ("own_money", "own_paid", "public_money", "public_paid")),
            one.before.level if one.before else None, one.after.level if one.after else None,
        ]  # fmt: skip


def as_csv(rows: QuerySet[TransformationProject]) -> list[str]:
    """Return the list as CSV with harmless cells."""
    return list(csv_text(heading(), lines(rows)))


def as_book(rows: QuerySet[TransformationProject]) -> IO[bytes]:
    """Return the list as a workbook with harmless cells."""
    return sheet(heading(), lines(rows))


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{fen // FEN}.{fen % FEN:02}"


def late_of(user: User, *, most: int) -> list[ProjectStep]:
    """Return the overdue steps in sight, the longest overdue first."""
    rows = steps.overdue().filter(
        user.scope.visible(
            path="project__enterprise__region_path", enterprise="project__enterprise_id"
        )
    )
    return list(rows.select_related("project__enterprise").order_by("due_on", "pk")[:most])
