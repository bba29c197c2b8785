"""The enterprise's side of a correction: what is to do, what was done, what is said to it (补正).

An item is settled once something within it changed, or once the enterprise says why it stays. What
changed beyond what was asked owes a sentence: the record is the enterprise's to keep true, so it is
taken along, but never in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.pipeline.correcting import difference, opened, states, subjects
from cultivation.pipeline.errors import MovedMeanwhileError, MoveError
from cultivation.pipeline.models import Application, Correction, CorrectionItem, Status
from cultivation.standards.explanation import digest
from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cultivation.pipeline.correcting.difference import Difference, Made
    from enterprises.accounts.models import User

MOST = 1000  # characters of an answer


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to mend as it stands (补正事项现状)."""

    row: CorrectionItem
    label: str
    changed: bool

    @property
    def settled(self) -> bool:
        """Tell whether it was changed, or answered with a reason why it stays."""
        return self.changed or bool(self.row.answer)


@dataclass(frozen=True, slots=True)
class Progress:
    """A correction as it stands (补正进度)."""

    correction: Correction
    items: list[Item]
    difference: Difference
    rests: Mapping[str, frozenset[str]]  # by criterion, the subjects it rests on
    facts_hash: str = ""  # of the facts as they stand

    @property
    def done(self) -> int:
        return sum(item.settled for item in self.items)

    @property
    def unexplained(self) -> list[str]:
        """Return what changed beyond what was asked, while nobody said why."""
        return [] if self.correction.beyond_words else self.difference.beyond

    @property
    def hindrance(self) -> str:
        """Say why the application cannot come again yet, or nothing."""
        left = [item.label for item in self.items if not item.settled]
        if left:
            return _("Still to mend, or to say why it stays: %(items)s") % {
                "items": _("; ").join(left)
            }
        if self.unexplained:
            return _("Changed beyond what was asked; say why: %(items)s") % {
                "items": _("; ").join(self.unexplained)
            }
        return ""


def state_of(correction: Correction) -> Progress:
    """Return what of a correction is done, by comparing with what was sent back (补正进度)."""
    before = states.as_sent_back(correction)
    after = (
        states.as_it_stands(correction.application)
        if correction.is_open
        else states.as_resubmitted(correction)
    )
    made = difference.made_of(correction, before, after)
    rows = list(correction.items.select_related("grounds"))
    labels = subjects.labels_of(
        [row.subject for row in rows], correction.application, before.result
    )
    items = [Item(row, labels[row.subject], _changed(made, row.subject)) for row in rows]
    return Progress(correction, items, made.difference, made.rests, digest(after.facts))


def _changed(made: Made, subject: str) -> bool:
    """Tell whether anything within one subject differs."""
    return made.difference.touches(opened.within([subject], made.rests))


@transaction.atomic
def answer(
    application: Application,
    texts: Mapping[str, str],
    *,
    by: User,
    beyond: str | None = None,
    version: int | None = None,
) -> Correction:
    """Keep what the enterprise says to items, by subject, and to what it changed beyond (补正说明).

    Raises MovedMeanwhileError where somebody else wrote since `version` of the correction.
    """
    if application.enterprise_id not in by.scope.enterprises:
        raise PermissionDenied(_("Only the enterprise itself answers a correction."))
    locked = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    correction = opened.open_correction(locked) if locked.status == Status.RETURNED else None
    if correction is None:
        raise MoveError(_("Nothing is sent back to the enterprise now."))
    if version is not None and version != correction.version:
        raise MovedMeanwhileError(
            _("Somebody else answered meanwhile. Compare with what is stored now and save again.")
        )
    items = {item.subject: item for item in correction.items.all()}
    _check(items, texts, beyond)
    changed = {
        name: text.strip() for name, text in texts.items() if items[name].answer != text.strip()
    }
    for name, text in changed.items():
        items[name].answer, items[name].answered_at = text, timezone.now() if text else None
        items[name].save(update_fields=["answer", "answered_at"])
    if beyond is not None:
        correction.beyond_words = beyond.strip()
    correction.version += 1
    correction.save(update_fields=["beyond_words", "version"])
    recording.note(
        "correction.answered",
        locked,
        by=by,
        after={"correction": correction.pk, "subjects": sorted(changed)},
        enterprise_id=locked.enterprise_id,
        region_path=locked.region_path,
    )
    return correction


def _check(
    items: Mapping[str, CorrectionItem], texts: Mapping[str, str], beyond: str | None
) -> None:
    unknown = [name for name in texts if name not in items]
    if unknown:
        raise MoveError(_("“%(name)s” was not sent back.") % {"name": unknown[0]})
    for name, text in [*texts.items(), ("beyond", beyond or "")]:
        if len(text) > MOST:
            raise MoveError(
                _("An answer has at most %(most)d characters, this one %(number)d.")
                % {"most": MOST, "number": len(text)},
                field=name,
            )
