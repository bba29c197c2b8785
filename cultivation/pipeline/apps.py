"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PipelineConfig(AppConfig):
    name = "cultivation.pipeline"
    label = "pipeline"
    verbose_name = _("Applications and titles")

    def ready(self) -> None:
        """Load what users are told, what the audit log is checked with, where dates come from."""
        import cultivation.pipeline.appealing.dates
        import cultivation.pipeline.appealing.telling
        import cultivation.pipeline.auditing
        import cultivation.pipeline.calendar.own
        import cultivation.pipeline.correcting.telling
        import cultivation.pipeline.life.told
        import cultivation.pipeline.notices.told
        import cultivation.pipeline.panels.telling
        import cultivation.pipeline.rounds.announcing
        import cultivation.pipeline.rounds.told
        import cultivation.pipeline.telling
        import cultivation.pipeline.visits.checking
        import cultivation.pipeline.visits.freezing
        import cultivation.pipeline.visits.telling  # noqa: F401
