"""Supplied computers: enrolment by a technician or by code, loss and theft."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from parvis.portal.accounts import sign_ins, throttle
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.models import Computer
from parvis.portal.trust import permissions
from parvis.portal.trust.models import Credential, EnrolmentCode, SignInTrust, SuppliedDevice
from parvis.portal.trust.proofs import Certificate

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L: a code is read out on the telephone."""
CODE_LENGTH = 8
CODE_LIVES = timedelta(hours=24)
TRIES, TRIES_SECONDS = 5, 900


@transaction.atomic
def make_code(*, actor: User, computer: Computer, agent: Agent, now: datetime) -> str:
    """A code with which `agent` registers the computer they sit at as `computer`; earlier unused ones are void.

    Raises:
        NotAllowed: not of the IT team of the computer's entity.
    """
    require(permissions.can_enrol(actor, computer))
    EnrolmentCode.objects.filter(computer=computer, agent=agent, used_at__isnull=True).delete()
    code = "".join(secrets.choice(ALPHABET) for _each in range(CODE_LENGTH))
    EnrolmentCode.objects.create(
        computer=computer,
        agent=agent,
        digest=digest(code),
        made_by=actor,
        made_at=now,
        expires_at=now + CODE_LIVES,
    )
    audit.record(actor=actor, action="trust.code_made", target=computer, now=now, data={"agent": agent.pk})
    return code


