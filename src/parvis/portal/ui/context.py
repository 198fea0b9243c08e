"""What every page knows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

import parvis


def page(request: HttpRequest) -> dict[str, object]:
    """Name of the authority, demo banner, version."""
    return {
        "authority_name": settings.PARVIS.authority_name,
        "demo": settings.PARVIS.demo,
        "parvis_version": parvis.__version__,
    }
