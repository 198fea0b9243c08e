"""What a sign-in showed of its device, written down when it changes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from parvis.portal.accounts import tasks
from parvis.portal.accounts.devices import describe
from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.trust import private_devices
from parvis.portal.trust.evaluation import Noted, Trust
from parvis.portal.trust.models import Credential, PrivateDevice, SignInTrust, SuppliedDevice


def says_the_same(noted: Noted | None, trust: Trust) -> bool:
    """Is there nothing new?"""
    device = trust.device.pk if trust.device is not None else None
    return noted == (device, int(trust.level), trust.address[:45]) and trust.renewed is None


@transaction.atomic
def note(*, request: HttpRequest, trust: Trust, sign_in: int, first: bool, now: datetime) -> str:
    """Write what the sign-in shows now. The number for the browser's cookie, where it needs one."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 the middleware asked
    number, private = "", None
    if first and trust.device is None:
        number, private = _recognise(request, user, now)
    row = SignInTrust(
        sign_in_id=sign_in,
        device=trust.device,
        private_device=private,
        level=trust.level,
        address=trust.address[:45],
        noted_at=now,
    )
    fields = ["device", "level", "address", "noted_at"] + (["private_device"] if first else [])
    SignInTrust.objects.bulk_create([row], update_conflicts=True, unique_fields=["sign_in"], update_fields=fields)
    if trust.device is not None:
        SuppliedDevice.objects.filter(pk=trust.device.pk).update(last_used_at=now)
    if trust.renewed is not None:
        _renew(trust, user, now)
    return number


def _renew(trust: Trust, user: User, now: datetime) -> None:
    """The machine's certificate was renewed by its CA: the newer one is on file from now on."""
    assert trust.renewed is not None  # noqa: S101 the caller asked
    old, new = trust.renewed
    changed = Credential.objects.filter(pk=old.pk, fingerprint=old.fingerprint).update(
        fingerprint=new.fingerprint, serial=new.serial, expires_at=new.expires_at
    )
    if changed:
        data = {"before": old.fingerprint, "after": new.fingerprint, "expires": new.expires_at.isoformat()}
        audit.record(actor=user, action="trust.certificate_renewed", target=old.device, now=now, data=data)


def _recognise(request: HttpRequest, user: User, now: datetime) -> tuple[str, PrivateDevice]:
    number, fresh = private_devices.number_of(request)
    digest = private_devices.digest_of(number)
    device = PrivateDevice.objects.filter(user=user, digest=digest).first()
    if device is not None:
        PrivateDevice.objects.filter(pk=device.pk).update(last_seen_at=now)
        return "", device
    others = PrivateDevice.objects.filter(user=user).exists()
    name = describe(request.headers.get("User-Agent", ""))[:80]
    device, created = PrivateDevice.objects.get_or_create(
        user=user, digest=digest, defaults={"name": name, "first_seen_at": now, "last_seen_at": now}
    )
    if created and others:  # the very first one is the account's own beginning
        tasks.notify(user=user, what="new_device", now=now, detail=name)
    return (number if fresh else ""), device
