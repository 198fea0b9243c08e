"""Talks with one provider: its configuration, its keys, a code against tokens, `userinfo`.

OpenID Connect Discovery 1.0 §4, Core 1.0 §3.1, RFC 7636 (PKCE), RFC 9207 (`iss` in the answer), RP-Initiated
Logout 1.0. Why not django-allauth's client: ADR 0009.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.core.cache import cache

from parvis.portal.federation import tokens, transport
from parvis.portal.federation.tokens import Claims, Keys, UnknownKey
from parvis.portal.federation.transport import Answer, ProviderFailed, ask
from parvis.ticket.addresses import AddressForbidden

KEPT_SECONDS = 600
"""How long a configuration and its keys serve before they are asked for again."""
ASKED_AGAIN_SECONDS = 60
"""An unknown key makes us ask for the keys again, this often at most."""
WELL_KNOWN = "/.well-known/openid-configuration"
JWT_TYPES = ("application/jwt", "application/jose")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a provider publishes of itself, checked. Empty where it has none."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    names_issuer: bool = False
    """Whether its answers always carry `iss` (RFC 9207)."""
    secret_in_form: bool = False
    """The token endpoint wants the secret in the form, and not in the header."""
    backchannel_logout: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Us, at one provider."""

    issuer: str
    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The tokens of one sign-in."""

    id_token: str
    claims: Claims
    """The ID token's, its signature verified, nothing else."""
    access_token: str
    dated: datetime | None
    """The provider's clock when it answered."""


def new_verifier() -> str:
    """A PKCE secret (RFC 7636 §4.1), 43 characters."""
    return secrets.token_urlsafe(32)


def authorization_url(
    configuration: Configuration, party: Party, *, scopes: str, state: str, nonce: str, verifier: str, **more: str
) -> str:
    """Where the browser goes to sign in at the provider."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return _with_query(
        configuration.authorization_endpoint,
        response_type="code",
        client_id=party.client_id,
        redirect_uri=party.redirect_uri,
        scope=scopes,
        state=state,
        nonce=nonce,
        code_challenge=challenge,
        code_challenge_method="S256",
        **more,
    )


def end_session_url(configuration: Configuration, *, client_id: str, id_token: str, back: str, state: str) -> str:
    """Where the browser goes to sign out at the provider too; empty if it has no such page."""
    if not configuration.end_session_endpoint:
        return ""
    return _with_query(
        configuration.end_session_endpoint,
        id_token_hint=id_token,
        client_id=client_id,
        post_logout_redirect_uri=back,
        state=state,
    )


def discover(issuer: str, *, fresh: bool = False) -> Configuration:
    """The provider's configuration, asked for every ten minutes at most unless `fresh`.

    Raises:
        ProviderFailed: it does not answer, or says it is somebody else (`issuer`).
    """
    kept = None if fresh else cache.get(_key("configuration", issuer))
    if kept is not None:
        return Configuration(**kept)
    found = _configuration(issuer, _json(_well(ask(issuer.rstrip("/") + WELL_KNOWN))))
    cache.set(_key("configuration", issuer), asdict(found), timeout=KEPT_SECONDS)
    return found


def keys(configuration: Configuration, *, fresh: bool = False) -> Keys:
    """The provider's signing keys, asked for every ten minutes at most unless `fresh`.

    Raises:
        ProviderFailed: it does not give them.
    """
    name = _key("keys", configuration.jwks_uri)
    kept: Keys | None = None if fresh else cache.get(name)
    if kept is not None:
        return kept
    try:
        found = tokens.keys_of(_well(ask(configuration.jwks_uri)).text)
    except tokens.TokenRefused:
        raise ProviderFailed("malformed", "no keys at jwks_uri") from None
    cache.set(name, found, timeout=KEPT_SECONDS)
    return found


def read(raw: str, configuration: Configuration) -> Claims:
    """The claims of a token signed by the provider; its keys are asked for again when it has new ones.

    Raises:
        TokenRefused: see `tokens.read`.
        ProviderFailed: the keys cannot be had.
    """
    try:
        return tokens.read(raw, keys(configuration))
    except UnknownKey:
        if not cache.add(_key("asked-again", configuration.jwks_uri), 1, timeout=ASKED_AGAIN_SECONDS):
            raise
        return tokens.read(raw, keys(configuration, fresh=True))


def exchange(configuration: Configuration, party: Party, *, code: str, verifier: str) -> Signed:
    """The tokens that this code stands for; a code serves once.

    Raises:
        ProviderFailed: no answer, or a refusal (`code`: the provider takes it for used, expired or not ours).
        TokenRefused: see `tokens.read`.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": party.redirect_uri,
        "code_verifier": verifier,
    }
    headers = {"Accept": "application/json"}
    if configuration.secret_in_form:
        form |= {"client_id": party.client_id, "client_secret": party.secret}
    else:  # RFC 6749 §2.3.1: both parts percent-encoded first
        pair = f"{quote(party.client_id, safe='')}:{quote(party.secret, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    answer = ask(configuration.token_endpoint, form=form, headers=headers)
    if answer.status != 200:
        raise ProviderFailed(_why_refused(answer), f"token endpoint: HTTP {answer.status} {answer.text[:200]}")
    content = _json(answer)
    raw, access = content.get("id_token"), content.get("access_token")
    if not isinstance(raw, str) or not isinstance(access, str):
        raise ProviderFailed("malformed", "no ID token")
    return Signed(id_token=raw, claims=read(raw, configuration), access_token=access, dated=answer.dated)


