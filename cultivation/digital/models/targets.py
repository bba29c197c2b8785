"""The goals of 2027 beside coverage, parks and pilot cities (目标、数字园区、试点城市)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.digital.models.wording import worded
from enterprises.places.models import Park, Region


class Target(models.Model):
    """A goal that a public document names (目标); its path is straight, its start often assumed."""

    class Unit(models.TextChoices):
        SHARE = "share", _("share, in ppm")
        COUNT = "count", _("number")

    class Confidence(models.TextChoices):
        HIGH = "H", _("official text or several sources")
        MEDIUM = "M", _("one source")
        LOW = "L", _("unconfirmed")

    code = models.CharField(max_length=20, unique=True)
    position = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    scope_zh = models.CharField(max_length=120)
    scope_en = models.CharField(max_length=160)
    stated_zh = models.CharField(max_length=80, help_text="the value as the document words it")
    stated_en = models.CharField(max_length=80)
    wording_zh = models.CharField(max_length=80, help_text="how strongly it is worded")
    wording_en = models.CharField(max_length=80)
    reading_zh = models.TextField(help_text="how this system counts it")
    reading_en = models.TextField()
    document_zh = models.CharField(max_length=200)
    document_en = models.CharField(max_length=240)
    issued = models.CharField(max_length=40)
    confidence = models.CharField(max_length=1, choices=Confidence.choices)
    unit = models.CharField(max_length=5, choices=Unit.choices)
    value = models.BigIntegerField(null=True, help_text="empty where no number is named")
    start_on = models.DateField()
    start_value = models.BigIntegerField(default=0, help_text="assumed unless verified")
    start_verified = models.BooleanField(default=False)
    due_on = models.DateField()
    measure = models.CharField(max_length=30, blank=True, help_text="empty: reported only")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_on__gt=models.F("start_on")),
                name="target_is_due_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return worded(self, "name")

    @property
    def scope(self) -> str:
        """Return whom it applies to, in the page's language."""
        return worded(self, "scope")

    @property
    def stated(self) -> str:
        """Return the value as the document words it, in the page's language."""
        return worded(self, "stated")

    @property
    def wording(self) -> str:
        """Return how strongly it is worded, in the page's language."""
        return worded(self, "wording")

    @property
    def reading(self) -> str:
        """Return how it is counted here, in the page's language."""
        return worded(self, "reading")

    @property
    def document(self) -> str:
        """Return where it stands, in the page's language."""
        return worded(self, "document")

    @property
    def verified(self) -> bool:
        """Tell whether the goal was read in an official text or several sources."""
        return self.confidence == self.Confidence.HIGH


class TargetFigure(models.Model):
    """What was measured or reported of a target for a region on a day (目标进展).

    A measured one is counted by the system; `unknown` of its population could not be told to belong
    to it. A reported one names its document and the officer; a newer one of the day goes before it.
    """

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="figures")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    reported = models.BooleanField()
    value = models.BigIntegerField(null=True, help_text="ppm or number; empty: nothing to count")
    done = models.PositiveIntegerField(null=True)
    total = models.PositiveIntegerField(null=True)
    unknown = models.PositiveIntegerField(default=0)
    hindsight = models.BooleanField(
        default=False, help_text="counted later, with the sizes of that later day"
    )
    source = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-on", "-pk"]
        indexes = [
            models.Index(fields=["region", "reported", "target", "on"], name="target_figures")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "region", "on"],
                condition=models.Q(reported=False),
                name="one_measure_of_a_target_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(reported=False)
                | (~models.Q(source="") & models.Q(value__isnull=False)),
                name="a_reported_value_names_its_document",
            ),
        ]


class ParkItem(models.Model):
    """One thing a high-standard digital park shows (高标准数字园区对照项); loaded from seeds."""

    code = models.CharField(max_length=8, unique=True)
    pillar = models.PositiveSmallIntegerField(help_text="0 scope, 1 to 4 the four highs")
    pillar_zh = models.CharField(max_length=60)
    pillar_en = models.CharField(max_length=60)
    text_zh = models.CharField(max_length=200)
    text_en = models.CharField(max_length=240)
    share = models.BooleanField(default=False, help_text="asks for a share; 100 % is met")
    counted = models.BooleanField(default=False, help_text="the registry counts it beside")
    confidence = models.CharField(max_length=1, choices=Target.Confidence.choices)

    class Meta:
        ordering = ["pillar", "code"]

    def __str__(self) -> str:
        return worded(self, "text")

    @property
    def pillar_name(self) -> str:
        """Return the name of the pillar in the page's language."""
        return worded(self, "pillar")


class ParkFinding(models.Model):
    """What an officer found of an item in a park (园区对照结果); a newer one sets it aside."""

    class State(models.TextChoices):
        MET = "met", _("met")
        PARTLY = "partly", _("partly met")
        UNMET = "unmet", _("not met")

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="digital_findings")
    item = models.ForeignKey(ParkItem, on_delete=models.PROTECT, related_name="findings")
    state = models.CharField(max_length=6, choices=State.choices)
    value = models.PositiveIntegerField(null=True, help_text="ppm, where the item asks a share")
    evidence = models.CharField(max_length=500)
    on = models.DateField(help_text="day of the finding")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    current = models.BooleanField(default=True, help_text="kept by targets.findings alone")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["park", "item"],
                condition=models.Q(current=True),
                name="one_current_finding_of_a_park_and_item",
            ),
            models.CheckConstraint(
                condition=~models.Q(evidence=""), name="a_finding_of_a_park_names_its_evidence"
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True) | models.Q(value__lte=1_000_000),
                name="a_share_of_a_park_is_at_most_the_whole",
            ),
        ]


class PilotBatch(models.Model):
    """A batch of pilot cities of the digital transformation of SMEs (试点城市批次)."""

    number = models.PositiveSmallIntegerField(unique=True)
    year = models.PositiveSmallIntegerField()
    cities = models.PositiveSmallIntegerField(help_text="as published")
    term_years = models.PositiveSmallIntegerField()
    document_zh = models.CharField(max_length=120)
    document_en = models.CharField(max_length=160)
    award_zh = models.CharField(max_length=160, blank=True)
    award_en = models.CharField(max_length=200, blank=True)
    least_ppm = models.PositiveIntegerField(
        null=True, help_text="share at level 2+ that each sub-sector owes at the end"
    )
    confidence = models.CharField(max_length=1, choices=Target.Confidence.choices)
    note_zh = models.CharField(max_length=200, blank=True)
    note_en = models.CharField(max_length=240, blank=True)

    class Meta:
        ordering = ["number"]

    @property
    def document(self) -> str:
        """Return its document in the page's language."""
        return worded(self, "document")

    @property
    def award(self) -> str:
        """Return the cap of the central award in the page's language."""
        return worded(self, "award")

    @property
    def note(self) -> str:
        """Return what is unsure about it, in the page's language."""
        return worded(self, "note")

    @property
    def ends(self) -> int:
        """Return the year in which the term ends; the month is not known."""
        return self.year + self.term_years


class PilotCity(models.Model):
    """A pilot city named in a source (试点城市); the published lists are known in part."""

    batch = models.ForeignKey(PilotBatch, on_delete=models.CASCADE, related_name="named")
    region = models.OneToOneField(Region, on_delete=models.PROTECT, related_name="pilot_city")
    confidence = models.CharField(max_length=1, choices=Target.Confidence.choices)

    class Meta:
        ordering = ["batch", "region__code"]
