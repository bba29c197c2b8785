"""Rubrics: what experts give points for, with weights, as data (评分表)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from enterprises.registry.models import Tier

WHOLE = 10_000  # the weights of a rubric add up to this: hundredths of a per cent


class Rubric(models.Model):
    """A scoring form in one version; unchangeable once published (评分表).

    A change is a new version under the same code. Weights are hundredths of a per cent and add up
    to exactly 10,000.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("in preparation")
        PUBLISHED = "published", _("published")
        RETIRED = "retired", _("no longer offered")

    code = models.SlugField(max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    tier = models.CharField(max_length=12, choices=Tier.choices, blank=True)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160, blank=True)
    source = models.CharField(max_length=200, blank=True)
    verified = models.BooleanField(default=False, help_text="from an official text")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="no_rubric_version_twice"),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(published_at__isnull=False),
                name="a_rubric_in_use_was_published",
            ),
        ]

    def __str__(self) -> str:
        english = (get_language() or "").startswith("en") and self.title_en
        return f"{self.title_en if english else self.title_zh} v{self.version}"


class RubricLine(models.Model):
    """One thing that points are given for (评分项): scale in whole steps, weight, anchors in words.

    `criteria` are patterns of criterion codes that bear on it; `anchors` are
    [{"at": 8, "zh": "…", "en": "…"}].
    """

    class Comment(models.TextChoices):
        NEVER = "never", _("no comment owed")
        EDGES = "edges", _("owed for the lowest and the highest score")
        ALWAYS = "always", _("always owed")

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    label_zh = models.CharField(max_length=120)
    label_en = models.CharField(max_length=160, blank=True)
    criteria = models.JSONField(default=list)
    weight = models.PositiveSmallIntegerField(help_text="hundredths of a per cent")
    low = models.PositiveSmallIntegerField(default=0)
    high = models.PositiveSmallIntegerField(default=10)
    step = models.PositiveSmallIntegerField(default=1)
    anchors = models.JSONField(default=list)
    comment = models.CharField(max_length=6, choices=Comment.choices, default=Comment.EDGES)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["rubric", "position"], name="one_rubric_line_at_a_position"
            ),
            models.CheckConstraint(
                condition=models.Q(weight__range=(1, WHOLE)), name="a_line_weighs_something"
            ),
            models.CheckConstraint(
                condition=models.Q(high__gt=models.F("low"), step__gte=1, high__lte=1000),
                name="a_scale_has_a_width_and_steps",
            ),
        ]

    def __str__(self) -> str:
        english = (get_language() or "").startswith("en") and self.label_en
        return str(self.label_en if english else self.label_zh)

    @property
    def key(self) -> str:
        """Return under which key a score of this line is kept."""
        return str(self.position)

    @property
    def said(self) -> list[dict[str, object]]:
        """Return the anchors in the page's language."""
        first, second = ("en", "zh") if (get_language() or "").startswith("en") else ("zh", "en")
        return [
            {"at": one["at"], "text": one.get(first) or one.get(second)} for one in self.anchors
        ]

    @property
    def percent(self) -> str:
        """Return the weight in per cent."""
        whole, rest = divmod(self.weight, 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
