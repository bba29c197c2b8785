"""Reasons of a decision: from the library, tied to criteria, and in own words (决定理由)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cultivation.pipeline import findings
from cultivation.pipeline.correcting import reasons as library
from cultivation.pipeline.errors import MoveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cultivation.pipeline.models import Application, Reason

USES = {"refuse": library.REFUSE, "revoked": library.REVOKE, "cancelled": library.REVOKE}


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason of the library that was chosen, for the whole or for one criterion (理由)."""

    code: str
    criterion: str = ""
    text_zh: str = ""
    text_en: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what the proposal and the step keep: the words as they are now."""
        return {
            "code": self.code,
            "criterion": self.criterion,
            "text_zh": self.text_zh,
            "text_en": self.text_en,
        }


def offered(verdict: str, application: Application | None = None) -> list[tuple[str, list[Reason]]]:
    """Return the reasons that may be chosen, by criterion; those for the whole under "" (可选)."""
    use = USES.get(verdict)
    if use is None:
        return []
    known = library.fitting(use)
    whole = [one for one in known if not one.criteria and not one.subjects]
    if application is None:
        return [("", whole)]
    found = [("", whole)]
    for leaf in findings.leaves(application.submitted_result):
        code = str(leaf["code"])
        special = [one for one in library.chosen(known, use, code) if one.criteria]
        if special:
            found.append((code, special))
    return found


def checked(
    reasons: Iterable[Ground], verdict: str, application: Application | None = None
) -> list[Ground]:
    """Return reasons with their words; MoveError where the library or the case has none such."""
    wanted = list(dict.fromkeys((one.criterion, one.code) for one in reasons))
    if not wanted:
        return []
    there = {
        (criterion, reason.code): reason
        for criterion, some in offered(verdict, application)
        for reason in some
    }
    for criterion, code in wanted:
        if (criterion, code) not in there:
            raise MoveError(
                _("The reason %(code)s does not fit here; choose from the list.")
                % {"code": f"{criterion} {code}".strip()}
            )
    return [
        Ground(code, criterion, there[criterion, code].text_zh, there[criterion, code].text_en)
        for criterion, code in wanted
    ]


def text(chosen: Sequence[Ground], words: str) -> str:
    """Return all reasons as they go out: in Chinese, the language of the decision (理由全文)."""
    lines = [f"{ground.criterion} {ground.text_zh}".strip() for ground in chosen]
    return "\n".join([*lines, *([words.strip()] if words.strip() else [])])
