"""A real OpenID Connect provider (npm's oidc-provider): its accounts, and everything that can be wrong with it.

with oidc_provider(accounts={"claire": {"claims": {"email": …}}}) as provider:
    provider.sign_in(address, "claire")          # as a browser: the address it comes back to
    provider.faults(skew=3600)                   # its clock is an hour ahead from now on
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.requirements import require
from tests.servers.process import accepts, free_port, running

FOLDER = Path(__file__).parent / "oidc"
CLIENT = {"client_id": "parvis", "client_secret": "a secret of the tests, long enough"}
HOPS = 12


@dataclass
class OidcProvider:
    """A running provider."""

    issuer: str
    port: int
    log: Path
    """What it says."""
    browser: httpx.Client = field(default_factory=lambda: httpx.Client(follow_redirects=False, trust_env=False))

    def faults(self, **what: Any) -> None:
        """What is wrong with it from now on; nothing, without arguments. See `faults` in provider.mjs."""
        httpx.post(f"{self.issuer}/test/faults", json=what, trust_env=False).raise_for_status()

    def logout_token(self, **claims: Any) -> str:
        """A logout token with these claims besides the usual ones (None: without)."""
        header = claims.pop("header", {})
        asked = {"client_id": CLIENT["client_id"], "claims": claims, "header": header}
        answer = httpx.post(f"{self.issuer}/test/logout-token", json=asked, trust_env=False)
        return str(answer.raise_for_status().json()["token"])

    def sign_in(self, address: str, login: str | None) -> str:
        """As a browser with a session of its own: where it is sent at the end. `login` None: « Annuler »."""
        for _hop in range(HOPS):
            answer = self.browser.get(address)
            if answer.is_redirect:
                address = urljoin(address, answer.headers["Location"])
            elif "/interaction/" in address:
                form = {"login": login} if login else {"cancel": "1"}
                address = urljoin(address, self.browser.post(address, data=form).headers["Location"])
            else:
                raise AssertionError(f"{answer.status_code} at {address}: {answer.text[:500]}")
            if not address.startswith(self.issuer):
                return address
        raise AssertionError("the provider sends the browser round and round")

    def sign_out(self, address: str = "") -> str:
        """As the browser that signed in: at the provider, by its own page. Where it is sent at the end."""
        answer = self.browser.get(address or f"{self.issuer}/session/end")
        match = re.search(r'action="([^"]+)".*?name="xsrf" value="(\w+)"', answer.text, re.DOTALL)
        assert match, answer.text
        answer = self.browser.post(match[1], data={"xsrf": match[2], "logout": "yes"})
        return answer.headers.get("Location", "")


@contextlib.contextmanager
def oidc_provider(
    *,
    accounts: dict[str, dict[str, Any]],
    redirect_uris: list[str],
    path: str = "",
    acr_values: list[str] | None = None,
    **client: Any,
) -> Iterator[OidcProvider]:
    """The provider on a free loopback port, with one client (`CLIENT`) that may be sent back to `redirect_uris`.

    `path`: of the issuer (Entra's has the tenant in it). More facts about the client: by keyword.
    """
    require("node")
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        missing()
    port = free_port()
    about = {
        **CLIENT,
        "redirect_uris": redirect_uris,
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        **client,
    }
    configuration = {
        "port": port,
        "path": path,
        "clients": [about],
        "accounts": accounts,
        "acrValues": acr_values or [],
    }
    with tempfile.TemporaryDirectory(prefix="parvis-oidc-") as folder:
        log = Path(folder) / "provider.log"
        environment = {"OIDC_CONFIGURATION": json.dumps(configuration), "NODE_ENV": "test"}
        with running(
            ["node", "provider.mjs"],
            log_path=log,
            is_ready=lambda: accepts("127.0.0.1", port),
            env=environment,
            cwd=FOLDER,
        ):
            provider = OidcProvider(f"http://127.0.0.1:{port}{path}", port, log)
            with provider.browser:
                yield provider


def missing() -> None:
    """Skip, or fail in CI: the provider's parts are not there."""

    reason = "not installed: oidc-provider (`make .make/test-servers` fetches it)"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
