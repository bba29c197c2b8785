from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db.models import Count, Q
from django.urls import reverse

from cultivation.digital import checking, coverage, definitions
from cultivation.digital.forecasting import (
    backtest,
    making,
    panel,
    pruning,
    reading,
    states,
    tree,
    wording,
)
from cultivation.digital.models import CoverageDefinition, CoverageSnapshot, Forecast
from cultivation.digital.tasks import forecast_coverage, forecast_this_week
from enterprises.jobs.models import JobRun
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise
from tests.digital.conftest import TODAY

FORECAST, RUN = reverse("digital:forecast"), reverse("digital:forecast_run")
EXPORT = reverse("digital:forecast_export")
EARLIER = dt.date(2026, 3, 31)


def kept() -> list[dict]:
    return [
        {key: value for key, value in row.items() if key not in ("id", "made_at")}
        for row in Forecast.objects.order_by("region", "made_on").values()
    ]


@pytest.mark.parametrize("on", [TODAY, dt.date(2025, 8, 17)])
def test_states_and_groups_count_the_same_firms(land, on) -> None:
    definitions.load()
    facts = states.read(coverage.TIERS)
    place = tree.grow(facts.firms, Region.objects.values_list("path", flat=True))
    for definition in CoverageDefinition.objects.all():
        for tier in coverage.TIERS:
            total, there = panel.rates(facts, states.Reading(definition), place, tier=tier, on=on)
            for path, number in place.place.items():
                firms = Enterprise.objects.filter(region_path__startswith=path)
                counted = coverage.firms(firms, definition, tier=tier, on=on)
                transformed = Count("pk", filter=Q(group=coverage.TRANSFORMED))
                assert (total[number], there[number]) == tuple(
                    counted.aggregate(a=Count("pk"), b=transformed).values()
                )


def test_a_forecast_is_kept_for_every_region_with_holders(made) -> None:
    nation = Forecast.objects.get(region__code="000000")
    codes = set(Forecast.objects.values_list("region__code", flat=True))
    assert {"000000", "440000", "440100", "440300"} <= codes
    assert (made["rows"], "810000" in codes) == (Forecast.objects.count(), False)
    assert (nation.until, nation.due, nation.method) == (dt.date(2027, 12, 31), 1_000_000, "moves")
    assert [day for day, *_rest in nation.fan] == [
        "2026-09-30", "2026-12-31", "2027-03-31", "2027-06-30", "2027-09-30", "2027-12-31",
    ]  # fmt: skip
    assert nation.fan[-1][1:] == [
        nation.holders, nation.low, nation.lower, nation.middle, nation.upper, nation.high,
    ]  # fmt: skip
    assert nation.seed.startswith("20271231 739797 ")
    assert made["little_giant"]["L1_ANY"] == making.said(nation)
    lacking = nation.holders - nation.transformed
    assert nation.needed == -(-lacking * 100 // 19)


def test_the_same_day_gives_the_same_rows_again(made) -> None:
    before = kept()
    assert making.make(TODAY) == made
    assert kept() == before


def test_another_day_is_kept_beside_and_the_newest_is_read(made) -> None:
    making.make(EARLIER)
    nation = Region.objects.get(code="000000")
    asked = {"tier": "little_giant", "definition": CoverageDefinition.objects.get()}
    assert reading.latest(nation, **asked).made_on == TODAY
    assert reading.latest(nation, **asked, on=EARLIER).made_on == EARLIER
    assert reading.latest(nation, tier="srdi", definition=asked["definition"]) is None


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        ([], []),
        # the last of each month stays, and all of the last sixty days
        (["2026-03-02", "2026-03-30", "2026-04-06", "2026-05-01", "2026-05-04", "2026-06-29"],
         ["2026-03-02"]),
        (["2026-04-06", "2026-04-30", "2026-05-01"], ["2026-04-06"]),
        (["2025-12-31", "2026-12-30"], []),
    ],
)  # fmt: skip
def test_old_forecasts_are_dropped_but_the_last_of_each_month(days, gone) -> None:
    asked = [dt.date.fromisoformat(day) for day in days]
    found = pruning.superseded(asked, TODAY, genuine=asked)
    assert [day.isoformat() for day in found] == gone


