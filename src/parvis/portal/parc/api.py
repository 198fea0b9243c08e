"""The REST API of this room."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["parc"])
