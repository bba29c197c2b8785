"""Files brought in by page: columns, check, remarks, commit once, and whose they are."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from enterprises.jobs import runs
from enterprises.jobs.models import JobRun
from enterprises.registry import imports_runs, tasks
from enterprises.registry.models import AnnualReport, Enterprise, StagedImport
from tests.registry.page_world import World, build, sign_in, sound_code

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "统一社会信用代码,企业名称,行政区划,注册资本（万元）"


@pytest.fixture
def world(settings: SettingsWrapper, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path
    return build()


@pytest.fixture
def officer(world: World) -> Client:
    return sign_in("county", world, "320506")


def rows(*numbers: int, area: str = "320506") -> str:
    lines = [f"{sound_code(n, area)},示例{n}号有限公司,{area},1200" for n in numbers]
    return "\r\n".join([HEAD, *lines])


def send(client: Client, text: str | bytes, name: str = "企业.csv", **more: Any) -> Any:
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    file = SimpleUploadedFile(name, content)
    return client.post("/imports/new/", {"kind": "enterprises", "file": file, **more})


def as_proposed(answer: Any) -> dict[str, str]:
    """Return the columns page as it would be sent untouched."""
    form = answer.context["form"]
    chosen = {name: form[name].value() or "" for name in form.fields if form[name].value()}
    return {**chosen, "token": answer.context["token"]}


def check(client: Client, text: str | bytes, **changes: str) -> StagedImport:
    """Send a file through to its checked import."""
    client.post("/imports/new/", {**as_proposed(send(client, text)), **changes})
    return StagedImport.objects.latest("pk")


def test_columns_are_recognised_with_unit_and_samples(world: World, officer: Client) -> None:
    answer = send(officer, rows(11))
    found = [
        (column, samples, field.value(), unit.value())
        for column, samples, field, unit in answer.context["form"].rows()
    ]
    assert found == [
        ("统一社会信用代码", [sound_code(11)], "credit_code", ""),
        ("企业名称", ["示例11号有限公司"], "name", ""),
        ("行政区划", ["320506"], "region", ""),
        ("注册资本（万元）", ["1200"], "registered_capital", "万元"),
    ]
    assert StagedImport.objects.count() == 0


def test_a_file_in_gb18030_is_checked_and_written(world: World, officer: Client) -> None:
    answer = send(officer, rows(11, 12).encode("gb18030"))
    assert answer.context["look"].encoding == "gb18030"
    sent = officer.post("/imports/new/", as_proposed(answer))
    staged = StagedImport.objects.get()
    shown = officer.get(sent["Location"])
    assert shown["Location"] == f"/imports/{staged.pk}/"
    assert Enterprise.objects.count() == 2
    officer.post(f"/imports/{staged.pk}/commit/")
    made = Enterprise.objects.get(credit_code=sound_code(11))
    assert (made.name, made.registered_capital) == ("示例11号有限公司", 1_200_000_000)
    staged.refresh_from_db()
    assert (staged.status, staged.counts["new"]) == ("committed", 2)


def test_unit_chosen_on_the_page_counts(world: World, officer: Client) -> None:
    staged = check(officer, rows(11), **{"unit-3": "元"})
    officer.post(f"/imports/{staged.pk}/commit/")
    assert Enterprise.objects.get(credit_code=sound_code(11)).registered_capital == 120_000


def test_rows_beyond_the_area_are_refused_with_a_remark(world: World, officer: Client) -> None:
    text = rows(11) + "\r\n" + rows(12, area="330106").split("\r\n")[1]
    staged = check(officer, text)
    page = officer.get(f"/imports/{staged.pk}/", {"outcome": "refused"}).context["page"]
    assert [(row.line, row.message) for row in page.object_list] == [
        (3, "the enterprise stands outside the area that you register for")
    ]
    assert {k: staged.counts[k] for k in ("rows", "accepted", "warned", "refused")} == {
        "rows": 2,
        "accepted": 1,
        "warned": 0,
        "refused": 1,
    }
    officer.post(f"/imports/{staged.pk}/commit/")
    assert Enterprise.objects.count() == 3


def test_remarks_go_out_as_harmless_csv(world: World, officer: Client) -> None:
    text = f"{HEAD}\r\n=HYPERLINK(1),示例厂,320506,1\r\n"
    staged = check(officer, text)
    answer = officer.get(f"/imports/{staged.pk}/remarks.csv")
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(body.removeprefix("\ufeff"))))
    assert lines[0] == ["Line", "Outcome", "Field", "Value", "Remark"]
    assert {cell[0] for line in lines[1:] for cell in line if cell} & set("=+-@") == set()
    assert "'=HYPERLINK" in lines[1][3]


def test_committing_twice_writes_once(world: World, officer: Client) -> None:
    staged = check(officer, rows(11))
    officer.post(f"/imports/{staged.pk}/commit/")
    again = officer.post(f"/imports/{staged.pk}/commit/", follow=True)
    assert [str(m) for m in again.context["messages"]] == ["This import is already committed."]
    assert Enterprise.objects.filter(credit_code=sound_code(11)).count() == 1


def test_two_clicks_while_the_worker_is_busy_meet_one_run(
    world: World, officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = check(officer, rows(11))
    monkeypatch.setattr(runs, "send", lambda _run: None)
    first = officer.post(f"/imports/{staged.pk}/commit/")["Location"]
    second = officer.post(f"/imports/{staged.pk}/commit/")["Location"]
    assert first == second
    waiting = officer.get(first)
    assert 'hx-trigger="every 1s"' in waiting.content.decode()


def test_a_run_tried_again_after_a_kill_does_not_stage_twice(world: World, officer: Client) -> None:
    staged = check(officer, rows(11))
    run = JobRun.objects.get()
    place = run.params["file"]
    kept = imports_runs._path(place)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(staged.file.read())
    staged.file.close()
    JobRun.objects.update(status="waiting", finished_at=None, result={})
    tasks.check_import(run.pk)
    run.refresh_from_db()
    assert (StagedImport.objects.count(), run.result["import"]) == (1, staged.pk)


def test_a_run_whose_starter_is_gone_imports_nothing(world: World, officer: Client) -> None:
    staged = check(officer, rows(11))
    run = JobRun.objects.create(
        kind="import", task=imports_runs.WRITE, params={"staged": staged.pk, "language": "en"}
    )
    before = Enterprise.objects.count()
    tasks.import_staged(run.pk)
    run.refresh_from_db()
    assert run.result["refused_because"] == [
        "Whoever began this import is no longer a user; upload the file again."
    ]
    assert Enterprise.objects.count() == before


def test_discarding_writes_nothing_and_is_final(world: World, officer: Client) -> None:
    staged = check(officer, rows(11))
    officer.post(f"/imports/{staged.pk}/discard/")
    officer.post(f"/imports/{staged.pk}/commit/")
    staged.refresh_from_db()
    assert (staged.status, Enterprise.objects.count()) == ("discarded", 2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"),
        (
            "a.pdf",
            b"%PDF-",
            "“a.pdf” is no table that can be read. Send CSV, TXT, TSV, XLSX, XLSM or XLS.",
        ),
        (
            "a.csv",
            b"\x81\xff\xfe,\xff\xff\n" * 3,
            (
                "The file is neither UTF-8 nor GB18030 nor UTF-16. Save it again as “CSV UTF-8” or "
                "as an Excel workbook."
            ),
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    world: World, officer: Client, name: str, content: bytes, message: str
) -> None:
    answer = send(officer, content, name)
    assert list(answer.context["form"].errors["file"]) == [message]


def test_columns_that_lack_or_double_are_said_and_nothing_is_lost(
    world: World, officer: Client
) -> None:
    proposed = as_proposed(send(officer, rows(11)))
    double = officer.post("/imports/new/", {**proposed, "field-2": "name"})
    assert list(double.context["form"].errors["field-2"]) == [
        "“企业名称” and “行政区划” both mean “Name”. Leave one of them out."
    ]
    unitless = officer.post("/imports/new/", {**proposed, "unit-3": ""})
    assert list(unitless.context["form"].errors["field-3"]) == [
        "“注册资本（万元）” holds money: choose its unit."
    ]
    lacking = officer.post("/imports/new/", {**proposed, "field-0": ""})
    (message,) = lacking.context["form"].errors["__all__"]
    assert message.startswith("Columns not found: 统一社会信用代码.")
    assert lacking.context["form"]["field-1"].value() == "name"


def test_reports_with_the_year_said_on_the_page(world: World, officer: Client) -> None:
    text = f"统一社会信用代码,营业收入（万元）,职工人数\n{world.firm.credit_code},1200,50\n"
    answer = send(officer, text, kind="reports")
    officer.post("/imports/new/", {**as_proposed(answer), "year": "２０２４"})
    staged = StagedImport.objects.get()
    officer.post(f"/imports/{staged.pk}/commit/")
    report = AnnualReport.objects.get()
    assert (report.enterprise, report.year, report.revenue) == (world.firm, 2024, 1_200_000_000)


def test_a_mapping_file_goes_straight_to_the_check(world: World, officer: Client) -> None:
    toml = '[columns]\ncredit_code = "码"\nname = "名"\nregion = "区"\n'
    text = f"码,名,区\n{sound_code(11)},示例厂,320506\n"
    answer = send(officer, text, mapping=SimpleUploadedFile("m.toml", toml.encode()))
    run = JobRun.objects.get()
    assert answer["Location"] == f"/imports/runs/{run.pk}/"
    assert StagedImport.objects.get().counts["accepted"] == 1


def test_imports_and_their_runs_are_their_makers_own(world: World, officer: Client) -> None:
    proposed = as_proposed(send(officer, rows(11)))
    staged = check(officer, rows(12))
    run = JobRun.objects.get()
    other = sign_in("county", world, "320506")
    assert other.post("/imports/new/", proposed).status_code == 404
    for address in ("", "remarks.csv"):
        assert other.get(f"/imports/{staged.pk}/{address}").status_code == 404
    for address in ("commit/", "discard/"):
        assert other.post(f"/imports/{staged.pk}/{address}").status_code == 404
    assert other.get(f"/imports/runs/{run.pk}/").status_code == 404
    assert list(other.get("/imports/").context["page"].object_list) == []
    assert list(officer.get("/imports/").context["page"].object_list) == [staged]
    auditor = sign_in("auditor", world, "000000")
    assert auditor.get(f"/imports/{staged.pk}/").status_code == 403


def test_a_forged_or_stale_token_asks_for_the_file_again(world: World, officer: Client) -> None:
    answer = officer.post("/imports/new/", {"token": "x"}, follow=True)
    assert [str(m) for m in answer.context["messages"]] == [
        "The file is not waiting any more. Upload it again."
    ]


def test_files_nobody_went_on_with_are_removed(
    world: World, officer: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    send(officer, rows(11))
    monkeypatch.setattr(imports_runs, "KEPT_FOR", -imports_runs.KEPT_FOR)
    send(officer, rows(12))
    waiting = list((tmp_path / imports_runs.WAITING).iterdir())
    assert len(waiting) == 1
