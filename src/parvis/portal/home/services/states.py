"""Services and their states: told by a person, or found by the probe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.home import rules
from parvis.portal.home.models import Hosting, Service, ServiceState
from parvis.portal.home.services.published import check_owner
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContent:
    """All that a person decides of a service, but its state."""

    entity: Entity
    name: str
    hosting: str = Hosting.LOCAL
    provider: str = ""
    owner: str = ""
    check_url: str = ""


@transaction.atomic
def create_service(*, actor: User, content: ServiceContent, now: datetime) -> Service:
    """A service, in operation until told otherwise.

    Raises:
        NotFound: the entity is outside the actor's perimeter.
        Invalid: the address to check.
        Conflict: the entity has a service of this name.
    """
    _check(actor, content)
    service = Service(state_since=now)
    _write(service, content)
    ServiceState.objects.create(service=service, state=service.state, since=now, told_by=actor)
    audit.record(actor=actor, action="home.service_created", target=service, now=now)
    return service


@transaction.atomic
def change_service(*, actor: User, service: Service, content: ServiceContent, now: datetime) -> Service:
    """Change what is known of it.

    Raises:
        As `create_service`.
    """
    check_owner(actor, service.entity)
    _check(actor, content)
    if content.check_url != service.check_url:
        service.failures, service.problem, service.checked_at = 0, "", None
    _write(service, content)
    audit.record(
        actor=actor, action="home.service_changed", target=service, now=now, data={"check_url": service.check_url}
    )
    return service


@transaction.atomic
def delete_service(*, actor: User, service: Service, now: datetime) -> None:
    """Delete it with its history; its tiles stay."""
    check_owner(actor, service.entity)
    audit.record(actor=actor, action="home.service_deleted", target=service, now=now)
    service.delete()


@transaction.atomic
def tell_state(*, actor: User, service: Service, state: str, message: str, now: datetime) -> None:
    """A person says how the service is. « En service » hands it back to the probe, if there is one.

    Raises:
        NotFound: outside the actor's perimeter.
        Invalid: no such state.
    """
    check_owner(actor, service.entity)
    if state not in Service.State.values:
        raise Invalid(code="state", fields={"state": [_("Cet état n’existe pas.")]})
    by_hand = state != Service.State.OPERATIONAL
    Service.objects.filter(pk=service.pk).update(failures=0)
    _move(service, state=state, message=message if by_hand else "", by_hand=by_hand, told_by=actor, now=now)
    audit.record(actor=actor, action="home.service_state_told", target=service, now=now, data={"state": state})


@transaction.atomic
def record_probe(*, service_id: int, outcome: rules.Outcome, now: datetime) -> None:
    """Write what a probe found; the state follows by `rules.state_after_probe`. A deleted service is no error."""
    service = Service.objects.select_for_update().filter(pk=service_id).first()
    if service is None or (service.checked_at is not None and service.checked_at > now):
        return
    failures = min(service.failures + 1, 1000) if outcome.problem else 0
    Service.objects.filter(pk=service_id).update(checked_at=now, failures=failures, problem=outcome.problem[:200])
    state = rules.state_after_probe(
        state=service.state, by_hand=service.state_by_hand, failures=failures, outcome=outcome
    )
    if state != service.state:
        _move(service, state=state, message="", by_hand=False, told_by=None, now=now)
        audit.record(
            actor=None, action="home.service_state_found", target=service, now=now,
            data={"state": state, "problem": outcome.problem[:200]},
        )  # fmt: skip


def _move(service: Service, *, state: str, message: str, by_hand: bool, told_by: User | None, now: datetime) -> None:
    since = service.state_since if state == service.state else now
    Service.objects.filter(pk=service.pk).update(state=state, message=message, state_by_hand=by_hand, state_since=since)
    ServiceState.objects.create(service=service, state=state, since=now, message=message, told_by=told_by)
    service.refresh_from_db()


def _check(actor: User, content: ServiceContent) -> None:
    check_owner(actor, content.entity)
    if not content.check_url:
        return
    try:
        checked = rules.check_address(content.check_url)
    except rules.AddressInvalid:
        checked = ""
    if urlsplit(checked).scheme not in ("http", "https"):
        text = _("Cette adresse doit commencer par https:// ou http://, sans espace.")
        raise Invalid(code="address", fields={"check_url": [text]})


def _write(service: Service, content: ServiceContent) -> None:
    for name in ("entity", "name", "hosting", "provider", "owner"):
        setattr(service, name, getattr(content, name))
    service.check_url = rules.check_address(content.check_url) if content.check_url else ""
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError:
        raise Conflict(_("Cette entité a déjà un service de ce nom."), code="name_taken") from None
