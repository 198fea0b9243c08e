"""The verbs of the remote screen. Keyword-only `actor` and `now`; atomic; audited; idempotent where repeated."""

from parvis.portal.remote_desktop.services.connect import Grant, request_connection
from parvis.portal.remote_desktop.services.display import configure_display, configure_many
from parvis.portal.remote_desktop.services.ending import end_session, end_sessions_of_sign_in, end_sessions_of_user
from parvis.portal.remote_desktop.services.gateway_events import Happening, take_in
from parvis.portal.remote_desktop.services.gateways import heartbeat, hello
from parvis.portal.remote_desktop.services.pins import accept_pin, forget_pin, present_certificate
from parvis.portal.remote_desktop.services.redeem import Redeemed, redeem
from parvis.portal.remote_desktop.services.rights import (
    BulkGrant,
    grant_right,
    grant_to_many,
    revoke_right,
    shorten_right,
)
from parvis.portal.remote_desktop.services.sign_in_refusals import note_sign_in_refusal
from parvis.portal.remote_desktop.services.sweep import Swept, sweep

__all__ = [
    "BulkGrant",
    "Grant",
    "Happening",
    "Redeemed",
    "Swept",
    "accept_pin",
    "configure_display",
    "configure_many",
    "end_session",
    "end_sessions_of_sign_in",
    "end_sessions_of_user",
    "forget_pin",
    "grant_right",
    "grant_to_many",
    "heartbeat",
    "hello",
    "note_sign_in_refusal",
    "present_certificate",
    "redeem",
    "request_connection",
    "revoke_right",
    "shorten_right",
    "sweep",
    "take_in",
]
