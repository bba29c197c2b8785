"""Forms of visits and samples; what they mean is decided in the domain (表单)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import Application, Round, VisitDraw
from cultivation.pipeline.visits import officers
from cultivation.pipeline.visits.draws import Sample
from cultivation.pipeline.visits.planning import Plan
from enterprises.registry.models import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cultivation.pipeline.models import Visit
    from enterprises.accounts.models import User
    from enterprises.places.models import Region

MOST_DRAWN = 100_000
PER_CENT = 10_000  # parts per million


class PlanForm(forms.Form):
    """Day and officers of a visit (核查安排)."""

    day = forms.DateField(
        label=_("Planned day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    first = forms.TypedChoiceField(label=_("First officer"), coerce=int)
    second = forms.TypedChoiceField(label=_("Second officer"), coerce=int)

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"day": visit.planned_on, "first": visit.first_id, "second": visit.second_id},
        )
        super().__init__(*args, **kwargs)
        able = [(one.pk, str(one)) for one in officers.possible(visit)]
        for name in ("first", "second"):
            place: Any = self.fields[name]
            place.choices = [("", "—"), *able]

    @property
    def plan(self) -> Plan:
        """Return what is wanted."""
        data = self.cleaned_data
        return Plan(data["day"], data["first"], data["second"])


class ReasonForm(forms.Form):
    """Why something is done (理由)."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea({"rows": 3}))


class CommentForm(forms.Form):
    """What an enterprise says on a visit (企业意见)."""

    text = forms.CharField(
        label=_("Your comment"), max_length=4000, widget=forms.Textarea({"rows": 5})
    )


class DrawWordForm(forms.Form):
    """A word that a witness calls before the seed is opened (见证词)."""

    word = forms.CharField(
        label=_("Word of a witness"),
        max_length=80,
        required=False,
        help_text=_("Called by somebody else in the room just now; it enters the draw."),
    )


class SampleForm(forms.Form):
    """What a sample is drawn of, and how large (抽样方案)."""

    name = forms.CharField(label=_("Name of the sample"), max_length=120)
    office = forms.ChoiceField(label=_("Office"))
    tier = forms.ChoiceField(label=_("Tier"), choices=[*reversed(Tier.choices)])
    kind = forms.ChoiceField(label=_("Kind"), choices=Application.Kind.choices)
    round = forms.ModelChoiceField(
        label=_("Round"),
        queryset=Round.objects.none(),
        required=False,
        empty_label=_("whatever the office has in hand"),
    )
    share = forms.DecimalField(
        label=_("Share of the cases, per cent"),
        required=False,
        min_value=Decimal("0.0001"),
        max_value=100,
        max_digits=7,
        decimal_places=4,
        help_text=_("Rounded up. Give a share or a number."),
    )
    number = forms.IntegerField(
        label=_("Number of cases"), required=False, min_value=1, max_value=MOST_DRAWN
    )
    strata = forms.ChoiceField(
        label=_("Spread over"),
        choices=VisitDraw.Strata.choices,
        required=False,
        help_text=_("Each region gives its share of the sample."),
    )

    def __init__(self, *args: Any, user: User, offices: Sequence[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offices = {one.path or "-": one for one in offices}
        office: Any = self.fields["office"]
        office.choices = [(path, str(one)) for path, one in self.offices.items()]
        rounds: Any = self.fields["round"]
        rounds.queryset = Round.objects.visible_to(user).in_force()

    @property
    def region(self) -> Region:
        """Return the office."""
        return self.offices[self.cleaned_data["office"]]

    @property
    def sample(self) -> Sample:
        """Return what is wanted."""
        data = self.cleaned_data
        share = None if data["share"] is None else int(data["share"] * PER_CENT)
        return Sample(
            data["name"], data["tier"], data["kind"], data["round"], share, data["number"],
            data["strata"],
        )  # fmt: skip
