"""What is told of the life after recognition (通知类别)."""

from django.utils.translation import gettext_lazy as _

from enterprises.notifications.kinds import Kind, register

register(
    Kind(
        "update_due",
        _("Yearly update due"),
        _("%(firm)s: confirm the update of %(about)s by %(day)s."),
    ),
    Kind(
        "update_late",
        _("Yearly update missed"),
        _("%(firm)s: the update of %(about)s was due by %(day)s."),
    ),
    Kind(
        "title_due",
        _("A title runs out"),
        _("%(firm)s: title %(about)s is valid until %(day)s; ask for its re-check in time."),
    ),
    Kind(
        "change_late",
        _("A report of a change waits"),
        _("%(firm)s: a reported change waits to be weighed since %(day)s."),
        audience="office",
    ),
    Kind(
        "change_reported",
        _("A major change was reported"),
        _("%(firm)s reported a major change."),
        audience="office",
    ),
    Kind(
        "change_simple_rename",
        _("Your report is decided"),
        _("%(firm)s: the change is a simple rename; titles and their end stay."),
        audience="firm",
    ),
    Kind(
        "change_qualified",
        _("Your report is decided"),
        _("%(firm)s: still qualified; titles and their end stay."),
        audience="firm",
    ),
    Kind(
        "change_unqualified",
        _("Your report is decided"),
        _("%(firm)s: not qualified any more; the offices that recognised decide on the titles."),
        audience="firm",
    ),
    Kind(
        "change_ends_title",
        _("A title to be ended"),
        _("%(firm)s does not qualify any more; decide on title %(title)s."),
        audience="office",
    ),
    Kind(
        "consequence_proposed",
        _("A duty was missed"),
        _("Title %(title)s: a duty was missed; the office that recognised decides."),
    ),
    Kind(
        "consequence_applied",
        _("A duty was missed"),
        _("Title %(title)s: a duty was missed; the consequence is in force."),
    ),
    Kind(
        "consequence_waived",
        _("A consequence is waived"),
        _("Title %(title)s: the consequence of a missed duty is waived."),
    ),
    Kind(
        "consequence_to_decide",
        _("A missed duty to decide on"),
        _("Title %(title)s: a duty was missed; decide on the consequence."),
        audience="office",
    ),
)
