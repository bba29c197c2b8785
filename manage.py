#!/usr/bin/env python3
"""The one entrance: sets the environment up where it is missing, then runs Django (入口)."""

import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (old Pythons read this)

if sys.version_info < (3, 11):  # noqa: UP036 (said here, before anything newer is parsed)
    sys.exit(
        "This needs Python 3.11 or newer; this one is %d.%d (%s).\n"  # noqa: UP031
        "Try: python3.11 manage.py, python3.12 manage.py or python3.13 manage.py"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )


def main() -> None:
    """Prepare the environment, then hand the command to Django."""
    # By its path: importing the package "config" would import Celery, which may not be there yet.
    spec = importlib.util.spec_from_file_location(
        "bootstrap",
        os.path.join(HERE, "config", "bootstrap.py"),  # noqa: PTH118
    )
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    bootstrap = importlib.util.module_from_spec(spec)
    sys.modules["bootstrap"] = bootstrap
    spec.loader.exec_module(bootstrap)
    bootstrap.prepare(sys.argv[1:])

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
