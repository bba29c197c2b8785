"""What a mail says: plain text in the reader's language, with whole addresses of pages (邮件正文).

A mail says no more than the list in the app: what happened and where to read on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enterprises.notifications import readers, wording
from enterprises.notifications.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from enterprises.notifications.models import Notification

MOST = 30  # notifications written out in a mail of the day


def compose(delivery: Delivery, told: Sequence[Notification]) -> EmailMessage:
    """Return the mail of a delivery about some notifications (撰写邮件)."""
    with translation.override(readers.language_of(delivery.recipient)):
        head, body = _digest(told) if delivery.kind == Delivery.DIGEST else _single(told[0])
        text = f"{_greeting(delivery)}\n\n{body}\n\n-- \n{_foot()}\n"
        return EmailMessage(
            subject=wording.line(head),
            body=text,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[delivery.recipient.email],
            headers={
                "Message-ID": delivery.message_id,
                "Auto-Submitted": "auto-generated",
                "Content-Language": translation.get_language() or settings.LANGUAGE_CODE,
            },
        )


def _single(notification: Notification) -> tuple[str, str]:
    said = wording.of(notification)
    return said.label, f"{said.text}\n\n{_link(notification.url)}".strip()


def _digest(told: Sequence[Notification]) -> tuple[str, str]:
    number = len(told)
    head = ngettext("%(number)s thing for you to know", "%(number)s things for you to know", number)
    parts = []
    for notification in told[:MOST]:
        said = wording.of(notification)
        lines = [f"* {said.label}", said.text, _link(notification.url)]
        parts.append("\n  ".join(line for line in lines if line))
    if number > MOST:
        more = _("And %(number)s more: %(link)s")
        link = _link(reverse("notifications:list"))
        parts.append(more % {"number": number - MOST, "link": link})
    return head % {"number": number}, "\n\n".join(parts)


def _greeting(delivery: Delivery) -> str:
    return _("Dear %(name)s,") % {"name": wording.line(str(delivery.recipient))}


def _foot() -> str:
    chosen = _link(reverse("notifications:settings"))
    return "\n".join(
        (
            _("This mail was sent by the cultivation tracker. Answers to it are not read."),
            _("Choose which mails you get: %(link)s") % {"link": chosen},
        )
    )


def _link(url: str) -> str:
    """Return the whole address of a page."""
    return urljoin(settings.SITE_URL, url) if url else ""
