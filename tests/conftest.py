"""Fixtures every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    """Each test begins in French: a page asked for in English leaves its thread in English."""
    with translation.override("fr"):
        yield
