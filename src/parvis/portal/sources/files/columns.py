"""Which column of a file says what: proposed from its header, in French or English, then remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from parvis.portal.sources.items import DAYS, ENTITY, TEXTS
from parvis.portal.ui.search import fold

KEY, ACTIVE = "key", "is_active"
WANTED = (KEY, *TEXTS, ENTITY, *DAYS, ACTIVE)
"""What a column may say, in the order of pages."""
REQUIRED = ("first_name", "last_name", "email")

LABELS = {
    KEY: _("Identifiant dans la source"),
    "first_name": _("Prénom"),
    "last_name": _("Nom"),
    "email": _("Adresse électronique"),
    "job_title": _("Fonction"),
    "personnel_number": _("Matricule"),
    "phone": _("Téléphone"),
    "office": _("Bureau"),
    ENTITY: _("Service"),
    "starts_date": _("Date d’arrivée"),
    "ends_date": _("Date de départ"),
    ACTIVE: _("En poste (oui ou non)"),
}

SYNONYMS: dict[str, tuple[str, ...]] = {
    KEY: ("identifiant", "id", "uid", "cle", "key", "identifiant dans la source", "login"),
    "first_name": ("prenom", "prenom usuel", "first name", "firstname", "given name", "givenname"),
    "last_name": ("nom", "nom usuel", "nom de famille", "nom d'usage", "last name", "lastname", "surname", "sn"),
    "email": (
        "email", "e-mail", "mail", "courriel", "adresse electronique", "adresse e-mail", "adresse mail",
        "messagerie", "email address", "mel",
    ),
    "job_title": ("fonction", "poste", "emploi", "metier", "intitule du poste", "job", "job title", "title", "titre"),
    "personnel_number": (
        "matricule", "numero d'agent", "n° agent", "no agent", "num agent", "matricule paie", "employee number",
        "employee id", "personnel number", "employeenumber",
    ),
    "phone": ("telephone", "tel", "tel.", "numero de telephone", "ligne directe", "phone", "telephone number"),
    "office": ("bureau", "lieu", "localisation", "office", "room", "piece"),
    ENTITY: (
        "service", "entite", "direction", "departement", "code service", "affectation", "structure", "department",
        "organizational unit", "ou", "unite",
    ),
    "starts_date": ("date d'arrivee", "arrivee", "date d'entree", "entree", "debut", "date de debut", "start date"),
    "ends_date": ("date de depart", "depart", "date de sortie", "sortie", "fin", "date de fin", "end date"),
    ACTIVE: ("en poste", "actif", "en poste (oui ou non)", "active", "enabled", "present", "statut", "etat"),
}  # fmt: skip

TEMPLATE = (
    "matricule", "prénom", "nom", "courriel", "fonction", "service", "téléphone", "bureau", "date d’arrivée",
    "date de départ", "en poste",
)  # fmt: skip
EXAMPLE = (
    "004217", "Camille", "Exemple", "camille.exemple@rivemarine.example", "Chargée d’accueil", "État civil",
    "02 00 00 00 00", "Hôtel de Ville, 12", "2026-09-01", "", "oui",
)  # fmt: skip


def propose(header: Iterable[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Field → column: as last time where the column is still there, else by its name."""
    names = list(header)
    free = {_plain(name): name for name in names if name}
    found: dict[str, str] = {}
    for field in WANTED:
        if (column := remembered.get(field)) in names:
            found[field] = column or ""
            free.pop(_plain(column or ""), None)
    for field in WANTED:
        match = next((free[each] for each in SYNONYMS[field] if each in free), None)
        if field not in found and field not in remembered and match:
            found[field] = match
            free.pop(_plain(match))
    return found


def _plain(name: str) -> str:
    return " ".join(fold(name.replace("’", "'").replace("_", " ")).split())
