"""Digital-maturity assessments, and the thresholds that they are judged under (数字化水平评测)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models.wording import worded
from enterprises.registry.models import Document, Enterprise
from enterprises.registry.querysets import OfEnterpriseQuerySet


class LevelRule(models.Model):
    """A version of the thresholds of an index (定级规则); what was issued is never changed."""

    index_version = models.PositiveSmallIntegerField(help_text="2022 or 2024")
    number = models.PositiveSmallIntegerField(help_text="1, 2, …")
    in_force_from = models.DateField()
    verified = models.BooleanField(default=False, help_text="read in the official text")
    source_zh = models.TextField()
    source_en = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["index_version", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["index_version", "number"], name="one_level_rule_of_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.index_version} v{self.number}"

    @property
    def source(self) -> str:
        """Return where the thresholds come from, in the page's language."""
        return worded(self, "source")


class LevelThreshold(models.Model):
    """What one level asks for under a rule (等级门槛)."""

    rule = models.ForeignKey(LevelRule, on_delete=models.CASCADE, related_name="thresholds")
    level = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    points = models.PositiveIntegerField(help_text="thousandths of a point")
    scenarios = models.PositiveSmallIntegerField(default=0)
    binding = models.PositiveSmallIntegerField(default=0, help_text="of the scenarios")

    class Meta:
        ordering = ["rule", "level"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "level"], name="one_threshold_for_a_level"),
            models.CheckConstraint(
                condition=models.Q(level__range=(1, 4)), name="threshold_is_of_a_level_from_1_to_4"
            ),
            models.CheckConstraint(
                condition=models.Q(points__lte=100_000)
                & models.Q(scenarios__lte=16)
                & models.Q(binding__lte=models.F("scenarios")),
                name="threshold_can_be_reached",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.level}"


class MaturityAssessment(models.Model):
    """A digital-maturity assessment of an enterprise (数字化水平评测); never changed once made."""

    class Way(models.TextChoices):
        SELF = "self_declared", _("self-declared")
        ON_SITE = "on_site", _("on site")

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="maturity_assessments"
    )
    index_version = models.PositiveSmallIntegerField(help_text="2022 or 2024")
    rule = models.ForeignKey(
        LevelRule, null=True, on_delete=models.PROTECT, help_text="thresholds it was judged under"
    )
    way = models.CharField(max_length=14, choices=Way.choices)
    answers = models.JSONField(default=dict, help_text="question and scenario answers")
    score = models.PositiveIntegerField(null=True, blank=True, help_text="hundredths, 0-10000")
    level = models.PositiveSmallIntegerField(help_text="0 (none) to 4")
    parts = models.JSONField(
        default=list, help_text="thousandths by dimension, sums of levels by area; [] unanswered"
    )
    assessed_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    assessor = models.CharField(max_length=120, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.SET_NULL)
    declared = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="self-declared answers that an assessment on site began from",
    )
    findings = models.JSONField(
        default=dict, help_text='on site: {"q:1": ["agree" or "differs", remark]}'
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-assessed_on", "-pk"]
        indexes = [models.Index(fields=["enterprise", "assessed_on"], name="maturity_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(level__range=(0, 4)), name="maturity_level_is_0_to_4"
            )
        ]


class AssessmentDraft(models.Model):
    """An assessment being filled in (评测草稿): one of each way for an enterprise."""

    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.CASCADE, related_name="assessment_drafts"
    )
    way = models.CharField(max_length=14, choices=MaturityAssessment.Way.choices)
    before = models.ForeignKey(
        MaturityAssessment,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="the last one of this way",
    )
    declared = models.ForeignKey(
        MaturityAssessment,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="self-declared answers to hold against, on site",
    )
    values = models.JSONField(default=dict, help_text='{"q:1": ["B"], "s:3": 2, "d:assessor": …}')
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "way"], name="one_assessment_draft_of_a_way"
            )
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.way}"


class DraftField(models.Model):
    """One field of a draft: who saved it last, and the last saves of it (草稿填报项)."""

    draft = models.ForeignKey(AssessmentDraft, on_delete=models.CASCADE, related_name="fields")
    subject = models.CharField(max_length=40)
    saves = models.JSONField(default=list, help_text="[[id of the save, mark of the value]]")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "subject"], name="one_row_for_a_field_of_an_assessment_draft"
            )
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.subject}"


class DraftPresence(models.Model):
    """Where in a draft somebody is, as heard last (在场)."""

    draft = models.ForeignKey(AssessmentDraft, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=60)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "user"], name="somebody_is_in_one_place_of_an_assessment_draft"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.draft_id} {self.section}"
