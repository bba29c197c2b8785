"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "enterprises.audit"
    label = "audit"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        """Let each migration put back the triggers that keep the log as it is (触发器)."""
        from enterprises.audit import guards

        pre_migrate.connect(guards.remove, sender=self)
        post_migrate.connect(guards.install, sender=self)
