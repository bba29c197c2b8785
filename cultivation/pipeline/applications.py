"""Beginning an application and keeping its answers (申报书)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import checklist, invitations, routes, titles
from cultivation.pipeline.correcting import opened
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.filling import rights, since
from cultivation.pipeline.life.guards import recheck_hindrance
from cultivation.pipeline.models import LIVE, Application
from cultivation.pipeline.questions import questions_of
from cultivation.pipeline.rounds import choosing
from enterprises.audit import recording
from enterprises.registry.models import Document, Enterprise, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from enterprises.accounts.models import User

Kind = Application.Kind
WRITABLE = rights.OPEN


def kind_for(enterprise: Enterprise, tier: str) -> str:
    """Return what an application for a tier would be now: a re-check where the title runs."""
    held = titles.running(enterprise).filter(tier=tier).exists()
    return Kind.RECHECK if held else Kind.RECOGNITION


def hindrance(
    enterprise: Enterprise, tier: str, *, kind: str, reach: choosing.Reach | None = None
) -> str:
    """Say why no application for a tier can be begun now, or nothing.

    `reach` are the rounds that reach the enterprise, where they were read already.
    """
    if Application.objects.filter(enterprise=enterprise, tier=tier, status__in=LIVE).exists():
        return _("An application for this title is under way already.")
    free = titles.barred_until(enterprise)
    if free:
        return _(
            "A title of the enterprise was revoked for cause; "
            "no application is possible before %(day)s."
        ) % {"day": date_format(free)}
    said = _kind_hindrance(enterprise, tier, kind) or _needs_hindrance(enterprise, tier)
    if said:
        return said
    reach = reach or choosing.reach_of(enterprise)
    taking = reach.intake(tier, kind, at=timezone.now(), grace=False)
    if taking.hindrance and not taking.ahead:
        return taking.hindrance
    try:
        routes.route_of(enterprise.region, tier)
        if taking.round is None or taking.round.edition is None:
            checklist.edition_of(enterprise, tier, kind=kind)
    except MoveError as error:
        return str(error)
    return ""


@transaction.atomic
def begin(enterprise: Enterprise, tier: str, *, kind: str, by: User) -> Application:
    """Begin a draft that carries over what the record knows; only own staff may (申报立项)."""
    if enterprise.pk not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself begins an application."))
    locked = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    said = hindrance(locked, tier, kind=kind)
    if said:
        raise MoveError(said)
    taking = choosing.reach_of(locked).intake(tier, kind, at=timezone.now()).round
    named = taking.edition if taking else None
    invitation = invitations.open_for(locked, tier) if kind == Kind.RECOGNITION else None
    intake = Application.Intake.DISCOVERED if invitation else Application.Intake.SELF_APPLIED
    try:
        with transaction.atomic():
            begun = Application.objects.create(
                intake=intake,
                enterprise=locked,
                tier=tier,
                kind=kind,
                year=timezone.localdate().year,
                edition=named or checklist.edition_of(locked, tier, kind=kind),
                round=taking,
                region_path=locked.region_path,
                answers=first_answers(locked, tier),
                made_by=by,
            )
    except IntegrityError as error:
        raise MoveError(_("An application for this title is under way already.")) from error
    recording.note(
        "application.begun",
        begun,
        by=by,
        after={"tier": tier, "kind": kind, "intake": intake, "edition": begun.edition.code},
        enterprise_id=locked.pk,
        region_path=locked.region_path,
    )
    if invitation:
        invitations.begun(invitation, begun, by=by)
    return begun


@transaction.atomic
def save_answers(
    application: Application,
    answers: Mapping[str, Any],
    *,
    by: User,
    version: int | None = None,
    documents: Iterable[Document] | None = None,
) -> Application:
    """Keep answers, and the documents where given, in a draft or a returned application.

    Raises MovedMeanwhileError where somebody else saved or moved it since `version`.
    """
    if application.enterprise_id not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself fills in its application."))
    locked = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if locked.status not in WRITABLE:
        raise MoveError(
            _("An application that is %(status)s can no longer be changed.")
            % {"status": locked.get_status_display()}
        )
    if (application.version if version is None else version) != locked.version:
        raise MovedMeanwhileError(
            _("Somebody else saved this application meanwhile. Your text is kept below; "
              "compare it with what is stored now and save again.")
        )  # fmt: skip
    if documents is not None:  # what is handed in as a paper goes with the application anyhow
        handed_in = Document.objects.filter(pk__in=locked.evidence.values("document"))
        mine = [one for one in documents if one.enterprise_id == locked.enterprise_id]
        documents = [*mine, *handed_in]
    _check_open(locked, answers, documents)
    locked.answers |= answers
    locked.version += 1
    locked.save(update_fields=["answers", "version", "updated_at"])
    if documents is not None:
        locked.documents.set({one.pk for one in documents})
    application.refresh_from_db()
    return application


def _check_open(
    application: Application,
    answers: Mapping[str, Any],
    documents: Iterable[Document] | None,
) -> None:
    """Refuse what the form does not ask for, and what was not sent back to be corrected."""
    known = {question.name: question for question in questions_of(application.tier)}
    scope = opened.opened(application)
    closed = []
    for name, value in answers.items():
        if name not in known:
            raise MoveError(_("This application does not ask for “%(name)s”.") % {"name": name})
        same = (application.answers.get(name) or "") == (value or "")
        if not same and not scope.covers(f"answer:{name}"):
            closed.append(str(known[name].label))
    if documents is not None and not scope.everything:
        closed += opened.papers_not_open(application, scope, documents)
    if closed:
        raise MoveError(
            _("Not sent back to be corrected, so it stays as submitted: %(items)s.")
            % {"items": _("; ").join(closed)}
        )


def _kind_hindrance(enterprise: Enterprise, tier: str, kind: str) -> str:
    title = titles.running(enterprise).filter(tier=tier).first()
    if kind == Kind.RECHECK and title is None:
        return _("There is no valid title to re-check; a new application is the way.")
    if kind == Kind.RECOGNITION and title is not None:
        return _("The enterprise holds this title until %(day)s.") % {
            "day": date_format(title.valid_to)
        }
    if title is not None and (said := recheck_hindrance(title)):
        return said
    if title is not None and titles.recheck_opens(title) > timezone.localdate():
        return _("The title is valid until %(until)s; its re-check opens on %(day)s.") % {
            "until": date_format(title.valid_to),
            "day": date_format(titles.recheck_opens(title)),
        }
    return ""


def _needs_hindrance(enterprise: Enterprise, tier: str) -> str:
    lacking = titles.lacking(enterprise, tier)
    if not lacking:
        return ""
    return _("The enterprise holds no valid title of: %(titles)s.") % {
        "titles": _("; ").join(lacking)
    }


def first_answers(enterprise: Enterprise, tier: str) -> dict[str, Any]:
    """Return the texts to begin with: those of the last application, else of the record (预填)."""
    before = since.last(Application(enterprise=enterprise, tier=tier))
    said = before.application.submitted_answers if before else {}
    found = {}
    for question in questions_of(tier, "texts"):
        text = said.get(question.name)
        if not text and question.from_record:
            text = getattr(enterprise, question.from_record)
        if text:
            found[question.name] = text
    return found


def tiers_that_make_sense(enterprise: Enterprise) -> list[str]:
    """Return the tiers to offer: those held, those next above, never what lies below a title."""
    held = {title.tier for title in titles.running(enterprise)}
    above = {tier for tier in Tier.values if not titles.lacking(enterprise, tier)}
    top = max((Tier.values.index(tier) for tier in held), default=-1)
    return [
        tier
        for tier in Tier.values
        if tier in held or (tier in above and Tier.values.index(tier) > top)
    ]
