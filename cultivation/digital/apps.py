"""App configuration."""

from django.apps import AppConfig


class DigitalConfig(AppConfig):
    name = "cultivation.digital"
    label = "digital"
