"""The words of this room: what stands in the way and what to do about it, weekdays, how a request stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.telework import rules
from parvis.portal.telework.models import Request
from parvis.portal.telework.rules import Facts, Obstacle
from parvis.portal.ui import formats
from parvis.portal.ui.templatetags.ui import state_badge

Text = str | Promise
State = Request.State

WEEKDAYS: Sequence[Text] = (
    gettext_lazy("lundi"), gettext_lazy("mardi"), gettext_lazy("mercredi"), gettext_lazy("jeudi"),
    gettext_lazy("vendredi"),
)  # fmt: skip

LOOKS: Mapping[str, tuple[str, str]] = {
    State.REQUESTED: ("orange", "hourglass"),
    State.APPROVED: ("blue", "check"),
    State.REFUSED: ("red", "ban"),
    State.OPEN: ("green", "circle-check"),
    State.SUSPENDED: ("purple", "calendar-time"),
    State.WITHDRAWN: ("secondary", "x"),
    State.ENDED: ("secondary", "circle-check"),
}

ABOUT_DAYS = frozenset({Obstacle.NO_DAY, Obstacle.TOO_MANY_DAYS})
"""Obstacles that another choice of days lifts."""


def days(mask: int) -> str:
    """`lundi, jeudi`."""
    return ", ".join(str(WEEKDAYS[day]) for day in rules.days_of(mask))


def short_days(mask: int) -> str:
    """`lun., jeu.`: for a column."""
    return ", ".join(f"{str(WEEKDAYS[day])[:3]}." for day in rules.days_of(mask))


def period(request: Request) -> str:
    """From which day to which."""
    starts = formats.day(request.starts_date)
    if request.ends_date is None:
        return _("à partir du %(day)s") % {"day": starts}
    return _("du %(starts)s au %(ends)s") % {"starts": starts, "ends": formats.day(request.ends_date)}


def state_of(request: Request) -> SafeString:
    """The state as a badge."""
    return state_badge(request.get_state_display(), *LOOKS[request.state])


# What stands in the way


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One condition, for a person: how it stands, and what to do about it."""

    code: str
    text: Text
    advice: Text = ""
    met: bool = False
    blocks: bool = False
    """The request cannot be sent before it is lifted."""


_SAID: Mapping[Obstacle, tuple[Text, Text]] = {
    Obstacle.AGENT_GONE: (
        gettext_lazy("Cet agent n’est plus en poste."),
        gettext_lazy("Si c’est une erreur, adressez-vous à l’assistance informatique."),
    ),
    Obstacle.NO_ACCOUNT: (
        gettext_lazy("Il n’y a pas de compte actif sur ce portail."),
        gettext_lazy("L’assistance informatique peut l’ouvrir."),
    ),
    Obstacle.JOB_NOT_REMOTE: (
        gettext_lazy("Cette fonction ne peut pas être exercée à distance."),
        gettext_lazy("Parlez-en avec le responsable du service si une partie du travail s’y prête."),
    ),
    Obstacle.JOB_LEVEL_1: (
        gettext_lazy("Cette fonction permet le niveau 1 (messagerie et applications), pas le niveau 2."),
        gettext_lazy("Demandez le niveau 1."),
    ),
    Obstacle.NO_DAY: (
        gettext_lazy("Choisissez au moins un jour."),
        "",
    ),
    Obstacle.CHARTER: (
        gettext_lazy("La charte du télétravail n’est pas encore acceptée."),
        gettext_lazy("Elle se lit et s’accepte en quelques minutes."),
    ),
    Obstacle.NO_COMPUTER: (
        gettext_lazy("Aucun ordinateur de bureau n’est encore affecté."),
        gettext_lazy("L’équipe informatique en attribue un avant l’ouverture."),
    ),
    Obstacle.COMPUTER_NOT_READY: (
        gettext_lazy("L’ordinateur de bureau n’est pas encore préparé pour le télétravail."),
        gettext_lazy("L’équipe informatique le prépare avant l’ouverture."),
    ),
    Obstacle.SECOND_FACTOR: (
        gettext_lazy("La deuxième étape de connexion n’est pas encore installée."),
        gettext_lazy("Elle s’installe pendant la mise en service, en quelques minutes."),
    ),
}


SHORT: Mapping[Obstacle, Text] = {
    Obstacle.AGENT_GONE: gettext_lazy("Plus en poste"),
    Obstacle.NO_ACCOUNT: gettext_lazy("Pas de compte"),
    Obstacle.JOB_NOT_REMOTE: gettext_lazy("Fonction non compatible"),
    Obstacle.JOB_LEVEL_1: gettext_lazy("Niveau 1 seulement"),
    Obstacle.NO_DAY: gettext_lazy("Aucun jour"),
    Obstacle.TOO_MANY_DAYS: gettext_lazy("Trop de jours"),
    Obstacle.CHARTER: gettext_lazy("Charte à accepter"),
    Obstacle.NO_COMPUTER: gettext_lazy("Pas d’ordinateur affecté"),
    Obstacle.COMPUTER_NOT_READY: gettext_lazy("Ordinateur à préparer"),
    Obstacle.SECOND_FACTOR: gettext_lazy("Deuxième étape à installer"),
}
"""The same in a few words, for a list."""


