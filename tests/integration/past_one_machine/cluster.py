"""Two portals, two gateways, a worker and a Redis server behind HAProxy, on a copy of the suite’s database."""

from __future__ import annotations

import contextlib
import gc
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import psycopg
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, connections
from django.test import override_settings

from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.remote_desktop.models import DisplaySettings, Right
from tests.integration import authority
from tests.integration.past_one_machine import haproxy
from tests.integration.signing_in import give_second_factor
from tests.servers import redis as redis_server
from tests.servers.process import accepts, free_port, running

PASSWORD = "Marée basse à 17 h 42"
AGNES, PAUL = "agnes@rivemarine.example", "paul@rivemarine.example"
START_SECONDS = 240
"""For processes that all start at once, on a machine that does much else."""


@dataclass
class Cluster:
    """What runs."""

    proxy: haproxy.Proxy
    database: str
    environment: dict[str, str]
    folder: Path
    computer: int
    ports: dict[str, int]
    stack: contextlib.ExitStack
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.proxy.port}"

    def tls(self) -> ssl.SSLContext:
        """Trusts the proxy's own certificate."""
        context = ssl.create_default_context(cafile=str(self.proxy.certificate))
        context.check_hostname = False
        return context

    def browser(self) -> httpx.Client:
        """A browser with no cookie yet; pages it posts from are the portal's."""
        return httpx.Client(
            base_url=self.url, verify=self.tls(), timeout=30, trust_env=False, headers={"Referer": f"{self.url}/"}
        )

    def query(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.database) as asked:
            return asked.execute(text, values).fetchall()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")


def until(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def running_cluster(folder: Path, target: int) -> Iterator[Cluster]:
    """Everything, until the block ends. `target`: port of a VNC desktop on loopback, the agent's office PC."""
    names = ("portal-a", "portal-b", "gateway-a", "gateway-b")
    ports = {name: free_port() for name in names}
    with contextlib.ExitStack() as stack:
        database, computer = stack.enter_context(_database(target))
        cache = stack.enter_context(redis_server.serving(folder))
        proxy = stack.enter_context(
            haproxy.serving(
                folder,
                {
                    "portal-a 10.20.0.11:8000": ports["portal-a"],
                    "portal-b 10.20.0.12:8000": ports["portal-b"],
                    "gateway-a 10.20.1.11:8001": ports["gateway-a"],
                    "gateway-b 10.20.1.12:8001": ports["gateway-b"],
                    "voice-a 10.20.0.11:8000": ports["portal-a"],
                },
            )
        )
        common = {
            "PARVIS_MODE": "development",
            "PARVIS_URL": f"https://localhost:{proxy.port}",
            "PARVIS_DATABASE_URL": database,
            "PARVIS_CACHE_URL": cache,
            "PARVIS_KEYS_DIR": str(settings.PARVIS.keys_folder),
            "PARVIS_SHARED_DIR": str(folder / "shared"),
            "PARVIS_TRUSTED_PROXIES": "127.0.0.1",
            "PARVIS_LOOPBACK_TARGETS": f"127.0.0.1:{target}",
            "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
        }
        cluster = Cluster(proxy, database, common, folder, computer, ports, stack)
        for name in (*names, "worker"):
            start(cluster, name)
        wait_for_all(cluster)
        yield cluster
        for process in cluster.processes.values():
            process.terminate()  # all together; the stack waits for each


def wait_for_all(cluster: Cluster) -> None:
    """Until the proxy sends to both portals, and both gateways know them."""
    for name in ("portal-a", "portal-b"):
        until(lambda name=name: accepts("127.0.0.1", cluster.ports[name]), f"{name} listens", START_SECONDS)
        cluster.proxy.wait_for("portals", name)
    for name in ("gateway-a", "gateway-b"):
        until(lambda name=name: '"portal_reached"' in cluster.log(name), f"{name} knows a portal")
        cluster.proxy.wait_for("gateways", name)


def start(cluster: Cluster, name: str, **more: str) -> None:
    """One process of a machine of its own: a data folder nobody else has. `more`: settings besides."""
    kind = name.partition("-")[0]
    module = {"portal": "parvis.serve.web", "worker": "parvis.serve.worker", "gateway": "parvis.gateway"}[kind]
    data = cluster.folder / name
    data.mkdir(exist_ok=True)
    own = {"PARVIS_DATA_DIR": str(data)}
    if kind == "portal":
        own["PARVIS_LISTEN"] = f"127.0.0.1:{cluster.ports[name]}"
    if kind == "gateway":
        own |= {
            "PARVIS_GATEWAY_NAME": name,
            "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{cluster.ports[name]}",
            "PARVIS_PORTAL_INTERNAL_URL": f"http://127.0.0.1:{cluster.proxy.inner_port}",
            "PARVIS_GATEWAY_SECRET": settings.KEYS.gateway,
            "PARVIS_ORIGINS": cluster.url,
            "PARVIS_GATEWAY_STATE_DIR": str(data),
        }
    cluster.processes[name] = cluster.stack.enter_context(
        running(
            [sys.executable, "-m", module],
            log_path=cluster.folder / f"{name}.log",
            is_ready=lambda: True,  # all start at once; who needs them waits
            env={**cluster.environment, **own, **more},
        )
    )


@contextlib.contextmanager
def _database(target: int) -> Iterator[tuple[str, int]]:
    """A copy of the suite's database with an agent in it; its address, and the agent's computer."""
    parts = urlsplit(os.environ["PARVIS_TEST_DATABASE_URL"])
    name = f"several_{uuid4().hex[:12]}"
    maintenance = urlunsplit(parts._replace(path="/postgres"))
    suite = str(connection.settings_dict["NAME"])
    connections.close_all()
    gc.collect()  # connections of threads that are over
    with psycopg.connect(maintenance, autocommit=True) as server:
        until(lambda: _copied(server, name, suite), "nobody else uses the suite's database")
    try:
        connection.settings_dict["NAME"] = name
        try:
            computer = _people(target)
        finally:
            connection.close()
            connection.settings_dict["NAME"] = suite
        yield urlunsplit(parts._replace(path=f"/{name}")), computer
    finally:
        with psycopg.connect(maintenance, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _copied(server: Any, name: str, suite: str) -> bool:
    try:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{suite}"')
    except psycopg.errors.ObjectInUse:
        return False
    return True


def _people(target: int) -> int:
    """Agnès, who may open the screen of a computer, and Paul."""
    entity = authority.make_entity("État civil")
    agent, other = (authority.make_agent(entity, name, account=True) for name in ("agnes", "paul"))
    for each in (agent, other):
        assert each.user
        give_second_factor(each.user)
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.ScryptPasswordHasher"]):
        User.objects.update(password=make_password(PASSWORD))
    computer = authority.make_computer(entity, agent, name="RIV-0001", address="127.0.0.1")
    DisplaySettings.objects.create(computer=computer, protocol="vnc", port=target)
    now = clock.now()
    Right.objects.create(agent=agent, computer=computer, starts_date=clock.today(now), granted_at=now)
    return int(computer.pk)
