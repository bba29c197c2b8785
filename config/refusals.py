"""A page in words where Django answers 405 with nothing (请求方式不允许)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

NOT_ALLOWED = 405


def explain_refused_methods(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give an empty 405 a body that says what to do; its Allow header stays."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        told = response.streaming or getattr(response, "content", b"") != b""
        if response.status_code != NOT_ALLOWED or told:
            return response
        page = render(request, "405.html", status=NOT_ALLOWED)
        page["Allow"] = response.get("Allow", "")
        return page

    return middleware
