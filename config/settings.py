"""Settings, all of them from the environment; the defaults serve a bare machine (配置)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
SEEDS_DIR = BASE_DIR / "seeds"
env = environ.Env()

VAR_DIR = Path(env.str("TRACKER_VAR", default=str(BASE_DIR / "var"))).absolute()
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
LOCAL = env.bool("TRACKER_LOCAL", default=False)  # set by demo and test: a machine of one's own


def _secret_key() -> str:
    """Return SECRET_KEY; a machine of one's own keeps a random one in var/."""
    given = env.str("SECRET_KEY", default="")
    if given:
        return str(given)
    if not (DEBUG or LOCAL):
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Set it in the environment to a long random text "
            "(or set TRACKER_LOCAL=1 on a machine that only you can reach)."
        )
    path = VAR_DIR / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii")


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "enterprises.accounts.admin_app.NotedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_filters",
    "django_htmx",
    "csp",
    "enterprises.audit",
    "enterprises.jobs",
    "enterprises.places",
    "enterprises.registry",
    "enterprises.accounts",
    "enterprises.notifications",
    "cultivation.standards",
    "cultivation.pipeline",
    "cultivation.digital",
    "config",
]

MIDDLEWARE = [
    "enterprises.audit.asking.name_requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.refusals.explain_refused_methods",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.page",
            ],
        },
    }
]

DATABASE_URL = env.str("DATABASE_URL", default="")
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "tracker.sqlite3"}
DATABASES = {"default": env.db_url_config(DATABASE_URL) if DATABASE_URL else SQLITE}
if DATABASES["default"]["ENGINE"] == SQLITE["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}  # a file: workers see it too
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = REDIS_URL or f"filesystem://{VAR_DIR}/broker"
CELERY_RESULT_BACKEND = REDIS_URL or None  # of the parts of a shared run, for their chord
CELERY_RESULT_EXPIRES = 2 * 3600
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"retry_policy": {"max_retries": 3}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="none")
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "objection": "10/h/ip",
    "propose": "10/m/user,100/h/user",  # least changes of what-if
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # offices sign in by name; many have no mail server
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a folder that is not there
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = LOCAL or DEBUG
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "documents")))
SNAPSHOT_DIR = Path(env.str("SNAPSHOT_DIR", default=str(VAR_DIR / "snapshots")))
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DOCUMENT_MAX_BYTES = 20 * 1024 * 1024
IMPORT_MAX_BYTES = 200 * 1024 * 1024
# Working days an office has for an application, and an enterprise for a correction; a reminder goes
# out so many before. No official length is known: guide values of the installation (unverified).
REVIEW_WORKING_DAYS = max(1, env.int("REVIEW_WORKING_DAYS", default=20))
CORRECTION_WORKING_DAYS = max(1, env.int("CORRECTION_WORKING_DAYS", default=10))
CORRECTION_REMINDER_DAYS = max(0, env.int("CORRECTION_REMINDER_DAYS", default=3))
# Whether an application that was not corrected in time is closed by itself; by default it is not.
CORRECTION_LAPSES = env.bool("CORRECTION_LAPSES", default=False)
# Length of a public notice, at least 1; no length for the national notice could be verified.
NOTICE_WORKING_DAYS = max(1, env.int("NOTICE_WORKING_DAYS", default=5))
# Time to answer an objection, and for the enterprise asked; no official length could be verified.
OBJECTION_REPLY_WORKING_DAYS = max(1, env.int("OBJECTION_REPLY_WORKING_DAYS", default=15))
OBJECTION_FIRM_WORKING_DAYS = max(1, env.int("OBJECTION_FIRM_WORKING_DAYS", default=5))
# Time to ask that a refusal be reconsidered, from the day of being told, and for the answer; no
# official length is known (unverified). Whether one is given to an officer by itself, or waits
# until somebody takes it.
RECONSIDERATION_WORKING_DAYS = max(1, env.int("RECONSIDERATION_WORKING_DAYS", default=10))
RECONSIDERATION_REPLY_WORKING_DAYS = max(
    1, env.int("RECONSIDERATION_REPLY_WORKING_DAYS", default=15)
)
RECONSIDERATION_ASSIGNED = env.bool("RECONSIDERATION_ASSIGNED", default=True)
# About how many kept judgements, and as many stored results, are judged again every night.
REPLAY_SAMPLE = max(1, env.int("REPLAY_SAMPLE", default=1000))
# When coverage of a region is alerted: with how many firms at least, after how many months without
# progress, at which age and share of old assessments, at which share of those that expire within so
# many days. An enterprise is reminded of its own so many days before. Guide values (unverified).
COVERAGE_ALERT_LEAST_FIRMS = max(1, env.int("COVERAGE_ALERT_LEAST_FIRMS", default=3))
COVERAGE_STALLED_MONTHS = max(1, env.int("COVERAGE_STALLED_MONTHS", default=6))
COVERAGE_STALE_MONTHS = max(1, env.int("COVERAGE_STALE_MONTHS", default=24))
COVERAGE_STALE_PERCENT = max(1, env.int("COVERAGE_STALE_PERCENT", default=25))
COVERAGE_EXPIRING_DAYS = max(1, env.int("COVERAGE_EXPIRING_DAYS", default=60))
COVERAGE_EXPIRING_PERCENT = max(1, env.int("COVERAGE_EXPIRING_PERCENT", default=10))
COVERAGE_REMIND_DAYS = max(1, env.int("COVERAGE_REMIND_DAYS", default=60))
# The least number of peers whose average is shown beside a firm's own digital assessment.
DIGITAL_PEERS_MIN = max(3, env.int("DIGITAL_PEERS_MIN", default=5))
# How many days facts of the registry are kept on which no stored result and no scenario rests.
SNAPSHOT_DAYS = max(1, env.int("SNAPSHOT_DAYS", default=400))

# The links of the audit chain are made with this key; without one, with a key from SECRET_KEY.
AUDIT_KEY = env.str("AUDIT_KEY", default="")
AUDIT_OLD_KEYS = env.list("AUDIT_OLD_KEYS", default=[])  # of links made earlier
AUDIT_ANCHORS = Path(env.str("AUDIT_ANCHORS", default=str(VAR_DIR / "audit_anchors.txt")))

# Mail: to the console unless EMAIL_HOST names a server.
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 30
_WAY = "smtp" if EMAIL_HOST else "console"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default=f"django.core.mail.backends.{_WAY}.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="tracker@localhost")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")  # what links in mails begin with
MAIL_DAILY_HOUR = min(23, max(0, env.int("MAIL_DAILY_HOUR", default=8)))  # of the mail of the day
MAIL_HOLD_ABOVE = max(1, env.int("MAIL_HOLD_ABOVE", default=50))  # recipients of one event

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if not (DEBUG or LOCAL):
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
    if env.bool("BEHIND_TLS_PROXY", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
