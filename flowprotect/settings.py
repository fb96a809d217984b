"""Settings. Embedded defaults for development; production is configured through FLOWPROTECT_* variables."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from flowprotect import environment
from flowprotect.menu import NAVIGATION
from operations import logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("FLOWPROTECT_VAR", BASE_DIR / "var")).resolve()
DEBUG = environment.flag("FLOWPROTECT_DEBUG", True)
SECRET_KEY = environment.secret_key(VAR, DEBUG)
TESTING = "pytest" in sys.modules
ALLOWED_HOSTS = environment.hosts(DEBUG)
CSRF_TRUSTED_ORIGINS = environment.words(
    "FLOWPROTECT_ORIGINS", "http://127.0.0.1:5173,http://localhost:5173" if DEBUG else ""
)

PROJECT_APPS = [
    name
    for name in ("accounts", "programs", "fleet", "deployments", "telemetry")
    if (BASE_DIR / name / "models.py").exists() or (BASE_DIR / name / "models" / "__init__.py").exists()
]
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "httpapi",
    *PROJECT_APPS,
]
MIDDLEWARE = [
    "operations.probes.ProbeMiddleware",
    "operations.requests.RequestMiddleware",
    "operations.security.PolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "flowprotect.urls"
ASGI_APPLICATION = "flowprotect.asgi.application"
APPEND_SLASH = False

DATABASES = {"default": environment.database(os.environ.get("FLOWPROTECT_DB", str(VAR / "flowprotect.sqlite3")))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)

EMBEDDED = TESTING and "FLOWPROTECT_REDIS_URL" not in os.environ
REDIS_URL = os.environ.get("FLOWPROTECT_REDIS_URL", f"unix://{VAR}/redis.sock")
CELERY_TASK_ALWAYS_EAGER = EMBEDDED
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "recover-builds": {"task": "programs.recover", "schedule": timedelta(seconds=30)},
    "expire-failed-programs": {"task": "programs.expire_failed", "schedule": timedelta(hours=1)},
    "expire-captures": {"task": "programs.expire_captures", "schedule": timedelta(hours=1)},
    "expire-audit": {"task": "accounts.expire_audit", "schedule": timedelta(hours=6)},
    "expire-deployments": {"task": "deployments.expire", "schedule": timedelta(minutes=1)},
    "expire-list-entries": {"task": "accounts.expire_lists", "schedule": timedelta(minutes=1)},
    "rollup-telemetry": {"task": "telemetry.rollup", "schedule": timedelta(seconds=30)},
    "prune-telemetry": {"task": "telemetry.prune", "schedule": timedelta(minutes=5)},
}
if EMBEDDED:
    CELERY_BROKER_URL = "memory://"
    CHANNEL_LAYERS: dict[str, Any] = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
else:
    CELERY_BROKER_URL = environment.broker(REDIS_URL)
    # Longer than the 5 seconds for which the layer waits in Redis: redis-py's default equals it and cuts it off.
    hosts = [{"address": REDIS_URL, "socket_timeout": 30}]
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": hosts}}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "httpapi.pagination.Pages",
    "DEFAULT_PARSER_CLASSES": ["httpapi.parsers.LimitedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "httpapi.schema.Schema",
    # Whom to believe about a client's address: nobody, unless there is a proxy of our own.
    "NUM_PROXIES": 1 if environment.flag("FLOWPROTECT_BEHIND_PROXY", False) else 0,
    "DEFAULT_THROTTLE_RATES": {"login": "30/min"},
    "EXCEPTION_HANDLER": "httpapi.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "FlowProtect",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["httpapi.schema.only_api_v1"],
    "ENUM_NAME_OVERRIDES": {
        "DeploymentStateEnum": "deployments.models.Deployment.State",
        "FallbackEnum": "accounts.models.Account.Fallback",
        "ModeEnum": "deployments.models.Mode",
        "PacketVerdictEnum": ["pass", "drop", "ignored", "error"],
        "PrefixStateEnum": "accounts.models.Prefix.State",
        "ProofEnum": "programs.models.Build.Verdict",
    },
}
UNFOLD = {
    "SITE_TITLE": "FlowProtect",
    "SITE_HEADER": "FlowProtect",
    "SITE_SYMBOL": "shield",
    "SITE_URL": "/",
    "LOGIN": {"form": "accounts.admin_forms.LoginForm"},
    "SIDEBAR": {"show_search": True, "navigation": NAVIGATION},
}

METRICS_TOKEN = environment.token("FLOWPROTECT_METRICS_TOKEN")
TRACES = environment.flag("FLOWPROTECT_TRACES", False)
LOGGING = logs.configuration(plain=environment.flag("FLOWPROTECT_PLAIN_LOGS", DEBUG))

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
if FRONTEND_DIST.is_dir():
    WHITENOISE_ROOT = FRONTEND_DIST

# For an installation of one customer, who needs to prove nothing to themselves.
TRUST_PREFIXES = environment.flag("FLOWPROTECT_TRUST_PREFIXES", False)

DATA_UPLOAD_MAX_MEMORY_SIZE = 40 * 1024 * 1024
CAPTURE_LIMIT = 32 * 1024 * 1024
SOURCE_LIMIT = 256 * 1024
COMPATIBLE_UPLOAD_LIMIT = 5 * 1024 * 1024
COMPATIBLE_WAIT_SECONDS = 30

# How long data of customers is kept; 0 days of captures is for ever.
SAMPLES_DAYS = environment.whole("FLOWPROTECT_SAMPLES_DAYS", 30, least=1)
CAPTURES_DAYS = environment.whole("FLOWPROTECT_CAPTURES_DAYS", 0)
AUDIT_DAYS = environment.whole("FLOWPROTECT_AUDIT_DAYS", 400, least=30)

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
YEAR = 365 * 86400
SECURE_SSL_REDIRECT = environment.flag("FLOWPROTECT_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS = 0 if DEBUG else environment.whole("FLOWPROTECT_HSTS_SECONDS", YEAR, most=10 * YEAR)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# A place in browsers' preload lists is for a whole domain and hard to take back: its owner asks for it, or nobody.
SECURE_HSTS_PRELOAD = environment.flag("FLOWPROTECT_HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]
X_FRAME_OPTIONS = "DENY"
if environment.flag("FLOWPROTECT_BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
