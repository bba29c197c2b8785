"""The form of one year's figures (年度数据录入)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from enterprises.registry import amounts, money
from enterprises.registry.forms.fields import MoneyField, field_for
from enterprises.registry.forms.keeping import KeepingForm
from enterprises.registry.models import COUNTS, MONEY, AnnualReport

if TYPE_CHECKING:
    from django.http import QueryDict

UNITS = [
    ("元", _("yuan (元)")),
    ("千元", _("thousand yuan (千元)")),
    ("万元", _("ten thousand yuan (万元)")),
    ("亿元", _("hundred million yuan (亿元)")),
]
DEFAULT_UNIT = "万元"
OTHERS = ("market_share", "domestic_rank", "quality_score")
SECTIONS = (
    (_("Money"), tuple(MONEY)),
    (_("People"), tuple(COUNTS)),
    (_("Market and quality"), OTHERS),
    (_("Source"), ("audited", "source")),
)


class ReportForm(KeepingForm):
    """One year's figures; money in the unit chosen, an empty field is “not stated” (年报)."""

    def __init__(self, *args: Any, report: AnnualReport, unit: str, **kwargs: Any) -> None:
        names = [name for _heading, part in SECTIONS for name in part]
        super().__init__(*args, stored={name: getattr(report, name) for name in names}, **kwargs)
        self.unit = unit
        for name in names:
            self.fields[name] = self._made(name)

    def _made(self, name: str) -> forms.Field:
        field = field_for(AnnualReport._meta.get_field(name))  # type: ignore[arg-type]
        if field is None:
            raise LookupError(name)
        if isinstance(field, MoneyField):
            field.unit = self.unit
            field.widget.attrs.update(
                {
                    "hx-get": reverse_lazy("registry:amount"),
                    "hx-trigger": "change",
                    "hx-target": f"#reading-{name}",
                    "hx-include": "#id_unit",
                    "aria-describedby": f"reading-{name}",
                }
            )
        return field

    def sections(self) -> list[tuple[str, list[tuple[forms.BoundField, str, bool]]]]:
        """Return the fields in groups, each with the reading of its amount and if it is money."""
        return [
            (str(heading), [(self[name], self.reading(name), name in MONEY) for name in names])
            for heading, names in SECTIONS
        ]

    def reading(self, name: str) -> str:
        """Return how an amount reads in words; empty where it is none."""
        field = self.fields[name]
        if not isinstance(field, MoneyField):
            return ""
        if not self.is_bound:
            value = self.stored[name]
        else:
            try:
                value = field.clean(self.data.get(self.add_prefix(name), ""))
            except forms.ValidationError:
                return ""
        return amounts.reading(value) if value is not None else ""

    def unit_changed(self) -> bool:
        """Tell whether another unit was chosen than the one the page was shown in."""
        return bool(self.data.get("seen_unit", self.unit) != self.unit)

    def converted(self) -> Any:
        """Return the data with the figures nobody touched shown in the newly chosen unit."""
        shown_before = _shown_in(self, str(self.data.get("seen_unit", "")))
        data = cast("QueryDict", self.data).copy()
        now = self.shown()
        typed = self.typed()
        for name in MONEY:
            if typed[name] == shown_before[name]:
                data[self.add_prefix(name)] = now[name]
        data["seen"] = json.dumps(now, ensure_ascii=False)
        data["seen_unit"] = self.unit
        return data


def _shown_in(form: ReportForm, unit: str) -> dict[str, str]:
    """Return the stored amounts as a page in another unit showed them."""
    unit = chosen_unit(unit)
    return {name: money.show(form.stored[name], unit=unit) for name in MONEY}


def chosen_unit(wanted: str | None) -> str:
    """Return the unit asked for, or ten thousand yuan."""
    return wanted if wanted in dict(UNITS) else DEFAULT_UNIT
