"""The charter and the agreement of the fictional authority."""

from __future__ import annotations

CHARTER_TITLE = "Charte du télétravail"
CHARTER_1 = """# Pourquoi cette charte
Le télétravail est un choix\u202f: il se demande, il s’accorde, il s’arrête quand on veut.
Cette charte dit ce que {collectivite} et chacun de ses agents peuvent attendre l’un de l’autre.

# Ce que vous faites
- Vous travaillez aux mêmes heures qu’au bureau, et vous restez joignable.
- Vous utilisez le portail pour vos applications et pour l’écran de votre ordinateur de bureau.
- Vous ne copiez pas de dossiers sur un ordinateur personnel.
- Vous fermez votre session quand vous quittez votre place.

# Ce que fait la collectivité
- Elle vous donne les accès et vous aide à les mettre en service.
- Elle ne regarde ni votre écran, ni ce que vous tapez.
"""
CHARTER_2 = (
    CHARTER_1
    + """- Elle garde la date et l’heure de vos connexions un an, pour la sécurité.

# Le droit à la déconnexion
Personne n’attend de réponse de vous avant 8 heures, après 18 heures 30, ni le week-end.
"""
)
CHARTER_3 = (
    CHARTER_2
    + """
# Les réunions
Une réunion se tient de préférence par téléphone\u202f: une caméra n’est jamais obligatoire.
"""
)
AGREEMENT_TITLE = "Convention individuelle de télétravail"
AGREEMENT = """# Entre
{collectivite} et {agent}, {fonction}, service {service}.

# Ce qui est convenu
- {agent} télétravaille au {niveau}.
- Jours de télétravail\u202f: {jours}.
- À partir du {debut}, jusqu’au\u202f: {fin}.

# Comment elle se termine
Chacun peut y mettre fin à tout moment, en le disant deux semaines à l’avance.
En cas d’urgence du service, un jour de télétravail peut devenir un jour sur site.
"""
