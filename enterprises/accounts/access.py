"""The door of a page: signed in, and with a seat that fits (页面准入)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    from enterprises.accounts.scope import Scope

    P = ParamSpec("P")
    View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def seat_required(
    fits: Callable[[Scope], Any],
) -> Callable[[View[P]], View[P]]:
    """Let in who is signed in and whose scope fits; others are told it is not for them (403)."""

    def door(view: View[P]) -> View[P]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not fits(request.user.scope):  # type: ignore[union-attr]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return cast("View[P]", guarded)

    return door
