"""Why the PC refused a sign-in, as the agent's own browser read it: the gateway decodes nothing of that exchange."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.remote_desktop import rules
from parvis.portal.remote_desktop.events import SignInRefused
from parvis.portal.remote_desktop.models import Connection, RemoteSession
from parvis.portal.remote_desktop.services import sessions


@transaction.atomic
def note_sign_in_refusal(*, actor: User, session: RemoteSession, code: str, now: datetime) -> bool:
    """Keep what the browser says of the session's newest connection, once; whether it was news.

    It is believed for what it is: words of the agent's own browser, which decide nothing. They tell the agent and the
    IT team what to do about it.

    Raises:
        NotFound: another's session.
        Invalid: a code that is not of `rules.SIGN_IN_REFUSALS`.
        Conflict: no connection of this session went through a gateway a moment ago (`no_connection`).
    """
    if session.user_id != actor.pk:
        raise NotFound
    if code not in rules.SIGN_IN_REFUSALS:
        raise Invalid
    newest = Connection.objects.filter(session=session).order_by("-issued_at", "-pk").first()
    if newest is None or newest.redeemed_at is None or _is_past(newest, now):
        raise Conflict(_("Cette connexion est passée."), code="no_connection")
    if not Connection.objects.filter(pk=newest.pk, sign_in_refusal="").update(sign_in_refusal=code):
        return False
    with sessions.speaking_of(session):
        data = {"code": code}
        audit.record(actor=actor, action="remote_desktop.sign_in_refused", target=session, now=now, data=data)
    events.publish(SignInRefused(session_id=session.pk, code=code, at=now))
    return True


def _is_past(connection: Connection, now: datetime) -> bool:
    return connection.ended_at is not None and now - connection.ended_at > rules.REFUSAL_TOLD
