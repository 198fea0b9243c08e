"""Chromium as a participant: a real browser on another machine, its microphone hearing a tone from a file."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

from tests.integration.voice.harness import World
from tests.servers import tone_browser

_PAGE = """
async ([url, ticket, microphone]) => {
  const me = (window.me = { messages: [], closed: null, pc: null, camera: null, cameras: null, frames: 0 });
  const socket = (me.socket = new WebSocket(url));
  const say = (message) => socket.send(JSON.stringify(message));
  me.say = say;
  const early = [];
  const connect = (leg, ice) => {
    const iceTransportPolicy = window.relayOnly ? "relay" : "all";
    const pc = new RTCPeerConnection({ iceServers: ice || [], iceTransportPolicy });
    pc.onicecandidate = ({ candidate: c }) => {
      const { candidate, sdpMid, sdpMLineIndex } = c || {};
      say({ type: "candidate", leg, candidate: c && { candidate, sdpMid, sdpMLineIndex } });
    };
    return pc;
  };
  me.enter = async () => {
    const pc = (me.pc = connect("audio", me.ice));
    if (microphone) {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
      me.track = stream.getAudioTracks()[0];
      pc.addTransceiver(me.track, { direction: "sendrecv", streams: [stream] });
    } else pc.addTransceiver("audio", { direction: "recvonly" });
    pc.ontrack = ({ streams: [stream] }) => {
      me.player = new Audio(); me.player.srcObject = stream; me.player.play();
      const context = (me.context = new AudioContext());
      me.analyser = context.createAnalyser(); me.analyser.fftSize = 32768;
      context.createMediaStreamSource(stream).connect(me.analyser);
    };
    await pc.setLocalDescription(await pc.createOffer());
    say({ type: "audio_offer", sdp: pc.localDescription.sdp });
  };
  me.show = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 15 } });
    const pc = (me.camera = connect("camera", me.ice));
    pc.addTransceiver(stream.getVideoTracks()[0], { direction: "sendonly", streams: [stream] });
    await pc.setLocalDescription(await pc.createOffer());
    say({ type: "camera_offer", sdp: pc.localDescription.sdp });
  };
  const take = async (message) => {
    if (message.type === "welcome") me.ice = message.ice_servers;
    if (message.type === "admitted") await me.enter();
    if (message.type === "media" && message.leg === "audio" && !message.up) { me.pc.close(); await me.enter(); }
    if (message.type === "audio_answer") await me.pc.setRemoteDescription({ type: "answer", sdp: message.sdp });
    if (message.type === "camera_answer") await me.camera.setRemoteDescription({ type: "answer", sdp: message.sdp });
    if (message.type === "cameras_offer") {
      me.cameras = me.cameras || connect("cameras", me.ice);
      await me.cameras.setRemoteDescription({ type: "offer", sdp: message.sdp });
      await me.cameras.setLocalDescription(await me.cameras.createAnswer());
      say({ type: "cameras_answer", sdp: me.cameras.localDescription.sdp });
    }
  };
  let queue = Promise.resolve();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    me.messages.push(message);
    const fail = (error) => me.messages.push({ type: "failed", of: message.type, error: String(error) });
    queue = queue.then(() => take(message)).catch(fail);
  };
  socket.onclose = ({ code, reason }) => (me.closed = { code, reason });
  await new Promise((done) => (socket.onopen = done));
  say({ type: "hello", ticket });
}
"""
_HEARS = f"([hertz]) => me.analyser ? ({tone_browser.SHARE_OF_TONE})([me.context, me.analyser], hertz) : 0"


class Participant:
    """One page in one browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def say(self, kind: str, **fields: Any) -> None:
        self.page.evaluate("message => me.say(message)", {"type": kind, **fields})

    def hears(self, hertz: float) -> float:
        """How much of the last 0.7 s of what is played is that tone."""
        return float(self.page.evaluate(_HEARS, [hertz]))

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return list(self.page.evaluate("kind => me.messages.filter((each) => each.type === kind)", kind))

    @property
    def closed(self) -> dict[str, Any] | None:
        return self.page.evaluate("me.closed")  # type: ignore[no-any-return]

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        """Everybody, as the messages so far tell."""
        people: dict[str, dict[str, Any]] = {}
        for message in self.page.evaluate("me.messages"):
            if message["type"] == "admitted":
                people = {each["id"]: each for each in message["people"]}
            elif message["type"] == "person":
                people[message["person"]["id"]] = message["person"]
            elif message["type"] == "gone":
                people.pop(message["id"], None)
        return people

    def show_camera(self) -> None:
        self.page.evaluate("me.show()")

    def pictures(self) -> int:
        """Frames of others' cameras decoded so far."""
        return int(
            self.page.evaluate(
                """async () => {
                  if (!me.cameras) return 0;
                  let frames = 0;
                  (await me.cameras.getStats()).forEach((each) => { frames += each.framesDecoded || 0; });
                  return frames;
                }"""
            )
        )

    def cut(self) -> None:
        """The line is lost without a word: the page is gone."""
        self.page.close(run_before_unload=False)

    def transcript(self) -> str:
        return json.dumps(self.page.evaluate("me.messages"), ensure_ascii=False)[:4000]


@contextlib.contextmanager
def browser(playwright: Playwright, place: World, folder: Path, *, hertz: int) -> Iterator[Browser]:
    """A Chromium on the other machine."""
    with tone_browser.started(
        playwright, place.machine, folder, hertz=hertz, origin=place.origin, plays_unasked=True
    ) as started:
        yield Browser(started, place)


class Browser:
    """A Chromium with its own microphone."""

    def __init__(self, started: Any, place: World) -> None:
        self._started = started
        self._place = place

    def join(
        self, room: dict[str, Any], seat: dict[str, Any], *, microphone: bool = True, relay_only: bool = False
    ) -> Participant:
        """Come to the room's door with a ticket."""
        page = self._started.new_context().new_page()
        page.set_default_timeout(60_000)
        page.goto(self._place.origin)
        if relay_only:
            page.evaluate("window.relayOnly = true")
        ticket = self._place.portal.ticket(room, seat)
        page.evaluate(_PAGE, [self._place.websocket, ticket, microphone])
        return Participant(page)
