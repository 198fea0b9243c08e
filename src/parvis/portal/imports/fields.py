"""What a column may say: fields, their names for people, the headers they are known by, what was remembered.

Headers are those of French and English files, of GLPI's own CSV exports (both languages) and of Snipe-IT's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Text
from parvis.portal.ui.search import fold

LABELS: dict[str, Text] = {
    "tag": _("Numéro d’inventaire"),
    "name": _("Nom"),
    "kind": _("Type de matériel"),
    "entity": _("Service ou commune"),
    "serial": _("Numéro de série"),
    "manufacturer": _("Marque"),
    "model": _("Modèle"),
    "state": _("Situation"),
    "site": _("Site"),
    "room": _("Local"),
    "agent": _("Agent qui l’a"),
    "supplier": _("Fournisseur"),
    "contract": _("Contrat"),
    "order_number": _("Bon de commande"),
    "purchase_date": _("Acheté le"),
    "cost": _("Prix d’achat"),
    "warranty_end_date": _("Sous garantie jusqu’au"),
    "warranty_months": _("Durée de la garantie"),
    "address": _("Adresse réseau"),
    "mac_address": _("Adresse MAC"),
    "phone_number": _("Numéro de ligne"),
    "notes": _("Remarques"),
}
"""Every field a column may be, in the order of pages."""

SHORT: dict[str, str] = {
    "tag": "numéro d’inventaire", "name": "nom", "kind": "type", "entity": "service", "serial": "numéro de série",
    "manufacturer": "marque", "model": "modèle", "state": "situation", "site": "site", "room": "local",
    "agent": "agent", "supplier": "fournisseur", "contract": "contrat", "order_number": "bon de commande",
    "purchase_date": "date d’achat", "cost": "prix", "warranty_end_date": "fin de garantie",
    "address": "adresse réseau", "mac_address": "adresse MAC",
    "phone_number": "numéro de ligne", "notes": "remarques",
}  # fmt: skip
"""The headers of our own files: the template and the export, which this room reads again."""

EXAMPLE = {
    "tag": "RIV-004217", "name": "RIV-PC-0421", "kind": "Portable", "entity": "État civil", "serial": "5CG1234XYZ",
    "manufacturer": "HP", "model": "EliteBook 640 G10", "state": "En service", "site": "Hôtel de Ville",
    "room": "B12", "agent": "camille.exemple@rivemarine.example", "supplier": "Bureau Services",
    "order_number": "BC-2026-114", "purchase_date": "2026-03-02", "cost": "1 234,50 €",
    "warranty_end_date": "2029-03-01",
}  # fmt: skip

SYNONYMS: dict[str, str] = {
    "tag": (
        "numero d'inventaire|n° d'inventaire|no inventaire|num inventaire|inventaire|code inventaire|etiquette|tag"
        "|asset tag|inventory number|numero inventaire|n° inventaire|immobilisation|code barre|otherserial|code"
    ),
    "name": (
        "nom|nom du poste|nom de la machine|ordinateur|hostname|name|asset name|item name|computer name|machine|libelle"
        "|designation|nom de l'ordinateur|nom machine|poste|nom du materiel"
    ),
    "kind": (
        "type|type de materiel|categorie|category|kind|asset type|nature|famille|item type|type d'objet|type d'element"
        "|computertypes id|itemtype"
    ),
    "entity": (
        "service|entite|entity|direction|departement|department|collectivite|commune|company|societe|entites|structure"
        "|code service|entities id|service ou commune|affectation service"
    ),
    "serial": (
        "numero de serie|n° de serie|no serie|num serie|serie|s/n|sn|serial|serial number|n° serie|numero serie|imei"
        "|iccid|service tag"
    ),
    "manufacturer": "marque|fabricant|constructeur|manufacturer|brand|maker|vendor|manufacturers id",
    "model": "modele|model|model name|reference|produit|asset model|computermodels id|modele du materiel",
    "state": "situation|statut|etat|status|state|states id|status label|cycle de vie",
    "site": (
        "site|lieu|localisation|location|batiment|emplacement|building|locations id|default location|lieu - nom complet"
        "|implantation|adresse du site|checked out to: location"
    ),
    "room": "local|piece|salle|room|numero de piece|n° de bureau|lieu - numero de piece|bureau|etage et bureau",
    "agent": (
        "agent|utilisateur|usager|affecte a|attribue a|user|assigned to|checked out|checked out to|courriel|email"
        "|e-mail|adresse electronique|checked out to: email|alternate username|beneficiaire|detenteur|users id"
        "|matricule|full name|username|email address|courriel de l'agent|utilisateur - adresse de messagerie"
    ),
    "supplier": (
        "fournisseur|supplier|revendeur|prestataire|suppliers id|informations financieres et administratives -"
        " fournisseur|financial and administrative information - supplier"
    ),
    "contract": "contrat|contract|marche|contrat - nom|contract - name",
    "order_number": (
        "bon de commande|numero de commande|n° de commande|commande|order number|n° bon de commande|po number"
        "|informations financieres et administratives - numero de commande|purchase order|no commande"
    ),
    "purchase_date": (
        "date d'achat|achete le|date achat|purchase date|date d'acquisition|achat|purchased|mise en service"
        "|informations financieres et administratives - date d'achat|buy date|date de commande|date de livraison"
        "|financial and administrative information - date of purchase|date of purchase"
    ),
    "cost": (
        "prix|prix d'achat|cout|valeur|montant|purchase cost|cost|price|prix ttc|prix unitaire|montant ttc|value"
        "|informations financieres et administratives - valeur|financial and administrative information - value"
    ),
    "warranty_end_date": (
        "fin de garantie|garantie jusqu'au|date de fin de garantie|warranty expires|warranty expiration|garantie fin"
        "|sous garantie jusqu'au|warranty expiration date|expiration de la garantie|date d'expiration de la garantie"
        "|informations financieres et administratives - date d'expiration de la garantie"
    ),
    "warranty_months": (
        "duree de garantie|garantie|warranty|warranty months|garantie (mois)|warranty duration|duree garantie"
        "|informations financieres et administratives - duree de garantie"
    ),
    "address": (
        "adresse reseau|adresse|ip|adresse ip|ip address|ip addresses|nom reseau|network address|reseau - ip"
        "|reseau - adresse ip|dns"
    ),
    "mac_address": "mac|adresse mac|mac address|adresse physique|reseau - adresse mac|reseau - mac|network - mac",
    "phone_number": "numero de ligne|ligne|numero de telephone|telephone|phone number|numero|numero d'appel|msisdn",
    "notes": "remarques|commentaires|commentaire|notes|observations|comments|comment|asset notes|note|description",
}
"""Field → headers, folded, the closest to its meaning first."""

KIND_OF_FILE = {
    "ordinateur": "office", "computer": "office", "portable": "laptop", "laptop": "laptop", "moniteur": "screen",
    "monitor": "screen", "ecran": "screen", "telephone": "phone", "phone": "phone", "smartphone": "phone",
    "imprimante": "printer", "printer": "printer", "reseau": "network", "network": "network",
    "peripherique": "accessory", "peripheral": "accessory", "tablette": "tablet", "tablet": "tablet",
    "serveur": "server", "server": "server", "badge": "badge", "sim": "sim",
}  # fmt: skip


def propose(header: Iterable[str], remembered: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field → column: as last time where the column is still there, else by its name."""
    names = [name for name in header if name]
    if remembered:
        found = {field: column for field, column in remembered.items() if column in names and field in LABELS}
        if found:
            return found
    free = {plain(name): name for name in reversed(names)}
    found = {}
    for field in LABELS:
        match = next((each for each in SYNONYMS[field].split("|") if each in free), None)
        if match is not None:
            found[field] = free.pop(match)
    return found


def digest(header: Iterable[str]) -> str:
    """Of a header: the same program writes the same one, whatever the order of its columns."""
    return hashlib.sha256("\x1f".join(sorted(plain(name) for name in header)).encode()).hexdigest()


def kind_of_file(name: str) -> str:
    """The kind a file's name speaks of (`ordinateurs.csv`), or empty."""
    words = fold(name)
    return next((kind for word, kind in KIND_OF_FILE.items() if word in words), "")


def plain(name: str) -> str:
    """A header as synonyms are written."""
    return " ".join(re.sub(r"[_*]", " ", fold(name.replace("’", "'"))).split()).strip(" :")
