"""Django's administration on a site of our own; see admin_site.py (后台)."""

from django.contrib.admin.apps import AdminConfig


class NotedAdminConfig(AdminConfig):
    default_site = "enterprises.accounts.admin_site.Site"
