"""What the tests of adapters share: a tool that is in no database, a meeting, people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from parvis.portal.accounts import vault
from parvis.portal.conferencing.adapters.base import Person, Wanted
from parvis.portal.conferencing.models import Provider

HOST = Person(name="Anne Martin", email="a.martin@ville.example", is_host=True, ref="a1")
GUEST = Person(name="Élu & Cie", ref="g2")


def a_tool(kind: str, *, secret: str = "", **facts: Any) -> Provider:
    """Not saved: adapters read it, nothing else."""
    return Provider(pk=7, kind=kind, name="Outil", sealed_secret=vault.encrypt(secret) if secret else "", **facts)


def a_meeting(**facts: Any) -> Wanted:
    """An hour, the 24th of November at ten in Paris."""
    values: dict[str, Any] = {
        "uid": "d3b07384@parvis.example",
        "title": "Réunion de chantier",
        "starts_at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        "people": 5,
        "organiser_name": "Anne Martin",
        "organiser_email": "a.martin@ville.example",
    }
    return Wanted(**(values | facts))