def made_then(*but: str) -> None:
    """Let all forecasts be made on the days they are of, but some."""
    for day in Forecast.objects.order_by().values_list("made_on", flat=True).distinct():
        if day.isoformat() not in but:
            noon = dt.datetime.combine(day, dt.time(4), dt.UTC)
            Forecast.objects.filter(made_on=day).update(made_at=noon)


def test_the_night_drops_old_forecasts(made) -> None:
    of_today = Forecast.objects.count()
    for day in ("2026-01-05", "2026-01-26", "2026-01-30"):
        rows = list(Forecast.objects.filter(made_on=TODAY))
        for row in rows:
            row.pk, row.made_on = None, dt.date.fromisoformat(day)
        Forecast.objects.bulk_create(rows)
    made_then("2026-01-30")  # with hindsight: no record of anything
    definitions.load()
    taken = checking.conduct(TODAY)
    assert taken["forecasts_dropped"] == 2 * of_today
    days = set(Forecast.objects.values_list("made_on", flat=True))
    assert days == {TODAY, dt.date(2026, 1, 26)}


def test_earlier_forecasts_are_held_against_what_came(made, signed_in) -> None:
    nation = Region.objects.get(code="000000")
    asked = {"tier": "little_giant", "definition": CoverageDefinition.objects.get(code="L1_ANY")}
    assert reading.record(nation, **asked) == []
    definitions.load()
    coverage.take_snapshot(TODAY)
    came = coverage.rate_of(
        *CoverageSnapshot.objects.values_list("transformed", "total").get(region=nation, **asked)
    )
    first = Forecast.objects.get(region=nation)
    point = [came - 90_000, came - 60_000, came - 40_000, came - 10_000, came + 1]
    for day, version in (
        ("2026-01-05", 1),
        ("2026-01-31", 1),
        ("2026-02-20", 2),
        ("2026-02-25", 1),
        ("2026-06-10", 2),
    ):
        first.pk, first.made_on, first.definition_version = (
            None,
            dt.date.fromisoformat(day),
            version,
        )
        first.fan = [["2026-05-31", 60, *[came - 200_000] * 5], [str(TODAY), 60, *point]]
        first.save()
    made_then("2026-02-25")  # made later, knowing what came
    found = reading.record(nation, **asked)
    assert [(str(one.made_on), one.months, one.version) for one in found] == [
        ("2026-02-20", 4, 2), ("2026-01-31", 5, 1),
    ]  # fmt: skip
    assert [(one.low, one.middle, one.high) for one in found] == [
        (came - 90_000, came - 40_000, came + 1)
    ] * 2
    assert [(one.off, one.inside) for one in found] == [(400, True)] * 2
    page = {"definition": "L1_ANY"}
    text = signed_in("nation", code="000000").get(FORECAST, page).content.decode()
    assert "version 2 of the definition" in text
    between = reading.at(first, dt.date(2026, 6, 15))
    assert between == (came - 145_000, came - 120_000, came - 100_000 + 1)
    assert reading.at(first, dt.date(2026, 7, 1)) is None


def test_what_was_forecast_then_is_not_made_anew_with_hindsight(made, signed_in) -> None:
    made_then()
    rows = kept()
    later = TODAY + dt.timedelta(days=10)
    with time_machine.travel(dt.datetime.combine(later, dt.time(4), dt.UTC), tick=False):
        with pytest.raises(ValidationError, match="What was forecast on 2026-06-30 stands"):
            making.make(TODAY)
        answer = signed_in("nation", code="000000").post(RUN, {"on": str(TODAY)}, follow=True)
        assert "What was forecast on 2026-06-30 stands" in answer.content.decode()
    assert kept() == rows
    assert not JobRun.objects.exists()


