"""Who sits at each demo PC."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_MAX_LENGTH: Final = 80
_AGENTS: Final = (
    ("Camille Le Goff", "État civil", "PC-ETATCIVIL"),
    ("Yanis Benali", "Finances", "PC-FINANCES"),
    ("Hélène Mercœur", "Urbanisme", "PC-URBANISME"),
    ("Thomas Kerbrat", "Ressources humaines", "PC-RH"),
    ("Inès Fontaine", "Éducation et jeunesse", "PC-EDUCATION"),
    ("Loïc Garançon", "Voirie et propreté", "PC-VOIRIE"),
    ("Aïcha Moreau", "Action sociale", "PC-SOCIAL"),
    ("François Noël", "Secrétariat général", "PC-SECRETARIAT"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A demo PC: its name on the network, its agent, the agent's service and entity (commune, structure…)."""

    computer: str
    agent: str
    service: str
    entity: str

    @property
    def e_mail(self) -> str:
        """A fictional address; `.example` never reaches anybody (RFC 2606)."""
        plain = unicodedata.normalize("NFKD", self.agent.lower()).encode("ascii", "ignore").decode()
        return f"{plain.replace(' ', '.')}@rivemarine.example"


def default_identity(index: int) -> Identity:
    """The `index`-th PC of a fictional authority."""
    agent, service, computer = _AGENTS[index % len(_AGENTS)]
    return Identity(f"{computer}-{index // len(_AGENTS) + 1:02}", agent, service, "Métropole de Rivemarine")


class NamesError(ValueError):
    """The file of names cannot be used; the message says why."""


def load_names(path: Path, ports: list[int]) -> dict[int, Identity]:
    """Who is behind each port, from `{port: {"computer": …, "agent": …, "service": …, "entity": …}}`.

    Ports and fields that the file leaves out keep their default; long texts are cut. Raises `NamesError`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NamesError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise NamesError(f"{path}: an object with ports as keys is expected")
    return {port: _identity(content.get(str(port), {}), index, port) for index, port in enumerate(ports)}


def _identity(entry: object, index: int, port: int) -> Identity:
    if not isinstance(entry, Mapping):
        raise NamesError(f"port {port}: an object is expected")
    default = default_identity(index)
    fields: dict[str, Any] = {name: entry.get(name, getattr(default, name)) for name in Identity.__slots__}
    for name, value in fields.items():
        if not isinstance(value, str) or not value.strip():
            raise NamesError(f"port {port}: “{name}” must be a text")
    return Identity(**{name: value.strip()[:_MAX_LENGTH] for name, value in fields.items()})
