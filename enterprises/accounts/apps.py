"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "enterprises.accounts"
    label = "accounts"
