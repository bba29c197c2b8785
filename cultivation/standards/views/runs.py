"""Pages of national runs: beginning one, what each changed, for whom (评价运行页面)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cultivation.standards import changes, sharing
from cultivation.standards.filters import ChangeFilter
from cultivation.standards.forms import AsOfForm
from cultivation.standards.models import VerdictChange
from enterprises.accounts.access import seat_required
from enterprises.registry import exports, paging

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

PAGE = 20
PLACE = ("after", "before", "csrfmiddlewaretoken", "turn")


def _is_official(scope: Scope) -> bool:
    """Tell whether a scope reads a region: offices and auditors; firms and experts do not."""
    return bool(scope.paths)


@require_POST
@seat_required(sharing.may_judge)
def judge(request: HttpRequest) -> HttpResponse:
    """Begin a run over the whole registry and show its progress (启动全库评价)."""
    form = AsOfForm.asked(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(e) for rows in form.errors.values() for e in rows))
        return redirect("standards:runs")
    on, user = form.cleaned_data["on"], cast("User", request.user)
    if on != timezone.localdate() and not user.scope.may_decide("", "nation"):
        messages.error(
            request,
            _("Only the nation judges as of another day: the results of all provinces follow it."),
        )
        return redirect("standards:runs")
    run, new = sharing.start(on, whole=bool(request.POST.get("whole")), by=user)
    if not new:
        messages.info(request, _("A run is under way already; this is how far it is."))
    return redirect("jobs:detail", pk=run.pk)


@require_safe
@seat_required(_is_official)
def listing(request: HttpRequest) -> HttpResponse:
    """List the runs with how many qualify newly or no longer (评价记录)."""
    user = cast("User", request.user)
    page = Paginator(changes.ended(), PAGE).get_page(request.GET.get("page"))
    context = {
        "sees_nation": "" in user.scope.paths,
        "page": page,
        "runs": changes.told(page.object_list, user),
        "may_judge": sharing.may_judge(user.scope),
        "may_choose_day": user.scope.may_decide("", "nation"),
        "today": timezone.localdate(),
    }
    return render(request, "standards/runs.html", context)


@require_safe
@seat_required(_is_official)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whose standing a run turned and which criteria did it (评价变动)."""
    run = get_object_or_404(changes.ended().select_related("snapshot"), pk=pk)
    (told,) = changes.told([run], cast("User", request.user))
    turn = _turn(request.GET)
    narrowed = _narrowed(request, request.GET, told)
    page = paging.take(
        _with_names(narrowed.qs),
        sort="pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    address = reverse("standards:run", args=[pk])
    kept = _kept(request.GET)
    context = {
        "sees_nation": "" in cast("User", request.user).scope.paths,
        "told": told,
        "run": run,
        "before": changes.before(run),
        "filter": narrowed,
        "turn": turn,
        "tabs": [
            (name, label, number, f"{address}?{_query(kept, turn=name)}")
            for name, label, number in (
                ("gained", _("Newly qualify"), told.gained),
                ("lost", _("No longer qualify"), told.lost),
            )
        ],
        "page": page,
        "rows": list(changes.rows(page.rows, run)),
        "previous_url": _neighbour(address, kept, turn, "before", page.previous),
        "following_url": _neighbour(address, kept, turn, "after", page.following),
        "kept": kept.items(),
    }
    return render(request, "standards/run.html", context)


@require_POST
@seat_required(_is_official)
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out a run's list as CSV and write down who took it (导出变动名单)."""
    run, user = get_object_or_404(changes.ended(), pk=pk), cast("User", request.user)
    (told,) = changes.told([run], user)
    turn = _turn(request.POST)
    found = _with_names(_narrowed(request, request.POST, told).qs).order_by("pk")
    filters = {"run": run.pk, "turn": turn, **dict(_kept(request.POST).items())}
    exports.note(user, filters=filters, form="csv", rows=found.count())
    response = StreamingHttpResponse(
        exports.csv_text(changes.heading(), changes.lines(found.iterator(chunk_size=2000), run)),
        content_type="text/csv; charset=utf-8",
    )
    stamp = f"{turn}-{run.as_of:%Y%m%d}-{run.pk}"
    response["Content-Disposition"] = f'attachment; filename="{stamp}.csv"'
    return response


def _turn(data: QueryDict) -> str:
    wanted = data.get("turn", "")
    return wanted if wanted in changes.TURNS else "gained"


def _narrowed(request: HttpRequest, data: QueryDict, told: changes.Told) -> ChangeFilter:
    user = cast("User", request.user)
    rows = VerdictChange.objects.visible_to(user).filter(
        run=told.run, turn=changes.TURNS[_turn(data)]
    )
    bases = [(line.name, f"{line.edition} · {line.kind_label}") for line in told.lines]
    return ChangeFilter(data, queryset=rows, request=request, bases=bases)


def _with_names(rows: Any) -> Any:
    return rows.select_related("enterprise__region", "edition").defer(
        "edition__text", "edition__cases"
    )


def _kept(data: QueryDict) -> QueryDict:
    """Return the filters in force, without the place in the list and the list itself."""
    kept = data.copy()
    for name in [name for name, value in kept.items() if not value or name in PLACE]:
        del kept[name]
    return kept


def _query(kept: QueryDict, **more: str) -> str:
    query = kept.copy()
    for name, value in more.items():
        query[name] = value
    return query.urlencode()


def _neighbour(address: str, kept: QueryDict, turn: str, side: str, cursor: str) -> str:
    return f"{address}?{_query(kept, turn=turn, **{side: cursor})}" if cursor else ""
