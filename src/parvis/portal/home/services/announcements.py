"""Announcements: written, changed, ended, deleted by the IT team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.home.models import Announcement
from parvis.portal.home.services.published import EVERYONE, AudienceChoice, check_audience, check_owner
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementContent:
    """All of an announcement."""

    entity: Entity
    title: str
    text: str
    level: str
    starts_at: datetime
    ends_at: datetime | None = None
    audience: AudienceChoice = EVERYONE


@transaction.atomic
def create_announcement(*, actor: User, content: AnnouncementContent, now: datetime) -> Announcement:
    """An announcement, shown from its start on.

    Raises:
        NotFound: the entity is outside the actor's perimeter.
        Invalid: the dates or the audience.
    """
    _check(actor, content)
    announcement = Announcement()
    _write(announcement, content)
    audit.record(actor=actor, action="home.announcement_created", target=announcement, now=now)
    return announcement


@transaction.atomic
def change_announcement(
    *, actor: User, announcement: Announcement, content: AnnouncementContent, now: datetime
) -> Announcement:
    """Change it.

    Raises:
        As `create_announcement`.
    """
    check_owner(actor, announcement.entity)
    _check(actor, content)
    _write(announcement, content)
    audit.record(actor=actor, action="home.announcement_changed", target=announcement, now=now)
    return announcement


@transaction.atomic
def end_announcement(*, actor: User, announcement: Announcement, now: datetime) -> None:
    """Stop showing it now.

    Raises:
        Conflict: it has not begun, or is over.
    """
    check_owner(actor, announcement.entity)
    running = Announcement.objects.filter(pk=announcement.pk, starts_at__lt=now)
    if not running.exclude(ends_at__lte=now).update(ends_at=now):
        raise Conflict(_("Cette annonce n’est pas en cours."), code="not_running")
    audit.record(actor=actor, action="home.announcement_ended", target=announcement, now=now)


@transaction.atomic
def delete_announcement(*, actor: User, announcement: Announcement, now: datetime) -> None:
    """Delete it."""
    check_owner(actor, announcement.entity)
    audit.record(actor=actor, action="home.announcement_deleted", target=announcement, now=now)
    announcement.delete()


def _check(actor: User, content: AnnouncementContent) -> None:
    check_owner(actor, content.entity)
    check_audience(content.entity, content.audience)
    if content.ends_at is not None and content.ends_at <= content.starts_at:
        raise Invalid(code="dates", fields={"ends_at": [_("La fin doit venir après le début.")]})


def _write(announcement: Announcement, content: AnnouncementContent) -> None:
    for name in ("entity", "title", "text", "level", "starts_at", "ends_at"):
        setattr(announcement, name, getattr(content, name))
    announcement.for_everyone = content.audience.for_everyone
    announcement.roles_concerned = sorted(content.audience.roles)
    announcement.save()
    announcement.services_concerned.set(content.audience.services)
