"""The thresholds of the levels as versions: issued, never changed (定级规则版本).

An assessment keeps the version it was judged under. It is judged under the version in force on its
day, as known when it is recorded; a version issued later leaves it as it is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.digital import index, scoring
from cultivation.digital.models import LevelRule, LevelThreshold, MaturityAssessment
from enterprises.audit import recording

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from enterprises.accounts.models import User

BATCH = 1000
SOURCE_2024 = (
    "二手资料一处（企业自评页面），未与工信厅企业〔2024〕56号正式文本核对",
    "one secondary source (a self-assessment page), not checked against 工信厅企业〔2024〕56号",
)
SOURCE_2022 = (
    "工信厅企业〔2022〕32号的两处转载；区间边界在原文中重叠，此处取下限包含",
    "two reprints of 工信厅企业〔2022〕32号; the bands overlap there, here the lower edge is in",
)


@transaction.atomic
def load() -> int:
    """Load the first version of each index; once there it stays; return how many there are."""
    for version, day in index.VERSIONS.items():
        zh, en = SOURCE_2022 if version == 2022 else SOURCE_2024
        levels = index.levels(version)
        rule, new = LevelRule.objects.get_or_create(
            index_version=version,
            number=1,
            defaults={
                "in_force_from": day,
                "verified": all(level.verified for level in levels),
                "source_zh": zh,
                "source_en": en,
            },
        )
        if new:
            LevelThreshold.objects.bulk_create(_threshold(rule, level) for level in levels)
            MaturityAssessment.objects.filter(index_version=version, rule=None).update(rule=rule)
    _fill_parts()
    return LevelRule.objects.count()


def _threshold(rule: LevelRule, level: index.Level) -> LevelThreshold:
    return LevelThreshold(
        rule=rule,
        level=level.no,
        name_zh=level.zh,
        name_en=level.en,
        points=level.points,
        scenarios=level.scenarios,
        binding=level.binding,
    )


def _fill_parts() -> None:
    """Work the parts out of answered assessments that were made before parts were kept."""
    rows = MaturityAssessment.objects.filter(parts=[], index_version=index.ASKED)
    batch: list[MaturityAssessment] = []
    for row in rows.exclude(answers={}).iterator(chunk_size=BATCH):
        row.parts = scoring.parts_of(row.answers)
        batch.append(row)
    MaturityAssessment.objects.bulk_update(batch, ["parts"], batch_size=BATCH)


def in_force(index_version: int, on: dt.date) -> LevelRule | None:
    """Return the thresholds in force on a day, the latest issued of them (现行规则)."""
    rows = LevelRule.objects.filter(index_version=index_version, in_force_from__lte=on)
    found: LevelRule | None = (
        rows.prefetch_related("thresholds").order_by("-in_force_from", "-number").first()
    )
    return found


def every() -> list[LevelRule]:
    """Return all versions with their thresholds, to choose among without asking again."""
    return list(LevelRule.objects.prefetch_related("thresholds"))


def chosen(among: Sequence[LevelRule], index_version: int, on: dt.date) -> LevelRule | None:
    """Return the version in force on a day of some that were read already."""
    found = [
        rule for rule in among if rule.index_version == index_version and rule.in_force_from <= on
    ]
    return max(found, key=lambda rule: (rule.in_force_from, rule.number), default=None)


def levels_of(rule: LevelRule | None, index_version: int) -> tuple[index.Level, ...]:
    """Return the levels of a version; without one those of the seeds."""
    if rule is None:
        return index.levels(index_version)
    return tuple(
        index.Level(
            no=row.level,
            zh=row.name_zh,
            en=row.name_en,
            points=row.points,
            scenarios=row.scenarios,
            binding=row.binding,
            verified=rule.verified,
        )
        for row in rule.thresholds.all()
    )


def may_issue(user: User) -> bool:
    """Tell whether a user may issue thresholds: deciding officers of the nation."""
    return any(role == "nation" for _path, role in user.scope.decide_paths)


@transaction.atomic
def issue(
    index_version: int,
    thresholds: Mapping[int, Mapping[str, int]],
    *,
    in_force_from: dt.date,
    source: str,
    verified: bool,
    by: User,
) -> LevelRule:
    """Issue a new version of the thresholds; assessments made so far stay as they are (发布).

    `thresholds` give points (thousandths), scenarios and binding by level. Raises ValidationError
    for levels that do not rise or cannot be reached.
    """
    if not may_issue(by):
        raise PermissionDenied
    if index_version not in index.VERSIONS:
        raise ValidationError(_("There is no index version %(no)s.") % {"no": index_version})
    if in_force_from < index.VERSIONS[index_version]:
        raise ValidationError(
            _("The %(version)s index is in use since %(day)s; its thresholds cannot be older.")
            % {"version": index_version, "day": index.VERSIONS[index_version]}
        )
    if not source.strip():
        raise ValidationError(_("Say where the thresholds were read."))
    before = list(LevelRule.objects.select_for_update().filter(index_version=index_version))
    levels = _checked(index_version, thresholds)
    rule = LevelRule.objects.create(
        index_version=index_version,
        number=max((one.number for one in before), default=0) + 1,
        in_force_from=in_force_from,
        verified=verified,
        source_zh=source.strip(),
        source_en=source.strip(),
        made_by=by,
    )
    LevelThreshold.objects.bulk_create(_threshold(rule, level) for level in levels)
    after = {"rule": str(rule), "in_force_from": str(in_force_from), "verified": verified}
    told = {str(level.no): [level.points, level.scenarios, level.binding] for level in levels}
    recording.note("maturity.thresholds", rule, by=by, after={**after, "thresholds": told})
    return rule


def _checked(index_version: int, thresholds: Mapping[int, Mapping[str, int]]) -> list[index.Level]:
    counted = index_version == index.ASKED  # of 2022 the total alone decides
    found = [
        index.Level(
            no=level.no,
            zh=level.zh,
            en=level.en,
            points=thresholds[level.no]["points"],
            scenarios=thresholds[level.no]["scenarios"] if counted else 0,
            binding=thresholds[level.no]["binding"] if counted else 0,
            verified=False,
        )
        for level in index.levels(index_version)
    ]
    most = len(index.scenarios())
    binding = sum(one.binding for one in index.scenarios())
    for one in found:
        words = {"level": one.no}
        if not 0 < one.points <= 100_000:
            raise ValidationError(_("Level %(level)s: points lie above 0 and up to 100.") % words)
        if not 0 <= one.binding <= min(one.scenarios, binding) or one.scenarios > most:
            raise ValidationError(
                _(
                    "Level %(level)s: at most %(most)s scenarios, and at most %(binding)s binding "
                    "ones among them."
                )
                % {**words, "most": most, "binding": binding}
            )
    if any(low.points >= high.points for low, high in pairwise(found)):
        raise ValidationError(_("The points of the levels rise from one to the next."))
    return found
