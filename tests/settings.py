"""The portal's settings under test: the real ones, with a data folder of its own and cheap passwords."""

import os
import tempfile

os.environ.setdefault("PARVIS_MODE", "development")
os.environ.setdefault("PARVIS_DATA_DIR", tempfile.mkdtemp(prefix="parvis-test-"))
os.environ.setdefault("PARVIS_DATABASE_URL", os.environ.get("PARVIS_TEST_DATABASE_URL", "sqlite"))

from parvis.portal.config.settings import *  # noqa: F403
from parvis.portal.config.settings import DATABASES, PARVIS, STATIC_ROOT

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing folder, and a warning is a failure here

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "tests.memory_cache.MemoryCache"}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the real thing: an in-memory database has other locks, and tests race threads against each other.
    DATABASES["default"]["TEST"] = {"NAME": PARVIS.data_dir / "test.sqlite3"}
