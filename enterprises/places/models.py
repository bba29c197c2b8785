"""Where an enterprise stands: regions, industries, parks, clusters, key chains (地区与产业)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Labelled(models.Model):
    """Something with a Chinese and an English name; str() follows the page's language."""

    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        if self.name_en and (get_language() or "").startswith("en"):
            return self.name_en
        return self.name_zh


class Region(Labelled):
    """An administrative division of GB/T 2260, in use or not (行政区划).

    `code` is the six-digit code. `path` is the tree of competence: two characters of the
    recommending unit (推荐单位; the first two digits, or DL, NB, XM, QD, SZ, BT for the separately
    planned cities and the XPCC), then the remaining digits down to the level. The nation's path is
    empty, so the subtree of a region is always a prefix of `path`.
    """

    class Level(models.TextChoices):
        NATION = "nation", _("nation")
        PROVINCE = "province", _("province")
        CITY = "city", _("city")
        COUNTY = "county", _("county")

    code = models.CharField(max_length=6, unique=True)
    path = models.CharField(max_length=6, db_index=True, blank=True)
    level = models.CharField(max_length=8, choices=Level.choices)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    is_unit = models.BooleanField(default=False, help_text="one of the 37 recommending units")
    in_use = models.BooleanField(default=True)
    replaced_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces"
    )
    until = models.DateField(null=True, blank=True, help_text="last day in use")

    class Meta:
        ordering = ["code"]


class Industry(Labelled):
    """A section or division of GB/T 4754-2017 (国民经济行业分类)."""

    code = models.CharField(max_length=4, unique=True)
    section = models.CharField(max_length=1, db_index=True)
    is_section = models.BooleanField(default=False)

    class Meta:
        ordering = ["section", "code"]
        verbose_name_plural = "industries"


class Park(Labelled):
    """An industrial park (园区)."""

    code = models.CharField(max_length=20, unique=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT)
    fictional = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]


class Cluster(Labelled):
    """An advanced manufacturing cluster (先进制造业集群)."""

    code = models.CharField(max_length=20, unique=True)
    list_year = models.PositiveSmallIntegerField(null=True, blank=True)
    confidence = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["code"]


class Chain(Labelled):
    """A key industrial chain (重点产业链); the list is editable, none official is closed."""

    code = models.CharField(max_length=20, unique=True)
    category = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=200, blank=True)
    verified = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]


class ChainLink(Labelled):
    """A link of a key chain (产业链环节), numbered from upstream to downstream."""

    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField()
    is_key = models.BooleanField(default=False, help_text="a key link (关键环节)")

    class Meta:
        ordering = ["chain", "position"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "position"], name="one_link_at_a_position")
        ]


class ProductDomain(Labelled):
    """A field a leading product may belong to: six bases, ten key fields, … (产品领域)."""

    scheme = models.CharField(
        max_length=20, help_text="six_bases | ten_fields | strategic | network"
    )
    code = models.CharField(max_length=20, unique=True)
    verified = models.BooleanField(default=False)

    class Meta:
        ordering = ["scheme", "code"]


class Holiday(models.Model):
    """A day that is not what its weekday says: off, or a make-up workday (节假日安排)."""

    day = models.DateField(unique=True)
    is_workday = models.BooleanField()
    name_zh = models.CharField(max_length=40, blank=True)
    provisional = models.BooleanField(default=False)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name_zh}"
