"""Officers' work around notices and recognition: putting up lists, certificates (公示与证书)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Status
from cultivation.pipeline.notices import lists, publishing
from cultivation.pipeline.notices.forms import ListForm, PublishForm
from enterprises.accounts.access import seat_required
from enterprises.places.models import Region
from enterprises.registry.models import Tier, Title
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

deciders_only = seat_required(lambda scope: scope.decide_paths)
AT_ONCE = 200  # shown and put up in one go


@require_http_methods(["GET", "POST"])
@deciders_only
def put_up(request: HttpRequest) -> HttpResponse:
    """Choose applications in hand and put them on notice as one list (发布公示)."""
    user = viewer(request)
    tier, kind = request.GET.get("tier", ""), request.GET.get("kind", "recognition")
    rows = _in_hand(user)
    tier = tier if tier in Tier.values else _first_tier(rows)
    rows = rows.filter(tier=tier, kind=kind) if kind in Application.Kind.values else rows.none()
    form = PublishForm(request.POST or None)
    hindered: list[Any] = []
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = publishing.publish(
                _chosen(request, rows), by=user, days=form.cleaned_data["days"]
            )
        except MoveError as error:
            form.add_error(None, str(error))
            hindered = getattr(error, "hindered", [])
            status = 409
        else:
            said = ngettext(
                "%(number)s application is on notice.",
                "%(number)s applications are on notice.",
                made.entries,
            )
            messages.success(request, said % {"number": made.entries})
            return redirect("pipeline:notice", made.pk)
    context = {
        "rows": rows.select_related("enterprise__region").order_by("pk")[:AT_ONCE],
        "number": rows.count(),
        "most": AT_ONCE,
        "tier": tier,
        "kind": kind,
        "tiers": Tier.choices,
        "kinds": Application.Kind.choices,
        "chosen": set(request.POST.getlist("row")),
        "form": form,
        "hindered": hindered,
    }
    return render(request, "notices/put_up.html", context, status=status)


@require_http_methods(["GET", "POST"])
@deciders_only
def new_list(request: HttpRequest) -> HttpResponse:
    """Publish the titles granted since the last list (公布认定名单)."""
    user = viewer(request)
    region = _home(user)
    form = ListForm(request.POST or None)
    waiting = [
        (Tier(tier).label, Application.Kind(kind).label, number)
        for tier in Tier.values
        for kind in Application.Kind.values
        if (number := lists.unlisted(region, tier, kind=kind).count())
    ]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = lists.publish(region, data.pop("tier"), by=user, **data)
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("The list is published."))
            return redirect("pipeline:published_list", made.pk)
    context = {"form": form, "waiting": waiting, "region": region}
    return render(request, "notices/new_list.html", context)


@require_GET
@login_required
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the certificate of a title, to print on one sheet (证书)."""
    found = get_object_or_404(
        Title.objects.visible_to(viewer(request)).select_related(
            "enterprise__region", "granting_region"
        ),
        pk=pk,
    )
    address = request.build_absolute_uri(f"{reverse('pipeline:verify')}?number={found.number}")
    context = {
        "title": found,
        "state": lists.state_of(found),
        "address": address,
        "code": _code(address),
    }
    return render(request, "notices/certificate.html", context)


def _code(text: str) -> str:
    """Return a QR code as inline SVG; its only input is an address of our own."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr",
        lineclass=None,
    )  # fmt: skip
    return mark_safe(out.getvalue().decode())  # noqa: S308


def _in_hand(user: User) -> QuerySet[Application]:
    """Return what the user's office decides on and may lay open now (可公示)."""
    wanted = [Status.AT_PROVINCE, Status.AT_NATION]
    rows = Application.objects.visible_to(user).waiting_for(user).filter(status__in=wanted)
    return rows.exclude(enterprise_id__in=user.scope.enterprises)


def _first_tier(rows: QuerySet[Application]) -> str:
    tiers = set(rows.order_by().values_list("tier", flat=True).distinct())
    return next((tier for tier in reversed(Tier.values) if tier in tiers), Tier.LITTLE_GIANT.value)


def _chosen(request: HttpRequest, rows: QuerySet[Application]) -> list[Application]:
    picked = {int(one) for one in request.POST.getlist("row")[:AT_ONCE] if one.isdecimal()}
    return [row for row in rows.order_by("pk")[:AT_ONCE] if row.pk in picked]


def _home(user: User) -> Region:
    """Return the nation or the unit that the user decides for; others have no lists."""
    for path, role in user.scope.decide_paths:
        if role in {"nation", "province"}:
            found = Region.objects.filter(path=path, in_use=True).order_by("pk").first()
            if found is not None:
                return found
    raise PermissionDenied
