"""Experts: what they know, whom they are tied to, and who read about them (专家)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.panels.querysets import OfProfileQuerySet, ProfileQuerySet
from enterprises.places.models import Region


class ExpertProfile(models.Model):
    """What an expert says of himself, checked by the office that seats experts (专家档案).

    Personal data are kept to what a draw needs: fields, county, ties to firms. That anybody but the
    expert reads it is noted.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being filled in")
        SUBMITTED = "submitted", _("waiting for the check")
        APPROVED = "approved", _("checked by the office")
        SENT_BACK = "sent_back", _("sent back")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="expert_profile"
    )
    industries = models.JSONField(default=list, help_text="codes of sections or divisions")
    domains = models.JSONField(default=list, help_text="codes of product domains")
    county = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    available = models.BooleanField(default=True, help_text="may be drawn")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    declared_at = models.DateTimeField(null=True, blank=True, help_text="declared true")
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    check_note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="approved")
                | models.Q(checked_by__isnull=False, declared_at__isnull=False),
                name="a_profile_is_checked_by_somebody_and_declared_true",
            )
        ]

    def __str__(self) -> str:
        return str(self.user)


class ExpertTie(models.Model):
    """A tie of an expert to a firm: employer, shares, work done for it (利益关系)."""

    class Kind(models.TextChoices):
        EMPLOYER = "employer", _("employer, now or before")
        SHARES = "shares", _("shares held")
        WORK = "work", _("advice, audit, assessment or other work for it")
        FAMILY = "family", _("a near relative works there or holds shares")

    profile = models.ForeignKey(ExpertProfile, on_delete=models.PROTECT, related_name="ties")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, blank=True, db_index=True)
    credit_code = models.CharField(max_length=18, blank=True, db_index=True)
    since = models.PositiveSmallIntegerField(null=True, blank=True)
    until = models.PositiveSmallIntegerField(null=True, blank=True, help_text="empty: still so")
    checked = models.BooleanField(default=False, help_text="seen by the office: it stays")

    objects = OfProfileQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-until", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__isnull=True)
                | models.Q(since__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="a_tie_ends_after_it_begins",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ProfileReading(models.Model):
    """A note that somebody read an expert's profile (专家档案查阅记录)."""

    profile = models.ForeignKey(ExpertProfile, on_delete=models.PROTECT, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(auto_now_add=True)

    objects = OfProfileQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
