"""The fictional messages of the mail window."""

from __future__ import annotations

from dataclasses import dataclass

from ..names import Identity


@dataclass(slots=True)
class Mail:
    """A received message; `when` is as shown in the list."""

    sender: str
    subject: str
    when: str
    body: str
    unread: bool = False


def inbox(identity: Identity) -> list[Mail]:
    """What waits in the agent's inbox, newest first."""
    first_name = identity.agent.split(" ")[0]
    return [
        Mail(
            "Direction des systèmes d’information",
            "Votre bureau à distance est prêt",
            "09:12",
            f"Bonjour {first_name},\n\nVotre poste {identity.computer} est accessible depuis votre domicile : "
            "rien à installer, votre navigateur suffit. Vos documents restent sur votre ordinateur de bureau.\n\n"
            "En cas de besoin, l’assistance vous répond de 8 h à 18 h.\n\nBien cordialement,\nL’équipe informatique",
            unread=True,
        ),
        Mail(
            "Nadia Le Bihan",
            "Ordre du jour de la réunion de lundi",
            "08:47",
            f"Bonjour à toutes et à tous,\n\nVoici l’ordre du jour de la réunion du service {identity.service} :\n"
            "1. Organisation du télétravail à la rentrée\n2. Accueil des usagers sur rendez-vous\n"
            "3. Budget : point d’étape\n4. Questions diverses\n\n"
            f"{first_name}, pourrez-vous rédiger le compte rendu ?\n\nÀ lundi,\nNadia",
            unread=True,
        ),
        Mail(
            "Gaëtan Périgault",
            "Réservation de la salle du Conseil",
            "hier",
            "Bonjour,\n\nLa salle du Conseil est réservée jeudi de 14 h à 16 h 30. La visioconférence sera installée "
            "un quart d’heure avant le début de la séance.\n\nBonne journée,\nGaëtan",
        ),
        Mail(
            "Service des finances",
            "Exécution budgétaire : relevé du trimestre",
            "hier",
            "Bonjour,\n\nLe relevé du trimestre est à jour dans le tableau « Budget ». Merci de vérifier les montants "
            "engagés de votre service avant vendredi.\n\nCordialement,\nLe service des finances",
        ),
        Mail(
            "Joséphine Maël",
            "Permanence de Noël",
            "jeu.",
            "Bonjour,\n\nIl reste deux créneaux à pourvoir pour la permanence du 24 décembre. Qui serait disponible "
            "le matin ?\n\nMerci d’avance !\nJoséphine",
        ),
        Mail(
            "Médiathèque intercommunale",
            "Exposition « Places et parvis »",
            "mer.",
            "L’exposition « Places et parvis, mille ans de vie commune » ouvre ses portes. Visite réservée aux agents "
            "mardi à 12 h 30, inscription à l’accueil.",
        ),
        Mail(
            "Benoît Lefèvre",
            "Entretiens professionnels : calendrier",
            "mar.",
            "Bonjour,\n\nLes entretiens professionnels se tiendront du 1er au 18 décembre, sur place ou à distance, "
            "comme vous préférez.\n\nBien à vous,\nBenoît",
        ),
    ]
