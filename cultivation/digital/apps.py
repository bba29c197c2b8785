"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class DigitalConfig(AppConfig):
    name = "cultivation.digital"
    label = "digital"
    verbose_name = _("Digital transformation")

    def ready(self) -> None:
        """Let each migration put back the triggers of the cube, and name what is told (触发器)."""
        import cultivation.digital.helping.dates
        import cultivation.digital.helping.telling
        import cultivation.digital.transforming.telling  # noqa: F401
        from cultivation.digital.alerts import reminding, telling  # noqa: F401 - their kinds
        from cultivation.digital.cube import marks

        pre_migrate.connect(marks.WATCH.remove, sender=self)
        post_migrate.connect(marks.WATCH.install, sender=self)
