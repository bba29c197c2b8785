"""Drafts, assessments of both kinds, projects and providers of the demo (虚构数字化过程)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.utils import timezone

from config.fiction import answering
from config.fiction.ground import HOME
from config.fiction.papers import pdf
from config.fiction.people import OWNED
from config.fiction.words import MARK
from cultivation.digital import maturity, projects
from cultivation.digital.assessing import drafting
from cultivation.digital.assessing.sheet import Sheet
from cultivation.digital.models import AcceptanceItem, ProjectTick, ServiceProvider
from cultivation.digital.transforming import accepting, providers, steps
from cultivation.pipeline.filling.saving import Wish
from enterprises.accounts.models import User
from enterprises.places.models import Region
from enterprises.registry import documents
from enterprises.registry.models import Enterprise

if TYPE_CHECKING:
    from cultivation.digital.models import MaturityAssessment, TransformationProject

ASSESSOR = f"演示评测机构{MARK}"
SERVICES: tuple[tuple[str, tuple[int, ...], str], ...] = (
    ("演示云研数字科技", (1, 2, 4), ""),
    ("演示智排系统", (5, 6, 7), ""),
    ("演示安擎能管", (8, 9, 10), "320000"),
    ("演示链采供应链软件", (11, 12), "320500"),
    ("演示财智管理软件", (13, 14, 15, 16), ""),
    ("演示一体化数字服务", (3, 6, 7, 11, 13), "320000"),
    ("演示工控集成", (5, 6, 8), "440000"),
    ("演示质控软件", (7,), "320500"),
)
SOME = 4  # firms of the county looked at on site
DAY = dt.timedelta(days=1)


def fill() -> int:
    """Make what the pages of assessments and projects show; return how many projects there are."""
    county = User.objects.filter(username="county").first()
    owner = User.objects.filter(username="owner").first()
    firm = Enterprise.objects.filter(pk=OWNED["owner"]).select_related("region").first()
    _providers(User.objects.filter(username="nation").first())
    if county is None or owner is None or firm is None:
        return 0
    _declared_then_found(firm, owner=owner, county=county)
    _draft(firm, owner)
    made = [_running(firm, owner), _accepted(firm, owner=owner, county=county)]
    _on_site(county)
    return len(made)


def _providers(nation: User | None) -> None:
    if nation is None or ServiceProvider.objects.exists():
        return
    home = Region.objects.get(level=Region.Level.NATION)
    places = {region.code: region for region in Region.objects.filter(code__endswith="00")}
    for number, (name, scenarios, code) in enumerate(SERVICES, start=1):
        made = providers.add(
            {
                "name": f"{name}{MARK}",
                "credit_code": "",
                "about": "演示用服务商，不存在。",
                "nationwide": not code,
                "regions": [places[code]] if code in places else [],
                "contact_name": "演示联系人",
                "contact_phone": f"000-{number:04}",
                "contact_email": f"service{number}@example.invalid",
                "active": True,
                "scenarios": list(scenarios),
            },
            kept_by=home,
            by=nation,
        )
        ServiceProvider.objects.filter(pk=made.pk).update(fictional=True)


def _declared_then_found(firm: Enterprise, *, owner: User, county: User) -> None:
    """Let the owner's firm have declared last year, and an office have looked later (两种评测)."""
    today = timezone.localdate()
    own = answering.answers(2, 0.4)
    _record(firm, "self_declared", own, today - 400 * DAY, by=owner)
    found = {"questions": dict(own["questions"]), "scenarios": dict(own["scenarios"])}
    found["questions"] |= {"1": ["B", "C"], "5": ["E"]}
    found["scenarios"] |= {"11": 3, "12": 3, "16": 0}  # the warehouse was renewed between
    _record(firm, "on_site", found, today - 300 * DAY, by=county)


def _record(
    firm: Enterprise, way: str, given: dict[str, Any], on: dt.date, *, by: User
) -> MaturityAssessment:
    return maturity.record(
        firm,
        way=way,
        index_version=2024,
        answers=given,
        assessed_on=on,
        assessor=ASSESSOR if way == "on_site" else "",
        by=by,
    )


