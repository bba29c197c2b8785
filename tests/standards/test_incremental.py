"""Judging only what changed: when it may, and that it gives what judging everything gives."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cultivation.standards import editions, extent, shelf, snapshots, storing
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, JudgingRun, VerdictChange
from cultivation.standards.policy import KINDS
from enterprises.places.models import Region
from enterprises.registry import touches
from enterprises.registry.models import Enterprise, IntellectualProperty, Title
from tests.standards.conftest import GOOD, PATHS, TECH
from tests.standards.stored import counted, judged_alone, kept, turned

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 5, 6)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any part of a registry of a few count as little."""
    monkeypatch.setattr(extent, "MANY", 100)
    monkeypatch.setattr(snapshots, "HEAVY", 1000)


@pytest.fixture
def judged_once(registry: list[Enterprise]) -> list[Enterprise]:
    """Give a registry that was judged whole."""
    assert judge_registry(ON).whole is True
    return registry


def test_only_what_changed_is_judged_and_the_counts_go_on(judged_once: list[Enterprise]) -> None:
    judged_once[0].reports.create(year=2025, employees=501)
    judged_once[1].delete()
    run = judge_registry(ON)
    assert (run.whole, run.judged, run.stored) == (False, 6, 1)
    assert run.counts == counted()
    assert kept() == judged_alone(run)
    assert Assessment.objects.values("enterprise").distinct().count() == 7
    assert touches.waiting() == 0


def test_a_change_is_written_with_what_was_and_which_way_it_went(
    judged_once: list[Enterprise],
) -> None:
    good, poor = judged_once[1], judged_once[0]
    good.reports.update(employees=501, tech_staff=0)
    poor.reports.create(year=2025, **TECH)
    run = judge_registry(ON)
    assert turned() == sorted(
        [
            (good.pk, "technology_2017", "recognition", 3, 0),
            (poor.pk, "technology_2017", "recognition", 1, 3),
        ],
        key=str,
    )
    found = {change.enterprise_id: change for change in run.changes.all()}
    assert (found[good.pk].turn, found[poor.pk].turn) == (-1, 1)
    row = Assessment.objects.get(enterprise=good, edition__code="technology_2017")
    assert found[good.pk].verdicts_after == row.verdicts != found[good.pk].verdicts_before


def test_the_first_run_turns_nobody_and_a_new_enterprise_turns_alone(
    judged_once: list[Enterprise], firm: Callable[..., Enterprise]
) -> None:
    assert VerdictChange.objects.count() == 0
    new = firm("320500", reports={2025: TECH}, **GOOD)
    run = judge_registry(ON)
    assert {row[0] for row in turned()} == {new.pk}
    assert {row[3] for row in turned()} == {None}
    newly = run.changes.get(turn=1)
    assert (newly.edition.code, newly.verdicts_before) == ("technology_2017", "")


def test_a_day_on_which_something_ends_is_judged_though_nobody_touched_it(
    registry: list[Enterprise],
) -> None:
    held = {"granted_on": ON - 300 * DAY, "valid_to": ON, "year": 2025, "number": "1"}
    registry[2].titles.create(tier="srdi", **held)
    judge_registry(ON)
    run = judge_registry(ON + DAY)
    assert (run.whole, run.judged) == (False, 6)
    assert kept() == judged_alone(run, snapshots.take(ON + DAY))


def test_days_of_the_same_year_follow_each_other_either_way(judged_once: list[Enterprise]) -> None:
    assert judge_registry(ON + DAY).whole is False
    back = judge_registry(ON)
    assert back.whole is False
    assert kept() == judged_alone(back, snapshots.take(ON))


def other_year() -> None:
    judge_registry(dt.date(2025, 12, 30))


def by_one_edition() -> None:
    judge_registry(ON, bases=editions.in_force(ON)[:1])


def unfinished() -> None:
    last = JudgingRun.objects.all()[0]
    JudgingRun.objects.create(snapshot=last.snapshot, as_of=ON, editions=last.editions)


def changed_rules() -> None:
    said = JudgingRun.objects.all()[0]
    said.editions = [[code, "0" * 64, kind] for code, _, kind in said.editions]
    said.save()


def another_evaluator() -> None:
    JudgingRun.objects.update(engine="0")


def lost_file() -> None:
    _unit, sha256, _rows = JudgingRun.objects.all()[0].snapshot.parts[0]
    shelf.path_of(sha256).unlink()


@pytest.mark.parametrize(
    "happening",
    [other_year, by_one_edition, unfinished, changed_rules, another_evaluator, lost_file],
)
def test_everything_is_judged_where_the_kept_rows_are_of_other_stuff(
    judged_once: list[Enterprise], happening: Callable[[], None]
) -> None:
    happening()
    judged_once[0].reports.create(year=2025, employees=501)
    run = judge_registry(ON)
    assert run.whole is True
    assert kept(run) == judged_alone(run, snapshots.take(ON))
    assert run.counts == {name: counted()[name] for name in run.counts}
    assert judge_registry(ON).whole is False


def test_who_goes_may_have_results_by_editions_no_longer_in_force(
    judged_once: list[Enterprise],
) -> None:
    named = [(edition, said, kind) for edition, said in editions.all_policies() for kind in KINDS]
    judge_registry(ON, bases=named)
    judge_registry(ON)
    gone = judged_once[1].pk
    judged_once[1].delete()
    run = judge_registry(ON)
    assert run.whole is False
    assert run.counts == {name: counted()[name] for name in run.counts}
    assert len(run.counts) == len(run.editions)
    assert not Assessment.objects.filter(enterprise=gone).exists()


