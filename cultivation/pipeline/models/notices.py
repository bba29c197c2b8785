"""Public notices, the objections to what stands on them, and the lists of recognised (公示)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.pipeline.models.applications import Application
from cultivation.pipeline.notices.querysets import NoticeQuerySet, ObjectionQuerySet
from enterprises.places.models import Region
from enterprises.registry.models import Enterprise, Tier, Title


class Notice(models.Model):
    """A list of applications laid open to objections for some working days (公示).

    `list_hash` is the SHA-256 of the list as published; what is taken off it later stays on the
    list and is marked. Both days count: objections are taken from the first to the end of the last.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", _("being put up")
        PUBLISHED = "published", _("published")

    tier = models.CharField(max_length=12, choices=Tier.choices)
    kind = models.CharField(max_length=12, choices=Application.Kind.choices)
    level = models.CharField(max_length=8, choices=Region.Level.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=6, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    first_day = models.DateField()
    last_day = models.DateField()
    working_days = models.PositiveSmallIntegerField()
    entries = models.PositiveIntegerField(default=0)
    list_hash = models.CharField(max_length=64, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-first_day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gt=models.F("first_day")),
                name="a_notice_runs_for_days",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published")
                | models.Q(published_at__isnull=False) & ~models.Q(list_hash=""),
                name="a_published_notice_has_its_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.get_tier_display()} {self.first_day}"

    @property
    def is_running(self) -> bool:
        """Tell whether objections are taken today."""
        return self.first_day <= timezone.localdate() <= self.last_day

    @property
    def days_left(self) -> int:
        """Return how many days are left until the last, which counts whole; 0 on the last."""
        return (self.last_day - timezone.localdate()).days


class NoticeEntry(models.Model):
    """One application on a notice, as it read when it was published (公示名单条目)."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="rows")
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="notice_entries"
    )
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    region_name = models.CharField(max_length=120)
    region_name_en = models.CharField(max_length=120, blank=True)
    left_at = models.DateTimeField(null=True, blank=True, help_text="taken off before its end")

    class Meta:
        ordering = ["notice", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "application"], name="on_a_notice_an_application_stands_once"
            ),
            models.UniqueConstraint(
                fields=["notice", "position"], name="a_place_on_a_notice_is_taken_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Objection(models.Model):
    """A real-name objection to an entry on notice, or a complaint about a title (异议, 实名举报).

    Name and contact of who objects are personal data: only the handler reads them, with a note.
    `material` is empty until somebody looked; until then, and where it is true, it holds.
    """

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        EXAMINED = "examined", _("under examination")
        UPHELD = "upheld", _("upheld")
        REJECTED = "rejected", _("rejected")
        INADMISSIBLE = "inadmissible", _("inadmissible")

    number = models.CharField(max_length=24, unique=True)
    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="objections")
    entry = models.ForeignKey(
        NoticeEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="objections"
    )
    title = models.ForeignKey(
        Title, null=True, blank=True, on_delete=models.PROTECT, related_name="objections"
    )
    level = models.CharField(max_length=8, choices=Region.Level.choices, help_text="who answers")
    region_path = models.CharField(max_length=6, db_index=True, help_text="of the enterprise")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RECEIVED)
    material = models.BooleanField(null=True, blank=True)
    criterion = models.CharField(max_length=40, blank=True)
    text = models.TextField()
    objector_name = models.CharField(max_length=80)
    objector_contact = models.CharField(max_length=120)
    objector_affiliation = models.CharField(max_length=120, blank=True)
    identity_note = models.CharField(
        max_length=200, blank=True, help_text="how the handler made sure of the name"
    )
    secret_hash = models.CharField(max_length=64, help_text="of the key to the objector's page")
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField()
    reply_due = models.DateField()
    put_to_firm = models.TextField(blank=True, help_text="what the firm is asked, redacted")
    put_to_firm_at = models.DateTimeField(null=True, blank=True)
    firm_due = models.DateField(null=True, blank=True)
    firm_answer = models.TextField(blank=True)
    firm_answered_at = models.DateTimeField(null=True, blank=True)
    reply = models.TextField(blank=True, help_text="the answer to who objected")
    summary = models.TextField(blank=True, help_text="the outcome as published, redacted")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = ObjectionQuerySet.as_manager()

    OPEN = (Status.RECEIVED, Status.EXAMINED)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "region_path"], name="objection_status_region")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(entry__isnull=False, title__isnull=True)
                | models.Q(entry__isnull=True, title__isnull=False),
                name="an_objection_is_to_an_entry_or_a_title",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["received", "examined"])
                | models.Q(closed_at__isnull=False, closed_by__isnull=False)
                & ~models.Q(reply="")
                & ~models.Q(summary=""),
                name="a_closed_objection_is_answered",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Tell whether it is not answered yet."""
        return self.status in self.OPEN

    @property
    def holds(self) -> bool:
        """Tell whether it stands in the way of a decision on its entry."""
        return self.is_open and self.material is not False


class ObjectionFile(models.Model):
    """Evidence that came with an objection, checked by content and size (异议证据)."""

    objection = models.ForeignKey(Objection, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(upload_to="objections/%Y/%m")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class ObjectionStep(models.Model):
    """One step in the handling of an objection: who, when, what (办理记录)."""

    objection = models.ForeignKey(Objection, on_delete=models.PROTECT, related_name="steps")
    name = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class PublishedList(models.Model):
    """A list of recognised enterprises as it was published; it never changes (认定名单)."""

    tier = models.CharField(max_length=12, choices=Tier.choices)
    kind = models.CharField(max_length=12, choices=Application.Kind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    document = models.CharField(max_length=120, help_text="number of the announcement")
    published_on = models.DateField()
    entries = models.PositiveIntegerField()
    list_hash = models.CharField(max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-published_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "document", "tier", "kind"], name="no_list_is_published_twice"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ListedTitle(models.Model):
    """A row of a published list as it was printed; one list a title (名单条目).

    What became of the title later is looked up, never written here.
    """

    published = models.ForeignKey(PublishedList, on_delete=models.PROTECT, related_name="rows")
    title = models.OneToOneField(Title, on_delete=models.PROTECT, related_name="listed")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    region_name = models.CharField(max_length=120)

    class Meta:
        ordering = ["published", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["published", "position"], name="a_place_on_a_list_is_taken_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
