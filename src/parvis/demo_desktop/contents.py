"""What the document of a new demo PC says."""

from __future__ import annotations

from .names import Identity


def first_text(identity: Identity) -> str:
    """The minutes of a meeting, ready to be continued at the end."""
    return (
        f"Compte rendu de la réunion du service {identity.service}\n"
        f"{identity.entity}\n"
        "\n"
        "Présents : Hélène Mercœur, Yanis Benali, Inès Fontaine, Loïc Garançon\n"
        f"Secrétaire de séance : {identity.agent}\n"
        "\n"
        "1. Organisation du télétravail\n"
        "Deux jours par semaine, à choisir avec le chef de service. Chacun retrouve depuis chez soi l’écran de son "
        "ordinateur de bureau, ses documents et ses logiciels : rien n’est copié sur l’ordinateur personnel.\n"
        "\n"
        "2. Accueil des usagers\n"
        "L’accueil sur rendez-vous est étendu au samedi matin. Les agents à distance répondent au téléphone et aux "
        "demandes en ligne.\n"
        "\n"
        "3. Questions diverses\n"
        "– Prochaine réunion : lundi à 9 h, salle Simone-Veil.\n"
        "– "
    )
