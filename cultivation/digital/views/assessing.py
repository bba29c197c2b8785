"""Filling in an assessment: steps, the last look, handing in (评测填报)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cultivation.digital import index, maturity, scoring
from cultivation.digital.assessing import drafting, gaps, rules
from cultivation.digital.assessing.forms import SEEN, DraftForm
from cultivation.digital.assessing.sheet import Sheet, answer_of, label_of, said
from cultivation.digital.models import DraftPresence, MaturityAssessment
from cultivation.pipeline.filling import presence
from cultivation.pipeline.filling.saving import State, Wish
from enterprises.registry import documents as archive
from enterprises.registry import ledger
from enterprises.registry.views.gate import seen_enterprise, viewer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from cultivation.digital.assessing.forms import Line
    from cultivation.digital.assessing.sheet import Step
    from cultivation.digital.models import AssessmentDraft
    from cultivation.pipeline.filling.saving import Outcome
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

Way = MaturityAssessment.Way
WAYS = {"self": Way.SELF, "on-site": Way.ON_SITE}
SLUGS: dict[str, str] = {value: slug for slug, value in WAYS.items()}
DIGITS = 10
OPTIONAL = ("d:valid_to", "d:document")


@dataclass(frozen=True, slots=True)
class Task:
    """A step of the draft with how far it is (任务)."""

    step: Step
    given: int
    url: str
    lacks: int  # other things to be filled in

    @property
    def asked(self) -> int:
        return len(self.step.asked)

    @property
    def state(self) -> tuple[str, str]:
        """Return how far it is, in words, and its colour group."""
        if self.given == self.asked and not self.lacks:
            return _("done"), "good"
        if self.given:
            return _("in progress"), "info"
        return _("not started"), "neutral"


def gate(request: HttpRequest, pk: int, way: str) -> tuple[Enterprise, str]:
    """Return the enterprise and the way; 404 unseen, 403 where the viewer may not assess so."""
    enterprise = seen_enterprise(request, pk)
    if way not in WAYS:
        raise Http404
    if not maturity.may_record(viewer(request), enterprise, way=WAYS[way]):
        raise PermissionDenied
    return enterprise, WAYS[way]


@require_http_methods(["GET", "POST"])
@login_required
def draft(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Show the steps of a draft and how it stands so far; begin one, or give it up (评测任务)."""
    enterprise, kind = gate(request, pk, way)
    if request.method == "POST":
        return _begin_or_discard(request, enterprise, way)
    found = drafting.find(enterprise, kind)
    context: dict[str, Any] = {
        "enterprise": enterprise,
        "way": way,
        "draft": found,
        "last": drafting.last(enterprise, kind),
        "declared": drafting.last(enterprise, Way.SELF) if way == "on-site" else None,
    }
    if found is not None:
        sheet = Sheet(found)
        presence.enter_in(DraftPresence.objects, viewer(request), "", draft=found)
        tasks = _tasks(sheet, way)
        context |= {
            "sheet": sheet,
            "tasks": tasks,
            "left": sum(task.asked - task.given + task.lacks for task in tasks),
            "standing": scoring.at_least(sheet.answers, _levels(sheet)),
            "others": others(sheet, viewer(request)),
        }
    return render(request, "digital/assess.html", context)


def _begin_or_discard(request: HttpRequest, enterprise: Enterprise, way: str) -> HttpResponse:
    user, do = viewer(request), request.POST.get("do", "begin")
    try:
        if do == "discard":
            found = drafting.find(enterprise, WAYS[way])
            if found is not None:
                drafting.discard(found, by=user)
                messages.success(request, _("The draft is given up."))
            return redirect("digital:of_enterprise", enterprise.pk)
        drafting.begin(enterprise, way=WAYS[way], by=user, from_declared=do == "declared")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("digital:assess", enterprise.pk, way)


@require_http_methods(["GET", "POST"])
@login_required
def step(request: HttpRequest, pk: int, way: str, key: str) -> HttpResponse:
    """Show one step of a draft and keep what is sent; fields also save themselves (填报步骤)."""
    enterprise, kind = gate(request, pk, way)
    found = drafting.find(enterprise, kind)
    if found is None:
        return redirect("digital:assess", pk, way)
    sheet = Sheet(found)
    here = sheet.step(key)
    if here is None:
        raise Http404
    form = DraftForm(sheet=sheet, names=here.names)
    outcomes: dict[str, Outcome] = {}
    if request.method == "POST":
        done = _kept(request, found, here, way)
        if not isinstance(done, tuple):
            return done
        form, outcomes = done
        sheet = form.sheet
    else:
        presence.enter_in(DraftPresence.objects, viewer(request), key, draft=found)
    context = _step_page(request, sheet, here, way) | {"lines": _lines(form, here, outcomes)}
    context["problems"] = _problems(form, outcomes)
    clash = any(one.state == State.CLASH for one in outcomes.values())
    return render(request, "digital/assess_step.html", context, status=409 if clash else 200)


