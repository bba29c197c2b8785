"""What a step keeps of the round it counts for: window, extension, by how much late (留痕)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from cultivation.pipeline.rounds import choosing, clock
from cultivation.pipeline.rounds.windows import stored

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application, Round
    from cultivation.pipeline.rounds.windows import Span


def intake(application: Application) -> dict[str, Any]:
    """Return by which round and window an application came in."""
    if application.round is None or application.taken_in is None:
        return {}
    entry = choosing.intake_of(application).entry
    told = _of_span(application, entry.span) if entry else {}
    return _of_round(application.round) | told


def office(application: Application) -> dict[str, Any]:
    """Return within which window an office took its step."""
    span = clock.office_span(application)
    if application.round is None or span is None:
        return {}
    return _of_round(application.round) | _of_span(application, span)


def _of_round(round_: Round) -> dict[str, Any]:
    return {"round": {"id": round_.pk, "name": round_.name}}


def _of_span(application: Application, span: Span) -> dict[str, Any]:
    """Return a window as a step keeps it; `late_within_grace` are seconds, left out where none."""
    late = span.late(application.moment or timezone.now())
    kept = {
        "window": {
            "level": span.level,
            "opens": stored(span.opens),
            "closes": stored(span.closes),
            "until": stored(span.until),
            "extension": span.extension.pk if span.extension else None,
        }
    }
    return kept | ({"late_within_grace": int(late.total_seconds())} if late else {})
