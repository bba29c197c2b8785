"""An application that the province refused, and officers who had no part in it (测试底数)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from cultivation.pipeline import opinions
from cultivation.pipeline.appealing import asking, deciding
from cultivation.pipeline.models import Application, Reason, Reconsideration
from cultivation.pipeline.opinions import Word
from enterprises.accounts.models import Seat, User
from tests.grounds import ground
from tests.pipeline.conftest import TODAY, World
from tests.pipeline.test_quotas import share
from tests.pipeline.test_rounds import LEVELS, hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

SAID = "The audit report shows the whole expense."


@pytest.fixture(autouse=True)
def _in_english(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with override("en"):
        yield


@pytest.fixture
def client(client: Client) -> Client:
    """Give a client that asks for English pages."""
    client.cookies["django_language"] = "en"
    return client


def code(application: Application, number: int) -> str:
    """Return the code of a criterion of the short standard."""
    return f"{application.submitted_result['code']}-{number}"


@ground
def refusal(country: dict[str, Any]) -> dict[str, int]:
    """Bring an application to the province in a round with places, and refuse it there."""
    with time_machine.travel(TODAY, tick=False) as clock, override("en"):
        world = World(clock, **copy.deepcopy(country))
        round_ = hold(world, LEVELS)
        share(world, round_, 2)
        application = world.at_province()
        world.judge(application, "province")
        Reason.objects.create(
            code="short",
            uses=["object", "refuse"],
            criteria=["*"],
            text_zh="不足",
            text_en="Short.",
        )
        word = Word(code(application, 2), "objected", "half of it is not shown", grounds="short")
        opinions.record(application, [word], by=world.user("province"))
        world.step(application, "refuse", "province", "does not hold, says SECRET-OFFICE")
        for name in ("third", "fourth"):
            user = User.objects.create_user(name, password="a-long-password")
            Seat.objects.create(user=user, role="province", region=world.places["330000"])
        return {"application": application.pk}


@pytest.fixture
def application(refusal: dict[str, int], world: World) -> Application:
    """Give the refused application."""
    for name in ("third", "fourth", "province2"):
        world.users[name] = User.objects.get(username=name)
    return Application.objects.select_related("enterprise").get(pk=refusal["application"])


def proof(name: str = "审计报告.pdf", content: bytes = b"%PDF-1.7 fictional") -> SimpleUploadedFile:
    """Return a file that may be kept."""
    return SimpleUploadedFile(name, content)


def draft(world: World, application: Application, **more: Any) -> Reconsideration:
    """Keep a draft that contests the second criterion."""
    points = {f"criterion:{code(application, 2)}": SAID}
    return asking.save(application, points, by=world.user("owner"), **more)


def asked(world: World, application: Application) -> Reconsideration:
    """Ask for a reconsideration; it is given to the third officer of the province."""
    return asking.send(draft(world, application), by=world.user("owner"))


def answers(case: Reconsideration, text: str = "compared with the report") -> dict[str, str]:
    """Return an answer to every point contested."""
    return {point.subject: text for point in case.points.all()}


def proposed(world: World, application: Application) -> Reconsideration:
    """Let the third officer propose to reopen."""
    case = asked(world, application)
    founded = dict.fromkeys(answers(case), True)
    return deciding.propose(
        case, founded, answers(case), by=world.user("third"), reply="You are right."
    )
