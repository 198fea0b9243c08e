"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

from parvis.portal.kernel import context

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
