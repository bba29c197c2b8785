"""The fictional registry: invented, sound, the same for a seed, every case in it (虚构演示数据)."""

from __future__ import annotations

import datetime as dt
import hashlib
import stat
from typing import TYPE_CHECKING

import polars as pl
import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from config import fiction
from config.fiction import people
from config.fiction.building import SEED, NotEmptyError
from config.fiction.dice import Dice
from config.fiction.words import BRANDS, MARK, brand
from cultivation.digital.models import CoverageSnapshot, MaturityAssessment
from cultivation.pipeline.models import (
    Application,
    Extension,
    Handover,
    Move,
    Quota,
    Round,
    StageChange,
    Status,
    Visit,
    VisitDraw,
    VisitRecord,
)
from cultivation.pipeline.visits import draws, reading
from cultivation.standards.models import Assessment, Verdict
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Region
from enterprises.registry import credit_code
from enterprises.registry.models import (
    AnnualReport,
    Enterprise,
    IntellectualProperty,
    Stage,
    Tier,
    Title,
)
from tests.grounds import ground

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

pytestmark = pytest.mark.django_db
MADE_WHEN = {  # moments, and numbers that a database gives
    "created_at", "updated_at", "facts_at", "made_at", "taken_at", "id", "job", "password",
    "made_by", "document", "declared",
}  # fmt: skip
WAN = 1_000_000


def _digest(*models: type[Model]) -> str:
    """Return the hash of all rows, without ids and moments that a database gives."""
    found = hashlib.sha256()
    for model in models:
        fields = [f for f in model._meta.concrete_fields if f.name not in MADE_WHEN]
        names = ["park__code" if f.name == "park" else f.attname for f in fields]
        table = model._default_manager.all()
        if model is Title:
            table = table.filter(application=None)  # else the number holds the application's id
        rows = sorted(repr(row) for row in table.order_by().values_list(*names))
        found.update("\n".join(rows).encode())
    return found.hexdigest()


FILLED = (
    Enterprise, AnnualReport, IntellectualProperty, Title, MaturityAssessment, CoverageSnapshot,
)  # fmt: skip


@ground
def built_before(seeds: None) -> str:
    """Build 400 firms, take them away again, and give the digest of what there was."""
    with transaction.atomic():
        fiction.build(400, seed=SEED, on=timezone.localdate())
        found = _digest(*FILLED)
        transaction.set_rollback(True)
    return found


@ground
def built(built_before: str) -> dict[str, int]:
    """Build 400 firms, for the second time."""
    return fiction.build(400)


def test_two_builds_of_a_seed_are_equal(built: dict[str, int], built_before: str) -> None:
    assert _digest(*FILLED) == built_before


def test_a_registry_with_enterprises_is_left_alone(built: dict[str, int]) -> None:
    with pytest.raises(NotEmptyError):
        fiction.build(10)

    assert Enterprise.objects.count() == 400


def test_every_firm_says_that_it_is_invented(built: dict[str, int]) -> None:
    assert Enterprise.objects.filter(fictional=True, name__endswith=MARK).count() == 400
    assert not Enterprise.objects.exclude(contact_email__endswith="@example.invalid").exists()
    assert Enterprise.objects.values("name_key").distinct().count() == 400


def test_credit_codes_are_sound_and_lie_in_the_region(built: dict[str, int]) -> None:
    moved = Handover.objects.values("application__enterprise")
    rows = list(Enterprise.objects.exclude(pk__in=moved).values_list("credit_code", "region__code"))

    assert [code for code, _region in rows if not credit_code.is_sound(code)] == []
    assert [code for code, region in rows if code[2:8] != region] == []


def test_rounds_are_open_with_places_and_an_extension(built: dict[str, int]) -> None:
    assert list(Round.objects.order_by("pk").values_list("tier", "state")) == [
        ("little_giant", "open"), ("srdi", "open"),
    ]  # fmt: skip
    assert Extension.objects.get().enterprise_id == people.OWNED["owner2"]
    quota = Quota.objects.get()
    assert (quota.level, quota.used) == ("city", quota.taken.count())


def test_every_unit_has_firms(built: dict[str, int]) -> None:
    units = set(Region.objects.filter(is_unit=True).values_list("path", flat=True))
    paths = Enterprise.objects.values_list("region_path", flat=True)

    assert {path[:2] for path in paths} == units
    assert len(units) == 37


