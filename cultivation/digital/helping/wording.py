"""Why a firm stands where it does in the list, and what tasks are called (帮扶用语)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cultivation.digital.helping import ranking
from cultivation.digital.models import HelpTask

if TYPE_CHECKING:
    from cultivation.digital.helping.ranking import Candidate

STEPS: dict[int, Any] = {
    ranking.ASSESSMENT: gettext_lazy("only an assessment that counts is missing"),
    ranking.ACCEPTANCE: gettext_lazy("only the acceptance is missing"),
    ranking.RENEWAL: gettext_lazy("counts, but its assessment expires"),
    ranking.PROJECT: gettext_lazy("a project is under way"),
    ranking.LEVEL: gettext_lazy("one level is missing"),
    ranking.LEVELS: gettext_lazy("several levels are missing"),
    ranking.BEGUN: gettext_lazy("begun, but nothing that counts"),
    ranking.NOTHING: gettext_lazy("nothing on record"),
}
FAIR: dict[str, Any] = {  # what the firm itself reads
    HelpTask.Kind.ON_SITE: gettext_lazy("Your office plans an assessment on site with you."),
    HelpTask.Kind.SELF: gettext_lazy("Your office asks you to assess yourselves."),
    HelpTask.Kind.DIAGNOSIS: gettext_lazy("Your office offers you a digital diagnosis."),
    HelpTask.Kind.ACCEPTANCE: gettext_lazy("Your office plans the acceptance of your project."),
    HelpTask.Kind.SCENARIO: gettext_lazy(
        "Your office would like to talk with you about the next scenarios."
    ),
}


def step(number: int) -> str:
    """Return what is missing, in words."""
    return str(STEPS[number])


def reasons(one: Candidate) -> list[str]:
    """Return why a firm stands where it does, each component in words (排序理由)."""
    found = [*_levels(one), *_needs(one), *_dates(one)]
    if one.chance is not None:
        said = _("of firms in this state %(chance)s count within a year")
        found.append(said % {"chance": f"{one.chance / 10_000:.0f}%"})
    return found


def _levels(one: Candidate) -> list[str]:
    found = []
    if one.level is not None:
        found.append(_("level %(level)s now") % {"level": one.level})
    elif one.any_level is not None:
        said = _("level %(level)s, by an assessment that does not count here")
        found.append(said % {"level": one.any_level})
    elif one.recorded and one.step == ranking.BEGUN:
        found.append(_("assessed, but not in a way or under an index that counts here"))
    if one.levels_missing and one.step in (ranking.LEVEL, ranking.LEVELS):
        found.append(_("%(number)s below the level that counts") % {"number": one.levels_missing})
    if one.points_missing and one.needs is None:
        found.append(_("%(points)s points missing") % {"points": f"{one.points_missing / 100:.2f}"})
    return found


def _needs(one: Candidate) -> list[str]:
    wanted = one.needs
    if wanted is None:
        return []
    found = []
    if wanted.points:
        rooms = _(", ").join(f"{name} {room / 100:.2f}" for name, room in wanted.dimensions)
        said = _("%(points)s points missing; still to be had: %(rooms)s")
        found.append(said % {"points": f"{wanted.points / 100:.2f}", "rooms": rooms})
    if wanted.more:
        said = _("%(more)s scenarios must reach level %(level)s, %(binding)s of them binding")
        words = {"more": wanted.more, "level": wanted.target, "binding": wanted.binding}
        found.append(said % words)
    return found


def _dates(one: Candidate) -> list[str]:
    found = []
    if one.finished_on is not None:
        found.append(_("project finished on %(day)s, not accepted") % {"day": one.finished_on})
    elif one.has_project:
        found.append(_("project begun"))
    if one.step == ranking.RENEWAL:
        found.append(_("assessment valid to %(day)s") % {"day": one.assessment_ends})
    if one.title_ends is not None:
        found.append(_("title valid to %(day)s") % {"day": one.title_ends})
    return found


def reason(task: HelpTask) -> str:
    """Return why a task is closed, in the page's language (结束原因)."""
    told = task.reason
    texts = {
        "on_site": _("An assessment on site of %(day)s gives level %(level)s."),
        "self": _("A self-assessment of %(day)s gives level %(level)s."),
        "diagnosis": _("An assessment or project of %(day)s is on record."),
        "acceptance": _("A project was accepted on %(day)s."),
        "transformed": _("The enterprise counts as transformed on %(day)s."),
        "renewed": _(
            "The enterprise counts beyond %(day)s, when its assessment would have expired."
        ),
        "no_title": _("The enterprise held no valid title on %(day)s."),
    }
    code = told.get("code", "")
    return texts[code] % told if code in texts else str(told.get("text", ""))
