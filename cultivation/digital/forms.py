"""Forms for assessments and projects; what they mean is decided in the domain (表单)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.digital import index
from cultivation.digital.models import MaturityAssessment
from enterprises.registry.forms.fields import DayField, MoneyField, ScaledField

if TYPE_CHECKING:
    from django.forms.boundfield import BoundField

Way = MaturityAssessment.Way
LEVELS = [(1, _("level 1")), (2, _("level 2")), (3, _("level 3")), (4, _("level 4"))]


class Questionnaire(forms.Form):
    """The fifteen questions and sixteen scenarios of the 2024 index (评测问卷)."""

    assessed_on = DayField(label=_("Day of the assessment"))
    valid_to = DayField(
        label=_("Valid to"),
        required=False,
        help_text=_("Leave empty where no end is stated."),
    )
    assessor = forms.CharField(label=_("Assessor"), max_length=120, required=False)
    pledge = forms.BooleanField(
        label=_("We pledge that these answers are true and can be proved on request.")
    )

    def __init__(self, *args: Any, way: str, answers: dict[str, Any] | None = None, **kw: Any):
        """Make a field for each question and scenario; `answers` are shown to begin with."""
        super().__init__(*args, **kw)
        self.way = way
        before = answers or {}
        for question in index.questions():
            self.fields[f"q{question.no}"] = _question_field(question, before)
        for scenario in index.scenarios():
            self.fields[f"s{scenario.no}"] = _scenario_field(scenario, before)
        self.fields["assessed_on"].initial = timezone.localdate()
        if way == Way.ON_SITE:
            self.fields["assessor"].required = True
            del self.fields["pledge"]
        else:
            del self.fields["assessor"]

    def answers(self) -> dict[str, Any]:
        """Return the answers as an assessment keeps them."""
        data = self.cleaned_data
        questions = {}
        for question in index.questions():
            given = data[f"q{question.no}"]
            questions[str(question.no)] = list(given) if question.multiple else [given]
        scenarios = {str(s.no): int(data[f"s{s.no}"]) for s in index.scenarios()}
        return {"questions": questions, "scenarios": scenarios}

    def details(self) -> dict[str, Any]:
        """Return the day, the end and the assessor."""
        data = self.cleaned_data
        return {
            "assessed_on": data["assessed_on"],
            "valid_to": data["valid_to"],
            "assessor": data.get("assessor", ""),
        }

    def heads(self) -> list[BoundField]:
        """Return the fields that stand before the questions."""
        names = ("assessed_on", "valid_to", "assessor")
        return [self[name] for name in names if name in self.fields]

    def question_groups(self) -> dict[str, list[BoundField]]:
        """Return the questions by dimension."""
        groups: dict[str, list[BoundField]] = {}
        for question in index.questions():
            groups.setdefault(question.dimension, []).append(self[f"q{question.no}"])
        return groups

    def scenario_groups(self) -> dict[str, list[BoundField]]:
        """Return the scenarios by area."""
        groups: dict[str, list[BoundField]] = {}
        for scenario in index.scenarios():
            groups.setdefault(scenario.area, []).append(self[f"s{scenario.no}"])
        return groups


def _question_field(question: index.Question, before: dict[str, Any]) -> forms.Field:
    given = before.get("questions", {}).get(str(question.no), [])
    choices = [(option.code, str(option)) for option in question.options]
    label = f"{question.no}. {question}"
    if question.multiple:
        return forms.MultipleChoiceField(
            label=label,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            initial=given,
            help_text=_("Choose all that apply; “none” stands alone."),
        )
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect,
        initial=given[0] if given else None,
    )


def _scenario_field(scenario: index.Scenario, before: dict[str, Any]) -> forms.Field:
    choices = [("0", str(_("None of these")))]
    choices += [(str(level), f"{level} · {text}") for level, text in scenario.texts]
    given = before.get("scenarios", {}).get(str(scenario.no))
    return forms.ChoiceField(
        label=f"{scenario.no}. {scenario}{' *' if scenario.binding else ''}",
        choices=choices,
        widget=forms.RadioSelect,
        initial=None if given is None else str(given),
    )


class ResultForm(forms.Form):
    """A level fixed elsewhere, entered from its report (评定结果录入)."""

    index_version = forms.TypedChoiceField(
        label=_("Index version"), coerce=int, choices=[(2024, "2024"), (2022, "2022")], initial=2024
    )
    level = forms.TypedChoiceField(
        label=_("Digital level"), coerce=int, choices=[(0, _("no level")), *LEVELS], initial=2
    )
    score = ScaledField(
        label=_("Score"),
        required=False,
        scale=Decimal(100),
        most=10_000,
        help_text=_("Out of 100; leave empty where the report gives none."),
    )
    assessed_on = DayField(label=_("Day of the assessment"))
    valid_to = DayField(
        label=_("Valid to"), required=False, help_text=_("Leave empty where no end is stated.")
    )
    assessor = forms.CharField(label=_("Assessor"), max_length=120)


class ProjectForm(forms.Form):
    """A transformation project that has begun (项目登记)."""

    name = forms.CharField(label=_("Name of the project"), max_length=200)
    started_on = DayField(label=_("Begun on"))
    own_money = MoneyField(label=_("Own money"), help_text=_("In yuan; 120万 is understood."))
    public_money = MoneyField(label=_("Public money"))
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class StepForm(forms.Form):
    """The day on which a project was finished or accepted (项目进展)."""

    on = DayField(label=_("Day"))
