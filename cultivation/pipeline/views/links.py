"""Where the enterprise mends what was sent back: words and addresses (补正入口)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from cultivation.pipeline.correcting.subjects import plain_label
from cultivation.pipeline.questions import questions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cultivation.pipeline.models import Application

Link = tuple[str, str]  # words, address
MOST = 12  # links for one criterion


def links_of(
    subject: str, application: Application, rests: Mapping[str, frozenset[str]]
) -> list[Link]:
    """Return where to mend a subject; for a criterion, all it rests on."""
    kind, _colon, code = subject.partition(":")
    if kind != "criterion":
        return [_link(subject, application)]
    below = sorted(one for one in rests.get(code, ()) if not one.startswith("criterion:"))
    found = list(dict.fromkeys(_link(one, application) for one in below[:MOST]))
    return found or [_link(subject, application)]


def _link(subject: str, application: Application) -> Link:
    kind, _colon, rest = subject.partition(":")
    firm = application.enterprise_id
    if kind == "answer":
        asked = {one.name: one for one in questions_of(application.tier)}
        if rest not in asked:
            return _("The form"), reverse("pipeline:form", args=[application.pk])
        to = reverse("pipeline:form_section", args=[application.pk, asked[rest].section])
        return str(asked[rest].label), f"{to}#answer-{rest}"
    if kind == "report" and ":" not in rest:
        return plain_label(subject), reverse("registry:report_edit", args=[firm, int(rest)])
    if kind in {"report", "statement", "fact", "paper"}:
        return plain_label(subject), reverse("pipeline:form_field", args=[application.pk, subject])
    if kind == "document":
        return _("Evidence documents"), reverse(
            "pipeline:form_section", args=[application.pk, "documents"]
        )
    return _("Upload evidence"), reverse("registry:documents", args=[firm])
