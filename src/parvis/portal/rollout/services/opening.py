"""A wave opens for its people, each in a transaction of their own: one who cannot be let in keeps nobody waiting."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.services import open_account
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, ParvisError
from parvis.portal.rollout import permissions, wave_queries
from parvis.portal.rollout.models import Member, Place
from parvis.portal.telework import queries as telework
from parvis.portal.telework.models import Request
from parvis.portal.telework.services import granting, opening

log = structlog.get_logger("parvis.rollout")
FAILURE_LENGTH = 200


def open_due(*, now: datetime, most: int = 500) -> int:
    """Open what running waves have not opened yet; for how many it was."""
    return sum(open_place(place=place, now=now) for place in wave_queries.to_open(now)[:most])


def open_place(*, place: Place, now: datetime, actor: User | None = None) -> bool:
    """Let one person in: account, request, the rights it takes, the invitation. Whether this call did; twice is once.

    What stands in the way is on the board, and tried again an hour later.
    """
    try:
        return _open(place, now, actor)
    except ParvisError as problem:
        words = str(problem.message)
    except Exception:
        # The others of the wave are opened all the same.
        log.exception("place_not_opened", place=place.pk)
        words = _("Erreur inattendue\u202f: le détail est dans le journal du portail.")
    Place.objects.filter(pk=place.pk, opened_at=None).update(open_failure=words[:FAILURE_LENGTH], tried_at=now)
    return False


@transaction.atomic
def _open(place: Place, now: datetime, actor: User | None) -> bool:
    mine = Place.objects.filter(wave_queries.wave_goes_on(), pk=place.pk, left_at=None, opened_at=None)
    if not mine.update(opened_at=now, open_failure="", tried_at=now):
        return False
    _refuse_moved_away(place)
    _give_account(place, now)
    request = _request_of(place, now)
    opening.open_request(actor=None, request=request, now=now)
    Member.objects.filter(pk=place.member_id).update(request=request)
    data = {"wave": place.wave_id, "request": request.pk}
    audit.record(actor=actor, action="rollout.place_opened", target=place.member, now=now, data=data)
    return True


def _refuse_moved_away(place: Place) -> None:
    """Who decided for the campaign decides nothing for who works elsewhere since."""
    if not place.member.agent.entity.path.startswith(place.wave.campaign.entity.path):
        raise Conflict(_("Cet agent ne dépend plus de l’entité de la campagne."), code="moved_away")


def _give_account(place: Place, now: datetime) -> None:
    """Who has no account has one opened, as who announced the wave may: the mail to choose a password leaves now.

    Raises:
        NotAllowed, Invalid: see `directory.services.open_account`.
    """
    agent, publisher = place.member.agent, place.wave.published_by
    if agent.user_id is None and agent.is_active and publisher is not None:
        open_account(actor=publisher, agent=agent, now=now)


def _request_of(place: Place, now: datetime) -> Request:
    """The agent's live request, granted; who did not ask is granted what the campaign is for.

    Raises:
        Conflict: it waits for somebody's word (`not_granted`), is suspended, was refused or given up, is open for less
            than the campaign opens (`level_below`); see also `granting.grant_for_campaign`.
    """
    agent, campaign = place.member.agent, place.wave.campaign
    request = telework.live_request_of(agent)
    if request is None:
        _refuse_against_their_will(place)
        _refuse_own(place)
        request = granting.grant_for_campaign(
            agent=agent,
            level=campaign.level,
            supplied=place.member.needs_laptop,
            has_phone=not place.member.needs_phone,
            campaign=str(campaign),
            by=place.wave.published_by,
            now=now,
        )
    elif request.state == Request.State.REQUESTED:
        raise Conflict(_("La demande de cet agent attend encore l’accord de son responsable."), code="not_granted")
    elif request.state == Request.State.SUSPENDED:
        raise Conflict(_("Le télétravail de cet agent est suspendu."), code="suspended")
    elif request.state == Request.State.OPEN and request.level < campaign.level:
        raise Conflict(
            _("Le télétravail de cet agent est ouvert au niveau 1\u202f: il y met fin, puis demande le niveau 2."),
            code="level_below",
        )
    return request


def _refuse_against_their_will(place: Place) -> None:
    """A campaign grants nothing to who has just been refused it, or has given it up."""
    last = telework.requests_of(place.member.agent).first()
    if last is None:
        return
    if last.state == Request.State.REFUSED:
        raise Conflict(_("La demande de télétravail de cet agent a été refusée."), code="refused")
    given_up = last.ended_at is not None and last.ended_at >= place.wave.published_at
    if given_up or last.pk == place.member.request_id:
        raise Conflict(_("Cet agent a renoncé au télétravail."), code="given_up")


def _refuse_own(place: Place) -> None:
    """A wave grants what nobody asked for in the name of who announced it: nobody grants their own telework."""
    agent = place.member.agent
    if agent.user_id is not None and agent.user_id == place.wave.published_by_id:
        raise Conflict(
            _("C’est cet agent qui a annoncé la vague\u202f: il demande son télétravail, quelqu’un d’autre l’accorde."),
            code="own_wave",
        )


def try_again(*, actor: User, place: Place, now: datetime) -> bool:
    """Open for one person at once, after what stood in the way was put right; whether it is open now.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: the wave does not go on (`wave_halted`).
    """
    require(permissions.can_manage(actor, place.wave.campaign.entity))
    if not Place.objects.filter(wave_queries.wave_goes_on(), pk=place.pk, left_at=None).exists():
        raise Conflict(_("Cette vague n’est pas en cours."), code="wave_halted")
    open_place(place=place, now=now, actor=actor)
    place.refresh_from_db(fields=["opened_at", "open_failure"])
    return place.opened_at is not None


def open_for(*, agent_id: int, now: datetime) -> bool:
    """What stood in an agent's way may be gone (a text accepted, a request granted): try at once, if a wave waits."""
    waiting = wave_queries.with_people(Place.objects.filter(wave_queries.going_on(), opened_at=None))
    place = waiting.filter(member__agent_id=agent_id, tried_at__isnull=False).first()
    return place is not None and open_place(place=place, now=now)
