"""Pure rules: from who, how many, with what and when, to the right tool, with the reason in one sentence.

Table first: `_OBSTACLES` says what rules a tool out, `_FITS` what makes it the better one. The order of the answer is:
one that can be had now before one to wait for, what Parvis opens by itself before what is booked by hand, the better
fit, then the order of preference the authority has set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

INTERNAL, GUESTS, PUBLIC = "internal", "guests", "public"
LARGE = 40
"""From so many people on, a tool made for few is no longer the first choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the form asks."""

    people: int = 2
    audience: str = INTERNAL
    by_phone_only: bool = False
    """At least one person has only a telephone."""
    needs: frozenset[str] = frozenset()
    """Codes of `rules.NEEDS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A provider as these rules see it: what it can do, how it is, what is free of it at the asked time."""

    id: int
    kind: str
    name: str
    phone_in: bool = False
    browser: bool = False
    without_webcam_ok: bool = True
    no_install: bool = True
    outside_guests: bool = True
    lobby: bool = False
    public_viewing: bool = False
    recording: bool = False
    sharing: bool = False
    video: bool = False
    by_hand: bool = False
    max_people: int = 0
    """0: no limit known."""
    is_down: bool = False
    rank: int = 50
    free: int | None = None
    """Places in its pool at that time; None: it needs none."""
    total: int = 0
    next_free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tool that fits. `waits`: nothing is free, but one may wait for a place."""

    tool: Tool
    reason: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Unfit:
    """A tool that is not proposed, and why."""

    tool: Tool
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer: what fits, the best first; what does not; and a sentence when nothing can be had."""

    proposals: Sequence[Proposal] = ()
    others: Sequence[Unfit] = ()
    plain: str = ""
    """Why nothing can be had at that time; empty when something can."""
    next_free_at: datetime | None = None
    """When a fitting tool is free next, if all are taken."""
    codes: frozenset[str] = field(default_factory=frozenset)

    @property
    def best(self) -> Proposal | None:
        """The first that can be had without waiting."""
        return next((each for each in self.proposals if not each.waits), None)


def suggest(question: Question, tools: Iterable[Tool]) -> Suggestion:
    """Tools in order with a reason each, and why the others are not proposed.

    Never empty-handed: where no proposal can be had now, `plain` says why and `next_free_at` when, if that is known.
    """
    fitting: list[Tool] = []
    unfit: list[Unfit] = []
    for tool in tools:
        obstacle = next((code for code, stands, _why in _OBSTACLES if stands(question, tool)), None)
        if obstacle is None:
            fitting.append(tool)
        else:
            unfit.append(Unfit(tool, obstacle, _WHY[obstacle](question, tool)))
    fitting.sort(key=lambda tool: (tool.free == 0, tool.by_hand, -_fit(question, tool), tool.rank, tool.name, tool.id))
    proposals = [_proposal(question, tool) for tool in fitting]
    unfit.sort(key=lambda each: (each.tool.rank, each.tool.name, each.tool.id))
    known = [tool.next_free_at for tool in fitting if tool.next_free_at is not None]
    can_be_had = any(not each.waits for each in proposals)
    return Suggestion(
        proposals,
        unfit,
        "" if can_be_had else _plain(fitting, unfit),
        min(known) if known and not can_be_had else None,
        frozenset(each.code for each in unfit),
    )


def _plain(fitting: Sequence[Tool], unfit: Sequence[Unfit]) -> str:
    if fitting:
        return _("Tout est pris à cette heure-là. Changez l’heure, ou attendez une place.")
    if not unfit:
        return _("Aucun outil de réunion n’est encore proposé à votre service. Demandez à l’assistance informatique.")
    codes = {each.code for each in unfit}
    if codes == {"down"}:
        return _("Les outils de réunion ne répondent pas en ce moment. Réessayez dans quelques minutes.")
    if "too_many" in codes and codes <= {"too_many", "down"}:
        return _("Aucun outil n’accueille autant de monde. Prévoyez plusieurs réunions, ou demandez à l’assistance.")
    return _("Aucun outil ne convient à tout ce que vous demandez. Retirez une des conditions.")


Stands = Callable[[Question, Tool], bool]
Says = Callable[[Question, Tool], str]

_OBSTACLES: tuple[tuple[str, Stands, Says], ...] = (
    ("too_many", lambda q, t: bool(t.max_people) and q.people > t.max_people, lambda q, t: ngettext(
        "Accueille %(n)d personne au plus.", "Accueille %(n)d personnes au plus.", t.max_people) % {"n": t.max_people}),
    ("no_public", lambda q, t: q.audience == PUBLIC and not t.public_viewing,
     lambda q, t: _("Le public ne peut pas y assister.")),
    ("no_outside", lambda q, t: q.audience != INTERNAL and not t.outside_guests,
     lambda q, t: _("Réservé aux agents\u202f: les personnes extérieures n’y entrent pas.")),
    ("no_phone", lambda q, t: q.by_phone_only and not t.phone_in,
     lambda q, t: _("On ne peut pas y entrer par téléphone.")),
    ("needs_webcam", lambda q, t: "no_webcam" in q.needs and not t.without_webcam_ok and not t.phone_in,
     lambda q, t: _("Demande une caméra.")),
    ("needs_install", lambda q, t: "no_install" in q.needs and not t.no_install,
     lambda q, t: _("Demande d’installer un logiciel.")),
    ("no_recording", lambda q, t: "record" in q.needs and not t.recording, lambda q, t: _("N’enregistre pas.")),
    ("no_sharing", lambda q, t: "share" in q.needs and not t.sharing,
     lambda q, t: _("On n’y montre pas de document.")),
    ("no_video", lambda q, t: "video" in q.needs and not t.video, lambda q, t: _("On ne s’y voit pas.")),
    ("no_lobby", lambda q, t: "lobby" in q.needs and not t.lobby, lambda q, t: _("N’a pas de salle d’attente.")),
    ("down", lambda q, t: t.is_down, lambda q, t: _("Ne répond pas en ce moment.")),
    ("no_place", lambda q, t: t.free is not None and t.total == 0,
     lambda q, t: _("N’a encore aucune salle ni aucun compte.")),
)  # fmt: skip
"""What rules a tool out: code, condition, sentence. The first that stands is said."""
_WHY: dict[str, Says] = {code: why for code, _stands, why in _OBSTACLES}

_FITS: tuple[tuple[int, Stands, Says], ...] = (
    (60, lambda q, t: q.audience == PUBLIC and t.public_viewing,
     lambda q, t: _("Le public peut suivre la séance par un lien.")),
    (40, lambda q, t: q.by_phone_only and t.kind == "phone" and not q.needs - {"no_webcam", "no_install"},
     lambda q, t: _("Tout le monde appelle le même numéro\u202f: un simple téléphone suffit.")),
    (38, lambda q, t: q.by_phone_only and t.browser,
     lambda q, t: _("Chacun vient comme il peut\u202f: par téléphone ou par l’ordinateur.")),
    (36, lambda q, t: q.people >= LARGE and t.max_people >= 2 * q.people,
     lambda q, t: _("Fait pour beaucoup de monde.")),
    (30, lambda q, t: "record" in q.needs and t.recording, lambda q, t: _("La réunion peut être enregistrée.")),
    (28, lambda q, t: "share" in q.needs and t.sharing and t.browser,
     lambda q, t: _("Les documents se montrent à l’écran.")),
    (26, lambda q, t: "video" in q.needs and t.video, lambda q, t: _("Chacun voit les autres.")),
    (24, lambda q, t: "no_webcam" in q.needs and t.browser and t.no_install,
     lambda q, t: _("Sans caméra et sans rien installer, dans le navigateur.")),
    (22, lambda q, t: q.audience == GUESTS and t.browser and t.lobby,
     lambda q, t: _("Les personnes extérieures patientent dans une salle d’attente.")),
    (20, lambda q, t: t.browser and t.phone_in and t.no_install and q.people < LARGE,
     lambda q, t: _("Par l’ordinateur ou par téléphone, sans rien installer.")),
    (10, lambda q, t: t.browser and t.no_install, lambda q, t: _("Dans le navigateur, sans rien installer.")),
    (8, lambda q, t: t.phone_in and not t.browser, lambda q, t: _("Par téléphone\u202f: un numéro et un code.")),
)  # fmt: skip
"""What makes a tool fit, the weightiest first: weight, condition, sentence. The first that holds is the reason."""


def _fit(question: Question, tool: Tool) -> int:
    return next((weight for weight, holds, _says in _FITS if holds(question, tool)), 0)


def _proposal(question: Question, tool: Tool) -> Proposal:
    said = next((says(question, tool) for _weight, holds, says in _FITS if holds(question, tool)), "")
    said = said or _("Convient à votre réunion.")
    if tool.free == 0:
        return Proposal(tool, said, waits=True)
    if tool.by_hand:
        said = f"{said} {_('Se réserve sur son propre site.')}"
    return Proposal(tool, said)
