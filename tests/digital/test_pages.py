from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse

from cultivation.digital import coverage, projects
from cultivation.digital.models import CoverageSnapshot, MaturityAssessment
from enterprises.jobs.models import JobRun
from tests.digital.conftest import TODAY, answers, assess

COVERAGE, FIRMS, RUN = (reverse(f"digital:{n}") for n in ("coverage", "firms", "coverage_run"))


@pytest.fixture
def signed_in(client, seated):
    """Give a function that signs a seat's user in and returns the client."""

    def sign_in(role: str, **seat):
        client.force_login(seated(role, **seat))
        client.cookies["django_language"] = "en"
        return client

    return sign_in


def parts(response) -> dict[str, tuple[int, int, int, int]]:
    return {
        row.region.code if row.region else "": (
            row.figure.total,
            row.figure.transformed,
            row.figure.not_transformed,
            row.figure.not_assessed,
        )
        for row in response.context["parts"]
    }


def test_a_stranger_is_sent_to_the_sign_in(client, places) -> None:
    for url in (COVERAGE, FIRMS, reverse("digital:sources")):
        response = client.get(url)
        assert (response.status_code, response.url) == (302, f"/accounts/login/?next={url}")


def test_enterprise_staff_and_experts_have_no_coverage_page(signed_in, firm) -> None:
    assert signed_in("owner", of=firm()).get(COVERAGE).status_code == 403
    assert signed_in("expert").get(COVERAGE).status_code == 403


def test_the_page_shows_all_definitions_with_rule_and_confidence(signed_in, firm) -> None:
    assess(firm(), 2)
    firm("440305")
    coverage.take_snapshot(TODAY)
    text = signed_in("nation", code="000000").get(COVERAGE).content.decode()
    assert "No official formula is known." in text
    assert re.findall(r'class="measure__rate">([\d.]+%)', text) == [
        "50.0%",
        "0.0%",
        "0.0%",
        "50.0%",
        "0.0%",
    ]
    assert text.count("inferred, unverified") == 2
    assert text.count("rule read in sources") == 3
    assert 'style="' not in text


def test_the_chart_says_in_words_what_it_shows(signed_in, firm) -> None:
    assess(firm(), 2)
    coverage.take_snapshot(dt.date(2026, 4, 3))
    text = signed_in("nation", code="000000").get(COVERAGE).content.decode()
    assert 'role="img" aria-labelledby="plot-title plot-desc"' in text
    assert "Coverage in 000000, Level 2+, assessed on site</title>" in text
    assert (
        "On 2026-04-03 100.0% were transformed; the path asks for 50.0% then "
        "and for 100% on 2027-12-31.</desc>"
    ) in text


@pytest.mark.parametrize(
    ("role", "code", "home"),
    [
        ("nation", "000000", {"110000", "440000", "440300", "810000"}),
        ("auditor", "000000", {"110000", "440000", "440300", "810000"}),
        ("province", "440000", {"440100"}),
        ("city", "440100", {"440106"}),
        ("county", "440106", set()),
    ],
)
def test_everyone_starts_from_the_own_region(signed_in, firm, role, code, home) -> None:
    firm("440106")
    firm("440305")
    coverage.take_snapshot(TODAY)
    response = signed_in(role, code=code).get(COVERAGE)
    assert response.context["overview"].region.code == code
    assert set(parts(response)) == home


@pytest.mark.parametrize(
    ("role", "code", "wanted", "status"),
    [
        ("county", "440106", "440100", 404),
        ("county", "440106", "440103", 404),
        ("province", "440000", "440300", 404),
        ("province", "440000", "000000", 404),
        ("province", "440000", "440106", 200),
        ("nation", "000000", "440305", 200),
        ("nation", "000000", "999999", 404),
    ],
)
@pytest.mark.parametrize("url", [COVERAGE, FIRMS])
def test_regions_out_of_sight_are_not_found(
    signed_in, firm, role, code, wanted, status, url
) -> None:
    firm("440305")
    firm("440106")
    coverage.take_snapshot(TODAY)
    assert signed_in(role, code=code).get(url, {"region": wanted}).status_code == status


def test_parts_and_what_stands_at_the_region_itself_add_up(signed_in, firm) -> None:
    firm("440204")
    assess(firm("440200"), 2)
    coverage.take_snapshot(TODAY)
    client = signed_in("province", code="440000")
    assert parts(client.get(COVERAGE)) == {"440200": (2, 1, 0, 1)}
    assert parts(client.get(COVERAGE, {"region": "440200"})) == {
        "440204": (1, 0, 0, 1),
        "": (1, 1, 0, 0),
    }


def test_parts_are_sorted_by_the_gap(signed_in, firm) -> None:
    firm("440305")
    firm("440106")
    firm("440106")
    coverage.take_snapshot(TODAY)
    response = signed_in("nation", code="000000").get(COVERAGE, {"sort": "gap"})
    assert [row.region.code for row in response.context["parts"]][:2] == ["440000", "440300"]