def test_a_run_that_is_overtaken_while_it_reads_stores_nothing(
    judged_once: list[Enterprise], monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh, overtaking = snapshots.refresh, []

    def slowly(*args: Any) -> Any:
        made = refresh(*args)
        if not overtaking:
            overtaking.append(made)
            judged_once[0].reports.all().delete()
            overtaking.append(judge_registry(ON))
        return made

    judged_once[0].reports.create(year=2025, employees=501)
    monkeypatch.setattr(snapshots, "refresh", slowly)
    with pytest.raises(storing.SupersededError, match="overtaken"):
        judge_registry(ON)
    assert kept() == judged_alone(overtaking[1], snapshots.take(ON))
    assert JudgingRun.objects.all()[0].finished_at is None


def test_an_edge_between_two_days_has_everything_judged(registry: list[Enterprise]) -> None:
    edges = {
        edge
        for _, policy in editions.all_policies()
        for period in policy.periods
        if (edge := period.reach.since) and edge > dt.date(edge.year, 1, 1)
    }
    edge = max(edges)
    judge_registry(edge - 2 * DAY)
    assert judge_registry(edge - DAY).whole is False
    run = judge_registry(edge)
    assert run.whole is True
    assert judge_registry(edge + DAY).whole is False


def test_many_changes_have_everything_read(
    judged_once: list[Enterprise], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extent, "MANY", 10)
    judged_once[0].reports.create(year=2025, employees=501)
    run = judge_registry(ON)
    assert (run.whole, run.snapshot.before) == (True, None)


def test_whole_can_be_asked_for(judged_once: list[Enterprise]) -> None:
    run = judge_registry(ON, whole=True)
    assert (run.whole, run.judged, run.stored, run.snapshot.before) == (True, 48, 0, None)


def test_a_run_that_breaks_off_while_it_stores_leaves_nothing(
    judged_once: list[Enterprise],
) -> None:
    judged_once[0].reports.create(year=2025, employees=501)
    before, waiting = kept(), touches.waiting()

    def break_off(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if "standards_assessment" in sql and sql.startswith("INSERT"):
            raise KeyboardInterrupt
        return done

    with (
        pytest.raises(KeyboardInterrupt),
        connection.execute_wrapper(break_off),
        transaction.atomic(),
    ):
        judge_registry(ON)
    assert (kept(), touches.waiting(), JudgingRun.objects.count()) == (before, waiting, 1)
    assert judge_registry(ON).stored == 1


NUMBERS = count(1)
MONEY = st.sampled_from([0, 10**8, 10**9, 10**10, 10**11])
FIGURES = st.dictionaries(
    st.sampled_from(["revenue", "main_business_revenue", "rd_expense", "net_profit", "employees",
                     "total_assets", "sales_revenue", "cost_and_expense"]),
    MONEY, max_size=6,
)  # fmt: skip
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["report", "state", "move", "right", "title", "new", "gone"]),
        st.integers(0, 7),
        FIGURES,
        st.sampled_from(PATHS),
        st.integers(0, 40),
    ),
    max_size=5,
)


def do(change: tuple[str, int, dict[str, int], str, int]) -> None:
    """Make one change to whichever enterprise it falls on."""
    what, place, figures, path, days = change
    firms = list(Enterprise.objects.order_by("pk"))
    firm = firms[place % len(firms)]
    region = Region.objects.get(path=path)
    if what == "report":
        small = {
            name: min(value, 10**6) if name == "employees" else value
            for name, value in figures.items()
        }
        firm.reports.update_or_create(year=2023 + days % 3, defaults=small)
    elif what == "state":
        firm.on_abnormal_list, firm.digital_level = bool(days % 2), days % 5
        firm.save()
    elif what == "move":
        Enterprise.objects.filter(pk=firm.pk).update(region=region, region_path=path)
    elif what == "right":
        IntellectualProperty.objects.create(
            enterprise=firm, kind="invention", ip_class=1, obtained="own",
            number=str(next(NUMBERS)), granted_on=ON + (days - 20) * DAY,
            related=True, applied=True, benefit=bool(days % 2),
        )  # fmt: skip
    elif what == "title":
        Title.objects.filter(enterprise=firm).delete()
        Title.objects.create(
            enterprise=firm, tier="innovative", granted_on=ON - 900 * DAY,
            valid_to=ON + (days - 20) * DAY, year=2023, number=str(next(NUMBERS)),
        )  # fmt: skip
    elif what == "new":
        number = f"9{next(NUMBERS):017d}"
        Enterprise.objects.create(
            credit_code=number, name=number, name_key=number, region=region, region_path=path,
            fictional=True, **GOOD,
        )  # fmt: skip
    elif len(firms) > 2:
        firm.delete()


@given(nights=st.lists(st.tuples(CHANGES, st.integers(0, 25)), min_size=2, max_size=2))
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_judging_what_changed_gives_what_judging_everything_gives(
    judged_once: list[Enterprise], nights: list[tuple[Any, int]]
) -> None:
    """Over nights of changes, row by row, in the counts and in what turned."""
    with transaction.atomic():
        on = ON
        for changes, days in nights:
            before = {row[:3]: row[3] for row in kept()}
            for change in changes:
                do(change)
            on += days * DAY
            run = judge_registry(on)
            assert run.whole is False
            assert kept() == judged_alone(run, snapshots.take(on))
            assert run.counts == counted()
            after = {row[:3]: row[3] for row in kept()}
            assert turned(run=run) == sorted(
                (
                    (*key, before.get(key), after[key])
                    for key in after
                    if before.get(key) != after[key]
                ),
                key=str,
            )
        transaction.set_rollback(True)
