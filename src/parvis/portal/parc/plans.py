"""Floor plans: pictures of a site's floors, with its rooms."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, files
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import permissions
from parvis.portal.parc.documents import forget_files
from parvis.portal.parc.models import FloorPlan, PlanRoom, Site
from parvis.portal.parc.pictures import Picture, redrawn

MAX_PLAN_BYTES = 10 * 2**20
MAX_PLANS = 20
"""Of one site."""


@transaction.atomic
def add_plan(*, actor: User, site: Site, name: str, file: File[bytes], now: datetime) -> FloorPlan:
    """Keep a floor's picture, drawn anew so that nothing hidden in the file (place, author) is kept or served.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
        Invalid: no picture (PNG or JPEG), too large, or the site has a plan of this name.
    """
    require(permissions.can_manage(actor, site.entity))
    if site.plans.count() >= MAX_PLANS:
        raise Invalid(fields={"file": [_("Un site a %(max)s plans au plus.") % {"max": MAX_PLANS}]})
    try:
        files.check_upload(file, size=file.size or 0, allowed={"image/png", "image/jpeg"}, max_bytes=MAX_PLAN_BYTES)  # type: ignore[arg-type]
        picture: Picture = redrawn(file.read())
    except Invalid as problem:
        raise Invalid(fields={"file": [str(problem.message)]}) from None
    plan = FloorPlan(
        site=site, name=name.strip()[:60], media_type="image/png", width=picture.width, height=picture.height
    )
    plan.file.save(f"{uuid4().hex}.png", ContentFile(picture.data), save=False)
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError:
        plan.file.storage.delete(str(plan.file.name))
        raise Invalid(fields={"name": [_("Ce site a déjà un plan de ce nom.")]}) from None
    audit.record(actor=actor, action="parc.plan_added", target=site, now=now)
    return plan


@transaction.atomic
def delete_plan(*, actor: User, plan: FloorPlan, now: datetime) -> None:
    """Forget a plan, its picture and the places of its rooms.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
    """
    require(permissions.can_manage(actor, plan.site.entity))
    audit.record(actor=actor, action="parc.plan_deleted", target=plan.site, now=now)
    forget_files([plan])
    plan.delete()


@transaction.atomic
def place_room(*, actor: User, plan: FloorPlan, room: str, x: float, y: float, now: datetime) -> PlanRoom:
    """Say where a room is on a plan: shares of its width and height. Said again, it moves.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
        Invalid: no name, or outside the plan.
    """
    require(permissions.can_manage(actor, plan.site.entity))
    room = " ".join(room.split())[:60]
    if not room:
        raise Invalid(fields={"room": [_("Donnez le nom du local.")]})
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise Invalid(fields={"room": [_("Cet endroit est hors du plan.")]})
    placed, _created = PlanRoom.objects.update_or_create(plan=plan, room=room, defaults={"x": x, "y": y})
    audit.record(actor=actor, action="parc.plan_room_placed", target=plan.site, now=now)
    return placed


@transaction.atomic
def remove_room(*, actor: User, placed: PlanRoom, now: datetime) -> None:
    """Take a room off its plan.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
    """
    require(permissions.can_manage(actor, placed.plan.site.entity))
    audit.record(actor=actor, action="parc.plan_room_removed", target=placed.plan.site, now=now)
    placed.delete()
