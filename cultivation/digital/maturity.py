"""Recording digital-maturity assessments and keeping each enterprise's level (数字化水平评测)."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital import index, scoring
from cultivation.digital.assessing import rules
from cultivation.digital.models import MaturityAssessment
from enterprises.audit import recording
from enterprises.audit.hashing import digest
from enterprises.registry import ledger
from enterprises.registry.models import Change, Document, Enterprise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from cultivation.digital.models import LevelRule
    from enterprises.accounts.models import User

Way = MaturityAssessment.Way
NEWEST_FIRST = ("-assessed_on", "way", "-pk")  # on a day, on site before self-declared
BATCH = 1000
LONGEST = 20  # years that an assessment may be valid
KEPT = ("enterprise_id", "document", "made_by", "made_by_id", "declared", "findings")


def may_record(user: User, enterprise: Enterprise, *, way: str) -> bool:
    """Tell who may record: staff their self-assessment, reviewing officers on site."""
    if way == Way.ON_SITE:
        return user.scope.reviews(enterprise.region_path)
    return enterprise.pk in user.scope.enterprises


def valid_on(day: dt.date) -> Q:
    """Return the filter for assessments made by a day and not expired on it (有效评测)."""
    return Q(assessed_on__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def latest(
    day: dt.date, *, ways: Sequence[str] = (), versions: Sequence[int] = ()
) -> QuerySet[MaturityAssessment]:
    """Return the latest assessment valid on a day, as rows for a subquery of Enterprise."""
    found = MaturityAssessment.objects.filter(valid_on(day), enterprise=OuterRef("pk"))
    if ways:
        found = found.filter(way__in=ways)
    if versions:
        found = found.filter(index_version__in=versions)
    return found.order_by(*NEWEST_FIRST)[:1]


@transaction.atomic
def record(
    enterprise: Enterprise,
    *,
    way: str,
    index_version: int,
    assessed_on: dt.date,
    by: User,
    answers: scoring.Answers | None = None,
    level: int | None = None,
    score: int | None = None,
    valid_to: dt.date | None = None,
    assessor: str = "",
    document: Document | None = None,
    declared: MaturityAssessment | None = None,
    findings: Mapping[str, Sequence[str]] | None = None,
) -> MaturityAssessment:
    """Record an assessment from answers, or from a level (and score in hundredths) fixed elsewhere.

    On site, `declared` are the self-declared answers it was held against and `findings` what was
    found of each. Raises PermissionDenied for somebody else's enterprise and ValidationError for
    what cannot be.
    """
    if not may_record(by, enterprise, way=way):
        raise PermissionDenied
    row = _row(
        {
            "enterprise_id": enterprise.pk,
            "way": way,
            "index_version": index_version,
            "answers": answers,
            "level": level,
            "score": score,
            "assessed_on": assessed_on,
            "valid_to": valid_to,
            "assessor": assessor.strip(),
            "document": document,
            "made_by": by,
            "declared": declared,
            "findings": dict(findings or {}),
        },
        rules.every(),
    )
    if document is not None and document.enterprise_id != enterprise.pk:
        raise ValidationError(_("The document belongs to another enterprise."))
    locked = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    row.save()
    before = locked.digital_level
    refresh_levels(timezone.localdate(), enterprises=[enterprise.pk], noted=False)
    enterprise.refresh_from_db(fields=["digital_level", "version", "facts_at"])
    after = {
        "digital_level": enterprise.digital_level,
        "level": row.level,
        "way": row.way,
        "assessed_on": row.assessed_on.isoformat(),
    }
    if row.answers:
        after["answers"] = digest(row.answers)
    ledger.note(enterprise, f"maturity:{row.pk}", {"digital_level": before}, after, by, "")
    return row


def record_many(rows: Iterable[Mapping[str, Any]], *, keep_levels: bool = True) -> int:
    """Record many assessments at once and return how many; for imports and the demo.

    Rows are mappings of enterprise_id, way, index_version, level or answers, assessed_on and, if
    wanted, score, valid_to, assessor, made_by_id. The rules of `record` hold, rights are not asked.
    """
    known = rules.every()
    made: list[MaturityAssessment] = [_row(row, known) for row in rows]
    with transaction.atomic():
        MaturityAssessment.objects.bulk_create(made, batch_size=BATCH)
        recording.note("maturity.entered", "maturity", by=None, after={"rows": len(made)})
        if keep_levels:
            ids = sorted({row.enterprise_id for row in made})
            for start in range(0, len(ids), BATCH):
                refresh_levels(
                    timezone.localdate(), enterprises=ids[start : start + BATCH], noted=False
                )
    return len(made)


def refresh_levels(
    on: dt.date, *, enterprises: Sequence[int] | None = None, noted: bool = True
) -> int:
    """Set each enterprise's level to that of its latest assessment valid on a day; return how many.

    Without a list it goes over all, so that levels lapse when assessments expire; `noted` writes a
    change for each.
    """
    rows: QuerySet[Any] = Enterprise.objects.annotate(latest=Subquery(latest(on).values("level")))
    if enterprises is None:
        assessed = MaturityAssessment.objects.values("enterprise")
        rows = rows.filter(Q(digital_level__isnull=False) | Q(pk__in=assessed))
    else:
        rows = rows.filter(pk__in=enterprises)
    moved = [
        (pk, old, new)
        for pk, old, new in rows.values_list("pk", "digital_level", "latest")
        if old != new
    ]
    now = timezone.now()
    with transaction.atomic():
        for start in range(0, len(moved), BATCH):
            batch = moved[start : start + BATCH]
            _set_levels(batch, now)
            if noted:
                Change.objects.bulk_create(
                    Change(
                        enterprise_id=pk,
                        subject="digital_level",
                        before={"digital_level": old},
                        after={"digital_level": new},
                        reason=f"valid on {on}",
                    )
                    for pk, old, new in batch
                )
        if moved and noted:
            recording.note("maturity.lapsed", "maturity", by=None, after=_tally(moved, on))
    return len(moved)


def _tally(moved: Sequence[tuple[int, int | None, int | None]], on: dt.date) -> dict[str, Any]:
    """Return what the audit log keeps of levels that a day moved: how many, and which."""
    return {"on": on, "enterprises": len(moved), "digest": digest(sorted(moved, key=itemgetter(0)))}


def _set_levels(batch: list[tuple[int, int | None, int | None]], now: dt.datetime) -> None:
    for level in {new for _pk, _old, new in batch}:
        Enterprise.objects.filter(pk__in=[pk for pk, _old, new in batch if new == level]).update(
            digital_level=level, version=F("version") + 1, facts_at=now
        )


def _row(given: Mapping[str, Any], known: Sequence[LevelRule]) -> MaturityAssessment:
    """Return the assessment to be saved; raise ValidationError for what cannot be."""
    version, way = given["index_version"], given["way"]
    on, until = given["assessed_on"], given.get("valid_to")
    if version not in index.VERSIONS:
        raise ValidationError(_("There is no index version %(no)s.") % {"no": version})
    if way not in Way.values:
        raise ValidationError(_("An assessment is self-declared or on site."))
    wrong = wrong_days(version, on, until)
    if wrong:
        raise ValidationError(list(wrong.values()))
    if way == Way.ON_SITE and not given.get("assessor"):
        raise ValidationError(_("An assessment on site names its assessor."))
    rule = rules.chosen(known, version, on)
    level, score = _level_and_score(given, rules.levels_of(rule, version))
    fields = {key: given[key] for key in KEPT if key in given}
    return MaturityAssessment(
        **fields,
        index_version=version,
        rule=rule,
        way=way,
        answers=given.get("answers") or {},
        parts=scoring.parts_of(given["answers"]) if given.get("answers") else [],
        level=level,
        score=score,
        assessed_on=on,
        valid_to=until,
        assessor=given.get("assessor") or "",
    )


def wrong_days(version: int, on: dt.date, until: dt.date | None) -> dict[str, str]:
    """Say what is wrong with the day of an assessment or its end, by name (日期核对)."""
    found = {}
    if on > timezone.localdate():
        found["assessed_on"] = _("The day of the assessment lies in the future.")
    elif on < index.VERSIONS[version]:
        words = {"version": version, "day": index.VERSIONS[version]}
        found["assessed_on"] = (
            _("The %(version)s index is in use since %(day)s; the assessment is dated earlier.")
            % words
        )
    if until is not None and until < on:
        found["valid_to"] = _("The assessment would expire before it was made.")
    elif until is not None and until.year - on.year > LONGEST:
        words = {"day": until, "years": LONGEST}
        found["valid_to"] = (
            _("%(day)s lies more than %(years)s years after the assessment; check the year.")
            % words
        )
    return found


def _level_and_score(
    given: Mapping[str, Any], levels: Sequence[index.Level]
) -> tuple[int, int | None]:
    answers, level, score = (given.get(key) for key in ("answers", "level", "score"))
    version = given["index_version"]
    if score is not None and not 0 <= score <= 10_000:
        raise ValidationError(_("A score lies between 0 and 100."))
    if level is not None and level not in range(5):
        raise ValidationError(_("A level lies between 0 and 4."))
    if answers:
        if version != index.ASKED:
            raise ValidationError(_("Only the 2024 index can be answered here."))
        standing = scoring.stand(answers, levels)
        found, points = standing.level, standing.score
    elif version == 2022 and score is not None:
        found, points = scoring.level_of_score(levels, score), score
    elif level is not None:
        _refuse_impossible(levels, level, score)
        return level, score
    else:
        raise ValidationError(_("An assessment needs its answers or its level."))
    if level is not None and level != found:
        raise ValidationError(
            _("The answers give level %(found)s, not %(level)s.") % {"found": found, "level": level}
        )
    return found, points


def _refuse_impossible(levels: Sequence[index.Level], level: int, score: int | None) -> None:
    """Refuse a level whose points a stated score does not reach."""
    if score is None or level == 0:
        return
    least = next(row for row in levels if row.no == level)
    if score * 10 < least.points:
        raise ValidationError(
            _("Level %(level)s needs at least %(points)s points.")
            % {"level": level, "points": least.points // 1000}
        )
