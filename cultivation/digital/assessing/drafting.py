"""A draft of an assessment: begun, kept field by field, handed in or given up (评测草稿).

Fields have versions and saves have ids, by the same rules as in the form of an application. What is
handed in becomes an assessment that is never changed; the draft is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.digital import index, maturity
from cultivation.digital.assessing.sheet import AGREE, Sheet, label_of, plain
from cultivation.digital.models import AssessmentDraft, DraftField, MaturityAssessment
from cultivation.pipeline.filling import subjects as marks
from cultivation.pipeline.filling.saving import (
    Kept,
    Outcome,
    State,
    Wish,
    remember,
    settled,
)
from enterprises.audit import recording
from enterprises.registry.models import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise

Way = MaturityAssessment.Way


def find(enterprise: Enterprise, way: str) -> AssessmentDraft | None:
    """Return the draft of a way, if one was begun."""
    rows = AssessmentDraft.objects.filter(enterprise=enterprise, way=way)
    found: AssessmentDraft | None = rows.select_related("enterprise", "before", "declared").first()
    return found


def last(enterprise: Enterprise, way: str) -> MaturityAssessment | None:
    """Return the last answered assessment of a way under the index that is asked (上次评测)."""
    rows = MaturityAssessment.objects.filter(
        enterprise=enterprise, way=way, index_version=index.ASKED
    )
    return rows.exclude(answers={}).order_by("-assessed_on", "-pk").first()


@transaction.atomic
def begin(
    enterprise: Enterprise, *, way: str, by: User, from_declared: bool = False
) -> AssessmentDraft:
    """Begin a draft with the last answers, or find the one begun already (开始评测).

    On site it can begin from what the enterprise declared last; each answer is then marked as
    agreeing or differing.
    """
    _refuse_stranger(by, enterprise, way)
    there = find(enterprise, way)
    if there is not None:
        return there
    before = last(enterprise, way)
    declared = last(enterprise, Way.SELF) if from_declared and way == Way.ON_SITE else None
    if from_declared and declared is None:
        raise ValidationError(_("The enterprise has declared no answers under the 2024 index."))
    draft, new = AssessmentDraft.objects.get_or_create(  # somebody may begin at the same time
        enterprise=enterprise,
        way=way,
        defaults={
            "before": before,
            "declared": declared,
            "values": _values(declared or before),
            "made_by": by,
        },
    )
    if new:
        _note(draft, by, "maturity.draft_begun", {"declared": declared.pk if declared else None})
    return draft


def _values(row: MaturityAssessment | None) -> dict[str, Any]:
    """Return the answers to begin with, and today as the day."""
    values: dict[str, Any] = {"d:assessed_on": timezone.localdate().isoformat()}
    if row is not None:
        values |= {f"q:{number}": codes for number, codes in row.answers["questions"].items()}
        values |= {f"s:{number}": level for number, level in row.answers["scenarios"].items()}
    return values


@transaction.atomic
def keep(
    draft: AssessmentDraft, wishes: Sequence[Wish], *, by: User, save_id: str = ""
) -> dict[str, Outcome]:
    """Keep what can be kept of some fields and say of each what became of it (保存)."""
    locked = _locked(draft, by)
    sheet = Sheet(locked)
    found: dict[str, Outcome] = {}
    fresh = 0
    for wish in wishes:
        outcome = _clear(sheet, wish, save_id)
        if outcome is None:
            outcome = _write(sheet, wish, by, save_id)
            fresh += 1
        found[wish.subject] = outcome
    if fresh:
        locked.version += 1
        locked.save(update_fields=["values", "version", "updated_at"])
    draft.version, draft.values = locked.version, locked.values
    return found


def _clear(sheet: Sheet, wish: Wish, save_id: str) -> Outcome | None:
    if wish.subject not in sheet.subjects:
        return Outcome(wish.subject, State.REFUSED, message=_("There is no such field."))
    kept = Kept(
        sheet.mark(wish.subject), sheet.value(wish.subject), sheet.entries.get(wish.subject)
    )
    new = marks.mark(wish.subject, wish.value)
    return settled(wish, kept, new=new, label=label_of(wish.subject), save_id=save_id)


def _write(sheet: Sheet, wish: Wish, by: User, save_id: str) -> Outcome:
    now, mark = timezone.now(), marks.mark(wish.subject, wish.value)
    sheet.draft.values = {**sheet.draft.values, wish.subject: wish.value}
    entry = sheet.entries.get(wish.subject)
    if entry is None:
        entry = DraftField(draft=sheet.draft, subject=wish.subject)
    remember(entry, mark, by=by, save_id=save_id, now=now)
    return Outcome(wish.subject, State.SAVED, mark, wish.value, now)


@transaction.atomic
def agree_rest(draft: AssessmentDraft, key: str, *, by: User) -> int:
    """Mark as agreeing what was not looked at yet on a page and is as declared (其余一致)."""
    locked = _locked(draft, by)
    sheet = Sheet(locked)
    step = sheet.step(key)
    if step is None or not sheet.is_held_against:
        return 0
    wishes = [
        Wish(f"f:{one}", AGREE, sheet.mark(f"f:{one}"))
        for one in step.asked
        if not sheet.value(f"f:{one}")
        and plain(sheet.value(one)) == plain(sheet.declared_value(one))
    ]
    keep(locked, wishes, by=by)
    draft.version, draft.values = locked.version, locked.values
    return len(wishes)


@transaction.atomic
def submit(
    draft: AssessmentDraft, *, by: User, version: int, pledged: bool = False
) -> MaturityAssessment:
    """Hand a draft in: it becomes an assessment that is never changed (提交评测).

    Raises ValidationError where something is missing, where somebody changed it since the last
    look, and where the enterprise does not pledge that its answers are true.
    """
    locked = _locked(draft, by)
    sheet = Sheet(locked)
    if locked.version != version:
        raise ValidationError(
            _("Somebody changed the answers since you looked. Look once more, then hand it in.")
        )
    missing = sheet.missing()
    if missing:
        raise ValidationError([text for _step, _subject, text in missing])
    if locked.way == Way.SELF and not pledged:
        raise ValidationError(_("Pledge that the answers are true, then hand it in."))
    row = maturity.record(
        locked.enterprise,
        way=locked.way,
        index_version=index.ASKED,
        answers=sheet.answers,
        assessed_on=sheet.day("d:assessed_on"),  # type: ignore[arg-type]  # else it is missing
        valid_to=sheet.day("d:valid_to"),
        assessor=sheet.value("d:assessor") or "",
        document=_document(sheet),
        declared=locked.declared,
        findings=sheet.findings,
        by=by,
    )
    _note(locked, by, "maturity.submitted", {"assessment": row.pk, "pledged": pledged})
    locked.delete()
    return row


@transaction.atomic
def discard(draft: AssessmentDraft, *, by: User) -> None:
    """Give a draft up (放弃草稿)."""
    locked = _locked(draft, by)
    _note(locked, by, "maturity.draft_discarded", {"version": locked.version})
    locked.delete()


def _document(sheet: Sheet) -> Document | None:
    pk = sheet.value("d:document")
    if pk is None:
        return None
    document: Document | None = Document.objects.filter(
        pk=pk, enterprise=sheet.draft.enterprise_id
    ).first()
    if document is None:
        raise ValidationError(_("The evidence document is gone; choose another one."))
    return document


def _locked(draft: AssessmentDraft, by: User) -> AssessmentDraft:
    rows = AssessmentDraft.objects.select_for_update(of=("self",))
    found = rows.select_related("enterprise", "before", "declared").filter(pk=draft.pk).first()
    if found is None:
        raise ValidationError(_("The draft was handed in or given up meanwhile."), code="gone")
    _refuse_stranger(by, found.enterprise, found.way)
    locked: AssessmentDraft = found
    return locked


def _refuse_stranger(by: User, enterprise: Enterprise, way: str) -> None:
    if way not in Way.values or not maturity.may_record(by, enterprise, way=way):
        raise PermissionDenied


def _note(draft: AssessmentDraft, by: User, kind: str, after: dict[str, Any]) -> None:
    recording.note(
        kind,
        draft,
        by=by,
        after={"way": draft.way, **after},
        enterprise_id=draft.enterprise_id,
        region_path=draft.enterprise.region_path,
    )
