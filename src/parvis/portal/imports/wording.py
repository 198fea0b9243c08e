"""The words for people: fields, kinds of lines, problems, states."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.imports.fields import LABELS
from parvis.portal.imports.glpi.wording import PROBLEMS as GLPI_PROBLEMS
from parvis.portal.imports.models import Line, Run
from parvis.portal.kernel.errors import Text
from parvis.portal.parc.models import Asset
from parvis.portal.ui import formats

KINDS: dict[str, tuple[Text, str, str]] = {
    Line.Kind.CREATED: (_("À ajouter"), "green", "plus"),
    Line.Kind.CHANGED: (_("À modifier"), "blue", "edit"),
    Line.Kind.CONFLICT: (_("Saisie humaine conservée"), "yellow", "lock"),
    Line.Kind.REJECTED: (_("Rejetée"), "orange", "alert-triangle"),
    Line.Kind.UNCHANGED: (_("Sans changement"), "secondary", "check"),
}
"""Words, colour, icon of what a line would do; in the order of pages."""

DONE: dict[str, Text] = {
    Line.Kind.CREATED: _("Ajouté"),
    Line.Kind.CHANGED: _("Modifié"),
    Line.Kind.CONFLICT: _("Modifié"),
}
"""What it has done, once written."""

STATES: dict[str, tuple[str, str]] = {
    Run.State.DRAFT: ("yellow", "edit"),
    Run.State.QUEUED: ("blue", "clock"),
    Run.State.READING: ("blue", "refresh"),
    Run.State.PLANNED: ("yellow", "eye"),
    Run.State.APPLYING: ("blue", "refresh"),
    Run.State.APPLIED: ("green", "check"),
    Run.State.UNDOING: ("blue", "refresh"),
    Run.State.UNDONE: ("secondary", "history"),
    Run.State.FAILED: ("red", "x"),
    Run.State.DISCARDED: ("secondary", "ban"),
}

REASONS: dict[str, Text] = {
    "human": _("saisi par une personne"),
    "move": _("changement de situation impossible"),
    "protected": _("réservé au responsable informatique"),
}
"""Why what is there stays."""

PROBLEMS: dict[str, Text] = {
    "fault": _("%(text)s"),
    "too_long": _("%(field)s\u202f: %(most)s caractères au plus."),
    "no_kind": _("Le type de matériel manque."),
    "no_entity": _("Le service manque."),
    "no_name": _("Le nom manque."),
    "bad_kind": _("Type de matériel inconnu\u202f: «\u202f%(value)s\u202f»."),
    "bad_state": _("Situation inconnue\u202f: «\u202f%(value)s\u202f»."),
    "bad_purchase_date": _("Date d’achat\u202f: «\u202f%(value)s\u202f» n’est pas une date."),
    "bad_warranty_end_date": _("Fin de garantie\u202f: «\u202f%(value)s\u202f» n’est pas une date."),
    "bad_warranty_months": _("Durée de garantie\u202f: «\u202f%(value)s\u202f» n’est pas une durée en mois."),
    "bad_cost": _("Prix\u202f: «\u202f%(value)s\u202f» n’est pas un montant sans ambiguïté."),
    "bad_address": _("«\u202f%(value)s\u202f» n’est ni une adresse IP ni un nom de machine."),
    "bad_mac_address": _("«\u202f%(value)s\u202f» n’est pas une adresse MAC."),
    "bad_computer_name": _(
        "«\u202f%(value)s\u202f»\u202f: un nom d’ordinateur n’a que des lettres sans accent, des chiffres, des tirets."
    ),
    "warranty_before_purchase": _("La garantie finit avant l’achat."),
    "unknown_entity": _("Service inconnu\u202f: «\u202f%(value)s\u202f»."),
    "several_entities": _("«\u202f%(value)s\u202f» désigne plusieurs services\u202f: %(names)s."),
    "unknown_site": _("Site inconnu\u202f: «\u202f%(value)s\u202f»."),
    "several_sites": _("«\u202f%(value)s\u202f» désigne plusieurs sites\u202f: %(names)s."),
    "unknown_contract": _("Contrat inconnu\u202f: «\u202f%(value)s\u202f»."),
    "several_contracts": _("«\u202f%(value)s\u202f» désigne plusieurs contrats."),
    "unknown_agent": _("Agent inconnu ou parti\u202f: «\u202f%(value)s\u202f»."),
    "several_agents": _("«\u202f%(value)s\u202f» désigne plusieurs agents\u202f: %(names)s."),
    "agent_and_state": _("Un agent est indiqué pour un matériel qui n’est pas en service\u202f: il n’est pas affecté."),
    "several_by_tag": _("Plusieurs matériels ont le numéro d’inventaire «\u202f%(value)s\u202f»\u202f: %(names)s."),
    "several_by_serial": _("Plusieurs matériels ont le numéro de série «\u202f%(value)s\u202f»\u202f: %(names)s."),
    "several_by_name": _("Plusieurs matériels s’appellent «\u202f%(value)s\u202f»\u202f: %(names)s."),
    "tag_and_serial": _("Le numéro d’inventaire est celui de %(tag_of)s, le numéro de série celui de %(serial_of)s."),
    "name_of_other": _("%(name)s porte ce nom avec un autre numéro de série (%(serial)s)."),
    "tag_taken": _("Le numéro d’inventaire «\u202f%(value)s\u202f» est déjà celui de %(name)s."),
    "name_taken": _("Le nom «\u202f%(value)s\u202f» est déjà celui de %(name)s."),
    "twice": _("Ce matériel est déjà à la ligne %(line)s du fichier."),
}

OUTCOMES: dict[str, Text] = {
    "changed_since": _("Laissée de côté\u202f: le matériel a changé depuis la comparaison."),
    "taken": _("Laissée de côté\u202f: le numéro d’inventaire ou le nom a été pris entre-temps."),
    "added_since": _("Laissée de côté\u202f: ce matériel a été ajouté au parc entre-temps."),
    "agent_gone": _("Laissée de côté\u202f: l’agent n’est plus là."),
    "agent_not_in_post": _("Laissée de côté\u202f: l’agent n’est plus en poste."),
    "asset_moved": _("Laissée de côté\u202f: la situation du matériel a changé entre-temps."),
    "undone": _("Annulée"),
    "kept": _("Gardée\u202f: le matériel a changé depuis l’import."),
}
"""What became of a line that was to be written."""

RUN_PROBLEMS: dict[str, Text] = {
    "no_file": _("Le fichier n’est plus là\u202f: déposez-le de nouveau."),
    "file_unreadable": _("Le fichier n’est plus lisible."),
    "too_many_lines": _("Il y a plus de 20\u202f000 lignes\u202f: partagez l’import."),
    "interrupted": _("La lecture s’est interrompue\u202f: rien n’a été écrit."),
    "not_taken": _("Le service de fond ne l’a pas pris en charge\u202f: vérifiez qu’il fonctionne."),
    "not_allowed": _("La personne qui l’a lancé n’en a plus le droit."),
    "connection_gone": _("La connexion à GLPI a été supprimée."),
    "unexpected": _("Une erreur imprévue l’a arrêté. Ce qui était écrit reste\u202f; le reste peut être repris."),
    "undo_stopped": _("L’annulation s’est arrêtée en chemin\u202f: relancez-la pour le reste."),
}


def field_name(name: str) -> str:
    """`Numéro d’inventaire`."""
    return str(LABELS.get(name, name))


def problem(found: list[Any] | tuple[str, dict[str, Any]]) -> str:
    """One sentence for a code and what goes in it."""
    code, params = str(found[0]), dict(found[1])
    if "field" in params:
        params["field"] = field_name(str(params["field"]))
    if isinstance(params.get("names"), list):
        params["names"] = ", ".join(map(str, params["names"]))
    sentence = PROBLEMS.get(code)
    return str(sentence) % params if sentence is not None else gettext("Cette ligne a été refusée.")


def outcome(code: str) -> str:
    """What became of a line."""
    return str(OUTCOMES.get(code, _("Laissée de côté\u202f: Parvis l’a refusée.")))


def run_problem(run: Run) -> str:
    """What went wrong of a whole run, with its detail."""
    sentence = RUN_PROBLEMS.get(run.problem) or GLPI_PROBLEMS.get(run.problem.removeprefix("glpi_"))
    text = str(sentence or RUN_PROBLEMS["unexpected"])
    return f"{text} {run.detail}".strip() if run.problem == "file_unreadable" else text


def value(name: str, plain: Any, words: str = "") -> str:
    """A field's value as people read it."""
    if words:
        return words
    if plain in (None, "", []):
        return "—"
    if name == "kind":
        return str(Asset.Kind(plain).label) if plain in Asset.Kind.values else str(plain)
    if name == "state":
        return str(Asset.State(plain).label) if plain in Asset.State.values else str(plain)
    if name in {"purchase_date", "warranty_end_date"}:
        return formats.day(date.fromisoformat(plain))
    if name == "cost":
        return f"{str(plain).replace('.', ',')}{formats.NARROW}€"
    return str(plain) if len(str(plain)) <= 80 else f"{str(plain)[:79]}…"