def digest(code: str) -> str:
    """What is kept of a code: keyed, so that the table alone does not give 31^8 codes away to a guess."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return salted_hmac("parvis.trust.code", plain, algorithm="sha256").hexdigest()


def find_code(*, actor: User, code: str, now: datetime) -> EnrolmentCode:
    """The unused code of this agent; a wrong one counts as a try.

    Raises:
        TooMany: more than five tries in a quarter of an hour.
        Invalid: unknown, used, too old, or another agent's; the four look the same.
    """
    throttle.hit("trust-code", str(actor.pk), limit=TRIES, seconds=TRIES_SECONDS)
    found = (
        EnrolmentCode.objects.filter(
            digest=digest(code), agent__user=actor, agent__is_active=True, used_at__isnull=True, expires_at__gt=now
        )
        .select_related("computer__entity", "agent", "made_by")
        .first()
    )
    if found is None:
        problem = _("Ce code n’est pas le bon, ou il n’est plus valable. Demandez-en un autre.")
        raise Invalid(problem, fields={"code": [problem]})
    return found


@transaction.atomic
def enrol_with_code(
    *, actor: User, code: EnrolmentCode, proof: Certificate | Authenticator, now: datetime
) -> SuppliedDevice:
    """Spend the code: the computer is known by `proof` from now on. Of many at once exactly one wins.

    Raises:
        Conflict: the code was used or expired meanwhile.
        Invalid: the certificate is another computer's.
    """
    spent = EnrolmentCode.objects.filter(pk=code.pk, used_at__isnull=True, expires_at__gt=now).update(used_at=now)
    if not spent:
        raise Conflict(_("Ce code a déjà servi, ou il n’est plus valable."), code="code_used")
    return _enrol(actor, code.computer, [code.agent], proof, by=code.made_by, now=now)


@transaction.atomic
def enrol(
    *, actor: User, computer: Computer, agents: Collection[Agent], certificate: Certificate, now: datetime
) -> SuppliedDevice:
    """A technician says: this certificate is this computer's, and these agents use it.

    Raises:
        NotAllowed: not of the IT team of the computer's entity.
        Invalid: the certificate is another computer's, or expired; no agent.
    """
    require(permissions.can_enrol(actor, computer))
    if not agents:
        raise Invalid(_("Choisissez au moins un agent."), fields={"agents": [_("Choisissez au moins un agent.")]})
    if not certificate.holds(now):
        problem = _("Ce certificat n’est pas valable aujourd’hui.")
        raise Invalid(problem, fields={"certificate": [problem]})
    return _enrol(actor, computer, agents, certificate, by=actor, now=now)


def _enrol(
    actor: User,
    computer: Computer,
    agents: Collection[Agent],
    proof: Certificate | Authenticator,
    *,
    by: User | None,
    now: datetime,
) -> SuppliedDevice:
    device, _created = SuppliedDevice.objects.get_or_create(
        computer=computer, defaults={"enrolled_at": now, "enrolled_by": by}
    )
    if device.standing != SuppliedDevice.Standing.TRUSTED:
        # Found again, or repaired: only who was given a code, or the IT team, comes here. Old proofs are gone.
        Credential.objects.filter(device=device).delete()
        device.standing, device.revoked_at = SuppliedDevice.Standing.TRUSTED, None
        device.enrolled_at, device.enrolled_by = now, by
        device.save()
    device.agents.add(*agents)
    credential = _credential(device, proof, now)
    data = {"kind": credential.kind, "agents": [agent.pk for agent in agents], "fingerprint": credential.fingerprint}
    audit.record(actor=actor, action="trust.device_enrolled", target=device, now=now, data=data)
    return device


def _credential(device: SuppliedDevice, proof: Certificate | Authenticator, now: datetime) -> Credential:
    if isinstance(proof, Authenticator):
        made, _created = Credential.objects.get_or_create(
            authenticator=proof, defaults={"device": device, "kind": Credential.Kind.PASSKEY, "added_at": now}
        )
        return made
    values = {
        "subject": proof.subject,
        "issuer": proof.issuer,
        "serial": proof.serial,
        "expires_at": proof.expires_at,
        "added_at": now,
    }
    existing = Credential.objects.filter(kind=Credential.Kind.CERTIFICATE, fingerprint=proof.fingerprint).first()
    if existing is not None and existing.device_id == device.pk:
        return existing
    try:
        with transaction.atomic():
            return Credential.objects.create(
                device=device, kind=Credential.Kind.CERTIFICATE, fingerprint=proof.fingerprint, **values
            )
    except IntegrityError:
        problem = _("Ce certificat est déjà celui d’un autre ordinateur.")
        raise Invalid(problem, fields={"certificate": [problem]}) from None


@transaction.atomic
def revoke(*, actor: User | None, device: SuppliedDevice, standing: str, now: datetime) -> bool:
    """Lost, stolen or retired: its sign-ins end now, their remote screens with them. Twice is once.

    `actor` None: the portal itself, for a room that has asked already.

    Raises:
        NotAllowed: not of the IT team of the computer's entity.
    """
    if actor is not None:
        require(permissions.can_revoke(actor, device))
    changed = SuppliedDevice.objects.filter(pk=device.pk, standing=SuppliedDevice.Standing.TRUSTED).update(
        standing=standing, revoked_at=now
    )
    if not changed:
        return False
    device.standing, device.revoked_at = standing, now
    EnrolmentCode.objects.filter(computer=device.computer_id, used_at__isnull=True).delete()
    audit.record(actor=actor, action="trust.device_revoked", target=device, now=now, data={"standing": standing})
    end_sign_ins(actor=actor, device=device, now=now)
    return True


def end_sign_ins(*, actor: User | None, device: SuppliedDevice, now: datetime) -> int:
    """End every sign-in that was made through this computer; how many."""
    rows = SignInTrust.objects.filter(device=device).select_related("sign_in__user")
    held: dict[User, set[str]] = {}
    for row in rows:
        held.setdefault(row.sign_in.user, set()).add(str(row.sign_in_id))
    return sum(
        sign_ins.end(user=user, actor=actor, now=now, reason=sign_ins.Reason.SECURITY_CHANGED, only=ids)
        for user, ids in held.items()
    )


@transaction.atomic
def remove_agent(*, actor: User, device: SuppliedDevice, agent: Agent, now: datetime) -> None:
    """The agent does not use this computer any more; their sign-ins through it end.

    Raises:
        NotAllowed: not of the IT team of the computer's entity.
    """
    require(permissions.can_revoke(actor, device))
    device.agents.remove(agent)
    Credential.objects.filter(device=device, authenticator__user__agent=agent).delete()
    audit.record(actor=actor, action="trust.device_agent_removed", target=device, now=now, data={"agent": agent.pk})
    if agent.user is not None:
        held = SignInTrust.objects.filter(device=device, sign_in__user=agent.user).values_list("pk", flat=True)
        sign_ins.end(
            user=agent.user,
            actor=actor,
            now=now,
            reason=sign_ins.Reason.SECURITY_CHANGED,
            only={str(pk) for pk in held},
        )
