"""What each kind of tool can do: one table, and what the IT team declares of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from parvis.portal.conferencing.models import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a tool can do for a meeting."""

    phone_in: bool = False
    """Who has only a telephone takes part."""
    browser: bool = False
    """Joined in a browser, nothing to install."""
    video: bool = False
    without_webcam_ok: bool = True
    """Who has no camera, or no microphone but a telephone, is not left out."""
    outside_guests: bool = False
    lobby: bool = False
    public_viewing: bool = False
    """The public may watch or listen without taking part."""
    speaking_list: bool = False
    recording: bool = False
    shares_screen: bool = False
    chat: bool = False
    needs_pool: bool = False
    """A place must be booked first: telephone room, host account."""
    by_hand: bool = False
    """No interface: the organiser books on its own page and copies what they get."""
    makes_rooms: bool = False
    """`Adapter.open` makes something at the provider."""
    personal_links: bool = False
    """Each person joins by a link made for them, at the last moment: none can be sent ahead."""
    max_people: int = 0
    """0: no limit known."""


TABLE: dict[str, Capabilities] = {
    "phone": Capabilities(phone_in=True, outside_guests=True, needs_pool=True, max_people=50),
    "parvis": Capabilities(
        phone_in=True, browser=True, video=True, outside_guests=True, lobby=True, public_viewing=True,
        speaking_list=True, chat=True, makes_rooms=True, personal_links=True, max_people=50,
    ),
    "bbb": Capabilities(
        phone_in=True, browser=True, video=True, outside_guests=True, lobby=True, recording=True, shares_screen=True,
        chat=True, makes_rooms=True, personal_links=True, max_people=100,
    ),
    "jitsi": Capabilities(
        browser=True, video=True, outside_guests=True, shares_screen=True, chat=True, personal_links=True,
        max_people=35,
    ),
    "visio": Capabilities(
        phone_in=True, browser=True, video=True, outside_guests=True, lobby=True, shares_screen=True, chat=True,
        makes_rooms=True, max_people=150,
    ),
    "livekit": Capabilities(
        browser=True, video=True, outside_guests=True, shares_screen=True, chat=True, makes_rooms=True,
        personal_links=True, max_people=100,
    ),
    "teams": Capabilities(
        phone_in=True, browser=True, video=True, outside_guests=True, lobby=True, recording=True, shares_screen=True,
        chat=True, makes_rooms=True, max_people=300,
    ),
    "zoom": Capabilities(
        phone_in=True, browser=True, video=True, outside_guests=True, lobby=True, public_viewing=True, recording=True,
        shares_screen=True, chat=True, needs_pool=True, makes_rooms=True, max_people=300,
    ),
    "capvisio": Capabilities(browser=True, video=True, outside_guests=True, shares_screen=True, by_hand=True),
    "other": Capabilities(browser=True, video=True, outside_guests=True, by_hand=True),
}  # fmt: skip
"""By `Provider.Kind`. Limits are prudent: what the IT team writes on the provider wins."""

NEVER_BY_HAND = ("phone", "parvis")
ALWAYS_BY_HAND = ("capvisio", "other")

DECLARED: dict[str, Promise] = {
    "phone_in": _("On peut y participer par téléphone"),
    "public_viewing": _("Le public peut suivre sans participer"),
    "recording": _("La réunion peut être enregistrée"),
    "lobby": _("Il y a une salle d’attente"),
}
"""What depends on what was bought or set up: true only if the IT team says so (`Provider.features`)."""

WORDS: dict[str, tuple[str, Promise]] = {
    "phone_in": ("phone", _("Par téléphone")),
    "browser": ("device-desktop", _("Dans le navigateur")),
    "video": ("video", _("Vidéo")),
    "outside_guests": ("user-plus", _("Personnes extérieures")),
    "lobby": ("hourglass", _("Salle d’attente")),
    "public_viewing": ("eye", _("Public")),
    "speaking_list": ("list-check", _("Liste des orateurs")),
    "shares_screen": ("upload", _("Partage d’écran")),
    "recording": ("file-text", _("Enregistrement")),
    "chat": ("message", _("Discussion écrite")),
}
"""How pages name them: icon and words."""

_BOUGHT = ("teams", "zoom", "visio")


def of(provider: Provider) -> Capabilities:
    """What this very tool can do: its kind's row, what the IT team declared of it, its own limit."""
    row = TABLE[provider.kind]
    declared = set(provider.features)
    changes: dict[str, object] = {}
    if provider.by_hand:
        changes |= {code: code in declared for code in DECLARED}
        changes |= {"by_hand": True, "needs_pool": False, "makes_rooms": False, "personal_links": False}
    elif provider.kind in _BOUGHT:
        changes |= {code: code in declared and getattr(row, code) for code in ("phone_in", "recording")}
        changes["public_viewing"] = row.public_viewing and "public_viewing" in declared
    elif provider.kind == "parvis":
        changes["phone_in"] = bool(settings.PARVIS.voice_phone_number)
    elif provider.kind == "bbb":
        changes |= {"phone_in": bool(provider.phone_number), "recording": "recording" in declared}
    if provider.max_people:
        changes["max_people"] = provider.max_people
    if provider.pool_id is not None:
        changes["needs_pool"] = True
    return replace(row, **changes)  # type: ignore[arg-type]


def words_of(found: Capabilities) -> list[tuple[str, Promise]]:
    """Icon and words of each thing it can do."""
    return [words for code, words in WORDS.items() if getattr(found, code)]
