"""The words for people: fields, kinds of change, problems, states."""

from __future__ import annotations

from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.sources.items import ACTIVE, DAYS, ENTITY, FIELDS, Item, Kind, Problem, Value
from parvis.portal.sources.models import Run
from parvis.portal.ui import formats

FIELD_NAMES: dict[str, str | Promise] = {
    name: Agent._meta.get_field(name).verbose_name.capitalize()  # type: ignore[union-attr]
    for name in (*FIELDS, ACTIVE)
}

KINDS: dict[Kind, tuple[str | Promise, str, str]] = {
    Kind.ARRIVAL: (_("Arrivée"), "green", "user-plus"),
    Kind.CHANGE: (_("Modification"), "blue", "edit"),
    Kind.MOVE: (_("Changement de service"), "azure", "arrow-right"),
    Kind.RETURN: (_("Retour"), "green", "user-check"),
    Kind.DISABLED: (_("Départ\u202f: désactivé dans la source"), "red", "user-off"),
    Kind.VANISHED: (_("Départ\u202f: absent de la source"), "red", "user-off"),
    Kind.ABSENT: (_("Absent, pas encore parti"), "yellow", "clock"),
    Kind.HELD: (_("Saisie humaine conservée"), "secondary", "lock"),
    Kind.MERGE: (_("Fusion à décider"), "purple", "users"),
    Kind.CONFLICT: (_("Conflit"), "orange", "alert-triangle"),
    Kind.FAULT: (_("Fiche illisible"), "orange", "alert-circle"),
}
"""Words, colour, icon; in the order of pages."""

STATES: dict[str, tuple[str, str]] = {
    Run.State.QUEUED: ("blue", "clock"),
    Run.State.READING: ("blue", "refresh"),
    Run.State.PLANNED: ("yellow", "eye"),
    Run.State.WAITING: ("orange", "alert-triangle"),
    Run.State.APPLYING: ("blue", "refresh"),
    Run.State.APPLIED: ("green", "check"),
    Run.State.FAILED: ("red", "x"),
    Run.State.STALE: ("yellow", "refresh"),
    Run.State.DISCARDED: ("secondary", "ban"),
}

PROBLEMS: dict[str, str | Promise] = {
    "unreadable": _("%(text)s"),
    "no_key": _("L’identifiant dans la source manque ou dépasse 200 caractères."),
    "no_first_name": _("Le prénom manque."),
    "no_last_name": _("Le nom manque."),
    "no_email": _("L’adresse électronique manque."),
    "bad_email": _("«\u202f%(value)s\u202f» n’est pas une adresse électronique."),
    "too_long": _("%(field)s\u202f: %(most)s caractères au plus."),
    "bad_year": _("Une date n’est pas plausible."),
    "ends_before_start": _("Le départ précède l’arrivée."),
    "control_characters": _("La fiche contient des caractères invisibles."),
    "duplicate_key": _("L’identifiant «\u202f%(key)s\u202f» figure %(times)s fois dans la source."),
    "duplicate_email": _("L’adresse %(value)s figure plusieurs fois dans la source."),
    "duplicate_number": _("Le matricule %(value)s figure plusieurs fois dans la source."),
    "email_taken": _("L’adresse %(value)s est celle d’un autre agent\u202f: elle n’est pas reprise."),
    "email_elsewhere": _("L’adresse %(value)s est celle d’un agent qui ne dépend pas de cette collectivité."),
    "email_is_sign_in": _("L’adresse %(value)s n’est pas reprise\u202f: l’agent se connecte avec l’actuelle."),
    "merge_refused": _("L’adresse %(value)s est celle d’un agent dont vous avez refusé la fusion."),
    "matches_several": _("L’adresse et le matricule désignent deux agents différents."),
    "already_linked": _("Une autre fiche de la source est déjà cet agent."),
    "outside_root": _("L’agent ne dépend plus de cette collectivité\u202f: la source ne le modifie plus."),
    "unknown_entity": _("Service inconnu\u202f: «\u202f%(value)s\u202f»."),
    "ambiguous_entity": _("«\u202f%(value)s\u202f» désigne plusieurs services\u202f: %(names)s."),
    # Outcomes of an item, at the time of writing
    "agent_gone": _("L’agent a été supprimé entre-temps."),
    "invalid": _("L’annuaire a refusé cette fiche."),
    "account_out_of_reach": _(
        "Le compte de cet agent a des rôles au-delà de cette collectivité\u202f: son départ se note à la main."
    ),
    "last_superuser": _("Dernier administrateur de Parvis\u202f: nommez-en un autre avant son départ."),
    "last_head_of_it": _("Dernier responsable informatique\u202f: nommez-en un autre avant son départ."),
}

