"""Panels beside the officer's decision: moves that wait, advice on the review page (评审与决定)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cultivation.pipeline import moves
from cultivation.pipeline.models import Panel, PanelTask, Rubric
from cultivation.pipeline.panels import advice, reference, rubrics, setting_up
from cultivation.pipeline.panels.reference import RubricError

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from .conftest import Bench

pytestmark = pytest.mark.django_db


def test_the_guard_stands_in_the_steps_that_decide() -> None:
    held = {
        name
        for name, step in moves.STEPS.items()
        if "scores_in" in {g.__name__ for g in step.guards}
    }
    assert held == {"recommend", "put_on_notice", "recognise"}


def test_a_step_waits_for_the_scores_in_words(bench: Bench) -> None:
    nation, application = bench.user("nation"), bench.applications[0]
    setting_up.owe(bench.round, "nation", by=nation)
    step = moves.STEPS["put_on_notice"]
    told = [said for guard in step.guards if (said := guard(application))]
    assert (
        "The round asks for an expert panel at this level first; none has been drawn yet." in told
    )


@pytest.mark.parametrize("who", ["nation", "auditor", "province", "zhejiang_auditor"])
def test_advice_is_for_those_who_see_the_panel(bench: Bench, who: str) -> None:
    bench.drawn()
    bench.at("score")
    application = bench.applications[2]  # of Hangzhou
    for task in PanelTask.objects.filter(case__application=application):
        bench.score(task, 9, 6, 4)
    told = advice.for_office(application, bench.user(who))
    if who in {"nation", "auditor"}:
        assert [(one.mean, one.median, one.spread) for one in told] == [(73, 73, 0)]
    else:
        assert told == []


def test_the_firm_reads_its_number_in_the_draw_and_finds_it_in_the_public_list(
    client: Client, bench: Bench
) -> None:
    panel = bench.drawn()
    application = bench.applications[0]
    number = panel.cases.get(application=application).token
    client.force_login(bench.user("owner"))
    page = client.get(f"/applications/{application.pk}/").content.decode()
    assert (number in page, f"/draws/{panel.token}/" in page) == (True, True)
    assert number in client.get(f"/draws/{panel.token}/lists.json").content.decode()


def test_an_expert_starts_with_the_cases_before_him(client: Client, bench: Bench) -> None:
    bench.drawn()
    bench.at("score")
    who = bench.seated()[0]
    mine = bench.tasks_of(who)
    client.force_login(bench.user(who))
    page = client.get("/").content.decode()
    assert (f"0 / {len(mine)}" in page, "/reviews/" in page) == (True, True)


def test_the_rubrics_of_the_seeds_load_once_and_never_change(bench: Bench, tmp_path: Path) -> None:
    loaded = reference.load()
    assert [(one.code, one.version, one.state) for one in loaded] == [
        ("little_giant", 1, "published"), ("srdi", 1, "published"),
    ]  # fmt: skip
    assert {one.verified for one in loaded} == {False}
    assert reference.load() == loaded
    other = tmp_path / "rubrics.toml"
    text = reference.FILE.read_text("utf-8")
    other.write_text(text.replace("weight = 25", "weight = 24"), "utf-8")
    with pytest.raises(RubricError, match=r"99\.00"):
        reference.load(other)
    other.write_text(text.replace('"在关键环节"', '"x"').replace("处于关键环节", "x"), "utf-8")
    with pytest.raises(RubricError, match="next version"):
        reference.load(other)
    assert Rubric.objects.count() == 3


def test_criteria_of_the_editions_bear_on_the_lines_of_the_seeds(bench: Bench) -> None:
    giant = next(one for one in reference.load() if one.code == "little_giant")
    lines = list(giant.lines.all())

    def of(code: str) -> list[int]:
        return [one.position for one in lines if rubrics.bears_on(one, code)]

    assert (of("L26-5a1"), of("L26-3b"), of("L26-2d"), of("E26-1")) == ([3], [4], [1, 2], [])
    assert Panel.objects.count() == 0