def test_a_day_to_come_and_missing_definitions_are_refused(land) -> None:
    with pytest.raises(ValidationError, match="future"):
        making.make(TODAY + dt.timedelta(days=1))
    CoverageDefinition.objects.all().delete()
    with pytest.raises(ValidationError, match="load_seeds"):
        making.make(TODAY)


def test_with_hardly_any_firms_nothing_is_said(land, firm, signed_in) -> None:
    Enterprise.objects.all().delete()
    firm()
    making.make(TODAY)
    row = Forecast.objects.get(region__code="000000")
    assert (row.method, row.middle, row.chance, row.fan, row.total) == (
        "too_little", None, None, [], 1,
    )  # fmt: skip
    page = signed_in("nation", code="000000").get(FORECAST).content.decode()
    assert "Too little to say" in page
    assert "too little to say" in page  # in the parts as well


def test_parts_come_with_the_likeliest_to_miss_first(made) -> None:
    row = Forecast.objects.get(region__code="000000")
    missing = [part.missing for part in reading.parts(row)]
    assert missing == sorted(missing, reverse=True)


def test_a_run_makes_the_forecast_once(made, django_capture_on_commit_callbacks) -> None:
    Forecast.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        run = forecast_this_week()
    job = JobRun.objects.get(pk=run)
    assert (job.status, job.kind, job.result) == ("done", "forecast_coverage", made)
    assert set(Forecast.objects.values_list("job", flat=True)) == {run}
    forecast_coverage(run)
    assert JobRun.objects.get(pk=run).attempts == 1


@pytest.mark.parametrize(
    ("role", "code", "may"),
    [("nation", "000000", True), ("county", "440106", False), ("auditor", "000000", False)],
)
def test_deciding_officers_of_nation_and_provinces_start_a_forecast(
    signed_in, seated, role, code, may
) -> None:
    client = signed_in(role, code=code)
    answer = client.post(RUN, {"on": "2026-06-30"})
    assert (answer.status_code, JobRun.objects.count()) == ((302, 1) if may else (403, 0))
    if not may:
        with pytest.raises(PermissionDenied):
            making.begin(TODAY, by=seated("city", code="440100"))


@pytest.mark.parametrize(
    "on", ["2027-01-01", "nonsense", "\0", "0000-00-00", "9999-99-99", "0001-01-01", "2026-06-30T9"]
)
def test_a_day_that_cannot_be_is_refused_in_words(signed_in, on) -> None:
    client = signed_in("nation", code="000000")
    answer = client.post(RUN, {"on": on}, follow=True)
    assert (answer.status_code, JobRun.objects.count()) == (200, 0)
    assert re.search("future|Day: “.*” is not a day of the years", answer.content.decode())


def test_the_command_prints_the_back_test_beside_the_baselines(land) -> None:
    out = io.StringIO()
    call_command("forecast_coverage", "--backtest", stdout=out)
    text = out.getvalue()
    assert text.startswith("Forecast on 2026-06-30: ")
    assert re.search(r"2027-12-31: [\d.]+% \([\d.]+–[\d.]+%\); chance of 100%: [\d.]+%", text)
    assert re.search(r"off by [\d.]+ points on average; straight line [\d.]+, logistic", text)
    assert re.search(r"000000 +[\d.]+%  off by: forecast [\d.]+  line [\d.]+  logistic", text)
    kept_before = Forecast.objects.count()
    call_command("forecast_coverage", "--until", "2028-06-30", stdout=out)
    assert "  2028-06-30: " in out.getvalue()
    assert Forecast.objects.count() == kept_before
    with pytest.raises(CommandError, match="is not a day"):
        call_command("forecast_coverage", "--on", "soon")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["What the forecast assumes", "How it did: the last year hidden", "Chance of"]),
        ("zh-hans", ["全国", "广东省"]),
    ],
)
def test_the_page_says_what_is_expected_and_what_it_assumes(
    made, signed_in, language, words
) -> None:
    text = signed_in("nation", language, code="000000").get(FORECAST).content.decode()
    row = Forecast.objects.get(region__code="000000")
    assert [word for word in words if word not in text] == []
    assert f"{row.middle / 10_000:.1f}%" in text
    assert 'role="img" aria-labelledby="fan-title fan-desc"' in text
    assert 'style="' not in text


