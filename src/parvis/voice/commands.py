"""The browser’s messages: which there are, their exact fields, who may send them, what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from parvis.voice.grants import Role
from parvis.voice.people import Message, Person
from parvis.voice.room import Refused, Room

MOST_SDP = 60_000
Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is: for durations, and for people."""

    now: float
    at: str


def _text(most: int) -> Check:
    return lambda value: isinstance(value, str) and 0 < len(value) <= most


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_who(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64


def _is_rank(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1000


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e15


def _is_candidate(value: Any) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and set(value) == {"candidate", "sdpMid", "sdpMLineIndex"}
        and isinstance(value["candidate"], str)
        and len(value["candidate"]) <= 600
        and (value["sdpMid"] is None or (isinstance(value["sdpMid"], str) and len(value["sdpMid"]) <= 16))
        and (
            value["sdpMLineIndex"] is None or (type(value["sdpMLineIndex"]) is int and 0 <= value["sdpMLineIndex"] < 64)
        )
    )


@dataclass(frozen=True, slots=True)
class Command:
    """One type of message."""

    fields: Mapping[str, Check]
    do: Callable[[Room, Person, Message, Moment], None]
    host: bool = False


def _media(room: Room, person: Person, message: Message, moment: Moment) -> None:
    if message["type"] == "camera_offer":
        room.set_camera(person, True)
    person.media.command(message)


def _chat(room: Room, person: Person, message: Message, moment: Moment) -> None:
    text = "".join(c for c in message["text"] if c == "\n" or c.isprintable()).strip()
    if not text:
        raise Refused("invalid")
    room.say(person, text, moment.at, moment.now)


_SDP = {"sdp": _text(MOST_SDP)}
_ON = {"on": _is_bool}
_WHO = {"who": _is_who}

COMMANDS: dict[str, Command] = {
    "audio_offer": Command(_SDP, _media),
    "camera_offer": Command(_SDP, _media),
    "camera_stop": Command({}, _media),
    "cameras_want": Command(_ON, _media),
    "cameras_answer": Command(_SDP, _media),
    "candidate": Command(
        {"leg": lambda value: value in ("audio", "camera", "cameras"), "candidate": _is_candidate}, _media
    ),
    "mute": Command(_ON, lambda r, p, m, t: r.mute(p, m["on"])),
    "hand": Command({"up": _is_bool}, lambda r, p, m, t: r.raise_hand(p, m["up"], t.now)),
    "chat": Command({"text": _text(1000)}, _chat),
    "ping": Command({"t": _is_number}, lambda r, p, m, t: p.line.send({"type": "pong", "t": m["t"]})),
    "host_admit": Command(_WHO, lambda r, p, m, t: r.admit(m["who"], t.now), host=True),
    "host_refuse": Command(_WHO, lambda r, p, m, t: r.refuse(m["who"], t.now), host=True),
    "host_mute": Command(_WHO, lambda r, p, m, t: r.silence(m["who"], p), host=True),
    "host_ask_unmute": Command(_WHO, lambda r, p, m, t: r.ask_unmute(m["who"], p), host=True),
    "host_kick": Command(_WHO, lambda r, p, m, t: r.kick(m["who"], p, t.now), host=True),
    "host_lock": Command(_ON, lambda r, p, m, t: r.lock(m["on"], p, t.now), host=True),
    "host_role": Command(
        {**_WHO, "role": lambda value: value in tuple(Role)},
        lambda r, p, m, t: r.set_role(m["who"], Role(m["role"]), p, t.now),
        host=True,
    ),
    "host_lower": Command(_WHO, lambda r, p, m, t: r.lower(m["who"], t.now), host=True),
    "host_cameras": Command(_ON, lambda r, p, m, t: r.allow_cameras(m["on"]), host=True),
    "host_end": Command({}, lambda r, p, m, t: r.finish(p, t.now), host=True),
    "floor_give": Command(_WHO, lambda r, p, m, t: r.give_floor(m["who"], p, t.now), host=True),
    "floor_take": Command({}, lambda r, p, m, t: r.take_floor(p, t.now), host=True),
    "floor_move": Command({**_WHO, "rank": _is_rank}, lambda r, p, m, t: r.move(m["who"], m["rank"], t.now), host=True),
}
_LOBBY = frozenset({"ping"})
_UNCOUNTED = frozenset({"ping", "candidate", "cameras_answer", "chat"})
"""Told to nobody else, or counted apart."""


def is_valid(message: Any) -> bool:
    """Whether it is a known message with exactly its fields."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    command = COMMANDS.get(message["type"])
    if command is None or set(message) != {"type", *command.fields}:
        return False
    return all(check(message[name]) for name, check in command.fields.items())


def obey(room: Room, person: Person, message: Message, moment: Moment) -> None:
    """Do what a valid message asks.

    Raises:
        Refused: it is not done (`too_fast`: what one does is told to everybody).
    """
    command = COMMANDS[message["type"]]
    if not person.is_in and message["type"] not in _LOBBY:
        raise Refused("not_admitted")
    if command.host and not person.is_host:
        raise Refused("not_host")
    if message["type"] not in _UNCOUNTED and not _only_stops(message) and not person.acts.take(moment.now):
        raise Refused("too_fast")
    command.do(room, person, message, moment)


def _only_stops(message: Message) -> bool:
    """Whoever closes their microphone or their camera is never told to wait; done twice, it tells nobody."""
    return message == {"type": "mute", "on": True} or message["type"] == "camera_stop"
