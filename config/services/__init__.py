"""Servers of our own on a bare machine: Valkey and PostgreSQL from their wheels (本机服务).

For demonstration, tests and benches; in production REDIS_URL and DATABASE_URL name real servers.
"""

from __future__ import annotations

from config.services.postgres_server import DATABASE, postgres
from config.services.running import LOOPBACK, ServiceError, free_port
from config.services.valkey_server import Valkey, configure_valkey, valkey

__all__ = [
    "DATABASE",
    "LOOPBACK",
    "ServiceError",
    "Valkey",
    "configure_valkey",
    "free_port",
    "postgres",
    "valkey",
]
