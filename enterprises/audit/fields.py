"""Plain data kept as the text that was hashed (规范文本字段)."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class PlainField(models.TextField):  # type: ignore[type-arg]
    """Plain data in its one spelling, so that no database says it in another way (规范文本)."""

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """Return the data that a text says; a text that was spoilt as it is."""
        try:
            return json.loads(value or "null")
        except ValueError:
            return value

    def get_prep_value(self, value: Any) -> str:
        """Return the text that is kept."""
        return encode(value)

    def to_python(self, value: Any) -> Any:
        """Return data as they are."""
        return value
