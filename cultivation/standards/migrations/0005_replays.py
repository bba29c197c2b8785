from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('standards', '0004_runs_and_changes'),
    ]

    operations = [
        migrations.AddField(
            model_name='replay',
            name='drifted',
            field=models.PositiveIntegerField(default=0, help_text='how many differed'),
        ),
        migrations.AlterField(
            model_name='replay',
            name='drift',
            field=models.JSONField(default=list, help_text='the first that differed, with the reason'),
        ),
    ]
