"""The draw of a panel from sealing the seed to publishing the outcome (抽取流程)."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import (
    Panel,
    PanelBar,
    PanelCase,
    PanelDraw,
    PanelMember,
    PanelTask,
)
from cultivation.pipeline.panels import (
    conflicts,
    drawing,
    evidence,
    feasibility,
    pools,
    rights,
    sealing,
    telling,
)
from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from enterprises.accounts.models import User

State = Panel.State
BATCH = 2000


@transaction.atomic
def commit(panel: Panel, *, by: User) -> PanelDraw:
    """Make the seed, seal it, and publish its commitment (封存种子、公布承诺值)."""
    locked = held(panel, by, State.PREPARING)
    if not locked.phases.exists():
        raise MoveError(_("Set the phases of the panel first: when it declares and scores."))
    commitment, sealed = sealing.seal()
    draw = PanelDraw.objects.create(
        panel=locked, commitment=commitment, sealed=sealed, committed_at=timezone.now()
    )
    _go(locked, State.COMMITTED)
    _note("panel.seed_sealed", locked, by, after={"commitment": commitment})
    return draw


@transaction.atomic
def close_lists(panel: Panel, *, by: User) -> PanelDraw:
    """Fix who may be drawn, what is read, who is barred from what, and publish its hash (封闭名单).

    Each expert and each case gets a number that says nothing. Raises MoveError where no draw could
    fill every place.
    """
    locked = held(panel, by, State.COMMITTED)
    draw = PanelDraw.objects.select_for_update().get(panel=locked)
    now = timezone.now()
    if now <= draw.committed_at:
        raise MoveError(_("The lists close only after the seed was sealed; try again in a moment."))
    members, cases = _listed(locked)
    barred = _bar(locked, members, cases)
    lists = drawing.Lists(
        experts=tuple(one.token for one in members),
        cases=tuple(one.token for one in cases),
        barred=barred,
        seats=min(locked.seats, len(members)),
        each=locked.each,
        most=locked.most,
        panel=locked.token,
    )
    feasibility.check(lists, locked, cases)
    draw.lists, draw.digest, draw.listed_at = lists.text, lists.digest, now
    draw.tries += 1
    draw.save()
    _go(locked, State.LISTED)
    counts = {"experts": len(members), "cases": len(cases), "barred": len(barred)}
    _note("panel.lists_closed", locked, by, after=counts | {"digest": draw.digest})
    return draw


@transaction.atomic
def reopen_lists(panel: Panel, *, by: User, reason: str) -> Panel:
    """Take closed lists back before the draw, to mend numbers or pool (重新开放名单)."""
    locked = held(panel, by, State.LISTED)
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    draw = PanelDraw.objects.select_for_update().get(panel=locked)
    before = {"digest": draw.digest, "lists": draw.lists}
    locked.members.all().delete()
    locked.cases.all().delete()
    draw.lists, draw.digest, draw.listed_at = "", "", None
    draw.save()
    _go(locked, State.COMMITTED)
    _note("panel.lists_reopened", locked, by, before=before, reason=reason.strip())
    return locked


@transaction.atomic
def draw(panel: Panel, *, by: User, word: str = "") -> PanelDraw:
    """Open the seed, draw, give out the tasks, and publish seed and outcome (抽取).

    Raises MoveError where a case would lack experts, saying which and what mends it; then the seed
    stays sealed and nothing changes.
    """
    locked = held(panel, by, State.LISTED)
    kept = PanelDraw.objects.select_for_update().get(panel=locked)
    seed = sealing.unseal(kept.commitment, kept.sealed)
    lists = drawing.read(kept.lists)
    outcome = drawing.deal(lists, seed, word=word.strip())
    if outcome.short:
        raise MoveError(feasibility.told(outcome, lists, locked))
    _seat(locked, lists, seed, word.strip(), outcome)
    kept.seed, kept.word, kept.outcome = seed.hex(), word.strip(), outcome.text
    kept.outcome_digest = hashlib.sha256(outcome.text.encode()).hexdigest()
    kept.drawn_at, kept.drawn_by = timezone.now(), by
    kept.save()
    _go(locked, State.DRAWN)
    after = {"seed": kept.seed, "word": kept.word, "outcome": kept.outcome_digest}
    _note("panel.drawn", locked, by, after=after)
    evidence.list_documents(locked)
    telling.drawn(locked)
    return kept


@transaction.atomic
def cancel(panel: Panel, *, by: User, reason: str) -> Panel:
    """End a panel that is not to go on; its cases may come before another (取消)."""
    locked = held(panel, by, State.PREPARING, State.COMMITTED, State.LISTED, State.DRAWN)
    if not reason.strip():
        raise MoveError(_("Say why."), field="reason")
    before = {"state": locked.state}
    locked.cases.update(void=True)
    _go(locked, State.CANCELLED)
    _note("panel.cancelled", locked, by, before=before, reason=reason.strip())
    return locked


def held(panel: Panel, by: User, *states: str) -> Panel:
    """Lock a panel for who holds it, in one of some states (锁定)."""
    rows = Panel.objects.select_for_update(of=("self",)).select_related("round")
    found: Panel = rows.get(pk=panel.pk)
    rights.need_holder(by, found)
    if found.state not in states:
        raise MoveError(
            _("The panel is %(state)s; this step is not possible now.")
            % {"state": found.get_state_display()}
        )
    return found


def _go(panel: Panel, state: str) -> None:
    panel.state = state
    panel.version += 1
    panel.save(update_fields=["state", "version"])


def _note(action: str, panel: Panel, by: User, **said: object) -> None:
    recording.note(action, panel, by=by, region_path=panel.region_path, **said)  # type: ignore[arg-type]


def _listed(panel: Panel) -> tuple[list[PanelMember], list[PanelCase]]:
    """Write the lists down anew under fresh numbers, in the order of these."""
    experts = list(pools.experts(panel))
    applications = list(pools.applications(panel).only("pk", "enterprise_id"))
    members = [
        PanelMember(panel=panel, profile=profile, token=token)
        for profile, token in zip(experts, sealing.numbers("e", len(experts)), strict=True)
    ]
    cases = [
        PanelCase(panel=panel, application=one, level=panel.level, token=token)
        for one, token in zip(applications, sealing.numbers("c", len(applications)), strict=True)
    ]
    return (
        PanelMember.objects.bulk_create(members, batch_size=BATCH),
        PanelCase.objects.bulk_create(cases, batch_size=BATCH),
    )


def _bar(
    panel: Panel, members: list[PanelMember], cases: list[PanelCase]
) -> frozenset[tuple[str, str]]:
    """Write down who may not read what, and return it by numbers."""
    rule = conflicts.rule_of(panel, timezone.localdate())
    found = conflicts.find(pools.experts(panel), pools.applications(panel), rule)
    by_profile = {one.profile_id: one for one in members}
    by_firm: dict[int, list[PanelCase]] = {}
    for case in cases:
        by_firm.setdefault(case.application.enterprise_id, []).append(case)
    once = {(one.profile, one.enterprise, one.reason): one for one in reversed(found)}
    bars = [
        PanelBar(member=by_profile[one.profile], case=case, reason=one.reason, detail=one.detail)
        for one in once.values()
        for case in by_firm.get(one.enterprise, ())
        if one.profile in by_profile
    ]
    PanelBar.objects.bulk_create(bars, batch_size=BATCH)
    return frozenset((bar.member.token, bar.case.token) for bar in bars)


def _seat(
    panel: Panel, lists: drawing.Lists, seed: bytes, word: str, outcome: drawing.Outcome
) -> None:
    """Write the outcome down: who is seated in which place, and a task for each assignment."""
    lot = drawing.Lots(lists.digest, seed, word)
    members = {one.token: one for one in panel.members.all()}
    order = sorted(lists.experts, key=lambda token: lot("expert", token))
    for place, token in enumerate(order, start=1):
        members[token].place, members[token].seated = place, token in outcome.loads
    PanelMember.objects.bulk_update(members.values(), ["place", "seated"], batch_size=BATCH)
    cases = {one.token: one for one in panel.cases.all()}
    give_out(
        (cases[case], members[expert])
        for case, experts in outcome.held.items()
        for expert in sorted(experts)
    )


def give_out(pairs: Iterable[tuple[PanelCase, PanelMember]], *, number: int = 0) -> None:
    """Make a task for each pair of case and expert, under an address that says nothing."""
    PanelTask.objects.bulk_create(
        (
            PanelTask(case=case, member=member, number=number, token=secrets.token_hex(8))
            for case, member in pairs
        ),
        batch_size=BATCH,
    )
