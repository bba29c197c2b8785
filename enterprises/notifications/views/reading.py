"""What one was told: the list, opening one, marking as read, and how one is told (我的通知)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enterprises.notifications import holding, readers, wording
from enterprises.notifications.forms import SettingsForm
from enterprises.notifications.kinds import KINDS
from enterprises.notifications.models import Notification
from enterprises.registry import paging

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.accounts.models import User

PAGE = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A notification, finished for the page."""

    row: Notification
    said: wording.Said


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List what the user was told, the newest first (通知列表)."""
    user = cast("User", request.user)
    mine = Notification.objects.visible_to(user)
    all_of_them = request.GET.get("which") == "all"
    kind = request.GET.get("kind", "")
    rows = mine if all_of_them else mine.unread()
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    page = paging.take(
        rows,
        sort="-pk",
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE,
        count=False,
    )
    found = mine.order_by().values_list("kind", flat=True).distinct()
    base = f"?which={'all' if all_of_them else 'unread'}&kind={kind if kind in KINDS else ''}"
    context = {
        "lines": [Line(row, wording.of(row)) for row in page.rows],
        "which": "all" if all_of_them else "unread",
        "reads_outbox": holding.reads_outbox(user.scope),
        "kind": kind,
        "kinds": sorted((name, wording.said(name, {}).label) for name in found),
        "previous_url": f"{base}&before={page.previous}" if page.previous else "",
        "following_url": f"{base}&after={page.following}" if page.following else "",
    }
    return render(request, "notifications/list.html", context)


@login_required
@require_POST
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notification as read and go where it leads (打开)."""
    mine = Notification.objects.visible_to(cast("User", request.user))
    found = get_object_or_404(mine, pk=pk)
    mine.unread().filter(pk=pk).update(read_at=timezone.now())
    stay = "stay" in request.POST or not found.url
    return redirect(reverse("notifications:list") if stay else found.url)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything up to what the page showed as read (全部已读)."""
    mine = Notification.objects.visible_to(cast("User", request.user)).unread()
    last = request.POST.get("last", "")
    if last.isdecimal() and len(last) < 19:
        mine = mine.filter(pk__lte=int(last))
    number = mine.update(read_at=timezone.now())
    messages.success(request, _("%(number)s marked as read.") % {"number": number})
    return redirect("notifications:list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Let the user choose how to be told what (接收设置)."""
    user = cast("User", request.user)
    form = SettingsForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        readers.choose(user, ways=form.ways, language=language)
        with translation.override(language):
            label = dict(form.fields["language"].choices)[language]  # type: ignore[attr-defined]
        messages.success(request, _("Saved. Mails come in %(language)s.") % {"language": label})
        return redirect("notifications:settings")
    context = {"form": form, "reader": readers.of(user), "takes_mail": readers.takes_mail(user)}
    return render(request, "notifications/settings.html", context)


@login_required
@require_POST
def address_again(request: HttpRequest) -> HttpResponse:
    """Let mail go to one's own refused address again (恢复投递)."""
    user = cast("User", request.user)
    readers.try_again(user, by=user)
    return redirect("notifications:settings")
