"""What every page of an enterprise begins with: is it in sight, and may it be changed (入口)."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404

from enterprises.registry import rights
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django import forms
    from django.http import HttpRequest, HttpResponseBase

    from enterprises.accounts.models import User

    View = Callable[..., HttpResponseBase]


def viewer(request: HttpRequest) -> User:
    """Return the one signed in."""
    return cast("User", request.user)


def seen_enterprise(request: HttpRequest, pk: int) -> Enterprise:
    """Return an enterprise in the viewer's sight; any other is a 404."""
    seen = Enterprise.objects.visible_to(viewer(request))
    found: Enterprise = get_object_or_404(seen.select_related("region", "industry"), pk=pk)
    return found


def edited_enterprise(request: HttpRequest, pk: int) -> Enterprise:
    """Return an enterprise that the viewer may change; 404 unseen, 403 read-only."""
    enterprise = seen_enterprise(request, pk)
    if not rights.may_edit(viewer(request), enterprise):
        raise PermissionDenied
    return enterprise


def registrars_only(view: View) -> View:
    """Let only officers in who may register (登记人员)."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rights.may_register(viewer(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@contextmanager
def refusals(form: forms.Form | forms.ModelForm[Any], *, on: str | None = None) -> Iterator[None]:
    """Turn a domain refusal into errors of the form, so that nothing typed is lost (校验提示)."""
    try:
        with transaction.atomic():
            yield
    except ValidationError as error:
        place(form, error, on=on)


def place(
    form: forms.Form | forms.ModelForm[Any], error: ValidationError, *, on: str | None = None
) -> None:
    """Put a refusal beside the fields it names, else beside `on`, else on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(on, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
