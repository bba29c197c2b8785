"""The task list of an office: made from a selection, changed, closed, exported (任务清单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.digital.helping import closing, ranking, tasks, wording
from cultivation.digital.helping.filters import LOST, HelpTaskFilter
from cultivation.digital.helping.forms import ChangeForm, CloseForm, GiveForm
from cultivation.digital.models import HelpTask
from cultivation.digital.views import helping
from cultivation.digital.views.asking import reads
from cultivation.digital.views.choosing import chosen
from cultivation.digital.views.helping import handed_out
from enterprises.accounts.access import seat_required
from enterprises.registry import paging
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse, QueryDict
    from django.http.response import HttpResponseBase

    from cultivation.digital.views.choosing import Chosen
    from enterprises.accounts.models import User

MOST = 5000
WIDEST = 19  # digits of a key: longer ones are none


@require_GET
@seat_required(reads)
def tasks_list(request: HttpRequest) -> HttpResponse:
    """List the tasks of firms in sight, the most urgent first (任务清单)."""
    narrowed = _narrowed(request, request.GET)
    page = paging.take(
        narrowed.qs,
        sort="due_on",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    today = timezone.localdate()
    seen = tasks.with_hold(HelpTask.objects.visible_to(cast("User", request.user)))
    troubles = seen.aggregate(
        late=Count("pk", filter=closing.overdue(today)), lost=Count("pk", filter=LOST)
    )
    context: dict[str, Any] = {
        "filter": narrowed,
        "page": page,
        "today": today,
        "rows": [(row, wording.reason(row) if row.reason else "") for row in page.rows],
        **troubles,
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "digital/help_tasks.html", context)


@require_http_methods(["GET", "POST"])
@seat_required(reads)
def give(request: HttpRequest) -> HttpResponse:
    """Make tasks for the firms chosen; what cannot be comes back as filled in (批量生成)."""
    if request.method == "GET":
        return redirect(f"{reverse('digital:help')}?{request.GET.urlencode()}")
    user, asked = cast("User", request.user), chosen(request, request.POST)
    form = GiveForm(request.POST, owners=tasks.owners(asked.region, user))
    if not user.scope.review_paths:
        raise PermissionDenied
    if not form.is_valid():
        _say(request, form)
        return helping.page(request, asked, request.POST, form=form)
    data = form.cleaned_data
    try:
        made, before = tasks.give(
            _kinds(request.POST, asked, user, data["kind"]),
            aim=tasks.Aim(asked.tier, asked.definition),
            wish=tasks.Wish(data["owner"], data["due_on"], data["note"]),
            by=user,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return helping.page(request, asked, request.POST, form=form)
    text = ngettext("%(number)s task made.", "%(number)s tasks made.", len(made))
    messages.success(request, text % {"number": len(made)})
    if before:
        names = _(", ").join(firm.name for firm in before[:5])
        messages.info(request, _("There was an open task already: %(names)s") % {"names": names})
    back = helping.address(asked, request.POST.get("step", ""))
    return redirect("digital:help_tasks" if made else back)


@require_http_methods(["GET", "POST"])
@seat_required(reads)
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a task; change owner, day and note (任务详情)."""
    user, row = cast("User", request.user), _seen(request, pk)
    if request.method == "GET":
        return _task_page(request, row)
    form = _wish_form(request, row, user)
    if form.is_valid():
        data = form.cleaned_data
        try:
            wish = tasks.Wish(data["owner"], data["due_on"], data["note"])
            tasks.change(row, wish, by=user, seen=data["seen"])
        except ValidationError as error:
            row = _seen(request, pk)
            form.add_error(None, error)
            form.data = {**request.POST.dict(), "seen": tasks.mark(row)}  # as the page shows it
        else:
            messages.success(request, _("Noted."))
            return redirect("digital:help_task", pk=row.pk)
    if row.state != HelpTask.State.OPEN:
        return _too_late(request, row)
    return _task_page(request, row, form=form)


