import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("registry", "0001_initial"),
        ("standards", "0003_law_as_data"),
    ]

    operations = [
        migrations.AddField(
            model_name="judgingrun",
            name="mark",
            field=models.BigIntegerField(
                help_text="under which it took up what was touched; null: it left it", null=True
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="enterprise",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="assessments",
                to="registry.enterprise",
            ),
        ),
        migrations.AlterField(
            model_name="verdictchange",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="changes",
                to="standards.judgingrun",
            ),
        ),
        migrations.AddField(
            model_name="verdictchange",
            name="turn",
            field=models.SmallIntegerField(
                choices=[
                    (-1, "no longer qualifies"),
                    (0, "another verdict"),
                    (1, "newly qualifies"),
                ],
                default=0,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="verdictchange",
            name="verdicts_before",
            field=models.CharField(blank=True, default="", help_text="as in Assessment", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="verdictchange",
            name="verdicts_after",
            field=models.CharField(default="", max_length=100),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="verdictchange",
            index=models.Index(
                fields=["run", "turn", "edition", "kind"], name="change_run_turn_edition"
            ),
        ),
    ]