def _draft(firm: Enterprise, owner: User) -> None:
    """Let the owner have begun this year's self-assessment from last year's (草稿)."""
    draft = drafting.begin(firm, way="self_declared", by=owner)
    sheet = Sheet(draft)
    better = answering.answers(3, 0.4)
    for subject, value in (
        ("q:8", better["questions"]["8"]),
        ("s:6", 3),
        ("s:7", 3),
        ("q:15", None),
    ):
        drafting.keep(draft, [Wish(subject, value, sheet.mark(subject))], by=owner)
        sheet = Sheet(draft)


def _running(firm: Enterprise, owner: User) -> TransformationProject:
    """Register a project with a milestone that is overdue (逾期项目)."""
    today = timezone.localdate()
    begun = today - 150 * DAY
    project = projects.register(
        firm,
        name=f"产线数据采集与排程改造{MARK}",
        started_on=begun,
        own_money=180_000_000,
        own_paid=60_000_000,
        public_money=45_000_000,
        public_paid=0,
        provider=ServiceProvider.objects.order_by("pk").first(),
        note="演示项目",
        due={
            "diagnosis": begun + 20 * DAY,
            "plan": begun + 40 * DAY,
            "contract": begun + 60 * DAY,
            "work": today + 90 * DAY,
            "acceptance": today + 150 * DAY,
        },
        by=owner,
    )
    for number, stage in enumerate(("diagnosis", "plan", "contract"), start=1):
        step = steps.of_stage(project, stage)
        if step is not None:
            steps.complete(step, on=begun + number * 20 * DAY, by=owner)
    for name, days in (("设备联网完成", -25), ("排程系统上线", 30)):
        steps.add_milestone(project, name=f"{name}{MARK}", due_on=today + days * DAY, by=owner)
    return project


def _accepted(firm: Enterprise, *, owner: User, county: User) -> TransformationProject:
    """Register a project and accept it with its check-list (已验收项目)."""
    today = timezone.localdate()
    begun, done, checked = today - 390 * DAY, today - 310 * DAY, timezone.now() - 290 * DAY
    project = projects.register(
        firm,
        name=f"仓储物流数字化{MARK}",
        started_on=begun,
        own_money=96_000_000,
        own_paid=96_000_000,
        public_money=24_000_000,
        public_paid=24_000_000,
        provider=ServiceProvider.objects.order_by("-pk").first(),
        due={"diagnosis": begun, "contract": begun + 20 * DAY, "work": done, "acceptance": None},
        by=owner,
    )
    for stage in ("diagnosis", "contract"):
        step = steps.of_stage(project, stage)
        if step is not None:
            steps.complete(step, on=begun + 20 * DAY, by=owner)
    projects.finish(project, on=done, by=owner)
    file = ContentFile(pdf("FICTIONAL contract: it proves nothing."), name=f"演示合同{MARK}.pdf")
    document = documents.attach(firm, file, by=owner)
    for item in AcceptanceItem.objects.filter(rule=accepting.rule_for(project), found=""):
        accepting.tick(
            project,
            item,
            by=county,
            document=document if item.document else None,
            remark=f"演示核对{MARK}",
        )
    ProjectTick.objects.filter(project=project).update(
        made_at=checked
    )  # a tick counts from its day
    return projects.accept(project, on=today - 280 * DAY, by=county)


def _on_site(county: User) -> None:
    """Let the county's officer look at some firms on site, one of them not yet to the end."""
    today = timezone.localdate()
    region = Region.objects.get(code=HOME)
    firms = (
        Enterprise.objects.filter(region_path__startswith=region.path)
        .exclude(pk__in=OWNED.values())
        .order_by("pk")
    )
    declared = [
        (firm, last) for firm in firms[:60] if (last := drafting.last(firm, "self_declared"))
    ][:SOME]
    for number, (firm, last) in enumerate(declared):
        draft = drafting.begin(firm, way="on_site", by=county, from_declared=True)
        if number == 0:
            drafting.agree_rest(draft, "foundation", by=county)
            continue
        values = {
            **draft.values,
            "d:assessor": ASSESSOR,
            "d:assessed_on": max(last.assessed_on, today - 40 * DAY).isoformat(),
        }
        for one in (name for step in Sheet(draft).steps for name in step.asked):
            values[f"f:{one}"] = "agree"
        lower = next((key for key, value in values.items() if key[0] == "s" and value), None)
        if lower:
            values |= {lower: values[lower] - 1, f"f:{lower}": "differs"}
            values[f"r:{lower}"] = f"演示：现场未见证据{MARK}"
        draft.values = values
        draft.save()
        drafting.submit(draft, by=county, version=draft.version)
