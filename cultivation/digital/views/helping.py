"""Whom to help next: the list and its export (下一步帮扶)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.db.models import Count
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.digital.forecasting import reading
from cultivation.digital.helping import ranking, tasks, wording
from cultivation.digital.helping.forms import GiveForm
from cultivation.digital.views.asking import reads
from cultivation.digital.views.choosing import chosen
from enterprises.accounts.access import seat_required
from enterprises.registry import exports, paging
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict
    from django.http.response import HttpResponseBase

    from cultivation.digital.helping.ranking import Candidate
    from cultivation.digital.views.choosing import Chosen
    from enterprises.accounts.models import User

SIZE, MOST = 25, 2000  # rows of a page, and of an export


@require_GET
@seat_required(reads)
def next_firms(request: HttpRequest) -> HttpResponse:
    """List the firms that are the fewest steps from counting (下一步帮扶)."""
    return page(request, chosen(request), request.GET)


def page(
    request: HttpRequest, asked: Chosen, data: QueryDict, *, form: GiveForm | None = None
) -> HttpResponse:
    """Show the list; with a form that was not taken, what was chosen stays chosen (列表页)."""
    user = cast("User", request.user)
    step, steps = data.get("step", ""), _steps(user, asked)
    sides = {side: data.get(side, "") for side in paging.SIDES}
    found = paging.take(
        _narrowed(_rows(user, asked), step),
        sort="order",
        size=SIZE,
        count=False,  # the steps are counted already
        **sides,
    )
    gives = tasks.may_give(user, asked.region.path) or bool(user.scope.review_paths)
    fresh = GiveForm(owners=tasks.owners(asked.region, user)) if gives and form is None else None
    number = sum(number for one, _name, number in steps if step in ("", one))
    context: dict[str, Any] = {
        "chosen": asked,
        "firms": [
            (one, wording.step(one.step), wording.reasons(one))
            for one in _candidates(found.rows, asked)
        ],
        "above": [(one, address(asked, step, region=one.code)) for one in asked.above],
        "steps": [(one, name, firms, address(asked, one)) for one, name, firms in steps],
        "all_url": address(asked),
        "step": step,
        "sides": [(side, cursor) for side, cursor in sides.items() if cursor],
        "number": number,
        "most": MOST if number > MOST else None,
        "previous_url": found.previous and address(asked, step, before=found.previous),
        "following_url": found.following and address(asked, step, after=found.following),
        "form": form or fresh,
        "picked": data.getlist("firm"),
        "said": reading.latest(asked.region, tier=asked.tier, definition=asked.definition),
    }
    status = 200 if form is None else 400
    return render(request, "digital/help_next.html", context, status=status)


def address(asked: Chosen, step: str = "", **more: str) -> str:
    """Return where the list is read for a choice, also from a page that was posted (列表地址)."""
    kept = {**_kept(asked), "step": step, **more}
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{reverse('digital:help')}?{query}"


@require_POST
@seat_required(reads)
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out the list as CSV or XLSX and write down who took it (导出)."""
    user, asked = cast("User", request.user), chosen(request, request.POST)
    rows = _narrowed(_rows(user, asked), request.POST.get("step", "")).order_by("order", "pk")
    found = _candidates(rows[:MOST], asked)
    heading = [
        _("Place"), _("Name"), _("Credit code"), _("Region"), _("What is missing"), _("Why"),
        _("Scenarios missing"), _("Chance within a year"), _("Open tasks"),
    ]  # fmt: skip
    lines = [_line(place, one) for place, one in enumerate(found, start=1)]
    return handed_out(request, "help", heading, lines, filters=_kept(asked))


def handed_out(
    request: HttpRequest,
    name: str,
    heading: Sequence[str],
    lines: Sequence[Sequence[object]],
    *,
    filters: dict[str, Any],
) -> HttpResponseBase:
    """Return rows as a file of the form asked for, and note who took them (导出留痕)."""
    form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    user = cast("User", request.user)
    exports.note(user, filters={"list": name, **filters}, form=form, rows=len(lines))
    stamp = f"{name}-{timezone.localdate():%Y%m%d}.{form}"
    if form == "xlsx":
        book = exports.sheet(heading, lines)
        return FileResponse(book, as_attachment=True, filename=stamp)
    response = StreamingHttpResponse(
        exports.csv_text(heading, lines), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{stamp}"'
    return response


def _kept(asked: Chosen) -> dict[str, str]:
    return {"region": asked.region.code, "tier": asked.tier, "definition": asked.definition.code}


def _rows(user: User, asked: Chosen) -> QuerySet[Any]:
    seen = Enterprise.objects.visible_to(user).select_related("region")
    return ranking.ranked(seen, asked.region, tier=asked.tier, definition=asked.definition)


def _narrowed(rows: QuerySet[Any], step: str) -> QuerySet[Any]:
    known = {str(number) for number in wording.STEPS}
    return rows.filter(step=int(step)) if step in known else rows


def _candidates(rows: Iterable[Any], asked: Chosen) -> list[Candidate]:
    return ranking.candidates(rows, asked.region, tier=asked.tier, definition=asked.definition)


def _steps(user: User, asked: Chosen) -> list[tuple[str, str, int]]:
    """Return what is missing, with how many firms lack it, in the order of the list."""
    seen = Enterprise.objects.visible_to(user)
    rows = ranking.lacking(seen, asked.region, tier=asked.tier, definition=asked.definition)
    counted = rows.order_by().values_list("step").annotate(Count("pk"))
    found = sorted(counted.values_list("step", "pk__count"))
    return [(str(step), wording.step(step), number) for step, number in found]


def _line(place: int, one: Candidate) -> list[object]:
    wanted = one.needs.nearest if one.needs else []
    scenarios = [f"{scenario}{' *' if scenario.binding else ''}" for scenario, _own in wanted]
    return [
        place, one.enterprise.name, one.enterprise.credit_code, str(one.enterprise.region or ""),
        wording.step(one.step), "; ".join(wording.reasons(one)), "; ".join(scenarios),
        "" if one.chance is None else f"{one.chance / 10_000:.1f}%", one.tasks,
    ]  # fmt: skip
