"""The record of one enterprise: read, register, change (企业档案)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from enterprises.registry import profile, records, rights
from enterprises.registry.filters import regions_of
from enterprises.registry.forms.enterprise import ProfileForm, RegisterForm
from enterprises.registry.models import AnnualReport, Enterprise, NameRecord, Title
from enterprises.registry.views.gate import (
    edited_enterprise,
    refusals,
    registrars_only,
    viewer,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.places.models import Region

RELATED = (
    "region",
    "industry",
    "park",
    "cluster",
    "chain",
    "chain_link",
    "product_domain",
    "strategic_field",
)


@require_GET
@login_required
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all facts of an enterprise (企业基本信息)."""
    user = viewer(request)
    seen = Enterprise.objects.visible_to(user).select_related(*RELATED)
    enterprise = get_object_or_404(seen, pk=pk)
    reports = list(AnnualReport.objects.visible_to(user).filter(enterprise=enterprise)[:3])
    context = {
        "enterprise": enterprise,
        "groups": profile.groups(enterprise),
        "counts": profile.counts(enterprise),
        "documents": profile.documents(enterprise),
        "warnings": profile.warnings(reports),
        "latest": profile.latest(reports),
        "names": NameRecord.objects.visible_to(user).filter(enterprise=enterprise),
        "titles": Title.objects.visible_to(user).filter(enterprise=enterprise),
        "has_contact": profile.has_contact(enterprise),
        "may_read_contact": rights.may_read_contact(user, enterprise),
        "may_edit": rights.may_edit(user, enterprise),
    }
    return render(request, "registry/record.html", context)


@require_http_methods(["GET", "POST"])
@registrars_only
def create(request: HttpRequest) -> HttpResponse:
    """Register an enterprise (企业登记)."""
    form = RegisterForm(request.POST or None, user=viewer(request))
    if request.method == "POST" and form.is_valid():
        data = {name: value for name, value in form.cleaned_data.items() if value is not None}
        with refusals(form):
            enterprise = records.register(**data, by=viewer(request))
            messages.success(request, _("%(name)s is registered.") % {"name": enterprise.name})
            return redirect("registry:record", pk=enterprise.pk)
    return render(request, "registry/create.html", {"form": form})


@require_http_methods(["GET", "POST"])
@login_required
@transaction.atomic
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the profile; what others changed meanwhile is shown, nothing typed is lost."""
    enterprise = edited_enterprise(request, pk)
    user = viewer(request)
    if request.method == "POST":
        enterprise = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    settings: dict[str, Any] = {
        "enterprise": enterprise,
        "user": user,
        "keeper": rights.may_keep(user, enterprise),
    }
    form = ProfileForm(request.POST or None, **settings)
    clashes = form.clashes() if form.is_bound else []
    if clashes:
        form = ProfileForm(form.merged(), **settings)
    elif form.is_bound and form.is_valid():
        with refusals(form):
            changes = form.changes()
            reason = form.cleaned_data["reason"]
            records.change(enterprise, changes, by=user, reason=reason)
            messages.success(
                request, _("Saved.") if changes else _("Nothing was changed, nothing saved.")
            )
            return redirect("registry:record", pk=enterprise.pk)
    context = {"enterprise": enterprise, "form": form, "clashes": clashes}
    return render(request, "registry/edit.html", context, status=409 if clashes else 200)


@require_GET
@registrars_only
def region_options(request: HttpRequest) -> HttpResponse:
    """Offer regions whose code or name begins with or holds what is typed (地区联想)."""
    text = (request.GET.get("region") or "").strip()[:40]
    found = regions_of(viewer(request).scope).filter(in_use=True).exclude(path="")
    if text:
        found = (
            found.filter(code__startswith=text)
            if text.isdigit()
            else found.filter(name_zh__contains=text) | found.filter(name_en__icontains=text)
        )
    rows: list[Region] = list(found.order_by("code")[:20])
    return render(request, "registry/_region_options.html", {"regions": rows})
