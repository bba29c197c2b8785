from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config import demo_registry, fiction
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db(transaction=True)

FEW = 64  # the firms of the demo's own users are among the first 61


def prepare(said: list[str] | None = None) -> list[str]:
    said = [] if said is None else said
    demo_registry.prepare(enterprises=FEW, seed=7, say=said.append)
    return said


def test_prepare_fills_an_empty_database_builds_again_what_was_cut_off_and_keeps_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built = fiction.build
    building = f"building a fictional registry of {FEW} enterprises (seed 7), once …"

    def cut_off(*args: object, **options: object) -> None:
        region = Region.objects.get(code="110000")
        Enterprise.objects.create(credit_code="half", name="half", name_key="half", region=region)
        raise KeyboardInterrupt

    monkeypatch.setattr(fiction, "build", cut_off)
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        prepare(said)
    assert said == [building]
    monkeypatch.setattr(fiction, "build", built)
    assert prepare() == [
        "an earlier start was cut off while it built the registry; building it again",
        building,
    ]
    assert Enterprise.objects.filter(credit_code="half").exists() is False
    assert Enterprise.objects.count() == FEW
    mark = JobRun.objects.get(kind="fiction")
    assert (mark.status, mark.params) == ("done", {"enterprises": FEW, "seed": 7})
    assert demo_registry.signins() == fiction.signins()
    codes = list(Enterprise.objects.order_by("pk").values_list("credit_code", flat=True))
    assert prepare() == [f"the registry holds {FEW} enterprises (kept; --fresh drops)"]
    assert list(Enterprise.objects.order_by("pk").values_list("credit_code", flat=True)) == codes


def test_prepare_adds_nothing_to_a_registry_of_somebody() -> None:
    region = Region.objects.create(code="110000", path="11", level="province", name_zh="某地")
    Enterprise.objects.create(
        credit_code="91110000FCT0000000", name="某公司", name_key="某公司", region=region
    )
    assert prepare() == ["the database holds enterprises of its own; nothing fictional is added"]
    assert Enterprise.objects.count() == 1
    assert demo_registry.signins() == []


@pytest.mark.postgres  # on SQLite it deletes the file, which a test cannot spare
def test_drop_empties_rows_and_files(settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    (tmp_path / "documents").mkdir()
    Region.objects.create(code="110000", path="11", level="province", name_zh="某地")
    demo_registry.drop()
    assert Region.objects.exists() is False
    assert (tmp_path / "documents").exists() is False
