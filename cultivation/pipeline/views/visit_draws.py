"""Samples to be seen on site: set up and drawn by an office, followed by everybody (抽样)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import VisitDraw
from cultivation.pipeline.views.visits import officers_only
from cultivation.pipeline.visits import draws, pools, sampling, using
from cultivation.pipeline.visits.forms import DrawWordForm, ReasonForm, SampleForm
from enterprises.places.models import Region
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from enterprises.accounts.models import User

PAGE = 50
State = VisitDraw.State
TONES = {
    State.SEALED: "info",
    State.LISTED: "info",
    State.DRAWN: "good",
    State.CANCELLED: "neutral",
}


@require_GET
@officers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the samples in sight (抽样清单)."""
    user = viewer(request)
    rows = VisitDraw.objects.visible_to(user).select_related("region", "round")
    rows = rows.annotate(
        cases=Count("listed"), number_drawn=Count("listed", filter=Q(listed__drawn=True))
    )
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [{"draw": one, "tone": TONES[State(one.state)]} for one in page],
        "may_draw": bool(_offices(user)),
    }
    return render(request, "pipeline/visits/draws.html", context)


@require_http_methods(["GET", "POST"])
@officers_only
def new(request: HttpRequest) -> HttpResponse:
    """Set a sample up; its seed is sealed with that (设定抽样)."""
    user = viewer(request)
    offices = _offices(user)
    if not offices:
        raise PermissionDenied
    form = SampleForm(request.POST or None, user=user, offices=offices)
    if request.method == "POST" and form.is_valid():
        try:
            made = draws.seal(form.region, form.sample, by=user)
        except MoveError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The seed is sealed; its commitment is public."))
            return redirect("pipeline:visit_draw", made.pk)
    status = 400 if form.errors else 200
    return render(request, "pipeline/visits/draw_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@officers_only
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a sample step by step and take the next one (抽取步骤)."""
    found, user = _seen(user=viewer(request), pk=pk), viewer(request)
    if request.method == "GET":
        return _shown(request, found)
    name = request.POST.get("do", "")
    form = ReasonForm(request.POST) if name == "cancel" else DrawWordForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, forms={f"{name}_form": form}, status=400)
    try:
        said = _take(found, name, user, form.cleaned_data)
    except MoveError as error:
        messages.error(request, str(error))
        return _shown(request, _seen(user=user, pk=pk), status=409)
    messages.success(request, said)
    return redirect("pipeline:visit_draw", pk)


@require_GET
def public_listing(request: HttpRequest) -> HttpResponse:
    """List the samples that everybody may follow (抽样公示)."""
    rows = VisitDraw.objects.public().select_related("region", "round").order_by("-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "pipeline/visits/samples.html", {"page": page})


@require_GET
def public(request: HttpRequest, token: str) -> HttpResponse:
    """Show a sample with all that is needed to draw it again; it names no firm (抽样公示)."""
    found = get_object_or_404(VisitDraw.objects.public().select_related("region"), token=token)
    lists = sampling.read(found.lists) if found.lists else None
    context = {"draw": found, "lists": lists, "drawn": _drawn(found)}
    return render(request, "pipeline/visits/sample.html", context)


@require_GET
def lists(_request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the lists exactly as they were hashed."""
    return _text(get_object_or_404(VisitDraw.objects.public(), token=token).lists)


@require_GET
def outcome(_request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the outcome exactly as it was hashed."""
    return _text(get_object_or_404(VisitDraw.objects.public(), token=token).outcome)


def _offices(user: User) -> list[Any]:
    return [one for one in using.offices_of(user) if draws.may_draw(user, one)]


def _seen(*, user: User, pk: int) -> VisitDraw:
    rows = VisitDraw.objects.visible_to(user).select_related("region", "round")
    found: VisitDraw = get_object_or_404(rows, pk=pk)
    return found


def _take(found: VisitDraw, name: str, user: User, given: dict[str, Any]) -> str:
    if name == "close":
        draws.close_lists(found, by=user)
        return _("The lists are closed; their hash is public.")
    if name == "draw":
        draws.draw(found, by=user, word=given["word"])
        return _("The sample is drawn; seed and outcome are public.")
    if name == "cancel":
        draws.cancel(found, by=user, reason=given["reason"])
        return _("The sample is cancelled.")
    raise BadRequest(_("The form names no step; load the page again."))


def _shown(
    request: HttpRequest,
    found: VisitDraw,
    *,
    forms: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    user = viewer(request)
    rows = found.listed.select_related("application__enterprise", "region", "visit")
    chosen = rows.filter(Q(drawn=True) | ~Q(rule="")) if found.drawn_at else rows.none()
    said = sampling.read(found.lists) if found.lists else None
    context = {
        "draw": found,
        "tone": TONES[State(found.state)],
        "holds": draws.holds(user, found),
        "waiting": pools.of_draw(found).count() if found.state == State.SEALED else 0,
        "lists": said,
        "parts": _parts(found),
        "drawn": _drawn(found),
        "chosen": chosen.exclude(application__enterprise__in=user.scope.enterprises)[:500],
        "differences": draws.differences(found) if found.drawn_at else [],
        "draw_form": DrawWordForm(),
        "cancel_form": ReasonForm(),
    } | (forms or {})
    return render(request, "pipeline/visits/draw.html", context, status=status)


def _parts(found: VisitDraw) -> list[dict[str, Any]]:
    """Return by region how many were listed, are owed anyway, were drawn."""
    rows = found.listed.values("stratum", "region").annotate(
        listed=Count("pk"),
        owed=Count("pk", filter=~Q(rule="")),
        drawn=Count("pk", filter=Q(drawn=True)),
    )
    told = list(rows.order_by("stratum"))
    names = {one.pk: str(one) for one in Region.objects.filter(pk__in=[r["region"] for r in told])}
    whole = str(found.region)
    return sorted(
        (row | {"label": names.get(row["region"], whole)} for row in told),
        key=lambda row: str(row["label"]),
    )


def _drawn(found: VisitDraw) -> int:
    return found.listed.filter(drawn=True).count() if found.drawn_at else 0


def _text(text: str) -> HttpResponse:
    if not text:
        raise Http404
    return HttpResponse(text, content_type="application/json")
