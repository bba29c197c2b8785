"""Decisions stand on what was kept: judged again it must come out the same (重演)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils.translation import override

from cultivation.pipeline.errors import MoveError
from cultivation.pipeline.models import Status
from cultivation.standards import keeping
from cultivation.standards.explanation import digest, explain_facts
from cultivation.standards.models import Edition, Judgement

from .test_pages import EVERYBODY, SEES, signed, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from cultivation.pipeline.models import Application

    from .conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


def alter(judgement: Judgement, **columns: Any) -> None:
    """Change a kept judgement behind the system's back."""
    Judgement.objects.filter(pk=judgement.pk).update(**columns)


def poorer(kept: Judgement) -> None:
    alter(kept, facts=kept.facts | {"revenue_y1": 1})


def poorer_with_its_hash(kept: Judgement) -> None:
    facts = kept.facts | {"revenue_y1": 1}
    alter(kept, facts=facts, facts_hash=digest(facts))


def better(kept: Judgement) -> None:
    alter(kept, result=kept.result | {"verdict": 3})


def other_verdict(kept: Judgement) -> None:
    alter(kept, verdict=3)


def easier_rules(kept: Judgement) -> None:
    text = kept.edition.text.replace("at_least = 100", "at_least = 99", 1)
    Edition.objects.filter(pk=kept.edition_id).update(text=text)


def swapped_whole(kept: Judgement) -> None:
    """Put a whole, consistent judgement of other facts in its place."""
    facts = kept.facts | {"revenue_y1": 70_000_000_00}
    told = explain_facts(facts, kept.edition, kind=kept.kind, as_of=kept.as_of)
    result = told.as_json()
    alter(kept, facts=facts, facts_hash=digest(facts), result=result, result_hash=digest(result))


TAMPERINGS: tuple[tuple[Callable[[Judgement], None], str], ...] = (
    (poorer, "the kept facts were altered. I verdict: manual then, unmet now; I-1 verdict: "),
    (poorer_with_its_hash, "the record was altered"),
    (better, "the kept result was altered. I verdict: met then, manual now"),
    (other_verdict, "the record was altered: it does not fit the result it bears"),
    (easier_rules, r"the rules were altered \(test_innovative\)"),
    (swapped_whole, "the hashes are not those noted when it was submitted"),
)


@pytest.mark.parametrize(("tamper", "named"), TAMPERINGS)
def test_nothing_is_decided_on_what_was_altered(
    world: World, tamper: Callable[[Judgement], None], named: str
) -> None:
    application = world.at_province()
    world.judge(application, "province")
    tamper(application.submission)
    for name in ("put_on_notice", "refuse"):
        with pytest.raises(MoveError, match=named):
            world.step(application, name, "province", "because")
    assert application.status == Status.AT_PROVINCE
    world.step(application, "return", "province", "submit it again")
    assert application.status == Status.RETURNED


def test_recommendation_and_recognition_judge_again(world: World) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    kept = application.submission
    poorer(kept)
    with pytest.raises(MoveError, match="does not come out the same"):
        world.step(application, "recommend", "county")
    alter(kept, facts=kept.facts)
    world.step(application, "recommend", "county")
    world.step(application, "recommend", "city")
    world.judge(application, "province")
    world.step(application, "put_on_notice", "province")
    world.wait()
    poorer(kept)
    with pytest.raises(MoveError, match="does not come out the same"):
        world.step(application, "recognise", "province")
    alter(kept, facts=kept.facts)
    world.step(application, "recognise", "province")
    assert {move.judgement_id for move in application.moves.all()} == {kept.pk}


def test_nothing_is_submitted_by_altered_rules(world: World) -> None:
    application = world.draft()
    edition = Edition.objects.get(code="test_innovative")
    Edition.objects.filter(pk=edition.pk).update(text=edition.text + "\n# altered\n")
    with pytest.raises(MoveError, match="test_innovative is not the one that was loaded"):
        world.step(application, "submit", "owner")
    assert application.status == Status.DRAFT
    assert Judgement.objects.count() == 0


def test_resubmission_keeps_the_first_judgement_too(world: World) -> None:
    application = world.at_province()
    first = application.submission
    poorer(first)  # a drift is cleared up by judging anew
    world.step(application, "return", "province", "judge it anew")
    world.step(application, "resubmit", "owner")
    assert application.submission_id != first.pk
    assert Judgement.objects.filter(pk=first.pk).exists()
    world.judge(application, "province")
    world.step(application, "put_on_notice", "province")
    assert keeping.replayed(application.submission) is None


@pytest.mark.parametrize("who", EVERYBODY)
def test_judging_again_is_for_who_sees_the_application(
    client: Client, world: World, who: str
) -> None:
    application = world.draft()
    world.step(application, "submit", "owner")
    signed(client, world, who)
    page = client.get(reverse("pipeline:again", args=[application.pk]))
    assert page.status_code == (200 if who in SEES["application"] else 404)


def test_page_says_same_or_what_differs(client: Client, world: World) -> None:
    application = world.on_notice()
    signed(client, world, "province")
    page = again(client, application)
    assert "Judged again: the same result" in page
    poorer(application.submission)
    page = again(client, application)
    assert "Judged again: not the same" in page
    assert "the kept facts were altered" in page
    assert "I-1 value" in page


def test_record_shows_what_each_decision_rested_on(client: Client, world: World) -> None:
    application = world.on_notice()
    kept = application.submission
    page = text(signed(client, world, "auditor").get(
        reverse("pipeline:application", args=[application.pk])
    ))  # fmt: skip
    for value in (kept.facts_hash, kept.rules_hash, kept.result_hash, kept.engine):
        assert value in page
    assert "seen on site" in page


def test_draft_has_nothing_to_judge_again(client: Client, world: World) -> None:
    application = world.draft()
    signed(client, world, "owner")
    answer = client.get(reverse("pipeline:again", args=[application.pk]))
    assert answer.status_code == 404


def again(client: Client, application: Application) -> str:
    return text(client.get(reverse("pipeline:again", args=[application.pk])))
