"""The field that reads a moment to the second as people write it (时刻录入)."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.rounds.setting import YEARS
from enterprises.registry.forms.fields import narrow

if TYPE_CHECKING:
    from collections.abc import Sequence

WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]*(\d{1,2})[:：时](\d{1,2})?分?(?:[:：](\d{1,2}))?秒?)?"
)


class MomentField(forms.CharField):
    """A moment in Beijing time to the second (时刻); a day alone is its first or last second."""

    def __init__(self, *, last: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "datetime-local", "step": "1"}))
        super().__init__(**kwargs)
        self.last = last

    def clean(self, value: Any) -> dt.datetime | None:
        """Return the moment with its time zone, or None for an empty field."""
        text = super().clean(value)
        if not text:
            return None
        found = WRITTEN.fullmatch(narrow(text))
        moment = self._read(found.groups()) if found else None
        if moment is None:
            raise ValidationError(
                _("“%(value)s” is no moment. Write it like 2026-05-25 23:59:59."),
                params={"value": text},
            )
        if moment.year not in YEARS:
            raise ValidationError(
                _("%(year)s lies outside the years 2015 to 2100."), params={"year": moment.year}
            )
        return timezone.make_aware(moment)

    def prepare_value(self, value: Any) -> Any:
        """Show a stored moment as the browser's field reads it; typed text stays as typed."""
        if isinstance(value, dt.datetime):
            return f"{timezone.localtime(value):%Y-%m-%dT%H:%M:%S}"
        return value

    def _read(self, parts: Sequence[str | None]) -> dt.datetime | None:
        """Return the moment; 24:00, and 23:59 for a last moment, are the last second of a day."""
        day, (hour, minute, second) = parts[:3], parts[3:]
        whole = (int(hour or 0), int(minute or 0), int(second or 0))
        try:
            on = dt.date(*(int(one or 0) for one in day))
            ends = whole == (24, 0, 0) or (self.last and hour is None)
            ends = ends or (self.last and second is None and whole == (23, 59, 0))
            time = dt.time(23, 59, 59) if ends else dt.time(*whole)
        except ValueError:
            return None
        return dt.datetime.combine(on, time)