def _kept(
    request: HttpRequest, found: AssessmentDraft, here: Step, way: str
) -> HttpResponse | tuple[DraftForm, dict[str, Outcome]]:
    """Keep what was sent; return where to go next, or the form with what went wrong."""
    user, pk = viewer(request), found.enterprise_id
    form = DraftForm(
        _with_versions(request, Sheet(found), here), sheet=Sheet(found), names=here.names
    )
    form.full_clean()
    refused = ""
    try:
        outcomes = drafting.keep(found, form.wishes(), by=user)
        refused = _upload(request, found, here)
        if request.POST.get("agree"):
            drafting.agree_rest(found, here.key, by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("digital:draft_step", pk, way, here.key)
    if refused:
        messages.error(request, refused)
    elif not form.errors and all(one.state == State.SAVED for one in outcomes.values()):
        if request.POST.get("agree") or request.FILES.get("file"):
            return redirect("digital:draft_step", pk, way, here.key)
        return redirect(_after(Sheet(found), here.key, way, going_on="after" in request.POST))
    return DraftForm(form.data, sheet=Sheet(found), names=here.names), outcomes


def _upload(request: HttpRequest, found: AssessmentDraft, here: Step) -> str:
    """Keep an evidence document that was sent with the details, and choose it; say why not."""
    file = request.FILES.get("file")
    if file is None or "d:document" not in here.names:
        return ""
    try:
        document = archive.attach(found.enterprise, file, by=viewer(request))
    except ValidationError as error:
        return " ".join(error.messages)
    sheet = Sheet(found)
    wish = Wish("d:document", document.pk, sheet.mark("d:document"))
    drafting.keep(found, [wish], by=viewer(request))
    return ""


def _with_versions(request: HttpRequest, sheet: Sheet, here: Step) -> Any:
    """Return what was sent with a version for each field; a bare form has that of the whole."""
    if any(name.startswith(SEEN) for name in request.POST):
        return request.POST
    data = request.POST.copy()
    fresh = request.POST.get("version", "") == str(sheet.draft.version)
    for name in here.names:
        data[f"{SEEN}{name}"] = sheet.mark(name) if fresh else "overtaken"
    return data


def _after(sheet: Sheet, key: str, way: str, *, going_on: bool) -> str:
    """Return the address of the next step, the last look after the last one, or the list."""
    keys, pk = [one.key for one in sheet.steps], sheet.draft.enterprise_id
    if not going_on:
        return reverse("digital:assess", args=[pk, way])
    later = keys[keys.index(key) + 1 :]
    if not later:
        return reverse("digital:draft_check", args=[pk, way])
    return reverse("digital:draft_step", args=[pk, way, later[0]])


@require_http_methods(["GET", "POST"])
@login_required
def check(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Show everything once more with what is missing, then hand it in (核对与提交)."""
    enterprise, kind = gate(request, pk, way)
    found = drafting.find(enterprise, kind)
    if found is None:
        return redirect("digital:assess", pk, way)
    error: list[str] = []
    if request.method == "POST":
        try:
            made = drafting.submit(
                found,
                by=viewer(request),
                version=_number(request.POST.get("version", "")),
                pledged=request.POST.get("pledge") == "on",
            )
        except ValidationError as refusal:
            if getattr(refusal, "code", "") == "gone":
                messages.info(request, " ".join(refusal.messages))
                return redirect("digital:of_enterprise", pk)
            error = refusal.messages
        else:
            messages.success(request, told(made))
            return redirect("digital:assessment", pk, made.pk)
    sheet = Sheet(drafting.find(enterprise, kind) or found)
    missing = sheet.missing()
    levels = _levels(sheet)
    answers = sheet.answers
    context = {
        "enterprise": enterprise,
        "way": way,
        "draft": sheet.draft,
        "sheet": sheet,
        "parts": _parts(sheet, way),
        "missing": [(text, _place(sheet, way, key, name)) for key, name, text in missing],
        "standing": scoring.at_least(answers, levels),
        "gap": gaps.of_answers(answers, levels) if not missing else None,
        "errors": error,
        "others": others(sheet, viewer(request)),
    }
    return render(request, "digital/assess_check.html", context)


def told(row: MaturityAssessment) -> str:
    """Say which level was recorded."""
    if not row.level:
        return _("Recorded: no level reached yet.")
    return _("Recorded: level %(level)s.") % {"level": row.level}


def others(sheet: Sheet, user: User) -> list[str]:
    """Return who else is in the draft and where, in words."""
    rows = presence.others_in(DraftPresence.objects, user, draft=sheet.draft)
    called = {one.key: one.label for one in sheet.steps}
    return [
        _("%(who)s is in “%(section)s” now")
        % {"who": one.user, "section": called.get(one.section) or _("the list of tasks")}
        for one in rows
    ]


def _tasks(sheet: Sheet, way: str) -> list[Task]:
    missing = [(key, name) for key, name, _text in sheet.missing() if name.startswith("d:")]
    return [
        Task(
            one,
            sum(sheet.is_given(name) for name in one.asked),
            reverse("digital:draft_step", args=[sheet.draft.enterprise_id, way, one.key]),
            sum(key == one.key for key, _name in missing),
        )
        for one in sheet.steps
    ]


def _step_page(request: HttpRequest, sheet: Sheet, here: Step, way: str) -> dict[str, Any]:
    """Return what a step shows beside its fields."""
    user, steps = viewer(request), sheet.steps
    place = steps.index(next(one for one in steps if one.key == here.key))
    draft = sheet.draft
    return {
        "enterprise": draft.enterprise,
        "draft": draft,
        "sheet": sheet,
        "way": way,
        "here": here,
        "number": place + 1,
        "steps": len(steps),
        "before": steps[place - 1] if place else None,
        "after": steps[place + 1] if place + 1 < len(steps) else None,
        "viewer": user,
        "beat": presence.BEAT,
        "others": others(sheet, user),
        "may_upload": here.key == "details" and ledger.may_write(user, draft.enterprise),
        "standing": scoring.at_least(sheet.answers, _levels(sheet)),
    }


def _lines(form: DraftForm, here: Step, outcomes: dict[str, Outcome]) -> list[Line]:
    names: Sequence[str] = here.asked or here.names
    return [form.line(name, outcomes) for name in names]


def _problems(form: DraftForm, outcomes: dict[str, Outcome]) -> list[tuple[str, str, str]]:
    """Return what could not be kept: anchor, field, and why."""
    rows = []
    for name in form.names:
        texts = [str(error) for error in form.errors.get(name, [])] if form.is_bound else []
        if name in outcomes and outcomes[name].state != State.SAVED:
            texts.append(outcomes[name].message)
        rows += [(name.replace(":", "-"), label_of(name), text) for text in texts]
    return rows


def _parts(sheet: Sheet, way: str) -> list[tuple[Step, str, list[dict[str, Any]]]]:
    """Return the steps with their answers, what they were, and what was declared."""
    found = []
    form = DraftForm(sheet=sheet, names=sheet.steps[0].names)
    for one in sheet.steps:
        rows = []
        for name in one.asked or one.names:
            value = sheet.value(name)
            before = answer_of(sheet.draft.before, name)
            rows.append(
                {
                    "label": label_of(name),
                    "text": form.said(name, value),
                    "key": name.replace(":", "-"),
                    "needed": name not in OPTIONAL,
                    "was": said(name, before) if before not in (None, value) else "",
                    "declared": said(name, sheet.declared_value(name)),
                    "finding": said(f"f:{name}", sheet.value(f"f:{name}")),
                    "differs": sheet.value(f"f:{name}") == "differs",
                    "remark": sheet.value(f"r:{name}") or "",
                }
            )
        url = reverse("digital:draft_step", args=[sheet.draft.enterprise_id, way, one.key])
        found.append((one, url, rows))
    return found


def _place(sheet: Sheet, way: str, key: str, name: str) -> str:
    url = reverse("digital:draft_step", args=[sheet.draft.enterprise_id, way, key])
    return f"{url}#{name.replace(':', '-')}"


def _levels(sheet: Sheet) -> Sequence[index.Level]:
    """Return the thresholds in force on the day of the draft."""
    day = sheet.day("d:assessed_on") or timezone.localdate()
    return rules.levels_of(rules.in_force(index.ASKED, day), index.ASKED)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < DIGITS else 0
