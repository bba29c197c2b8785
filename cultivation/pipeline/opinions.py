"""What officers say on single criteria of an application (逐条审核意见)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cultivation.pipeline import findings, routes
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, CriterionReview, Reason, Reviewed
from cultivation.standards import editions
from enterprises.audit import recording
from enterprises.registry.models import Document

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from enterprises.accounts.models import User

Opinion = CriterionReview.Opinion


@dataclass(frozen=True, slots=True)
class Word:
    """An opinion to record; an empty opinion takes an earlier one back (意见).

    Why: a reason of the library by its code, own words, or both. A matter for a person may name the
    document, by its key, and the page in which it was seen.
    """

    criterion: str
    opinion: str
    reason: str = ""
    grounds: str = ""
    document: int | None = None
    page: str = ""

    @property
    def is_reasoned(self) -> bool:
        """Tell whether it says why."""
        return bool(self.grounds or self.reason.strip())


def may_review(application: Application, user: User) -> bool:
    """Tell whether a user reviews an application where it is now, and holds no seat in the firm."""
    level = routes.holding_level(application)
    return bool(
        level
        and user.is_authenticated
        and application.enterprise_id not in user.scope.enterprises
        and user.scope.may_review(application.region_path, level)
    )


def faults(application: Application, words: Sequence[Word]) -> dict[str, str]:
    """Return by criterion what is wrong with words: unknown criterion, reason owed."""
    leaves = {str(leaf["code"]): leaf for leaf in findings.leaves(application.submitted_result)}
    said = [word for word in words if word.opinion]
    codes = set(Reason.objects.filter(in_use=True).values_list("code", flat=True)) if said else ()
    documents = _documents(application) if any(word.document for word in said) else ()
    owing = owing_evidence(application) if said else frozenset()
    found = {}
    for word in words:
        if word.criterion not in leaves:
            text = _("%(code)s is no criterion of this application.")
        elif word.opinion not in {"", *Opinion.values}:
            text = _("Choose agreed or objected.")
        elif not word.opinion:
            continue
        elif word.grounds and word.grounds not in codes:
            text = _("%(code)s: choose a reason of the library that is in use.")
        elif word.document and word.document not in documents:
            text = _("%(code)s: the document is none of this enterprise.")
        else:
            text = _unreasoned(word, manual=_is_manual(leaves[word.criterion]), owing=owing)
        if text:
            found[word.criterion] = text % {"code": word.criterion}
    return found


def owing_evidence(application: Application) -> frozenset[str]:
    """Return the criteria for which the edition names papers that prove them (应附佐证)."""
    policy = editions.policy(application.edition)
    return frozenset(one.code for one in policy.root.walk() if one.evidence)


@transaction.atomic
def record(
    application: Application,
    words: Sequence[Word],
    *,
    by: User,
    version: int | None = None,
) -> int:
    """Keep a level's words on criteria, all or none; return how many changed.

    That the officer went through the application as submitted is kept too. Raises PermissionDenied
    where the application is not with the user's office.
    """
    locked = (
        Application.objects.select_for_update(of=("self",))
        .select_related("edition", "submission")
        .get(pk=application.pk)
    )
    if not may_review(locked, by):
        raise PermissionDenied(_("This application is not with your office."))
    if (application.version if version is None else version) != locked.version:
        raise MovedMeanwhileError(
            _("The application was moved meanwhile. Look at it again before you judge.")
        )
    wrong = faults(locked, words)
    if wrong:
        raise MoveError(" ".join(wrong.values()))
    level = routes.holding_level(locked)
    Reviewed.objects.update_or_create(
        application=locked, officer=by, level=level, defaults={"submission": locked.submission}
    )
    return keep(locked, level, words, by=by)


def keep(application: Application, level: str, words: Sequence[Word], *, by: User) -> int:
    """Write a level's words on criteria down, whoever was asked before; return how many changed.

    For `record`, and for what a check on site found (visits.objecting): the row is locked.
    """
    rows = {one.criterion: one for one in application.criterion_reviews.filter(level=level)}
    codes = {word.grounds for word in words if word.grounds}
    library = {one.code: one for one in Reason.objects.filter(code__in=codes)} if codes else {}
    before, after = {}, {}
    for word in words:
        row = rows.get(word.criterion)
        held = _plain(row) if row else None
        wanted = _wanted(word, library)
        if held == wanted:
            continue
        before[word.criterion] = row.opinion if row else ""
        after[word.criterion] = word.opinion
        if wanted is None:
            rows[word.criterion].delete()
        else:
            row = row or CriterionReview(
                application=application, level=level, criterion=word.criterion
            )
            row.opinion, row.reason, row.grounds_id, row.document_id, row.page = wanted
            row.made_by = by
            row.save()
    if after:
        recording.note(
            "application.judged",
            application,
            by=by,
            before=before,
            after=after,
            enterprise_id=application.enterprise_id,
            region_path=application.region_path,
        )
    return len(after)


def _wanted(word: Word, library: Mapping[str, Reason]) -> tuple[Any, ...] | None:
    if not word.opinion:
        return None
    grounds = library[word.grounds].pk if word.grounds else None
    return word.opinion, word.reason.strip(), grounds, word.document, word.page.strip()


def _plain(row: CriterionReview) -> tuple[Any, ...]:
    return row.opinion, row.reason, row.grounds_id, row.document_id, row.page


def _is_manual(leaf: findings.Node) -> bool:
    return findings.Finding(leaf, 0).is_manual


def _unreasoned(word: Word, *, manual: bool, owing: Container[str]) -> str:
    """Return what a word still owes: a reason, or where a matter for a person was seen."""
    if word.opinion == Opinion.OBJECTED and not word.is_reasoned:
        return _("An objection to %(code)s needs a reason.")
    if not manual:
        return ""
    if not word.is_reasoned:
        return _("%(code)s is judged by a person: say why.")
    seen = word.document or word.reason.strip()
    if word.opinion == Opinion.AGREED and word.criterion in owing and not seen:
        return _("%(code)s: name the document in which it was seen, or say how it was seen.")
    return ""


def _documents(application: Application) -> set[int]:
    rows = Document.objects.filter(enterprise_id=application.enterprise_id)
    return set(rows.values_list("pk", flat=True))