def of(obstacle: Obstacle, facts: Facts) -> Said:
    """One obstacle in words."""
    blocks = obstacle not in rules.LIFTED_LATER
    if obstacle is Obstacle.TOO_MANY_DAYS:
        limit = ngettext(
            "Le télétravail est possible %(n)d jour par semaine au plus.",
            "Le télétravail est possible %(n)d jours par semaine au plus.",
            facts.most_days,
        ) % {"n": facts.most_days}
        return Said(code=obstacle.value, text=limit, advice=_("Décochez un ou plusieurs jours."), blocks=blocks)
    text: Text
    text, advice = _SAID[obstacle]
    if facts.job_reason and obstacle in (Obstacle.JOB_NOT_REMOTE, Obstacle.JOB_LEVEL_1):
        text = _("%(sentence)s Motif\u202f: %(reason)s") % {"sentence": text, "reason": facts.job_reason}
    return Said(code=obstacle.value, text=text, advice=advice, blocks=blocks)


_CONDITIONS: Sequence[tuple[tuple[Obstacle, ...], Text, bool]] = (
    ((Obstacle.AGENT_GONE, Obstacle.NO_ACCOUNT), gettext_lazy("Compte actif sur le portail"), False),
    ((Obstacle.JOB_NOT_REMOTE, Obstacle.JOB_LEVEL_1), gettext_lazy("Fonction compatible avec le télétravail"), False),
    ((Obstacle.CHARTER,), gettext_lazy("Charte du télétravail acceptée"), False),
    (
        (Obstacle.NO_COMPUTER, Obstacle.COMPUTER_NOT_READY),
        gettext_lazy("Ordinateur de bureau affecté et joignable"),
        True,
    ),
    ((Obstacle.SECOND_FACTOR,), gettext_lazy("Deuxième étape de connexion installée"), False),
)
"""What is looked at, with its sentence when all is well; True: for level 2 only."""


def conditions(facts: Facts, *, level: int) -> list[Said]:
    """Every condition of a level, met or not, with what to do: what eligibility says at once."""
    found = rules.obstacles(facts, level=level, days=(0,))
    said = []
    for about, met, screen_only in _CONDITIONS:
        if screen_only and level != rules.LEVEL_2:
            continue
        standing = next((each for each in about if each in found), None)
        said.append(of(standing, facts) if standing else Said(code=about[0].value, text=met, met=True))
    return said


# What comes next


def next_words(request: Request, *, today: date, head_approves: bool, opens_alone: bool) -> str:
    """What happens next, and who does it, for the agent."""
    words = {
        State.REQUESTED: _("Votre responsable de service doit donner son accord.")
        if head_approves
        else _("L’équipe informatique doit donner son accord."),
        State.APPROVED: _approved_words(request, today, opens_alone),
        State.REFUSED: _("Votre demande n’est pas accordée. Parlez-en avec votre responsable."),
        State.OPEN: _open_words(request, today),
        State.SUSPENDED: _suspended_words(request),
        State.WITHDRAWN: _("Vous pouvez faire une nouvelle demande quand vous voulez."),
        State.ENDED: _("Vous pouvez faire une nouvelle demande quand vous voulez."),
    }
    return words[State(request.state)]


def _approved_words(request: Request, today: date, opens_alone: bool) -> str:
    if opens_alone and request.starts_date > today:
        return _("C’est accordé\u202f: l’accès s’ouvre le %(day)s, et vous recevez un courriel.") % {
            "day": formats.day(request.starts_date)
        }
    return _("C’est accordé\u202f: l’équipe informatique ouvre l’accès, et vous recevez un courriel.")


def _open_words(request: Request, today: date) -> str:
    if request.ends_date is not None:
        return _("Votre télétravail est ouvert jusqu’au %(day)s.") % {"day": formats.day(request.ends_date)}
    if request.starts_date > today:
        return _("Votre télétravail est ouvert\u202f; il commence le %(day)s.") % {
            "day": formats.day(request.starts_date)
        }
    return _("Votre télétravail est ouvert.")


def _suspended_words(request: Request) -> str:
    if request.resumes_date is not None:
        return _("Votre télétravail est suspendu. Il reprend le %(day)s.") % {"day": formats.day(request.resumes_date)}
    return _("Votre télétravail est suspendu. Votre responsable peut vous dire quand il reprend.")
