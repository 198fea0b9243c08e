"""What Parvis keeps of people, why and for how long: every room's kinds of data, on one page.

A room says in its `personal_data.py` how to export one agent's rows (`export(agent)`) and how to delete the old
ones (`purge(before)`); see `privacy.registry.Kind`. Retentions are in months; where the installation chose another
default (`PARVIS_RETENTION_MONTHS`), it stands for the traces of use.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

PUBLIC_SERVICE = _("Organiser le travail du service (mission d’intérêt public, RGPD article 6.1.e).")
SECURITY = _(
    "Protéger le système d’information et comprendre un incident (obligation légale, RGPD articles 6.1.c et 32)."
)


def connect() -> None:
    """Register every kind. Called once, when Django is ready, by the wiring."""
    from parvis.portal.config import personal_data_meetings as meetings

    _people()
    _presence()
    _traces()
    _work()
    _trust()
    _sources()
    _equipment()
    _telework()
    _rollout()
    _stocktake()
    _imports()
    meetings.connect()


def _usual(shortest: int, longest: int) -> int:
    return min(max(int(settings.PARVIS.retention_months), shortest), longest)


def _people() -> None:
    from parvis.portal.accounts import personal_data as accounts
    from parvis.portal.directory import personal_data as directory
    from parvis.portal.federation import personal_data as federation
    from parvis.portal.movements import personal_data as movements
    from parvis.portal.privacy.registry import Kind, register

    register(
        Kind(
            name="agents",
            title=_("Fiches des agents partis"),
            legal_basis=_(
                "Savoir à qui un matériel ou un accès était confié après un départ (mission d’intérêt public, RGPD"
                " article 6.1.e). Le nom est ensuite effacé."
            ),
            retention_months=12,
            longest_months=36,
            export=directory.export,
            purge=directory.make_anonymous,
            rows=directory.gone,
            dated_by="ends_date",
        )
    )
    register(
        Kind(
            name="account",
            title=_("Compte et deuxième étape"),
            legal_basis=_("Donner accès au portail, de façon sûre (mission d’intérêt public, RGPD article 6.1.e)."),
            retention_months=None,
            export=lambda agent: accounts.export_account(agent.user_id),
        )
    )
    register(
        Kind(
            name="identities",
            title=_("Comptes reliés chez un fournisseur d’identité"),
            legal_basis=_("Se connecter avec un compte existant (mission d’intérêt public, RGPD article 6.1.e)."),
            retention_months=None,
            export=federation.export,
        )
    )
    register(
        Kind(
            name="movements",
            title=_("Arrivées, mobilités et départs"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=24,
            longest_months=60,
            export=movements.export,
            rows=movements.rows,
            dated_by="effective_date",
        )
    )


def _presence() -> None:
    from parvis.portal.presence import personal_data as presence
    from parvis.portal.presence.models import Day
    from parvis.portal.privacy.registry import Kind, register

    register(
        Kind(
            name="presence",
            title=_("Présence et semaines habituelles"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=presence.RETENTION_MONTHS,
            longest_months=60,
            export=presence.export,
            purge=presence.purge,
            rows=Day.objects.all,
            dated_by="date",
        )
    )


def _traces() -> None:
    from parvis.portal.accounts import personal_data as accounts
    from parvis.portal.kernel.models import AuditRecord
    from parvis.portal.privacy import personal_data as privacy
    from parvis.portal.privacy.models import Consultation
    from parvis.portal.privacy.registry import Kind, register

    register(
        Kind(
            name="audit",
            title=_("Journal d’audit"),
            legal_basis=_(
                "Tracer qui a fait quoi (obligation légale, RGPD articles 6.1.c et 32)\u202f; trois mois au moins pour"
                " les entités essentielles (référentiel ReCyF), un an conseillé par la CNIL."
            ),
            retention_months=_usual(3, 36),
            shortest_months=3,
            longest_months=36,
            export=privacy.export_trail,
            purge=privacy.purge_trail,
            rows=AuditRecord.objects.all,
            dated_by="at",
        )
    )
    register(
        Kind(
            name="consultations",
            title=_("Qui a consulté quelle fiche"),
            legal_basis=_("Rendre compte de l’usage des données (RGPD articles 5-2 et 15)."),
            retention_months=12,
            shortest_months=3,
            longest_months=36,
            export=privacy.export_consultations,
            rows=Consultation.objects.all,
            dated_by="hour_at",
        )
    )
    register(
        Kind(
            name="sign_ins",
            title=_("Connexions ouvertes"),
            legal_basis=SECURITY,
            retention_months=1,
            longest_months=12,
            export=lambda agent: accounts.export_sign_ins(agent.user_id),
            purge=accounts.purge_sign_ins,
            rows=accounts.past_sign_ins,
            dated_by="last_seen_at",
        )
    )
    register(
        Kind(
            name="tokens",
            title=_("Jetons d’accès expirés"),
            legal_basis=SECURITY,
            retention_months=12,
            longest_months=36,
            export=lambda agent: accounts.export_tokens(agent.user_id),
            rows=accounts.past_tokens,
            dated_by="expires_date",
        )
    )
    register(
        Kind(
            name="recoveries",
            title=_("Récupérations d’accès"),
            legal_basis=SECURITY,
            retention_months=12,
            shortest_months=3,
            longest_months=36,
            export=lambda agent: accounts.export_recoveries(agent.user_id),
            rows=accounts.past_recoveries,
            dated_by="opened_at",
        )
    )


def _work() -> None:
    from parvis.portal.infrastructure import personal_data as infrastructure
    from parvis.portal.inventory import personal_data as inventory
    from parvis.portal.parc import personal_data as parc
    from parvis.portal.privacy.registry import Kind, register
    from parvis.portal.remote_desktop import personal_data as screens
    from parvis.portal.remote_desktop.models import Refusal

    register(
        Kind(
            name="computers",
            title=_("Matériel confié"),
            legal_basis=_("Gérer le matériel (mission d’intérêt public, RGPD article 6.1.e)."),
            retention_months=None,
            export=parc.export,
        )
    )
    register(
        Kind(
            name="telephone_lines",
            title=_("Lignes téléphoniques"),
            legal_basis=_("Gérer la téléphonie professionnelle (mission d’intérêt public, RGPD article 6.1.e)."),
            retention_months=None,
            export=infrastructure.export,
        )
    )
    register(
        Kind(
            name="equipment_history",
            title=_("Historique du matériel confié"),
            legal_basis=_(
                "Savoir à qui un matériel a été confié, après une perte ou une restitution (mission d’intérêt public,"
                " RGPD article 6.1.e). Le nom quitte ensuite l’historique du matériel."
            ),
            retention_months=60,
            shortest_months=12,
            longest_months=120,
            export=parc.export_history,
            purge=parc.forget_agents,
            rows=parc.past,
            dated_by="at",
        )
    )
    register(
        Kind(
            name="last_sessions",
            title=_("Dernière session vue par les sondes"),
            legal_basis=_(
                "Savoir qui utilise un matériel confié à quelqu’un d’autre (mission d’intérêt public, RGPD article"
                " 6.1.e)."
            ),
            retention_months=inventory.RETENTION_MONTHS,
            longest_months=12,
            export=inventory.export,
            purge=inventory.purge,
            rows=inventory.rows,
            dated_by="reported_at",
        )
    )
    register(
        Kind(
            name="remote_sessions",
            title=_("Bureaux à distance"),
            legal_basis=SECURITY,
            retention_months=_usual(3, 36),
            shortest_months=3,
            longest_months=36,
            export=screens.export_sessions,
            rows=screens.ended_sessions,
            dated_by="requested_at",
        )
    )
    register(
        Kind(
            name="refusals",
            title=_("Refus d’ouvrir un écran"),
            legal_basis=SECURITY,
            retention_months=_usual(1, 36),
            longest_months=36,
            export=screens.export_refusals,
            rows=Refusal.objects.all,
            dated_by="at",
        )
    )
    register(
        Kind(
            name="rights",
            title=_("Droits d’accès à l’écran passés"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=24,
            shortest_months=3,
            longest_months=60,
            export=screens.export_rights,
            rows=screens.past_rights,
            dated_by="ends_date",
        )
    )


def _stocktake() -> None:
    from parvis.portal.privacy.registry import Kind, register
    from parvis.portal.stocktake import personal_data as stocktake

    register(
        Kind(
            name="sightings",
            title=_("Qui a compté quel site"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=24,
            longest_months=60,
            export=stocktake.export,
            purge=stocktake.purge,
            rows=stocktake.rows,
            dated_by="seen_at",
        )
    )


def _sources() -> None:
    from parvis.portal.privacy.registry import Kind, register
    from parvis.portal.sources import personal_data as sources

    register(
        Kind(
            name="sources",
            title=_("Ce que disent les sources de l’annuaire"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=12,
            longest_months=36,
            export=sources.export,
            purge=sources.purge,
        )
    )


def _imports() -> None:
    from parvis.portal.imports import personal_data as imports
    from parvis.portal.privacy.registry import Kind, register

    register(
        Kind(
            name="imports",
            title=_("Lignes des imports du parc"),
            legal_basis=_("Reprendre et corriger le parc (mission d’intérêt public, RGPD article 6.1.e)."),
            retention_months=3,
            longest_months=12,
            export=imports.export,
            purge=imports.purge,
        )
    )


def _trust() -> None:
    from parvis.portal.privacy.registry import Kind, register
    from parvis.portal.trust import personal_data as trust

    register(
        Kind(
            name="private_devices",
            title=_("Appareils personnels reconnus"),
            legal_basis=SECURITY,
            retention_months=_usual(1, 14),
            longest_months=14,
            export=trust.export_private,
            rows=trust.private_devices,
            dated_by="last_seen_at",
        )
    )
    register(
        Kind(
            name="supplied_devices",
            title=_("Postes fournis"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=None,
            export=trust.export_supplied,
        )
    )


def _loans() -> None:
    from parvis.portal.loans import personal_data as loans
    from parvis.portal.privacy.registry import Kind, register

    register(
        Kind(
            name="loans",
            title=_("Prêts de matériel"),
            legal_basis=_(
                "Savoir qui a quel matériel de la collectivité (mission d’intérêt public, RGPD article 6.1.e)."
            ),
            retention_months=24,
            shortest_months=6,
            longest_months=60,
            export=loans.export,
            purge=loans.purge,
            rows=loans.rows,
            dated_by="closed_at",
        )
    )


def _telework() -> None:
    from parvis.portal.privacy.registry import Kind, register
    from parvis.portal.telework import personal_data as telework

    register(
        Kind(
            name="telework",
            title=_("Télétravail\u202f: demandes et mise en service"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=24,
            shortest_months=6,
            longest_months=60,
            export=telework.export,
            purge=telework.purge,
            rows=telework.rows,
            dated_by="over_at",
        )
    )
    register(
        Kind(
            name="telework_texts",
            title=_("Chartes et conventions acceptées"),
            legal_basis=_(
                "Prouver ce que l’agent et la collectivité ont convenu (mission d’intérêt public, RGPD article 6.1.e)."
            ),
            retention_months=24,
            shortest_months=6,
            longest_months=60,
            export=telework.export_acceptances,
            purge=telework.purge_acceptances,
            rows=telework.acceptances,
            dated_by="accepted_at",
        )
    )


def _rollout() -> None:
    from parvis.portal.privacy.registry import Kind, register
    from parvis.portal.rollout import personal_data as rollout

    register(
        Kind(
            name="rollout",
            title=_("Campagnes de déploiement"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=24,
            shortest_months=3,
            longest_months=60,
            export=rollout.export,
            purge=rollout.purge,
        )
    )


def _equipment() -> None:
    from parvis.portal.equipment import personal_data as equipment
    from parvis.portal.equipment.models import Outfit
    from parvis.portal.privacy.registry import Kind, register

    register(
        Kind(
            name="outfits",
            title=_("Équipement décidé en une fois"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=24,
            shortest_months=3,
            longest_months=60,
            export=equipment.export,
            purge=equipment.purge,
            rows=Outfit.objects.all,
            dated_by="made_at",
        )
    )
