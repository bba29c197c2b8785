"""What must hold before a move; each says in words what hinders it, or nothing (前置条件)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cultivation.pipeline import checklist, decisions, findings, routes, titles
from cultivation.pipeline.models import Status
from cultivation.standards.models import Verdict

if TYPE_CHECKING:
    from cultivation.pipeline.models import Application


def not_barred(application: Application) -> str | None:
    """Hinder while the firm is barred after a revocation for cause."""
    free = titles.barred_until(application.enterprise)
    if free is None:
        return None
    return _(
        "A title of the enterprise was revoked for cause; "
        "no application is possible before %(day)s."
    ) % {"day": date_format(free)}


def holds_what_is_needed(application: Application) -> str | None:
    """Hinder where a title that the tier builds on is not valid."""
    lacking = titles.lacking(application.enterprise, application.tier)
    if not lacking:
        return None
    return _("The enterprise holds no valid title of: %(titles)s.") % {
        "titles": _("; ").join(lacking)
    }


def held_when_submitted(application: Application) -> str | None:
    """Hinder where the title that the tier builds on was not valid at submission, or was taken."""
    if application.submitted_at is None:
        return _("The application was never submitted.")
    day = timezone.localdate(application.submitted_at)
    enterprise, tier = application.enterprise, application.tier
    taken = titles.taken_since(enterprise, day)
    if taken and titles.lacking(enterprise, tier):
        return _("Title %(number)s, on which the application builds, ended meanwhile.") % {
            "number": taken.number
        }
    lacking = titles.lacking(enterprise, tier, on=day)
    if not lacking:
        return None
    return _("At submission the enterprise held no valid title of: %(titles)s.") % {
        "titles": _("; ").join(lacking)
    }


def complete(application: Application) -> str | None:
    """Hinder while something is missing from the application or a criterion is unmet."""
    lacking = checklist.missing(application)
    if not lacking:
        return None
    return _("Still to do before the application can go in: %(items)s") % {
        "items": _("; ").join(item.text for item in lacking)
    }


def has_a_level_above(application: Application) -> str | None:
    """Hinder a recommendation where nobody stands above."""
    if not routes.is_last(application):
        return None
    return _("This level decides itself; there is none above to recommend to.")


def is_deciding_level(application: Application) -> str | None:
    """Hinder a recognition by a level that only recommends."""
    if routes.is_last(application):
        return None
    return _("This title is recognised by the level above; recommend the application instead.")


def notice_over(application: Application) -> str | None:
    """Hinder while the public notice runs (公示期)."""
    if application.status != Status.ON_NOTICE or application.notice_to is None:
        return None
    if timezone.localdate() > application.notice_to:
        return None
    return _("The public notice runs until the end of %(day)s.") % {
        "day": date_format(application.notice_to)
    }


def no_objection(application: Application) -> str | None:
    """Hinder while an objection of the level to a criterion stands."""
    level = routes.holding_level(application)
    opinions = findings.opinions_at(application, level)
    objected = [code for code, said in opinions.items() if said == findings.OBJECTED]
    if not objected or findings.standing(application.submitted_result, opinions) != Verdict.UNMET:
        return None
    return _("Objections stand to %(codes)s; settle them, return or refuse the application.") % {
        "codes": ", ".join(sorted(objected))
    }


def judged_where_it_counts(application: Application) -> str | None:
    """Hinder at province and nation until every criterion that a person must judge is judged."""
    level = routes.holding_level(application)
    if level not in {"province", "nation"}:
        return None
    opinions = findings.opinions_at(application, level)
    left = findings.open_manual(application.submitted_result, opinions)
    if left:
        return _("Give your opinion first on: %(criteria)s.") % {
            "criteria": _("; ").join(f"{node['code']} {findings.label_of(node)}" for node in left)
        }
    if findings.standing(application.submitted_result, opinions) != Verdict.MET:
        return _("The criteria are not all met as judged.")
    return None


def same_when_judged_again(application: Application) -> str | None:
    """Hinder while the judgement as submitted does not come out the same when judged again."""
    return decisions.hindrance(application)
