"""App configuration."""

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "cultivation.pipeline"
    label = "pipeline"
