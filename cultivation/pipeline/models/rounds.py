"""Rounds of application: for which title, by which standard, when, how many (批次)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.querysets import QuotaQuerySet, RoundQuerySet
from cultivation.standards.models import Edition
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier
from enterprises.registry.querysets import OfEnterpriseQuerySet


class WindowLevel(models.TextChoices):
    """Whose window a window is, from the first to the last (申报与审核层级)."""

    COMPANY = "company", _("applicant")
    COUNTY = "county", _("county")
    CITY = "city", _("city")
    PROVINCE = "province", _("province")
    NATION = "nation", _("nation")


class Round(models.Model):
    """A round (批次) of one tier, held by the nation or by a recommending unit.

    `region` is the nation or the unit that holds it; `kinds` the kinds of application it takes.
    Its windows, extensions and quotas are rows of their own. Without an `edition` the standard
    that counts on the day of submission applies.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("in preparation")
        OPEN = "open", _("published")
        CLOSED = "closed", _("closed")

    tier = models.CharField(max_length=12, choices=Tier.choices)
    kinds = models.JSONField(default=list, help_text='["recognition", "recheck"]')
    year = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, blank=True, db_index=True)
    units = models.JSONField(default=list, help_text="units that take part; empty is all below")
    edition = models.ForeignKey(
        Edition, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    document = models.CharField(max_length=120, blank=True, help_text="number of the notice")
    note = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="takes nothing from then on")
    version = models.PositiveIntegerField(default=1)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "year", "region", "name"], name="no_round_twice_under_a_name"
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(published_at__isnull=False),
                name="a_round_in_force_was_published",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="closed") | models.Q(closed_at__isnull=False),
                name="a_closed_round_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoundWindow(models.Model):
    """From when until when one level acts in a round, in a region's subtree (申报审核时段).

    The window of the round's own region holds everywhere; an office below narrows it for its own
    subtree. `closes` is the last moment that counts, to the second.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="windows")
    level = models.CharField(max_length=8, choices=WindowLevel.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, blank=True)
    opens = models.DateTimeField(null=True, blank=True, help_text="empty: with the publication")
    closes = models.DateTimeField(help_text="last moment, to the second")
    grace_seconds = models.PositiveIntegerField(default=0, help_text="accepted silently after it")
    confidence = models.CharField(max_length=1, blank=True, help_text="H, M, L; empty: set here")
    document = models.CharField(max_length=120, blank=True, help_text="where the days come from")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["round", "region_path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "level", "region"], name="one_window_of_a_level_in_a_region"
            ),
            models.CheckConstraint(
                condition=models.Q(opens__isnull=True) | models.Q(closes__gt=models.F("opens")),
                name="a_window_closes_after_it_opens",
            ),
            models.CheckConstraint(
                condition=models.Q(grace_seconds__lte=7 * 24 * 3600),
                name="grace_lasts_a_week_at_most",
            ),
        ]


class Extension(models.Model):
    """That one enterprise's case may come later at one level, and why (个别延期)."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="extensions")
    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="extensions")
    level = models.CharField(max_length=8, choices=WindowLevel.choices, default=WindowLevel.COMPANY)
    until = models.DateTimeField(help_text="last moment, to the second")
    reason = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="taken back")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    end_reason = models.TextField(blank=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "enterprise", "level"],
                condition=models.Q(ended_at__isnull=True),
                name="one_running_extension_of_a_firm_at_a_level",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="an_extension_says_why"),
        ]


class Quota(models.Model):
    """How many of a region's subtree may be recommended to the level above (推荐名额)."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="quotas")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, db_index=True)
    level = models.CharField(max_length=8, choices=Region.Level.choices, help_text="who recommends")
    places = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0, help_text="as many as there are places taken")
    ratio = models.PositiveIntegerField(
        null=True, blank=True, help_text="candidates for 100 places (差额比例); shown only"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now=True)

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ["round", "region_path"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "region"], name="one_quota_of_a_region_in_a_round"
            ),
            models.CheckConstraint(
                condition=models.Q(used__lte=models.F("places")), name="a_quota_is_not_exceeded"
            ),
        ]

    @property
    def left(self) -> int:
        """Return how many places are left (剩余名额)."""
        return self.places - self.used


class IntakeRule(models.Model):
    """How applications of a tier come in where no office says otherwise (受理方式).

    `region` is the recommending unit it holds for, or the nation for all others.
    """

    class Mode(models.TextChoices):
        AS_PUBLISHED = "as_published", _("in rounds once there is one, at any time until then")
        CONTINUOUS = "continuous", _("at any time")
        ROUNDS = "rounds", _("in rounds alone")

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, blank=True, db_index=True)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.AS_PUBLISHED)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["region_path", "tier"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "tier"], name="one_intake_rule_of_a_unit_for_a_tier"
            )
        ]


class RouteRule(models.Model):
    """Which offices below the unit take part for a tier; none said: all there are (审核层级)."""

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, db_index=True)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    by_county = models.BooleanField(default=True)
    by_city = models.BooleanField(default=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["region_path", "tier"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "tier"], name="one_route_rule_of_a_unit_for_a_tier"
            )
        ]
