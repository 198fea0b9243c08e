"""The mails of a wave: convocation with its calendar entry, the eve, cancellation.

A member has one calendar entry: each mail replaces the entry of the mail before (one UID, a SEQUENCE that grows), so
that who is moved to another wave has it once in their calendar, at the right hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import ical
from parvis.portal.kernel.mail import send_later
from parvis.portal.rollout.models import Campaign, Member, Place, Wave
from parvis.portal.rollout.wave_queries import with_people
from parvis.portal.telework.rules import LEVEL_2
from parvis.portal.ui import formats

LASTS = timedelta(minutes=30)
"""How long the calendar entry is: the way takes ten minutes, twice as long for who has never done such a thing."""
BEFORE = timedelta(days=1)
REQUEST, CANCEL = ical.REQUEST, ical.CANCEL


def convoke(place_id: int, *, now: datetime) -> bool:
    """Send the convocation; whether it was. None to who has left the wave since, or the wave was taken back.

    Of a wave that was stopped meanwhile it leaves once that goes on.
    """
    told = Place.objects.filter(pk=place_id, left_at=None, told_at__isnull=False)
    place = with_people(told.exclude(wave__state=Wave.State.CLOSED)).first()
    if place is None or not place.member.agent.is_active:
        return False
    if place.wave.state == Wave.State.STOPPED or place.wave.campaign.state != Campaign.State.RUNNING:
        told.filter(told_at=place.told_at).update(told_at=None)
        return False
    _send("catch_up" if place.wave.is_catch_up else "convocation", place.member, place.wave.starts_at, REQUEST, now)
    return True


def cancel(member_id: int, *, starts_at: datetime, now: datetime) -> bool:
    """Send the cancellation; whether it was. None to who has been invited again since: that mail says all."""
    members = Member.objects.select_related("campaign", "agent__user", "agent__entity")
    member = members.filter(pk=member_id, agent__is_active=True).first()
    if member is None or member.places.filter(left_at=None, told_at__isnull=False).exists():
        return False
    _send("cancelled", member, starts_at, CANCEL, now)
    return True


def eve(place: Place) -> None:
    """Queue the mail of the eve; part of the caller's transaction."""
    member = place.member
    with translation.override(language_of(member.agent)):
        subject, body = _written("eve", member, place.wave.starts_at)
    send_later(subject=subject, body=body, to=[address_of(member.agent)])


def _send(kind: str, member: Member, starts_at: datetime, method: str, now: datetime) -> None:
    with translation.override(language_of(member.agent)):
        subject, body = _written(kind, member, starts_at)
        entry = calendar_entry(member, starts_at, method=method, now=now)
    message = EmailMessage(subject=subject, body=body, to=[address_of(member.agent)])
    message.attach("teletravail.ics", entry, f"text/calendar; method={method}")
    message.send()


def _written(kind: str, member: Member, starts_at: datetime) -> tuple[str, str]:
    """Subject and body, in the active language: the template's first line is the subject."""
    facts = {
        "agent": member.agent,
        "member": member,
        "when": formats.instant(starts_at),
        "screen": member.campaign.level == LEVEL_2,
        "url": way_in(),
        "authority_name": settings.PARVIS.authority_name,
    }
    subject, _sep, body = render_to_string(f"rollout/mail/{kind}.txt", facts).strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def calendar_entry(member: Member, starts_at: datetime, *, method: str, now: datetime) -> str:
    """The appointment as an iCalendar (RFC 5545, RFC 5546): nothing to answer, a reminder the day before."""
    name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    entry = ical.Entry(
        uid=f"deploiement-{member.pk}@{settings.PARVIS.host}",
        stamped_at=now,
        sequence=int(now.timestamp()),
        starts_at=starts_at,
        ends_at=starts_at + LASTS,
        title=_("Télétravail\u202f: mise en service"),
        description=_("Ouvrez cette adresse et suivez les étapes\u202f: %(url)s") % {"url": way_in()},
        url=way_in(),
        status=ical.CANCELLED if method == CANCEL else ical.CONFIRMED,
        organiser=ical.Person(email=sender, name=name or settings.PARVIS.authority_name),
        attendees=[ical.Person(email=address_of(member.agent), name=str(member.agent), answer="ACCEPTED")],
        alarm_before=BEFORE if method == REQUEST else None,
        alarm_text=_("Demain\u202f: mise en service du télétravail"),
    )
    return ical.write([entry], method=method).decode()


def way_in() -> str:
    """Where the path begins."""
    return str(settings.PARVIS.url) + reverse("telework:mine")


def address_of(agent: Agent) -> str:
    """Their account's address, else the directory's."""
    return agent.user.email if agent.user is not None and agent.user.is_active else agent.email


def language_of(agent: Agent) -> str:
    """Their account's language; French for who has none."""
    return agent.user.language if agent.user is not None else "fr"
