"""Pages of scenarios: who sees which, what they say, what cannot be typed, what is handed out."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.conf import settings
from django.urls import reverse
from python_calamine import CalamineWorkbook

from cultivation.standards import editions, scenario_pages, scenarios, shelf
from cultivation.standards.models import Edition, Scenario, Snapshot
from cultivation.standards.simulating import simulate
from cultivation.standards.tallies import COUNTS, tally
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Enterprise
from tests.standards.registry_frames import AS_OF, PLACES, kept, worked_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

    from enterprises.accounts.models import User
    from enterprises.places.models import Region

CODE = "innovative_2022"
NAMES = ("simulations", "simulation_compare")
OF_ONE = ("simulation", "simulation_edit", "simulation_firms")
POSTS = ("run", "copy", "delete", "export", "firms_export")


@pytest.fixture
def snapshot(loaded: list[Edition], region: Callable[[str], Region]) -> Snapshot:
    """Give a registry of worked cases, in the database by name and as facts of a day."""
    for path in ("", "32", "44", "3205"):
        made = region(path)
        made.is_unit = len(path) == 2
        made.save()
    frame = worked_registry(Edition.objects.get(code=CODE), times=3, seed=7)
    places = {path: region(path) for path in PLACES}
    Enterprise.objects.bulk_create(
        Enterprise(
            pk=row["enterprise"],
            credit_code=f"{row['enterprise']:018d}",
            name=f"虚构企业{row['enterprise']}",
            name_key=f"虚构企业{row['enterprise']}",
            fictional=True,
            region=places[row["region_path"]],
            region_path=row["region_path"],
            tier=row["tier"],
        )
        for row in frame.iter_rows(named=True)
    )
    return kept(frame)


@pytest.fixture
def nation(user: Callable[..., User], region: Callable[[str], Region]) -> User:
    return user("nation", may_decide=True)


@pytest.fixture
def jiangsu(user: Callable[..., User]) -> User:
    return user("province", "32", may_decide=True)


@pytest.fixture
def made(
    snapshot: Snapshot, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Callable[..., Scenario]:
    """Give a function that makes and computes a scenario."""

    def make(by: User, path: str = "", *changes: dict[str, Any], **fields: Any) -> Scenario:
        edition = Edition.objects.get(code=CODE)
        said = {
            "name": "虚构情景",
            "region_path": path,
            "as_of": AS_OF,
            "changes": list(changes) or [loosest(edition)],
            "note": "",
        }
        with django_capture_on_commit_callbacks(execute=True):
            scenario = scenarios.create(edition, said | fields, by=by)
            scenarios.begin(scenario, by=by)
        scenario.refresh_from_db()
        return scenario

    return make


def loosest(edition: Edition) -> dict[str, Any]:
    """Return a line of points that nearly everybody reaches."""
    return {"of": requirement(edition), "points_at_least": "20"}


def requirement(edition: Edition) -> str:
    root = editions.policy(edition).root
    return next(c.code for c in root.walk() if c.line and c.need == "sum")


def page(name: str, scenario: Scenario | None = None) -> str:
    return reverse(f"standards:{name}", args=[scenario.pk] if scenario else [])


def test_only_who_decides_for_nation_or_province_comes_in(
    client: Client, user: Callable[..., User], made: Callable[..., Scenario], nation: User
) -> None:
    scenario = made(nation)
    outsiders = [
        user("province", "44", may_decide=False),
        user("city", "3205", may_decide=True),
        user("expert"),
        user("auditor", ""),
        user("owner", enterprise=Enterprise.objects.first()),
    ]
    new = reverse("standards:simulation_new", args=[CODE])
    addresses = [page(name) for name in NAMES] + [new]
    addresses += [page(name, scenario) for name in OF_ONE]
    posts = [page(f"simulation_{name}", scenario) for name in POSTS] + [new]
    for address in addresses:
        assert client.get(address).status_code == 302, address
    for outsider in outsiders:
        client.force_login(outsider)
        first = outsider is outsiders[0]
        seen = {client.get(address).status_code for address in addresses[: None if first else 1]}
        sent = {client.post(address).status_code for address in posts[: None if first else 1]}
        assert seen == sent == {403}, outsider
    assert Scenario.objects.count() == 1


def test_a_province_sees_nothing_of_the_nation_or_of_another(
    client: Client, user: Callable[..., User], made: Callable[..., Scenario], nation: User,
    jiangsu: User,
) -> None:  # fmt: skip
    national, other, own = made(nation), made(nation, "44"), made(jiangsu, "32")
    client.force_login(jiangsu)
    text = client.get(page("simulations")).text
    assert text.count('name="s"') == 1
    for hidden in (national, other):
        for name in OF_ONE:
            assert client.get(page(name, hidden)).status_code == 404
        for name in POSTS:
            assert client.post(page(f"simulation_{name}", hidden)).status_code == 404
    address = f"{page('simulation_compare')}?s={own.pk}&s={national.pk}"
    assert client.get(address).status_code == 302  # the other is not there for them
    assert own.result["totals"]["firms"] < national.result["totals"]["firms"]
    listed = client.get(page("simulation_firms", own) + "?list=qualify&unit=44")
    assert listed.context["total"] == 0
    ids = [f.enterprise.region_path for f in client.get(
        page("simulation_firms", own) + "?list=qualify").context["firms"]]  # fmt: skip
    assert ids
    assert all(path.startswith("32") for path in ids)
    assert Scenario.objects.count() == 3


def test_a_province_cannot_look_beyond_itself(
    client: Client, snapshot: Snapshot, jiangsu: User
) -> None:
    client.force_login(jiangsu)
    address = reverse("standards:simulation_new", args=[CODE])
    for path in ("", "44", "4401"):
        answer = client.post(address, typed(region_path=path))
        assert answer.status_code == 400, path
    assert not Scenario.objects.exists()
    assert 'name="units"' not in client.get(address).text


def typed(**more: Any) -> dict[str, Any]:
    return {"name": "更宽", "region_path": "", "as_of": AS_OF.isoformat(), **more}


def test_typed_thresholds_become_a_computed_scenario(
    client: Client, nation: User, snapshot: Snapshot,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    client.force_login(nation)
    edition = Edition.objects.get(code=CODE)
    code = requirement(edition)
    address = reverse("standards:simulation_new", args=[CODE])
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(address, typed(units=["32", "44"], **{f"l:{code}": " 45 "}))
    scenario = Scenario.objects.get()
    assert answer.url == page("simulation", scenario)
    assert scenario.changes == [{"of": code, "points_at_least": "45", "units": ["32", "44"]}]
    assert scenario.snapshot == snapshot
    assert scenario.rules_hash == editions.rules(edition).sha256
    said = editions.policy(edition)
    changes = scenarios.amendments(said, scenario.changes)
    assert scenario.result == tally(simulate(snapshot, said, changes, as_of=AS_OF))
    assert scenario.job is not None
    assert scenario.job.result["gains"] == scenario.result["totals"]["gains"] > 0
    client.cookies["django_language"] = "en"
    text = client.get(page("simulation", scenario)).text
    assert f"{scenario.result['totals']['gains']} gain" in text
    assert "at least 45 points" in text
    again = client.get(page("simulation_edit", scenario)).text
    assert f'name="l:{code}" value="45"' in again


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("l:{line}", "viele", "“viele” is not a number. Write digits, as 65 or 0.5."),
        ("l:{line}", "60.125", "“60.125” is too fine. Use at most 2 decimals."),
        ("l:{line}", "-1", "“-1” is out of range. Write 0 to 10000."),
        ("l:{line}", "9000", "More points are asked for than the parts can give. Ask for fewer."),
        ("l:{line}", "NaN", "“NaN” is not a number. Write digits, as 65 or 0.5."),
        ("t:{ratio}", "1001", "“1001” is out of range. Write -1000 to 1000."),
        ("b:{bands}:1", "0", "The bands must go from the hardest edge"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_input(
    client: Client, nation: User, snapshot: Snapshot, cell: str, value: str, said: str
) -> None:
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    edition = Edition.objects.get(code="srdi_2022")
    every = list(editions.policy(edition).root.walk())
    names = {
        "line": next(c.code for c in every if c.line and c.need == "sum"),
        "ratio": next(c.code for c in every if c.comparison and c.quantity
                      and c.quantity.shape == "ratio"),
        "bands": next(c.code for c in every if len(c.bands) > 1
                      and c.bands[0].comparison.order == "at_least"),
    }  # fmt: skip
    name = cell.format(**names)
    address = reverse("standards:simulation_new", args=["srdi_2022"])
    answer = client.post(address, typed(**{name: value}))
    assert answer.status_code == 400
    assert said in answer.text.replace("&quot;", '"')
    assert 'href="#' in answer.text
    assert f'value="{value}"' in answer.text  # what was typed stays
    assert not Scenario.objects.exists()


def test_nothing_changed_or_both_at_once_is_refused(
    client: Client, nation: User, snapshot: Snapshot
) -> None:
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    address = reverse("standards:simulation_new", args=[CODE])
    code = requirement(Edition.objects.get(code=CODE))
    assert "Nothing is changed" in client.post(address, typed()).text
    both = client.post(address, typed(**{f"l:{code}": "50", f"w:{code}": "on"}))
    assert "left out and changed at once" in both.text
    assert not Scenario.objects.exists()


def test_two_editors_do_not_overwrite_each_other(
    client: Client, nation: User, made: Callable[..., Scenario]
) -> None:
    scenario = made(nation)
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    code = requirement(scenario.edition)
    first = typed(version=1, **{f"l:{code}": "50"})
    assert client.post(page("simulation_edit", scenario), first).status_code == 302
    late = client.post(page("simulation_edit", scenario), first | {"name": "zu spät"})
    assert late.status_code == 400
    assert "Somebody changed this record" in late.text
    scenario.refresh_from_db()
    assert (scenario.name, scenario.version) == ("更宽", 2)


def test_a_changed_question_voids_the_answer_and_another_name_does_not(
    nation: User, made: Callable[..., Scenario]
) -> None:
    scenario = made(nation)
    said = {name: getattr(scenario, name) for name in scenarios.FIELDS} | {"name": "anders"}
    assert scenarios.change(scenario, said, by=nation, version=1).result
    said["region_path"] = "32"
    changed = scenarios.change(scenario, said, by=nation, version=2)
    assert (changed.result, changed.snapshot, changed.version) == ({}, None, 3)


def test_only_its_maker_changes_or_deletes_a_scenario_others_copy_it(
    client: Client, nation: User, jiangsu: User, made: Callable[..., Scenario]
) -> None:
    scenario = made(jiangsu, "32")
    client.force_login(nation)
    assert client.get(page("simulation_edit", scenario)).status_code == 403
    assert client.post(page("simulation_edit", scenario), typed()).status_code == 403
    assert client.post(page("simulation_delete", scenario)).status_code == 403
    client.post(page("simulation_copy", scenario))
    copied = Scenario.objects.get(made_by=nation)
    assert (copied.result, copied.region_path) == (scenario.result, "32")
    client.post(page("simulation_delete", copied))
    assert list(Scenario.objects.all()) == [scenario]


def test_what_is_out_of_date_says_so_and_is_computed_again(
    client: Client, nation: User, made: Callable[..., Scenario],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    scenario = made(nation)
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    assert scenarios.state(scenario).is_current
    newer = kept(worked_registry(scenario.edition, times=1, seed=9))
    assert scenarios.state(scenario).facts_changed
    assert "Computed on facts of 2024-05-06" in client.get(page("simulation", scenario)).text
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page("simulation_run", scenario))
    scenario.refresh_from_db()
    assert scenario.snapshot == newer
    assert scenarios.state(scenario).is_current
    Scenario.objects.update(rules_hash="other")
    assert "The rules of this edition changed" in client.get(page("simulation", scenario)).text
    listed = client.get(page("simulation_firms", scenario), follow=True)
    assert "Compute it again first" in listed.text


def test_a_list_of_facts_that_are_gone_says_so(
    client: Client, nation: User, made: Callable[..., Scenario]
) -> None:
    scenario = made(nation)
    shutil.rmtree(Path(settings.SNAPSHOT_DIR) / "bases")
    assert scenario.snapshot is not None
    for _unit, sha256, _rows in scenario.snapshot.parts:
        shelf.path_of(str(sha256)).unlink()
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    listed = client.get(page("simulation_firms", scenario), follow=True)
    assert "no longer kept" in listed.text


def test_a_result_of_a_question_changed_meanwhile_is_not_kept(
    nation: User, made: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = made(nation)
    Scenario.objects.update(result={}, snapshot=None)
    run = JobRun.objects.get()

    class Slow:
        result: dict[str, Any] = {}

        def __init__(self) -> None:
            self.run = run

        def report(self, *_: Any, **__: Any) -> None:
            Scenario.objects.update(version=9)

        def log(self, text: str) -> None:
            pass

    scenarios.compute(scenario.pk, progress=Slow())  # type: ignore[arg-type]
    scenario.refresh_from_db()
    assert scenario.result == {}
    assert Slow.result["kept"] is False


def test_scenarios_stand_side_by_side_and_say_where_they_differ(
    client: Client, nation: User, made: Callable[..., Scenario]
) -> None:
    one = made(nation)
    other = made(nation, "32", name="江苏情景")
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    answer = client.get(f"{page('simulation_compare')}?s={one.pk}&s={other.pk}&measure=after")
    compared = answer.context["compared"]
    assert compared.differing == ["region looked at"]
    after = next(row for row in compared.totals if row.label == "would qualify")
    assert after.counts == [s.result["totals"]["after"] for s in (one, other)]
    assert "江苏情景" in answer.text
    for few in (f"s={one.pk}", "", f"s={one.pk}&s=no"):
        assert client.get(f"{page('simulation_compare')}?{few}").status_code == 302


def test_tables_go_up_the_ladder_and_leave_out_rows_of_noughts() -> None:
    def row(*keys: str, **counts: int) -> list[Any]:
        given = {"firms": 9} | counts
        return [*keys, *(given.get(name, 0) for name in COUNTS)]

    def rows(*, pair: bool) -> list[list[Any]]:
        other = ("small",) if pair else ()
        found = [row(key, *other, after=1) for key in ("", "innovative", "little_giant", "srdi")]
        found.append(row("technology", *other))
        return (
            [*found, row("", "large", holders=1), row("srdi", "micro", after=2)] if pair else found
        )

    sizes = [row("large"), row("micro", unknown_after=1), row("small", losses=1)]
    scenario = Scenario(
        result={
            "by": {"held": rows(pair=False), "size": sizes, "section": [row("C")]},
            "pairs": {"held size": rows(pair=True)},
        }
    )
    names = scenario_pages.Names(
        {name: {} for name in ("unit", "city", "county", "held", "section", "size")}
    )
    made = scenario_pages.tables(scenario, names)
    assert [(table.dimension, [row.key for row in table.rows]) for table in made] == [
        ("held", ["", "innovative", "srdi", "little_giant"]),
        ("size", ["small", "micro"]),
    ]
    crossed = scenario_pages.cross(scenario, names, pair="held size", measure="after")
    assert crossed is not None
    assert [key for key, _label in crossed.columns] == ["small", "micro"]
    assert [key for key, _label, _cells in crossed.rows] == [
        "", "innovative", "srdi", "little_giant",
    ]  # fmt: skip


def test_firms_are_listed_paged_and_handed_out(
    client: Client, nation: User, made: Callable[..., Scenario]
) -> None:
    scenario = made(nation)
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    number = scenario.result["totals"]["gains"]
    assert number
    listed = client.get(page("simulation_firms", scenario) + "?list=gains")
    assert listed.context["total"] == number
    assert len(listed.context["firms"]) == min(number, 50)
    assert listed.context["firms"][0].deciding
    hidden = listed.context["firms"][0].enterprise
    Enterprise.objects.filter(pk=hidden.pk).delete()
    answer = client.post(page("simulation_firms_export", scenario), {"list": "gains"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.count("\n") == 1 + number - 1  # one is gone from the registry
    assert hidden.name not in text
    answer = client.post(
        page("simulation_firms_export", scenario), {"list": "gains", "format": "xlsx"}
    )
    (rows,) = sheets(answer).values()
    assert len(rows) == number
    assert JobRun.objects.filter(kind="export").count() == 2


def test_counts_are_handed_out_as_they_are_stored(
    client: Client, nation: User, made: Callable[..., Scenario]
) -> None:
    scenario = made(nation)
    client.force_login(nation)
    client.cookies["django_language"] = "en"
    answer = client.post(page("simulation_export", scenario))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = pl.read_csv(io.BytesIO(text.encode()))
    whole = rows.filter(pl.col("by") == "all")
    assert whole["gain"].to_list() == [scenario.result["totals"]["gains"]]
    assert rows.filter(pl.col("by") == "recommending unit")["gain"].sum() == whole["gain"].sum()
    answer = client.post(page("simulation_export", scenario), {"format": "xlsx"})
    found = sheets(answer)
    assert list(found) == ["scenario", "Counts"]
    assert len(found["Counts"]) == rows.height + 1


def sheets(answer: Any) -> dict[str, list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    client: Client, nation: User, made: Callable[..., Scenario],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    client.force_login(nation)
    made(nation)
    client.get(page("simulations"))
    with django_assert_num_queries(10) as first:
        client.get(page("simulations"))
    made(nation, "32")
    made(nation, "44")
    with django_assert_num_queries(len(first)):
        client.get(page("simulations"))


def test_the_firm_list_takes_as_many_queries_for_many_as_for_one(
    client: Client, nation: User, made: Callable[..., Scenario],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    scenario = made(nation)
    client.force_login(nation)
    many, one = "?list=gains", "?list=gains&unit=32"
    client.get(page("simulation_firms", scenario) + many)
    with django_assert_num_queries(10) as first:
        client.get(page("simulation_firms", scenario) + many)
    with django_assert_num_queries(len(first)):
        client.get(page("simulation_firms", scenario) + one)
