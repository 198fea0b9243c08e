"""Search as people type it: words in any order, accents and case ignored."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.db.models import Q

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "ø": "o"})
MAX_WORDS = 8


def fold(text: str) -> str:
    """Lower case, without accents, ligatures undone: `Cœur d’Élan` → `coeur d'elan`."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LIGATURES))
    return "".join(char for char in plain if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """At most 8 words of what was typed, as typed."""
    return text.replace("\x00", "").split()[:MAX_WORDS]


def matching(text: str, fields: Sequence[str], folded_fields: Sequence[str] = ()) -> Q:
    """Every word is in one of the fields. `folded_fields` hold text already passed through `fold`."""
    condition = Q()
    for word in words(text):
        one = Q()
        for field in fields:
            one |= Q(**{f"{field}__icontains": word})
        for field in folded_fields:
            one |= Q(**{f"{field}__contains": fold(word)})
        condition &= one
    return condition
