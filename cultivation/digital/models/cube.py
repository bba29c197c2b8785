"""The coverage cube: who is counted today, in which group, and the sums of it (覆盖数据立方).

All of it is derived and can be built anew at any time; see cultivation/digital/cube/.
"""

from __future__ import annotations

from django.db import models

from enterprises.registry.models import SizeClass, Tier


class CubeMark(models.Model):
    """A mark that a row which coverage depends on changed (待更新标记); triggers leave it."""

    enterprise_id = models.BigIntegerField()


class CubeDay(models.Model):
    """The day that the cube stands for, and the rules it was counted under (立方日期); one row.

    Last of the rules comes the digest of the sections that industries belong to.
    """

    on = models.DateField()
    rules = models.JSONField(default=list, help_text="[definition, version] in order of groups")
    built_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="the_cube_stands_for_one_day")
        ]


class CubeFirm(models.Model):
    """An enterprise that holds a tier on the day, as it is counted (在册企业状态).

    `groups` has a digit for each rule of the day: 0 not assessed, 1 not transformed, 2 transformed.
    Levels are those of the latest assessment valid on the day: of any kind, and under the newest
    index by way. Without foreign keys: rows come and go with the truth, not with what they name.
    """

    enterprise_id = models.BigIntegerField()
    tier = models.CharField(max_length=12, choices=Tier.choices)
    region_path = models.CharField(max_length=6)
    groups = models.CharField(max_length=40)
    level = models.SmallIntegerField(null=True)
    on_site = models.SmallIntegerField(null=True)
    self_declared = models.SmallIntegerField(null=True)
    chain = models.BigIntegerField(null=True)
    park = models.BigIntegerField(null=True)
    cluster = models.BigIntegerField(null=True)
    industry = models.BigIntegerField(null=True)
    section = models.CharField(max_length=1, blank=True)
    size_class = models.CharField(max_length=8, choices=SizeClass.choices)
    batch = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tier", "region_path"], name="cube_firms_of_a_region")]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise_id", "tier"], name="a_firm_counts_once_in_a_tier"
            )
        ]


class CubeCell(models.Model):
    """How many firms of a region and tier are in each group under a definition (覆盖数据单元).

    `by` is empty for all firms, else the dimension, and `member` who of it; sums are kept up to
    date by differences, so they are plain integers.
    """

    tier = models.CharField(max_length=12, choices=Tier.choices)
    definition = models.BigIntegerField()
    by = models.CharField(max_length=10, blank=True)
    path = models.CharField(max_length=6, blank=True, help_text="of the region")
    member = models.CharField(max_length=40, blank=True)
    total = models.IntegerField()
    transformed = models.IntegerField()
    not_transformed = models.IntegerField()
    not_assessed = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "definition", "by", "path", "member"], name="one_cell_a_place"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total=models.F("transformed")
                    + models.F("not_transformed")
                    + models.F("not_assessed")
                ),
                name="cell_parts_add_up",
            ),
        ]


class CubeLevel(models.Model):
    """How many firms of a region and tier are at each level, by way (水平等级分布).

    `way` is empty for the latest assessment of any kind; level -1 is none.
    """

    tier = models.CharField(max_length=12, choices=Tier.choices)
    way = models.CharField(max_length=14, blank=True)
    path = models.CharField(max_length=6, blank=True, help_text="of the region")
    level = models.SmallIntegerField()
    firms = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "way", "path", "level"], name="one_number_a_level"
            )
        ]
