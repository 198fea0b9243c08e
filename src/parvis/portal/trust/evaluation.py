"""What is true of a request, or of a sign-in: person, device, network, level, and what follows. One query as a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, CharField, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.http import HttpRequest

from parvis.portal.accounts import second_factor, sign_ins
from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock, prepared
from parvis.portal.kernel.middleware import client_address
from parvis.portal.trust import proofs, rules, snapshot
from parvis.portal.trust.models import Credential, SignInTrust, State, SuppliedDevice
from parvis.portal.trust.rules import Level, NetworkKind

asking: ContextVar[HttpRequest | None] = ContextVar("trust_request", default=None)
"""The request being served: `accounts` asks for a user and an address only. Set by this room's middleware."""


Noted = tuple[int | None, int, str]
"""What a sign-in last showed: device, level, address."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of a person, and the state of the rules."""

    person: rules.Person
    rules: snapshot.Snapshot
    noted: Noted | None = None
    """What was noted of the browser session asked about."""


@dataclass
class Trust:
    """The trust in one sign-in at one moment."""

    known: Known
    level: Level
    network: rules.Network | None
    address: str
    at: datetime
    device: SuppliedDevice | None = None
    refused: str = ""
    """Why a supplied computer was not taken for one: `unknown`, `revoked`, `not_yours`, or the proxy's own words."""
    renewed: tuple[Credential, proofs.Certificate] | None = None
    """The proof on file and the newer certificate of the same machine that was shown instead."""

    @property
    def kind(self) -> NetworkKind:
        """Of the network; what is not declared is elsewhere."""
        return self.network.kind if self.network is not None else NetworkKind.ELSEWHERE

    @property
    def situation(self) -> rules.Situation:
        """As the rules see it."""
        local = self.at.astimezone(clock.PARIS)
        return rules.Situation(
            level=self.level,
            kind=self.kind,
            network=self.network.id if self.network else None,
            weekday=local.weekday(),
            at=local.time().replace(tzinfo=None),
        )

    @cached_property
    def outcome(self) -> rules.Outcome:
        """What holds, and why."""
        return rules.decide(self.known.rules.rules, self.known.person, self.situation)

    @property
    def effects(self) -> rules.Effects:
        """What holds."""
        return self.outcome.effects


def of_request(request: HttpRequest) -> Trust:
    """The trust in a signed-in request; computed once per request."""
    kept: Trust | None = getattr(request, "_parvis_trust", None)
    if kept is None:
        user = request.user
        assert isinstance(user, User)  # noqa: S101 the callers asked whether somebody is signed in
        kept = evaluate(user, request, clock.now())
        request._parvis_trust = kept  # type: ignore[attr-defined]
    return kept


def evaluate(user: User, request: HttpRequest, now: datetime) -> Trust:
    """The same, for a user who may be about to sign in. One query; two where a proof is shown."""
    known = of_users([user.pk], request.session.session_key or "")[user.pk]
    device, refused, renewed = _device(user, request, now)
    trust = judge(known, address=client_address(request), device=device, refused=refused, now=now)
    trust.renewed = renewed
    return trust


def judge(
    known: Known,
    *,
    address: str,
    now: datetime,
    signed_in: bool = True,
    device: SuppliedDevice | None = None,
    refused: str = "",
) -> Trust:
    """Put together what is known. No query."""
    network = rules.locate(address, known.rules.networks, known.person.place)
    kind = network.kind if network is not None else NetworkKind.ELSEWHERE
    level = rules.level_of(signed_in=signed_in, supplied=device is not None, kind=kind)
    return Trust(known, level, network, address, now, device, refused)


def of_users(ids: Collection[int], session_key: str = "") -> dict[int, Known]:
    """Place, roles and the rules of these users, in ONE query (more when the rules have changed).

    With a session key also what was noted of that browser session.
    """
    if len(ids) == 1:
        (user,) = ids
        return _known(ids, _HERE.all(user=user, key=session_key) if session_key else _ONE.all(user=user))
    return _known(ids, _rows(User.objects.filter(pk__in=ids), session_key))


def _rows(users: QuerySet[User], session_key: str | prepared.Slot = "") -> QuerySet[User, Any]:
    token = State.objects.filter(pk=1).values("token")[:1]
    return (
        users.annotate(trust_token=Subquery(token), **_noted(session_key))
        .values_list(
            "pk",
            "trust_token",
            "noted_device",
            "noted_level",
            "noted_address",
            "agent__is_active",
            "agent__entity__path",
            "role_grants__role",
            "role_grants__entity__path",
        )
        .order_by()
    )


_ONE: prepared.Read[Any] = prepared.Read(lambda user: _rows(User.objects.filter(pk=user)), user=BigIntegerField())
_HERE: prepared.Read[Any] = prepared.Read(
    lambda user, key: _rows(User.objects.filter(pk=user), key), user=BigIntegerField(), key=CharField()
)


