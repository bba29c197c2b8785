"""Pages of the plans an enterprise keeps (达标规划页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.standards import plan_pages, plans
from cultivation.standards.models import Plan
from cultivation.standards.plan_forms import NameForm, PlanForm
from cultivation.standards.views.what_if import (
    PREFIX,
    chosen,
    named_plan,
    outlook_of,
    own,
    plan_of,
    worked_out,
)
from cultivation.standards.whatif import outlook
from enterprises.registry.ledger import StaleError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User


@require_GET
@login_required
def plan_list(request: HttpRequest, pk: int) -> HttpResponse:
    """List the plans of one's own enterprise (规划清单)."""
    user = cast("User", request.user)
    enterprise = own(user, pk)
    kept = Plan.objects.visible_to(user).filter(enterprise=enterprise)
    context = {"enterprise": enterprise, "plans": kept.select_related("edition", "made_by")}
    return render(request, "standards/plans.html", context)


@require_GET
@login_required
def plan_detail(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show a plan beside the facts reported meanwhile (规划与实际)."""
    user = cast("User", request.user)
    enterprise = own(user, pk)
    plan = plan_of(user, enterprise, number)
    return render(request, "standards/plan.html", _of_plan(plan, NameForm(instance=plan)))


def _of_plan(plan: Plan, form: NameForm) -> dict[str, Any]:
    tier, year = plan.edition.tier, plan.as_of.year
    today = timezone.localdate()
    seen = outlook(plan.enterprise, tier, kind=plan.kind, year=year, today=today)
    __, planned = seen.judged(plan.changes)
    now, actual = seen.judged({})
    return {
        "enterprise": plan.enterprise,
        "plan": plan,
        "form": form,
        "lines": plans.compared(plan, seen),
        "planned": plan_pages.result(now, planned),
        "actual": plan_pages.result(now, actual),
        "other_edition": seen.edition != plan.edition,
        "round_text": plan_pages.round_text(seen.stage.round),
    }


@require_POST
@login_required
def plan_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what was planned under a name, or over the plan it came from (保存规划)."""
    user = cast("User", request.user)
    enterprise = own(user, pk)
    plan = named_plan(user, enterprise, request.POST.get("plan"))
    choice = chosen(request.POST, enterprise, plan)
    if not choice.is_valid():
        raise Http404
    form = PlanForm(request.POST, seen=outlook_of(enterprise, choice), prefix=PREFIX)
    named = NameForm(request.POST)
    over = plan if request.POST.get("over") else None
    if form.is_valid():
        try:
            kept = plans.save(
                form.seen,
                form.values(),
                name=over.name if over else request.POST.get("name", ""),
                note=over.note if over else request.POST.get("note", ""),
                by=user,
                plan=over,
                version=_whole(request.POST.get("version")),
            )
        except ValidationError as error:
            named.is_valid()
            _put(named, error)
        else:
            messages.success(request, _("The plan “%(name)s” is saved.") % {"name": kept.name})
            return redirect("standards:plan", pk=enterprise.pk, number=kept.pk)
    context = {"enterprise": enterprise, "choice": choice, "plan": plan, "may_plan": True}
    context |= {**worked_out("", form), "name_form": named}
    stale = any(isinstance(e, StaleError) for e in named.errors.as_data().get("__all__", []))
    return render(request, "standards/what_if.html", context, status=409 if stale else 400)


@require_POST
@login_required
def plan_rename(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Give a plan another name (规划更名)."""
    user = cast("User", request.user)
    plan = plan_of(user, own(user, pk), number)
    name, note = request.POST.get("name", ""), request.POST.get("note", "")
    try:
        plans.rename(
            plan, name=name, note=note, by=user, version=_whole(request.POST.get("version"))
        )
    except ValidationError as error:
        form = NameForm(request.POST, instance=plan)
        form.is_valid()
        _put(form, error)
        status = 409 if isinstance(error, StaleError) else 400
        plan.refresh_from_db()
        return render(request, "standards/plan.html", _of_plan(plan, form), status=status)
    messages.success(request, _("The plan “%(name)s” is saved.") % {"name": name})
    return redirect("standards:plan", pk=pk, number=number)


@require_POST
@login_required
def plan_delete(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Delete a plan (删除规划)."""
    user = cast("User", request.user)
    plan = plan_of(user, own(user, pk), number)
    try:
        plans.delete(plan, by=user, version=_whole(request.POST.get("version")))
    except StaleError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("standards:plan", pk=pk, number=number)
    messages.success(request, _("The plan “%(name)s” is deleted.") % {"name": plan.name})
    return redirect("standards:plans", pk=pk)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _put(form: NameForm, error: ValidationError) -> None:
    """Put a refusal beside the field it names, else on top."""
    if hasattr(error, "error_dict"):
        form.errors.clear()
        for name, errors in error.error_dict.items():
            form.add_error(name, errors)
    else:
        form.add_error(None, error)
