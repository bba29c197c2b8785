"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "enterprises.jobs"
    label = "jobs"
    verbose_name = _("Background runs")
