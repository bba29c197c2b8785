"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "enterprises.accounts"
    label = "accounts"
    verbose_name = _("Accounts and seats")

    def ready(self) -> None:
        """Let sign-ins be written down."""
        from enterprises.accounts import signins

        signins.listen()
