"""The simulation in words: its numbers, where they come from, its measures, what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, str | Promise]

SAYS: Words = {
    "before": _("agents déjà en télétravail"),
    "people": _("agents à équiper"),
    "per_week": _("agents traités par semaine, à la main"),
    "loans": _("agents à qui un ordinateur est prêté"),
    "technicians": _("techniciens (le nombre qu’il faut pour tenir ce rythme à la main)"),
    "loan_prepare": _("préparer un ordinateur à prêter (les deux)"),
    "takeup": _("délai avant de suivre l’invitation, pour un agent sur deux (les deux)"),
    "takeup_spread": _("dispersion de ce délai"),
    "takeup_late": _("part qui attend un rappel, un jour plus tard"),
    "factor_fails": _("part qui bute sur la deuxième étape de connexion (les deux)"),
    "connection_fails": _("part qui bute sur la connexion de la maison (les deux)"),
    "computer_fails": _("part qui bute sur l’ordinateur du bureau (les deux)"),
    "guide_fails": _("part qui bute sur le guide (les deux)"),
    "factor_time": _("durée de la deuxième étape de connexion"),
    "connection_time": _("durée de l’essai de la connexion"),
    "computer_time": _("durée de l’essai de l’ordinateur"),
    "guide_time": _("durée du guide"),
    "stage_spread": _("dispersion de ces durées"),
    "hand_sort": _("à la main\u202f: trier la demande et répondre"),
    "hand_open": _("à la main\u202f: ouvrir le droit, trouver et régler le poste"),
    "hand_guided": _("à la main\u202f: part guidée par téléphone"),
    "hand_guide": _("à la main\u202f: guider un agent"),
    "hand_alone": _("à la main\u202f: part de ceux qui butent et s’en sortent seuls"),
    "hand_help": _("à la main\u202f: dépanner par téléphone"),
    "hand_loan": _("à la main\u202f: remettre un prêt"),
    "ours_per_day": _("Parvis\u202f: agents invités par jour"),
    "ours_prepare": _("Parvis\u202f: préparer la campagne, avant la première invitation"),
    "ours_open": _("Parvis\u202f: ouvrir un droit (la vague le fait)"),
    "ours_repair": _("Parvis\u202f: temps que l’agent passe avec le diagnostic"),
    "factor_alone": _("Parvis\u202f: part qui passe seule la deuxième étape après un échec"),
    "connection_alone": _("Parvis\u202f: part qui règle seule sa connexion"),
    "computer_alone": _("Parvis\u202f: part que le diagnostic débloque devant l’ordinateur"),
    "guide_alone": _("Parvis\u202f: part qui finit seule le guide"),
    "ours_help": _("Parvis\u202f: répondre à une demande d’aide déjà diagnostiquée"),
    "ours_loan": _("Parvis\u202f: remettre un prêt au comptoir"),
}

SOURCES: Words = {
    "interview": _("entretien"),
    "assumed": _("hypothèse"),
    "derived": _("calculé"),
    "measured": _("mesuré ici"),
    "given": _("choisi"),
}

UNITS: Words = {
    "people": "",
    "share": "%",
    "minutes": _("min"),
    "seconds": _("s"),
    "spread": "",
}

WORLDS: Words = {"hand": _("À la main"), "parvis": _("Avec Parvis")}

MEASURES: Words = {
    "minutes_each": _("minutes de technicien par agent"),
    "hours": _("heures de technicien en tout"),
    "minutes_open": _("  dont ouvrir, en minutes"),
    "minutes_loan": _("  dont prêter"),
    "minutes_guiding": _("  dont guider par téléphone"),
    "minutes_help": _("  dont dépanner"),
    "actions": _("gestes de technicien"),
    "calls": _("appels"),
    "without_technician": _("agents servis sans technicien"),
    "answer_slow": _("attente au téléphone pour 19 appels sur 20 (min)"),
    "most_waiting": _("appels en attente, au plus"),
    "wait_half": _("heures ouvrées avant qu’un agent sur deux travaille"),
    "wait_nine": _("heures ouvrées avant que neuf agents sur dix travaillent"),
    "wait_all": _("heures ouvrées avant que le dernier travaille"),
    "last_day": _("jour ouvré où le dernier travaille"),
}

VARIANTS: Words = {
    "stumble_twice": _("deux fois plus d’agents butent"),
    "nobody_alone": _("personne ne s’en sort seul"),
    "help_twice": _("aider prend deux fois plus de temps avec Parvis"),
    "hand_half": _("à la main, tout va deux fois plus vite"),
    "hand_at_once": _("à la main, tous commencent le premier jour"),
    "slow_takeup": _("les agents tardent quatre fois plus"),
    "more_loans": _("quatre fois plus de prêts"),
}

LEFT_OUT: tuple[str | Promise, ...] = (
    _("L’entretien (une métropole, 2020) dit agents, rythme et prêts\u202f; il ne dit aucune durée ni l’effectif."),
    _("Le rythme à la main est donc une donnée, pas un résultat\u202f: l’équipe est celle qu’il faut pour le tenir."),
    _("La même équipe, à plein temps, les mêmes agents, les mêmes difficultés et les mêmes prêts des deux côtés."),
    _("Tout se passe pendant les heures ouvrées, 8 heures par jour, 5 jours par semaine."),
    _("Les ordinateurs à prêter sont là dès le premier jour, et les passerelles suffisent."),
    _("L’accord des responsables, les appels sans réponse, les pannes et les congés ne sont pas comptés."),
)
"""What it rests on and leaves out, said with every report."""
