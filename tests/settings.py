"""Settings of a test process: a folder of its own, and its own database of the Redis server."""

from __future__ import annotations

import atexit
import os
import shutil

from config.processes import own_folder

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
_FOLDER = str(own_folder("test"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)

os.environ["TRACKER_LOCAL"] = "1"
os.environ["TRACKER_VAR"] = _FOLDER
os.environ.setdefault("CELERY_TASK_ALWAYS_EAGER", "1")  # the fixture `worker` gives a real one
if os.environ.get("REDIS_URL") and "PYTEST_REDIS_URL" not in os.environ:
    os.environ["PYTEST_REDIS_URL"] = os.environ["REDIS_URL"]
if "PYTEST_REDIS_URL" in os.environ:
    _SERVER = os.environ["PYTEST_REDIS_URL"].rpartition("/")[0]
    os.environ["REDIS_URL"] = f"{_SERVER}/{int(_WORKER) + 1}"

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_AUTOREFRESH = True  # look for a static file when it is asked for, not at each Client()
if "postgresql" in DATABASES["default"]["ENGINE"] and os.environ.get("TEST_TEMPLATE"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["TEST_TEMPLATE"]}  # noqa: F405