RUN_PROBLEMS: dict[str, str | Promise] = {
    "replaced": _("Une lecture plus récente l’a remplacée."),
    "interrupted": _("La lecture s’est interrompue\u202f: rien n’a été appliqué."),
    "not_taken": _("Le service de fond ne l’a pas prise en charge\u202f: vérifiez qu’il fonctionne."),
    "unexpected": _("Une erreur imprévue l’a arrêtée. Ce qui était appliqué reste, la prochaine continuera."),
    "settings_changed": _("Les réglages de la source ont changé depuis la lecture\u202f: rien n’a été appliqué."),
    "directory_changed": _("L’annuaire a changé depuis la lecture\u202f: rien n’a été appliqué. Relancez la lecture."),
    "reader_missing": _("Ce type de source ne peut pas être lu sur cette installation."),
    "empty_source": _("La source n’a renvoyé personne\u202f: rien n’est appliqué."),
}


def field_name(name: str) -> str:
    """`Adresse électronique`."""
    return str(FIELD_NAMES.get(name, name))


def problem(found: Problem) -> str:
    """One sentence."""
    params = dict(found.params)
    if "field" in params:
        params["field"] = field_name(str(params["field"]))
    sentence = PROBLEMS.get(found.code)
    return str(sentence) % params if sentence is not None else found.code


def outcome(code: str) -> str:
    """Why an item was left out when the run was applied."""
    sentence = PROBLEMS.get(code, PROBLEMS["invalid"])
    return str(sentence) if "%" not in str(sentence) else str(PROBLEMS["invalid"])


def run_problem(run: Run) -> str:
    """What went wrong, or empty."""
    if run.detail:
        return run.detail
    return str(RUN_PROBLEMS.get(run.problem, run.problem))


class Values:
    """Stored values as people read them."""

    def __init__(self, entities: dict[int, str]) -> None:
        self._entities = entities

    @classmethod
    def under(cls, path: str) -> Values:
        """For all entities at or below this path: one query."""
        return cls(dict(Entity.objects.filter(path__startswith=path).order_by().values_list("pk", "name")))

    def text(self, name: str, value: Value) -> str:
        """`—` for nothing."""
        if name == ACTIVE:
            return gettext("en poste") if value else gettext("parti")
        if not value:
            return "—"
        if name == ENTITY:
            return self._entities.get(int(str(value)), "—")
        if name in DAYS:
            return formats.day(date.fromisoformat(str(value)))
        return str(value)

    def differences(self, item: Item) -> list[str]:
        """What changes, and what does not though the source says otherwise; one sentence each."""
        arrives = Kind.ARRIVAL in item.kinds
        told = [
            f"{field_name(name)}{_colon()}{self.text(name, new)}"
            if arrives
            else f"{field_name(name)}{_colon()}{self.text(name, old)} → {self.text(name, new)}"
            for name, (old, new) in item.fields.items()
        ]
        told += [
            gettext(
                "%(field)s\u202f: reste «\u202f%(kept)s\u202f» (saisi par une personne)\u202f; la source dit %(said)s"
            )
            % {"field": field_name(name), "kept": self.text(name, kept), "said": self.text(name, said)}
            for name, (kept, said) in item.held.items()
        ]
        told += [
            gettext("%(field)s\u202f: la source dit maintenant la même chose") % {"field": field_name(name)}
            for name in item.released
        ]
        if item.missing and not item.kinds.isdisjoint((Kind.ABSENT, Kind.VANISHED)):
            runs = item.missing[0]
            told.append(
                ngettext("Absent d’une lecture", "Absent de %(count)s lectures de suite", runs) % {"count": runs}
            )
        return told + [problem(each) for each in item.problems]


def _colon() -> str:
    return gettext("\u202f: ")
