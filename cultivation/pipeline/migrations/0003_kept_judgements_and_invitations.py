import datetime as dt
import hashlib
import json

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BEFORE = "not recorded"  # the evaluator of judgements that were kept before it was recorded


def keep_whole(apps, schema_editor):
    """Turn facts, result and hashes that lie in applications and their steps into judgements."""
    kept = {}
    Move = apps.get_model("pipeline", "Move")
    steps = Move.objects.filter(application__submitted_at__isnull=False)
    for move in _one_by_one(steps.select_related("application")):
        if not move.note.get("facts_hash"):
            continue
        note = dict(move.note)
        judgement = _kept(apps, kept, move.application, move.made_at, {
            "edition": note["edition"],
            "rules_hash": note.pop("edition_hash"),
            "facts": note.pop("facts"),
            "facts_hash": note["facts_hash"],
            "result": note.pop("result"),
        })
        note["rules_hash"], note["result_hash"] = judgement.rules_hash, judgement.result_hash
        Move.objects.filter(pk=move.pk).update(judgement=judgement, note=note)
    Application = apps.get_model("pipeline", "Application")
    submitted = Application.objects.exclude(facts_hash="").select_related("edition")
    for one in _one_by_one(submitted):
        judgement = _kept(apps, kept, one, one.submitted_at, {
            "edition": one.edition.code,
            "rules_hash": one.edition_hash,
            "facts": one.submitted_facts,
            "facts_hash": one.facts_hash,
            "result": one.submitted_result,
        })
        Application.objects.filter(pk=one.pk).update(submission=judgement)
    _settle(schema_editor)


def _kept(apps, kept, application, when, said):
    result_hash = _digest(said["result"])
    key = application.pk, said["edition"], said["facts_hash"], result_hash
    if key in kept:
        return kept[key]
    Judgement = apps.get_model("standards", "Judgement")
    edition = apps.get_model("standards", "Edition").objects.filter(code=said["edition"]).first()
    made = Judgement.objects.create(
        enterprise_id=application.enterprise_id,
        edition_id=edition.pk if edition else application.edition_id,
        rules=[[said["edition"], said["rules_hash"]]],
        rules_hash=said["rules_hash"],
        kind=application.kind,
        as_of=dt.date.fromisoformat(said["result"]["as_of"]) if said["result"] else when.date(),
        facts=said["facts"],
        facts_hash=said["facts_hash"],
        result=said["result"],
        result_hash=result_hash,
        verdict=said["result"].get("verdict", 1),
        engine=BEFORE,
    )
    Judgement.objects.filter(pk=made.pk).update(made_at=when)
    kept[key] = made
    return made


def write_back(apps, schema_editor):
    """Write what judgements say into the applications and steps they belong to."""
    Move = apps.get_model("pipeline", "Move")
    told = Move.objects.filter(judgement__isnull=False).select_related("judgement__edition")
    for move in _one_by_one(told):
        one = move.judgement
        note = {key: value for key, value in move.note.items() if key not in _NEW}
        note |= {"edition": one.edition.code, "edition_hash": one.rules_hash}
        note |= {"facts": one.facts, "facts_hash": one.facts_hash, "result": one.result}
        Move.objects.filter(pk=move.pk).update(note=note, judgement=None)
    Application = apps.get_model("pipeline", "Application")
    submitted = Application.objects.filter(submission__isnull=False).select_related("submission")
    for application in _one_by_one(submitted):
        one = application.submission
        Application.objects.filter(pk=application.pk).update(
            submitted_facts=one.facts,
            submitted_result=one.result,
            facts_hash=one.facts_hash,
            edition_hash=one.rules_hash,
            submission=None,
        )
    apps.get_model("standards", "Judgement").objects.all().delete()
    _settle(schema_editor)


_NEW = {"rules_hash", "result_hash", "engine", "standing", "verdict"}


def _one_by_one(rows):
    """Yield rows that are written to meanwhile: which ones is settled before the first."""
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        yield rows.get(pk=pk)


def _digest(plain):
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _settle(schema_editor):
    """Check foreign keys now: PostgreSQL alters no table whose checks are still to come."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0002_notices_and_answers_as_submitted'),
        ('registry', '0002_parts_and_touches'),
        ('standards', '0003_law_as_data'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='intake',
            field=models.CharField(choices=[('self_applied', 'applied by itself'), ('discovered', 'discovered and invited')], default='self_applied', max_length=12),
        ),
        migrations.AddField(
            model_name='application',
            name='submission',
            field=models.ForeignKey(blank=True, help_text='the judgement as submitted', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='standards.judgement'),
        ),
        migrations.AddField(
            model_name='move',
            name='judgement',
            field=models.ForeignKey(blank=True, help_text='what the step rests on', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='standards.judgement'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tier', models.CharField(choices=[('technology', 'technology-based SME'), ('innovative', 'innovative SME'), ('srdi', 'SRDI SME'), ('little_giant', 'little giant')], max_length=12)),
                ('qualified', models.BooleanField(default=True, help_text='false: one requirement was short')),
                ('outcome', models.CharField(choices=[('open', 'open'), ('applied', 'applied'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='open', max_length=10)),
                ('message', models.TextField(blank=True, help_text='for the enterprise')),
                ('note', models.TextField(blank=True, help_text='for the offices alone')),
                ('due_on', models.DateField(blank=True, help_text='asked to apply by', null=True)),
                ('reason', models.TextField(blank=True, help_text='why declined or withdrawn')),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1, help_text='grows with every change')),
                ('application', models.OneToOneField(blank=True, help_text='what it led to', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invitation', to='pipeline.application')),
                ('assigned_to', models.ForeignKey(blank=True, help_text='the officer who follows it up', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='standards.edition')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='registry.enterprise')),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(help_text='the run that found it', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='standards.judgingrun')),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['outcome', 'tier'], name='invitation_outcome_tier')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('outcome', 'open')), fields=('enterprise', 'tier'), name='one_open_invitation_of_a_firm_for_a_tier'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'applied'), _negated=True), ('application__isnull', False), _connector='OR'), name='applied_means_an_application')],
            },
        ),
        migrations.RunPython(keep_whole, write_back),
        migrations.RemoveField(
            model_name='application',
            name='edition_hash',
        ),
        migrations.RemoveField(
            model_name='application',
            name='facts_hash',
        ),
        migrations.RemoveField(
            model_name='application',
            name='submitted_facts',
        ),
        migrations.RemoveField(
            model_name='application',
            name='submitted_result',
        ),
    ]
