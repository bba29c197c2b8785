"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "enterprises.registry"
    label = "registry"
    verbose_name = _("Registry")

    def ready(self) -> None:
        """Let each migration put back the triggers that mark changed enterprises (触发器)."""
        from enterprises.registry import triggers

        pre_migrate.connect(triggers.WATCH.remove, sender=self)
        post_migrate.connect(triggers.WATCH.install, sender=self)
