"""In a child: people at their browsers, each signed in with both factors, with an office PC and a right to it."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import Any

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_CSRF = "b" * 32


def make(count: str, port: str) -> dict[str, Any]:
    """`people`: for each of them the cookies, the CSRF token and the number of their computer (VNC at `port`)."""
    from allauth.mfa.models import Authenticator
    from allauth.usersessions.models import UserSession

    from parvis.portal.accounts.models import User
    from parvis.portal.directory.demo_details import save_entities
    from parvis.portal.directory.models import Agent, Entity
    from parvis.portal.kernel import clock
    from parvis.portal.parc.models import Assignment, Computer
    from parvis.portal.remote_desktop.models import DisplaySettings, Right

    now, numbers = clock.now(), range(int(count))
    root = Entity(name="Métropole", kind=Entity.Kind.METROPOLE)
    save_entities([root])
    services = [Entity(name=f"Service {n}", parent=root, kind=Entity.Kind.DEPARTMENT) for n in range(40)]
    save_entities(services)
    users = User.objects.bulk_create(
        User(email=f"agent{n}@rivemarine.example", first_name="Agent", last_name=f"N{n:05d}", password="!")  # noqa: S106 - no password at all
        for n in numbers
    )
    agents = Agent.objects.bulk_create(
        Agent(user=user, first_name="Agent", last_name=user.last_name, email=user.email, search=user.email,
              entity=services[n % len(services)])
        for n, user in enumerate(users)
    )  # fmt: skip
    computers = [
        Computer(entity=agent.entity, name=f"RIV-{n:05d}", address="127.0.0.1", search=f"riv-{n:05d}")
        for n, agent in enumerate(agents)
    ]
    computers = Computer.objects.bulk_create(computers)
    pairs = list(zip(agents, computers, strict=True))
    Assignment.objects.bulk_create(Assignment(agent=agent, asset=computer) for agent, computer in pairs)
    DisplaySettings.objects.bulk_create(
        DisplaySettings(computer=computer, protocol="vnc", port=int(port)) for computer in computers
    )
    since = clock.today(now) - timedelta(days=30)
    Right.objects.bulk_create(
        Right(agent=agent, computer=computer, starts_date=since, granted_at=now) for agent, computer in pairs
    )
    Authenticator.objects.bulk_create(Authenticator(user=user, type="totp", data={"secret": ""}) for user in users)
    keys = [_sign_in(user) for user in users]
    UserSession.objects.bulk_create(
        UserSession(user=user, session_key=key, ip="127.0.0.1", user_agent="bench", data={})
        for user, key in zip(users, keys, strict=True)
    )
    return {
        "people": [
            {"cookie": f"parvis={key}; csrf={_CSRF}", "csrf": _CSRF, "computer": computer.pk}
            for key, computer in zip(keys, computers, strict=True)
        ]
    }


def _sign_in(user: Any) -> str:
    """A browser session with both factors just given; its key."""
    from allauth.account.internal.flows import login
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    at = time.time()
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": at},
        {"method": "mfa", "type": "totp", "at": at},
    ]
    store[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    store.create()
    return str(store.session_key)


def main() -> None:
    """Make the people, say so; then a line with how far things are, for every line read."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(make(*sys.argv[1:])), flush=True)
    from parvis.portal.remote_desktop.models import Connection, RemoteSession

    for _ in sys.stdin:
        told = {
            "redeemed": Connection.objects.filter(redeemed_at__isnull=False).count(),
            "started": RemoteSession.objects.filter(started_at__isnull=False).count(),
            "closed": Connection.objects.filter(ended_at__isnull=False, redeemed_at__isnull=False).count(),
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
