"""Every address of the site, tried by everybody whom the records behind it do not concern (越权).

All pages are asked for and all forms are sent, with the ids of a firm of Zhejiang, by the offices
of other regions, another firm, an expert without a task, somebody without a seat and a stranger.
No answer may be a failure, none may tell what is not public, and nothing of the firm may change.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from cultivation.pipeline import applications
from cultivation.pipeline.appealing import asking, more_time
from cultivation.pipeline.models import MoreTimeRequest, NoticeEntry, Visit, VisitDraw
from cultivation.pipeline.notices import docket, objections
from cultivation.pipeline.notices.objections import Statement
from cultivation.pipeline.visits import commenting, draws, files, planning, recording
from cultivation.pipeline.visits.draws import Sample
from enterprises.accounts.models import Seat
from enterprises.registry import documents, records
from enterprises.registry.models import Award, Enterprise, Title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model
    from django.test import Client

    from cultivation.pipeline.models import Application
    from tests.pipeline.conftest import World

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(os.environ.get("STORES_ONLY")), reason="asks pages, not a database"),
]
SECRET = "SECRET-OF-THE-FIRM"  # stands in everything that the firm alone told
OBJECTOR = "SECRET-OBJECTOR"
STRANGERS = ("other_county", "jiangsu", "ningbo", "other_owner", "expert", "nobody", "")
THOROUGH = ("other_county", "other_owner")  # try every row; the others the first of each kind
OWN_APPS = ("registry", "accounts", "notifications", "standards", "pipeline", "digital")
ELSEWHERE = ("admin/", "i18n/", "accounts/")  # pages of Django and allauth
PUBLIC = ("notices/", "lists/", "verify/")  # name, region, tier and days are for everybody
SENT = {
    "version": "1", "reason": "stranger", "text": "stranger", "name": "stranger", "apply": "yes",
    "outcome": "upheld", "reply": "x", "summary": "x", "tier": "innovative", "decision": "owner",
    "kind": "rename", "happened_on": "2026-05-01", "new_name": "x", "confirm": "yes", "row": "1",
    "do": "sign", "told": "stranger", "application": "1", "office": "33", "rule": "srdi_2026",
}  # fmt: skip


def addresses() -> list[tuple[str, list[str]]]:
    """Return every address of the project's own rooms: its route and the names of its parts."""
    found = []

    def walk(patterns: list[Any], above: str) -> None:
        for one in patterns:
            route = above + str(one.pattern)
            if isinstance(one, URLResolver):
                walk(one.url_patterns, route)
            elif isinstance(one, URLPattern) and not route.startswith(ELSEWHERE):
                found.append((route, list(one.pattern.converters)))

    walk(get_resolver().url_patterns, "")
    return found


def filled(route: str, names: list[str], values: dict[str, tuple[Any, ...]]) -> Iterator[str]:
    """Yield a route with the ids of the firm's rows in its places."""
    choices = [values.get(name, values["*"]) for name in names]
    for chosen in itertools.product(*choices):
        path = route
        for name, value in zip(names, chosen, strict=True):
            start = path.index("<")
            assert name in path[start : path.index(">")]
            path = f"{path[:start]}{value}{path[path.index('>') + 1 :]}"
        yield f"/{path}"


@pytest.fixture
def firm(world: World, settings: Any, tmp_path: Any) -> Enterprise:
    """Give the firm with something of every kind: documents, facts, notice, objection, titles."""
    settings.MEDIA_ROOT = tmp_path
    settings.ACCOUNT_RATE_LIMITS = False
    owner, second = world.user("owner"), world.users["nobody"].__class__
    change = {"contact_name": SECRET, "contact_phone": SECRET, "leading_product": SECRET}
    records.change(world.firm, change, by=owner)
    records.add_fact(
        world.firm,
        Award(kind="science", level="national", name=SECRET, awarded_on="2026-01-01"),
        by=owner,
    )
    documents.attach(
        world.firm, SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.7 " + SECRET.encode()), by=owner
    )
    world.holds("technology")
    application = world.draft()
    answers = {
        name: f"{SECRET} {name}" for name, value in application.answers.items() if value is not True
    }
    applications.save_answers(application, answers, by=owner)
    world.step(application, "submit", "owner")
    for who in ("county", "city"):
        world.step(application, "recommend", who)
    world.judge(application, "province")
    see(world, application)
    world.step(application, "put_on_notice", "province")
    handler = second.objects.create_user("handler")
    Seat.objects.create(user=handler, role="province", region=world.places["330000"])
    said = Statement(f"{SECRET} objection", OBJECTOR, OBJECTOR)
    raised = objections.object_to(
        NoticeEntry.objects.get(), said, files=[SimpleUploadedFile("a.pdf", b"%PDF-1.7")]
    )
    docket.take_up(raised.objection, by=handler)
    docket.put_to_firm(raised.objection, by=handler, text=f"{SECRET} asked")
    _refused(world)
    world.firm.refresh_from_db()
    return world.firm


