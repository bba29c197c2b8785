"""Applications of invented firms, taken by the same moves as real ones (虚构申报)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from config.fiction import appeals, corrections, life, notices, panels, papers, people, visits
from config.fiction.ground import HOME
from config.fiction.words import MARK
from cultivation.pipeline import applications, findings, moves, opinions, routes
from cultivation.pipeline.correcting import clock, returning
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.filling import submitted
from cultivation.pipeline.models import Application, Move, Status
from cultivation.pipeline.questions import questions_of
from cultivation.pipeline.releasing import endings, proposing, releasing
from cultivation.standards import editions
from cultivation.standards.models import Assessment, Verdict
from enterprises.accounts.models import User
from enterprises.places import working_days
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier, Title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORD = f"演示意见：材料齐全，与附件一致{MARK}"
ENDS = (
    Status.AT_NATION, Status.AT_COUNTY, Status.AT_PROVINCE, Status.ON_NOTICE, Status.RECOGNISED,
    Status.RETURNED, Status.REFUSED, Status.AT_CITY, Status.WITHDRAWN, Status.DRAFT,
)  # fmt: skip
TIERS = (Tier.LITTLE_GIANT, Tier.SRDI, Tier.INNOVATIVE, Tier.TECHNOLOGY)
TRIES = 60  # firms looked at for one tier


@dataclass(frozen=True, slots=True)
class Plan:
    """How far an application of a firm is to go."""

    firm: int
    tier: str
    kind: str
    end: str


def walk(*, told: Callable[[int, int], None]) -> int:
    """Take a few dozen applications through the pipeline and return how many there are.

    The registry must have been judged; the firms of the demo's users are left alone.
    """
    wanted = [(tier, end) for end in ENDS for tier in TIERS if _possible(tier, end)]
    candidates = {tier: iter(_candidates(tier)) for tier in TIERS}
    for number, (tier, end) in enumerate(wanted, start=1):
        _try(candidates[tier], tier, end)
        told(number, len(wanted))
    _recheck()
    _revoke()
    _propose()
    notices.fill()
    life.fill()
    _half_filled()
    panels.fill(_bring(panels.CASES))
    corrections.fill()
    appeals.fill()
    for tier in visits.TIERS:
        _bring_home(tier, visits.CASES)
        if visits.fill(tier):
            break
    return Application.objects.count()


def _possible(tier: str, end: str) -> bool:
    return end != Status.AT_NATION or tier == Tier.LITTLE_GIANT


def _candidates(
    tier: Tier, *, kind: str = Application.Kind.RECOGNITION, path: str = ""
) -> list[int]:
    """Return the first firms that met a tier's edition when they were judged last."""
    today = timezone.localdate()
    edition = editions.edition_for(tier, kind=kind, on=today, path="")
    met = Assessment.objects.filter(edition=edition, kind=kind, verdict__gte=Verdict.MANUAL)
    held = Title.objects.filter(tier=tier, ended_on__isnull=True).values("enterprise")
    if kind == Application.Kind.RECOGNITION:
        met = met.exclude(enterprise__in=held)
    own = list(people.OWNED.values())
    found = met.exclude(enterprise__in=own).order_by("enterprise")
    found = found.filter(enterprise__region_path__startswith=path)
    return list(found.values_list("enterprise", flat=True)[:TRIES])


def _try(candidates: Iterator[int], tier: str, end: str) -> None:
    """Take the next firm that qualifies as far as wanted; give up where none is left."""
    for firm in candidates:
        if _go(Plan(firm, tier, Application.Kind.RECOGNITION, end)):
            return


def _go(plan: Plan) -> bool:
    """Take one application to its end; tell whether it got there, else leave no trace."""
    enterprise = Enterprise.objects.select_related("region").get(pk=plan.firm)
    try:
        with transaction.atomic():
            owner = _owner(enterprise)
            application = applications.begin(enterprise, plan.tier, kind=plan.kind, by=owner)
            applications.save_answers(application, _answers(application), by=owner)
            papers.hand_in(application, by=owner)
            _move_on(application, plan.end, owner)
            _spread(application)
    except MoveError:
        return False
    return True


