"""Any number of pending decisions on invented little giants, as the nation has them (基准数据).

Each case came in by the rules in force, was judged whole, scored by three experts of the panel that
its round owes, and stood on public notice, which is over; every firm has an owner to tell.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import connection
from django.utils import timezone

from cultivation.pipeline import findings
from cultivation.pipeline.models import (
    Application,
    CriterionReview,
    ExpertProfile,
    Move,
    Notice,
    NoticeEntry,
    Panel,
    PanelCase,
    PanelDuty,
    PanelMember,
    PanelTask,
    Round,
)
from cultivation.pipeline.panels import rubrics
from cultivation.pipeline.releasing import proposing, sets
from cultivation.standards import editions, facts, keeping
from cultivation.standards.evaluation import columns
from cultivation.standards.explanation import explain_rows
from cultivation.standards.models import Judgement
from cultivation.standards.policy import Case
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Title, Touch
from tests.bench.registry_of import UNITS

if TYPE_CHECKING:
    from cultivation.pipeline.models import Release
    from cultivation.standards.models import Edition

TIER, KIND = "little_giant", "recognition"
REFUSED = 10  # one of so many
EXPERTS = 30
BATCH = 500
BARRING = {
    "on_abnormal_list", "on_dishonest_list", "prohibited_product", "champion_title",
    "controls_little_giant", "group_similar_product", "title_little_giant",
}  # fmt: skip
GOOD = {
    "revenue": 2 * 10**10, "main_business_revenue": 19 * 10**9, "sales_revenue": 15 * 10**9,
    "leading_product_revenue": 15 * 10**9, "total_assets": 15 * 10**9, "net_profit": 3 * 10**9,
    "total_liabilities": 5 * 10**9, "rd_expense": 2 * 10**9, "cost_and_expense": 10**10,
    "employees": 200, "rd_staff": 120, "tech_staff": 90, "market_share": 300_000,
    "domestic_rank": 2, "quality_score": 9000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """What the cases lie on: who decides, by which rules, in which round (基准底数)."""

    officer: User
    second: User
    nation: Region
    edition: Edition
    round: Round


def pending_of(number: int) -> tuple[Release, User]:
    """Make so many pending decisions; return their release, prepared, and who confirms it."""
    ground = _ground()
    applications = _applications(_firms(number), ground)
    _steps(applications, ground)
    _scored(applications, ground)
    refused = applications[::REFUSED]
    recognised = [one for n, one in enumerate(applications) if n % REFUSED]
    made = []
    for verdict, some in (("refuse", refused), ("recognise", recognised)):
        for start in range(0, len(some), proposing.MOST):
            pks = [one.pk for one in some[start : start + proposing.MOST]]
            done = proposing.propose_many(pks, verdict, by=ground.officer, reason="见专家评审意见")
            made += [one.pk for one in done.made]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Touch._meta.db_table}")
        cursor.execute("ANALYZE")
    release, _left_out = sets.prepare(made, by=ground.second)
    return release, ground.second


def _ground() -> Ground:
    editions.load_all()
    today = timezone.localdate()
    nation = Region.objects.create(code="000000", path="", level="nation", name_zh="全国")
    officers = []
    for name in ("nation", "nation2"):
        officers.append(User.objects.create(username=name))
        Seat.objects.create(user=officers[-1], role="nation", region=nation)
    round_ = Round.objects.create(
        tier=TIER, kinds=[KIND], year=today.year, name="批次", region=nation, state="open",
        published_at=timezone.now(),
    )  # fmt: skip
    PanelDuty.objects.create(round=round_, level="nation")
    edition = editions.edition_for(TIER, kind=KIND, on=today)
    return Ground(officers[0], officers[1], nation, edition, round_)


def _firms(number: int) -> list[Enterprise]:
    """Make firms with the title that the tier builds on, an owner each with an address."""
    units = Region.objects.bulk_create(
        Region(code=f"{n:06}", path=unit, level="province", name_zh=unit, is_unit=True)
        for n, unit in enumerate(UNITS, 1)
    )
    firms = Enterprise.objects.bulk_create(
        Enterprise(
            credit_code=f"{n:018}", name=f"虚构{n}", name_key=f"虚构{n}", fictional=True,
            region=units[n % len(units)], region_path=units[n % len(units)].path + "0108",
            stage="optimisation", tier="srdi",
        )
        for n in range(number)
    )  # fmt: skip
    today = timezone.localdate()
    Title.objects.bulk_create(
        Title(
            enterprise=firm, tier="srdi", number=f"S{firm.pk}", year=today.year - 1,
            granted_on=today - dt.timedelta(days=300), valid_to=today + dt.timedelta(days=700),
        )
        for firm in firms
    )  # fmt: skip
    owners = User.objects.bulk_create(
        User(username=f"owner{n}", email=f"owner{n}@firm.example") for n in range(number)
    )
    Seat.objects.bulk_create(
        Seat(user=user, role="owner", enterprise=firm)
        for user, firm in zip(owners, firms, strict=True)
    )
    return firms


def _applications(firms: list[Enterprise], ground: Ground) -> list[Application]:
    """Judge every firm by the rules of the day and put its application on the nation's notice."""
    now, today = timezone.now(), timezone.localdate()
    standard = editions.policy(ground.edition).standard(Case(KIND, today))
    chance = random.Random(4)
    rows = [_facts(sorted(columns(standard)), firm, chance) for firm in firms]
    told = explain_rows(rows, ground.edition, kind=KIND, as_of=today)
    rules = editions.rules(ground.edition)
    kept = Judgement.objects.bulk_create(
        (
            keeping.record_of(one, rules=rules, enterprise=firm.pk)
            for one, firm in zip(told, firms, strict=True)
        ),
        batch_size=BATCH,
    )
    made = (
        Application(
            enterprise=firm, tier=TIER, kind=KIND, year=today.year, edition=ground.edition,
            round=ground.round, status="on_notice", region_path=firm.region_path,
            route=["province", "nation"], held_since=now, receipt=f"R{firm.pk}", submitted_at=now,
            answers={"product": "减速器" * 40}, submitted_answers={"product": "减速器" * 40},
            submitted_hash="a" * 64, submission=judgement, notice_level="nation",
            notice_from=today - dt.timedelta(days=9), notice_to=today - dt.timedelta(days=1),
            version=5,
        )
        for firm, judgement in zip(firms, kept, strict=True)
    )  # fmt: skip
    return Application.objects.bulk_create(made, batch_size=BATCH)


