"""Of the rows read with a session, the columns that are looked at: what is judged, and what the trail says of them.

They are read thousands of times at half past eight, and a computer's row alone has some thirty columns. Whatever else
is asked of such a row is read when it is asked.
"""

from __future__ import annotations

from django.db import models

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import DisplaySettings

_LOOKED_AT: dict[str, tuple[type[models.Model], frozenset[str]]] = {
    "user": (User, frozenset({"is_active", "first_name", "last_name", "email"})),
    "agent": (Agent, frozenset({"is_active", "entity"})),
    "computer": (Computer, frozenset({"kind", "name", "address", "entity"})),
    "computer__display": (DisplaySettings, frozenset({"computer", "enabled", "sensitive_allowed", "pin"})),
}


def left_out(*related: str, under: str = "") -> list[str]:
    """For `defer`: the other columns of what `related` names, each beside a session that `under` leads to."""
    return [
        f"{under}{of}__{field.name}"
        for of in related
        for model, looked_at in [_LOOKED_AT[of]]
        for field in model._meta.concrete_fields
        if field.name not in looked_at and not field.primary_key
    ]
