"""« Tester »: is the provider there, is it the one we think, do the clocks agree, what must be pasted over there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from parvis.portal.federation import client, flows, refusals, tokens
from parvis.portal.federation.client import WELL_KNOWN, Configuration
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.federation.transport import ProviderFailed, ask
from parvis.portal.kernel import clock


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    what: str
    ok: bool
    said: str
    advice: str = ""


@dataclass(slots=True)
class Report:
    """What was found. `fault`: the code of the first thing that is wrong; empty: nothing."""

    lines: list[Line] = field(default_factory=list)
    fault: str = ""

    def add(self, what: str, ok: bool, said: str, *, fault: str = "", advice: str = "") -> None:
        """One more line."""
        self.lines.append(Line(what, ok, said, advice))
        if not ok and not self.fault:
            self.fault = fault


def test(provider: IdentityProvider) -> Report:
    """Ask the provider everything that can be asked without a person. Never an exception."""
    report = Report()
    try:
        configuration = client.discover(provider.issuer, fresh=True)
    except ProviderFailed as problem:
        report.add(
            _("Configuration publiée"), False, explain(problem), fault=problem.code, advice=_advice(problem, provider)
        )
        return report
    report.add(_("Configuration publiée"), True, provider.issuer)
    _keys(report, configuration)
    _endpoints(report, configuration)
    _clock(report, provider)
    return report


def explain(problem: ProviderFailed) -> str:
    """What went wrong, for the IT team."""
    words = {
        "address": _("Cette adresse n’est pas permise"),
        "unreachable": _("Le fournisseur ne répond pas"),
        "slow": _("Le fournisseur met trop de temps à répondre"),
        "large": _("La réponse est anormalement grande"),
        "redirected": _("Le fournisseur renvoie vers une autre adresse"),
        "malformed": _("La réponse n’est pas celle d’un fournisseur OpenID Connect"),
        "issuer": _("Le fournisseur se présente sous une autre adresse"),
    }
    said = words.get(problem.code, problem.code)
    return f"{said} ({problem.detail})" if problem.detail else said


def addresses(provider: IdentityProvider) -> list[tuple[str, str]]:
    """What to paste at the provider: a label and an address each."""
    return [
        (_("Adresse de retour (redirect URI)"), flows.address("federation:back", slug=provider.slug)),
        (_("Retour après déconnexion (post-logout redirect URI)"), flows.address_of_sign_in()),
        (_("Avis de déconnexion (back-channel logout)"), flows.address("federation:logout_told", slug=provider.slug)),
    ]


def _keys(report: Report, configuration: Configuration) -> None:
    try:
        found = client.keys(configuration, fresh=True)
    except ProviderFailed as problem:
        report.add(_("Clés de signature"), False, explain(problem), fault=problem.code)
        return
    kinds = sorted({str(each.get("alg") or each.get("kty")) for each in found if each.get("use", "sig") == "sig"})
    report.add(_("Clés de signature"), bool(kinds), ", ".join(kinds), fault="malformed")


def _endpoints(report: Report, configuration: Configuration) -> None:
    report.add(_("Page de connexion"), True, urlsplit(configuration.authorization_endpoint).netloc)
    has_userinfo = bool(configuration.userinfo_endpoint)
    report.add(_("Informations sur la personne"), True, _("oui") if has_userinfo else _("dans le jeton seulement"))
    report.add(
        _("Déconnexion chez le fournisseur"),
        True,
        _("oui") if configuration.end_session_endpoint else _("non proposée"),
    )
    report.add(
        _("Avis de déconnexion"),
        True,
        _("oui") if configuration.backchannel_logout else _("non annoncé"),
        advice=""
        if configuration.backchannel_logout
        else _("Une session fermée chez le fournisseur restera ouverte ici jusqu’à sa fin."),
    )


def _clock(report: Report, provider: IdentityProvider) -> None:
    started = time.monotonic()
    try:
        dated: datetime | None = ask(provider.issuer.rstrip("/") + WELL_KNOWN).dated
    except ProviderFailed:
        dated = None
    if dated is None:
        report.add(_("Horloge"), True, _("inconnue"))
        return
    seconds = (dated - clock.now()).total_seconds() + (time.monotonic() - started) / 2
    agrees = abs(seconds) <= tokens.LEEWAY.total_seconds()
    if agrees and abs(seconds) < 2:  # the header counts whole seconds
        report.add(_("Horloge"), True, _("à l’heure"))
        return
    ahead = _("en avance de %(apart)s") if seconds > 0 else _("en retard de %(apart)s")
    report.add(
        _("Horloge"),
        agrees,
        ahead % {"apart": refusals.duration(seconds)},
        fault="clock",
        advice="" if agrees else _("Deux minutes d’écart au plus\u202f: mettez les deux serveurs à l’heure (NTP)."),
    )


def _advice(problem: ProviderFailed, provider: IdentityProvider) -> str:
    match problem.code:
        case "issuer":
            return _("Copiez l’adresse exactement comme le fournisseur la publie, barre oblique finale comprise.")
        case "address":
            return _("L’adresse doit être en https, et sur un réseau que le portail a le droit de joindre.")
        case "unreachable" | "malformed":
            return _("Ouvrez %(url)s depuis le serveur du portail.") % {"url": provider.issuer.rstrip("/") + WELL_KNOWN}
    return ""
