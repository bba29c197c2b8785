"""Reading an enterprise's contact: only by need, and never without a note (个人信息查阅)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.accounts.models import PersonalDataReading
from enterprises.audit import recording

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

FIELDS = ("contact_name", "contact_phone", "contact_email")


def may_read(enterprise: Enterprise, by: User) -> bool:
    """Tell whether a user needs the contact: own staff, or an office that registers or reviews."""
    scope = by.scope
    if enterprise.pk in scope.enterprises:
        return True
    working = {*scope.register_paths, *(path for path, _role in scope.review_paths)}
    return any(enterprise.region_path.startswith(path) for path in working)


@transaction.atomic
def read(
    enterprise: Enterprise, *, by: User, fields: tuple[str, ...] = FIELDS, purpose: str = ""
) -> dict[str, str]:
    """Return the fields of the contact and note who read them (查阅并留痕).

    Raise PermissionDenied for who does not need them, auditors among them.
    """
    if not set(fields) <= set(FIELDS):
        raise ValueError(fields)
    if not may_read(enterprise, by):
        raise PermissionDenied(_("The contact is shown only to those who work with this record."))
    reading = PersonalDataReading.objects.create(
        user=by, enterprise=enterprise, fields=",".join(fields), purpose=purpose
    )
    recording.note(
        "contact.read",
        reading,
        by=by,
        after={"fields": fields},
        reason=purpose,
        enterprise_id=enterprise.pk,
        region_path=enterprise.region_path,
    )
    return {name: getattr(enterprise, name) for name in fields}
