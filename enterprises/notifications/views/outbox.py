"""Mass mail that waits for an officer, and what became of each mail (待发箱与投递记录)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext as said_of
from django.views.decorators.http import require_POST, require_safe

from enterprises.accounts.access import seat_required
from enterprises.notifications import holding, readers, sending, wording
from enterprises.notifications.forms import CancelForm
from enterprises.notifications.models import Batch, Delivery
from enterprises.registry import paging

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

PAGE = 30
SAMPLES = 3
TROUBLE = (Delivery.State.FAILED, Delivery.State.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, finished for the page."""

    row: Delivery
    label: str
    address: str
    said: str
    may_send_again: bool
    address_refused: bool


@seat_required(holding.reads_outbox)
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """List the batches of mass mail, those held first to be seen (待发箱)."""
    user = cast("User", request.user)
    state = request.GET.get("state", Batch.State.HELD)
    rows = Batch.objects.visible_to(user).select_related("decided_by")
    if state in Batch.State.values:
        rows = rows.filter(state=state)
    page, links = _paged(request, rows, f"?state={state if state in Batch.State.values else ''}")
    tabs = [(Batch.State.HELD, Batch.State.HELD.label), *Batch.State.choices[1:], ("", _("all"))]
    lines = [(row, wording.said(row.kind, {}).label) for row in page]
    context = {"lines": lines, "state": state, "tabs": tabs, **links}
    return render(request, "notifications/outbox.html", context)


@seat_required(holding.reads_outbox)
@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a batch: what is said, to how many, and samples (批次详情)."""
    return _batch(request, _seen(request, pk), CancelForm())


@seat_required(holding.reads_outbox)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a held batch go (放行)."""
    found = _seen(request, pk)
    try:
        holding.release(found, by=cast("User", request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("It was let go; the mails are on their way."))
    return redirect("notifications:batch", pk=pk)


@seat_required(holding.reads_outbox)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a held batch with a reason (撤销)."""
    found, form = _seen(request, pk), CancelForm(request.POST)
    if form.is_valid():
        try:
            holding.cancel(found, by=cast("User", request.user), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("It was cancelled; nobody is told."))
            return redirect("notifications:batch", pk=pk)
    return _batch(request, found, form, status=422)


@seat_required(holding.reads_outbox)
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """List what became of mails, those in trouble first to be seen (投递记录)."""
    user = cast("User", request.user)
    state = request.GET.get("state", "trouble")
    rows = Delivery.objects.visible_to(user)
    if state == "trouble":
        rows = rows.filter(state__in=TROUBLE)
    elif state in Delivery.State.values:
        rows = rows.filter(state=state)
    rows = rows.select_related("recipient__notification_reader")
    page, links = _paged(request, rows, f"?state={state}")
    context = {
        "mails": [_mail(row, user) for row in page],
        "state": state,
        "tabs": [("trouble", _("in trouble")), *Delivery.State.choices, ("", _("all"))],
        **links,
    }
    return render(request, "notifications/mails.html", context)


@seat_required(holding.reads_outbox)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a mail that failed or is uncertain once more (重发)."""
    user = cast("User", request.user)
    found = get_object_or_404(Delivery.objects.visible_to(user).select_related("recipient"), pk=pk)
    if not sending.may_send_again(found, user):
        raise PermissionDenied(_("Mails are sent again by the deciding officers of the unit."))
    try:
        with transaction.atomic():
            if "address" in request.POST:
                readers.try_again(found.recipient, by=user)
            sending.send_again(found, by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The mail is on its way once more."))
    return redirect("notifications:mails")


def _seen(request: HttpRequest, pk: int) -> Batch:
    found: Batch = get_object_or_404(Batch.objects.visible_to(cast("User", request.user)), pk=pk)
    return found


def _batch(
    request: HttpRequest, found: Batch, form: CancelForm, *, status: int = 200
) -> HttpResponse:
    user = cast("User", request.user)
    told = found.notifications.select_related("recipient").order_by("pk")
    context = {
        "batch": found,
        "label": wording.said(found.kind, {}).label,
        "samples": [(row, wording.of(row)) for row in told[:SAMPLES]],
        "by_mail": found.deliveries.count(),
        "may_decide": found.state == Batch.State.HELD and holding.may_decide(found, user),
        "form": form,
    }
    return render(request, "notifications/batch.html", context, status=status)


def _mail(row: Delivery, user: User) -> Mail:
    trouble = row.state in TROUBLE and sending.may_send_again(row, user)
    digest = row.kind == Delivery.DIGEST
    return Mail(
        row=row,
        label=_("Mail of the day") if digest else wording.said(row.kind, {}).label,
        address=_masked(row.address),
        said=said_of(row.said) if row.said else "",
        may_send_again=trouble,
        address_refused=not readers.takes_mail(row.recipient),
    )


def _masked(address: str) -> str:
    """Return an address of which only the beginning and the host are shown."""
    name, _at, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}" if host else ""


def _paged(request: HttpRequest, rows: Any, base: str) -> tuple[Sequence[Any], dict[str, str]]:
    page = paging.take(
        rows,
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE,
        count=False,
    )
    return page.rows, {
        "previous_url": f"{base}&before={page.previous}" if page.previous else "",
        "following_url": f"{base}&after={page.following}" if page.following else "",
    }
