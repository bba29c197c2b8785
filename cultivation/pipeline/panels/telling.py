"""What experts and offices are told of a panel; never which firm (评审通知)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.accounts.models import User
from enterprises.notifications import addressees, kinds, notifying

if TYPE_CHECKING:
    from cultivation.pipeline.models import ExpertProfile, Panel, PanelMember

kinds.register(
    kinds.Kind(
        "panel_drawn",
        _("You were drawn into a panel"),
        _("You were drawn into the panel “%(panel)s”. Your cases are on your page of reviews."),
    ),
    kinds.Kind(
        "panel_task_passed_on",
        _("A case passed to you"),
        _("A case of the panel “%(panel)s” passed to you, by lot."),
    ),
    kinds.Kind(
        "panel_case_lacks_experts",
        _("A case lacks experts"),
        _("A case of the panel “%(panel)s” cannot get another expert. Open the panel to mend it."),
    ),
    kinds.Kind(
        "expert_profile_submitted",
        _("An expert's profile waits for the check"),
        _("An expert's profile waits for the check of your office."),
        by_mail=False,
    ),
    kinds.Kind(
        "expert_profile_checked",
        _("Your expert profile was checked"),
        _("Your expert profile was checked. See what was said."),
    ),
)


def drawn(panel: Panel) -> None:
    """Tell those seated that they were drawn; what they read stays on their own page."""
    seated = User.objects.filter(
        expert_profile__memberships__panel=panel, expert_profile__memberships__seated=True
    )
    notifying.notify(
        seated,
        "panel_drawn",
        key=f"panel:{panel.pk}:drawn",
        url=reverse("pipeline:panel_work"),
        params={"panel": panel.name},
    )


def passed_on(member: PanelMember, number: int) -> None:
    """Tell an expert that a case passed to him."""
    notifying.notify(
        [member.profile.user],
        "panel_task_passed_on",
        key=f"panel:{member.panel_id}:replacement:{number}",
        url=reverse("pipeline:panel_work"),
        params={"panel": member.panel.name},
    )


def lacking(panel: Panel, number: int) -> None:
    """Tell the office that nobody could take a case over."""
    notifying.notify(
        addressees.officers_of(panel.region_path, panel.level, right="may_decide"),
        "panel_case_lacks_experts",
        key=f"panel:{panel.pk}:lacking:{number}",
        url=reverse("pipeline:panel", args=[panel.pk]),
        params={"panel": panel.name},
    )


def submitted(profile: ExpertProfile) -> None:
    """Tell the offices that seat an expert that his profile waits for them."""
    seats = profile.user.seats.filter(role="expert", active=True).select_related("region")
    for seat in seats:
        path = seat.region.path if seat.region else ""
        notifying.notify(
            addressees.officers_of(path, "province" if path else "nation"),
            "expert_profile_submitted",
            key=f"expert:{profile.pk}:submitted:{profile.version}",
            url=reverse("pipeline:expert", args=[profile.pk]),
        )


def checked(profile: ExpertProfile) -> None:
    """Tell an expert that his profile was checked or sent back."""
    notifying.notify(
        [profile.user],
        "expert_profile_checked",
        key=f"expert:{profile.pk}:checked:{profile.version}",
        url=reverse("pipeline:expert_own"),
    )
