"""A returned application of the demo's third owner: two corrections, one of them done (补正)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from config.fiction import applying, people
from config.fiction.words import MARK
from cultivation.pipeline import applications, findings, opinions
from cultivation.pipeline.correcting import assigning, reasons, returning
from cultivation.pipeline.correcting.returning import Ask
from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.opinions import Word
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application

PRODUCT = f"用于中小型机床的精密部件，重复定位精度3微米，已批量供货{MARK}"


def fill() -> None:
    """Let the third owner apply and the county send it back, where that is possible."""
    for tier in (Tier.INNOVATIVE, Tier.TECHNOLOGY):
        try:
            with transaction.atomic():
                _sent_back(tier)
        except MoveError:
            continue
        return


def asks_of(application: Application) -> list[Ask]:
    """Return two things to correct: the product text, the first criterion that reads a figure."""
    leaves = findings.leaves(application.submitted_result)
    code = next(str(leaf["code"]) for leaf in leaves if leaf.get("figures"))
    fitting = reasons.fitting(reasons.RETURN, code)
    words = f"演示：请核对{MARK}"
    return [
        Ask("answer:product", words=f"演示：请补充用途和技术指标{MARK}"),
        Ask(f"criterion:{code}", grounds=fitting[0].code if fitting else "", words=words),
    ]


def _sent_back(tier: Tier) -> None:
    application, owner = applying.submitted(tier, "owner3")
    county = people.officer_of(application.enterprise.region, "county")
    assigning.assign(application, county, by=county)
    asks = asks_of(application)
    code = asks[1].subject.removeprefix("criterion:")
    opinions.record(
        application, [Word(code, "objected", asks[1].words, grounds=asks[1].grounds)], by=county
    )
    returning.send_back(application, asks, by=county)
    applications.save_answers(application, {"product": PRODUCT}, by=owner)
