"""How tools look on pages: icons, badges, words."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.portal.conferencing.errors import ADVICE, PROBLEMS
from parvis.portal.conferencing.guides import GUIDES
from parvis.portal.conferencing.models import Provider
from parvis.portal.ui.templatetags.ui import state_badge

_HEALTH = {"up": ("green", "circle-check"), "down": ("red", "alert-circle"), "unknown": ("secondary", "help-circle")}


def icon_of(kind: str) -> str:
    """Its guide's."""
    return GUIDES[kind].icon


def health_words(provider: Provider) -> str:
    """In words, for agents and the IT team alike."""
    if provider.by_hand:
        return _("Réservé à la main")
    if provider.health != Provider.Health.DOWN and provider.failures:
        return _("Dernière vérification manquée")
    return str(provider.get_health_display())


def health_badge(provider: Provider) -> SafeString:
    """The words with a colour and an icon."""
    if provider.by_hand:
        return state_badge(health_words(provider), "secondary", "hand-move")
    if provider.health != Provider.Health.DOWN and provider.failures:
        return state_badge(health_words(provider), "orange", "alert-triangle")
    return state_badge(health_words(provider), *_HEALTH[provider.health])


def problem_of(provider: Provider) -> tuple[str, str]:
    """What goes wrong and what to do; two empty texts if nothing does."""
    if not provider.failure:
        return "", ""
    return str(PROBLEMS.get(provider.failure, provider.failure)), str(ADVICE.get(provider.failure, ""))


def people_words(most: int) -> str:
    """A limit in words."""
    return _("%(n)d personnes au plus") % {"n": most} if most else _("Pas de limite connue")
