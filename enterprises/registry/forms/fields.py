"""Form fields that read figures the way people write them (数值录入)."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from enterprises.registry import labels, money

DATE_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"]
YES_NO = [("", _("not stated")), ("true", _("yes")), ("false", _("no"))]
PERCENT = Decimal(10_000)  # ppm of one per cent


def narrow(text: str) -> str:
    """Return text with full-width characters made half-width and without blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


class MoneyField(forms.CharField):
    """An amount of money; the value is whole fen (金额, 分).

    A unit written with the amount ("1,200万") goes before the unit chosen for the form.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)
        self.unit = "元"
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        """Return whole fen, or None for an empty field."""
        text = super().clean(value)
        if not text:
            return None
        amount = money.parse(text, unit=self.unit)
        if amount.fen is None:
            raise ValidationError(
                _("“%(value)s” is in another currency (%(currency)s). Write it in yuan."),
                params={"value": text, "currency": amount.currency},
            )
        return amount.fen

    def prepare_value(self, value: Any) -> Any:
        """Show stored fen in the form's unit; typed text stays as typed."""
        return money.show(value, unit=self.unit) if isinstance(value, int) else value


class WholeField(forms.CharField):
    """A whole number; thousands separators and full-width digits are understood (整数)."""

    def __init__(self, *, least: int = 0, most: int = 2_000_000_000, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        super().__init__(**kwargs)
        self.least, self.most = least, most
        self.widget.attrs.update({"inputmode": "numeric", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        """Return the number, or None for an empty field."""
        text = super().clean(value)
        if not text:
            return None
        digits = narrow(text).replace(",", "").replace(" ", "")
        try:
            number = int(digits)
        except ValueError:
            raise ValidationError(
                _("“%(value)s” is not a whole number. Write digits, such as 128."),
                params={"value": text},
            ) from None
        if not self.least <= number <= self.most:
            raise ValidationError(
                _("“%(value)s” is outside %(least)s to %(most)s. Check the figure."),
                params={"value": text, "least": self.least, "most": f"{self.most:,}"},
            )
        return number


class ScaledField(forms.CharField):
    """A number with decimals that is stored whole: per cent as ppm, points as hundredths (比例)."""

    def __init__(self, *, scale: Decimal = PERCENT, most: int = 1_000_000, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        super().__init__(**kwargs)
        self.scale, self.most = scale, most
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        """Return the number times the scale, exactly; None for an empty field."""
        text = super().clean(value)
        if not text:
            return None
        bare = narrow(text).removesuffix("%").replace(",", "").strip()
        try:
            number = Decimal(bare) * self.scale
        except ArithmeticError:  # no number, or one far beyond all limits
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValidationError(
                _("“%(value)s” is not a number. Write it like 12.5."), params={"value": text}
            )
        if not 0 <= number <= self.most:
            raise ValidationError(
                _("“%(value)s” is outside 0 to %(most)s. Check the figure."),
                params={"value": text, "most": self._text(self.most)},
            )
        if number != number.to_integral_value():
            raise ValidationError(
                _("“%(value)s” has more decimals than are kept. Round it."), params={"value": text}
            )
        return int(number)

    def prepare_value(self, value: Any) -> Any:
        """Show the stored whole number as typed figures; typed text stays as typed."""
        return self._text(value) if isinstance(value, int) else value

    def _text(self, value: int) -> str:
        return f"{(Decimal(value) / self.scale).normalize():f}"


class DayField(forms.DateField):
    """A date, also as 2026年3月1日 or 2026/3/1 (日期)."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", DATE_FORMATS)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the date; name the value where it is none."""
        try:
            return super().to_python(narrow(value) if isinstance(value, str) else value)
        except ValidationError:
            raise ValidationError(
                _("“%(value)s” is not a date. Write it like 2026-03-01."), params={"value": value}
            ) from None


class StatedField(forms.TypedChoiceField):
    """Yes, no, or not stated (是、否、未填)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(
            choices=YES_NO,
            coerce=lambda text: {"true": True, "false": False}[text],
            empty_value=None,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Show a stored truth value as its choice."""
        return {True: "true", False: "false", None: ""}.get(value, value)


def field_for(field: models.Field[Any, Any], **kwargs: Any) -> forms.Field | None:
    """Return the form field that reads a model field the way people write it."""
    common: dict[str, Any] = {
        "label": labels.of(field.name),
        "required": not (field.blank or field.null),
    }
    return _figure(field, common) or _other(field, common, kwargs)


def _figure(field: models.Field[Any, Any], common: dict[str, Any]) -> forms.Field | None:
    """Return the field of an amount, a share, a score or a number; None for anything else."""
    if field.name in labels.AMOUNTS:
        return MoneyField(**common)
    if field.name in labels.PERCENTS:
        return ScaledField(**common)
    if field.name == "quality_score":
        return ScaledField(**common, scale=Decimal(100), most=10_000)
    if isinstance(field, models.PositiveIntegerField):
        return WholeField(**common)
    if isinstance(field, models.PositiveSmallIntegerField):
        return WholeField(**common, least=1, most=9999)
    return None


def _other(
    field: models.Field[Any, Any], common: dict[str, Any], given: dict[str, Any]
) -> forms.Field | None:
    """Return the field of a date, a statement, a text or a choice."""
    if isinstance(field, models.DateField):
        return DayField(**common)
    if isinstance(field, models.BooleanField) and field.null:
        return StatedField(label=common["label"])
    if isinstance(field, models.BooleanField):
        return forms.BooleanField(label=common["label"], required=False)
    made: forms.Field | None = field.formfield(
        **{**given, "label": common["label"], "help_text": ""}
    )
    if isinstance(field, models.TextField) and made is not None:
        made.widget = forms.Textarea(attrs={"rows": 3})
    if isinstance(made, forms.ModelChoiceField) and not common["required"]:
        made.empty_label = _("not stated")
    return made