def _bring(many: int) -> list[Application]:
    """Bring some more applications to the nation, for its panel; fewer where firms run out."""
    before = set(Application.objects.values_list("pk", flat=True))
    candidates = iter(_candidates(Tier.LITTLE_GIANT))
    for _number in range(many):
        _try(candidates, Tier.LITTLE_GIANT, Status.AT_NATION)
    there = Application.objects.filter(status=Status.AT_NATION, round=None)
    rows = there.select_related("enterprise__region").order_by("pk")
    return list(rows.exclude(pk__in=before)) or list(rows)


def _bring_home(tier: Tier, many: int) -> None:
    """Bring some more cases of a tier to the demo's own province, for its sample."""
    home = Region.objects.get(code=HOME).path[:2]
    candidates = iter(_candidates(tier, path=home))
    for _number in range(many):
        _try(candidates, tier, Status.AT_PROVINCE)


def _answers(application: Application) -> dict[str, object]:
    return {
        question.name: (
            True if question.section == "statements" else f"{question.label}：虚构文字，仅供演示。"
        )
        for question in questions_of(application.tier)
    } | {name: value for name, value in application.answers.items() if value}


def _move_on(application: Application, end: str, owner: User) -> None:
    """Take moves until the application stands where it is to end."""
    if end == Status.DRAFT:
        return
    moves.advance(application, "submit", by=owner)
    if end == Status.WITHDRAWN:
        moves.advance(application, "withdraw", by=owner)
    while application.status in {*moves.HELD, Status.ON_NOTICE} and application.status != end:
        officer = _officer(application)
        _judge(application, officer)
        if end == Status.RETURNED and _high_enough(application):
            returning.send_back(application, corrections.asks_of(application), by=officer)
        elif end == Status.REFUSED and _high_enough(application):
            _take(application, "refuse", officer, reason=f"演示：与申报数据不一致{MARK}")
        else:
            visits.see(application)
            _take(application, _next(application), officer)


def _take(application: Application, name: str, officer: User, *, reason: str = "") -> None:
    """Take a move; a second officer of the office releases what takes two."""
    if not moves.STEPS[name].two_persons(application):
        moves.advance(application, name, by=officer, reason=reason)
        return
    proposal = proposing.propose(application, name, by=officer, reason=reason)
    done = releasing.release([proposal], by=_officer(application, second=True))
    if done.hindered:
        raise MoveError(done.hindered[proposal.pk])
    application.refresh_from_db()


def _high_enough(application: Application) -> bool:
    """Tell whether an application is far enough to be sent back: at its second level or above."""
    return bool(routes.holding_level(application) != application.route[0])


def _next(application: Application) -> str:
    if application.status == Status.ON_NOTICE:
        notices.let_pass(application)
        return "recognise" if routes.is_last(application) else "recommend"
    level = routes.holding_level(application)
    return "put_on_notice" if level in {"province", "nation"} else "recommend"


def _judge(application: Application, officer: User) -> None:
    """Give an opinion on every criterion that a person must judge, where the level has to."""
    level = routes.holding_level(application)
    said = findings.opinions_at(application, level)
    left = findings.open_manual(application.submitted_result, said)
    if left and level in {"province", "nation"}:
        words = [opinions.Word(str(node["code"]), opinions.Opinion.AGREED, WORD) for node in left]
        opinions.record(application, words, by=officer)


def _owner(enterprise: Enterprise) -> User:
    name = f"演示·{enterprise.name.removesuffix(MARK)[:12]}负责人"
    return people.seat_somebody(f"firm-{enterprise.pk}", name, "owner", enterprise=enterprise)


