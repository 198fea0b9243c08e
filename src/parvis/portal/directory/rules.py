"""Pure rules: paths in the tree, words for search, SIRET numbers."""

from __future__ import annotations

from collections.abc import Iterable

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


def search_key(first_name: str, last_name: str, email: str, job_title: str) -> str:
    """The value of `Agent.search`, folded as `ui.search` folds what is typed (at most 400 characters)."""
    return " ".join(fold(f"{first_name} {last_name} {email} {job_title}").split())[:400]


def siret_is_valid(siret: str) -> bool:
    """14 digits whose Luhn sum is a multiple of ten (INSEE); for La Poste's offices, whose plain sum is one of five."""
    if len(siret) != 14 or not (siret.isascii() and siret.isdigit()):
        return False
    digits = [int(digit) for digit in siret]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    if (sum(doubled) + sum(digits[-1::-2])) % 10 == 0:
        return True
    return siret.startswith("356000000") and sum(digits) % 5 == 0
