"""Signing in and out, and changes of how somebody signs in, as the audit log keeps them (登录留痕).

Neither a password nor the name that was typed is kept: people type the one in place of the other.
A failure names a user only where there is one of that name.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from enterprises.accounts.models import User
from enterprises.audit import recording

if TYPE_CHECKING:
    from django.dispatch import Signal

NOBODY = "user:unknown"
SIGNALS: tuple[tuple[Signal, str], ...] = (
    (user_logged_in, "signin.done"),
    (user_logged_out, "signin.ended"),
    (account.user_signed_up, "signin.signed_up"),
    (account.password_set, "signin.password_set"),
    (account.password_changed, "signin.password_changed"),
    (account.password_reset, "signin.password_reset"),
    (account.email_changed, "signin.email_changed"),
    (mfa.authenticator_added, "signin.second_factor_added"),
    (mfa.authenticator_removed, "signin.second_factor_removed"),
    (mfa.authenticator_reset, "signin.second_factor_reset"),
)


def listen() -> None:
    """Let sign-ins be written down from now on."""
    for signal, action in SIGNALS:
        signal.connect(partial(_note, action), dispatch_uid=action, weak=False)
    user_login_failed.connect(_note_failure, dispatch_uid="signin.failed")


def _note(action: str, user: User | None = None, **_: Any) -> None:
    if user is not None and user.pk:
        recording.note(action, user, by=user)


def _note_failure(credentials: dict[str, Any], **_: Any) -> None:
    name = str(credentials.get("username") or "").replace("\0", "")
    user = User.objects.filter(username=name).only("pk").first() if name else None
    recording.note("signin.failed", user or NOBODY, by=None)