def test_an_older_snapshot_and_another_tier_can_be_chosen(signed_in, firm) -> None:
    one = firm(title="srdi")
    coverage.take_snapshot(dt.date(2026, 1, 1))
    assess(one, 2, assessed_on=dt.date(2026, 2, 1))
    coverage.take_snapshot(TODAY)
    client = signed_in("nation", code="000000")
    for on, transformed in (("2026-01-01", 0), ("2026-06-30", 1), ("nonsense", 1)):
        figure = client.get(COVERAGE, {"tier": "srdi", "on": on}).context["overview"].figure
        assert (figure.total, figure.transformed) == (1, transformed)
    assert client.get(COVERAGE, {"tier": "none"}).context["overview"].tier == "little_giant"


def test_without_a_snapshot_the_page_says_so(signed_in, places) -> None:
    text = signed_in("nation", code="000000").get(COVERAGE).content.decode()
    assert "No snapshot of this region yet" in text


def test_the_page_takes_the_same_queries_for_one_region_and_for_many(
    signed_in, firm, django_assert_num_queries
) -> None:
    client = signed_in("nation", code="000000")

    def queries(expected: int) -> None:
        coverage.take_snapshot(TODAY)
        with django_assert_num_queries(expected):
            assert client.get(COVERAGE).status_code == 200

    firm("440106")
    queries(11)
    for code in ("110101", "440305", "440204"):
        firm(code)
    queries(11)


def test_the_list_behind_a_figure_takes_the_same_queries_for_one_firm_and_for_three(
    signed_in, firm, django_assert_num_queries
) -> None:
    client = signed_in("nation", code="000000")
    for _ in (1, 3):
        assess(firm(), 2)
        coverage.take_snapshot(TODAY)
        with django_assert_num_queries(12):
            assert client.get(FIRMS, {"group": "transformed"}).status_code == 200
        firm("440305")


def names(response) -> list[str]:
    return [firm.name for firm in response.context["page"].rows]


def test_each_group_lists_its_firms(signed_in, firm) -> None:
    done, behind, unknown = firm(), firm(), firm()
    assess(done, 2)
    assess(behind, 1)
    coverage.take_snapshot(TODAY)
    client = signed_in("county", code="440106")
    assert names(client.get(FIRMS)) == [done.name, behind.name, unknown.name]
    assert names(client.get(FIRMS, {"group": "transformed"})) == [done.name]
    assert names(client.get(FIRMS, {"group": "not_transformed"})) == [behind.name]
    assert names(client.get(FIRMS, {"group": "not_assessed"})) == [unknown.name]
    assert names(client.get(FIRMS, {"q": behind.name[:6]})) == [behind.name]


def test_the_list_holds_firms_of_the_own_region_alone(signed_in, firm) -> None:
    own = firm("440106")
    firm("440103")
    coverage.take_snapshot(TODAY)
    assert names(signed_in("county", code="440106").get(FIRMS)) == [own.name]


def test_the_list_tells_where_it_differs_from_the_snapshot(signed_in, firm) -> None:
    one = firm()
    coverage.take_snapshot(TODAY)
    client = signed_in("county", code="440106")
    warning = "The snapshot counted 1; with what is known now it is 0."
    query = {"group": "not_assessed"}
    assert warning not in client.get(FIRMS, query).content.decode()
    assess(one, 2)
    assert warning in client.get(FIRMS, query).content.decode()


def test_an_officer_starts_a_check_from_the_page(
    signed_in, firm, django_capture_on_commit_callbacks
) -> None:
    firm()
    client = signed_in("province", code="440000")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(RUN, {"on": "2026-05-05"})
    run = JobRun.objects.get()
    assert response.url == reverse("jobs:detail", args=[run.pk])
    assert run.status == "done"
    assert CoverageSnapshot.objects.filter(on=dt.date(2026, 5, 5)).exists()


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2026-07-01", "Coverage on 2026-07-01 cannot be counted yet"),
        ("<b>", "Day: “&lt;b&gt;” is not a day of the years 2000 to 2100"),
    ],
)
def test_a_day_that_cannot_be_checked_is_refused_with_a_message(
    signed_in, places, day, message
) -> None:
    response = signed_in("nation", code="000000").post(RUN, {"on": day}, follow=True)
    assert message in response.content.decode()
    assert not JobRun.objects.exists()


def test_a_county_officer_and_an_auditor_may_not_start_a_check(client, seated, places) -> None:
    for user in (seated("county", code="440106"), seated("auditor", code="000000")):
        client.force_login(user)
        assert client.post(RUN).status_code == 403
    assert not JobRun.objects.exists()


