"""App configuration."""

from django.apps import AppConfig


class StandardsConfig(AppConfig):
    name = "cultivation.standards"
    label = "standards"
