"""What the audit log keeps of moves, titles and invitations (留痕).

A move and a title are kept so that their rows can be compared with the log: see auditing.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from enterprises.audit import recording
from enterprises.audit.hashing import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cultivation.pipeline.models import Application, Invitation, Move
    from cultivation.standards.models import Judgement
    from enterprises.accounts.models import User
    from enterprises.registry.models import Title

HASHES = ("rules_hash", "facts_hash", "result_hash")
STATE = ("enterprise_id", "tier", "number", "granted_on", "valid_to", "ended_on", "end_kind")
"""What of a title the log keeps."""


def moved(made: Iterable[Move], *, by: User | None) -> None:
    """Write down moves of one person with the hashes they rest on (流转留痕)."""
    deeds = (
        recording.Deed(
            action=f"application.{move.name}",
            subject=move.application,
            before={"status": move.source, "version": move.version},
            after={"status": move.target, "version": move.version + 1}
            | kept_of(move, move.application),
            reason=move.reason,
            enterprise_id=move.application.enterprise_id,
            region_path=move.application.region_path,
        )
        for move in made
    )
    recording.note_many(deeds, by=by)


def kept_of(move: Move, application: Application) -> dict[str, Any]:
    """Return what the log keeps of a move: its id and moment, its digest, what it rests on."""
    return {
        "move": move.pk,
        "at": move.made_at.isoformat(),
        "digest": digest_of(move),
        **({"receipt": application.receipt} if move.name == "submit" else {}),
        **hashes_of(move.judgement),
    }


def hashes_of(judgement: Judgement | None) -> dict[str, str]:
    """Return the hashes that name a judgement."""
    return {name: getattr(judgement, name) for name in HASHES} if judgement else {}


def digest_of(move: Move) -> str:
    """Return the digest of all that a move says."""
    said = [
        move.application_id, move.name, move.source, move.target, move.version, move.reason,
        recording.plain(move.note), move.judgement_id, move.made_by_id, move.proposed_by_id,
        move.decides, move.alone,
    ]  # fmt: skip
    return digest(said)


def state_of(title: Title) -> dict[str, Any]:
    """Return what the log keeps of a title."""
    state: dict[str, Any] = recording.plain({name: getattr(title, name) for name in STATE})
    return state


def titled(
    action: str,
    titles: Iterable[Title],
    paths: Mapping[int, str],
    *,
    by: User | None,
    reason: str = "",
) -> None:
    """Write down how titles stand now that they were given, entered or ended (称号留痕).

    `paths` gives the region of each enterprise; whoever writes a title calls this.
    """
    deeds = (
        recording.Deed(
            action=action,
            subject=title,
            after={"title": title.pk, **state_of(title)},
            reason=reason,
            enterprise_id=title.enterprise_id,
            region_path=paths.get(title.enterprise_id, ""),
        )
        for title in titles
    )
    recording.note_many(deeds, by=by)


def invited(action: str, invitations: Iterable[Invitation], *, by: User) -> None:
    """Write down invitations made, assigned, declined, withdrawn or answered (邀约留痕)."""
    recording.note_many(
        (
            recording.Deed(
                action=action,
                subject=one,
                after={
                    "tier": one.tier,
                    "outcome": one.outcome,
                    "due_on": one.due_on,
                    "assigned_to": one.assigned_to_id,
                    "application": one.application_id,
                    "version": one.version,
                },
                reason=one.reason,
                enterprise_id=one.enterprise_id,
                region_path=one.enterprise.region_path,
            )
            for one in invitations
        ),
        by=by,
    )
