"""Fixtures every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from parvis.portal.kernel import context


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
