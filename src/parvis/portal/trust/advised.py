"""The rules Parvis advises to begin with: offered in a draft, never in force before a head of IT publishes them."""

from __future__ import annotations

from datetime import time

from django.utils.translation import gettext as _

from parvis.portal.directory.models import Role
from parvis.portal.trust import rules
from parvis.portal.trust.rules import Effects, Level
from parvis.portal.trust.services.rulesets import RuleContent

STAFF = (Role.TECHNICIAN.value, Role.HEAD_OF_IT.value)


def _rule(name: str, effects: Effects, **conditions: object) -> RuleContent:
    values: dict[str, object] = {
        "entity": None,
        "roles": (),
        "up_to": int(Level.INSIDE),
        "kinds": (),
        "networks": (),
        "days": (),
        "starts_time": None,
        "ends_time": None,
        **conditions,
    }
    return RuleContent(name=name, effects=effects, **values)  # type: ignore[arg-type]


def rules_for() -> list[RuleContent]:
    """Four rules, in the language of the reader."""
    return [
        _rule(
            _("PC personnel\u202f: rien ne sort, sessions plus courtes"),
            Effects(
                clipboard_to_pc=False,
                clipboard_from_pc=False,
                files=False,
                screen_minutes=240,
                screen_idle_minutes=15,
                sign_in_idle_minutes=60,
            ),
            up_to=int(Level.PRIVATE),
        ),
        _rule(
            _("Équipe informatique\u202f: clé d’accès obligatoire"),
            Effects(passkey_only=True, sign_in_hours=8),
            roles=STAFF,
        ),
        _rule(
            _("La nuit\u202f: pas d’écran à distance depuis un PC personnel"),
            Effects(screen=False),
            up_to=int(Level.PRIVATE),
            starts_time=time(23),
            ends_time=time(5),
        ),
        _rule(
            _("Hors de la collectivité\u202f: identité confirmée plus souvent"),
            Effects(fresh_minutes=2),
            up_to=int(Level.SUPPLIED),
            kinds=(rules.NetworkKind.ELSEWHERE.value, rules.NetworkKind.HOME.value),
        ),
    ]
