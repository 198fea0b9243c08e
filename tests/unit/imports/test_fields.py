"""Columns guessed by their headers: French tables, GLPI in two languages, Snipe-IT, our own."""

from __future__ import annotations

import pytest

from parvis.portal.imports import fields

GLPI_FR = [
    "Nom", "Entité", "Statut", "Fabricant", "Numéro de série", "Type", "Modèle", "Système d'exploitation - Nom", "Lieu",
    "Dernière modification", "Composants - Processeur", "Usager", "Utilisateur", "Numéro d'inventaire",
    "Informations financières et administratives - Date d'achat",
    "Informations financières et administratives - Valeur",
]  # fmt: skip
GLPI_EN = [
    "Name", "Entity", "Status", "Manufacturer", "Serial number", "Type", "Model", "Operating system - Name", "Location",
    "Last update", "Component - Processor", "Alternate Username", "User", "Inventory number",
]  # fmt: skip
SNIPE = [
    "Company", "Name", "Asset Tag", "Category", "Supplier", "Manufacturer", "Location", "Order Number", "Model",
    "Model Notes", "Model Number", "Asset Notes", "Purchase Date", "Purchase Cost", "Checkout Type",
    "Checked Out To: Username", "Checked Out To: First Name", "Checked Out To: Last Name", "Checked Out To: Email",
    "Checked Out To: Location", "Serial", "Status",
]  # fmt: skip
"""Of Snipe-IT's own sample file, and two columns of its report."""


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            GLPI_FR,
            {
                "name": "Nom", "entity": "Entité", "state": "Statut", "manufacturer": "Fabricant",
                "serial": "Numéro de série", "kind": "Type", "model": "Modèle", "site": "Lieu", "agent": "Utilisateur",
                "tag": "Numéro d'inventaire", "purchase_date": GLPI_FR[14], "cost": GLPI_FR[15],
            },
        ),
        (
            GLPI_EN,
            {
                "name": "Name", "entity": "Entity", "state": "Status", "manufacturer": "Manufacturer",
                "serial": "Serial number", "kind": "Type", "model": "Model", "site": "Location", "agent": "User",
                "tag": "Inventory number",
            },
        ),
        (
            SNIPE,
            {
                "name": "Name", "entity": "Company", "tag": "Asset Tag", "kind": "Category", "supplier": "Supplier",
                "manufacturer": "Manufacturer", "site": "Location", "order_number": "Order Number", "model": "Model",
                "notes": "Asset Notes", "purchase_date": "Purchase Date", "cost": "Purchase Cost", "serial": "Serial",
                "agent": "Checked Out To: Email", "state": "Status",
            },
        ),
        (
            ["nom", "adresse", "mac", "site", "service", "agent"],
            {"name": "nom", "address": "adresse", "mac_address": "mac", "site": "site", "entity": "service",
             "agent": "agent"},
        ),
    ],
    ids=["glpi in French", "glpi in English", "snipe-it", "the former import of computers"],
)  # fmt: skip
def test_headers_are_known(header: list[str], expected: dict[str, str]) -> None:
    assert fields.propose(header) == expected


def test_our_own_headers_are_all_known() -> None:
    assert fields.propose(fields.SHORT.values()) == fields.SHORT


def test_what_was_said_last_time_wins_where_it_is_still_there() -> None:
    assert fields.propose(["A", "Nom"], {"name": "A", "tag": "Gone"}) == {"name": "A"}
    assert fields.propose(["Nom"], {"name": "A"}) == {"name": "Nom"}


def test_the_same_program_writes_the_same_header() -> None:
    assert fields.digest(["Nom", "Numéro de série"]) == fields.digest(["numero de serie", "NOM "])
    assert fields.digest(["Nom"]) != fields.digest(["Nom", "Type"])


def test_every_field_has_its_words() -> None:
    assert set(fields.SYNONYMS) == set(fields.LABELS)
    assert set(fields.SHORT) == set(fields.LABELS) - {"warranty_months"}


@pytest.mark.parametrize(
    ("name", "kind"), [("glpi_Moniteurs_2026.csv", "screen"), ("ordinateurs.csv", "office"), ("parc.xlsx", "")]
)
def test_a_file_may_be_named_after_what_is_in_it(name: str, kind: str) -> None:
    assert fields.kind_of_file(name) == kind
