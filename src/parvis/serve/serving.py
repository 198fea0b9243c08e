"""What `parvis serve` runs, and how it sees whether a new version of itself would start."""

from __future__ import annotations

import importlib
import os

from parvis.serve import stack
from parvis.serve.gateways import Gateways
from parvis.serve.options import ServeOptions
from parvis.serve.renewal import Handover, Renewal
from parvis.serve.supervisor import Listeners, Supervisor, python

_PARTS = ("parvis.gateway.server", "parvis.voice.server", "parvis.serve.web", "parvis.serve.worker")


def supervisor(options: ServeOptions, listeners: Listeners, handover: Handover | None) -> Supervisor:
    """Ready to run; with what our former self left, if it did.

    Raises:
        ValueError: a setting is wrong.
    """
    services = stack.production_services(options, os.environ, listeners)
    gateways = Gateways(
        lambda slot: stack.gateway_service(options, os.environ, slot, listeners), options.gateway_socket
    )
    check, again = python("parvis", "serve", "--check"), python("parvis", "serve")
    renewal = Renewal(services, gateways, listeners, check=check, again=again, handover=handover)
    listeners.close_unclaimed()
    return Supervisor(services, renewal)


def try_out(options: ServeOptions) -> None:
    """Read every part and setting of this version; nothing is started.

    Raises:
        ValueError: a setting is wrong.
        ImportError: a part is missing.
    """
    for name in _PARTS:
        importlib.import_module(name)
    listeners = Listeners()
    stack.production_services(options, os.environ, listeners)
    for slot in (1, 2):  # the second one's name is longer
        stack.gateway_service(options, os.environ, slot, listeners)
