"""Passkeys that cannot leave the device that made them.

WebAuthn level 3, section 6.1.3: the authenticator says in its data whether a credential may ever be copied elsewhere
(*backup eligibility*, BE, fixed for its whole life) and whether it was (*backup state*, BS). Only one with neither is
proof of a device. The browser is asked for the computer's own authenticator: a key on a ring belongs to no computer.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn


def options(registration: dict[str, Any]) -> dict[str, Any]:
    """The registration options, for the computer's own authenticator alone."""
    asked = dict(registration["publicKey"])
    asked["authenticatorSelection"] = {**asked.get("authenticatorSelection", {}), "authenticatorAttachment": "platform"}
    return {**registration, "publicKey": asked}


def why_not(credential: dict[str, Any]) -> str:
    """Why this credential proves no device: `synced` or `roaming`; empty if it does."""
    data = webauthn.parse_registration_response(credential).response.attestation_object.auth_data
    if data.is_backup_eligible() or data.is_backed_up():
        return "synced"
    attachment = credential.get("authenticatorAttachment")
    return "" if attachment in (None, "platform") else "roaming"
