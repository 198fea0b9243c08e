"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck, settings

from parvis.portal.kernel import context
from tests import databases

pytest_plugins = ["tests.groups"]

# The same examples each time, however busy the machine: a suite that says yes says it again. EXPLORE=1 draws new ones
# (`make fuzz` goes further).
settings.register_profile(
    "suite", deadline=None, derandomize="EXPLORE" not in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def nobodys_request() -> None:
    """Each test begins outside any request: pages asked for leave their client's address in their thread."""
    context.correlation.set("")
    context.client_address.set("")


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    """Each test begins in French: a page asked for in English leaves its thread in English."""
    with translation.override("fr"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """The suite's database begins as a copy; `--create-db` asks for one from nothing, `--reuse-db` for the last one."""
    if request.config.getvalue("create_db") and connection.vendor == "sqlite":
        return
    test = connection.settings_dict["TEST"]
    if connection.vendor == "postgresql":
        test["TEMPLATE"] = databases.template_on(os.environ["PARVIS_DATABASE_URL"])
    elif not (request.config.getvalue("reuse_db") and Path(test["NAME"]).exists()):
        databases.copy_to(Path(test["NAME"]))


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """SQLite's file was put there for Django to take up; its folder is a temporary one."""
    return bool(request.config.getvalue("reuse_db")) or connection.vendor == "sqlite"
