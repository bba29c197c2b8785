"""Pages of runs: the list, one run with its progress, and stopping it (任务页面)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from enterprises.jobs import names, rights, runs
from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

PAGE = 30
LOG_SHOWN = 20_000  # characters, the last ones


@login_required
@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """List the runs in sight, newest first (任务列表)."""
    rows = JobRun.objects.visible_to(cast("User", request.user)).select_related("started_by")
    rows = rows.filter(parent=None)
    status = request.GET.get("status", "")
    if status in JobRun.Status.values:
        rows = rows.filter(status=status)
    page = Paginator(rows.defer("log", "params", "result"), PAGE).get_page(request.GET.get("page"))
    tabs = [("", _("all")), *JobRun.Status.choices]
    context = {"page": page, "status": status, "tabs": tabs, "base": f"?status={status}&"}
    return render(request, "jobs/list.html", context)


@login_required
@vary_on_headers("HX-Request")
@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a run and its parts; the page asks again while the run is live (任务详情)."""
    user = cast("User", request.user)
    rows = JobRun.objects.visible_to(user).select_related("started_by", "parent")
    run = get_object_or_404(rows, pk=pk)
    parts = list(run.parts.order_by("key")) if not run.parent_id else []
    states = Counter(part.get_status_display() for part in parts)
    context = {
        "run": run,
        "parts": parts,
        "states": states.items(),
        "result": names.of_result(run.result),
        "log": run.log[-LOG_SHOWN:],
        "may_cancel": rights.may_cancel(run, user) and not run.cancel_wanted,
    }
    partly = bool(request.headers.get("HX-Request"))
    return render(request, "jobs/_run.html" if partly else "jobs/detail.html", context)


@login_required
@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a live run to stop (取消任务); one that has ended is left as it is."""
    user = cast("User", request.user)
    run = get_object_or_404(JobRun.objects.visible_to(user), pk=pk)
    if run.is_live:
        if not rights.may_cancel(run, user):
            raise PermissionDenied(_("Only who started a run, or the nation, may stop it."))
        runs.cancel(run)
        messages.success(request, _("The run was asked to stop."))
    return redirect("jobs:detail", pk=pk)