@require_POST
@seat_required(reads)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a task by hand (结束任务)."""
    row, form = _seen(request, pk), CloseForm(request.POST)
    if not form.is_valid():
        _say(request, form)
        return _task_page(request, row, close_form=form)
    data = form.cleaned_data
    try:
        tasks.close(row, data["state"], reason=data["reason"], by=cast("User", request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The task is closed."))
    return redirect("digital:help_task", pk=row.pk)


def _task_page(
    request: HttpRequest,
    row: HelpTask,
    *,
    form: ChangeForm | None = None,
    close_form: CloseForm | None = None,
) -> HttpResponse:
    """Show a task, with what was filled in and not taken."""
    user = cast("User", request.user)
    may = tasks.may_give(user, row.enterprise.region_path) and row.state == HelpTask.State.OPEN
    context = {
        "task": row,
        "reason": wording.reason(row) if row.reason else "",
        "today": timezone.localdate(),
        "form": (form or _wish_form(request, row, user, fresh=True)) if may else None,
        "close_form": (close_form or CloseForm()) if may else None,
    }
    failed = form is not None or close_form is not None
    return render(request, "digital/help_task.html", context, status=400 if failed else 200)


def _too_late(request: HttpRequest, row: HelpTask) -> HttpResponse:
    """Say that a task is closed, with the note that was typed for it (任务已结束)."""
    messages.error(request, _("The task is closed already."))
    note = request.POST.get("note", "").replace("\0", "").strip()[: tasks.NOTE]
    if note and note != row.note:
        messages.warning(request, _("Not kept: %(note)s") % {"note": note})
    return redirect("digital:help_task", pk=row.pk)


def _say(request: HttpRequest, form: Form) -> None:
    for name, errors in form.errors.items():
        messages.error(request, f"{form[name].label}: {' '.join(map(str, errors))}")


@require_POST
@seat_required(reads)
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out the narrowed list as CSV or XLSX (导出)."""
    rows = _narrowed(request, request.POST).qs
    kept = {key: request.POST.get(key, "") for key in HelpTaskFilter.Meta.fields}
    number = rows.count()
    if number > MOST:
        text = _("A file holds at most %(most)s tasks, these are %(number)s. Narrow the list.")
        messages.error(request, text % {"most": f"{MOST:,}", "number": f"{number:,}"})
        narrowed = urlencode({key: value for key, value in kept.items() if value})
        return redirect(f"{reverse('digital:help_tasks')}?{narrowed}")
    heading = [
        _("Due on"), _("Task"), _("Enterprise"), _("Credit code"), _("Region"), _("Owner"),
        _("State"), _("Reason"), _("Note"),
    ]  # fmt: skip
    lines = [
        [row.due_on, row.get_kind_display(), row.enterprise.name, row.enterprise.credit_code,
         str(row.enterprise.region or ""), str(row.owner), row.get_state_display(),
         wording.reason(row) if row.reason else "", row.note]
        for row in rows
    ]  # fmt: skip
    return handed_out(request, "tasks", heading, lines, filters=kept)


def _narrowed(request: HttpRequest, data: QueryDict) -> Any:
    rows: QuerySet[HelpTask] = HelpTask.objects.visible_to(cast("User", request.user))
    rows = rows.select_related("enterprise__region", "owner", "definition")
    rows = tasks.with_hold(rows)
    return HelpTaskFilter(data, queryset=rows.order_by("due_on", "pk"), request=request)


def _seen(request: HttpRequest, pk: int) -> HelpTask:
    rows = HelpTask.objects.visible_to(cast("User", request.user))
    found: HelpTask = get_object_or_404(
        tasks.with_hold(rows).select_related(
            "enterprise__region", "owner", "definition", "made_by", "closed_by"
        ),
        pk=pk,
    )
    return found


def _wish_form(
    request: HttpRequest, row: HelpTask, user: User, *, fresh: bool = False
) -> ChangeForm:
    region = row.enterprise.region
    assert region is not None  # noqa: S101
    first = {
        "owner": row.owner_id, "due_on": row.due_on, "note": row.note, "seen": tasks.mark(row),
    }  # fmt: skip
    owners = tasks.owners(region, user, kept=row.owner_id)
    return ChangeForm(None if fresh else request.POST, owners=owners, initial=first)


def _kinds(data: QueryDict, asked: Chosen, user: User, kind: str) -> dict[int, str]:
    """Return the kind of task for each firm chosen: the one named, or what the firm lacks."""
    given = data.getlist("firm")[: tasks.MOST + 1]
    keys = [int(key) for key in given if key.isascii() and key.isdigit() and len(key) < WIDEST]
    if kind:
        return dict.fromkeys(keys, kind)
    seen = Enterprise.objects.visible_to(user).filter(pk__in=keys)
    rows = ranking.lacking(seen, asked.region, tier=asked.tier, definition=asked.definition)
    steps = dict(rows.values_list("pk", "step"))
    nothing = ranking.NOTHING
    return {key: ranking.kind_for(steps.get(key, nothing), asked.definition) for key in keys}
