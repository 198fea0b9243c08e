"""Tables that rooms beside and above the imports add to « Exporter le parc »: all of them, on this page."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.imports.exports import CHUNK, Row, Table, register


def connect() -> None:
    """Register every table. Called once, when Django is ready, by the wiring."""
    register(
        Table(
            "prets", _("Prêts"),
            ["numéro d’inventaire", "matériel", "agent", "courriel", "du", "au", "état du prêt", "remis le", "rendu le",
             "état au retour"],
            _loans, _("Tout ce qui est ou a été prêté, un matériel par ligne."),
        )
    )  # fmt: skip
    register(
        Table(
            "releves", _("Relevés des sondes"),
            ["numéro d’inventaire", "matériel", "relevé le", "système", "version", "processeur", "mémoire (Mo)",
             "disque (Mo)", "disque chiffré", "antivirus", "antivirus à jour", "santé de la batterie (%)"],
            _inventories, _("Ce que les sondes ont vu de chaque ordinateur."),
        )
    )  # fmt: skip
    register(
        Table(
            "logiciels", _("Logiciels installés"),
            ["numéro d’inventaire", "matériel", "logiciel", "éditeur", "version"], _software,
        )
    )  # fmt: skip
    register(
        Table(
            "inventaires-physiques", _("Inventaires physiques"),
            ["inventaire", "site", "service", "état", "numéro d’inventaire", "matériel"], _stocktakes,
            _("Ce qui était attendu à chaque comptage."),
        )
    )  # fmt: skip


def _loans(user: User) -> Iterator[Row]:
    from parvis.portal.loans.models import Item
    from parvis.portal.loans.queries import loans_run_by

    items = Item.objects.filter(loan__in=loans_run_by(user).order_by().values("pk")).order_by("pk")
    for each in items.select_related("asset", "loan__agent").iterator(chunk_size=CHUNK):
        yield [
            each.asset.tag, each.asset.name, str(each.loan.agent), each.loan.agent.email, each.starts_date,
            each.ends_date, each.loan.get_state_display(), each.out_at, each.back_at, each.get_outcome_display(),
        ]  # fmt: skip


def _inventories(user: User) -> Iterator[Row]:
    from parvis.portal.inventory.queries import inventories_visible_to

    for each in inventories_visible_to(user).order_by("pk").iterator(chunk_size=CHUNK):
        yield [
            each.asset.tag, each.asset.name, each.reported_at, each.os_name, each.os_version, each.processor,
            each.memory_mb, each.disk_mb, each.encrypted, each.antivirus, each.antivirus_current, each.battery_health,
        ]  # fmt: skip


def _software(user: User) -> Iterator[Row]:
    from parvis.portal.inventory.queries import installations_visible_to

    rows = installations_visible_to(user).order_by("pk").annotate(tag=F("asset__tag"), computer=F("asset__name"))
    yield from rows.values_list("tag", "computer", "software__name", "software__publisher", "version").iterator(
        chunk_size=CHUNK
    )


def _stocktakes(user: User) -> Iterator[Row]:
    from parvis.portal.stocktake.models import Expected
    from parvis.portal.stocktake.queries import assets_in_perimeter, stocktakes_visible_to

    expected = Expected.objects.filter(
        stocktake__in=stocktakes_visible_to(user).order_by().values("pk"),
        asset__in=assets_in_perimeter(user).order_by().values("pk"),
    )
    for each in (
        expected.select_related("stocktake__site", "stocktake__entity", "asset")
        .order_by("pk")
        .iterator(chunk_size=CHUNK)
    ):
        count = each.stocktake
        yield [
            count.name, str(count.site), str(count.entity), count.get_state_display(), each.asset.tag, each.asset.name,
        ]  # fmt: skip
