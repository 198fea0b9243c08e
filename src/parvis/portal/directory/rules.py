"""Pure rules: paths in the tree, words for search, phone numbers, SIRET numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from parvis.portal.ui.search import fold

PATH_STEP = 6
"""Digits of one id in a path; with the dot a level takes seven characters."""


def child_path(parent_path: str, entity_id: int) -> str:
    """The path of an entity under `parent_path` (empty for a root)."""
    return f"{parent_path}{entity_id:0{PATH_STEP}d}."


def covers(prefix: str, path: str) -> bool:
    """Whether `path` is the entity at `prefix` or below it."""
    return path.startswith(prefix)


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths without those that another one covers, sorted."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not covers(kept[-1], path):
            kept.append(path)
    return tuple(kept)


def lineage(path: str) -> list[str]:
    """The path of the root, of each entity below it, down to `path` itself."""
    return [path[: end + 1] for end, char in enumerate(path) if char == "."]


def ids_of(path: str) -> list[int]:
    """The ids in a path, the root's first."""
    return [int(step) for step in path.split(".") if step]


def search_key(first_name: str, last_name: str, email: str, job_title: str, phone: str = "", office: str = "") -> str:
    """The value of `Agent.search`, folded as `ui.search` folds what is typed (at most 400 characters)."""
    text = f"{first_name} {last_name} {email} {job_title} {digits(phone)} {office}"
    return " ".join(fold(text).split())[:400]


def digits(phone: str) -> str:
    """The digits of a phone number as dialled in France: `+33 (0)2 98 00 12 34` → `0298001234`."""
    number = re.sub(r"[^0-9+]", "", phone.replace("(0)", ""))
    for country in ("+33", "0033"):
        if number.startswith(country):
            return f"0{number[len(country) :].lstrip('0')}"
    return number.replace("+", "00")


def typed_number(text: str) -> str | None:
    """The digits, if what was typed is nothing but (a part of) a phone number; else None."""
    if not re.fullmatch(r"\+?[0-9 .()\-/\u00a0\u202f]+", text) or len(re.sub(r"\D", "", text)) < 3:
        return None
    return digits(text)


def phone_shown(phone: str) -> str:
    """A French number in pairs, unbroken; any other as it was written."""
    number = digits(phone)
    if len(number) == 10 and number.startswith("0"):
        return "\u00a0".join(number[at : at + 2] for at in range(0, 10, 2))
    return phone


def siret_is_valid(siret: str) -> bool:
    """14 digits whose Luhn sum is a multiple of ten (INSEE); for La Poste's offices, whose plain sum is one of five."""
    if len(siret) != 14 or not (siret.isascii() and siret.isdigit()):
        return False
    numbers = [int(digit) for digit in siret]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in numbers[-2::-2])
    if (sum(doubled) + sum(numbers[-1::-2])) % 10 == 0:
        return True
    return siret.startswith("356000000") and sum(numbers) % 5 == 0


@dataclass(frozen=True, slots=True)
class Node:
    """An entity as the scope of the colleagues' directory sees it. `audience` empty: as above."""

    id: int
    path: str
    is_body: bool
    audience: str


AUTHORITY, BODY, TEAM = "authority", "body", "team"
"""Who finds the agents of an entity: everybody under its root, its own body's agents, or those below it only."""


def found_from(nodes: Iterable[Node], place: str) -> list[int]:
    """The entities whose agents somebody who works at the path `place` finds as colleagues.

    `nodes`: all entities of the root, parents before children. What an entity does not say is said by the nearest
    above it; if none does, the agents of one body find each other. A part of the tree without a body is the root's.
    """
    found: list[int] = []
    above: list[tuple[str, str, str, str]] = []  # path, its body, its audience, the path that said so
    bodies: dict[str, str] = {}
    kept: list[tuple[Node, str, str, str]] = []
    for node in nodes:
        while above and not covers(above[-1][0], node.path):
            above.pop()
        _path, body, audience, said_at = above[-1] if above else ("", node.path, BODY, node.path)
        if node.is_body:
            body = node.path
        if node.audience:
            audience, said_at = node.audience, node.path
        above.append((node.path, body, audience, said_at))
        bodies[node.path] = body
        kept.append((node, body, audience, said_at))
    own_body = bodies.get(place, "")
    for node, body, audience, said_at in kept:
        if node.path == place or _finds(audience, body == own_body, covers(said_at, place)):
            found.append(node.id)
    return found


def _finds(audience: str, same_body: bool, inside: bool) -> bool:
    return audience == AUTHORITY or (audience == BODY and same_body) or (audience == TEAM and inside)
