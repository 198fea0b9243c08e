"""Connections to GLPI: set up, tested, their entities said to be ours, forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts import vault
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.federation.transport import check_url
from parvis.portal.imports import permissions
from parvis.portal.imports.glpi.reader import session_of
from parvis.portal.imports.glpi.transport import GlpiFailed
from parvis.portal.imports.glpi.wording import ITEM_TYPES, PROBLEMS
from parvis.portal.imports.models import Connection, Run
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.ticket.addresses import AddressForbidden

MOST_ENTITIES = 2000


class ConnectionData(TypedDict):
    """What is said of a connection. Empty tokens stay as they are."""

    name: str
    url: str
    app_token: str
    user_token: str
    item_types: Sequence[str]


@transaction.atomic
def save(
    *, actor: User, connection: Connection | None, root: Entity, data: ConnectionData, now: datetime
) -> Connection:
    """A new connection, or what changes of one.

    Another server is another address for the tokens: they have to be said again.

    Raises:
        NotAllowed: see `permissions.can_connect`.
        Invalid: `fields` says what is wrong with each.
    """
    require(permissions.can_connect(actor, root))
    url = _url(data["url"])
    saved = connection or Connection(root=root)
    elsewhere = bool(connection) and _server(saved.url) != _server(url)
    if not data["user_token"] and (elsewhere or not saved.user_token):
        problem = _("Le serveur n’est plus le même\u202f: saisissez de nouveau les jetons.") if elsewhere else ""
        raise Invalid(fields={"user_token": [problem or _("Indiquez le jeton personnel du compte GLPI.")]})
    if elsewhere:
        saved.app_token = ""
    saved.name, saved.url = data["name"], url
    saved.item_types = [each for each in ITEM_TYPES if each in data["item_types"]]
    for field in ("app_token", "user_token"):
        if data[field]:
            setattr(saved, field, vault.encrypt(data[field]))
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise Invalid(fields={"name": [_("Une autre connexion porte déjà ce nom.")]}) from None
    action = "imports.connection_changed" if connection else "imports.connection_created"
    audit.record(actor=actor, action=action, target=saved, now=now, data={"url": url, "types": saved.item_types})
    return saved


def _url(text: str) -> str:
    url = text.strip().rstrip("/")
    if not urlsplit(url).path.endswith("apirest.php"):
        url = f"{url}/apirest.php"
    try:
        check_url(url)
    except AddressForbidden:
        raise Invalid(fields={"url": [str(PROBLEMS["address"])]}) from None
    return url


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


@transaction.atomic
def delete(*, actor: User, connection: Connection, now: datetime) -> None:
    """Forget a connection and its tokens; what it brought stays.

    Raises:
        NotAllowed: see `permissions.can_connect`.
        Conflict: it is being read (`run_busy`).
    """
    require(permissions.can_connect(actor, connection.root))
    if Run.objects.filter(connection=connection, state__in=[Run.State.QUEUED, Run.State.READING]).exists():
        raise Conflict(_("Cette connexion est en cours de lecture."), code="run_busy")
    audit.record(actor=actor, action="imports.connection_deleted", target=connection, now=now)
    connection.delete()


def test(*, actor: User, connection: Connection, now: datetime) -> dict[str, int]:
    """Enter GLPI and count what would be read, by type of item; its entities are remembered. No transaction is open.

    Raises:
        NotAllowed: see `permissions.can_import`.
        GlpiFailed: what is wrong; it is remembered too.
    """
    require(permissions.can_import(actor, connection.root))
    problem = ""
    try:
        with session_of(connection) as glpi:
            glpi.open_all_entities()
            names = glpi.entities()[:MOST_ENTITIES]
            counts = {each: glpi.count(each) for each in connection.item_types}
    except GlpiFailed as failed:
        problem = failed.code
        raise
    finally:
        _note(actor, connection, problem, now)
    known = {name: connection.entities.get(name) for name in names}
    # What is no more told of is forgotten, unless somebody decided on it.
    kept = {name: pk for name, pk in connection.entities.items() if pk}
    connection.entities = {**kept, **known}
    connection.save(update_fields=["entities"])
    return counts


@transaction.atomic
def _note(actor: User, connection: Connection, problem: str, now: datetime) -> None:
    connection.checked_at, connection.problem = now, problem
    connection.save(update_fields=["checked_at", "problem"])
    data = {"problem": problem}
    audit.record(actor=actor, action="imports.connection_tested", target=connection, now=now, data=data)


@transaction.atomic
def say_entities(*, actor: User, connection: Connection, entities: Mapping[str, Entity | None], now: datetime) -> None:
    """These entities of GLPI are those of ours; None: found by their names.

    Raises:
        NotAllowed: see `permissions.can_import`; or one of ours is outside the connection's.
    """
    require(permissions.can_import(actor, connection.root))
    for entity in entities.values():
        if entity is not None and not entity.path.startswith(connection.root.path):
            raise Invalid(_("Cette entité ne dépend pas de la collectivité de la connexion."))
    said = {name: entity.pk if entity else None for name, entity in entities.items() if name in connection.entities}
    connection.entities = {**connection.entities, **said}
    connection.save(update_fields=["entities"])
    data = {"decided": sum(pk is not None for pk in connection.entities.values())}
    audit.record(actor=actor, action="imports.entities_mapped", target=connection, now=now, data=data)
