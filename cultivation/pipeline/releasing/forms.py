"""Forms of pending decisions: what is proposed, why, and letting it go (表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline import findings
from cultivation.pipeline.models import Proposal
from cultivation.pipeline.releasing import grounds
from cultivation.pipeline.releasing.grounds import Ground

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cultivation.pipeline.models import Application

LONGEST = 4000


class ReasonsForm(forms.Form):
    """Reasons from the library and in own words (理由)."""

    reasons = forms.MultipleChoiceField(
        label=_("Reasons from the library"), required=False, widget=forms.CheckboxSelectMultiple
    )
    words = forms.CharField(
        label=_("In own words"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def offer(self, verdicts: Iterable[str], application: Application | None = None) -> None:
        """Offer the reasons that fit some verdicts, those of a criterion under its name."""
        labels = {
            line.code: f"{line.code} {line.label}"
            for line in (findings.lines(application.submitted_result) if application else ())
        }
        groups: dict[str, dict[str, str]] = {}
        for verdict in verdicts:
            for criterion, some in grounds.offered(verdict, application):
                head = labels.get(criterion, criterion) or gettext("on the whole")
                groups.setdefault(head, {}).update({f"{criterion}|{r.code}": str(r) for r in some})
        field: Any = self.fields["reasons"]
        field.choices = [(head, list(some.items())) for head, some in groups.items() if some]
        if not field.choices:
            del self.fields["reasons"]

    @property
    def grounds(self) -> list[Ground]:
        """Return the reasons chosen."""
        return [
            Ground(code, criterion)
            for criterion, _bar, code in (
                value.partition("|") for value in self.cleaned_data.get("reasons", [])
            )
        ]


class ProposalForm(ReasonsForm):
    """How to decide, and why; the enterprise reads the reasons once it is released (拟办)."""

    verdict = forms.ChoiceField(label=_("Proposed decision"), widget=forms.RadioSelect)
    field_order = ("verdict", "reasons", "words")

    def __init__(
        self,
        *args: Any,
        verdicts: Iterable[str],
        application: Application | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        known = list(verdicts)
        field: Any = self.fields["verdict"]
        field.choices = [(one, capfirst(str(Proposal.Verdict(one).label))) for one in known]
        self.offer(known, application)


class EndingForm(ReasonsForm):
    """How a title is to end before its time, and why (拟撤销、取消)."""

    kind = forms.ChoiceField(
        label=_("How it ends"),
        choices=[
            (
                "revoked",
                _("revoked for cause: titles fall together, three years without application"),
            ),
            ("cancelled", _("cancelled: this title alone, nothing is barred")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("kind", "reasons", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(["revoked"])


class ConfirmForm(forms.Form):
    """The number of decisions typed once more, and the moment (确认发布)."""

    count = forms.IntegerField(
        label=_("How many decisions are released"),
        min_value=1,
        max_value=10**6,
        help_text=_("Type the number shown above, so that it is this list you release."),
    )
    due = forms.DateTimeField(
        label=_("Not before"),
        required=False,
        help_text=_("Beijing time. Left empty, the release starts at once; until it starts it can "
                    "be called off."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip
