"""Forms of an enterprise's profile: registering and changing (企业基本信息)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from enterprises.places import regions
from enterprises.places.models import ChainLink, Park, ProductDomain
from enterprises.registry import credit_code, labels, records
from enterprises.registry.forms.fields import MoneyField, field_for, narrow
from enterprises.registry.forms.keeping import KeepingForm
from enterprises.registry.models import Enterprise
from enterprises.registry.profile import PRODUCT, STATEMENTS

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.places.models import Region

IDENTITY = (
    "name",
    "region",
    "address",
    "established_on",
    "registered_capital",
    "ownership",
    "industry",
    "industry_class",
    "park",
    "cluster",
)
CONTACT = ("contact_name", "contact_phone", "contact_email")
SECTIONS = (
    (_("Identity"), IDENTITY),
    (_("Product and chain"), PRODUCT),
    (_("Statements and look-ups"), STATEMENTS),
    (_("Contact"), CONTACT),
)


class RegionField(forms.CharField):
    """A region by code or name, below what the user may register (地区)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=80, label=labels.of("region"), **kwargs)
        self.paths: tuple[str, ...] = ("",)
        self.widget.attrs.update(
            {
                "list": "region-options",
                "autocomplete": "off",
                "hx-get": reverse_lazy("registry:region_options"),
                "hx-trigger": "input changed delay:300ms, focus once",
                "hx-target": "#region-options",
            }
        )

    def clean(self, value: Any) -> Region | None:
        """Return the region; name the text where none in sight bears it."""
        text = super().clean(value)
        if not text:
            return None
        code = re.match(r"\d{6}", narrow(text))
        for path in self.paths:
            found = regions.find(code.group() if code else narrow(text), within=path)
            if found is not None and found.path:
                return found
        raise forms.ValidationError(
            _(
                "“%(value)s” is no region that you register for, or the name is borne by several. "
                "Choose from the list or write the six-digit code."
            ),
            params={"value": text},
        )

    def prepare_value(self, value: Any) -> Any:
        """Show a region as code and name; typed text stays as typed."""
        return value if value is None or isinstance(value, str) else f"{value.code} {value}"


def tie_place(name: str, field: forms.ModelChoiceField[Any], path: str) -> None:
    """Let a choice of the profile offer what fits: parks of the province, fields of its kind."""
    if name == "park":
        field.queryset = Park.objects.filter(region__path__startswith=path[:2])
    elif name == "product_domain":
        field.queryset = ProductDomain.objects.exclude(scheme="strategic")
    elif name == "strategic_field":
        field.queryset = ProductDomain.objects.filter(scheme="strategic")
    elif name == "chain_link":
        field.queryset = ChainLink.objects.select_related("chain")
        field.label_from_instance = lambda obj: f"{obj.chain} › {obj}"  # type: ignore[method-assign]


class _Profile(forms.Form):
    """What registering and changing share."""

    def _take(self, names: tuple[str, ...]) -> None:
        for name in names:
            field = RegionField() if name == "region" else _made(name)
            self.fields[name] = field
            if isinstance(field, MoneyField):
                field.unit = "万元"

    def _tie_places(self, path: str) -> None:
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                tie_place(name, field, path)

    def clean(self) -> dict[str, Any]:
        """Refuse a link of another chain."""
        data = super().clean() or self.cleaned_data
        link, chain = data.get("chain_link"), data.get("chain")
        if link is not None and link.chain != chain:
            self.add_error(
                "chain_link",
                _("“%(link)s” is a link of “%(chain)s”. Choose that chain or another link.")
                % {"link": link, "chain": link.chain},
            )
        return data


class RegisterForm(_Profile):
    """Register an enterprise (企业登记)."""

    credit_code = forms.CharField(
        label=labels.PROFILE["credit_code"],
        max_length=40,
        help_text=_("18 characters; blanks and full-width characters are tidied."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    code_override_reason = forms.CharField(
        label=labels.PROFILE["code_override_reason"],
        max_length=300,
        required=False,
        help_text=_("Only where the licence itself bears a code whose check character is wrong."),
    )

    FIELDS = (
        "name",
        "region",
        "address",
        "established_on",
        "registered_capital",
        "ownership",
        "industry",
        "niche",
        "leading_product",
        *CONTACT,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._take(self.FIELDS)
        region = self.fields["region"]
        if isinstance(region, RegionField):
            region.paths = user.scope.register_paths

    def clean_credit_code(self) -> str:
        """Check the code together with all else, so that what is wrong is said at once."""
        reason = str(self.data.get("code_override_reason", ""))
        return credit_code.check(self.cleaned_data["credit_code"], reason=reason)


class ProfileForm(_Profile, KeepingForm):
    """Change an enterprise's profile (修改基本信息)."""

    def __init__(
        self, *args: Any, enterprise: Enterprise, user: User, keeper: bool, **kwargs: Any
    ) -> None:
        names = tuple(
            name
            for _heading, part in SECTIONS
            for name in part
            if keeper or name not in records.OFFICE_ONLY
        )
        self.own = enterprise.pk in user.scope.enterprises
        stored = {name: getattr(enterprise, name) for name in names}
        if not self.own:
            stored.update(dict.fromkeys(CONTACT, ""))
        super().__init__(*args, stored=stored, **kwargs)
        self._take(names)
        self._tie_places(enterprise.region_path)
        region = self.fields.get("region")
        if isinstance(region, RegionField):
            region.paths = user.scope.register_paths
        if not self.own:
            for name in CONTACT:
                self.fields[name].help_text = _("Leave empty to keep what is stored.")
        self.fields["reason"] = forms.CharField(
            label=_("Reason for the change"), max_length=300, required=not self.own
        )

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields in their groups, for the page."""
        return [
            (str(heading), [self[name] for name in names if name in self.fields])
            for heading, names in SECTIONS
        ]


def _made(name: str) -> forms.Field:
    made = field_for(Enterprise._meta.get_field(name))  # type: ignore[arg-type]
    if made is None:
        raise LookupError(name)
    return made
