"""The `parvis` command."""

from __future__ import annotations

import argparse
import logging.config
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from parvis.portal.config import logs
from parvis.serve import serving
from parvis.serve.options import ServeOptions
from parvis.serve.renewal import Handover
from parvis.serve.stack import demo_services
from parvis.serve.supervisor import Listeners, Supervisor, is_taken, python

SETTINGS = "parvis.portal.config.settings"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; its exit code."""
    parser = argparse.ArgumentParser(prog="parvis", description="The digital workplace of a local authority.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (function, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(action=function)
    if arguments is None:
        arguments = sys.argv[1:]
    # What follows `manage` and `demo-desktop` is theirs to read.
    known, rest = parser.parse_args(list(arguments[:1])), list(arguments[1:])
    os.umask(0o077)  # database, cache and logs are for the account that runs Parvis, and for nobody else
    action: Callable[[list[str]], int] = known.action
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        return action(rest)
    except (ValueError, OSError) as error:
        print(f"parvis {known.command}: {error}", file=sys.stderr)
        return 2


def demo(rest: list[str]) -> int:
    """Everything on one address, with the fictional authority."""
    _no_more(rest)
    from parvis.serve import demo_environment, demo_real

    os.environ.update(demo_environment.defaults(os.environ))
    options = ServeOptions.from_environment()
    options.data_dir.mkdir(parents=True, exist_ok=True)
    print("▸ The database and the fictional authority", flush=True)
    desktops = ["demo_desktops", str(options.data_dir), *demo_real.available(os.environ)]
    for step in (["migrate", "--verbosity", "0"], ["demo_data"], desktops):
        if code := manage(step):
            return code
    supervisor = Supervisor(demo_services(options, os.environ))
    supervisor.when_reachable(
        options.host,
        options.port,
        lambda: print(demo_environment.welcome(options, os.environ), flush=True),
    )
    return supervisor.run()


def serve(rest: list[str]) -> int:
    """Portal, gateway and worker of one machine; with `--check`, only see whether this version would start."""
    trial = rest == ["--check"]
    if not trial:
        _no_more(rest)
    handover = Handover.taken_from(os.environ)
    options = ServeOptions.from_environment()
    if not trial and handover is None and is_taken(options.host, options.port):
        print(
            f"parvis serve: port {options.port} is used by another program. Stop that one, or change PARVIS_LISTEN.",
            file=sys.stderr,
        )
        return 1
    options.data_dir.mkdir(parents=True, exist_ok=True)
    if trial:
        serving.try_out(options)
        return _prepare()
    listeners = Listeners(handover.listeners if handover else None)
    if handover is None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to renew
        if code := _prepare():
            return code
    logging.config.dictConfig(logs.configuration(os.environ.get("PARVIS_LOG_LEVEL", "info")))
    return serving.supervisor(options, listeners, handover).run()


def _prepare() -> int:
    """The database, and settings that are fit for production; before anything listens, or beside an older version."""
    if code := manage(["migrate", "--verbosity", "0"]):
        return code
    if os.environ.get("PARVIS_MODE", "production") == "production":
        return manage(["check", "--deploy", "--fail-level", "WARNING"])
    return 0


def gateway(rest: list[str]) -> NoReturn:
    """A gateway alone, for a second machine."""
    _become("parvis.gateway", *rest)


def voice(rest: list[str]) -> NoReturn:
    """A voice server alone, for a second machine."""
    _become("parvis.voice", *rest)


def worker(rest: list[str]) -> NoReturn:
    """The background worker alone."""
    _no_more(rest)
    _become("parvis.serve.worker")


def demo_desktop(rest: list[str]) -> int:
    """The demonstration office screens (RFB)."""
    return subprocess.call([*python("parvis.demo_desktop"), *rest])


def manage(rest: list[str]) -> int:
    """A Django management command, in a process of its own."""
    return subprocess.call([*python("django"), *rest])


def simulate_sessions(rest: list[str]) -> int:
    """What a gateway of this machine carries; loopback only."""
    from parvis.serve.load_test import command

    return command.run(rest)


def verify_audit(rest: list[str]) -> int:
    """Walk the audit chain; 0 if it holds."""
    return manage(["verify_audit", *rest])


def backup(rest: list[str]) -> int:
    """One encrypted file with database, keys and files, tried by restoring it, while the portal works."""
    return manage(["backup", *rest])


def restore(rest: list[str]) -> int:
    """Put a backup back, checked before anything is touched."""
    from parvis.serve import restoring

    return restoring.run(rest, say=_say)


def backup_key(rest: list[str]) -> int:
    """Make the pair of keys that backups are encrypted for and opened with."""
    from parvis.serve import restoring

    return restoring.make_key(rest, say=_say)


def simulate_rollout(rest: list[str]) -> int:
    """A rollout by hand against one by Parvis, on the same people."""
    return manage(["simulate_rollout", *rest])


def _become(module: str, *arguments: str) -> NoReturn:
    """Go on as this module, under the same process number: signals of whoever keeps it running reach it."""
    sys.stdout.flush()
    os.execv(sys.executable, python(module, *arguments))  # noqa: S606 - one of our own modules


def _say(text: str) -> None:
    print(text, flush=True)


def _no_more(rest: list[str]) -> None:
    if rest:
        raise ValueError(f"unexpected argument {rest[0]!r}")


COMMANDS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "demo": (demo, "Run everything with a fictional authority, to try Parvis."),
    "serve": (serve, "Run the portal, the gateway and the worker of this machine."),
    "gateway": (gateway, "Run a gateway alone."),
    "voice": (voice, "Run a voice server alone."),
    "worker": (worker, "Run the background worker alone."),
    "demo-desktop": (demo_desktop, "Run the demonstration office screens."),
    "simulate-sessions": (simulate_sessions, "Measure what a gateway of this machine carries (loopback only)."),
    "backup": (backup, "Write database, keys and files into one encrypted file, tried by restoring it."),
    "restore": (restore, "Put a backup back, checked before anything is touched."),
    "backup-key": (backup_key, "Make the keys that backups are encrypted for and opened with."),
    "verify-audit": (verify_audit, "Check that no record of the audit trail was changed or removed."),
    "simulate-rollout": (simulate_rollout, "Compare a rollout by hand with one by Parvis, with every assumption said."),
    "manage": (manage, "Run a management command (`parvis manage help` lists them)."),
}

if __name__ == "__main__":
    sys.exit(main())
