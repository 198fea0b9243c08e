"""Past one machine: who signs in at one portal is known to the other, and what one decides holds everywhere."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import picows
import pyotp
import pytest

from tests.integration.gateway.harness import Browser, handshake_none, in_loop
from tests.integration.past_one_machine.cluster import (
    AGNES,
    PASSWORD,
    PAUL,
    Cluster,
    running_cluster,
    start,
    until,
)
from tests.integration.signing_in import SECRET
from tests.servers import vnc_server
from tests.servers.process import accepts, free_port

# `django_db`: the suite's database is made, and these tests stay together.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("several-machines"), pytest.mark.timeout(600)]
SIGN_IN = "/compte/connexion/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture(scope="module")
def cluster(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("s")
    with django_db_blocker.unblock(), vnc_server() as vnc, running_cluster(folder, vnc.port) as running:  # type: ignore[attr-defined]
        yield running


@pytest.fixture(scope="module")
def agnes(cluster: Cluster) -> Iterator[httpx.Client]:
    """Her browser, signed in through the first portal while the second one takes nothing."""
    with cluster.browser() as browser:
        cluster.proxy.only("portals", "portal-a")
        try:
            answer = post(browser, SIGN_IN, login=AGNES, password=PASSWORD)
            assert answer.headers["location"].endswith("/verification/"), answer.text[-2000:]
            answer = post(browser, answer.headers["location"], code=pyotp.TOTP(SECRET).now())
            assert answer.headers.get("location") == "/", answer.text[-2000:]
        finally:
            cluster.proxy.only("portals", "")
        yield browser


def post(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send the form of a page."""
    found = TOKEN.search(browser.get(path).text)
    assert found, path
    return browser.post(path, data={**fields, "csrfmiddlewaretoken": found[1]})


def is_signed_in(browser: httpx.Client) -> bool:
    answer = browser.get("/compte/")
    assert answer.status_code in (200, 302), answer.text[-2000:]
    return answer.status_code == 200


async def screen(cluster: Cluster, browser: httpx.Client, gateway: str | None = None) -> tuple[Browser, dict[str, str]]:
    """Open the PC's screen as the viewer does, up to its first picture; the grant. `gateway`: not the proxy's."""
    path = f"/mon-bureau/{cluster.computer}"
    page = (await asyncio.to_thread(browser.get, f"{path}/ecran")).text
    token = re.search(r'"csrf": "([^"]+)"', page)
    assert token, page[-2000:]
    headers = {"X-CSRFToken": token[1]}
    answer = await asyncio.to_thread(browser.post, f"{path}/connect", json={"session": None}, headers=headers)
    assert answer.status_code == 200, answer.text
    grant = {**answer.json(), "csrf": token[1]}
    _, client = await picows.ws_connect(
        Browser,
        f"{gateway or f'wss://localhost:{cluster.proxy.port}'}{grant['websocket']}",
        ssl_context=None if gateway else cluster.tls(),
        extra_headers={"Origin": cluster.url},
    )
    assert isinstance(client, Browser)
    client.send(grant["ticket"].encode())
    assert await client.message() == ("text", b'{"accepted": true}')
    await handshake_none(client)
    return client, grant


def test_signed_in_at_one_portal_known_to_the_other(cluster: Cluster, agnes: httpx.Client) -> None:
    for portal in ("portal-a", "portal-b"):
        cluster.proxy.only("portals", portal)
        assert is_signed_in(agnes), portal
    cluster.proxy.only("portals", "")
    with cluster.browser() as nobody:
        assert not is_signed_in(nobody)


def test_wrong_passwords_are_counted_by_both_portals_together(cluster: Cluster) -> None:
    said = []
    with cluster.browser() as browser:
        for number in range(6):  # five are let through
            cluster.proxy.only("portals", ("portal-a", "portal-b")[number % 2])
            said.append(
                "Trop d’essais" in post(browser, SIGN_IN, login="nobody@rivemarine.example", password="faux").text
            )
    cluster.proxy.only("portals", "")
    assert said == [False] * 5 + [True]


def test_the_code_of_a_second_factor_serves_once_among_both(cluster: Cluster) -> None:
    totp = pyotp.TOTP(SECRET)
    for _ in range(4):
        code, answers = totp.now(), []
        for portal in ("portal-a", "portal-b"):
            cluster.proxy.only("portals", portal)
            with cluster.browser() as browser:
                path = post(browser, SIGN_IN, login=PAUL, password=PASSWORD).headers["location"]
                answers.append(post(browser, path, code=code).status_code)
        if totp.now() == code:  # else its half minute ended in between: again, with the next one
            break
    cluster.proxy.only("portals", "")
    assert answers == [302, 200], "the second is asked again"


def test_screens_open_by_both_gateways_and_close_by_either_portal(cluster: Cluster, agnes: httpx.Client) -> None:
    @in_loop
    async def each_way() -> None:
        for portal, other, gateway in (("portal-a", "portal-b", "gateway-a"), ("portal-b", "portal-a", "gateway-b")):
            cluster.proxy.only("portals", portal)
            cluster.proxy.only("gateways", gateway)
            client, grant = await screen(cluster, agnes)
            held = cluster.query(
                "SELECT g.name FROM remote_desktop_connection c JOIN remote_desktop_gateway g ON g.id = c.gateway_id"
                " WHERE c.session_id = %s",
                grant["session"],
            )
            assert held == [(gateway,)]
            cluster.proxy.only("portals", other)
            answer = await asyncio.to_thread(
                agnes.post,
                f"/mon-bureau/{cluster.computer}/end",
                json={"session": grant["session"]},
                headers={"X-CSRFToken": grant["csrf"]},
            )
            assert answer.status_code == 204, answer.text
            assert await client.closed() == 1000

    try:
        each_way()
    finally:
        cluster.proxy.only("portals", "")
        cluster.proxy.only("gateways", "")


