"""Handing one mail to the mail server, and what the server's answer means (邮件投递).

A mail that was not accepted is tried again; one that was refused is not. Where the line broke after
the text had been sent, nobody knows whether the server took it.
"""

from __future__ import annotations

import re
import smtplib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.core.mail import get_connection

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

OK = 250
GO_ON = 354
FOR_GOOD = 500  # from here on the server will not change its mind
DOTS = re.compile(rb"(?m)^\.")


class Fate(Enum):
    """What became of a mail (投递结果)."""

    SENT = "sent"
    LATER = "later"  # not taken now
    NO_SERVER = "no_server"  # nothing can be sent now
    NO_SUCH_ADDRESS = "no_such_address"  # this address takes no mail
    REFUSED = "refused"  # this mail is not wanted
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a mail, and what the server said."""

    fate: Fate
    said: str = ""


class Line:
    """A line to the mail server, opened with the first mail and used for all (连接)."""

    def __init__(self) -> None:
        self._backend: Any = None

    def send(self, message: EmailMessage) -> Answer:
        """Hand a mail over and return what became of it."""
        try:
            if self._backend is None:
                self._backend = get_connection()
                self._backend.open()
        except (OSError, smtplib.SMTPException) as error:
            self._backend = None
            return Answer(Fate.NO_SERVER, _words(error))
        smtp = getattr(self._backend, "connection", None)
        if isinstance(smtp, smtplib.SMTP):
            return self._by_smtp(smtp, message)
        self._backend.send_messages([message])
        return Answer(Fate.SENT)

    def close(self) -> None:
        """Say goodbye."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None

    def _by_smtp(self, smtp: smtplib.SMTP, message: EmailMessage) -> Answer:
        text_sent = False
        try:
            answer = _envelope(smtp, message)
            if answer is None:
                text_sent = True
                answer = _text(smtp, message)
            if answer.fate is not Fate.SENT:
                smtp.rset()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Answer(Fate.UNCERTAIN if text_sent else Fate.NO_SERVER, _words(error))
        return answer

    def _hang_up(self) -> None:
        """Forget a line that broke."""
        backend, self._backend = self._backend, None
        backend.fail_silently = True
        backend.close()


def _envelope(smtp: smtplib.SMTP, message: EmailMessage) -> Answer | None:
    """Name sender and recipient; None where the server waits for the text."""
    smtp.ehlo_or_helo_if_needed()
    code, said = smtp.mail(message.from_email)
    if code != OK:
        return Answer(Fate.NO_SERVER, _answer(code, said))
    try:
        code, said = smtp.rcpt(message.to[0])
    except UnicodeError as error:
        return Answer(Fate.NO_SUCH_ADDRESS, _words(error))
    if code not in {OK, 251}:
        fate = Fate.NO_SUCH_ADDRESS if code >= FOR_GOOD else Fate.LATER
        return Answer(fate, _answer(code, said))
    code, said = smtp.docmd("DATA")
    if code != GO_ON:
        return Answer(Fate.REFUSED if code >= FOR_GOOD else Fate.LATER, _answer(code, said))
    return None


def _text(smtp: smtplib.SMTP, message: EmailMessage) -> Answer:
    """Send the text and take the server's word for it."""
    whole: Any = message.message()
    text: bytes = whole.as_bytes(linesep="\r\n")
    smtp.send(DOTS.sub(b"..", text).rstrip(b"\r\n") + b"\r\n.\r\n")
    code, said = smtp.getreply()
    if code == OK:
        return Answer(Fate.SENT, _answer(code, said))
    return Answer(Fate.REFUSED if code >= FOR_GOOD else Fate.LATER, _answer(code, said))


def _answer(code: int, said: bytes) -> str:
    return f"{code} {said.decode(errors='replace')}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