def userinfo(configuration: Configuration, party: Party, signed: Signed) -> Claims:
    """What the provider says of the person besides the ID token, as JSON or as a signed token (ProConnect).

    Raises:
        ProviderFailed: no answer.
        TokenRefused: about somebody else, or wrongly signed.
    """
    if not configuration.userinfo_endpoint:
        return {}
    answer = _well(
        ask(
            configuration.userinfo_endpoint,
            headers={"Authorization": f"Bearer {signed.access_token}", "Accept": "application/json, application/jwt"},
        )
    )
    is_signed = answer.content_type in JWT_TYPES
    claims = read(answer.text.strip(), configuration) if is_signed else _json(answer)
    tokens.check_userinfo(
        claims,
        issuer=configuration.issuer,
        client_id=party.client_id,
        subject=str(signed.claims.get("sub")),
        signed=is_signed,
    )
    return claims


def _configuration(issuer: str, content: dict[str, Any]) -> Configuration:
    if content.get("issuer") != issuer:
        raise ProviderFailed("issuer", f"it says {content.get('issuer')!r}")
    addresses = {
        name: _address(content, name, needed=name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        for name in (
            "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint",
        )
    }  # fmt: skip
    methods = content.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Configuration(
        issuer=issuer,
        names_issuer=content.get("authorization_response_iss_parameter_supported") is True,
        secret_in_form=isinstance(methods, list) and "client_secret_basic" not in methods,
        backchannel_logout=content.get("backchannel_logout_supported") is True,
        **addresses,
    )


def _address(content: dict[str, Any], name: str, *, needed: bool) -> str:
    value = content.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or not value:
        raise ProviderFailed("malformed", f"no {name}")
    try:
        transport.check_url(value)
    except AddressForbidden as reason:
        raise ProviderFailed("address", f"{name}: {reason}") from None
    return value


def _well(answer: Answer) -> Answer:
    if answer.status != 200:
        raise ProviderFailed("unreachable", f"HTTP {answer.status}")
    return answer


def _json(answer: Answer) -> dict[str, Any]:
    try:
        content = json.loads(answer.text)
    except (ValueError, RecursionError):
        raise ProviderFailed("malformed", "not JSON") from None
    if not isinstance(content, dict):
        raise ProviderFailed("malformed", "not an object")
    return content


def _why_refused(answer: Answer) -> str:
    try:
        reason = _json(answer).get("error")
    except ProviderFailed:
        return "unreachable"
    return {"invalid_grant": "code", "invalid_client": "client", "unauthorized_client": "client"}.get(
        str(reason), "unreachable"
    )


def _with_query(address: str, **values: str) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(values)}"


def _key(what: str, address: str) -> str:
    return f"federation:{what}:{hashlib.sha256(address.encode()).hexdigest()}"
