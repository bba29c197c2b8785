"""What every page of an application begins with: is it in sight, whose is it (入口)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from cultivation.pipeline.models import Application
from enterprises.registry.views.gate import viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

    View = Callable[..., HttpResponseBase]


def in_sight(request: HttpRequest) -> QuerySet[Application]:
    """Return the applications a viewer may see, with what every page of them shows."""
    return Application.objects.visible_to(viewer(request)).select_related(
        "enterprise__region", "edition", "title", "submission__edition"
    )


def seen_application(request: HttpRequest, pk: int) -> Application:
    """Return an application in the viewer's sight; any other is a 404."""
    return get_object_or_404(in_sight(request), pk=pk)


def own_application(request: HttpRequest, pk: int) -> Application:
    """Return an application of the viewer's enterprise; 404 unseen, 403 another's."""
    application = seen_application(request, pk)
    if application.enterprise_id not in viewer(request).scope.enterprises:
        raise PermissionDenied
    return application


def reviewers_only(view: View) -> View:
    """Let in who reads applications by office: officers, auditors, experts (审核人员)."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        scope = viewer(request).scope
        if not (scope.paths or scope.expert):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