def test_an_order_reaches_slow_gateways_of_both_portals_at_once(cluster: Cluster, agnes: httpx.Client) -> None:
    """Their hearts beat once in a minute: only a hint explains that the screen closes sooner."""
    for gateway, portal in (("gateway-c", "portal-a"), ("gateway-d", "portal-b")):
        cluster.proxy.only("portals", portal)
        cluster.ports[gateway] = free_port()
        start(cluster, gateway, PARVIS_GATEWAY_HEARTBEAT_SECONDS="60")
        until(lambda port=cluster.ports[gateway]: _hears_hints(port), f"{gateway} listens at {portal}")

    @in_loop
    async def each_way() -> None:
        # Each gateway's line stays with the portal it was opened at; the order is given at the other one.
        for gateway, other in (("gateway-c", "portal-b"), ("gateway-d", "portal-a")):
            cluster.proxy.only("portals", other)
            client, grant = await screen(cluster, agnes, f"ws://127.0.0.1:{cluster.ports[gateway]}")
            answer = await asyncio.to_thread(
                agnes.post,
                f"/mon-bureau/{cluster.computer}/end",
                json={"session": grant["session"]},
                headers={"X-CSRFToken": grant["csrf"]},
            )
            assert answer.status_code == 204, answer.text
            began = time.monotonic()
            assert await client.closed() == 1000
            assert time.monotonic() - began < 20  # of sixty

    try:
        each_way()
    finally:
        cluster.proxy.only("portals", "")
        for gateway in ("gateway-c", "gateway-d"):
            cluster.processes[gateway].terminate()


def _hears_hints(port: int) -> bool:
    try:
        told = httpx.get(f"http://127.0.0.1:{port}/gateway/metrics", trust_env=False).text
    except httpx.HTTPError:
        return False
    return "parvis_gateway_hints_connected 1.0" in told


def test_the_worker_claims_its_periodic_work_in_the_database(cluster: Cluster) -> None:
    claimed = until(
        lambda: cluster.query("SELECT count(*) FROM kernel_claim WHERE name LIKE 'schedule:%%'")[0][0] > 20,
        "the schedule is claimed",
    )
    assert claimed


def test_heartbeats_told_to_either_portal_are_known_to_both(cluster: Cluster) -> None:
    heard = cluster.query("SELECT name FROM remote_desktop_gateway WHERE heard_at IS NOT NULL")
    assert {("gateway-a",), ("gateway-b",)} <= set(heard)
    for name in ("portal-a", "portal-b"):
        assert "shared_cache_away" not in cluster.log(name)


def test_a_machine_with_keys_of_its_own_does_not_start(cluster: Cluster) -> None:
    environment = {**cluster.environment, "PARVIS_DATA_DIR": str(cluster.folder / "stranger"), "PARVIS_KEYS_DIR": ""}
    done = subprocess.run(
        [sys.executable, "-m", "parvis.serve.web"], env={**os.environ, **environment}, capture_output=True, timeout=60
    )
    assert done.returncode == 2
    said = done.stderr.decode()
    assert "The keys of this machine are not those this database was made with" in said
    assert "Copy the folder of the keys" in said


def test_only_gateways_find_their_door_and_keys_are_in_no_log(cluster: Cluster) -> None:
    key = "K" * 43
    with cluster.browser() as browser:
        assert browser.post("/internal/gateway/v1/hello", json={}).status_code == 404
        assert browser.get("/metrics").status_code == 404
        browser.get(f"/presence/agenda/{key}", headers={"X-Forwarded-For": "1.2.3.4"})
        with httpx.Client(base_url=f"http://127.0.0.1:{cluster.proxy.inner_port}", trust_env=False) as inner:
            assert inner.get("/compte/").status_code == 403
            assert inner.post("/internal/gateway/v1/hello", json={}).status_code == 401
    log = until(lambda: "/presence/agenda/" in cluster.log("haproxy") and cluster.log("haproxy"), "the request's line")
    assert key not in log


def test_a_portal_that_is_killed_signs_nobody_out_and_cuts_no_screen(cluster: Cluster, agnes: httpx.Client) -> None:
    @in_loop
    async def whole_story() -> None:
        client, grant = await screen(cluster, agnes)
        killed = cluster.processes["portal-a"]
        killed.kill()
        await asyncio.to_thread(killed.wait)
        for _ in range(20):  # at once, before the proxy's checks have seen it
            assert await asyncio.to_thread(is_signed_in, agnes)
        client.send(b"\x03\x00" + bytes(4) + b"\x00\x40\x00\x40")  # FramebufferUpdateRequest: the screen is alive
        await client.read(4)
        answer = await asyncio.to_thread(
            agnes.post,
            f"/mon-bureau/{cluster.computer}/end",
            json={"session": grant["session"]},
            headers={"X-CSRFToken": grant["csrf"]},
        )
        assert answer.status_code == 204
        assert await client.closed() == 1000

    try:
        whole_story()
    finally:
        start(cluster, "portal-a")
        # The proxy may not have seen that it was gone: asked first whether it is there.
        until(lambda: accepts("127.0.0.1", cluster.ports["portal-a"]), "portal-a listens again", 240)
        cluster.proxy.wait_for("portals", "portal-a")


def test_folders_are_each_machines_own(cluster: Cluster) -> None:
    """Nothing that a page needs lies in the folder of one portal."""
    left = [path for path in Path(cluster.folder / "portal-b").rglob("*") if path.is_file()]
    assert left == []
