"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PipelineConfig(AppConfig):
    name = "cultivation.pipeline"
    label = "pipeline"
    verbose_name = _("Applications and titles")

    def ready(self) -> None:
        """Make known what users are told."""
        import cultivation.pipeline.correcting.telling
        import cultivation.pipeline.life.told

        """Load what each part tells users and checks against the audit log."""
        """Make known what users are told, and what is checked against the audit log."""
        import cultivation.pipeline.auditing
        import cultivation.pipeline.correcting.telling
        import cultivation.pipeline.notices.told  # noqa: F401
        import cultivation.pipeline.notices.told
        import cultivation.pipeline.panels.telling  # noqa: F401
