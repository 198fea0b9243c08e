"""VideoRoom: small pictures, passed on as they are. One `Camera` shows, one `Screen` receives all the others’."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from parvis.voice.janus.client import Handle, JanusClient, JanusError

MOST_BITRATE = 350_000
_ROOM_EXISTS = 427


class VideoRooms:
    """Makes and ends the rooms of cameras."""

    def __init__(self, client: JanusClient, control: Handle) -> None:
        self.client = client
        self._control = control

    @classmethod
    async def open(cls, client: JanusClient) -> VideoRooms:
        """Attach."""
        return cls(client, await client.attach("videoroom"))

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
                    "publishers": 16,
                    "bitrate": MOST_BITRATE,
                    "bitrate_cap": True,
                    "fir_freq": 10,
                    "videocodec": "vp8",
                    "audiocodec": "opus",
                    "record": False,
                    "lock_record": True,
                    "notify_joining": False,
                }
            )
        except JanusError as error:
            if error.code != _ROOM_EXISTS:
                raise

    async def end(self, room: str) -> None:
        """All cameras off; never fails."""
        with contextlib.suppress(JanusError):
            await self._control.ask({"request": "destroy", "room": room, "permanent": False})


class Camera:
    """One person’s picture on its way in."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle

    @classmethod
    async def publish(cls, rooms: VideoRooms, room: str, person: str, sdp: str) -> tuple[Camera, str]:
        """Show a camera: the answer to its offer.

        Raises:
            JanusError: refused.
        """
        handle = await rooms.client.attach("videoroom")
        try:
            await handle.ask({"request": "join", "ptype": "publisher", "room": room, "id": person})
            _, jsep = await handle.ask(
                {"request": "publish", "audio": False, "video": True, "bitrate": MOST_BITRATE},
                {"type": "offer", "sdp": sdp},
            )
            if jsep is None or not isinstance(jsep.get("sdp"), str):
                raise JanusError("no answer to the offer")
        except BaseException:
            await handle.detach()
            raise
        return cls(handle), str(jsep["sdp"])

    async def leave(self) -> None:
        """Camera off; never fails."""
        await self.handle.detach()


class Screen:
    """Others’ pictures on their way out, to one person."""

    def __init__(self, rooms: VideoRooms, room: str) -> None:
        self._rooms = rooms
        self._room = room
        self.handle: Handle | None = None
        self._shown: set[str] = set()
        self.on_offer: Callable[[str, dict[str, str]], None] = lambda sdp, who: None

    async def show(self, people: set[str]) -> None:
        """Make what is received these people’s cameras.

        Raises:
            JanusError: refused.
        """
        more, fewer = people - self._shown, self._shown - people
        if self.handle is None:
            if not people:
                return
            self.handle = await self._rooms.client.attach("videoroom")
            self.handle.on_event = self._event
            body: dict[str, Any] = {"request": "join", "ptype": "subscriber", "room": self._room}
            data, jsep = await self.handle.ask(body | {"streams": [{"feed": person} for person in sorted(people)]})
        elif more or fewer:
            body = {"request": "update", "subscribe": [{"feed": person} for person in sorted(more)]}
            body["unsubscribe"] = [{"feed": person} for person in sorted(fewer)]
            data, jsep = await self.handle.ask({key: value for key, value in body.items() if value})
        else:
            return
        self._shown = set(people)
        self._event(data, jsep)

    async def answer(self, sdp: str) -> None:
        """The browser accepts what was offered."""
        if self.handle is not None:
            await self.handle.ask({"request": "start"}, {"type": "answer", "sdp": sdp})

    async def leave(self) -> None:
        """No more pictures; never fails."""
        handle, self.handle = self.handle, None
        self._shown.clear()
        if handle is not None:
            await handle.detach()

    def _event(self, data: dict[str, Any], jsep: dict[str, Any] | None) -> None:
        if jsep is None or jsep.get("type") != "offer":
            return
        who = {
            str(stream["mid"]): str(stream["feed_id"])
            for stream in data.get("streams", ())
            if stream.get("active") and "feed_id" in stream
        }
        self.on_offer(str(jsep.get("sdp", "")), who)
