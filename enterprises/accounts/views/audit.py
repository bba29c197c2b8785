"""The pages of auditors: the log, one record, how the chain stands (审计页面)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from enterprises.accounts import audit_log
from enterprises.accounts.audit_filters import AuditFilter
from enterprises.audit.models import AuditRecord
from enterprises.registry import paging

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from enterprises.accounts.models import User

    View = Callable[..., HttpResponseBase]
PLACE = ("after", "before", "csrfmiddlewaretoken")


def auditors_only(view: View) -> View:
    """Let in auditors and superusers; others are told that it is not for them (审计人员)."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = cast("User", request.user)
        if not (user.is_superuser or user.scope.is_auditor):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@auditors_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the records in sight, the newest first (审计日志)."""
    form = AuditFilter(request.GET)
    page = paging.take(
        form.narrowed(AuditRecord.objects.visible_to(cast("User", request.user))).select_related(
            "made_by"
        ),
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    kept = _kept(request.GET)
    firms = audit_log.firms_of(page.rows)
    context = {
        "form": form,
        "page": page,
        "rows": [(row, firms.get(row.enterprise_id, "")) for row in page.rows],
        "kept": kept.items(),
        "previous_url": _neighbour(kept, before=page.previous),
        "following_url": _neighbour(kept, after=page.following),
    }
    return render(request, "audit/list.html", context)


@require_safe
@auditors_only
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one record: before and after, its place in the chain (审计记录)."""
    rows = AuditRecord.objects.visible_to(cast("User", request.user))
    record = get_object_or_404(rows.select_related("made_by", "seal"), pk=pk)
    together = rows.filter(request_id=record.request_id).exclude(pk=pk)
    context = {
        "record": record,
        "lines": audit_log.lines(record),
        "firm": audit_log.firms_of([record]).get(record.enterprise_id or 0, ""),
        "seal": getattr(record, "seal", None),
        "together": list(together[:20]) if record.request_id else [],
    }
    return render(request, "audit/record.html", context)


@require_safe
@auditors_only
def chain(request: HttpRequest) -> HttpResponse:
    """Show how the chain stands: its end, its anchors, the last verifications (审计链)."""
    return render(request, "audit/chain.html", {"chain": audit_log.chain()})


@require_POST
@auditors_only
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out the records asked for as CSV, and write down who took them (导出)."""
    user = cast("User", request.user)
    rows = AuditFilter(request.POST).narrowed(AuditRecord.objects.visible_to(user))
    response = StreamingHttpResponse(
        audit_log.take_away(rows, by=user, filters=_kept(request.POST)),
        content_type="text/csv; charset=utf-8",
    )
    name = f"audit-{timezone.localdate():%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _kept(data: Any) -> dict[str, str]:
    """Return the filters in force, without the place in the list."""
    known = AuditFilter.base_fields
    return {name: data[name] for name in known if data.get(name) and name not in PLACE}


def _neighbour(kept: dict[str, str], **place: str) -> str:
    return f"?{urlencode({**kept, **place})}" if all(place.values()) else ""
