"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacesConfig(AppConfig):
    name = "enterprises.places"
    label = "places"
    verbose_name = _("Regions and industries")
