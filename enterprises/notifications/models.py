"""What users are told, in the app and by mail (通知)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.notifications.querysets import (
    BatchQuerySet,
    DeliveryQuerySet,
    NotificationQuerySet,
)


class Reader(models.Model):
    """How a user wants to be told, and whether the address takes mail (接收设置).

    `refused_address` is the address that a mail server refused: nothing more goes there until the
    user has another one, or an officer lets it be tried again.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="notification_reader",
    )
    language = models.CharField(max_length=10, blank=True, choices=settings.LANGUAGES)
    ways = models.JSONField(default=dict, help_text="way by kind, where the user chose")
    refused_address = models.CharField(max_length=254, blank=True)
    refused_because = models.CharField(max_length=300, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.user_id)


class Batch(models.Model):
    """Many notifications of one event, held until an officer has seen them (待发批次)."""

    class State(models.TextChoices):
        HELD = "held", _("held back")
        RELEASED = "released", _("let go")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, help_text="the event")
    region_path = models.CharField(max_length=6, blank=True, help_text="whose officers decide")
    people = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    made_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="why it was cancelled")

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="held"), name="batches_held"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(state="held"), name="one_held_batch_of_an_event"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Delivery(models.Model):
    """One mail to one user: what became of it (投递记录).

    It is claimed before it is sent. Where nobody knows whether the server took it, it is uncertain
    and not sent again by itself; sent again, it bears the same Message-ID.
    """

    class State(models.TextChoices):
        HELD = "held", _("held back")
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNCERTAIN = "uncertain", _("uncertain")
        CANCELLED = "cancelled", _("cancelled")

    DIGEST = "digest"

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries"
    )
    kind = models.CharField(max_length=60, help_text="of the notification, or digest")
    digest_on = models.DateField(null=True, help_text="the day of a digest")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="deliveries")
    region_path = models.CharField(max_length=6, blank=True, help_text="whose officers see it")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    address = models.CharField(max_length=254, blank=True, help_text="it was sent to")
    message_id = models.CharField(max_length=200)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(help_text="not tried before")
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=300, blank=True, help_text="what the mail server said last")
    made_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="deliveries_waiting"
            ),
            models.Index(
                fields=["claimed_at"], condition=Q(state="sending"), name="deliveries_being_sent"
            ),
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["failed", "uncertain"]),
                name="deliveries_in_trouble",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "digest_on"], name="one_digest_of_a_user_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Notification(models.Model):
    """One thing a user is told; its words come from its kind, in the reader's language (通知).

    The same `key` is told the same user once, however often it is sent. Nobody sees it before it is
    `shown`: a batch that is held waits for an officer.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict, help_text="what the words of the kind name")
    url = models.CharField(max_length=300, blank=True, help_text="the page it leads to")
    enterprise_id = models.BigIntegerField(null=True, db_index=True)
    region_path = models.CharField(max_length=6, blank=True)
    key = models.CharField(max_length=200, help_text="told once a user")
    shown = models.BooleanField(default=True)
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.PROTECT, related_name="notifications"
    )
    daily = models.BooleanField(default=False, help_text="waits for the mail of the day")
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["recipient", "id"],
                condition=Q(read_at__isnull=True, shown=True),
                name="notification_unread",
            ),
            models.Index(
                fields=["recipient"], condition=Q(daily=True), name="notification_of_the_day"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="a_user_is_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
