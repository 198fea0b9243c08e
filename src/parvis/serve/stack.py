"""Which processes make up an installation, and what each is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from parvis.gateway.settings import Settings as GatewaySettings
from parvis.portal.config import env, keys
from parvis.serve import demo_environment, demo_real
from parvis.serve.gateways import slot_name
from parvis.serve.options import ServeOptions
from parvis.serve.supervisor import SEVERAL, Listeners, Service, python
from parvis.voice.janus.configuration import JanusSettings
from parvis.voice.janus.modules import find_modules


def production_services(options: ServeOptions, environ: Mapping[str, str], listeners: Listeners) -> list[Service]:
    """Voice server (with Janus), portal, worker: logs go to our standard error, one JSON object a line.

    The gateway is `gateway_service`: there are two of them during a renewal.
    """
    own = _own(options, environ)
    return _around(options, own, None, listeners)


def gateway_service(options: ServeOptions, environ: Mapping[str, str], slot: int, listeners: Listeners) -> Service:
    """The gateway of one slot: a name and a folder, so that it may live beside another one.

    Raises:
        ValueError: a setting is wrong.
    """
    told = gateway_environment(options, _own(options, environ), slot)
    settings = GatewaySettings.from_environment(told)
    if settings.listen == (options.host, options.port):  # one socket would serve both, each a part of the visitors
        raise ValueError("PARVIS_GATEWAY_LISTEN: the portal listens there, choose another port")
    listener = None if settings.listen is None else listeners.at(*settings.listen)
    return Service(slot_name(slot), python("parvis.gateway"), told, listener=listener)


def demo_services(options: ServeOptions, environ: Mapping[str, str]) -> list[Service]:
    """The same, and the demonstration desktops; logs go to files so that the console stays readable."""
    desktops = Service(
        "demo-desktop",
        python(
            "parvis.demo_desktop",
            *demo_environment.desktop_arguments(options, environ),
        ),
        environ,
        options.log_dir / "demo-desktop.log",
    )
    sleeper = Service(
        "demo-sleeper",
        python("parvis.serve.demo_sleeper", *demo_environment.sleeper_arguments(options, environ)),
        environ,
        options.log_dir / "demo-sleeper.log",
    )
    real = demo_real.services(options, environ)
    own = _own(options, environ)
    told = gateway_environment(options, own)
    gateway = Service("gateway", python("parvis.gateway"), told, options.log_dir / "gateway.log")
    return [desktops, sleeper, *real, gateway, *_around(options, own, options.log_dir, None)]


def _around(
    options: ServeOptions, own: Mapping[str, str], log_dir: Path | None, listeners: Listeners | None
) -> list[Service]:
    def log(name: str) -> Path | None:
        return log_dir / f"{name}.log" if log_dir else None

    voice = Service("voice", python("parvis.voice"), voice_environment(options, own), log("voice"))
    return [
        *([voice] if has_janus(own) else []),
        *portals(options, own, log("portal"), listeners),
        Service("worker", python("parvis.serve.worker"), own, log("worker")),
    ]


def _own(options: ServeOptions, environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, "PARVIS_DATA_DIR": str(options.data_dir), "PARVIS_LISTEN": f"{options.host}:{options.port}"}


MOST_PORTALS = 4
"""As many as start by themselves; a bigger machine is told how many it should have."""


def portals(
    options: ServeOptions, environ: Mapping[str, str], log: Path | None, listeners: Listeners | None = None
) -> list[Service]:
    """The portal: one process per core of Python it may use, all on one address and one database.

    With `listeners` the address is kept while they start again, even when there is only one of them.
    """
    settings = env.parse(environ)
    count = settings.portal_processes or portals_by_cores(settings.mode)
    if count == 1:
        alone = None if listeners is None else listeners.at(options.host, options.port)
        return [Service("portal", python("parvis.serve.web"), environ, log, listener=alone)]
    shared = (listeners or Listeners()).at(options.host, options.port)
    told = {**environ, SEVERAL: str(count)}
    return [
        Service(f"portal-{number}", python("parvis.serve.web"), told, log, listener=shared)
        for number in range(1, count + 1)
    ]


def portals_by_cores(mode: str) -> int:
    """Trials are for one person."""
    return min(MOST_PORTALS, len(os.sched_getaffinity(0))) if mode == "production" else 1


def gateway_environment(options: ServeOptions, environ: Mapping[str, str], slot: int = 1) -> dict[str, str]:
    """The embedded gateway's variables, derived from the portal's unless they are given."""
    settings = env.parse(environ)
    secrets = keys.load(settings)
    derived = {
        "PARVIS_GATEWAY_NAME": "principale",
        "PARVIS_GATEWAY_SOCKET": str(options.gateway_socket),
        "PARVIS_GATEWAY_STATE_DIR": str(options.data_dir / "gateway"),
        "PARVIS_PORTAL_INTERNAL_URL": f"http://127.0.0.1:{options.port}",
        "PARVIS_GATEWAY_SECRET": secrets.gateway,
        "PARVIS_ORIGINS": ",".join(origins(settings)),
        "PARVIS_ALLOWED_NETWORKS": settings.allowed_networks,
        "PARVIS_DENIED_NETWORKS": settings.denied_networks,
        "PARVIS_LOOPBACK_TARGETS": settings.loopback_targets,
    }
    told = {**derived, **environ}
    if slot > 1:  # no two gateways have one name or one folder
        for name in ("PARVIS_GATEWAY_NAME", "PARVIS_GATEWAY_STATE_DIR"):
            told[name] = f"{told[name]}-{slot}"
    options.gateway_socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if "PARVIS_GATEWAY_STATE_DIR" not in environ:
        Path(told["PARVIS_GATEWAY_STATE_DIR"]).mkdir(parents=True, exist_ok=True, mode=0o700)
    return told


def voice_environment(options: ServeOptions, environ: Mapping[str, str]) -> dict[str, str]:
    """The embedded voice server's variables, derived from the portal's unless they are given."""
    settings = env.parse(environ)
    derived = {
        "PARVIS_VOICE_NAME": "principale",
        "PARVIS_VOICE_SOCKET": str(options.voice_socket),
        "PARVIS_VOICE_STATE_DIR": str(options.data_dir / "voice"),
        "PARVIS_PORTAL_INTERNAL_URL": f"http://127.0.0.1:{options.port}",
        "PARVIS_VOICE_SECRET": keys.load(settings).voice,
        "PARVIS_ORIGINS": ",".join(origins(settings)),
    }
    options.voice_socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    Path(derived["PARVIS_VOICE_STATE_DIR"]).mkdir(parents=True, exist_ok=True, mode=0o700)
    return {**derived, **environ}


def has_janus(environ: Mapping[str, str]) -> bool:
    """Whether rooms of our own can be run here; otherwise the portal says that they are not there."""
    modules = environ.get("PARVIS_VOICE_JANUS_MODULES", "")
    binary = environ.get("PARVIS_VOICE_JANUS", "") or JanusSettings().binary
    return find_modules(JanusSettings(binary=binary, modules=Path(modules) if modules else None)) is not None


def origins(settings: env.Environment) -> list[str]:
    """Which pages may open a WebSocket: the portal's own address, and its loopback names outside production."""
    names = [settings.url]
    if settings.mode != "production":
        names += [settings.url.replace("//localhost", name) for name in ("//127.0.0.1", "//[::1]")]
    return list(dict.fromkeys(names))