def test_the_goals_and_the_index_are_shown_with_what_is_unverified(signed_in, places) -> None:
    text = signed_in("auditor", code="000000").get(reverse("digital:sources")).content.decode()
    assert "Digital transformation of all little giants" in text
    assert "CNC rate of key processes, above-scale industrial SMEs <span" in " ".join(text.split())
    assert (
        text.count(">unverified<") == 2 + 1 + 2 + 4 + 1
    )  # definitions, path, goals, levels, option


def of(firm, name: str = "of_enterprise", *more) -> str:
    return reverse(f"digital:{name}", args=[firm.pk, *more])


def test_the_enterprise_page_explains_the_level_and_the_next_one(signed_in, firm) -> None:
    one = firm()
    given = answers({1: "BCDE", 2: "E", 3: "E", 5: "D", 9: "BCD"}, [2, 2, 1, 1, 2, 1] + [0] * 10)
    assess(one, 1, score=3312, answers=given)
    text = " ".join(signed_in("county", code="440106").get(of(one)).content.decode().split())
    assert "Still missing for “Standardised”" in text
    assert "<li>3 more scenarios at level 2, 2 of them binding</li>" in text
    assert "<li>6.875 points more, in Digital management or Digital foundation alone</li>" in text
    assert "Marketing &amp; sales *: 1 → 2" in text


def test_the_enterprise_page_takes_the_same_queries_for_one_row_and_for_three(
    signed_in, firm, seated, django_assert_num_queries
) -> None:
    one = firm()
    officer = seated("city", code="440100")
    client = signed_in("county", code="440106")
    for number in (1, 3):
        for _ in range(number):
            assess(one, 2)
            projects.register(one, name="改造", started_on=TODAY, by=officer)
        with django_assert_num_queries(10):
            assert client.get(of(one)).status_code == 200


def test_pages_of_an_enterprise_out_of_sight_are_not_found(signed_in, firm) -> None:
    other = firm("440305")
    row = assess(other, 2)
    client = signed_in("county", code="440106")
    pages = [of(other), of(other, "assess", "on-site"), of(other, "result")]
    pages += [of(other, "project_new"), of(other, "assessment", row.pk)]
    assert [client.get(page).status_code for page in pages] == [404] * 5


def test_an_assessment_is_shown_under_its_own_enterprise_alone(signed_in, firm) -> None:
    one, other = firm(), firm()
    row = assess(one, 2)
    client = signed_in("county", code="440106")
    assert client.get(of(one, "assessment", row.pk)).status_code == 200
    assert client.get(of(other, "assessment", row.pk)).status_code == 404


def test_an_assessment_shows_every_answer_with_its_points(signed_in, firm) -> None:
    one = firm()
    row = assess(one, 0, score=562, answers=answers({9: "BCD"}, [0] * 16))
    page = signed_in("county", code="440106").get(of(one, "assessment", row.pk))
    assert [a["points"] for a in page.context["answers"]] == ["0"] * 8 + ["5.625"] + ["0"] * 6
    assert "5.625 / 7.5" in page.content.decode()


def test_officers_enter_a_result_from_a_report(signed_in, firm) -> None:
    one = firm()
    data = {"index_version": "2024", "level": "3", "score": "61.5", "assessed_on": "2026-06-01"}
    client = signed_in("city", code="440100")
    refused = client.post(of(one, "result"), data)
    assert "This field is required." in refused.content.decode()
    assert client.post(of(one, "result"), data | {"assessor": "某评定机构"}).url == of(one)
    row = MaturityAssessment.objects.get()
    assert (row.way, row.level, row.score, row.assessor) == ("on_site", 3, 6150, "某评定机构")


def test_staff_have_no_on_site_form(signed_in, firm) -> None:
    one = firm()
    assert signed_in("owner", of=one).get(of(one, "assess", "on-site")).status_code == 403


def test_officers_have_no_self_assessment_and_auditors_no_form(
    signed_in, firm, client, seated
) -> None:
    one = firm()
    assert signed_in("county", code="440106").get(of(one, "assess", "self")).status_code == 403
    client.force_login(seated("auditor", code="000000"))
    for page in (("assess", "self"), ("assess", "on-site"), ("result",), ("project_new",)):
        assert client.get(of(one, *page)).status_code == 403
    assert client.get(of(one)).status_code == 200


def test_a_way_or_step_that_does_not_exist_is_not_found(signed_in, firm, seated) -> None:
    one = firm()
    client = signed_in("county", code="440106")
    assert client.get(of(one, "assess", "guess")).status_code == 404
    project = projects.register(
        one, name="改造", started_on=TODAY, by=seated("city", code="440100")
    )
    assert client.post(of(one, "project_step", project.pk, "undo")).status_code == 404


def test_pages_are_in_chinese_unless_asked_otherwise(client, seated, firm) -> None:
    firm()
    coverage.take_snapshot(TODAY)
    client.force_login(seated("nation", code="000000"))
    text = client.get(COVERAGE, headers={"accept-language": "zh-hans"}).content.decode()
    assert "二级及以上（现场评定）" in text
