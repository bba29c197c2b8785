"""A case as an expert reads it: facts, texts and documents, the firm hidden where it is (阅卷)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.models import PanelTask
from cultivation.pipeline.panels import blinding, evidence, rubrics
from cultivation.pipeline.questions import questions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from cultivation.pipeline.findings import Finding
    from cultivation.pipeline.models import Application, CaseDocument, Panel, RubricLine
    from cultivation.pipeline.panels.phases import Sight
    from enterprises.accounts.models import User

State = PanelTask.State
DONE = (State.FINAL, State.ABSTAINED)


@dataclass(frozen=True, slots=True)
class Case:
    """What an expert reads of a case (案卷内容)."""

    label: str
    firm: str  # empty while hidden
    facts: list[tuple[str, str]]
    lines: list[tuple[RubricLine, list[Finding]]]  # each with the criteria that bear on it
    others: list[Finding]  # criteria that bear on no line
    texts: list[tuple[str, str]]
    documents: list[tuple[CaseDocument, str, bool]]  # its name here, handed in after the draw
    withheld: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an expert is on a panel (进度)."""

    panel: Panel
    tasks: list[PanelTask] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(one.state in DONE for one in self.tasks)

    @property
    def whole(self) -> int:
        return len(self.tasks)


def label_of(task: PanelTask) -> str:
    """Return what a case is called before its expert: six letters of its address."""
    return task.token[:6].upper()


def read(task: PanelTask, sight: Sight, lines: Sequence[RubricLine]) -> Case:
    """Return a case for reading; what names the firm is taken out where it is hidden."""
    application = task.case.application
    blind = _plain if sight.sees_firm else blinding.blinder(application)
    told = findings.lines(blinding.blind_node(application.submitted_result, blind))
    leaves = [one for one in told if one.is_leaf]
    by_line = [
        (line, [one for one in leaves if rubrics.bears_on(line, one.code)]) for line in lines
    ]
    shown = {one.code for _line, rows in by_line for one in rows}
    documents = evidence.for_expert(task.case)
    later = evidence.handed_in_later(task.case) if documents else set()
    return Case(
        label=label_of(task),
        firm=application.enterprise.name if sight.sees_firm else "",
        facts=_facts(application, blind, firm=sight.sees_firm),
        lines=by_line,
        others=[one for one in leaves if one.code not in shown],
        texts=_texts(application, blind),
        documents=[(one, evidence.neutral_name(one), one.number in later) for one in documents],
        withheld=task.case.documents.count() - len(documents),
    )


def _plain(text: str) -> str:
    return text


def _facts(
    application: Application, blind: Callable[[str], str], *, firm: bool
) -> list[tuple[str, str]]:
    """Return what is said of the firm beside the criteria; place and name only where shown."""
    enterprise = application.enterprise
    named = [
        (_("Enterprise"), enterprise.name),
        (_("Credit code"), enterprise.credit_code),
        (_("Region"), str(enterprise.region)),
    ]
    said = [
        (_("Tier"), str(application.get_tier_display())),
        (_("Kind"), str(application.get_kind_display())),
        (_("Industry"), str(enterprise.industry or "")),
        (_("Size"), str(enterprise.get_size_class_display())),
        (_("Leading product"), blind(enterprise.leading_product)),
        (_("Niche market"), blind(enterprise.niche)),
    ]
    return [(label, text) for label, text in [*(named if firm else ()), *said] if text]


def _texts(application: Application, blind: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return the texts of the application as submitted."""
    answers = application.submitted_answers
    found = []
    for question in questions_of(application.tier, "texts"):
        answer = answers.get(question.name)
        if isinstance(answer, str) and answer.strip():
            found.append((str(question.label), blind(answer)))
    return found


def before(user: User) -> QuerySet[PanelTask]:
    """Return the tasks before an expert with what their list shows."""
    rows = PanelTask.objects.before(user).select_related(
        "case__panel__rubric", "case__application__enterprise__industry"
    )
    return rows.prefetch_related("case__panel__phases").order_by("case__panel", "token")


def progress(user: User) -> list[Progress]:
    """Return an expert's panels with his tasks."""
    found: dict[int, Progress] = {}
    for task in before(user):
        panel = task.case.panel
        found.setdefault(panel.pk, Progress(panel)).tasks.append(task)
    return list(found.values())


def following(task: PanelTask, user: User) -> PanelTask | None:
    """Return the next case of the panel that is not done: after this one, else from the top."""
    rows = PanelTask.objects.before(user).filter(case__panel=task.case.panel_id)
    left = rows.exclude(state__in=DONE).exclude(pk=task.pk).order_by("token")
    return left.filter(token__gt=task.token).first() or left.first()


@dataclass(frozen=True, slots=True)
class Colleague:
    """What another expert said of a case, under a name that means nothing elsewhere (其他专家)."""

    name: str
    task: PanelTask


def colleagues(task: PanelTask, *, named: bool) -> list[Colleague]:
    """Return the others who submitted a case, numbered anew in each case, or by name."""
    rows = task.case.tasks.exclude(pk=task.pk).filter(state=State.FINAL)
    rows = rows.select_related("member__profile__user").order_by("token")
    return [
        Colleague(
            str(one.member.profile.user) if named else _("Expert %(number)s") % {"number": number},
            one,
        )
        for number, one in enumerate(rows, start=1)
    ]


def speakers(task: PanelTask, *, named: bool) -> list[tuple[str, str, object]]:
    """Return what was said on a case: by whom (numbered, or by name), what, when (讨论)."""
    rows = list(task.case.tasks.select_related("member__profile__user").order_by("token"))
    number = {one.pk: place for place, one in enumerate(rows, start=1)}
    names = {
        one.pk: _("You")
        if one.pk == task.pk
        else str(one.member.profile.user)
        if named
        else _("Expert %(number)s") % {"number": number[one.pk]}
        for one in rows
    }
    said = task.remarks.model.objects.filter(task__case=task.case_id).order_by("pk")
    return [(names[one.task_id], one.text, one.made_at) for one in said]
