"""A browser’s sound and pictures: its messages become requests to Janus, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from parvis.gateway.logs import get_logger
from parvis.voice.janus.audio import AudioLeg, AudioRooms
from parvis.voice.janus.client import Handle, JanusError
from parvis.voice.janus.video import Camera, Screen, VideoRooms
from parvis.voice.people import Line, Message, Person
from parvis.voice.room import MOST_CAMERAS, Refused, Room
from parvis.voice.sdp import SdpRefused, narrow

_MOST_WAITING = 200

log = get_logger(__name__)


class Studio(Protocol):
    """Janus’s rooms, while it is there."""

    @property
    def audio(self) -> AudioRooms | None:
        """The mixing rooms."""

    @property
    def video(self) -> VideoRooms | None:
        """The rooms of cameras."""


class BrowserMedia:
    """`Media` of one WebSocket."""

    def __init__(self, studio: Studio, line: Line) -> None:
        self._studio = studio
        self._line = line
        self._work: asyncio.Queue[tuple[str, Callable[[], Awaitable[None]]]] = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._room: Room | None = None
        self._person: Person | None = None
        self._place: tuple[str, str] = ("", "")
        self._audio: AudioLeg | None = None
        self._camera: Camera | None = None
        self._screen: Screen | None = None
        self._wants_cameras = False
        self._is_closed = False

    def seated(self, room: Room, person: Person) -> None:
        """Who this is for."""
        self._room, self._person = room, person

    # `Media`

    def enter(self, room: str, person: str, *, muted: bool) -> None:
        """Into the mix; sound passes once the browser has offered."""
        self._place = (room, person)
        self._put("audio_offer", lambda: self._enter(room, person))

    def mute(self, on: bool) -> None:
        """Out of the mix, or back."""
        self._put("mute", lambda: self._mute(on))

    def command(self, message: Message) -> None:
        """An offer, an answer, a candidate."""
        kind = message["type"]
        self._put(kind, lambda: _COMMANDS[kind](self, message))

    def cameras_changed(self) -> None:
        """Somebody’s camera went on or off."""
        if self._wants_cameras:
            self._put("cameras_want", self._show)

    def close(self) -> None:
        """Out for good."""
        if not self._is_closed:
            self._work.put_nowait(("close", self._close))
            self._is_closed = True

    # Work, in order

    def _put(self, kind: str, work: Callable[[], Awaitable[None]]) -> None:
        if not self._is_closed and self._work.qsize() < _MOST_WAITING:
            self._work.put_nowait((kind, work))

    async def _run(self) -> None:
        while True:
            kind, work = await self._work.get()
            try:
                await work()
            except (JanusError, SdpRefused) as error:
                log.warning("media_failed", of=kind, error=str(error))
                code = "media_failed" if self._studio.audio is not None else "media_unavailable"
                self._line.send({"type": "error", "code": code, "of": kind})
                if kind == "camera_offer":
                    self._show_camera(False)
            except Exception:  # one browser’s bad luck
                log.exception("media_crashed", of=kind)
            if kind == "close":
                return

    async def _enter(self, room: str, person: str) -> None:
        audio = self._studio.audio
        if audio is None:
            raise JanusError("Janus is not there")
        await audio.make(room)
        await self._leave_audio()
        # Muted until its offer is answered with what the room says then.
        leg = self._audio = await audio.join_browser(room, person, muted=True)
        leg.on_talking = self._talking
        leg.handle.on_media = lambda word, message: self._media_event("audio", word, leg.handle)

    async def _audio_offer(self, message: Message) -> None:
        sdp = narrow(message["sdp"], "audio")
        if self._audio is None or self._is_lost(self._audio.handle):
            await self._enter(*self._place)
        person = self._person
        muted = person is None or person.muted
        if self._audio is not None:
            answer = await self._audio.negotiate(sdp, muted=muted)
            self._line.send({"type": "audio_answer", "sdp": answer})

    def _is_lost(self, handle: Handle) -> bool:
        audio = self._studio.audio
        return audio is None or handle.number not in audio.client.handles

    async def _mute(self, on: bool) -> None:
        if self._audio is not None:
            await self._audio.mute(on)

    async def _camera_offer(self, message: Message) -> None:
        video = self._studio.video
        if video is None:
            raise JanusError("Janus is not there")
        sdp = narrow(message["sdp"], "video")
        room, person = self._place
        await self._leave_camera()
        await video.make(room)
        camera, answer = await Camera.publish(video, room, person, sdp)
        self._camera = camera
        camera.handle.on_media = lambda word, message: self._media_event("camera", word, camera.handle)
        self._line.send({"type": "camera_answer", "sdp": answer})

    async def _camera_stop(self, message: Message) -> None:
        await self._leave_camera()
        self._show_camera(False)

    def _show_camera(self, on: bool) -> None:
        if self._room is not None and self._person is not None:
            try:
                self._room.set_camera(self._person, on)
            except Refused:
                log.info("camera_refused")

    async def _cameras_want(self, message: Message) -> None:
        self._wants_cameras = message["on"]
        await self._show()

    async def _show(self) -> None:
        video, room = self._studio.video, self._room
        if video is None or room is None:
            return
        if not self._wants_cameras:
            if self._screen is not None:
                await self._screen.leave()
                self._screen = None
            return
        me = self._place[1]
        people = {person.id for person in room.listed() if person.showing and person.id != me}
        if self._screen is None:
            await video.make(room.key)
            self._screen = Screen(video, room.key)
            self._screen.on_offer = lambda sdp, who: self._line.send({"type": "cameras_offer", "sdp": sdp, "who": who})
        await self._screen.show(people)

    async def _cameras_answer(self, message: Message) -> None:
        if self._screen is not None:
            await self._screen.answer(narrow(message["sdp"], "video", most=4 * MOST_CAMERAS))

    async def _candidate(self, message: Message) -> None:
        screen = self._screen.handle if self._screen else None
        handles = {
            "audio": self._audio.handle if self._audio else None,
            "camera": self._camera.handle if self._camera else None,
            "cameras": screen,
        }
        handle = handles[message["leg"]]
        if handle is not None:
            candidate: dict[str, Any] | None = message["candidate"]
            await handle.trickle({"completed": True} if candidate is None else candidate)

    async def _close(self) -> None:
        await self._leave_audio()
        await self._leave_camera()
        if self._screen is not None:
            await self._screen.leave()
            self._screen = None

    async def _leave_audio(self) -> None:
        leg, self._audio = self._audio, None
        if leg is not None:
            await leg.leave()

    async def _leave_camera(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            await camera.leave()

    # What Janus tells

    def _talking(self, person: str, talks: bool) -> None:
        if self._room is not None:
            self._room.set_talking(person, talks)

    def _media_event(self, leg: str, word: str, handle: Handle) -> None:
        current = {"audio": self._audio, "camera": self._camera}[leg]
        if word not in ("webrtcup", "hangup") or current is None or current.handle is not handle:
            return
        up = word == "webrtcup"
        self._line.send({"type": "media", "leg": leg, "up": up})
        if self._room is None or self._person is None or self._is_closed:
            return
        if leg == "audio":
            self._room.set_sound(self._person, up)
        else:
            self._room.set_showing(self._person, up)


_COMMANDS: dict[str, Callable[[BrowserMedia, Message], Awaitable[None]]] = {
    "audio_offer": BrowserMedia._audio_offer,
    "camera_offer": BrowserMedia._camera_offer,
    "camera_stop": BrowserMedia._camera_stop,
    "cameras_want": BrowserMedia._cameras_want,
    "cameras_answer": BrowserMedia._cameras_answer,
    "candidate": BrowserMedia._candidate,
}
