"""How each user wants to be told, and whether that address takes mail (接收设置)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from enterprises.audit import recording
from enterprises.notifications.kinds import KINDS, Kind, Way
from enterprises.notifications.models import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from enterprises.accounts.models import User


def of(user: User) -> Reader:
    """Return the settings of a user; those of a new one are empty and not stored."""
    found: Reader | None = getattr(user, "notification_reader", None)
    return found if found is not None else Reader(user=user)


def chosen(user: User, kind: Kind) -> Way:
    """Return the way a user chose for a kind, or that of the kind."""
    said = of(user).ways.get(kind.name)
    return Way(said) if said in Way.values else kind.way


def way_of(user: User, kind: Kind) -> Way:
    """Return how a user is told a kind now: without a working address in the app only."""
    return chosen(user, kind) if takes_mail(user) else Way.APP


def takes_mail(user: User) -> bool:
    """Tell whether a user has an address that no server refused (可投递)."""
    return bool(user.email) and user.email != of(user).refused_address


def language_of(user: User) -> str:
    """Return the language in which a user is written to."""
    return of(user).language or settings.LANGUAGE_CODE


def kinds_for(user: User) -> list[Kind]:
    """Return the kinds that may concern a user, by their headings (相关类别)."""
    scope = user.scope
    fits = {"": True, "firm": bool(scope.enterprises), "office": scope.is_office}
    found = [kind for kind in KINDS.values() if fits.get(kind.audience, True)]
    return sorted(found, key=lambda kind: (kind.audience, str(kind.label), kind.name))


@transaction.atomic
def choose(user: User, *, ways: Mapping[str, str], language: str) -> Reader:
    """Keep how a user wants to be told; what is the kind's own way is not kept (保存设置)."""
    reader, _new = Reader.objects.select_for_update().get_or_create(user=user)
    reader.ways = {
        name: way
        for name, way in {**reader.ways, **ways}.items()
        if name in KINDS and way in Way.values and way != KINDS[name].way
    }
    reader.language = language
    reader.save(update_fields=["ways", "language"])
    return reader


@transaction.atomic
def refused(user: User, *, address: str, because: str) -> None:
    """Note that a mail server refused an address for good: nothing more goes there (地址无效)."""
    state = {"refused_address": address, "refused_because": because[:300]}
    Reader.objects.update_or_create(user=user, defaults=state | {"refused_at": timezone.now()})
    recording.note("address.refused", user, by=None)


@transaction.atomic
def try_again(user: User, *, by: User) -> None:
    """Let mail go to a refused address again (恢复投递); who may is for the caller to say."""
    cleared = {"refused_address": "", "refused_because": "", "refused_at": None}
    if Reader.objects.filter(user=user).exclude(refused_address="").update(**cleared):
        recording.note("address.restored", user, by=by)
