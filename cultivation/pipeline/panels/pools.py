"""Who may be drawn into a panel, and which applications it reads (候选专家与案卷范围)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cultivation.pipeline.models import Application, ExpertProfile, PanelCase
from enterprises.places.models import Industry

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cultivation.pipeline.models import Panel


def experts(panel: Panel) -> QuerySet[ExpertProfile]:
    """Return the experts a panel is drawn from: checked, available, of its region and fields."""
    rows = ExpertProfile.objects.drawable_for(panel.region_path)
    if not panel.industries:
        return rows
    sections = dict(Industry.objects.values_list("code", "section"))
    wanted = set(panel.industries)
    fitting = [
        pk
        for pk, codes in rows.values_list("pk", "industries")
        if wanted & {sections.get(code, code) for code in codes}
    ]
    return rows.filter(pk__in=fitting)


def applications(panel: Panel) -> QuerySet[Application]:
    """Return the applications that a panel would read now: of its round, held by its level here.

    One that is before another panel of the level is left out.
    """
    taken = PanelCase.objects.filter(level=panel.level, void=False).exclude(panel=panel)
    rows = Application.objects.filter(
        round=panel.round_id,
        status=f"at_{panel.level}",
        region_path__startswith=panel.region_path,
    ).exclude(pk__in=taken.values("application"))
    if panel.industries:
        rows = rows.filter(enterprise__industry__section__in=panel.industries)
    return rows.order_by("pk")
