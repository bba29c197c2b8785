"""Texts of a row in two languages (双语文字)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language

if TYPE_CHECKING:
    from django.db import models


def worded(row: models.Model, field: str) -> str:
    """Return a two-language text of a row in the page's language."""
    language = "en" if (get_language() or "").startswith("en") else "zh"
    return str(getattr(row, f"{field}_{language}"))
