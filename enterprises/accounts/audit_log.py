"""The audit log as its auditors read, narrow and take it away (审计日志阅览)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.audit import recording
from enterprises.audit.models import Anchor, AuditRecord, Seal
from enterprises.jobs.models import JobRun
from enterprises.registry import exports
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from enterprises.accounts.models import User

GROUPS: dict[str, StrOrPromise] = {
    "application": gettext_lazy("applications"),
    "correction": gettext_lazy("corrections"),
    "round": gettext_lazy("rounds"),
    "panel": gettext_lazy("panels"),
    "title": gettext_lazy("titles"),
    "notice": gettext_lazy("public notices"),
    "objection": gettext_lazy("objections"),
    "consequence": gettext_lazy("duties missed"),
    "invitation": gettext_lazy("invitations"),
    "record": gettext_lazy("records of enterprises"),
    "import": gettext_lazy("imports"),
    "maturity": gettext_lazy("digital assessments"),
    "claim": gettext_lazy("claims"),
    "seat": gettext_lazy("seats"),
    "signin": gettext_lazy("signing in"),
    "contact": gettext_lazy("readings of personal data"),
    "standard": gettext_lazy("standards"),
    "scenario": gettext_lazy("threshold scenarios"),
    "mail": gettext_lazy("mass mail"),
    "address": gettext_lazy("mail addresses"),
    "admin": gettext_lazy("administration"),
    "audit": gettext_lazy("the audit log itself"),
}
VERIFY = "verify_audit"


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a record: before and after (差异)."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Chain:
    """How the chain stands (审计链状态)."""

    last: Seal | None
    waiting: int
    anchors: list[Anchor]
    runs: list[JobRun]


def lines(record: AuditRecord) -> list[Line]:
    """Return what a record says of before and after, value by value."""
    before, after = _dict(record.before), _dict(record.after)
    names = dict.fromkeys([*before, *after])
    return [Line(name, _shown(before.get(name)), _shown(after.get(name))) for name in names]


def firms_of(records: Iterable[AuditRecord]) -> dict[int, str]:
    """Return the names of the enterprises that records are about; one query."""
    ids = {record.enterprise_id for record in records if record.enterprise_id}
    return dict(Enterprise.objects.filter(pk__in=ids).values_list("pk", "name"))


def chain() -> Chain:
    """Return how the chain stands: its end, what waits, its anchors, its last verifications."""
    newest = AuditRecord.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    recent = AuditRecord.objects.filter(pk__gt=newest - 1000, seal__isnull=True)
    return Chain(
        last=Seal.objects.select_related("record").order_by("-position").first(),
        waiting=recent.count(),
        anchors=list(Anchor.objects.order_by("-day")[:10]),
        runs=list(JobRun.objects.filter(kind=VERIFY).order_by("-pk")[:10]),
    )


def take_away(rows: QuerySet[AuditRecord], *, by: User, filters: dict[str, str]) -> Iterator[str]:
    """Yield records as CSV, and write down who took which (导出)."""
    recording.note("audit.exported", "audit", by=by, after={"filters": filters})
    heading = [
        _("Record"), _("When"), _("Who"), _("Action"), _("Subject"), _("Enterprise"), _("Region"),
        _("Before"), _("After"), _("Reason"), _("Request"), _("Position"), _("Hash"),
    ]  # fmt: skip
    found = rows.order_by("-pk").select_related("made_by", "seal")
    return exports.csv_text(heading, map(_cells, found.iterator(2000)))


def _cells(record: AuditRecord) -> list[object]:
    seal = getattr(record, "seal", None)
    return [
        record.pk, timezone.localtime(record.made_at).isoformat(timespec="seconds"),
        record.made_by.username if record.made_by else "", record.action, record.subject,
        record.enterprise_id, record.region_path, _json(record.before), _json(record.after),
        record.reason, record.request_id, seal.position if seal else "", seal.hash if seal else "",
    ]  # fmt: skip


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"": value}


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    return value if isinstance(value, str) else _json(value)
