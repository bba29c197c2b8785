"""Honours, rights, awards and the other facts: list, add, change, delete (荣誉与知识产权等)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from enterprises.registry import labels, records, rights
from enterprises.registry.forms.facts import KINDS, STANDARD_LEVELS, Kind
from enterprises.registry.views.gate import (
    edited_enterprise,
    refusals,
    seen_enterprise,
    viewer,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from enterprises.registry.models import Enterprise, Fact

MOST = 1000  # rows of one kind on the page


@dataclass(frozen=True, slots=True)
class Cell:
    """A labelled value of a fact."""

    label: Any
    value: Any
    kind: str


@require_GET
@login_required
def facts(request: HttpRequest, pk: int) -> HttpResponse:
    """List all facts of an enterprise by kind (事实清单)."""
    user = viewer(request)
    enterprise = seen_enterprise(request, pk)
    parts = [
        {
            "code": kind.code,
            "heading": kind.heading,
            "labels": [labels.of(name) for name in kind.columns],
            "rows": [
                {"pk": fact.pk, "cells": _cells(fact, kind)}
                for fact in kind.model.objects.visible_to(user)
                .filter(enterprise=enterprise)
                .order_by("-pk")[:MOST]
            ],
        }
        for kind in KINDS.values()
    ]
    context = {
        "enterprise": enterprise,
        "parts": parts,
        "may_edit": rights.may_edit(user, enterprise),
    }
    return render(request, "registry/facts.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def fact_edit(request: HttpRequest, pk: int, kind: str, fact: int | None = None) -> HttpResponse:
    """Add or change one fact (新增或修改事实)."""
    of = _kind(kind)
    enterprise = edited_enterprise(request, pk)
    back = _own_address(request.POST.get("next") or request.GET.get("next") or "")
    stored = _stored(of, enterprise, fact) if fact else None
    # The form works on a copy: what is stored stays untouched until the domain has agreed.
    form = of.form(
        request.POST or None,
        instance=copy.copy(stored) if stored else None,
        enterprise=enterprise,
    )
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            if stored is None:
                records.add_fact(enterprise, form.save(commit=False), by=viewer(request))
            else:
                records.change_fact(stored, form.cleaned_data, by=viewer(request))
            messages.success(request, _("Saved."))
            return redirect(back or f"{reverse('registry:facts', args=[enterprise.pk])}#{of.code}")
    context = {
        "enterprise": enterprise,
        "form": form,
        "heading": of.heading,
        "code": of.code,
        "back": back,
    }
    return render(request, "registry/fact_form.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def fact_delete(request: HttpRequest, pk: int, kind: str, fact: int) -> HttpResponse:
    """Delete one fact after a question, with a reason (删除事实)."""
    of = _kind(kind)
    enterprise = edited_enterprise(request, pk)
    stored = _stored(of, enterprise, fact)
    reason = request.POST.get("reason", "").strip()[:300]
    if request.method == "POST" and reason:
        records.remove_fact(stored, by=viewer(request), reason=reason)
        messages.success(request, _("The entry is deleted."))
        return redirect(f"{reverse('registry:facts', args=[enterprise.pk])}#{of.code}")
    context = {
        "enterprise": enterprise,
        "heading": of.heading,
        "code": of.code,
        "cells": _cells(stored, of),
        "error": _("Write a reason.") if request.method == "POST" else "",
    }
    return render(request, "registry/fact_delete.html", context)


def _own_address(url: str) -> str:
    """Return an address of this site to go back to; any other is dropped."""
    mine = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if mine else ""


def _kind(code: str) -> Kind:
    try:
        return KINDS[code]
    except KeyError as error:
        raise Http404 from error


def _stored(kind: Kind, enterprise: Enterprise, pk: int) -> Fact:
    return get_object_or_404(kind.model._default_manager, pk=pk, enterprise=enterprise)


def _cells(fact: Fact, kind: Kind) -> list[Cell]:
    return [_cell(fact, name) for name in kind.columns]


def _cell(fact: Fact, name: str) -> Cell:
    display = getattr(fact, f"get_{name}_display", None)
    value = display() if display else getattr(fact, name)
    if name == "level" and display is None:
        value = dict(STANDARD_LEVELS).get(value, value)
    shape = "money" if name in labels.AMOUNTS else "percent" if name in labels.PERCENTS else "text"
    return Cell(labels.of(name), value, shape)
