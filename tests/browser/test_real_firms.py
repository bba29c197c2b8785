"""Three real listed firms become innovative SMEs by the real pages, by five people (真实企业).

No figure of a firm is invented: what it reported is imported, and the quick pass of the standard
asks for a valid title of high-tech enterprise alone, which is entered as a trial entry.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as project
from django.conf.global_settings import PASSWORD_HASHERS
from django.core.management import call_command
from django.utils import timezone

from cultivation.pipeline.models import Application
from enterprises.accounts.models import Seat, User
from enterprises.places.models import Industry
from enterprises.registry import size_class
from enterprises.registry.models import AnnualReport, Enterprise, Tier, Title
from tests.browser.test_journey import _rise, zh

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import SettingsWrapper

    from tests.browser.conftest import Visitor

FILE = project.BASE_DIR.parent / "shared" / "real" / "listed_annual_reports_2019_2021.csv"
MAPPING = Path(__file__).resolve().parent.parent / "mappings" / "listed_annual_reports.toml"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.real,
    pytest.mark.skipif(not FILE.exists(), reason="the real public data are not beside the project"),
]

FIRMS = 3
OFFICES = ("county", "city", "province")
PEOPLE = (*OFFICES, "province2", "owner")
PASSWORD = "shi-tian-2026-qy"
FIGURES = ("employees", "revenue", "total_assets")
# A firm's industry is not in the file; where its name tells it, no guess is needed.
INDUSTRIES = {"药": "27", "仪器": "40", "电气": "38"}
STATEMENTS = {
    "mainland_entity": True, "obeys_laws": True, "on_abnormal_list": False,
    "on_dishonest_list": False, "prohibited_product": False, "events_declared": True,
    "truth_declared": True,
}  # fmt: skip
TRIAL = "试填，非真实证书"


@dataclass(frozen=True)
class Firm:
    """A firm, and the industry that its name tells (企业)."""

    enterprise: Enterprise
    industry: str

    @property
    def pk(self) -> int:
        """Return the id of the record."""
        return self.enterprise.pk


@pytest.fixture
def registry(transactional_db: None, settings: SettingsWrapper, tmp_path: Path) -> dict[str, str]:
    """Fill the database with reference data, what real firms reported, and five people."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    settings.MEDIA_ROOT = tmp_path / "media"
    call_command("flush", verbosity=0, interactive=False)
    call_command("load_seeds", verbosity=0, stdout=io.StringIO())
    call_command("import_reports", FILE, mapping=MAPPING, stdout=io.StringIO())
    for username in PEOPLE:
        User.objects.create_user(username, password=PASSWORD)
    return dict.fromkeys(PEOPLE, PASSWORD)


@pytest.fixture
def firms(registry: dict[str, str]) -> list[Firm]:
    """Give three SMEs of three counties, and seat the officers over them."""
    found: dict[str, Firm] = {}
    listed = Enterprise.objects.filter(region__level="county", reports__year=2021)
    for enterprise in listed.select_related("region__parent__parent").order_by("credit_code"):
        firm = Firm(enterprise, _industry(enterprise.name))
        if enterprise.region.parent.level == "city" and _is_sme(firm):
            found.setdefault(enterprise.region_path, firm)
    chosen = list(found.values())[:FIRMS]
    assert len(chosen) == FIRMS
    for place in (firm.enterprise.region for firm in chosen):
        for role, region in zip(OFFICES, (place, place.parent, place.parent.parent), strict=True):
            assert region.level == role
            for user in User.objects.filter(username__in=(role, f"{role}2")):
                Seat.objects.get_or_create(user=user, role=role, region=region)
    return chosen


def _industry(name: str) -> str:
    return next((code for word, code in INDUSTRIES.items() if word in name), "")


def _is_sme(firm: Firm) -> bool:
    """Tell whether a firm is an SME of its industry by what it reported."""
    reports = AnnualReport.objects.filter(enterprise=firm.enterprise)
    figures = {r["year"]: r for r in reports.values("year", *FIGURES)}
    size, _year = size_class.of_reports(firm.industry, figures)
    return size in {"micro", "small", "medium"}


@pytest.fixture
def people(visitor: Callable[..., Visitor], registry: dict[str, str]) -> dict[str, Visitor]:
    """Give the officers and the owner, signed in."""
    found = {}
    for username, password in registry.items():
        found[username] = visitor()
        found[username].page.on("dialog", lambda dialog: dialog.accept())
        found[username].sign_in(username, password)
    return found


def test_three_real_firms_become_innovative_smes_without_an_invented_figure(
    people: dict[str, Visitor], firms: list[Firm]
) -> None:
    owner = people["owner"]
    before = _figures(firms)
    for firm in firms:
        _claim(firm, owner, people["county"])
        _state(firm, owner)
        _rise(firm.pk, Tier.INNOVATIVE, owner, people)

    assert _figures(firms) == before  # what the firms reported stands, and nothing beside it
    for firm in firms:
        application = Application.objects.get(enterprise=firm.enterprise)
        assert [(move.name, move.made_by.username) for move in application.moves.all()] == [
            ("submit", "owner"),
            ("recommend", "county"),
            ("recommend", "city"),
            ("put_on_notice", "province"),
            ("recognise", "province2"),
        ]
        assert application.edition.code == "innovative_2022"
        owner.go(f"/enterprises/{firm.pk}/applications/")
        owner.reads(Title.objects.get(enterprise=firm.enterprise).number)


def _figures(firms: list[Firm]) -> list[tuple[object, ...]]:
    reports = AnnualReport.objects.filter(enterprise__in=[firm.enterprise for firm in firms])
    return list(reports.order_by("pk").values_list())


def _claim(firm: Firm, owner: Visitor, county: Visitor) -> None:
    """Let the owner claim a record, and the county officer approve."""
    owner.go("/claim/")
    owner.fill(code=firm.enterprise.credit_code, statement=TRIAL)
    owner.press(zh("Send the claim"))
    owner.reads(firm.enterprise.name)
    county.go("/claims/")
    county.page.locator("#main a[href^='/claims/']").first.click()
    county.reads(firm.enterprise.name)
    county.fill(decision="owner")
    county.press(zh("Answer the claim"))


def _state(firm: Firm, owner: Visitor) -> None:
    """Let the owner make the statements, and enter the title that opens the quick pass."""
    owner.go(f"/enterprises/{firm.pk}/edit/")
    label = Industry.objects.get(code=firm.industry).name_zh
    owner.fill(
        industry=re.compile(label), **{name: str(said).lower() for name, said in STATEMENTS.items()}
    )
    owner.press(zh("Save"))
    owner.reads(label)
    today = timezone.localdate()
    owner.go(f"/enterprises/{firm.pk}/facts/honour/new/")
    owner.fill(
        kind="high_tech",
        number=TRIAL,
        granted_on=str(today - dt.timedelta(days=30)),
        valid_to=str(today + dt.timedelta(days=1065)),
    )
    owner.press(zh("Save"))
    owner.go(f"/enterprises/{firm.pk}/facts/")
    owner.reads(TRIAL)
    owner.go(f"/enterprises/{firm.pk}/standards/innovative_2022/")
    owner.reads("I22-Q2")
