"""Projects of an office and providers as lists; providers kept (项目清单与服务商)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation.digital import index
from cultivation.digital.filters import ProjectFilter, ProviderFilter
from cultivation.digital.models import ServiceProvider
from cultivation.digital.transforming import listing, providers
from cultivation.digital.transforming.forms import ProviderForm
from enterprises.accounts.access import seat_required
from enterprises.places.models import Region
from enterprises.registry import exports, paging
from enterprises.registry.views.gate import refusals, viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from enterprises.accounts.scope import Scope

LATE_SHOWN = 10


def _reads(scope: Scope) -> bool:
    return scope.is_office or scope.is_auditor


@require_GET
@seat_required(_reads)
def projects(request: HttpRequest) -> HttpResponse:
    """List the projects in sight, narrowed, with what is overdue (项目清单)."""
    user = viewer(request)
    narrowed = ProjectFilter(request.GET, queryset=listing.in_sight(user))
    page = paging.take(
        narrowed.qs,
        sort="-started_on",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context: dict[str, Any] = {
        "filter": narrowed,
        "page": page,
        "rows": [(row, listing.stage_of(row)) for row in page.rows],
        "kept": [(k, v) for k, v in request.GET.items() if k in ProjectFilter.base_filters and v],
        "late": listing.late_of(user, most=LATE_SHOWN),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
        "today": timezone.localdate(),
    }
    return render(request, "digital/projects.html", context)


@require_POST
@seat_required(_reads)
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out the narrowed list as CSV or XLSX and write down who took it (导出)."""
    form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    rows = ProjectFilter(request.POST, queryset=listing.in_sight(viewer(request))).qs
    filters = {k: v for k, v in request.POST.items() if k in ProjectFilter.base_filters and v}
    number = rows.count()
    if number > listing.MOST:
        text = _("A file holds at most %(most)s projects, these are %(number)s. Narrow the list.")
        words = {"most": f"{listing.MOST:,}", "number": f"{number:,}"}
        messages.error(request, text % words)
        return redirect(f"{reverse('digital:projects')}?{urlencode(filters)}")
    exports.note(viewer(request), filters={"list": "projects", **filters}, form=form, rows=number)
    name = f"projects-{timezone.localdate():%Y%m%d}.{form}"
    if form == "xlsx":
        return FileResponse(listing.as_book(rows), as_attachment=True, filename=name)
    response = StreamingHttpResponse(listing.as_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
@login_required
def provider_list(request: HttpRequest) -> HttpResponse:
    """List the providers; how they are reached is hidden from strangers (服务商名录)."""
    user = viewer(request)
    rows = ServiceProvider.objects.select_related("kept_by").prefetch_related(
        "scenarios", "regions"
    )
    if not providers.may_add(user):
        rows = rows.filter(active=True)
    narrowed = ProviderFilter(request.GET, queryset=rows)
    page = paging.take(
        narrowed.qs,
        sort="name",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    names = {one.no: str(one) for one in index.scenarios()}
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [
            (
                row,
                [names[one.scenario] for one in row.scenarios.all()],
                providers.may_change(user, row),
            )
            for row in page.rows
        ],
        "sees_contacts": providers.sees_contacts(user),
        "may_add": providers.may_add(user),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "digital/providers.html", context)


@require_http_methods(["GET", "POST"])
@seat_required(lambda scope: scope.register_paths)
def provider_new(request: HttpRequest) -> HttpResponse:
    """Add a provider to the list of the own office (新增服务商)."""
    user = viewer(request)
    form = ProviderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        home = Region.objects.filter(path=min(user.scope.register_paths, key=len)).first()
        if home is None:
            raise PermissionDenied
        with refusals(form):
            made = providers.add(form.cleaned_data, kept_by=home, by=user)
            messages.success(request, _("“%(name)s” is in the list.") % {"name": made.name})
            return redirect("digital:providers")
    return render(request, "digital/provider_edit.html", {"form": form, "provider": None})


@require_http_methods(["GET", "POST"])
@seat_required(lambda scope: scope.register_paths)
def provider_edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change a provider that the own office keeps (修改服务商)."""
    user = viewer(request)
    rows = ServiceProvider.objects.select_related("kept_by").prefetch_related(
        "scenarios", "regions"
    )
    provider = get_object_or_404(rows, pk=number)
    if not providers.may_change(user, provider):
        raise PermissionDenied
    initial: dict[str, Any] = {name: getattr(provider, name) for name in providers.FIELDS}
    initial |= {
        "scenarios": [one.scenario for one in provider.scenarios.all()],
        "regions": list(provider.regions.all()),
    }
    form = ProviderForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        text = request.POST.get("version", "")
        version = int(text) if text.isdecimal() and len(text) < 10 else 0
        with refusals(form):
            providers.change(provider, form.cleaned_data, version=version, by=user)
            messages.success(request, _("Saved."))
            return redirect("digital:providers")
    return render(request, "digital/provider_edit.html", {"form": form, "provider": provider})
