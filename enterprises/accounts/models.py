"""Users and their seats: what each may see and do (用户与岗位)."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enterprises.accounts.querysets import ClaimQuerySet, ReadingQuerySet, SeatQuerySet
from enterprises.accounts.scope import NOTHING, Scope, scope_of
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise


class User(AbstractUser):
    """Somebody who signs in (用户)."""

    display_name = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=30, blank=True)

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def scope(self) -> Scope:
        """Return what the user may see and do, worked out once for this object."""
        if not self.is_active:
            return NOTHING
        return scope_of(self.seats.select_related("region"), everything=self.is_superuser)


class Seat(models.Model):
    """What a user sits for: a region's office, an enterprise, a panel, or the audit (岗位)."""

    class Role(models.TextChoices):
        NATION = "nation", _("national officer")
        PROVINCE = "province", _("provincial officer")
        CITY = "city", _("city officer")
        COUNTY = "county", _("county officer")
        EXPERT = "expert", _("expert")
        OWNER = "owner", _("enterprise owner")
        EDITOR = "editor", _("enterprise editor")
        AUDITOR = "auditor", _("auditor")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="seats")
    role = models.CharField(max_length=10, choices=Role.choices)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT)
    enterprise = models.ForeignKey(
        Enterprise,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="seats",
    )
    may_register = models.BooleanField(default=True)
    may_review = models.BooleanField(default=True)
    may_decide = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    granted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    granted_at = models.DateTimeField(auto_now_add=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "region"],
                condition=models.Q(enterprise__isnull=True),
                name="no_office_seat_twice",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "enterprise"],
                condition=models.Q(enterprise__isnull=False),
                name="no_enterprise_seat_twice",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(
                        role__in=["nation", "province", "city", "county"],
                        region__isnull=False,
                        enterprise__isnull=True,
                    )
                    | models.Q(
                        role__in=["owner", "editor"],
                        enterprise__isnull=False,
                        region__isnull=True,
                    )
                    | models.Q(role__in=["expert", "auditor"], enterprise__isnull=True)
                ),
                name="seat_sits_for_what_its_role_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class SeatChange(models.Model):
    """That a seat was granted or ended: by whom, when, why (岗位变更记录)."""

    class Action(models.TextChoices):
        GRANTED = "granted", _("seat granted")
        ENDED = "ended", _("seat ended")

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="changes")
    action = models.CharField(max_length=8, choices=Action.choices)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]


class Claim(models.Model):
    """A user's wish to hold an enterprise's record, approved by an officer (认领)."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="claims")
    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="claims")
    statement = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    answer = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "enterprise"],
                condition=models.Q(status="open"),
                name="one_open_claim_of_a_user_for_an_enterprise",
            )
        ]


class PersonalDataReading(models.Model):
    """A note that somebody read personal data of an enterprise's contact (个人信息查阅记录)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="+")
    fields = models.CharField(max_length=200)
    purpose = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(auto_now_add=True)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    @property
    def labels(self) -> list[str]:
        """Return what was read, in the page's language."""
        names = {
            "contact_name": gettext("Contact person"),
            "contact_phone": gettext("Telephone"),
            "contact_email": gettext("Email"),
            "objector_name": gettext("Name of who objected"),
            "objector_contact": gettext("Contact of who objected"),
        }
        return [names[field] for field in self.fields.split(",")]
