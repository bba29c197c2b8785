"""Rows of the form before judgements were kept whole are carried over, and back (数据迁移)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from cultivation.pipeline.models import Application
from cultivation.standards import keeping
from cultivation.standards.explanation import digest

if TYPE_CHECKING:
    from .conftest import World

BEFORE = [("pipeline", "0002_notices_and_answers_as_submitted")]


def migrated(to: list[tuple[str, str]] | None = None) -> Any:
    """Migrate to some state, without one to the last."""
    executor = MigrationExecutor(connection)
    return executor.migrate(to or executor.loader.graph.leaf_nodes()).apps


@pytest.mark.postgres  # SQLite would write every table anew, once a step there and back
@pytest.mark.django_db(transaction=True)
def test_rows_of_the_old_form_become_judgements_and_go_back(world: World) -> None:
    application = world.at_province()
    world.step(application, "return", "province", "anew")
    world.firm.reports.update(revenue=70_000_000_00)
    world.step(application, "resubmit", "owner")
    first, second = (m.judgement for m in application.moves.filter(name__endswith="submit"))
    draft = world.draft(firm=world.other)
    try:
        old = migrated(BEFORE)
        row = old.get_model("pipeline", "Application").objects.get(pk=application.pk)
        assert row.submitted_facts == second.facts
        assert row.submitted_result == second.result
        assert (row.facts_hash, row.edition_hash) == (second.facts_hash, second.rules_hash)
        notes = old.get_model("pipeline", "Move").objects.filter(application=row.pk)
        submitted = notes.get(name="submit").note
        assert submitted["facts"] == first.facts
        assert submitted["result"] == first.result
        assert submitted["edition_hash"] == first.rules_hash
        assert old.get_model("standards", "Judgement").objects.count() == 0
    finally:
        migrated()
    now = Application.objects.get(pk=application.pk)
    kept = now.submission
    assert kept is not None
    assert kept.facts == second.facts
    assert kept.result_hash == digest(second.result)
    assert kept.engine == "not recorded"
    assert kept.as_of == second.as_of
    assert [move.judgement.facts_hash for move in now.moves.all()] == [
        first.facts_hash, first.facts_hash, first.facts_hash, first.facts_hash, second.facts_hash,
    ]  # fmt: skip
    assert "facts" not in now.moves.first().note
    assert keeping.replayed(kept) is None
    assert Application.objects.get(pk=draft.pk).submission is None
    world.judge(now, "province")
    world.step(now, "put_on_notice", "province")
