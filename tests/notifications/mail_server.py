"""A small mail server in the test's own process that refuses, hangs up or accepts (测试邮件服务器).

What it does depends on the recipient: nobody@ is refused, later@ is put off, unwanted@ is refused
after the text, cut@ is cut off in the text, early@ before it; everybody else gets the mail.
"""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

AT_RCPT = {"nobody": "550 no such user here", "later": "450 try again later"}
AT_TEXT = {"unwanted": "554 not wanted", "full": "452 no space left"}


class _Talk(socketserver.StreamRequestHandler):
    """One conversation."""

    server: MailServer

    def handle(self) -> None:
        self._say("220 test")
        self._to = ""
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            if not self._answer(word, line):
                return

    def _answer(self, word: str, line: str) -> bool:
        """Answer a command; tell whether the talk goes on."""
        if word == "RCPT":
            self._to = line.partition("<")[2].partition("@")[0]
            if self._to == "early":
                return False
            self._say(AT_RCPT.get(self._to, "250 ok"))
        elif word == "DATA":
            self._say("354 go on")
            return self._take()
        else:
            self._say("250 ok")
        return True

    def _take(self) -> bool:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            if self._to == "cut" and len(lines) == 5:
                return False
        if answer := AT_TEXT.get(self._to):
            self._say(answer)
            return True
        text = b"".join(lines)
        self.server.got.append(email.message_from_bytes(text, policy=email.policy.default))
        if self._to == "mute":  # taken, but the line breaks before that can be said
            return False
        self._say("250 taken")
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server on a free port; `got` is what it took."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.got: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def running() -> Iterator[MailServer]:
    """Run a mail server for the time of a test."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
