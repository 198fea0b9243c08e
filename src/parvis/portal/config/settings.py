"""Django's settings, all derived from `env.Environment`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from parvis.portal.config import caching, env, keys, logs

PARVIS = env.parse()
KEYS = keys.load(PARVIS)

DEBUG = False
SECRET_KEY = KEYS.django
ALLOWED_HOSTS = [PARVIS.host] if PARVIS.mode == "production" else [PARVIS.host, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PARVIS.url]
ROOT_URLCONF = "parvis.portal.config.urls"
WSGI_APPLICATION = "parvis.portal.config.wsgi.application"

INSTALLED_APPS = [
    "parvis.portal.kernel",
    "parvis.portal.ui",
    "parvis.portal.accounts",
    "parvis.portal.directory",
    "parvis.portal.federation",
    "parvis.portal.movements",
    "parvis.portal.presence",
    "parvis.portal.privacy",
    "parvis.portal.sources",
    "parvis.portal.parc",
    "parvis.portal.trust",
    "parvis.portal.inventory",
    "parvis.portal.remote_desktop",
    "parvis.portal.loans",
    "parvis.portal.booking",
    "parvis.portal.live_rooms",
    "parvis.portal.conferencing",
    "parvis.portal.meetings",
    "parvis.portal.imports",
    "parvis.portal.infrastructure",
    "parvis.portal.stocktake",
    "parvis.portal.equipment",
    "parvis.portal.capacity",
    "parvis.portal.telework",
    "parvis.portal.home",
    "parvis.portal.rollout",
    "parvis.portal.config.apps.WiringConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_tables2",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "parvis.portal.kernel.middleware.ContextMiddleware",
    "parvis.portal.directory.once.ReadOnceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "parvis.portal.trust.middleware.TrustMiddleware",
    "parvis.portal.accounts.middleware.SignInActivityMiddleware",
    "parvis.portal.accounts.middleware.SecondFactorMiddleware",
    "parvis.portal.kernel.middleware.ErrorPageMiddleware",
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
                "csp.context_processors.nonce",
                "parvis.portal.ui.context.page",
                "parvis.portal.trust.context.badge",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "parvis.portal.ui.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def _database(url: str) -> dict[str, Any]:
    if url == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": PARVIS.data_dir / "parvis.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # IMMEDIATE: writers queue for the lock instead of failing half-way (facts measured: 0 errors).
                "transaction_mode": "IMMEDIATE",
                # Counting presences again holds the lock for up to a second, several times over (longer under load).
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "parvis.portal.kernel.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or query.get("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A server that is gone without a word (machine off, network cut) is noticed in seconds, not in minutes.
        "OPTIONS": {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 5, "tcp_user_timeout": 20_000},
    }


DATABASES = {"default": _database(PARVIS.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": caching.configuration(PARVIS)}
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "network", "reports", "plans"],
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "parvis.portal.sources.ldap.sign_in.LdapBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "parvis.portal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {
    "login": "parvis.portal.accounts.forms.SignInForm",
    "change_password": "parvis.portal.accounts.forms.ChangePasswordForm",
    "set_password": "parvis.portal.accounts.forms.FirstPasswordForm",
    "reset_password": "parvis.portal.accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "parvis.portal.accounts.forms.NewPasswordForm",
}
# A whole town hall may come from one address in the morning; one account from one address may not guess.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "60/m/ip,5/300s/key",
    "reset_password": "60/m/ip,5/300s/key",
    "reset_password_from_key": "60/m/ip",
}
MFA_ADAPTER = "parvis.portal.accounts.adapter.MFAAdapter"
MFA_FORMS = {"authenticate": "parvis.portal.accounts.forms.CodeForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey always verifies the person (finger, face, PIN): alone it is two factors.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = PARVIS.authority_name
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PARVIS.https
USERSESSIONS_TRACK_ACTIVITY = False  # `SignInActivityMiddleware` does, without a write at every request

SESSION_ENGINE = "parvis.portal.accounts.session_store"
SESSION_COOKIE_NAME = "__Host-parvis" if PARVIS.https else "parvis"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PARVIS.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrf" if PARVIS.https else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = False
CSRF_FAILURE_VIEW = "parvis.portal.ui.views.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PARVIS.https else None
SECURE_SSL_REDIRECT = PARVIS.https
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$", r"^internal/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PARVIS.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PARVIS.https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_GATEWAY = [PARVIS.gateway_origin] if PARVIS.gateway_origin else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE, "'wasm-unsafe-eval'"],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF, *_GATEWAY],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("en", _("Anglais"))]
LOCALE_PATHS = [Path(__file__).resolve().parents[1] / "locale"]
LANGUAGE_COOKIE_NAME = "parvis-language"
TIME_ZONE = "Europe/Paris"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = PARVIS.data_dir / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns about a missing folder
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "parvis.portal.ui.assets.BuiltAssetsStorage"},
}
if PARVIS.bucket is not None:
    STORAGES |= PARVIS.bucket.storages()
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
WHITENOISE_IMMUTABLE_FILE_TEST = r"/static/ui/build/.+[-.][A-Za-z0-9_-]{8,}\.\w+$"
MEDIA_ROOT = PARVIS.shared_folder / "files"
DJANGO_TABLES2_TEMPLATE = "ui/table.html"


def _email(url: str) -> dict[str, Any]:
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


globals().update(_email(PARVIS.email_url))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = PARVIS.email_from
LOGGING = logs.configuration(PARVIS.log_level)
