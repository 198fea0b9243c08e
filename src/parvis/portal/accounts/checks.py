"""What `check --deploy` refuses: anything of the demo in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from parvis.portal.accounts.models import User


def connect() -> None:
    """Register the checks."""
    register(no_demo, Tags.security, deploy=True)


def no_demo(app_configs: object, **_: Any) -> list[CheckMessage]:
    """Neither demo mode nor personas."""
    found: list[CheckMessage] = []
    if settings.PARVIS.demo:
        found.append(
            Error(
                "Demo mode is on: anybody signs in with one click.",
                hint="Set PARVIS_MODE=production.",
                id="parvis.E001",
            )
        )
    try:
        personas = User.objects.filter(is_demo_persona=True).count()
    except DatabaseError:  # not migrated yet: no persona either
        personas = 0
    if personas and settings.PARVIS.mode == "production":
        found.append(
            Error(
                f"The database holds {personas} accounts of the demo.",
                hint="Start production with an empty database.",
                id="parvis.E002",
            )
        )
    return found
