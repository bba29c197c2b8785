"""Judging again: all agrees, and whatever was tampered with is named (重演)."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from cultivation.standards import keeping, manifests, shelf, tasks
from cultivation.standards.drift import Cause, Change, Difference, changes_between, from_json
from cultivation.standards.editions import policy_by
from cultivation.standards.explanation import digest, explain
from cultivation.standards.judging import judge_registry
from cultivation.standards.models import Assessment, Edition, Judgement, JudgingRun, Replay
from cultivation.standards.replaying import chosen, replay
from enterprises.jobs.models import JobRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from enterprises.registry.models import Enterprise

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 5, 6)
PATHS = ("320500", "440100", "SZ03")
FIGURES = {
    "employees": 100, "tech_staff": 30, "sales_revenue": 10**10, "total_assets": 10**10,
    "rd_expense": 10**9, "cost_and_expense": 10**10, "revenue": 10**10,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.SNAPSHOT_DIR = tmp_path


@pytest.fixture
def firms(firm: Callable[..., Enterprise], loaded: list[Edition]) -> list[Enterprise]:
    return [
        firm(path, reports={2025: FIGURES, 2024: FIGURES}, size_class="small") for path in PATHS
    ]


@pytest.fixture
def kept(firms: list[Enterprise]) -> list[Judgement]:
    """Keep a judgement of each firm by each edition, both kinds."""
    return [
        keeping.keep(explain(one, edition, kind=kind, as_of=ON), enterprise=one)
        for one in firms
        for edition in Edition.objects.all()
        for kind in ("recognition", "recheck")
    ]


def told(**options: Any) -> tuple[str, str]:
    """Return what the command printed, and with what it ended."""
    out = io.StringIO()
    try:
        call_command("replay", stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def alter(row: Judgement | Edition | Assessment, **columns: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**columns)


def test_all_that_was_kept_and_stored_comes_out_the_same(kept: list[Judgement]) -> None:
    judge_registry(ON)
    out, end = told(all=True)
    stored = Assessment.objects.count()
    assert end == ""
    assert out == (
        f"{len(kept)} kept judgements and {stored} stored results judged again: 0 differ\n"
    )
    noted = Replay.objects.get()
    assert (noted.judgements, noted.results, noted.drifted) == (len(kept), stored, 0)
    assert noted.finished_at is not None


def test_what_is_kept_is_whole(kept: list[Judgement]) -> None:
    one = Judgement.objects.get(pk=kept[0].pk)
    assert one.facts_hash == digest(one.facts) == one.result["facts_hash"]
    assert one.result_hash == digest(one.result)
    assert one.verdict == one.result["verdict"]
    assert one.rules[0] == [one.edition.code, one.edition.sha256]
    assert one.engine == keeping.engine()


def test_facts_changed_since_change_no_kept_judgement(
    kept: list[Judgement], firms: list[Enterprise]
) -> None:
    for one in firms:
        one.reports.all().delete()
    assert keeping.replayed_all(kept) == [None] * len(kept)


def richer(one: Judgement) -> None:
    alter(one, facts=one.facts | {"employees_y1": 501})


def unreadable(one: Judgement) -> None:
    alter(one, facts=one.facts | {"employees_y1": "many"})


def emptied(one: Judgement) -> None:
    alter(one, facts=[], result=None or [])


def better(one: Judgement) -> None:
    parts = [part | {"verdict": 3} for part in one.result["parts"]]
    alter(one, result=one.result | {"parts": parts})


def other_words(one: Judgement) -> None:
    alter(one, result=one.result | {"label_en": "Something else"})


def of_another(one: Judgement) -> None:
    alter(one, enterprise=F("enterprise") + 1)


def other_verdict(one: Judgement) -> None:
    alter(one, verdict=3 - one.verdict if one.verdict != 3 else 0)


def other_rules(one: Judgement) -> None:
    alter(one, rules=[[one.edition.code, "0" * 64]])


def rules_gone(one: Judgement) -> None:
    alter(one, rules=[["no_such_rules", one.rules_hash]])


def older_engine(one: Judgement) -> None:
    """Keep, with right hashes, what another evaluator said."""
    result = one.result | {"verdict": 3}
    alter(one, result=result, result_hash=digest(result), verdict=3, engine="0 polars 1.0")


def contradiction(one: Judgement) -> None:
    result = one.result | {"verdict": 3}
    alter(one, result=result, result_hash=digest(result), verdict=3)


TAMPERINGS: tuple[tuple[Callable[[Judgement], None], str], ...] = (
    (richer, ": the kept facts were altered. "),
    (unreadable, ": the kept facts were altered\n"),
    (emptied, ": the kept facts were altered; the kept result was altered"),
    (better, ": the kept result was altered. "),
    (other_words, ": the kept result was altered\n"),
    (of_another, ": the record was altered: it does not fit the result it bears\n"),
    (other_verdict, ": the record was altered: it does not fit the result it bears\n"),
    (other_rules, ": the rules were altered (technology_2017)"),
    (rules_gone, ": the rules are no longer there (no_such_rules"),
    (older_engine, f": the evaluator changed (0 polars 1.0 → {keeping.engine()}). T17 verdict: "),
    (contradiction, ": facts, rules and evaluator are the same: find out why. T17 verdict: met "),
)  # fmt: skip


@pytest.mark.parametrize(("tamper", "named"), TAMPERINGS)
def test_tampering_is_named(
    firms: list[Enterprise], tamper: Callable[[Judgement], None], named: str
) -> None:
    edition = Edition.objects.get(code="technology_2017")
    rows = [
        keeping.keep(explain(one, edition, kind="recognition", as_of=ON), enterprise=one)
        for one in firms
    ]
    tamper(rows[1])
    out, end = told(all=True)
    lines = out.splitlines(keepends=True)
    assert len(lines) == 2
    whose = rows[1].enterprise_id + (tamper is of_another)
    basis = "(technology_2017 recognition): "
    assert lines[0].startswith(f"kept judgement {rows[1].pk} of enterprise {whose} {basis}")
    assert named in lines[0]
    assert end == "1 came out otherwise than they were kept"


def test_altered_text_of_an_edition_is_named_with_what_it_changes(firms: list[Enterprise]) -> None:
    edition = Edition.objects.get(code="technology_2017")
    judge_registry(ON)
    one = keeping.keep(
        explain(firms[0], edition, kind="recognition", as_of=ON), enterprise=firms[0]
    )
    text = edition.text.replace("at_most = 500", "at_most = 5", 1)
    assert text != edition.text
    alter(edition, text=text)
    out, end = told(all=True)
    assert f"kept judgement {one.pk} of enterprise {firms[0].pk}" in out
    assert ": the rules were altered (technology_2017). T17 verdict: " in out
    assert "rules technology_2017: the rules were altered (technology_2017)\n" in out
    results = Assessment.objects.filter(edition=edition).count()
    assert out.count("stored result ") == results == len(firms)
    assert end == f"{2 + results} came out otherwise than they were kept"


def test_stored_results_that_were_altered_are_named(firms: list[Enterprise]) -> None:
    run = judge_registry(ON)
    row = Assessment.objects.filter(edition__code="technology_2017").first()
    assert row is not None
    alter(row, verdict=3, verdicts="3" + row.verdicts[1:], score_low=9999, unmet=7)
    out, end = told(run=run.pk)
    assert out.startswith(f"stored result {row.pk} of enterprise {row.enterprise_id} (technology_2")
    assert "the stored result was altered, or the evaluator changed. T17 verdict: met then" in out
    assert "points given: 99.99–" in out
    assert end == "1 came out otherwise than they were kept"


def test_an_altered_snapshot_is_named_and_what_it_changes(firms: list[Enterprise]) -> None:
    run = judge_registry(ON)
    sha256 = manifests.names(run.snapshot)[0]
    path = shelf.path_of(sha256)
    rows = pl.read_parquet(path).with_columns(employees_y1=pl.lit(501, dtype=pl.Int64))
    rows.write_parquet(path)
    out, end = told(all=True)
    assert (
        f"snapshot {run.snapshot.pk}: the snapshot was altered ({run.snapshot.sha256[:12]})" in out
    )
    assert "T17-2a verdict: met then, unmet now" in out
    path.write_bytes(b"not a table")
    out, end = told(all=True)
    assert f"snapshot {run.snapshot.pk}: the snapshot was altered" in out
    assert end != ""


def test_a_missing_snapshot_is_named_once(firms: list[Enterprise]) -> None:
    run = judge_registry(ON)
    for sha256 in manifests.names(run.snapshot):
        shelf.path_of(sha256).unlink()
    out, end = told(all=True)
    assert f"snapshot {run.snapshot.pk}: the snapshot is no longer there" in out
    assert "0 kept judgements and 0 stored results judged again: 1 differ" in out
    assert end == "1 came out otherwise than they were kept"


def test_an_enterprise_the_snapshot_lacks_is_named(firms: list[Enterprise]) -> None:
    judge_registry(ON)
    row = Assessment.objects.filter(edition__code="technology_2017").first()
    assert row is not None
    alter(row, enterprise=10**9)
    out, _ = told(all=True)
    assert f"stored result {row.pk} of enterprise 1000000000" in out


def test_runs_of_different_days_and_increments_agree(firms: list[Enterprise]) -> None:
    judge_registry(dt.date(2025, 5, 6))
    judge_registry(ON)
    firms[0].reports.filter(year=2025).update(employees=501)
    last = judge_registry(ON)
    assert Assessment.objects.values("run").distinct().count() >= 2
    assert told(all=True)[1] == ""
    out, _ = told(run=last.pk)
    assert f" {last.stored} stored results judged again: 0 differ" in out


def test_seeds_in_a_row_bring_up_every_row_once(kept: list[Judgement]) -> None:
    rows = Judgement.objects.all()
    shares = [chosen(rows, sample=10, seed=20_000 + n) for n in range(-(-len(kept) // 10))]
    found = [pk for share in shares for pk in share.values_list("pk", flat=True)]
    assert sorted(found) == sorted(one.pk for one in kept)
    assert len(shares) > 2
    assert all(share.count() <= 12 for share in shares)
    assert chosen(rows, sample=len(kept), seed=5).count() == len(kept)


def test_bad_options_are_refused_with_the_mend(loaded: list[Edition]) -> None:
    assert told(sample=0) == ("", "--sample 0: name at least 1, or say --all")
    assert told(run=99) == ("", "--run 99: there is no such judging run; the last is None")


def test_queries_do_not_grow_with_the_judgements(
    kept: list[Judgement], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(6 + 2 * 2 * Edition.objects.count()):
        replay()


def test_the_nightly_job_leaves_a_row(kept: list[Judgement], settings: Any) -> None:
    settings.REPLAY_SAMPLE = 5
    better(kept[0])
    for day in range(-(-len(kept) // 5)):
        run = JobRun.objects.create(kind="replay", params={"sample": 5, "seed": day})
        tasks.replay(run.pk)
    assert sum(noted.judgements for noted in Replay.objects.all()) == len(kept)
    (found,) = Replay.objects.filter(drifted__gt=0)
    difference = from_json(found.drift[0])
    assert (difference.pk, difference.causes) == (kept[0].pk, (Cause.RESULT,))
    assert found.job is not None
    assert found.job.result["drifted"] == 1
    tasks.replay_tonight()
    assert JobRun.objects.filter(kind="replay").latest("pk").params["sample"] == 5


def test_changes_name_only_what_is_of_substance() -> None:
    then = {"code": "A", "verdict": 3, "label_en": "x", "parts": [{"code": "B", "verdict": 3}]}
    now = {"code": "A", "verdict": 3, "label_en": "y", "parts": [{"code": "B", "verdict": 0}]}
    assert changes_between(then, now) == (Change("B", "verdict", 3, 0),)
    assert changes_between(then, {"code": "A", "verdict": 3}) == (Change("B", "verdict", 3, None),)
    difference = Difference(
        "judgement", 1, (Cause.FACTS,), 2, "e", "k", "", (Change("B", "v", 1, 2),)
    )
    assert from_json(difference.as_json()) == difference


def test_a_run_that_named_no_rules_is_judged_by_the_edition_alone(firms: list[Enterprise]) -> None:
    edition = Edition.objects.get(code="technology_2017")
    alone = [edition.code, edition.sha256]
    run = judge_registry(ON, bases=[(edition, policy_by([alone]), "recognition")])
    JudgingRun.objects.filter(pk=run.pk).update(rules={}, editions=[[*alone, "recognition"]])
    assert told(all=True) == (
        "0 kept judgements and 3 stored results judged again: 0 differ\n", ""
    )  # fmt: skip
