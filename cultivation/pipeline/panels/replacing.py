"""A case passes on after the draw, by the same seed and a number that counts up (补抽)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import (
    Application,
    ExpertProfile,
    Panel,
    PanelBar,
    PanelTask,
    Replacement,
    TaskVersion,
)
from cultivation.pipeline.panels import conflicts, drawing, draws, rights, telling
from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import PanelMember
    from enterprises.accounts.models import User

State = PanelTask.State


@transaction.atomic
def pass_on(
    task: PanelTask, *, by: User, bars: Sequence[conflicts.Clash] = (), reason: str = ""
) -> Replacement:
    """Give a case to whom seed and number name next, and note it (补抽).

    The one who leaves keeps his row: replaced after a conflict, else as it stands (abstained).
    Nobody takes over where nobody may; then the office is told.
    """
    panel = Panel.objects.select_for_update(of=("self",)).get(pk=task.case.panel_id)
    if panel.state != Panel.State.DRAWN:
        raise MoveError(_("The panel is not drawn, or cancelled."))
    locked = PanelTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if (
        locked.state == State.REPLACED
        or locked.case.replacements.filter(left=locked.member_id).exists()
    ):
        raise MoveError(_("This case was passed on already."))
    for clash in bars:
        PanelBar.objects.get_or_create(
            member=locked.member, case=locked.case, reason=clash.reason,
            defaults={"detail": clash.detail},
        )  # fmt: skip
    if locked.state != State.ABSTAINED:
        lay_down(locked, State.REPLACED)
    made = _next(panel, locked)
    recording.note(
        "panel.case_passed_on", panel, by=by, reason=reason, region_path=panel.region_path,
        after={
            "number": made.number, "case": locked.case.token, "left": locked.member.token,
            "taken": made.taken.token if made.taken else "",
        },
    )  # fmt: skip
    return made


def lay_down(task: PanelTask, state: str) -> None:
    """Set a task to a state that ends it, and keep what it said before."""
    task.state = state
    task.version += 1
    task.kept_at = timezone.now()
    task.save()
    TaskVersion.objects.create(
        task=task, version=task.version, state=state, scores=task.scores, total=task.total,
        remark=task.remark, reason=task.reason,
    )  # fmt: skip


def _next(panel: Panel, task: PanelTask) -> Replacement:
    members = list(panel.members.select_related("profile__user", "panel"))
    barred = _barred(panel, task, members)
    number = 1 + (
        Replacement.objects.filter(case__panel=panel).aggregate(last=Max("number"))["last"] or 0
    )
    taken = _who(panel, members, barred, number)
    made = Replacement.objects.create(
        case=task.case, number=number, left=task.member, stays=task.state == State.ABSTAINED,
        taken=taken, barred=sorted(barred),
    )  # fmt: skip
    if taken is None:
        telling.lacking(panel, number)
        return made
    if not taken.seated:
        taken.seated = True
        taken.save(update_fields=["seated"])
    draws.give_out([(task.case, taken)], number=number)
    telling.passed_on(taken, number)
    return made


def _barred(panel: Panel, task: PanelTask, members: list[PanelMember]) -> frozenset[str]:
    """Return who cannot take a case: had it, is barred by now, or can no longer be drawn."""
    case = task.case
    had = set(case.tasks.values_list("member", flat=True))
    had |= set(case.bars.values_list("member", flat=True))
    profiles = ExpertProfile.objects.filter(memberships__panel=panel)
    rule = conflicts.rule_of(panel, timezone.localdate())
    among = Application.objects.filter(pk=case.application_id)
    clashes = {one.profile for one in conflicts.find(profiles, among, rule)}
    ready = set(ExpertProfile.objects.drawable_for(panel.region_path).values_list("pk", flat=True))
    return frozenset(
        one.token
        for one in members
        if one.pk in had or one.profile_id in clashes or one.profile_id not in ready
    )


def _who(
    panel: Panel, members: list[PanelMember], barred: frozenset[str], number: int
) -> PanelMember | None:
    """Return who takes over: the least loaded of the seated, else the next of the lot order."""
    draw = panel.draw
    by_token = {one.token: one for one in members}
    lots = drawing.Lots(draw.digest, bytes.fromhex(draw.seed), draw.word)
    token = drawing.again(lots, number, loads=loads(panel, members), barred=barred, most=panel.most)
    if token:
        return by_token[token]
    waiting = [one for one in members if not one.seated and one.token not in barred]
    return min(waiting, key=lambda one: one.place or 0, default=None)


def loads(panel: Panel, members: list[PanelMember]) -> dict[str, int]:
    """Return how many cases each seated expert has now."""
    tasks = PanelTask.objects.filter(case__panel=panel).exclude(state=State.REPLACED)
    counted = Counter(tasks.values_list("member", flat=True))
    return {one.token: counted[one.pk] for one in members if one.seated}


@transaction.atomic
def add_expert(task: PanelTask, *, by: User) -> Replacement:
    """Draw a further expert for a case where one abstained (增补专家)."""
    rights.need_holder(by, task.case.panel)
    if task.state != State.ABSTAINED:
        raise MoveError(_("A further expert is drawn where one abstained."))
    return pass_on(task, by=by, reason=_("abstained"))


def found_since(panel: Panel) -> list[tuple[PanelTask, list[conflicts.Clash]]]:
    """Return the running tasks whose expert has a conflict that was not on the lists (新增冲突)."""
    if panel.state != Panel.State.DRAWN:
        return []
    running = PanelTask.objects.filter(case__panel=panel).exclude(state=State.REPLACED)
    profiles = ExpertProfile.objects.filter(memberships__panel=panel)
    applications = Application.objects.filter(panel_cases__panel=panel)
    rule = conflicts.rule_of(panel, timezone.localdate())
    found = conflicts.by_expert(conflicts.find(profiles, applications, rule))
    if not found:
        return []
    rows = running.select_related("member", "case__application").order_by("pk")
    pairs = [
        (one, found.get((one.member.profile_id, one.case.application.enterprise_id), []))
        for one in rows
    ]
    return [(task, clashes) for task, clashes in pairs if clashes]


@transaction.atomic
def pass_on_conflicts(panel: Panel, *, by: User) -> int:
    """Pass on every case whose expert has a conflict by now; return how many (清理冲突)."""
    rights.need_holder(by, panel)
    found = found_since(panel)
    for task, clashes in found:
        pass_on(task, by=by, bars=clashes, reason=_("a conflict came to light"))
    return len(found)
