"""A fictional registry for the demo: made from a seed, the same everywhere (虚构演示数据).

Every firm, person, park and number is invented and says so. Two builds with the same seed and day
give equal content.
"""

from __future__ import annotations

from config.fiction.building import build
from config.fiction.helping import look_ahead
from config.fiction.people import signins

__all__ = ["build", "look_ahead", "signins"]
