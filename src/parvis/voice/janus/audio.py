"""AudioBridge: the mixed sound of a room. One `AudioLeg` is one person in it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from parvis.voice.janus.client import Handle, JanusClient, JanusError

_NO_ROOM = 485
_ROOM_EXISTS = 486
SAMPLING = 48000


class AudioRooms:
    """Makes and ends the mixing rooms, through a handle of its own."""

    def __init__(self, client: JanusClient, control: Handle) -> None:
        self.client = client
        self._control = control

    @classmethod
    async def open(cls, client: JanusClient) -> AudioRooms:
        """Attach."""
        return cls(client, await client.attach("audiobridge"))

    async def make(self, room: str) -> None:
        """Make the room unless it is there. Nothing is ever recorded."""
        try:
            await self._control.ask(
                {
                    "request": "create",
                    "admin_key": self.client.admin_key,
                    "room": room,
                    "permanent": False,
                    "is_private": True,
                    "sampling_rate": SAMPLING,
                    "audiolevel_ext": True,
                    "audiolevel_event": True,
                    "audio_active_packets": 15,
                    "audio_level_average": 45,
                    "allow_rtp_participants": True,
                    "record": False,
                    "mjrs": False,
                }
            )
        except JanusError as error:
            if error.code != _ROOM_EXISTS:
                raise

    async def end(self, room: str) -> None:
        """Everybody out; never fails."""
        with contextlib.suppress(JanusError):
            await self._control.ask({"request": "destroy", "room": room, "permanent": False})

    async def join_browser(self, room: str, person: str, *, muted: bool) -> AudioLeg:
        """A place for a browser; its offer comes with `AudioLeg.negotiate`."""
        leg = await AudioLeg.attach(self.client)
        try:
            await leg.handle.ask({"request": "join", "room": room, "id": person, "muted": muted, "codec": "opus"})
        except BaseException:
            await leg.leave()
            raise
        return leg

    async def join_phone(self, room: str, person: str, *, muted: bool, payload: int, port: int) -> AudioLeg:
        """A place for a telephone whose sound we relay as Opus of type `payload` from loopback port `port`."""
        leg = await AudioLeg.attach(self.client)
        try:
            data, _ = await leg.handle.ask(
                {
                    "request": "join",
                    "room": room,
                    "id": person,
                    "muted": muted,
                    "codec": "opus",
                    "rtp": {"ip": "127.0.0.1", "port": port, "payload_type": payload},
                }
            )
            leg.rtp = ("127.0.0.1", int(data["rtp"]["port"]))
        except BaseException as error:
            await leg.leave()
            if isinstance(error, KeyError | TypeError | ValueError):
                raise JanusError("malformed answer") from None
            raise
        return leg


class AudioLeg:
    """One person’s place in the mix."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.rtp: tuple[str, int] | None = None
        """Where a telephone’s RTP goes."""
        self.on_talking: Callable[[str, bool], None] = lambda person, talks: None
        handle.on_event = self._event

    @classmethod
    async def attach(cls, client: JanusClient) -> AudioLeg:
        """A handle that is not in a room yet."""
        return cls(await client.attach("audiobridge"))

    async def negotiate(self, sdp: str, *, muted: bool) -> str:
        """Answer a browser’s offer."""
        _, jsep = await self.handle.ask({"request": "configure", "muted": muted}, {"type": "offer", "sdp": sdp})
        if jsep is None or not isinstance(jsep.get("sdp"), str):
            raise JanusError("no answer to the offer")
        return str(jsep["sdp"])

    async def mute(self, on: bool) -> None:
        """Take the person’s sound out of the mix, or back in."""
        await self.handle.ask({"request": "configure", "muted": on})

    async def leave(self) -> None:
        """Out of the mix; never fails."""
        await self.handle.detach()

    def _event(self, data: dict[str, Any], _jsep: dict[str, Any] | None) -> None:
        word = data.get("audiobridge")
        if word in ("talking", "stopped-talking"):
            self.on_talking(str(data.get("id", "")), word == "talking")
