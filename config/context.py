"""What every page gets: the seats of the one looking, the navigation, the theme (页面上下文)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from cultivation.standards import drafting, replaying, scenarios
from enterprises.notifications.models import Notification

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from enterprises.accounts.models import User
    from enterprises.accounts.scope import Scope

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link of the navigation (导航项)."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Room:
    """The parts of a room, above its pages (分栏)."""

    name: str
    items: list[NavItem]


def _reads(scope: Scope) -> bool:
    return scope.is_office or scope.is_auditor


def _stranger_to_the_registry(scope: Scope) -> bool:
    return not _reads(scope) and not scope.expert


LINKS: tuple[tuple[Any, str, Callable[[Scope], Any]], ...] = (
    (_("Start"), "start", lambda _scope: True),
    (_("Enterprises"), "registry:list", _reads),
    (_("My enterprises"), "registry:list", lambda s: not _reads(s) and len(s.enterprises) > 1),
    (_("Review"), "pipeline:queue", _reads),
    (_("Rounds"), "pipeline:rounds", lambda s: _reads(s) or s.enterprises),
    (_("My reviews"), "pipeline:panel_work", lambda s: s.expert),
    (_("My expert profile"), "pipeline:expert_own", lambda s: s.expert),
    (_("Discovery"), "pipeline:discovery", lambda s: s.is_office),
    (_("Titles"), "pipeline:titles", _reads),
    (_("Coverage"), "digital:dashboard", _reads),
    (_("Standards"), "standards:editions", lambda _scope: True),
    (_("Notices"), "pipeline:notices", lambda _scope: True),
    (_("Imports"), "registry:imports", lambda s: s.register_paths),
    (_("Runs"), "jobs:list", _reads),
    (_("Claims"), "accounts:claims", lambda s: s.is_office),
    (_("Seats"), "accounts:seats", lambda s: s.is_office or s.owned),
    (_("Audit log"), "accounts:audit", lambda s: s.is_auditor),
    (_("Claim an enterprise"), "accounts:claim", _stranger_to_the_registry),
)

STANDARDS: tuple[tuple[Any, str, Callable[[Scope], Any]], ...] = (
    (_("The standards"), "standards:editions", lambda _scope: True),
    (_("National runs"), "standards:runs", _reads),
    (_("Threshold scenarios"), "standards:simulations", scenarios.may_simulate),
    (_("Drafts"), "standards:drafts", drafting.may_draft),
    (_("Replays"), "standards:replays", replaying.may_see),
)  # the parts of the standards, above their pages
DIGITAL: tuple[tuple[Any, str, Callable[[Scope], Any]], ...] = (
    (_("At a glance"), "digital:dashboard", _reads),
    (_("Definitions side by side"), "digital:coverage", _reads),
    (_("Forecast"), "digital:forecast", _reads),
    (_("Whom to help next"), "digital:help", _reads),
    (_("Tasks"), "digital:help_tasks", _reads),
    (_("Alerts"), "digital:alerts", _reads),
    (_("Transformation projects"), "digital:projects", _reads),
    (_("Service providers"), "digital:providers", lambda _scope: True),
    (_("Goals of 2027"), "digital:targets", _reads),
    (_("Digital parks"), "digital:parks", _reads),
    (_("Pilot cities"), "digital:cities", _reads),
    (_("Goals and index"), "digital:sources", _reads),
)  # the parts of the digital room; those not installed are left out
ROOMS = (
    (_("Standards"), "/standards/", STANDARDS),
    (_("Coverage"), "/coverage/", DIGITAL),
)  # name, where their pages lie, their parts


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the values base.html needs; a page of an error may come before the user is known."""
    user: User | None = getattr(request, "user", None)
    scope = user.scope if user is not None and user.is_authenticated else None
    theme = request.COOKIES.get("theme", "")
    return {
        "scope": scope,
        "navigation": navigation(request, scope) if scope else [],
        "rooms": rooms(request, scope) if scope else None,
        "theme": theme if theme in THEMES else "",
        "unread": SimpleLazyObject(lambda: _unread(user)) if scope else 0,
    }


def _unread(user: Any) -> int:
    """Return how many notifications wait to be read; asked for only where a page shows it."""
    return Notification.objects.unread_of(user)


def navigation(request: HttpRequest, scope: Scope) -> list[NavItem]:
    """Return the links a user has a use for, in the order of the work (导航)."""
    items = [
        item
        for label, name, useful in LINKS
        if useful(scope) and (item := _item(request, label, name))
    ]
    if len(scope.enterprises) == 1 and not _reads(scope):
        (own,) = scope.enterprises
        items[1:1] = filter(None, [_item(request, _("My enterprise"), "registry:record", own)])
    return items


def rooms(request: HttpRequest, scope: Scope) -> Room | None:
    """Return the parts of a room that a user has a use for, on its pages (分栏)."""
    for name, root, parts in ROOMS:
        if request.path.startswith(root):
            items = [
                item
                for label, view, useful in parts
                if useful(scope) and (item := _item(request, label, view))
            ]
            here = [item.url for item in items if request.path.startswith(item.url)]
            nearest = max(here, key=len, default="")
            return Room(str(name), [replace(i, current=i.url == nearest) for i in items])
    return None


def _item(request: HttpRequest, label: Any, name: str, *args: int) -> NavItem | None:
    """Return a link, or None for an address of a room that is not installed."""
    try:
        url = reverse(name, args=args)
    except NoReverseMatch:
        return None
    root = next((root for _name, root, _parts in ROOMS if url.startswith(root)), url)
    current = request.path == url or (url != "/" and request.path.startswith(root))
    return NavItem(label=str(label), url=url, current=current)
