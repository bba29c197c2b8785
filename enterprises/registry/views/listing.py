"""The list of enterprises, narrowed, sorted, paged and exported (企业名录)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from enterprises.registry import exports, paging, rights
from enterprises.registry.filters import EnterpriseFilter
from enterprises.registry.models import Enterprise
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict

SORTS = {
    "-pk": gettext_lazy("registered last"),
    "pk": gettext_lazy("registered first"),
    "name": gettext_lazy("name, rising"),
    "-name": gettext_lazy("name, falling"),
    "-facts_at": gettext_lazy("changed last"),
}
DEFAULT_SORT = "-pk"
PLACE = ("after", "before", "csrfmiddlewaretoken", "format")
SHOWN = (
    "name",
    "credit_code",
    "tier",
    "stage",
    "size_class",
    "digital_level",
    "fictional",
    "facts_at",
    "region__name_zh",
    "region__name_en",
    "industry__name_zh",
    "industry__name_en",
)


@require_GET
@login_required
def listing(request: HttpRequest) -> HttpResponse:
    """Show the enterprises in sight; for htmx only the results (企业名录)."""
    narrowed = _narrowed(request, request.GET)
    sort = paging.chosen_sort(request.GET.get("sort", ""), SORTS, DEFAULT_SORT)
    page = paging.take(
        narrowed.qs.select_related("region", "industry").only(*SHOWN),
        sort=sort,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    partial = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    context = {
        "filter": narrowed,
        "page": page,
        "sort": sort,
        "sorts": SORTS.items(),
        "kept": _kept(request.GET).items(),
        "previous_url": _neighbour(request.GET, "before", page.previous),
        "following_url": _neighbour(request.GET, "after", page.following),
        "searched": any(name != "sort" for name in _kept(request.GET)),
        "swap_region": partial and "region" in narrowed.form.fields,
        "may_register": rights.may_register(viewer(request)),
    }
    return render(request, "registry/_list.html" if partial else "registry/list.html", context)


@require_POST
@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out the narrowed list as CSV or XLSX and write down who took it (导出)."""
    form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    rows = _narrowed(request, request.POST).qs.order_by("pk")
    filters = dict(_kept(request.POST).items())
    stamp = f"enterprises-{timezone.localdate():%Y%m%d}"
    if form == "xlsx":
        try:
            book = exports.workbook(rows)
        except exports.TooManyRowsError:
            messages.error(
                request,
                _(
                    "A workbook holds at most %(most)s rows here. "
                    "Narrow the list or export it as CSV."
                )
                % {"most": f"{exports.XLSX_MAX_ROWS:,}"},
            )
            return redirect(f"{reverse('registry:list')}?{_query(request.POST)}")
        exports.note(viewer(request), filters=filters, form=form, rows=rows.count())
        return FileResponse(book, as_attachment=True, filename=f"{stamp}.xlsx")
    exports.note(viewer(request), filters=filters, form=form, rows=rows.count())
    response = StreamingHttpResponse(
        exports.csv_lines(rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{stamp}.csv"'
    return response


def _narrowed(request: HttpRequest, data: QueryDict) -> EnterpriseFilter:
    rows = Enterprise.objects.visible_to(viewer(request))
    return EnterpriseFilter(data, queryset=rows, request=request)


def _kept(data: QueryDict) -> QueryDict:
    """Return the filters in force, without the place in the list."""
    kept = data.copy()
    for name in [name for name, value in kept.items() if not value or name in PLACE]:
        del kept[name]
    return kept


def _query(data: QueryDict, **changes: Any) -> str:
    kept = _kept(data)
    for name, value in changes.items():
        kept[name] = value
    return kept.urlencode()


def _neighbour(data: QueryDict, side: str, cursor: str) -> str:
    return f"{reverse('registry:list')}?{_query(data, **{side: cursor})}" if cursor else ""
