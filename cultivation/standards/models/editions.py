"""Editions of the standards as loaded, and what amends them (标准版本).

An edition is a base; overlays (a yearly notice, a provincial annex) amend it without touching it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cultivation.standards.querysets import DraftQuerySet
from enterprises.jobs.models import JobRun
from enterprises.registry.models import Tier


class Verdict(models.IntegerChoices):
    """What a criterion says; `all` is the least of its parts, `any` the greatest (判定)."""

    UNMET = 0, _("unmet")
    UNKNOWN = 1, _("unknown")
    MANUAL = 2, _("manual")
    MET = 3, _("met")


class Edition(models.Model):
    """One edition of a tier's standard, as its file says (标准版本); immutable once used."""

    code = models.CharField(max_length=40, unique=True)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    document = models.CharField(max_length=200, help_text="number of the document (文号)")
    in_force = models.DateField()
    until = models.DateField(null=True, blank=True, help_text="last day")
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    text = models.TextField(help_text="the TOML as loaded")
    sha256 = models.CharField(max_length=64)
    cases = models.TextField(blank=True, help_text="its worked cases, TOML")
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["tier", "in_force"]

    def __str__(self) -> str:
        return self.title_en if (get_language() or "").startswith("en") else self.title_zh


class Overlay(models.Model):
    """What a yearly notice or a provincial annex changes in an edition (年度通知、地方细则).

    Immutable once used, as an edition is.
    """

    class Sort(models.TextChoices):
        NOTICE = "notice", _("yearly notice")
        ANNEX = "annex", _("provincial annex")

    code = models.CharField(max_length=40, unique=True)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="overlays")
    sort = models.CharField(max_length=8, choices=Sort.choices)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    document = models.CharField(max_length=200, help_text="number of the document (文号)")
    in_force = models.DateField()
    until = models.DateField(null=True, blank=True, help_text="last day")
    units = models.JSONField(default=list, help_text="recommending units; empty is everywhere")
    text = models.TextField(help_text="the TOML as loaded")
    sha256 = models.CharField(max_length=64)
    cases = models.TextField(blank=True, help_text="its worked cases, TOML")
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["edition", "in_force", "code"]

    def __str__(self) -> str:
        return self.title_en if (get_language() or "").startswith("en") else self.title_zh


class Window(models.Model):
    """When enterprises may apply in a year's round, as announced (申报窗口)."""

    tier = models.CharField(max_length=12, choices=Tier.choices)
    kinds = models.JSONField(default=list, help_text="recognition, recheck")
    year = models.PositiveSmallIntegerField()
    units = models.JSONField(default=list, help_text="recommending units; empty is everywhere")
    opens = models.DateField(null=True, blank=True)
    closes = models.DateField(null=True, blank=True, help_text="last day for enterprises")
    document = models.CharField(max_length=200, blank=True)
    confidence = models.CharField(max_length=1)
    verified = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["tier", "year", "opens"]


class Draft(models.Model):
    """An edition in the making: written, tried on cases and the registry, approved (标准草案)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("waiting for a second person")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    code = models.CharField(max_length=40, help_text="of the edition it becomes")
    base = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="drafts")
    text = models.TextField(help_text="TOML")
    cases = models.TextField(blank=True, help_text="worked cases, TOML")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    edition = models.OneToOneField(
        Edition, null=True, blank=True, on_delete=models.PROTECT, related_name="draft"
    )
    version = models.PositiveIntegerField(default=1, help_text="grows with every change")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(status__in=["draft", "proposed"]),
                name="one_live_draft_of_a_code",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class DraftEvent(models.Model):
    """One step of a draft: who, what, the text then, why (草案记录)."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="events")
    name = models.CharField(max_length=12)
    version = models.PositiveIntegerField(help_text="of the draft after the step")
    text = models.TextField(blank=True)
    cases = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]


class Trial(models.Model):
    """What a draft would do to the registry, as simulated for one of its texts (草案试算)."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="trials")
    digest = models.CharField(max_length=64, help_text="hash of the text and what it compares with")
    as_of = models.DateField()
    result = models.JSONField(default=dict, help_text="as a scenario keeps it")
    job = models.ForeignKey(JobRun, null=True, blank=True, on_delete=models.SET_NULL)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
