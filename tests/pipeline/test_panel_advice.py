"""What an expert panel says, on the officer's page of a real application (评审意见)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from cultivation.pipeline.models import Panel, PanelCase, Round
from cultivation.pipeline.panels import rubrics

if TYPE_CHECKING:
    from django.test import Client

    from .conftest import World

pytestmark = pytest.mark.django_db


def test_the_review_page_shows_the_advice(client: Client, world: World) -> None:
    application = world.at_province()
    region = world.places["330000"]
    round_ = Round.objects.create(
        tier="innovative", year=2026, name="批次", region=region, region_path="33", state="open",
        published_at=timezone.now(),
    )  # fmt: skip
    line = rubrics.Line("甲", "A", 10_000)
    made = rubrics.write(None, [line], by=None, code="r", title_zh="表", title_en="Form")
    panel = Panel.objects.create(
        round=round_, level="province", region=region, region_path="33", name="第一组", token="t",
        rubric=rubrics.publish(made, by=None), seats=1, each=1, most=1, least=1, state="drawn",
        line=6000,
    )  # fmt: skip
    PanelCase.objects.create(panel=panel, application=application, level="province", token="c1")
    client.force_login(world.user("province"))
    client.cookies["django_language"] = "en"
    page = client.get(f"/review/{application.pk}/").content.decode()
    assert ("What the expert panel says" in page, "0 of 1 scores needed" in page) == (True, True)
    client.force_login(world.user("county"))
    page = client.get(f"/review/{application.pk}/").content.decode()
    assert "What the expert panel says" not in page
