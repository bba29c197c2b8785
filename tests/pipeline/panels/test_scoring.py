"""Scores: kept, owed, submitted anew, and what they come to exactly (评分与结果)."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import (
    Panel,
    PanelDuty,
    PanelPhase,
    PanelTask,
    Rubric,
    TaskVersion,
)
from cultivation.pipeline.panels import (
    draws,
    guards,
    phases,
    replacing,
    results,
    rubrics,
    scoring,
    setting_up,
    severity,
)
from cultivation.pipeline.panels.rubrics import Line
from cultivation.pipeline.panels.scoring import ScoreError, Sheet

if TYPE_CHECKING:
    from .conftest import Bench

pytestmark = pytest.mark.django_db


def sheet(*values: int | None, comment: str = "so", remark: str = "") -> Sheet:
    given = {str(n): {"value": v, "comment": comment} for n, v in enumerate(values, start=1)}
    return Sheet(given, remark)


def first(bench: Bench, kind: str = "score") -> PanelTask:
    bench.drawn()
    bench.at(kind)
    return bench.tasks_of(bench.seated()[0])[0]


def by(bench: Bench, task: PanelTask) -> Any:
    return bench.user(task.member.profile.user.username)


def test_a_score_needs_a_declaration_first(bench: Bench) -> None:
    task = first(bench)
    for take in (scoring.keep, scoring.submit):
        with pytest.raises(MoveError, match="once you declared"):
            take(task, sheet(6, 7, 5), by=by(bench, task), version=task.version)
    task = bench.clear(task)
    assert scoring.submit(task, sheet(6, 7, 5), by=by(bench, task), version=2).state == "final"


@pytest.mark.parametrize("kind", ["declare", "score", "discuss"])
def test_scores_are_given_while_scoring_or_discussing(bench: Bench, kind: str) -> None:
    task = bench.clear(first(bench, kind))
    if kind == "declare":
        with pytest.raises(MoveError, match="while scoring is open"):
            bench.score(task)
    else:
        assert bench.score(task).state == "final"


def test_an_incomplete_sheet_is_kept_but_not_submitted(bench: Bench) -> None:
    task, who = bench.clear(first(bench)), None
    who = by(bench, task)
    task = scoring.keep(task, sheet(10, None, comment=""), by=who, version=task.version)
    assert (task.state, task.scores) == ("kept", {"1": {"value": 10, "comment": ""}})
    with pytest.raises(ScoreError) as refused:
        scoring.submit(task, sheet(10, 5, None, comment=""), by=who, version=task.version)
    assert refused.value.faults == {
        "1": "Specialisation needs a comment for this score.",  # the highest
        "2": "Innovation needs a comment for this score.",  # always
        "3": "Chain has no score yet.",
    }
    with pytest.raises(ScoreError) as refused:
        scoring.keep(task, sheet(11, 5, 0), by=who, version=task.version)
    assert refused.value.faults == {
        "1": "“11” is not on the scale of Specialisation: 0 to 10 in steps of 1.",
        "3": "“0” is not on the scale of Chain: 1 to 7 in steps of 1.",
    }
    task.refresh_from_db()
    assert (task.state, task.version, TaskVersion.objects.count()) == ("kept", 3, 0)


def test_scores_are_submitted_anew_until_the_phase_closes_and_all_are_kept(bench: Bench) -> None:
    task = bench.score(first(bench), 6, 7, 5)
    task = bench.score(task, 8, 7, 5)
    assert [one.scores["1"]["value"] for one in task.versions.all()] == [8, 6]
    with pytest.raises(MoveError, match="submitted again"):
        scoring.keep(task, sheet(1), by=by(bench, task), version=task.version)
    with pytest.raises(MovedMeanwhileError):
        scoring.submit(task, sheet(9, 9, 6), by=by(bench, task), version=task.version - 1)
    assert bench.panel is not None
    last = bench.panel.phases.order_by("-closes_at").first()
    assert last is not None
    bench.clock.move_to(last.closes_at)
    assert phases.closed(Panel.objects.get(pk=bench.panel.pk)) is True
    with pytest.raises(PermissionDenied):
        bench.score(task, 9, 9, 6)


def test_abstaining_needs_a_reason_and_a_panel_that_allows_it(bench: Bench) -> None:
    task = bench.clear(first(bench))
    who = by(bench, task)
    with pytest.raises(MoveError, match="why you abstain"):
        scoring.abstain(task, by=who, reason=" ", version=task.version)
    task = scoring.abstain(task, by=who, reason="not my field", version=task.version)
    assert (task.state, task.total, task.reason) == ("abstained", None, "not my field")
    task = bench.score(task)  # thought better of it
    assert (task.state, task.reason) == ("final", "")
    Panel.objects.update(may_abstain=False)
    with pytest.raises(MoveError, match="nobody abstains"):
        scoring.abstain(task, by=who, reason="x", version=task.version)


def test_nobody_scores_for_another(bench: Bench) -> None:
    task = bench.clear(first(bench))
    for name in ("nation", "auditor", "owner", *bench.seated()[1:3]):
        with pytest.raises(PermissionDenied):
            scoring.submit(task, sheet(6, 7, 5), by=bench.user(name), version=task.version)


def test_what_a_final_score_must_have_is_held_by_the_database(bench: Bench) -> None:
    task = first(bench)
    with transaction.atomic(), pytest.raises(IntegrityError):
        PanelTask.objects.filter(pk=task.pk).update(state="final", total=1, final_at=timezone.now())
    with transaction.atomic(), pytest.raises(IntegrityError):
        PanelTask.objects.filter(pk=task.pk).update(state="final", declared="clear")


def test_a_total_is_exact(bench: Bench) -> None:
    """Weights 50, 30 and 20 per cent; scales 0-10, 0-10 and 1-7, so sixths occur."""
    lines = list(bench.rubric.lines.all())
    cut = rubrics.unit(lines)
    assert cut == 30
    scores = {"1": {"value": 7}, "2": {"value": 9}, "3": {"value": 2}}
    points = rubrics.points(rubrics.total(lines, scores), cut)
    assert points == 50 * Fraction(7, 10) + 30 * Fraction(9, 10) + 20 * Fraction(1, 6)
    full = {"1": {"value": 10}, "2": {"value": 10}, "3": {"value": 7}}
    least = {"1": {"value": 0}, "2": {"value": 0}, "3": {"value": 1}}
    assert rubrics.points(rubrics.total(lines, full), cut) == 100
    assert rubrics.total(lines, least) == 0


def given(bench: Bench, *scores: tuple[int, int, int]) -> PanelTask:
    """Let the three experts of one case give scores."""
    task = first(bench)
    tasks = list(task.case.tasks.order_by("token"))
    for one, values in zip(tasks, scores, strict=False):
        bench.score(one, *values)
    return task


def of(bench: Bench, task: PanelTask) -> results.CaseResult:
    assert bench.panel is not None
    panel = Panel.objects.get(pk=bench.panel.pk)
    found = {one.case.pk: one for one in results.of(panel).cases}
    return found[task.case_id]


def test_mean_median_and_spread_are_exact(bench: Bench) -> None:
    result = of(bench, given(bench, (6, 6, 4), (7, 6, 4), (9, 6, 4)))
    assert result.totals == (58, 63, 73)
    assert (result.mean, result.median, result.spread) == (Fraction(194, 3), 63, 15)
    assert result.variance == Fraction(175, 3)
    assert result.deviation == 763  # 7.6376 in hundredths, rounded down


@pytest.mark.parametrize(
    ("scores", "passes", "hangs"),
    [
        (((6, 6, 4), (6, 7, 4), (6, 7, 4)), True, False),  # 58 61 61: exactly 60
        (((6, 6, 4), (6, 6, 4), (6, 7, 4)), False, False),
        (((4, 6, 4), (7, 6, 4), (7, 7, 4)), False, True),  # 48 63 66
    ],
)
def test_the_line_is_reached_exactly(
    bench: Bench, scores: tuple[tuple[int, int, int], ...], passes: bool, hangs: bool
) -> None:
    result = of(bench, given(bench, *scores))
    assert result.passes is passes
    if hangs:
        assert result.hangs_on_one is True


def test_cases_on_which_experts_disagree_most_come_first(bench: Bench) -> None:
    panel = bench.drawn()
    bench.at("score")
    spreads = {case.token: n for n, case in enumerate(panel.cases.all())}
    for task in PanelTask.objects.all():
        low = task.case.tasks.order_by("token").first() == task
        bench.score(task, 9 - spreads[task.case.token] if low else 9, 5, 4)
    found = results.of(Panel.objects.get(pk=panel.pk)).cases
    assert [spreads[one.case.token] for one in found] == [5, 4, 3, 2, 1, 0]
    assert [one.spread for one in found] == [25, 20, 15, 10, 5, 0]


def test_scores_on_figures_that_changed_do_not_count_until_given_again(bench: Bench) -> None:
    task = given(bench, (6, 6, 4), (7, 6, 4))
    application = task.case.application
    other = next(one for one in bench.applications if one.pk != application.pk)
    application.submission = other.submission
    application.save()
    result = of(bench, task)
    assert (result.totals, result.stale) == ((), 2)
    bench.score(task.case.tasks.get(pk=task.pk), 6, 6, 4)
    assert len(of(bench, task).totals) == 1


def planted(cases: int, experts: int, each: int, *, lean: float, noise: float) -> Any:
    dice = random.Random(7)
    worth = {f"c{n:03}": dice.gauss(65, 10) for n in range(cases)}
    leaning = {f"e{n:02}": dice.gauss(0, lean) for n in range(experts)}
    scores = [
        (case, expert, worth[case] + leaning[expert] + dice.gauss(0, noise))
        for case in worth
        for expert in dice.sample(sorted(leaning), each)
    ]
    return worth, leaning, scores


def error(found: dict[str, float], true: dict[str, float]) -> float:
    return float((sum((found[one] - true[one]) ** 2 for one in true) / len(true)) ** 0.5)


def raw(scores: list[tuple[str, str, float]]) -> dict[str, float]:
    by_case: dict[str, list[float]] = {}
    for case, _expert, score in scores:
        by_case.setdefault(case, []).append(score)
    return {case: sum(all_) / len(all_) for case, all_ in by_case.items()}


def test_adjusting_finds_planted_leanings_and_comes_nearer_the_worth() -> None:
    worth, leaning, scores = planted(150, 15, 3, lean=6, noise=4)
    fitted = severity.fit(scores)
    assert error(dict(fitted.cases), worth) < 0.8 * error(raw(scores), worth)
    middle = sum(leaning.values()) / len(leaning)
    assert error(dict(fitted.experts), {e: b - middle for e, b in leaning.items()}) < 1.5
    assert (14 < fitted.noise < 18, 20 < fitted.leaning < 60) == (True, True)


def test_without_leanings_adjusting_leaves_the_scores_nearly_alone() -> None:
    worth, _leaning, scores = planted(150, 15, 3, lean=0, noise=4)
    fitted = severity.fit(scores)
    assert error(dict(fitted.cases), raw(scores)) < 0.4
    assert error(dict(fitted.cases), worth) < 1.05 * error(raw(scores), worth)


def test_one_who_read_little_is_drawn_toward_nought() -> None:
    """Two experts give 20 less than the others, one on ten cases, one on a single one."""
    _worth, _leaning, scores = planted(150, 15, 3, lean=0, noise=6)
    means = raw(scores)
    often = [(f"c{n:03}", "e98", means[f"c{n:03}"] - 20) for n in range(10, 20)]
    found = severity.fit([*scores, *often, ("c000", "e99", means["c000"] - 20)]).experts
    assert -20 < found["e98"] < found["e99"] < -1


def test_the_same_scores_give_the_same_fit_in_any_order() -> None:
    _worth, _leaning, scores = planted(20, 6, 3, lean=5, noise=3)
    turned = list(scores)
    random.Random(1).shuffle(turned)
    assert severity.fit(turned) == severity.fit(scores)
    assert severity.fit([]).cases == {}
    alone = severity.fit([("c", "e", 70.0)])
    assert (alone.cases, alone.experts) == ({"c": 70.0}, {"e": 0.0})


def test_a_severe_expert_flips_a_decision_when_adjusted(bench: Bench) -> None:
    """Whoever is seated first gives 47 points where the others give 66."""
    panel = bench.drawn(seats=4, most=6, each=3, same_county=False)
    bench.at("score")
    severe = bench.seated()[0]
    for task in PanelTask.objects.all():
        low = task.member.profile.user.username == severe
        bench.score(task, *((5, 4, 4) if low else (7, 7, 4)))
    found = results.of(Panel.objects.get(pk=panel.pk))
    mine = {task.case_id for task in bench.tasks_of(severe)}
    for one in found.cases:
        assert one.flips == (one.case.pk in mine)
    worst = found.experts[0]
    assert (worst.name, worst.leaning is not None and worst.leaning < -1000) == (severe, True)
    assert worst.against_others == -19


def test_weights_add_up_exactly_and_scales_make_sense() -> None:
    good = Line("甲", "A", 10_000)
    assert rubrics.faults([good]) == []
    assert rubrics.faults([Line("甲", "A", 3333), Line("乙", "B", 6666)]) == [
        "The weights add up to 99.99 %, not to 100 %."
    ]
    for line, said in (
        (Line("", "A", 10_000), "1. The line needs a Chinese label."),
        (Line("甲", "A", 10_000, low=5, high=5),
         "1. The scale runs from a low to a higher score, at most 1000."),
        (Line("甲", "A", 10_000, high=10, step=3),
         "1. The steps do not lead from the lowest to the highest score."),
        (Line("甲", "A", 10_000, anchors=((11, "好", "good"),)),
         "1. An anchor stands beside the scale."),
    ):  # fmt: skip
        assert rubrics.faults([line]) == [said]
    assert rubrics.faults([]) != []


def test_a_published_rubric_never_changes(bench: Bench) -> None:
    nation, lines = bench.user("nation"), rubrics.lines_of(bench.rubric)
    with pytest.raises(MoveError, match="next version"):
        rubrics.write(bench.rubric, lines, by=nation, title_zh="x")
    made = rubrics.next_version(bench.rubric, by=nation)
    assert (made.version, made.state, rubrics.lines_of(made)) == (2, "draft", lines)
    with pytest.raises(MoveError, match="in preparation already"):
        rubrics.next_version(bench.rubric, by=nation)
    rubrics.write(made, lines[:2], by=nation)
    with pytest.raises(MoveError, match=r"80\.00 %"):
        rubrics.publish(made, by=nation)
    with pytest.raises(PermissionDenied):
        rubrics.write(made, lines, by=bench.user("county"))
    rubrics.retire(bench.rubric, by=nation)
    with pytest.raises(MoveError, match="published rubric"):
        bench.opened(rubric=Rubric.objects.get(pk=bench.rubric.pk))


def test_the_decision_waits_for_the_panel_its_round_owes(bench: Bench) -> None:
    nation, application = bench.user("nation"), bench.applications[0]
    assert guards.scores_in(application) is None
    setting_up.owe(bench.round, "nation", by=nation)
    assert guards.scores_in(application) == (
        "The round asks for an expert panel at this level first; none has been drawn yet."
    )
    panel = bench.drawn()
    bench.at("score")
    case = panel.cases.get(application=application)
    for done, task in enumerate(case.tasks.all()):
        told = f"The expert panel “第一组” has given {done} of 2 scores."
        assert guards.scores_in(application) == (told if done < 2 else None)
        bench.score(task)
    application.refresh_from_db()
    application.submission = bench.applications[1].submission  # mended and sent in again
    application.save()
    assert guards.scores_in(application) is not None
    setting_up.owe(bench.round, "nation", by=nation, owed=False)
    assert (guards.scores_in(application), PanelDuty.objects.count()) == (None, 0)


def test_a_cancelled_panel_gives_no_scores(bench: Bench) -> None:
    nation = bench.user("nation")
    setting_up.owe(bench.round, "nation", by=nation)
    panel = bench.drawn()
    bench.at("score")
    for task in PanelTask.objects.all():
        bench.score(task)
    assert guards.scores_in(bench.applications[0]) is None
    draws.cancel(panel, by=nation, reason="a fault in the draw")
    assert guards.scores_in(bench.applications[0]) is not None


def test_two_phases_at_once_and_backwards_are_refused(bench: Bench) -> None:
    nation, panel = bench.user("nation"), bench.opened()
    declare, score, discuss = bench.phases()
    for stated, said in (
        ([declare], "days of scoring"),
        ([score, score], "stated once"),
        ([declare, setting_up.Phase("score", declare.opens_at, score.closes_at)], "is over"),
        ([setting_up.Phase("score", score.closes_at, score.opens_at)], "closes after"),
        ([score, setting_up.Phase("declare", discuss.opens_at, discuss.closes_at)], "is over"),
    ):
        with pytest.raises(MoveError, match=said):
            setting_up.set_phases(panel, stated, by=nation, version=panel.version)
    assert PanelPhase.objects.count() == 3


def test_a_remark_is_made_while_discussing_alone(bench: Bench) -> None:
    task = bench.clear(first(bench))
    with pytest.raises(MoveError, match="not being discussed"):
        scoring.remark(task, "x", by=by(bench, task))
    bench.at("discuss")
    with pytest.raises(MoveError, match="Write something"):
        scoring.remark(task, "  ", by=by(bench, task))
    assert scoring.remark(task, "look at the exports", by=by(bench, task)).task == task


def test_a_case_that_was_passed_on_takes_no_more_scores(bench: Bench) -> None:
    task = bench.score(first(bench))
    replacing.pass_on(task, by=bench.user("nation"))
    with pytest.raises(PermissionDenied):
        bench.score(task)
    with pytest.raises(MoveError, match="passed on already"):
        replacing.pass_on(task, by=bench.user("nation"))