def test_every_stage_tier_and_status_occurs(built: dict[str, int]) -> None:
    assert set(Enterprise.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert set(Enterprise.objects.values_list("tier", flat=True)) == {"", *Tier.values}
    assert set(Application.objects.values_list("status", flat=True)) == set(Status.values)
    assert set(Title.objects.values_list("end_kind", flat=True)) == set(Title.End.values)


def test_the_higher_the_tier_the_fewer_firms(built: dict[str, int]) -> None:
    count = {
        tier: Title.objects.filter(tier=tier, ended_on__isnull=True).count() for tier in Tier.values
    }

    assert count["little_giant"] < count["srdi"] < count["innovative"] + count["technology"]


def test_figures_lie_together_and_some_are_missing(built: dict[str, int]) -> None:
    reports = AnnualReport.objects.all()

    assert not reports.filter(main_business_revenue__gt=F("revenue")).exists()
    assert not reports.filter(leading_product_revenue__gt=F("main_business_revenue")).exists()
    assert not reports.filter(rd_staff__gt=F("employees")).exists()
    assert not reports.filter(year__lt=F("enterprise__established_on__year")).exists()
    assert reports.filter(quality_score__gt=0, rd_expense=None).exists()
    years = set(reports.order_by().values_list("year", flat=True))
    assert len(years) == 6
    assert not reports.filter(year=max(years)).exclude(revenue=None).exists()


def test_some_firms_stand_exactly_on_a_threshold(built: dict[str, int]) -> None:
    last = dt.date.today().year - 1  # noqa: DTZ011
    now = AnnualReport.objects.filter(year=last)

    assert now.filter(revenue=5000 * WAN).exists()
    assert now.filter(rd_expense__gt=0, revenue__gt=0, rd_expense=F("revenue") * 3 / 100).exists()
    assert now.filter(main_business_revenue=F("revenue") * 9 / 10).exists()
    assert now.filter(total_liabilities=F("total_assets") * 75 / 100).exists()
    grown = now.filter(revenue=5292 * WAN).values("enterprise")
    assert AnnualReport.objects.filter(
        enterprise__in=grown, year=last - 2, revenue=4800 * WAN
    ).exists()


def test_a_sample_is_drawn_with_visits_in_three_states(built: dict[str, int]) -> None:
    draw = VisitDraw.objects.get()
    visits = Visit.objects.filter(listed__draw=draw)
    records = VisitRecord.objects.filter(visit__in=visits, signed_at__isnull=False)

    assert draws.differences(draw) == []
    assert sorted(visits.values_list("state", flat=True)) == ["planned", "signed", "signed"]
    assert sorted(reading.tally(one)["deviates"] for one in records) == [0, 1]


def test_every_verdict_occurs(built: dict[str, int]) -> None:
    assert set(Assessment.objects.values_list("verdict", flat=True)) == set(Verdict.values)
    qualified = Assessment.objects.filter(edition__tier="little_giant", verdict__gte=Verdict.MANUAL)
    assert qualified.exists()


def test_titles_stand_behind_tier_and_history(built: dict[str, int]) -> None:
    today = dt.date.today()  # noqa: DTZ011
    giants = Title.objects.filter(tier="little_giant", ended_on__isnull=True)

    assert set(giants.values_list("enterprise", flat=True)) == set(
        Enterprise.objects.filter(tier="little_giant").values_list("pk", flat=True)
    )
    assert not giants.filter(valid_to__lt=today).exists()
    moved = set(StageChange.objects.values_list("enterprise", flat=True))
    assert moved >= set(Enterprise.objects.exclude(tier="").values_list("pk", flat=True))


def test_coverage_has_a_curve_that_rises(built: dict[str, int]) -> None:
    national = CoverageSnapshot.objects.filter(
        region__level="nation", tier="little_giant", definition__code="L2_SELF"
    ).order_by("on")

    rates = [row.transformed / row.total for row in national]
    assert len(rates) == built["coverage_days"]
    assert rates[0] < rates[len(rates) // 2] < rates[-1] < 1


def test_moves_were_taken_by_officers_of_the_region(built: dict[str, int]) -> None:
    taken = Move.objects.exclude(name__in=["submit", "withdraw"]).select_related("application")
    assert Handover.objects.count() == 1  # one enterprise moved, its case with it
    taken = taken.filter(application__handovers=None)
    for move in taken:
        assert move.made_by is not None
        offices = Seat.objects.filter(
            user=move.made_by, role__in=["nation", "province", "city", "county"]
        )
        assert any(
            move.application.region_path.startswith(seat.region.path)
            for seat in offices.select_related("region")
            if seat.region
        )


def test_demo_users_sign_in_and_others_cannot(built: dict[str, int], client: Client) -> None:
    signins = fiction.signins()

    assert [username for _, username, _ in signins] == [p.username for p in people.PEOPLE]
    for _label, username, password in signins:
        assert client.login(username=username, password=password)
    others = User.objects.exclude(username__in=[person.username for person in people.PEOPLE])
    assert others.exists()
    assert not any(user.has_usable_password() for user in others)


def test_the_password_is_for_its_owner_only(built: dict[str, int]) -> None:
    path = settings.VAR_DIR / "demo_password"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(people.password()) >= 12


def test_the_owners_of_the_demo_can_rise(built: dict[str, int]) -> None:
    """The SRDI SME meets the little-giant standard, the innovative SME the SRDI one."""
    for username, tier in (("owner", "little_giant"), ("owner2", "srdi")):
        firm = Enterprise.objects.get(seats__user__username=username, seats__role="owner")
        best = Assessment.objects.filter(enterprise=firm, edition__tier=tier, kind="recognition")
        newest = best.order_by("-edition__in_force").first()
        assert newest is not None
        assert newest.verdict >= Verdict.MANUAL
        assert newest.unknown == 0


def test_brands_are_all_different() -> None:
    assert len({brand(number) for number in range(50_000)}) == 50_000
    assert brand(BRANDS - 1) != brand(0)


def test_dice_fall_the_same_for_an_id_in_any_company() -> None:
    together = Dice(1, pl.Series(range(1, 101)))
    alone = Dice(1, pl.Series([77]))

    assert alone.bits("x").to_list() == [together.bits("x")[76]]
    assert together.share("x").to_list() != together.share("y").to_list()
    assert 0.4 < (together.share("z").mean() or 0) < 0.6
    assert Dice(2, pl.Series([77])).bits("x").to_list() != alone.bits("x").to_list()
    assert together.index("w", [0, 1, 0]).unique().to_list() == [1]
