"""Forms of rounds: terms, windows, quotas, extensions, rules (批次表单)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models import Application, IntakeRule, RoundWindow, WindowLevel
from cultivation.pipeline.rounds.holding import Terms
from cultivation.pipeline.rounds.moments import MomentField
from cultivation.pipeline.rounds.rationing import Share
from cultivation.pipeline.rounds.setting import Days
from cultivation.standards.models import Edition
from enterprises.registry.forms.fields import WholeField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cultivation.pipeline.models import Quota, Round
    from enterprises.places.models import Region

MOST_GRACE = 7 * 24 * 60  # minutes


class Area(forms.Textarea):
    """A text of a few lines."""

    def __init__(self, rows: int = 3) -> None:
        super().__init__(attrs={"rows": rows})


class RoundForm(forms.Form):
    """What a round is; who holds it and its tier are chosen before (批次要素)."""

    name = forms.CharField(label=_("Name of the round"), max_length=120)
    year = WholeField(label=_("Year"), least=2015, most=2100)
    kinds = forms.MultipleChoiceField(
        label=_("Takes"), choices=Application.Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    units = forms.MultipleChoiceField(
        label=_("Recommending units that take part"),
        required=False,
        help_text=_("None ticked: all of them."),
        widget=forms.CheckboxSelectMultiple,
    )
    edition = forms.ModelChoiceField(
        label=_("Standard"),
        queryset=Edition.objects.none(),
        required=False,
        empty_label=_("the one that counts on the day of submission"),
    )
    document = forms.CharField(label=_("Number of the notice"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=Area())

    def __init__(self, *args: Any, tier: str, units: Iterable[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tier = tier
        fields: Any = self.fields
        fields["edition"].queryset = Edition.objects.filter(tier=tier).order_by("-in_force")
        choices = [(unit.path, str(unit)) for unit in units]
        if choices:
            fields["units"].choices = choices
        else:
            del fields["units"]

    def terms(self) -> Terms:
        """Return what was typed."""
        data = self.cleaned_data
        return Terms(
            tier=self.tier,
            kinds=tuple(data["kinds"]),
            year=data["year"],
            name=data["name"],
            units=tuple(data.get("units") or ()),
            edition=data["edition"],
            document=data["document"],
            note=data["note"],
        )

    @staticmethod
    def initial_of(round_: Round) -> dict[str, Any]:
        """Return what a round says, for the form."""
        names = ("name", "year", "kinds", "units", "edition", "document", "note")
        return {name: getattr(round_, name) for name in names}


class WindowsForm(forms.Form):
    """From when until when each level acts; an empty row is no window (时段)."""

    def __init__(
        self,
        *args: Any,
        levels: Sequence[str],
        stored: Mapping[str, RoundWindow] | None = None,
        **kwargs: Any,
    ) -> None:
        self.levels, self.stored = levels, stored or {}
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        for level in levels:
            name = WindowLevel(level).label
            self.fields[f"opens_{level}"] = MomentField(
                label=_("%(level)s: opens") % {"level": name}, required=False
            )
            self.fields[f"closes_{level}"] = MomentField(
                label=_("%(level)s: closes") % {"level": name}, required=False, last=True
            )
            self.fields[f"grace_{level}"] = WholeField(
                label=_("%(level)s: grace in minutes") % {"level": name},
                required=False,
                most=MOST_GRACE,
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the fields level by level."""
        return [
            {
                "label": WindowLevel(level).label,
                "opens": self[f"opens_{level}"],
                "closes": self[f"closes_{level}"],
                "grace": self[f"grace_{level}"],
            }
            for level in self.levels
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a window that opens and never closes."""
        data: dict[str, Any] = super().clean() or {}
        for level in self.levels:
            alone = data.get(f"opens_{level}") or data.get(f"grace_{level}")
            if alone and not data.get(f"closes_{level}") and f"closes_{level}" not in self.errors:
                self.add_error(f"closes_{level}", _("Say when this window closes."))
        return data

    def wanted(self) -> dict[str, Days | None]:
        """Return the windows; days left as they were keep their source."""
        return {level: self._days(level) for level in self.levels}

    def _days(self, level: str) -> Days | None:
        data, row = self.cleaned_data, self.stored.get(level)
        closes = data[f"closes_{level}"]
        if closes is None:
            return None
        opens, grace = data[f"opens_{level}"], (data[f"grace_{level}"] or 0) * 60
        if row is not None and (row.opens, row.closes) == (opens, closes):
            return Days(opens, closes, grace, row.confidence, row.document)
        return Days(opens, closes, grace)

    def _initial(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for level, row in self.stored.items():
            found[f"opens_{level}"], found[f"closes_{level}"] = row.opens, row.closes
            found[f"grace_{level}"] = row.grace_seconds // 60 or None
        return found


class WhyForm(forms.Form):
    """Why something is done (理由)."""

    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=Area(2))

    def __init__(self, *args: Any, owed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = owed


class QuotasForm(forms.Form):
    """How many each region below an office may recommend (名额)."""

    def __init__(
        self, *args: Any, regions: Sequence[Region], stored: Mapping[str, Quota], **kwargs: Any
    ) -> None:
        self.regions, self.stored = regions, stored
        initial: dict[str, Any] = {}
        for code, quota in stored.items():
            initial[f"places_{code}"], initial[f"ratio_{code}"] = quota.places, quota.ratio
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        for region in regions:
            self.fields[f"places_{region.code}"] = WholeField(
                label=_("Places of %(region)s") % {"region": region}, required=False, most=10**6
            )
            self.fields[f"ratio_{region.code}"] = WholeField(
                label=_("Candidates for 100 places of %(region)s") % {"region": region},
                required=False,
                most=10**6,
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the fields region by region."""
        return [
            {
                "region": region,
                "quota": self.stored.get(region.code),
                "places": self[f"places_{region.code}"],
                "ratio": self[f"ratio_{region.code}"],
            }
            for region in self.regions
        ]

    def wanted(self) -> dict[str, Share | None]:
        """Return the quotas; an empty field is none."""
        data = self.cleaned_data
        return {
            region.code: None
            if data[f"places_{region.code}"] is None
            else Share(data[f"places_{region.code}"], data[f"ratio_{region.code}"])
            for region in self.regions
        }


class ExtensionForm(forms.Form):
    """Who may come later, at which level, until when, why (个别延期)."""

    code = forms.CharField(
        label=_("Credit code of the enterprise"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono"}),
    )
    level = forms.ChoiceField(label=_("Whose window"))
    until = MomentField(label=_("Until"), last=True)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        help_text=_("The enterprise reads it. Name no persons."),
        widget=Area(),
    )

    def __init__(self, *args: Any, levels: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["level"]
        field.choices = [(level, WindowLevel(level).label) for level in levels]


class IntakeForm(forms.Form):
    """How applications of a tier come in (受理方式)."""

    mode = forms.ChoiceField(label=_("Applications come in"), choices=IntakeRule.Mode.choices)
    reason = forms.CharField(label=_("Reason"), max_length=1000)


class RouteForm(forms.Form):
    """Which offices of a unit review applications of a tier (审核层级)."""

    by_county = forms.BooleanField(label=_("The county reviews"), required=False)
    by_city = forms.BooleanField(label=_("The city reviews"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=1000)
