"""Which entity a source means: by code, other name, SIRET, name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _

from parvis.portal.directory import rules
from parvis.portal.directory.models import Entity, EntityAlias, EntitySiret
from parvis.portal.kernel.errors import Invalid
from parvis.portal.ui.search import fold

SHOWN = 5


class AmbiguousEntity(Invalid):
    """Several entities answer to the text; `candidates` are their full names, `Métropole › Finances › Budget`."""

    default_code = "ambiguous_entity"

    def __init__(self, text: str, candidates: list[str]) -> None:
        self.candidates = candidates
        names = " ; ".join(candidates[:SHOWN]).replace(" ;", "\u202f;")
        super().__init__(
            _("«\u202f%(text)s\u202f» désigne plusieurs entités\u202f: %(names)s.") % {"text": text, "names": names},
            advice=_("Donnez un code ou un autre nom à l’une d’elles."),
        )


class EntityIndex:
    """All names of the open entities of a subtree, in memory: for a source that asks a hundred thousand times.

    Three queries to make; `find` takes none.
    """

    def __init__(self, root: Entity | None = None) -> None:
        entities = Entity.objects.filter(closed_date=None, path__startswith=root.path if root else "").order_by("path")
        self._by_id = {entity.pk: entity for entity in entities}
        aliases = EntityAlias.objects.filter(entity__in=entities).values_list("entity_id", "name")
        sirets = EntitySiret.objects.filter(entity__in=entities).values_list("entity_id", "siret")
        everyone = self._by_id.values()
        # In this order: what somebody wrote down for the sources comes before what merely looks alike.
        self._steps = (
            _by_key((entity.pk, entity.code) for entity in everyone),
            _by_key(aliases),
            _by_key(sirets),
            _by_key((entity.pk, entity.name) for entity in everyone),
            _by_key((entity.pk, self.full_name(entity)) for entity in everyone),
        )

    def find(self, text: str) -> Entity | None:
        """The entity meant; None if there is none. Case, accents and repeated spaces do not count.

        Raises:
            AmbiguousEntity: several have this code, or this name.
        """
        key = _key(text)
        spaceless = key.replace(" ", "")
        keys = (key, spaceless) if spaceless.isdigit() else (key,)  # a SIRET is often written in groups
        for names in self._steps:
            found = next((names[each] for each in keys if each in names), None)
            if found is None:
                continue
            if len(found) > 1:
                raise AmbiguousEntity(text.strip(), [self.full_name(self._by_id[pk]) for pk in sorted(found)])
            return self._by_id[next(iter(found))]
        return None

    def full_name(self, entity: Entity) -> str:
        """`Métropole › Finances › Budget`, as far up as the index reaches."""
        ids = rules.ids_of(entity.path)
        return " › ".join(self._by_id[pk].name for pk in ids if pk in self._by_id)


def _key(text: str) -> str:
    return " ".join(fold(text.replace(">", "›")).split())


def _by_key(pairs: Iterable[tuple[int, str]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for pk, name in pairs:
        if key := _key(name):
            found[key].add(pk)
    return found
