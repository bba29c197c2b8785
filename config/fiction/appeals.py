"""Reconsiderations of the demo: one open, one upheld; and a request for more time (虚构复核)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from config.fiction import applying, people
from config.fiction.words import MARK
from cultivation.pipeline import findings, moves, opinions
from cultivation.pipeline.appealing import asking, deciding, limits, more_time, subjects
from cultivation.pipeline.correcting import reasons
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Application, Correction, Status
from cultivation.pipeline.opinions import Word
from enterprises.accounts.models import User
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from cultivation.pipeline.models import Reconsideration

SAID = f"演示：该项数据以审计报告附注为准，附注页已作为佐证上传{MARK}"
FOUND = f"演示：已核对所附审计报告附注，数据口径与申报要求不符，原结论不变{MARK}"
REPLY = f"演示：经由未参与原决定的人员逐项核查，维持原决定{MARK}"
PROOF = b"%PDF-1.4\n% fictional evidence of the demonstration\n%%EOF\n"


def fill() -> None:
    """Contest two refusals, answer one of them, and ask for more days to correct."""
    for tier in (Tier.TECHNOLOGY, Tier.INNOVATIVE):
        try:
            with transaction.atomic():
                _ask(_refused(tier))
        except MoveError:
            continue
        break
    _uphold_one()
    _ask_for_days()


def _refused(tier: Tier) -> Application:
    """Let the county refuse an application of the third owner's firm."""
    application, _owner = applying.submitted(tier, "owner3")
    county = people.officer_of(application.enterprise.region, "county")
    leaves = findings.leaves(application.submitted_result)
    code = next(str(leaf["code"]) for leaf in leaves if leaf.get("figures"))
    fitting = reasons.fitting(reasons.OBJECT, code)
    word = Word(
        code,
        "objected",
        f"演示：与审计报告不一致{MARK}",
        grounds=fitting[0].code if fitting else "",
    )
    opinions.record(application, [word], by=county)
    reason = f"演示：{code}所填数据与审计报告不一致，不予推荐{MARK}"
    moves.advance(application, "refuse", by=county, reason=reason)
    return application


def _ask(application: Application) -> Reconsideration:
    """Ask for a reconsideration of what the refusal rests on, with a file."""
    seats = User.objects.filter(seats__enterprise=application.enterprise_id, seats__role="owner")
    owner = seats.order_by("pk")[0]
    refusal = limits.last_refusal(application)
    offered = subjects.contestable(refusal) if refusal else []
    points = {one.subject: SAID for one in offered if one.stood_against}
    file = ContentFile(PROOF, name=f"演示复核佐证{MARK}.pdf")
    kept = asking.save(application, dict(list(points.items())[:2]), by=owner, files=[file])
    return asking.send(kept, by=owner)


def _uphold_one() -> None:
    """Uphold one refusal that somebody without a part in it can answer."""
    rows = Application.objects.filter(status=Status.REFUSED, reconsiderations=None)
    for application in rows.select_related("enterprise").order_by("pk"):
        case = _ask(application)
        if case.handler is not None:
            answers = {point.subject: FOUND for point in case.points.all()}
            deciding.uphold(case, answers, by=case.handler, reply=REPLY)
            return


def _ask_for_days() -> None:
    """Let the third owner ask for more days to correct what was sent back."""
    owner = User.objects.get(username="owner3")
    rows = Correction.objects.filter(
        application__enterprise=people.OWNED["owner3"], opened_at__isnull=False, closed_at=None
    )
    for correction in rows[:1]:
        last = max(correction.due_on or timezone.localdate(), timezone.localdate())
        more_time.ask_for_correction(
            correction,
            due_on=last + dt.timedelta(days=7),
            reason=f"演示：审计机构出具补充说明尚需时日{MARK}",
            by=owner,
        )
