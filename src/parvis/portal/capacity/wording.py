"""What figures of this room mean, in words."""

from __future__ import annotations

from datetime import date

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.capacity.rules import Advice, Binding, Level, Limit, Point
from parvis.portal.ui import formats

LEVELS: dict[Level, tuple[Promise, str, str]] = {
    Level.EASY: (gettext_lazy("À l’aise"), "green", "circle-check"),
    Level.BUSY: (gettext_lazy("Chargée"), "orange", "alert-triangle"),
    Level.FULL: (gettext_lazy("Pleine"), "red", "alert-triangle"),
    Level.SILENT: (gettext_lazy("Silencieuse"), "secondary", "plug-connected-x"),
}
"""Word, colour and icon of how a gateway feels."""

BINDINGS: dict[Binding, Promise] = {
    Binding.DECIDED: gettext_lazy("nombre fixé par la DSI"),
    Binding.LINE: gettext_lazy("débit de sa ligne"),
    Binding.PROCESSOR: gettext_lazy("processeur"),
}


def wave(starts: date) -> str:
    """`Vague du 23/11`: by its day, in the language of who reads. Not of which campaign: they may not see that one."""
    return _("Vague du %(day)s") % {"day": f"{starts:%d/%m}"}


def level(which: Level) -> dict[str, object]:
    """For `state_badge`."""
    label, colour, icon = LEVELS[which]
    return {"label": label, "colour": colour, "icon": icon}


def binding(limit: Limit) -> Promise:
    """What stops a gateway first."""
    return BINDINGS[limit.binding]


def advice_title(advice: Advice, today: date) -> str:
    """« Ajoutez une passerelle avant le jeudi 26 novembre 2026 »."""
    if advice.point.day <= today:
        text = ngettext(
            "Ajoutez une passerelle dès aujourd’hui", "Ajoutez %(n)d passerelles dès aujourd’hui", advice.gateways
        )
        return text % {"n": advice.gateways}
    text = ngettext(
        "Ajoutez une passerelle avant le %(day)s", "Ajoutez %(n)d passerelles avant le %(day)s", advice.gateways
    )
    return text % {"n": advice.gateways, "day": formats.day(advice.point.day)}


def advice_why(advice: Advice) -> str:
    """The hour that does not fit, against what is carried."""
    facts = {
        "hour": advice.point.hour,
        "low": advice.point.low,
        "high": advice.point.high,
        "carried": advice.carried,
    }
    if advice.is_likely:
        return (
            _(
                "Ce jour-là vers %(hour)d h, de %(low)d à %(high)d écrans sont attendus à la fois\u202f; "
                "vos passerelles en portent %(carried)d."
            )
            % facts
        )
    return (
        _(
            "Ce jour-là vers %(hour)d h, jusqu’à %(high)d écrans peuvent être ouverts à la fois\u202f; "
            "vos passerelles en portent %(carried)d. C’est peu probable, mais possible."
        )
        % facts
    )


def advice_how() -> str:
    """What to do."""
    return _(
        "Une passerelle s’installe sur une autre machine («\u202fparvis gateway\u202f»), derrière le même "
        "proxy\u202f; elle apparaît ici dès qu’elle s’annonce."
    )


def span(point: Point | None) -> str:
    """`de 230 à 310`; a single number when both ends are the same."""
    if point is None:
        return "—"
    if point.low == point.high:
        return str(point.high)
    return _("de %(low)d à %(high)d") % {"low": point.low, "high": point.high}


def rate(kbps: float | None) -> str:
    """`850 kbit/s`, `12,4 Mbit/s`."""
    if kbps is None:
        return "—"
    if kbps < 999.5:
        return f"{kbps:.0f}{formats.NARROW}kbit/s"
    return f"{number(kbps / 1000)}{formats.NARROW}Mbit/s"


def number(value: float, places: int = 1) -> str:
    """`12,4`; without places that are nought."""
    rounded = round(value, places)
    return str(number_format(int(rounded) if rounded == int(rounded) else rounded))
