"""A total that an enterprise declares without answering here (自评总分申报)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.digital import maturity
from cultivation.digital.models import MaturityAssessment
from enterprises.audit import recording

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise


@transaction.atomic
def declare(enterprise: Enterprise, *, by: User, pledged: bool, **given: Any) -> MaturityAssessment:
    """Record a declared total with the pledge that it is true (真实性承诺, 工信厅企业〔2024〕56号).

    Raises ValidationError where the enterprise does not pledge, and as `maturity.record` does.
    """
    row = maturity.record(enterprise, way=MaturityAssessment.Way.SELF, by=by, **given)
    if not pledged:
        raise ValidationError({"pledge": _("Pledge that the total is true, then record it.")})
    recording.note(
        "maturity.submitted",
        row,
        by=by,
        after={"way": row.way, "assessment": row.pk, "pledged": True},
        enterprise_id=enterprise.pk,
        region_path=enterprise.region_path,
    )
    return row
