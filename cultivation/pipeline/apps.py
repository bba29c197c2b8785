"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PipelineConfig(AppConfig):
    name = "cultivation.pipeline"
    label = "pipeline"
    verbose_name = _("Applications and titles")

    def ready(self) -> None:
        """Make known what users are told, and what is checked against the audit log."""
        import cultivation.pipeline.auditing
        import cultivation.pipeline.correcting.telling
        import cultivation.pipeline.life.told
        import cultivation.pipeline.notices.told
        import cultivation.pipeline.panels.telling
        import cultivation.pipeline.telling  # noqa: F401
