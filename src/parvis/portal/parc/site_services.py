"""What is done to sites."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from ipaddress import ip_address
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import network, permissions
from parvis.portal.parc.documents import forget_files
from parvis.portal.parc.models import Site
from parvis.ticket.addresses import AddressForbidden, check_address


class SiteData(TypedDict, total=False):
    """What is known of a site. What is left out stays as it is (or takes its default)."""

    name: str
    entity: Entity
    address: str
    wake_by: str
    wake_address: str | None
    wake_port: int
    latitude: Decimal | None
    longitude: Decimal | None


def clean(data: SiteData) -> SiteData:
    """The data, with a wake-up that can work: its address is one that Parvis may send to.

    Raises:
        Invalid: `fields` says what is wrong with each, in words.
    """
    clean_data, problems = data.copy(), {}
    if "name" in data and not data["name"].strip():
        problems["name"] = [_("Donnez un nom au site.")]
    if not 1 <= data.get("wake_port", 9) <= 65535:
        problems["wake_port"] = [_("Un port est un nombre entre 1 et 65535.")]
    wake_address = (data.get("wake_address") or "").strip()
    problems |= _place_problems(data)
    if "wake_by" in data and data["wake_by"] == Site.WakeBy.NONE:
        clean_data["wake_address"] = None
    elif wake_address:
        clean_data["wake_address"] = wake_address
        problems |= _wake_address_problems(wake_address, data.get("wake_port", 9))
    elif "wake_by" in data:
        problems["wake_address"] = [_("Indiquez l’adresse à laquelle envoyer le signal de réveil.")]
    if problems:
        raise Invalid(fields=problems)
    return clean_data


def _place_problems(data: SiteData) -> dict[str, list[str]]:
    latitude, longitude = data.get("latitude"), data.get("longitude")
    if (latitude is None) != (longitude is None) and {"latitude", "longitude"} <= data.keys():
        return {"longitude": [_("Donnez la latitude et la longitude, ou aucune des deux.")]}
    if latitude is not None and not -90 <= latitude <= 90:
        return {"latitude": [_("Une latitude est entre −90 et 90.")]}
    if longitude is not None and not -180 <= longitude <= 180:
        return {"longitude": [_("Une longitude est entre −180 et 180.")]}
    return {}


def _wake_address_problems(address: str, port: int) -> dict[str, list[str]]:
    try:
        ip_address(address)
    except ValueError:
        return {"wake_address": [_("Indiquez une adresse IP, par exemple 10.1.255.255.")]}
    try:
        check_address(address, port, network.policy())
    except AddressForbidden:
        return {"wake_address": [_("Cette adresse est hors des réseaux que Parvis a le droit de joindre.")]}
    return {}


@transaction.atomic
def create_site(*, actor: User, data: SiteData, now: datetime) -> Site:
    """A new site; `data` needs a name and an entity.

    Raises:
        NotAllowed: not of the IT team of the entity.
        Invalid: see `clean`; or the name is taken in this entity.
    """
    require(permissions.can_manage(actor, data["entity"]))
    site = Site()
    _write(site, data)
    audit.record(actor=actor, action="parc.site_created", target=site, now=now, data=_facts(site))
    return site


@transaction.atomic
def update_site(*, actor: User, site: Site, data: SiteData, now: datetime) -> None:
    """Change what is known of a site.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: see `clean`; or the name is taken in this entity.
    """
    require(permissions.can_manage(actor, site.entity))
    if "entity" in data:
        require(permissions.can_manage(actor, data["entity"]))
    before = _facts(site)
    # The wake-up and the place are judged as wholes, whichever of its parts changes.
    whole: SiteData = {
        "wake_by": site.wake_by, "wake_address": site.wake_address, "wake_port": site.wake_port,
        "latitude": site.latitude, "longitude": site.longitude,
    }  # fmt: skip
    _write(site, {**whole, **data})
    audit.record(actor=actor, action="parc.site_updated", target=site, now=now, data={"before": before})


@transaction.atomic
def delete_site(*, actor: User, site: Site, now: datetime) -> None:
    """Take a site off the list.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: there are assets in it (`site_not_empty`).
    """
    require(permissions.can_manage(actor, site.entity))
    audit.record(actor=actor, action="parc.site_deleted", target=site, now=now, data=_facts(site))
    forget_files(list(site.plans.all()))
    try:
        with transaction.atomic():
            site.delete()
    except ProtectedError:
        raise Conflict(
            _("Il y a encore du matériel sur ce site."),
            code="site_not_empty",
            advice=_("Rattachez-le d’abord à un autre site."),
        ) from None


def _write(site: Site, data: SiteData) -> None:
    for name, value in clean(data).items():
        setattr(site, name, value)
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError:
        problem = _("Un autre site de cette entité porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None


def _facts(site: Site) -> dict[str, Any]:
    place = {name: str(getattr(site, name) or "") for name in ("latitude", "longitude")}
    plain = ("name", "entity_id", "address", "wake_by", "wake_address", "wake_port")
    return {**place, **{name: getattr(site, name) for name in plain}}
