"""Narrowing the audit log: what, on what, whose, who, when, in which request (审计筛选)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.accounts.audit_log import GROUPS
from enterprises.registry import credit_code
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from enterprises.audit.models import AuditRecord

PLAIN = RegexValidator(r"\A[\w.:/@+-]*\Z", _("Letters, digits and . : / @ + - are meant here."))
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
LATEST, EARLIEST = dt.date(9998, 12, 31), dt.date(2000, 1, 1)


class AuditFilter(forms.Form):
    """What part of the log to show; nothing given shows all of it."""

    group = forms.ChoiceField(
        label=_("About"), required=False, choices=[("", _("all of it")), *GROUPS.items()]
    )
    subject = forms.CharField(
        label=_("Subject or action"), required=False, max_length=80, validators=[PLAIN]
    )
    enterprise = forms.CharField(
        label=_("Enterprise: code or name"), required=False, max_length=200
    )
    who = forms.CharField(label=_("User name"), required=False, max_length=150)
    since = forms.DateField(label=_("From day"), required=False, widget=DAY)
    until = forms.DateField(label=_("To day"), required=False, widget=DAY)
    request = forms.CharField(label=_("Request"), required=False, max_length=32, validators=[PLAIN])

    def narrowed(self, rows: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        """Return the rows that were asked for; none where the wish cannot be read."""
        if not self.is_valid():
            return rows.none()
        said: dict[str, Any] = self.cleaned_data
        wanted = Q()
        if said["group"]:
            wanted &= Q(action__startswith=f"{said['group']}.")
        if said["subject"]:
            wanted &= Q(subject=said["subject"]) | Q(action=said["subject"])
        if said["enterprise"]:
            wanted &= Q(enterprise_id__in=_firms(said["enterprise"]))
        if said["who"]:
            wanted &= Q(made_by__username=said["who"])
        if said["since"]:
            wanted &= Q(made_at__gte=_midnight(said["since"]))
        if said["until"]:
            wanted &= Q(made_at__lt=_midnight(said["until"]) + dt.timedelta(days=1))
        if said["request"]:
            wanted &= Q(request_id=said["request"])
        return rows.filter(wanted)


def _firms(text: str) -> list[int]:
    found = Enterprise.objects.filter(Q(credit_code=credit_code.normalise(text)) | Q(name=text))
    return list(found.values_list("pk", flat=True)[:20])


def _midnight(day: dt.date) -> dt.datetime:
    """Return the beginning of a day here; days beyond all reason are brought near."""
    near = min(max(day, EARLIEST), LATEST)
    return timezone.make_aware(dt.datetime.combine(near, dt.time()))
