"""What is told of notices and objections (通知类别)."""

from django.utils.translation import gettext_lazy as _

from enterprises.notifications.kinds import Kind, register

register(
    Kind(
        "objection_received",
        _("Objection received"),
        _("Objection %(number)s concerns %(firm)s and waits for somebody to take it up."),
        audience="office",
    ),
    Kind(
        "objection_put_to_firm",
        _("An objection asks for your answer"),
        _("Objection %(number)s was put to the enterprise; please answer by %(day)s."),
        audience="firm",
    ),
    Kind(
        "objection_firm_answered",
        _("The enterprise answered an objection"),
        _("%(firm)s answered objection %(number)s."),
        audience="office",
    ),
    Kind(
        "objection_closed",
        _("An objection is answered"),
        _("Objection %(number)s is answered; read the outcome."),
    ),
    Kind(
        "objection_due",
        _("An objection has to be answered"),
        _("Objection %(number)s has to be answered by %(day)s."),
        audience="office",
    ),
    Kind(
        "objection_overdue",
        _("An objection is overdue"),
        _("Objection %(number)s was to be answered by %(day)s."),
        audience="office",
    ),
)
