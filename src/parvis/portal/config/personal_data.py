"""What Parvis keeps of people, why and for how long: every room's kinds of data, on one page.

A room says in its `personal_data.py` how to export one agent's rows (`export(agent)`) and how to delete the old
ones (`purge(before)`); see `privacy.registry.Kind`.
"""

from __future__ import annotations


def connect() -> None:
    """Register every kind. Called once, when Django is ready, by the wiring."""
