"""The page of what-if: judged as planned, nothing stored (试算页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cultivation.standards import advising, plan_pages, plans
from cultivation.standards.editions import NoEditionError
from cultivation.standards.models import Plan
from cultivation.standards.plan_forms import ChoiceForm, NameForm, PlanForm
from cultivation.standards.whatif import outlook
from cultivation.standards.windows import round_of, rounds_ahead, tier_ahead
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from cultivation.standards.whatif import Outlook
    from enterprises.accounts.models import User

PREFIX = "v"
PROPOSING = ("propose", "take")  # what takes seconds of work, so that it is rationed
LONGEST = 18  # digits of a number in an address


@require_http_methods(["GET", "POST"])
@login_required
def what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """Judge an enterprise as it plans to be; nothing is stored (试算)."""
    user = cast("User", request.user)
    enterprise = seen_by(user, pk)
    plan = named_plan(user, enterprise, request.POST.get("plan") or request.GET.get("plan"))
    choice = chosen(request.POST or request.GET, enterprise, plan)
    context: dict[str, Any] = {
        "enterprise": enterprise,
        "choice": choice,
        "plan": plan,
        "may_plan": plans.may_plan(user, enterprise),
    }
    if not choice.is_valid():
        return render(request, "standards/what_if.html", context, status=400)
    try:
        seen = outlook_of(enterprise, choice)
    except NoEditionError:
        return render(request, "standards/what_if.html", {**context, "no_edition": True})
    form = PlanForm(_data(request, seen, plan), seen=seen, prefix=PREFIX)
    form.is_valid()
    action = request.POST.get("action", "")
    crowded = action in PROPOSING and not ratelimit.consume(request, action="propose")
    context |= worked_out("" if crowded else action, form) | {"crowded": crowded}
    if request.htmx and request.method == "POST":  # type: ignore[attr-defined]
        return render(request, "standards/_what_if.html", {**context, "partial": True})
    return render(request, "standards/what_if.html", context, status=429 if crowded else 200)


def worked_out(action: str, form: PlanForm) -> dict[str, Any]:
    """Return what the page shows for what was typed and asked."""
    seen, values = form.seen, form.values()
    advice = None
    if action in PROPOSING:
        proposal, owed = seen.advised(values)
        advice = advising.advice(seen, values, proposal, owed)
        if action == "take":
            values = {**seen.assumption(values), **values, **advising.proposed(proposal)}
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


# ---- what the pages of plans share --------------------------------------------------------------
def seen_by(user: User, pk: int) -> Enterprise:
    """Return an enterprise in the user's sight; any other is a 404."""
    visible = Enterprise.objects.visible_to(user).select_related("region", "industry")
    return cast("Enterprise", get_object_or_404(visible, pk=pk))


def own(user: User, pk: int) -> Enterprise:
    """Return an enterprise of the user's own; any other is a 404, seen or not."""
    enterprise = seen_by(user, pk)
    if not plans.may_plan(user, enterprise):
        raise Http404
    return enterprise


def plan_of(user: User, enterprise: Enterprise, number: int) -> Plan:
    """Return a plan of one's own enterprise; any other is a 404."""
    mine = Plan.objects.visible_to(user).filter(enterprise=enterprise)
    return cast("Plan", get_object_or_404(mine.select_related("edition", "enterprise"), pk=number))


def named_plan(user: User, enterprise: Enterprise, number: str | None) -> Plan | None:
    """Return the plan that a page names, None where it names none."""
    if not number:
        return None
    if not number.isascii() or not number.isdigit() or len(number) > LONGEST:
        raise Http404
    return plan_of(user, enterprise, int(number))


def chosen(given: QueryDict, enterprise: Enterprise, plan: Plan | None) -> ChoiceForm:
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
    years = rounds_ahead(today, _year(year) or today.year)
    data = {"tier": tier, "kind": kind, "year": year}
    return ChoiceForm(data, years=[(y, _("round of %(year)s") % {"year": y}) for y in years])


def _year(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0


def outlook_of(enterprise: Enterprise, choice: ChoiceForm) -> Outlook:
    """Return what stands and what may be planned for the round chosen."""
    asked = choice.cleaned_data
    today = timezone.localdate()
    return outlook(enterprise, asked["tier"], kind=asked["kind"], year=asked["year"], today=today)


def _data(request: HttpRequest, seen: Outlook, plan: Plan | None) -> Any:
    if request.method == "POST":
        return request.POST
    blank = PlanForm({}, seen=seen, prefix=PREFIX)
    typed = blank.typed(plan.changes) if plan else {}
    return {f"{PREFIX}-{column}": text for column, text in typed.items()}
