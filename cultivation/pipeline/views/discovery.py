"""The worklist of active discovery: who could apply and has not, and inviting them (主动发现)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import F
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline import discovery, invitations
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filters import DiscoveryFilter
from cultivation.pipeline.forms import InvitationForm
from cultivation.pipeline.models import Invitation
from cultivation.pipeline.views.parts import kept, neighbour_of
from cultivation.standards.models import Assessment, JudgingRun, Verdict
from enterprises.accounts.access import seat_required
from enterprises.registry import exports, paging
from enterprises.registry.models import SizeClass, Tier
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict

    from enterprises.accounts.scope import Scope

SORTS = {
    "-sureness": gettext_lazy("surest first"),
    "name": gettext_lazy("name, rising"),
}
LONGEST = 18  # digits of a row ticked
NAMED = 10  # enterprises named before they are invited
SO_MANY = invitations.MOST + 1  # one more than may be chosen, to say so


def reads_by_office(scope: Scope) -> bool:
    """Tell whether a scope reads enterprises by office or audit."""
    return bool(scope.paths)


@require_GET
@seat_required(reads_by_office)
def listing(request: HttpRequest) -> HttpResponse:
    """Show who qualifies, or nearly so, and has not applied; the surest first (主动发现清单)."""
    user, aims = viewer(request), discovery.targets()
    narrowed = _narrowed(request, request.GET, aims)
    sort = paging.chosen_sort(request.GET.get("sort", ""), SORTS, "-sureness")
    page = paging.take(
        narrowed.qs,
        sort=sort,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    scope = user.scope
    context = {
        "filter": narrowed,
        "page": page,
        "rows": _rows(page.rows, aims),
        "near": narrowed.data["show"] == "near",
        "sort": sort,
        "sorts": SORTS.items(),
        "kept": kept(request.GET).items(),
        "may_invite": bool(scope.review_paths or scope.decide_paths),
        "most": invitations.MOST,
        "run": JudgingRun.objects.filter(finished_at__isnull=False).first(),
        "previous_url": neighbour_of(request, "before", page.previous),
        "following_url": neighbour_of(request, "after", page.following),
    }
    return render(request, "pipeline/discovery.html", context)


@require_POST
@seat_required(reads_by_office)
def invite(request: HttpRequest) -> HttpResponse:
    """Ask what the invitation shall say, then send it to the enterprises chosen (邀约)."""
    user = viewer(request)
    if not (user.scope.review_paths or user.scope.decide_paths):
        raise PermissionDenied
    chosen = _chosen(request)
    back = f"{reverse('pipeline:discovery')}?{kept(request.POST).urlencode()}"
    if not chosen:
        messages.error(request, _("No enterprise was chosen; tick those to invite."))
        return redirect(back)
    form = InvitationForm(request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            done = invitations.invite(
                chosen, by=user, text=form.text, to=user if form.cleaned_data["mine"] else None
            )
        except MoveError as error:
            form.add_error(error.field or None, str(error))
        else:
            _tell(request, done)
            return redirect("pipeline:invitations")
    found = Assessment.objects.visible_to(user).filter(pk__in=chosen[: invitations.MOST])
    context = {
        "form": form,
        "chosen": chosen,
        "count": len(chosen),
        "named": found.select_related("enterprise__region", "edition").order_by("pk")[:NAMED],
        "more": max(0, len(chosen) - NAMED),
        "kept": kept(request.POST).items(),
        "back": back,
    }
    return render(
        request, "pipeline/discovery_invite.html", context, status=400 if form.errors else 200
    )


@require_POST
@seat_required(reads_by_office)
def export(request: HttpRequest) -> HttpResponseBase:
    """Hand out the narrowed worklist as CSV or XLSX and write down who took it (导出)."""
    aims = discovery.targets()
    rows = _narrowed(request, request.POST, aims).qs.order_by("-sureness", "-pk")
    count = rows.order_by().count()
    form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    stamp = f"discovery-{timezone.localdate():%Y%m%d}"
    if form == "xlsx" and count > exports.XLSX_MAX_ROWS:
        messages.error(
            request,
            _("A workbook holds at most %(most)s rows here. Narrow the list or export it as CSV.")
            % {"most": f"{exports.XLSX_MAX_ROWS:,}"},
        )
        return redirect(f"{reverse('pipeline:discovery')}?{kept(request.POST).urlencode()}")
    filters = {"list": "discovery", **dict(kept(request.POST).items())}
    exports.note(viewer(request), filters=filters, form=form, rows=count)
    heading, cells = _heading(), _cells(rows, aims)
    if form == "xlsx":
        book = exports.sheet(heading, cells)
        return FileResponse(book, as_attachment=True, filename=f"{stamp}.xlsx")
    response = StreamingHttpResponse(
        exports.csv_text(heading, cells), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{stamp}.csv"'
    return response


def _narrowed(
    request: HttpRequest, data: QueryDict, aims: list[discovery.Target]
) -> DiscoveryFilter:
    data = data.copy()
    if data.get("show") not in {"qualify", "near"}:
        data["show"] = "qualify"
    rows = discovery.candidates(viewer(request), aims=aims)
    rows = rows.annotate(name=F("enterprise__name"))
    return DiscoveryFilter(
        data,
        queryset=rows.select_related("enterprise__region", "enterprise__industry", "edition"),
        request=request,
    )


def _rows(rows: Sequence[Any], aims: list[discovery.Target]) -> list[dict[str, Any]]:
    policies = {aim.edition.pk: aim.policy for aim in aims}
    today = timezone.localdate()
    return [
        {
            "found": row,
            "short": discovery.short_of(row, policies[row.edition_id], on=today),
            "asked": Invitation.Outcome(row.asked).label if row.asked else "",
        }
        for row in rows
    ]


def _chosen(request: HttpRequest) -> list[int]:
    """Return the verdicts ticked, or all that fit the filters."""
    if request.POST.get("every"):
        rows = _narrowed(request, request.POST, discovery.targets()).qs.exclude(asked="open")
        return list(rows.order_by("-sureness", "-pk").values_list("pk", flat=True)[:SO_MANY])
    try:
        return sorted({_number(text) for text in request.POST.getlist("row")[:SO_MANY]})
    except ValueError as error:
        raise BadRequest(_("A row that was ticked cannot be read; load the list again.")) from error


def _number(text: str) -> int:
    if len(text) > LONGEST:
        raise ValueError(text[:LONGEST])
    return int(text)


def _tell(request: HttpRequest, done: invitations.Invited) -> None:
    number = len(done.made)
    text = ngettext("%(number)s enterprise was invited.", "%(number)s enterprises were invited.",
                    number) % {"number": number}  # fmt: skip
    messages.success(request, text) if number else messages.warning(request, text)
    if done.left_out:
        messages.warning(
            request,
            ngettext(
                "%(number)s was left out: invited or applied meanwhile, or no longer in question.",
                "%(number)s were left out: invited or applied meanwhile, or no longer in question.",
                done.left_out,
            )
            % {"number": done.left_out},
        )


def _heading() -> list[str]:
    return [
        _("Name"), _("Credit code"), _("Region code"), _("Region"), _("Tier"), _("Standard"),
        _("Verdict"), _("Score"), _("Requirement short"), _("Size"), _("Industry"),
        _("Invitation"),
    ]  # fmt: skip


def _cells(rows: QuerySet[Assessment], aims: list[discovery.Target]) -> Iterator[list[Any]]:
    """Yield the cells of the worklist; texts are in the language of this moment."""
    policies = {aim.edition.pk: aim.policy for aim in aims}
    today = timezone.localdate()
    words: dict[str, dict[Any, str]] = {
        "tier": {value: str(label) for value, label in Tier.choices},
        "verdict": {value: str(label) for value, label in Verdict.choices},
        "size": {value: str(label) for value, label in SizeClass.choices},
        "asked": {"": ""} | {value: str(label) for value, label in Invitation.Outcome.choices},
    }
    english = (get_language() or "").startswith("en")

    def cells(row: Any) -> list[Any]:
        firm, short = row.enterprise, discovery.short_of(row, policies[row.edition_id], on=today)
        label = "" if short is None else short.label_en if english else short.label_zh
        return [
            firm.name,
            firm.credit_code,
            firm.region.code,
            firm.region.name_zh,
            words["tier"][row.edition.tier],
            row.edition.code,
            words["verdict"][row.verdict],
            "" if row.score_low is None else f"{row.score_low / 100:g}",
            f"{short.code} {label}" if short else "",
            words["size"][firm.size_class],
            firm.industry.name_zh if firm.industry else "",
            words["asked"][row.asked],
        ]

    return (cells(row) for row in rows.iterator(chunk_size=1000))
