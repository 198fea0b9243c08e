"""The menus: every room's pages and who sees them, on one page. `ui.navigation` shows them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.queries import recoveries_waiting
from parvis.portal.directory.models import Role
from parvis.portal.directory.once import held_roles
from parvis.portal.directory.queries import STAFF_ROLES
from parvis.portal.inventory.queries import reports_to_settle
from parvis.portal.loans.queries import to_decide_count
from parvis.portal.movements.models import OWNERS, Step
from parvis.portal.parc.record_queries import contracts_to_decide
from parvis.portal.telework.help_queries import to_answer_count as help_calls_to_answer
from parvis.portal.telework.queries import to_decide_count as telework_to_decide
from parvis.portal.ui.navigation import ACCOUNT, Entry, Group, Predicate, register, register_group, register_search

IT_TEAM = tuple(STAFF_ROLES)
READERS = (Role.AUDITOR, Role.HEAD_OF_IT)
WATCHERS = (*STAFF_ROLES, Role.AUDITOR)
IN_DETAIL = (Role.HEAD_OF_DEPARTMENT, Role.HEAD_OF_IT)
MANAGERS = (*WATCHERS, Role.HEAD_OF_DEPARTMENT)


def has_one_of(*roles: Role) -> Predicate:
    """Shown to who holds one of these roles anywhere. One query a request for the whole menu."""

    def predicate(user: Any) -> bool:
        return user.is_superuser or not _roles(user).isdisjoint(roles)

    return predicate


def owns_steps(user: Any) -> bool:
    """Shown to who has steps of arrivals and departures to do, by role or by name."""
    return has_one_of(*OWNERS)(user) or Step.objects.filter(owner_id=user.pk).exists()


def _roles(user: Any) -> frozenset[str]:
    # Kept on the user object, which lives as long as the request: the menu of a form that is refused asks once too.
    held: frozenset[str] | None = getattr(user, "_menu_roles", None)
    if held is None:
        held = frozenset(role for role, _path in held_roles(user))
        user._menu_roles = held
    return held


def connect() -> None:
    """Fill the menus. Called once, when Django is ready."""
    register_group(Group("parc", _("Parc"), "devices"))
    register_group(Group("loans", _("Prêts"), "package"))
    register_group(Group("telework", _("Télétravail"), "device-desktop-check"))
    register_group(Group("meetings", _("Réunions"), "headset"))
    register_group(Group("people", _("Annuaire"), "users"))
    register_group(Group("presence", _("Présence"), "calendar"))
    register_group(Group("access", _("Comptes et accès"), "shield-check"))
    register_group(Group("portal", _("Portail"), "layout-grid"))
    register(
        Entry(_("Accueil"), "home:home", "home"),
        Entry(_("Mon bureau"), "remote_desktop:mine", "device-desktop"),
        Entry(_("Ma présence"), "presence:mine", "calendar", "presence"),
        Entry(_("Qui est où"), "presence:who", "users", "presence"),
        Entry(_("Calendrier du service"), "presence:departments", "calendar-event", "presence", has_one_of(*IN_DETAIL)),
        Entry(_("À confirmer"), "presence:waiting", "hourglass", "presence", has_one_of(Role.HEAD_OF_DEPARTMENT)),
        Entry(_("Effectifs"), "presence:everybody", "chart-bar", "presence", has_one_of(*IN_DETAIL)),
        Entry(_("Alertes"), "presence:alerts", "alert-triangle", "presence", has_one_of(*IN_DETAIL)),
        Entry(
            _("Réglages de la présence"),
            "presence:settings",
            "settings",
            "presence",
            has_one_of(Role.HEAD_OF_DEPARTMENT, Role.HEAD_OF_IT),
        ),
        Entry(_("État des services"), "home:services", "activity"),
        Entry(_("Trouver un collègue"), "directory:people", "address-book", "people"),
        Entry(_("Agents"), "directory:agents", "users", "people", has_one_of(*MANAGERS)),
        Entry(_("Organisation"), "directory:entities", "sitemap", "people", has_one_of(*MANAGERS)),
        Entry(_("Qui a quel rôle"), "directory:roles", "user-shield", "people", has_one_of(*MANAGERS)),
        Entry(_("Arrivées et départs"), "movements:movements", "user-plus", "people", has_one_of(*MANAGERS)),
        Entry(_("Mes étapes"), "movements:my_steps", "list-check", "people", owns_steps),
        Entry(_("Sources"), "sources:sources", "database", "people", has_one_of(*WATCHERS)),
        Entry(_("Matériels"), "parc:assets", "devices", "parc", has_one_of(*WATCHERS)),
        Entry(_("Ordinateurs"), "parc:computers", "device-desktop", "parc", has_one_of(*WATCHERS)),
        Entry(_("Sites"), "parc:sites", "map-pin", "parc", has_one_of(*WATCHERS)),
        Entry(_("Services de la DSI"), "infrastructure:services", "server", "parc", has_one_of(*WATCHERS)),
        Entry(_("Lignes téléphoniques"), "infrastructure:lines", "phone", "parc", has_one_of(*WATCHERS)),
        Entry(_("Coupures"), "infrastructure:outages", "plug-connected-x", "parc", has_one_of(*WATCHERS)),
        Entry(_("Contrats"), "parc:contracts", "signature", "parc", has_one_of(*WATCHERS)),
        Entry(_("À surveiller"), "parc:watch", "hourglass", "parc", has_one_of(*WATCHERS), badge=contracts_to_decide),
        Entry(_("Équiper une personne"), "equipment:equip_someone", "user-plus", "parc", has_one_of(*IT_TEAM)),
        Entry(_("Niveau d’équipement"), "equipment:level", "gauge", "parc", has_one_of(*MANAGERS)),
        Entry(_("Âge et remplacement"), "equipment:ages_top", "calendar-time", "parc", has_one_of(*WATCHERS)),
        Entry(_("Sondes"), "inventory:tokens", "activity", "parc", has_one_of(*WATCHERS)),
        Entry(_("Mes prêts"), "loans:mine", "package", "loans"),
        Entry(
            _("Prêts à accorder"),
            "loans:waiting",
            "hourglass",
            "loans",
            has_one_of(*IN_DETAIL, Role.TECHNICIAN),
            badge=to_decide_count,
        ),
        Entry(_("Comptoir"), "loans:counter", "barcode", "loans", has_one_of(*IT_TEAM)),
        Entry(_("À préparer"), "loans:preparations", "package", "loans", has_one_of(*WATCHERS)),
        Entry(_("Prêts en retard"), "loans:late", "alert-triangle", "loans", has_one_of(*WATCHERS)),
        Entry(_("Tous les prêts"), "loans:loans", "list-check", "loans", has_one_of(*WATCHERS)),
        Entry(_("Calendrier des prêts"), "loans:calendar", "calendar", "loans", has_one_of(*WATCHERS)),
        Entry(_("Stock de prêt"), "loans:pool", "devices", "loans", has_one_of(*WATCHERS)),
        Entry(_("Prévision"), "loans:forecast", "chart-bar", "loans", has_one_of(*WATCHERS)),
        Entry(_("Catalogue des prêts"), "loans:offers", "book", "loans", has_one_of(*WATCHERS)),
        Entry(_("Inventaires des sites"), "stocktake:stocktakes", "qrcode", "parc", has_one_of(*WATCHERS)),
        Entry(_("Imports et exports"), "imports:runs", "upload", "parc", has_one_of(*WATCHERS)),
        Entry(
            _("Relevés à trancher"),
            "inventory:quarantine",
            "help",
            "parc",
            has_one_of(*WATCHERS),
            badge=reports_to_settle,
        ),
        Entry(_("Logiciels"), "software:software", "apps", "parc", has_one_of(*WATCHERS)),
        Entry(_("Licences"), "software:licences", "certificate", "parc", has_one_of(*WATCHERS)),
        Entry(_("Protection des postes"), "software:security", "shield-check", "parc", has_one_of(*WATCHERS)),
        Entry(_("Anomalies"), "software:anomalies", "alert-triangle", "parc", has_one_of(*IT_TEAM)),
        Entry(_("Mes réunions"), "meetings:mine", "calendar-event", "meetings"),
        Entry(_("Nouvelle réunion"), "meetings:new", "plus", "meetings"),
        Entry(_("Toutes les réunions"), "meetings:all", "list-check", "meetings", has_one_of(*WATCHERS)),
        Entry(_("Qui a utilisé quel outil"), "meetings:tool_uses", "users", "meetings", has_one_of(*WATCHERS)),
        Entry(_("Mes réservations"), "booking:mine", "calendar-time", "meetings"),
        Entry(_("Trouver une salle"), "booking:find", "building", "meetings"),
        Entry(_("Planning des salles"), "booking:board", "calendar", "meetings", has_one_of(*WATCHERS)),
        Entry(_("Groupes de salles"), "booking:pools", "phone", "meetings", has_one_of(*WATCHERS)),
        Entry(_("Réservations"), "booking:bookings", "list-check", "meetings", has_one_of(*WATCHERS)),
        Entry(_("Jauge des salles"), "booking:gauges", "gauge", "meetings", has_one_of(*WATCHERS)),
        Entry(_("Les outils de réunion"), "conferencing:tools", "video", "meetings"),
        Entry(_("Gérer les outils"), "conferencing:manage", "settings", "meetings", has_one_of(*WATCHERS)),
        Entry(_("Mon télétravail"), "telework:mine", "device-desktop-check", "telework"),
        Entry(
            _("Télétravail à accorder"),
            "telework_staff:waiting",
            "hourglass",
            "telework",
            has_one_of(*IN_DETAIL, Role.TECHNICIAN),
            badge=telework_to_decide,
        ),
        Entry(_("Demandes de télétravail"), "telework_staff:requests", "list-check", "telework", has_one_of(*MANAGERS)),
        Entry(
            _("Demandes d’aide"),
            "telework_staff:help_calls",
            "lifebuoy",
            "telework",
            has_one_of(*WATCHERS),
            badge=help_calls_to_answer,
        ),
        Entry(_("Règles du télétravail"), "telework_staff:rules", "settings", "telework", has_one_of(*WATCHERS)),
        Entry(_("Chartes et conventions"), "telework_staff:texts", "file-text", "telework", has_one_of(*WATCHERS)),
        Entry(_("Déploiement"), "rollout:campaigns", "users", "telework", has_one_of(*WATCHERS)),
        Entry(_("Vue d’ensemble"), "remote_desktop_staff:overview", "activity", "telework", has_one_of(*WATCHERS)),
        Entry(_("Mises en service"), "telework_staff:enrolments", "list-check", "telework", has_one_of(*MANAGERS)),
        Entry(_("Où l’on bloque"), "telework_staff:funnel", "chart-bar", "telework", has_one_of(*MANAGERS)),
        Entry(_("Sessions en cours"), "remote_desktop_staff:live", "player-play", "telework", has_one_of(*WATCHERS)),
        Entry(_("Historique"), "remote_desktop_staff:history", "history", "telework", has_one_of(*WATCHERS)),
        Entry(_("Refus"), "remote_desktop_staff:refusals", "ban", "telework", has_one_of(*WATCHERS)),
        Entry(_("Droits d’accès"), "remote_desktop_staff:rights", "key", "telework", has_one_of(*MANAGERS)),
        Entry(_("Écrans"), "remote_desktop_staff:displays", "device-desktop", "telework", has_one_of(*WATCHERS)),
        Entry(_("Passerelles"), "remote_desktop_staff:gateways", "network", "telework", has_one_of(*WATCHERS)),
        Entry(_("Puissance de calcul"), "capacity:overview", "gauge", "telework", has_one_of(*WATCHERS)),
        Entry(_("Comptes"), "accounts:users", "user-shield", "access", has_one_of(*IT_TEAM)),
        Entry(
            _("Demandes de récupération"),
            "accounts:recoveries",
            "lifebuoy",
            "access",
            has_one_of(*IT_TEAM),
            badge=recoveries_waiting,
        ),
        Entry(
            _("Fournisseurs d’identité"), "federation:providers", "id-badge-2", "access", has_one_of(Role.HEAD_OF_IT)
        ),
        Entry(_("Postes fournis"), "trust:devices", "shield-check", "access", has_one_of(*WATCHERS)),
        Entry(_("Règles d’accès"), "trust:rules", "list-check", "access", has_one_of(*WATCHERS)),
        Entry(_("Ce qui s’appliquerait à…"), "trust:tester", "user-check", "access", has_one_of(*IT_TEAM)),
        Entry(_("Réseaux"), "trust:networks", "network", "access", has_one_of(*WATCHERS)),
        Entry(_("Tuiles"), "home:tiles", "layout-grid", "portal", has_one_of(*IT_TEAM)),
        Entry(_("Annonces"), "home:announcements", "speakerphone", "portal", has_one_of(*IT_TEAM)),
        Entry(_("Services numériques"), "home:manage_services", "server", "portal", has_one_of(*IT_TEAM)),
        Entry(_("Journal d’audit"), "privacy:trail", "history", "portal", has_one_of(*READERS)),
        Entry(_("Qui a consulté quelle fiche"), "privacy:consultations", "eye", "portal", has_one_of(*READERS)),
        Entry(_("Durées de conservation"), "privacy:kinds", "database", "portal", has_one_of(*READERS)),
        Entry(_("Mon compte"), "accounts:profile", "user", where=ACCOUNT),
        Entry(_("Premiers pas"), "equipment:first_steps", "lifebuoy", where=ACCOUNT),
        Entry(_("Niveau de confiance"), "trust:mine", "shield-check", where=ACCOUNT),
        Entry(_("Mes appareils"), "trust:my_devices", "devices", where=ACCOUNT),
        Entry(_("Sécurité"), "accounts:security", "shield-lock", where=ACCOUNT),
        Entry(_("Mes données"), "privacy:mine", "file-text", where=ACCOUNT),
    )
    register_search("home:search")
