"""A panel of the demo: four experts, a few cases, drawn and partly scored (虚构专家评审)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from config.fiction.people import officer_of
from config.fiction.words import MARK
from cultivation.pipeline.models import (
    Application,
    CaseDocument,
    Panel,
    PanelPhase,
    PanelTask,
    Round,
    Rubric,
)
from cultivation.pipeline.panels import draws, evidence, experts, scoring, setting_up
from cultivation.pipeline.panels.experts import Facts, Tie
from enterprises.accounts.models import User
from enterprises.places.models import Industry, Region
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import RubricLine
    from cultivation.pipeline.panels.scoring import Sheet

EXPERTS = ("expert", "expert2", "expert3", "expert4")
CASES = 6
EACH = 3
DAY = dt.timedelta(days=1)
SEVERE = "expert3"
LINE = 6500


def fill(applications: Sequence[Application]) -> None:
    """Let a panel of the nation read some applications that stand there; without experts none."""
    people = {one.username: one for one in User.objects.filter(username__in=EXPERTS)}
    if len(people) < len(EXPERTS) or not applications:
        return
    nation = officer_of(Region.objects.get(level=Region.Level.NATION), "nation")
    _profiles(people, applications, nation)
    panel = _panel(applications, nation)
    if panel is None:
        return
    for row in CaseDocument.objects.filter(case__panel=panel, number=1):
        evidence.release(row, CaseDocument.Release.SHOWN, by=nation)
    _score(panel)


def _profiles(people: dict[str, User], applications: Sequence[Application], nation: User) -> None:
    """Give each expert a checked profile; one lives in a firm's county, one worked for a firm."""
    known = Industry.objects.filter(is_section=True, section__in=["C", "I", "M"])
    sections = list(known.values_list("code", flat=True))
    first, last = applications[0].enterprise, applications[-1].enterprise
    counties = Region.objects.filter(level=Region.Level.COUNTY, in_use=True)
    firms = {one.region_path for one in applications}
    elsewhere = counties.exclude(path__in=firms).order_by("path").first()
    for number, username in enumerate(EXPERTS):
        user = User.objects.get(pk=people[username].pk)
        profile = experts.own(user)
        own = first.region if number == 1 and len(first.region_path) == len("320583") else elsewhere
        facts = Facts(tuple(sections), (), own, available=True)
        experts.keep(profile, facts, by=user, version=profile.version)
        experts.add_tie(profile, Tie("employer", f"演示大学{number + 1}{MARK}", "", 2012), by=user)
        if number == len(EXPERTS) - 1 and last.region_path != first.region_path:
            year = timezone.localdate().year
            experts.add_tie(profile, Tie("work", last.name, "", year - 2, year - 1), by=user)
        profile.refresh_from_db()
        kept = experts.submit(profile, by=user, declared=True)
        experts.check(kept, by=nation, approve=True, version=kept.version)


def _panel(applications: Sequence[Application], nation: User) -> Panel | None:
    """Draw a panel of a round for the applications."""
    rubric = Rubric.objects.filter(code="little_giant", state=Rubric.State.PUBLISHED).first()
    if rubric is None:
        return None
    home = Region.objects.get(level=Region.Level.NATION)
    year = timezone.localdate().year
    round_ = Round.objects.create(
        tier=Tier.LITTLE_GIANT, kinds=[Application.Kind.RECOGNITION], year=year,
        name=f"演示：{year}年小巨人专家评审批次{MARK}", region=home, state=Round.State.OPEN,
        published_at=timezone.now() - 30 * DAY, made_by=nation, document=f"演示文件{MARK}",
    )  # fmt: skip
    pks = [one.pk for one in applications]
    Application.objects.filter(pk__in=pks).update(round=round_)
    settings = setting_up.Settings(
        name=f"演示评审一组{MARK}", rubric=rubric, seats=len(EXPERTS), each=EACH,
        most=len(applications), least=2, line=LINE,
    )  # fmt: skip
    panel = setting_up.open_panel(round_, home, settings, by=nation)
    panel = setting_up.set_phases(panel, _phases(), by=nation, version=panel.version)
    draws.commit(panel, by=nation)
    draws.close_lists(panel, by=nation)
    draws.draw(panel, by=nation, word="演示见证 7")
    return Panel.objects.get(pk=panel.pk)


def _phases() -> list[setting_up.Phase]:
    today = timezone.now().replace(minute=0, second=0, microsecond=0)
    after = PanelPhase.Others.AFTER_MINE
    return [
        setting_up.Phase("declare", today - 6 * DAY, today - 3 * DAY),
        setting_up.Phase("score", today - 3 * DAY, today + 9 * DAY),
        setting_up.Phase("discuss", today + 9 * DAY, today + 12 * DAY, others=after),
    ]


def _score(panel: Panel) -> None:
    """Let three experts score, one declare a conflict, one abstain; the first has cases left."""
    lines = list(panel.rubric.lines.all())
    done: dict[str, int] = {}
    rows = PanelTask.objects.filter(case__panel=panel).select_related(
        "member__profile__user", "case__application"
    )
    declared = False
    for task in rows.order_by("token"):
        by = User.objects.get(pk=task.member.profile.user_id)
        number = done[by.username] = done.get(by.username, 0) + 1
        if by.username == EXPERTS[0] and number > 1:
            continue
        if by.username == EXPERTS[1] and number == 1 and not declared:
            scoring.declare(
                task, by=by, conflict=True, true=True, version=task.version,
                reason=f"演示：曾在同一课题组共事{MARK}",
            )  # fmt: skip
            declared = True
            continue
        mine = scoring.declare(task, by=by, conflict=False, true=True, version=task.version)
        if by.username == EXPERTS[3] and number == 1:
            scoring.abstain(mine, by=by, reason=f"演示：不熟悉该工艺{MARK}", version=mine.version)
            continue
        scoring.submit(mine, _sheet(mine, by.username, lines), by=by, version=mine.version)


def _sheet(task: PanelTask, username: str, lines: Sequence[RubricLine]) -> Sheet:
    """Return scores that hang on the firm and the expert alone."""
    firm = task.case.application.enterprise_id
    lower = 2 if username == SEVERE else 0
    scores = {}
    for line in lines:
        worth = 6 + (firm * 7 + line.position * 3) % 4
        chance = (firm * 31 + line.position * 17 + EXPERTS.index(username) * 13) % 3 - 1
        value = min(line.high, max(line.low, worth + chance - lower))
        scores[line.key] = {"value": value, "comment": f"演示评语{MARK}"}
    return scoring.Sheet(scores, f"演示总体意见{MARK}")
