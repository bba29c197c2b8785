"""Places taken in a quota, and cases handed over to another office (名额占用与移交)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cultivation.pipeline.models.applications import Application
from cultivation.pipeline.models.rounds import Quota, Round
from cultivation.pipeline.querysets import HandoverQuerySet
from enterprises.places.models import Region


class QuotaPlace(models.Model):
    """One place of a quota, taken by a recommendation (占用名额)."""

    quota = models.ForeignKey(Quota, on_delete=models.PROTECT, related_name="taken")
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="quota_places"
    )
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["quota", "application"], name="an_application_takes_one_place_of_a_quota"
            )
        ]


class Handover(models.Model):
    """That a case went to another office because its enterprise moved (移交).

    The office that had it keeps reading the case as it stood then: its steps before `version`.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="handovers")
    version = models.PositiveIntegerField(help_text="of the application when it was handed over")
    from_region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    from_path = models.CharField(max_length=6, db_index=True)
    to_region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    to_path = models.CharField(max_length=6, db_index=True)
    from_round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_path=F("to_path")), name="a_handover_changes_the_region"
            ),
            models.UniqueConstraint(
                fields=["application", "version"], name="one_handover_from_one_state"
            ),
        ]
