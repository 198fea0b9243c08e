"""Whether this gateway takes new sessions: what `/gateway/readyz` answers to a balancer."""

from __future__ import annotations

from parvis.gateway.relay.context import Context


def obstacle(context: Context) -> str:
    """Why it takes none, in one word; empty when it does."""
    if context.draining:
        return "draining"
    if not context.portal.public_keys or context.portal.silence > context.settings.limits.portal_silence_seconds:
        return "portal_unreachable"
    if not context.registry.has_room():
        return "full"
    if not context.registry.has_descriptors():
        return "file_descriptors"
    return ""
