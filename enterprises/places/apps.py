"""App configuration."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "enterprises.places"
    label = "places"
