"""Reasons that officers give again and again, said once in two languages (理由库)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language


class Reason(models.Model):
    """A reason of the library: for which steps, on which criteria or other subjects (理由).

    `criteria` and `subjects` are patterns with `*`; both empty: the reason fits anything.
    """

    code = models.CharField(max_length=40, unique=True)
    uses = models.JSONField(default=list, help_text='["return", "refuse", "object", "revoke"]')
    criteria = models.JSONField(default=list, help_text='["L26-3?"], patterns of criterion codes')
    subjects = models.JSONField(default=list, help_text='["answer:*", "document:*", "fact:ip"]')
    text_zh = models.CharField(max_length=300)
    text_en = models.CharField(max_length=500)
    in_use = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        english = (get_language() or "").startswith("en")
        return self.text_en if english else self.text_zh
