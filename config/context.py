"""What every page gets: the seats of the one looking, the languages (页面上下文)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the values base.html needs."""
    user = request.user
    scope = user.scope if user.is_authenticated else None
    return {"scope": scope}
