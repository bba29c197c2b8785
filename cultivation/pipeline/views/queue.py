"""The review queue: what waits, who works on it, one case after the other (审核队列)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Case, CharField, Count, F, OuterRef, Q, Subquery, When
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from cultivation.pipeline.correcting import assigning, sitting
from cultivation.pipeline.correcting.filters import late, queue_of, sortable
from cultivation.pipeline.correcting.forms import OfficerForm
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Assignment
from cultivation.pipeline.releasing import proposing
from cultivation.pipeline.rounds import quotas
from cultivation.pipeline.views.gate import reviewers_only, seen_application
from cultivation.pipeline.views.parts import kept
from enterprises.registry import paging
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

SKIPPED = "review_skipped"  # of the session: cases put off
MOST_SKIPPED = 500
SHOWN = (
    "enterprise__name",
    "enterprise__fictional",
    "enterprise__region__name_zh",
    "enterprise__region__name_en",
    "tier",
    "kind",
    "status",
    "submitted_at",
    "held_since",
    "due_on",
    "notice_to",
    "receipt",
    "submission_id",
)


@require_GET
@reviewers_only
def queue(request: HttpRequest) -> HttpResponse:
    """Show the applications in sight, first of all those that wait for the viewer."""
    user = viewer(request)
    narrowed = queue_of(request, user)
    data = narrowed.data
    rows, sort = sortable(narrowed.qs, data["sort"])
    page = paging.take(
        _with_officer(sitting.marked(rows, user)).select_related("enterprise__region").only(*SHOWN),
        sort=sort,
        after=data.get("after", ""),
        before=data.get("before", ""),
    )
    context = {
        "filter": narrowed,
        "page": page,
        "show": data["show"],
        "decides": any(level in proposing.LEVELS for _path, level in user.scope.offices),
        "today": timezone.localdate(),
        "counts": counts(user) if user.scope.is_office else None,
        "quotas": quotas.of_offices(user),
        "query": kept(request.GET).urlencode(),
        "previous_url": paging.neighbour(request, "before", page.previous),
        "following_url": paging.neighbour(request, "after", page.following),
    }
    return render(request, "pipeline/queue.html", context)


def counts(user: User) -> dict[str, int]:
    """Return how much waits for a user: in all, given to them, to nobody, late; one query."""
    rows = sitting.marked(Application.objects.visible_to(user).waiting_for(user), user)
    told: dict[str, int] = rows.aggregate(
        all=Count("pk"),
        mine=Count("pk", filter=Q(is_mine=True)),
        free=Count("pk", filter=Q(is_mine=False, is_anothers=False)),
        late=Count("pk", filter=late(timezone.localdate())),
    )
    return told


@require_GET
@reviewers_only
def following(request: HttpRequest) -> HttpResponse:
    """Serve the case to be looked at next, by the filters in force; else say that all is done."""
    user = viewer(request)
    rows = queue_of(request, user).qs
    skipped = request.session.get(SKIPPED, [])
    query = kept(request.GET).urlencode()
    found = sitting.next_case(user, rows, skipped=skipped)
    if found is not None:
        return redirect(f"{reverse('pipeline:review', args=[found.pk])}?{query}")
    told = sitting.progress(user, rows, skipped=skipped)
    request.session.pop(SKIPPED, None)
    if told.skipped:
        text = ngettext(
            "All others are looked through; %(number)s case was put off and comes again now.",
            "All others are looked through; %(number)s cases were put off and come again now.",
            told.skipped,
        )
        messages.info(request, text % {"number": told.skipped})
    elif told.all:
        messages.success(request, _("All that waits is looked through; the decisions are left."))
    else:
        messages.info(request, _("Nothing waits for you."))
    return redirect(f"{reverse('pipeline:queue')}?{query}")


@require_POST
@reviewers_only
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a case off for this sitting, and serve the next."""
    found = seen_application(request, pk)
    skipped = [one for one in request.session.get(SKIPPED, []) if one != found.pk]
    request.session[SKIPPED] = [*skipped, found.pk][-MOST_SKIPPED:]
    return redirect(f"{reverse('pipeline:next_case')}?{kept(request.GET).urlencode()}")


@require_POST
@reviewers_only
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a case to oneself, a colleague of the office, or nobody."""
    application, user = seen_application(request, pk), viewer(request)
    seen = request.POST.get("seen", "")
    if not seen.isdecimal():
        raise BadRequest(_("The form lacks what it saw; load the page again."))
    form = OfficerForm(request.POST, colleagues=assigning.colleagues(application))
    if "me" not in request.POST and not form.is_valid():
        messages.error(request, _("Choose an officer of the list."))
        return _back(request, pk)
    to = user if "me" in request.POST else form.cleaned_data["officer"]
    try:
        made = assigning.assign(application, to, by=user, seen=int(seen[:18]))
    except MoveError as error:
        messages.error(request, str(error))
        return _back(request, pk)
    messages.success(
        request,
        _("%(officer)s works on this case now.") % {"officer": made.officer}
        if made
        else _("Nobody works on this case now."),
    )
    return _back(request, pk)


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    query = kept(request.GET).urlencode()
    if request.POST.get("next") == "queue":
        return redirect(f"{reverse('pipeline:queue')}?{query}")
    return redirect(f"{reverse('pipeline:review', args=[pk])}?{query}")


def _with_officer(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Add who works on each case, by the name that people read."""
    held = Assignment.objects.filter(application=OuterRef("pk"), ended_at__isnull=True)
    name = Case(
        When(officer__display_name="", then=F("officer__username")),
        default=F("officer__display_name"),
        output_field=CharField(),
    )
    found: QuerySet[Any] = rows.annotate(
        officer=Subquery(held.annotate(shown=name).values("shown")[:1]),
    )
    return found