def _noted(session_key: str | prepared.Slot) -> dict[str, Any]:
    # Asked of pages only: heartbeats and tickets know what was noted already, and their query is three times cheaper.
    if session_key == "":
        return dict.fromkeys(("noted_device", "noted_level", "noted_address"), Value(None, IntegerField()))
    noted = SignInTrust.objects.filter(sign_in__session_key=session_key, sign_in__user_id=OuterRef("pk"))
    return {f"noted_{field}": Subquery(noted.values(column)[:1]) for field, column in _NOTED}


_NOTED = (("device", "device_id"), ("level", "level"), ("address", "address"))


def _known(ids: Collection[int], rows: Any) -> dict[int, Known]:
    places: dict[int, str] = {}
    grants: dict[int, set[tuple[str, str]]] = defaultdict(set)
    token, noted = "", None
    for pk, found_token, device, level, address, in_post, place, role, path in rows:
        token = found_token or ""
        noted = (device, level, address) if level is not None else None
        if in_post and place:
            places[pk] = place
        if role and path:
            grants[pk].add((role, path))
    now = snapshot.at(token)
    return {pk: Known(person(places.get(pk, ""), grants[pk]), now, noted) for pk in ids}


def person(place: str, grants: Collection[tuple[str, str]]) -> rules.Person:
    """Somebody without a service stands where their widest role is held."""
    return rules.Person(place or min((path for _, path in grants), default=""), frozenset(grants))


def of_sign_ins(owners: dict[str, int], now: datetime) -> dict[str, Trust]:
    """The trust in many sign-ins (id → user), by what each last showed and the rules of now. Two queries.

    An id that is no browser's (`token-…`) has shown nothing: level `UNKNOWN`.
    """
    numbers = [int(each) for each in owners if each.isascii() and each.isdigit() and len(each) < 19]
    rows = _NOTE.all(pk=numbers[0]) if len(numbers) == 1 else _notes().filter(pk__in=numbers)
    noted = {str(row.sign_in_id): row for row in rows}
    known = of_users(set(owners.values()))
    return {each: _of_note(noted.get(each), known[user], now) for each, user in owners.items()}


def _notes() -> QuerySet[SignInTrust]:
    return SignInTrust.objects.select_related("device__computer")


_NOTE: prepared.Read[SignInTrust] = prepared.Read(lambda pk: _notes().filter(pk=pk), pk=BigIntegerField())


def _of_note(row: SignInTrust | None, known: Known, now: datetime) -> Trust:
    if row is None:
        return judge(known, address="", signed_in=False, now=now)
    device = row.device if row.device is not None and row.device.standing == "trusted" else None
    return judge(known, address=row.address, device=device, signed_in=row.level > Level.UNKNOWN, now=now)


def sign_in_of(request: HttpRequest) -> int | None:
    """Primary key of the request's sign-in."""
    here = sign_ins.current(request)
    return int(here) if here else None


def has_proven_person(request: HttpRequest) -> bool:
    """Was the second factor given? Before that nothing is noted of a device."""
    return second_factor.given_at(request) is not None or second_factor.signed_in_as_persona(request)


def _device(
    user: User, request: HttpRequest, now: datetime
) -> tuple[SuppliedDevice | None, str, tuple[Credential, proofs.Certificate] | None]:
    certificate = proofs.certificate_of(request, now)
    keys = proofs.passkeys_of(request)
    if certificate is None and not keys:
        return None, proofs.refusal_of(request), None
    shown = Q(authenticator__in=keys, authenticator__user_id=user.pk)
    if certificate is not None:
        # A renewed certificate has another fingerprint: the authority's CA gives one name to one machine.
        renewed = Q(issuer=certificate.issuer, subject=certificate.subject, expires_at__lt=certificate.expires_at)
        shown |= Q(kind=Credential.Kind.CERTIFICATE) & (Q(fingerprint=certificate.fingerprint) | renewed)
    yours = SuppliedDevice.objects.filter(pk=OuterRef("device_id"), agents__user_id=user.pk, agents__is_active=True)
    rows = Credential.objects.filter(shown).annotate(yours=Exists(yours)).select_related("device__computer")
    found = sorted(rows, key=lambda each: (certificate is None or each.fingerprint != certificate.fingerprint, each.pk))
    return _choose(found, certificate)


def _choose(
    found: list[Any], certificate: proofs.Certificate | None
) -> tuple[SuppliedDevice | None, str, tuple[Credential, proofs.Certificate] | None]:
    for each in found:
        if each.device.standing == SuppliedDevice.Standing.TRUSTED and each.yours:
            by_name = certificate is not None and each.kind == Credential.Kind.CERTIFICATE
            renewed = by_name and each.fingerprint != certificate.fingerprint  # type: ignore[union-attr]
            return each.device, "", (each, certificate) if renewed and certificate else None
    if not found:
        return None, "unknown" if certificate is not None else "", None
    revoked = any(each.device.standing != SuppliedDevice.Standing.TRUSTED for each in found)
    return None, "revoked" if revoked else "not_yours", None
