"""Forms of review and correction: a word on a criterion, a last day, more time, who works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.correcting import reasons
from cultivation.pipeline.models import CriterionReview
from cultivation.pipeline.opinions import Word
from enterprises.accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from cultivation.pipeline.models import Reason
    from enterprises.registry.models import Document


def day() -> forms.DateInput:
    """Return the input of a day, whose value browsers want in one spelling."""
    bounds = {"type": "date", "min": "2000-01-01", "max": "2100-12-31"}
    return forms.DateInput(attrs=bounds, format="%Y-%m-%d")


class OpinionForm(forms.Form):
    """An officer's word on one criterion; left empty it says nothing (逐条意见)."""

    opinion = forms.ChoiceField(
        choices=[("", _("no opinion")), *CriterionReview.Opinion.choices],
        required=False,
        label=_("Opinion"),
        widget=forms.RadioSelect,
    )
    grounds = forms.ChoiceField(required=False, label=_("Reason of the library"))
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Own words"),
        help_text=_("Of an objection the enterprise reads them if refused. Name no persons."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    document = forms.ChoiceField(required=False, label=_("Seen in"))
    page = forms.CharField(required=False, max_length=40, label=_("Page or line"))

    def __init__(
        self,
        *args: Any,
        offered: Iterable[Reason],
        documents: Sequence[Document],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        grounds: Any = self.fields["grounds"]
        grounds.choices = [("", _("none")), *((one.code, str(one)) for one in offered)]
        if documents:
            seen: Any = self.fields["document"]
            seen.choices = [("", _("no document"))]
            seen.choices += [(str(one.pk), one.name) for one in documents]
        else:
            del self.fields["document"], self.fields["page"]

    def word(self, criterion: str) -> Word:
        """Return what was said, for recording."""
        data = self.cleaned_data
        document = data.get("document") or ""
        return Word(
            criterion,
            data["opinion"],
            data["reason"],
            grounds=data["grounds"],
            document=int(document) if document else None,
            page=data.get("page", ""),
        )


def opinion_forms(
    codes: Iterable[str],
    given: dict[str, CriterionReview],
    *,
    documents: dict[str, list[Document]],
    library: Sequence[Reason],
    data: Any = None,
) -> dict[str, OpinionForm]:
    """Return a form for each criterion, filled with what the level said before.

    `library` are the reasons in use for an objection, `documents` those to choose from by code.
    """
    return {
        code: OpinionForm(
            data,
            prefix=f"c{number}",
            offered=reasons.chosen(library, reasons.OBJECT, code),
            documents=documents.get(code, []),
            initial=_initial(given[code]) if code in given else {},
        )
        for number, code in enumerate(codes)
    }


def _initial(review: CriterionReview) -> dict[str, Any]:
    return {
        "opinion": review.opinion,
        "grounds": review.grounds.code if review.grounds else "",
        "reason": review.reason,
        "document": str(review.document_id or ""),
        "page": review.page,
    }


class ReturnForm(forms.Form):
    """The last day, and words beyond those on single fields (退回期限与说明)."""

    due_on = forms.DateField(label=_("To be corrected by"), widget=day())
    reason = forms.CharField(
        label=_("Words to the enterprise"),
        required=False,
        max_length=2000,
        help_text=_("Beyond those on single fields; the enterprise reads them. Name no persons."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MoreTimeForm(forms.Form):
    """More time for a correction (补正延期)."""

    due_on = forms.DateField(label=_("New last day"), widget=day())
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class OfficerForm(forms.Form):
    """Who works on a case (指派经办)."""

    officer = forms.ModelChoiceField(
        queryset=User.objects.none(),
        required=False,
        label=_("Worked on by"),
        empty_label=_("nobody"),
    )

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["officer"]
        field.queryset = colleagues
