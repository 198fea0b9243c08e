"""Where figures and counts that need not survive are kept: on this machine's disk, or on a server for several."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from parvis.portal.config.env import Environment, EnvironmentInvalid

MOST_ENTRIES = 20_000


def configuration(environment: Environment) -> dict[str, Any]:
    """Django's `CACHES["default"]`.

    Raises:
        EnvironmentInvalid: a server is named, and the library to speak to it is not installed.
    """
    if not environment.cache_url:
        # On the disk of the machine: shared by portal, worker and commands, and not in the database.
        return {
            "BACKEND": "parvis.portal.kernel.disk_cache.DiskCache",
            "LOCATION": environment.data_dir / "cache",
            "OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES},
        }
    if find_spec("redis") is None:
        raise EnvironmentInvalid("PARVIS_CACHE_URL: install parvis[several-machines], it brings the library `redis`")
    return {
        "BACKEND": "parvis.portal.kernel.shared_cache.SharedCache",
        "LOCATION": environment.cache_url,
        "OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES},  # of each machine's own memory, while the server is away
    }
