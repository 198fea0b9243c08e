"""A contract fake of a Jitsi Meet web server: its `config.js`. It is not Jitsi; rooms are the browser's business."""

from __future__ import annotations

from tests.servers.conferencing.vendor import Asked, Reply, Vendor


class Jitsi(Vendor):
    """What a deployment serves."""

    def reply(self, asked: Asked) -> Reply:
        """The configuration."""
        if asked.path == "/config.js":
            return Reply(200, b"var config = { hosts: { domain: 'meet.ville.example' } };")
        return Reply(200, b"<html></html>")
