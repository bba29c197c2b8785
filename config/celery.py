"""The Celery application and the beat timetable (定时任务)."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "abandoned-runs-every-minute": {
        "task": "enterprises.jobs.tasks.resume_abandoned",
        "schedule": 60.0,
    },
    "corrections-every-night": {
        "task": "cultivation.pipeline.tasks.sweep_corrections_tonight",
        "schedule": crontab(hour=0, minute=40),
    },
    "audit-records-sealed-every-minute": {
        "task": "enterprises.audit.tasks.seal_what_waits",
        "schedule": 60.0,
    },
    "audit-anchor-every-day": {
        "task": "enterprises.audit.tasks.anchor_today",
        "schedule": crontab(hour=0, minute=5),
    },
    "mail-every-minute": {
        "task": "enterprises.notifications.tasks.sweep_mail",
        "schedule": 60.0,
    },
    "mail-of-the-day": {
        "task": "enterprises.notifications.tasks.collect_digests",
        "schedule": crontab(minute=0),
    },
    "audit-verified-every-night": {
        "task": "enterprises.accounts.tasks.verify_audit_tonight",
        "schedule": crontab(hour=3, minute=30),
    },
    "coverage-every-night": {
        "task": "cultivation.digital.tasks.check_coverage_tonight",
        "schedule": crontab(hour="2-8", minute=30),  # again where it failed
    },
    "coverage-compared-every-week": {
        "task": "cultivation.digital.tasks.compare_cube_this_week",
        "schedule": crontab(day_of_week="sunday", hour="3-8", minute=50),
    },
    "forecast-every-week": {
        "task": "cultivation.digital.tasks.forecast_this_week",
        "schedule": crontab(day_of_week="mon", hour="3-8", minute=50),
    },
    "help-tasks-closed-every-night": {
        "task": "cultivation.digital.tasks.close_help_tasks_tonight",
        "schedule": crontab(hour=3, minute=10),
    },
    "judge-every-night": {
        "task": "cultivation.standards.tasks.judge_tonight",
        "schedule": crontab(hour="1-6", minute=0),  # again where it failed
    },
    "releases-every-minute": {
        "task": "cultivation.pipeline.tasks.start_due_releases",
        "schedule": 60.0,
    },
    "replay-every-night": {
        "task": "cultivation.standards.tasks.replay_tonight",
        "schedule": crontab(hour=4, minute=30),
    },
    "old-facts-every-night": {
        "task": "cultivation.standards.tasks.retire_tonight",
        "schedule": crontab(hour=5, minute=20),
    },
    "drafts-every-morning": {
        "task": "cultivation.pipeline.tasks.remind_of_drafts_today",
        "schedule": crontab(hour=8, minute=20),
    },
    "duties-every-night": {
        "task": "cultivation.pipeline.tasks.keep_duties_tonight",
        "schedule": crontab(hour=0, minute=40),
    },
    "reconsiderations-every-morning": {
        "task": "cultivation.pipeline.tasks.sweep_reconsiderations_today",
        "schedule": crontab(hour=8, minute=15),
    },
    "objections-every-morning": {
        "task": "cultivation.pipeline.tasks.remind_of_objections",
        "schedule": crontab(hour=8, minute=10),
    },
    "project-steps-every-morning": {
        "task": "cultivation.digital.tasks.remind_of_steps_today",
        "schedule": crontab(hour=8, minute=30),
    },
    "titles-expire-every-night": {
        "task": "cultivation.pipeline.tasks.expire_titles_tonight",
        "schedule": crontab(hour=0, minute=20),
    },
}
