"""Which request is being answered: its id goes into every record written meanwhile (请求标识)."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Return the id of the request being answered, or of the run at work; empty outside both."""
    return _current.get()


@contextmanager
def working_as(name: str) -> Iterator[None]:
    """Let what is written meanwhile bear the name of a run of background work (任务标识)."""
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def name_requests(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give each request an id of its own and say it in the answer's header `X-Request-ID`."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        named = uuid.uuid4().hex
        with working_as(named):
            response = get_response(request)
        response["X-Request-ID"] = named
        return response

    return middleware
