from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('digital', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RequiredPath',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tier', models.CharField(choices=[('technology', 'technology-based SME'), ('innovative', 'innovative SME'), ('srdi', 'SRDI SME'), ('little_giant', 'little giant')], max_length=12, unique=True)),
                ('start_on', models.DateField(blank=True, null=True)),
                ('start_ppm', models.PositiveIntegerField(default=0, help_text='ppm on the first day')),
                ('due_on', models.DateField()),
                ('due_ppm', models.PositiveIntegerField(default=1000000, help_text='ppm on the last day')),
                ('verified', models.BooleanField(default=False, help_text='the goal is read in a public source')),
                ('start_verified', models.BooleanField(default=False, help_text='the start is, too')),
                ('source_zh', models.TextField(blank=True)),
                ('source_en', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['tier'],
                'constraints': [models.CheckConstraint(condition=models.Q(('start_on__isnull', True), ('due_on__gt', models.F('start_on')), _connector='OR'), name='path_is_due_after_it_starts'), models.CheckConstraint(condition=models.Q(('start_ppm__lte', 1000000), ('due_ppm__lte', 1000000)), name='path_rates_are_at_most_the_whole')],
            },
        ),
        migrations.AddField(
            model_name='coveragedefinition',
            name='count',
            field=models.JSONField(default=dict, help_text='what is counted; see the seed file'),
        ),
        migrations.AddField(
            model_name='coveragedefinition',
            name='used_by_en',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='coveragedefinition',
            name='used_by_zh',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddIndex(
            model_name='coveragesnapshot',
            index=models.Index(fields=['region', 'tier', 'definition', 'on'], name='coverage_series'),
        ),
        migrations.AddConstraint(
            model_name='transformationproject',
            constraint=models.CheckConstraint(condition=models.Q(('finished_on__isnull', True), ('finished_on__gte', models.F('started_on')), _connector='OR'), name='project_is_finished_after_it_starts'),
        ),
    ]