def _facts(names: list[str], firm: Enterprise, chance: random.Random) -> dict[str, Any]:
    row = {name: _good(name) for name in names}
    for name in names:
        if isinstance(row[name], int) and row[name] > 10**6:
            row[name] = int(row[name] * chance.uniform(1, 1.02))
    return row | {"enterprise": firm.pk, "region_path": firm.region_path}


def _good(name: str) -> Any:
    type_ = facts.column_type(name)
    if type_ == pl.Boolean:
        return name not in BARRING
    if type_ == pl.String:
        return {"domain_scheme": "six_bases"}.get(name, "C")
    if name.endswith(("_low", "_high")):
        return 0 if name.startswith("events") else 5
    figure, _, back = name.rpartition("_y")
    return int(GOOD.get(figure, 10) * 0.9 ** int(back)) if back.isdigit() else 5


def _steps(applications: list[Application], ground: Ground) -> None:
    """Write the steps so far, the nation's words on what a person judges, and the notice."""
    moves, words = [], []
    for one in applications:
        kept = one.submission
        note = {name: getattr(kept, name) for name in ("rules_hash", "facts_hash", "result_hash")}
        for version, (name, source, target) in enumerate(
            (
                ("submit", "draft", "at_province"),
                ("put_on_notice", "at_province", "on_notice"),
                ("recommend", "on_notice", "at_nation"),
                ("put_on_notice", "at_nation", "on_notice"),
            ),
            start=1,
        ):
            moves.append(
                Move(
                    application=one, name=name, source=source, target=target, version=version,
                    note=note, judgement=kept, made_by=ground.officer,
                )
            )  # fmt: skip
        words += [
            CriterionReview(
                application=one, level="nation", criterion=node["code"], opinion="agreed",
                reason="附件与申报数据一致", made_by=ground.officer,
            )
            for node in findings.open_manual(one.submitted_result, {})
        ]  # fmt: skip
    Move.objects.bulk_create(moves, batch_size=BATCH)
    CriterionReview.objects.bulk_create(words, batch_size=BATCH)
    first, last = applications[0].notice_from, applications[0].notice_to
    notice = Notice.objects.create(
        tier=TIER, kind=KIND, level="nation", region=ground.nation, state="published",
        first_day=first, last_day=last, working_days=5, entries=len(applications),
        list_hash="a" * 64, published_at=timezone.now(),
    )  # fmt: skip
    NoticeEntry.objects.bulk_create(
        NoticeEntry(
            notice=notice, application=one, position=n, name=one.enterprise.name, region_name="x"
        )
        for n, one in enumerate(applications, 1)
    )


def _scored(applications: list[Application], ground: Ground) -> None:
    """Let a panel have scored every case, by three experts each."""
    now = timezone.now()
    made = rubrics.write(
        None, [rubrics.Line("甲", "A", 10_000)], by=None, code="r", title_zh="表", title_en=""
    )
    panel = Panel.objects.create(
        round=ground.round, level="nation", region=ground.nation, name="组", token="bench",
        rubric=rubrics.publish(made, by=None), seats=EXPERTS, each=3, least=2, most=30_000,
        state="drawn",
    )  # fmt: skip
    users = User.objects.bulk_create(User(username=f"expert{n}") for n in range(EXPERTS))
    profiles = ExpertProfile.objects.bulk_create(
        ExpertProfile(user=user, state="approved", checked_by=ground.officer, declared_at=now)
        for user in users
    )
    members = PanelMember.objects.bulk_create(
        PanelMember(panel=panel, profile=one, token=f"e{n}", seated=True)
        for n, one in enumerate(profiles)
    )
    cases = PanelCase.objects.bulk_create(
        PanelCase(panel=panel, application=one, level="nation", token=f"c{n}")
        for n, one in enumerate(applications)
    )
    PanelTask.objects.bulk_create(
        (
            PanelTask(
                case=case, member=members[(n + turn) % EXPERTS], token=f"t{n}-{turn}",
                declared="clear", declared_at=now, state="final", total=80, final_at=now,
                submission=case.application.submission,
            )
            for n, case in enumerate(cases)
            for turn in range(3)
        ),
        batch_size=BATCH,
    )  # fmt: skip
