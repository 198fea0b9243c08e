"""Whose session a probe saw: from the name it was opened with to an agent, when that is without doubt."""

from __future__ import annotations

from parvis.portal.directory.models import Agent, Entity

NOBODY = frozenset({"root", "administrator", "administrateur", "admin", "system", "guest", "invité", "user"})
"""Names of machines' own accounts."""


def bare(login: str) -> str:
    """`RIVEMARINE\\claire.legoff`, `claire.legoff@rivemarine.example` → `claire.legoff`."""
    return login.strip().rsplit("\\", 1)[-1].split("@")[0].strip().lower()


def agent_of(login: str, entity: Entity) -> Agent | None:
    """The agent in post, of the authority of `entity`, whose e-mail begins with this name; None: nobody, or two."""
    name = bare(login)
    if len(name) < 2 or name in NOBODY:
        return None
    root = entity.path.split(".")[0]
    found = Agent.objects.filter(email__istartswith=f"{name}@", is_active=True, entity__path__startswith=f"{root}.")
    agents = list(found.order_by("pk")[:2])
    return agents[0] if len(agents) == 1 else None