@pytest.mark.parametrize("name", ["fan", "parts", "backtest", "record"])
def test_each_table_is_handed_out_as_a_file_and_noted(made, signed_in, name) -> None:
    client = signed_in("nation", code="000000")
    asked = {"table": name, "on": TODAY.isoformat(), "definition": "L1_ANY"}
    answer = client.post(EXPORT, {**asked, "format": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    row = Forecast.objects.get(region__code="000000")
    number = {
        "fan": len(row.fan) + 1,
        "parts": 4,
        "backtest": len(reading.tested(row, reading.parts(row))),
        "record": 0,
    }[name]
    assert (len(lines) - 1, answer["Content-Disposition"]) == (
        number, f'attachment; filename="forecast-{name}-000000-20260630.csv"',
    )  # fmt: skip
    noted = JobRun.objects.get().params["filters"]
    assert (noted["list"], noted["on"]) == (f"forecast:{name}", "2026-06-30")
    sheet = client.post(EXPORT, {**asked, "format": "xlsx"})
    assert b"".join(sheet.streaming_content)[:2] == b"PK"
    sheet.close()


def test_nothing_unknown_or_out_of_sight_is_handed_out(made, signed_in, firm) -> None:
    client = signed_in("city", code="440100")
    answers = [
        client.post(EXPORT, asked).status_code
        for asked in (
            {"table": "all"},
            {"table": "fan", "region": "440300"},
            {"table": "fan", "region": "\0"},
            {"table": "fan", "on": "2026-01-01"},
            {"table": "fan", "on": "0001-01-01"},
        )
    ]
    assert answers == [404, 404, 404, 404, 200]
    assert signed_in("owner", of=firm()).post(EXPORT, {"table": "fan"}).status_code == 403


def test_a_page_costs_the_same_with_one_part_and_with_many(
    made, signed_in, django_assert_num_queries
) -> None:
    client = signed_in("nation", code="000000")
    client.get(FORECAST)
    with django_assert_num_queries(13):
        assert len(client.get(FORECAST).context["parts"]) == 3
    Forecast.objects.filter(region__code__in=["110000", "440300"]).delete()
    with django_assert_num_queries(13):
        assert len(client.get(FORECAST).context["parts"]) == 1


def test_nobody_sees_the_forecast_of_a_region_out_of_sight(made, signed_in, firm) -> None:
    client = signed_in("city", code="440100")
    assert client.get(FORECAST).context["forecast"].region.code == "440100"
    assert client.get(FORECAST, {"region": "440300"}).status_code == 404
    assert client.get(FORECAST, {"region": "000000"}).status_code == 404
    client = signed_in("owner", of=firm())
    assert client.get(FORECAST).status_code == 403


@pytest.mark.parametrize(
    ("errors", "inside", "said", "narrow"),
    [
        ((500, 600, 700), 800_000, "The forecast was least off.", False),
        ((600, 600, 700), 700_000, "The forecast was least off.", False),
        ((600, 500, 700), 699_999, "The straight line was less off than the forecast.", True),
        ((600, 700, 500), 0, "The logistic curve was less off than the forecast.", True),
    ],
)
def test_the_page_says_who_was_least_off_and_where_ranges_were_too_narrow(
    errors, inside, said, narrow
) -> None:
    summary = {**dict(zip(backtest.WAYS, errors, strict=True)), "inside80": inside}
    assert (wording.best(summary), wording.narrow(summary)) == (said, narrow)
    assert (wording.best(None), wording.narrow(None)) == ("", False)
