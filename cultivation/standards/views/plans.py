"""Pages of what-if and of the plans an enterprise keeps (试算与规划)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.standards import plan_pages, plans
from cultivation.standards.editions import NoEditionError
from cultivation.standards.models import Plan
from cultivation.standards.plan_forms import ChoiceForm, NameForm, PlanForm
from cultivation.standards.whatif import outlook
from cultivation.standards.windows import round_of, rounds_ahead, tier_ahead
from enterprises.registry.ledger import StaleError
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from cultivation.standards.whatif import Outlook
    from enterprises.accounts.models import User

PREFIX = "v"


@require_http_methods(["GET", "POST"])
@login_required
def what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """Judge an enterprise as it plans to be; nothing is stored (试算)."""
    user = cast("User", request.user)
    enterprise = _seen(user, pk)
    plan = _named(user, enterprise, request.POST.get("plan") or request.GET.get("plan"))
    choice = _choice(request.POST or request.GET, enterprise, plan)
    context: dict[str, Any] = {
        "enterprise": enterprise,
        "choice": choice,
        "plan": plan,
        "may_plan": plans.may_plan(user, enterprise),
    }
    if not choice.is_valid():
        return render(request, "standards/what_if.html", context, status=400)
    try:
        seen = _outlook(enterprise, choice)
    except NoEditionError:
        return render(request, "standards/what_if.html", {**context, "no_edition": True})
    form = PlanForm(_data(request, seen, plan), seen=seen, prefix=PREFIX)
    form.is_valid()
    context |= _worked_out(request.POST.get("action", ""), form)
    partial = request.htmx and request.method == "POST"  # type: ignore[attr-defined]
    return render(request, f"standards/{'_what_if' if partial else 'what_if'}.html", context)


def _worked_out(action: str, form: PlanForm) -> dict[str, Any]:
    """Return what the page shows for what was typed and asked."""
    seen, values = form.seen, form.values()
    advice = None
    if action in {"propose", "take"}:
        proposal = seen.proposed(values)
        advice = plan_pages.advice(seen, values, proposal)
        if action == "take":
            values = {**seen.assumption(values), **values, **plan_pages.proposed(proposal)}
            form, advice = _refilled(form, values), None
    elif action == "fill":
        values = {**seen.assumption(values), **values}
        form = _refilled(form, values)
    today, then = seen.judged(values)
    return {
        "seen": seen,
        "form": form,
        "groups": form.groups(),
        "advice": advice,
        "result": plan_pages.result(today, then),
        "round_text": plan_pages.round_text(seen.stage.round),
        "fixed": plan_pages.fixed(seen),
        "name_form": NameForm(),
    }


def _refilled(form: PlanForm, values: dict[str, Any]) -> PlanForm:
    typed = {f"{PREFIX}-{column}": text for column, text in form.typed(values).items()}
    made = PlanForm(typed, seen=form.seen, prefix=PREFIX)
    made.is_valid()
    return made


@require_GET
@login_required
def plan_list(request: HttpRequest, pk: int) -> HttpResponse:
    """List the plans of one's own enterprise (规划清单)."""
    user = cast("User", request.user)
    enterprise = _own(user, pk)
    kept = Plan.objects.visible_to(user).filter(enterprise=enterprise)
    context = {"enterprise": enterprise, "plans": kept.select_related("edition", "made_by")}
    return render(request, "standards/plans.html", context)


@require_GET
@login_required
def plan_detail(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show a plan beside the facts reported meanwhile (规划与实际)."""
    user = cast("User", request.user)
    enterprise = _own(user, pk)
    plan = _plan(user, enterprise, number)
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
    enterprise = _own(user, pk)
    plan = _named(user, enterprise, request.POST.get("plan"))
    choice = _choice(request.POST, enterprise, plan)
    if not choice.is_valid():
        raise Http404
    form = PlanForm(request.POST, seen=_outlook(enterprise, choice), prefix=PREFIX)
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
    context |= {**_worked_out("", form), "name_form": named}
    stale = any(isinstance(e, StaleError) for e in named.errors.as_data().get("__all__", []))
    return render(request, "standards/what_if.html", context, status=409 if stale else 400)


@require_POST
@login_required
def plan_rename(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Give a plan another name (规划更名)."""
    user = cast("User", request.user)
    plan = _plan(user, _own(user, pk), number)
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
    plan = _plan(user, _own(user, pk), number)
    try:
        plans.delete(plan, by=user, version=_whole(request.POST.get("version")))
    except StaleError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("standards:plan", pk=pk, number=number)
    messages.success(request, _("The plan “%(name)s” is deleted.") % {"name": plan.name})
    return redirect("standards:plans", pk=pk)


# ---- what the pages share -----------------------------------------------------------------------
def _seen(user: User, pk: int) -> Enterprise:
    visible = Enterprise.objects.visible_to(user).select_related("region", "industry")
    return cast("Enterprise", get_object_or_404(visible, pk=pk))


def _own(user: User, pk: int) -> Enterprise:
    """Return an enterprise of the user's own; any other is a 404, seen or not."""
    enterprise = _seen(user, pk)
    if not plans.may_plan(user, enterprise):
        raise Http404
    return enterprise


def _plan(user: User, enterprise: Enterprise, number: int) -> Plan:
    mine = Plan.objects.visible_to(user).filter(enterprise=enterprise)
    return cast("Plan", get_object_or_404(mine.select_related("edition", "enterprise"), pk=number))


def _named(user: User, enterprise: Enterprise, number: str | None) -> Plan | None:
    if not number:
        return None
    if not number.isascii() or not number.isdigit():
        raise Http404
    return _plan(user, enterprise, int(number))


def _choice(given: QueryDict, enterprise: Enterprise, plan: Plan | None) -> ChoiceForm:
    """Return the tier, kind and round asked for; left out: the next tier and the next round."""
    today = timezone.localdate()
    tier, kind = tier_ahead(enterprise.tier)
    tier, kind = given.get("tier") or tier, given.get("kind") or kind
    year = str(given.get("year") or "")
    if plan is not None:
        tier, kind, year = plan.edition.tier, plan.kind, str(plan.as_of.year)
    if not year:
        this = round_of(tier, kind, today.year, on=today, path=enterprise.region_path)
        year = str(today.year if this.closes and this.closes >= today else today.year + 1)
    years = rounds_ahead(today, int(year) if year.isdigit() else today.year)
    data = {"tier": tier, "kind": kind, "year": year}
    return ChoiceForm(data, years=[(y, _("round of %(year)s") % {"year": y}) for y in years])


def _outlook(enterprise: Enterprise, choice: ChoiceForm) -> Outlook:
    asked = choice.cleaned_data
    today = timezone.localdate()
    return outlook(enterprise, asked["tier"], kind=asked["kind"], year=asked["year"], today=today)


def _data(request: HttpRequest, seen: Outlook, plan: Plan | None) -> Any:
    if request.method == "POST":
        return request.POST
    blank = PlanForm({}, seen=seen, prefix=PREFIX)
    typed = blank.typed(plan.changes) if plan else {}
    return {f"{PREFIX}-{column}": text for column, text in typed.items()}


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
