"""Who may write a record, whether somebody was faster, and the row of the history (档案台账)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.audit import recording
from enterprises.registry import size_class
from enterprises.registry.models import AnnualReport, Change, Enterprise, SizeClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User

PERSONAL = frozenset({"contact_name", "contact_phone", "contact_email"})


class StaleError(ValidationError):
    """The record was changed by somebody else since it was read (并发冲突)."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody changed this record since you opened it. Load it again; nothing was "
                "saved."
            ),
            code="stale",
        )


def lock(enterprise: Enterprise, *, by: User | None, version: int | None = None) -> Enterprise:
    """Return the enterprise locked for this transaction, if this user may write it (加锁)."""
    locked: Enterprise = Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    if not may_write(by, locked):
        raise PermissionDenied(_("You may not change the record of %s.") % locked)
    if version is not None and version != locked.version:
        raise StaleError
    return locked


def may_write(user: User | None, enterprise: Enterprise) -> bool:
    """Tell whether a user may change an enterprise's facts (可修改)."""
    if user is None:
        return True
    scope = user.scope
    return enterprise.pk in scope.enterprises or scope.may_register(enterprise.region_path)


def touch(enterprise: Enterprise) -> None:
    """Save a locked enterprise whose facts changed: version and facts_at go on (更新版本)."""
    enterprise.version += 1
    enterprise.facts_at = timezone.now()
    enterprise.save()


def note(
    enterprise: Enterprise,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    by: User | None,
    reason: str,
) -> Change:
    """Write a row of the history, and of the audit log (变更记录)."""
    kind, _colon, _rest = subject.partition(":")
    recording.note(
        f"record.{kind}",
        enterprise if kind == subject else subject,
        by=by,
        before=before,
        after=after,
        reason=reason,
        enterprise_id=enterprise.pk,
        region_path=enterprise.region_path,
    )
    return Change.objects.create(
        enterprise=enterprise,
        subject=subject,
        before=dict(before),
        after=dict(after),
        made_by=by,
        reason=reason[:300],
    )


def classify(enterprise: Enterprise) -> None:
    """Compute the size class (企业规模) from the newest year that decides it."""
    code = enterprise.industry_class or (enterprise.industry.code if enterprise.industry else "")
    rows = AnnualReport.objects.filter(enterprise=enterprise).values(
        "year", "employees", "revenue", "total_assets"
    )
    size, year = size_class.of_reports(code, {row["year"]: row for row in rows})
    enterprise.size_class = size
    enterprise.size_year = year if size != SizeClass.UNKNOWN else None


def noted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the history keeps them (脱敏): of personal data only that they changed."""
    return {k: "•••" if k in PERSONAL and v else plain(v) for k, v in values.items()}


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it (取值)."""
    if isinstance(value, models.Model):
        return getattr(value, "code", None) or value.pk
    if isinstance(value, (dt.date, Decimal)):
        return str(value)
    return value


def refreshed(given: Enterprise, locked: Enterprise) -> Enterprise:
    """Bring the caller's object up to date and return it (刷新)."""
    given.__dict__.update({k: v for k, v in locked.__dict__.items() if k != "_state"})
    return given
