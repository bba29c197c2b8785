"""Forms of reconsiderations and of requests for more time (复核与延期表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.appealing.asking import LONGEST, MOST_FILES
from cultivation.pipeline.correcting.forms import day
from cultivation.pipeline.notices.forms import Files
from cultivation.pipeline.rounds.moments import MomentField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.core.files.base import File

    from cultivation.pipeline.appealing.subjects import Subject
    from cultivation.pipeline.models import ContestedPoint, Reconsideration
    from enterprises.registry.models import Enterprise

Area = forms.Textarea


class PointForm(forms.Form):
    """One thing of the refusal: contested or not, and why (复核事项)."""

    contested = forms.BooleanField(label=_("I contest this"), required=False)
    words = forms.CharField(
        label=_("What is wrong with it"),
        required=False,
        max_length=LONGEST,
        widget=Area({"rows": 3}),
    )


class AskForm(forms.Form):
    """The statement on the whole, and evidence (复核申请书)."""

    words = forms.CharField(
        label=_("On the refusal as a whole"),
        required=False,
        max_length=LONGEST,
        widget=Area({"rows": 4}),
    )
    evidence = Files(label=_("Evidence"), required=False)
    without = forms.MultipleChoiceField(
        label=_("Take off again"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, draft: Reconsideration | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].help_text = _(
            "PDF, PNG, JPEG, XLSX, DOCX or OFD, each up to %(most)s MB, at most %(number)s files."
        ) % {"most": settings.DOCUMENT_MAX_BYTES // 1_048_576, "number": MOST_FILES}
        kept = draft.documents.order_by("pk") if draft else ()
        field: Any = self.fields["without"]
        field.choices = [(str(one.pk), one.name) for one in kept]
        if not field.choices:
            del self.fields["without"]

    @property
    def given(self) -> Sequence[File[bytes]]:
        """Return the files added."""
        return [file for file in self.cleaned_data.get("evidence") or () if file]

    @property
    def taken_off(self) -> list[int]:
        """Return the documents to take off the draft."""
        return [int(pk) for pk in self.cleaned_data.get("without", [])]


def point_forms(
    offered: Sequence[Subject], data: Any, draft: Reconsideration | None
) -> list[tuple[Subject, PointForm]]:
    """Return a form for each thing that can be contested, filled from the draft."""
    kept = {point.subject: point.words for point in draft.points.all()} if draft else {}
    return [
        (
            subject,
            PointForm(
                data,
                prefix=f"p{number}",
                initial={
                    "contested": subject.subject in kept,
                    "words": kept.get(subject.subject, ""),
                },
            ),
        )
        for number, subject in enumerate(offered)
    ]


class AnswerForm(forms.Form):
    """What was found on one point contested (逐项答复)."""

    founded = forms.TypedChoiceField(
        label=_("Is it founded?"),
        choices=[("no", _("not founded")), ("yes", _("founded"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )
    answer = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=2000,
        widget=Area({"rows": 3}),
        help_text=_("The enterprise reads it. Name no persons."),
    )


class ReplyForm(forms.Form):
    """The answer to the enterprise on the whole (总答复)."""

    reply = forms.CharField(
        label=_("Answer to the enterprise"),
        required=False,
        max_length=5000,
        widget=Area({"rows": 5}),
        help_text=_("The enterprise reads it. Name no persons."),
    )


def answer_forms(
    points: Iterable[ContestedPoint], data: Any
) -> list[tuple[ContestedPoint, AnswerForm]]:
    """Return a form for each point contested, filled with what was found before."""
    return [
        (
            point,
            AnswerForm(
                data,
                prefix=f"a{point.pk}",
                initial={"founded": "yes" if point.founded else "no", "answer": point.answer},
            ),
        )
        for point in points
    ]


class ReasonForm(forms.Form):
    """Why (理由)."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, widget=Area({"rows": 3})
    )

    def __init__(self, *args: Any, label: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label is not None:
            self.fields["reason"].label = label


class AskTimeForm(forms.Form):
    """Until when, and why (延期申请)."""

    enterprise = forms.ChoiceField(label=_("Enterprise"))
    until = MomentField(label=_("Until"), last=True)
    due_on = forms.DateField(label=_("Until the end of"), widget=day())
    reason = forms.CharField(
        label=_("Why more time is needed"), max_length=1000, widget=Area({"rows": 4})
    )

    def __init__(
        self, *args: Any, firms: Sequence[Enterprise] = (), moment: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["enterprise"]
        field.choices = [(str(one.pk), one.name) for one in firms]
        if len(firms) < 2:
            del self.fields["enterprise"]
        del self.fields["due_on" if moment else "until"]


class AnswerTimeForm(forms.Form):
    """More time or none, and why (延期答复)."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("grant", _("Grant it")), ("refuse", _("Refuse it"))],
        widget=forms.RadioSelect,
    )
    until = MomentField(
        label=_("Until"), last=True, required=False, help_text=_("Beijing time; for a grant.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=Area({"rows": 3}),
        help_text=_("The enterprise reads it. Name no persons."),
    )