def _refused(world: World) -> None:
    """Let the county refuse another application, the firm contest it and ask for more time."""
    owner = world.user("owner")
    refused = world.draft("srdi")
    world.step(refused, "submit", "owner")
    world.step(refused, "return", "county", f"{SECRET} to mend")
    more_time.ask_for_correction(
        refused.corrections.get(), due_on=dt.date(2026, 6, 30), reason=f"{SECRET} late", by=owner
    )
    world.step(refused, "resubmit", "owner")
    world.step(refused, "refuse", "county", f"{SECRET} refused")
    kept = asking.save(refused, {"words": f"{SECRET} wrong"}, by=owner, words=f"{SECRET} all")
    asking.send(kept, by=owner)


def see(world: World, application: Application) -> None:
    """Let the province draw the case for a check on site, see it, and sign."""
    first, second = world.user("province"), world.user("province2")
    sample = Sample("spring", application.tier, number=1)
    draw = draws.seal(world.places["330000"], sample, by=first)
    world.clock.shift(1)
    draws.draw(draws.close_lists(draw, by=first), by=first)
    today = timezone.localdate()
    visit = planning.plan(Visit.objects.get(), planning.Plan(today, first.pk, second.pk), by=first)
    values = {"visited_on": today.isoformat(), "told": SECRET, "remarks": SECRET}
    for code in recording.codes_of(recording.current(visit, by=first)):
        values |= {f"outcome:{code}": "agrees", f"found:{code}": SECRET}
    recording.save(visit, values, by=first)
    photo = SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.7 " + SECRET.encode())
    files.add(visit, photo, by=first, criterion=code)
    recording.hand_in(visit, by=first)
    recording.sign(visit, by=second)
    commenting.comment(visit, by=world.user("owner"), text=SECRET)


def said(answer: Any) -> str:
    """Return the whole text of an answer."""
    body: bytes = b"".join(answer) if answer.streaming else answer.content
    return body.decode(errors="replace")


def rows_of(firm: Enterprise) -> dict[str, list[dict[str, Any]]]:
    """Return all rows that belong to a firm, by table."""
    found = {}
    models: list[type[Model]] = [
        m for app in OWN_APPS for m in apps.get_app_config(app).get_models()
    ]
    for model in models:
        fields = {field.name for field in model._meta.get_fields()}
        if model is Enterprise:
            rows = model._default_manager.filter(pk=firm.pk)
        elif "enterprise" in fields:
            rows = model._default_manager.filter(enterprise=firm.pk)
        elif "application" in fields:
            rows = model._default_manager.filter(application__enterprise=firm.pk)
        elif "visit" in fields:
            rows = model._default_manager.filter(visit__application__enterprise=firm.pk)
        elif "record" in fields:
            rows = model._default_manager.filter(record__visit__application__enterprise=firm.pk)
        else:
            continue
        found[model._meta.label] = list(rows.order_by("pk").values())
    return found


def test_strangers_neither_read_nor_change_anything(
    client: Client, world: World, firm: Enterprise
) -> None:
    client.raise_request_exception = False
    title = Title.objects.get()
    application = firm.applications.get(tier="innovative")
    refused = firm.applications.get(tier="srdi")
    visit, draw = Visit.objects.get(), VisitDraw.objects.get()
    known = {firm.pk, application.pk, refused.pk, title.pk, visit.pk, draw.pk}
    ids = tuple(sorted({1, 2, *known}))
    values: dict[str, tuple[Any, ...]] = {
        "*": ids,
        "name": ("recommend", "recognise", "return", "take", "close"),
        "number": (*ids[:2], title.number),
        "section": ("texts", "statements", "documents"),
        "code": ("test_innovative",),
        "kind": ("awards", "ip"),
        "position": (1,),
        "way": ("self", "on-site"),
        "key": ("results",),
        "do": ("done",),
        "step": (1, "finish", "accept"),
        "part": (1,),
        "item": (1,),
        "token": (draw.token,),
    }
    case, asked = refused.reconsiderations.get(), MoreTimeRequest.objects.get()
    assert {case.pk, asked.pk} <= set(ids)
    secrets = (
        SECRET, OBJECTOR, firm.credit_code, application.receipt, refused.receipt, case.number,
    )  # fmt: skip
    before = rows_of(firm)
    wrong = []
    asked = 0
    first = {name: some[:1] for name, some in values.items()}
    for who in STRANGERS:
        tried = values if who in THOROUGH else first
        client.logout()
        if who:
            client.force_login(world.users[who])
        for route, names in addresses():
            for path in filled(route, names, tried):
                for method, data in ((client.get, {}), (client.post, SENT)):
                    answer = method(path, data)
                    asked += 1
                    text = said(answer)
                    told = [one for one in secrets if one in text]
                    if firm.name in text and not route.startswith(PUBLIC):
                        told.append(firm.name)
                    if answer.status_code >= 500 or told:
                        wrong.append((who, method.__name__, path, answer.status_code, told))
    assert wrong[:20] == []
    assert rows_of(firm) == before
    assert asked > 5000
    client.force_login(world.users["owner"])  # whom it concerns reads it: the marks do show
    paths = [path for route, names in addresses() for path in filled(route, names, values)]
    answers = [client.get(path) for path in paths]
    assert [path for path, got in zip(paths, answers, strict=True) if got.status_code >= 500] == []
    assert sum(SECRET in said(answer) for answer in answers) > 8