def _officer(application: Application, *, second: bool = False) -> User:
    """Return an officer of the office that has the application in hand, or the second."""
    level = routes.holding_level(application)
    region = people.office_above(application.enterprise.region, level)
    if region is None:
        raise MoveError(f"no {level} above {application.enterprise.region}")
    return people.officer_of(region, level, second=second)


def _spread(application: Application) -> None:
    """Date the steps over the last weeks, so that a history reads like one."""
    taken = list(application.moves.values_list("pk", flat=True))
    now = timezone.now()
    for place, pk in enumerate(taken):
        back = dt.timedelta(days=3 * (len(taken) - place), hours=application.pk % 7)
        Move.objects.filter(pk=pk).update(made_at=now - back)
        if place == 0:
            application.submitted_at = now - back
            submitted.seal(application)
            Application.objects.filter(pk=application.pk).update(
                submitted_at=application.submitted_at,
                submitted_hash=application.submitted_hash,
                created_at=now - back - dt.timedelta(days=4),
            )
    last = now - dt.timedelta(days=3, hours=application.pk % 7)
    rows = Application.objects.filter(pk=application.pk)
    if taken:
        rows.update(held_since=last)
    if application.status in moves.HELD:
        rows.update(due_on=working_days.add(timezone.localdate(last), clock.allowance()))


def _recheck() -> None:
    """Let two little giants whose titles run out within a year apply for their re-check."""
    firms = iter(_candidates(Tier.LITTLE_GIANT, kind=Application.Kind.RECHECK))
    for end in (Status.AT_PROVINCE, Status.AT_COUNTY):
        for firm in firms:
            if _go(Plan(firm, Tier.LITTLE_GIANT, Application.Kind.RECHECK, end)):
                break


def _half_filled() -> None:
    """Leave the demo's second owner a draft in the middle: some papers, one that soon ends."""
    owner = User.objects.get(username="owner2")
    enterprise = Enterprise.objects.select_related("region").get(pk=people.OWNED["owner2"])
    if applications.hindrance(enterprise, Tier.SRDI, kind=Application.Kind.RECOGNITION):
        return
    draft = applications.begin(enterprise, Tier.SRDI, kind=Application.Kind.RECOGNITION, by=owner)
    papers.hand_in(draft, by=owner, most=2)
    papers.ending(draft, "paper:credit_reports", by=owner)


def _revoke() -> None:
    """Take two little-giant titles away, one for cause, one cancelled."""
    whole = Region.objects.get(level=Region.Level.NATION)
    officers = [people.officer_of(whole, "nation", second=second) for second in (False, True)]
    kinds = (Title.End.REVOKED, Title.End.CANCELLED)
    reasons = (f"演示：数据造假{MARK}", f"演示：两次未更新信息{MARK}")
    running = Title.objects.filter(tier=Tier.LITTLE_GIANT, ended_on__isnull=True)
    running = running.exclude(enterprise__applications__isnull=False).order_by("-enterprise_id")
    for title, kind, reason in zip(running[:2], kinds, reasons, strict=False):
        proposed = endings.propose(title, kind, by=officers[0], reason=reason)
        endings.release(proposed, by=officers[1])


def _propose() -> None:
    """Leave decisions pending on some whose notice is over, one in the demo's own province."""
    home = Region.objects.get(code=HOME).path[:2]
    for tier in (Tier.SRDI, Tier.INNOVATIVE):
        own = (pk for pk in _candidates(tier, path=home))
        if any(_go(Plan(pk, tier, Application.Kind.RECOGNITION, Status.ON_NOTICE)) for pk in own):
            break
    for number, application in enumerate(Application.objects.filter(status=Status.ON_NOTICE)[:5:2]):
        notices.let_pass(application)
        verdict = "recognise" if routes.is_last(application) else "recommend"
        words = f"演示：公示期间查实数据不符{MARK}" if number == 1 else ""
        proposing.propose(
            application, "refuse" if words else verdict, by=_officer(application), reason=words
        )
