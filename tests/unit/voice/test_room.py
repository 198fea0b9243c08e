"""Who may do what in a room, and who is told."""

from __future__ import annotations

import pytest

from parvis.voice.commands import COMMANDS, is_valid
from parvis.voice.grants import End, Role
from parvis.voice.room import GRACE_SECONDS, MOST_CAMERAS, SETTLE_SECONDS, Refused
from tests.unit.voice.house import GRANT, House


def test_who_comes_in_is_told_who_is_there_and_the_others_of_them() -> None:
    house = House()
    anne, basile = house.enter("Anne", Role.HOST), house.enter("Basile")
    assert basile.line.kinds()[:2] == ["welcome", "admitted"]
    assert [each["name"] for each in basile.line.last("admitted")["people"]] == ["Anne", "Basile"]
    assert anne.sees(basile)["name"] == "Basile"
    assert basile.media.entered == ("r1", basile.id, False)
    assert house.kinds() == ["joined", "joined"]


def test_the_lobby_is_told_and_hears_nothing() -> None:
    house = House(has_lobby=True)
    basile = house.enter("Basile", waits=True)
    anne = house.enter("Anne", Role.HOST)
    assert basile.line.kinds() == ["welcome"]
    assert basile.line.last("welcome")["state"] == "lobby"
    assert [each["name"] for each in anne.line.last("lobby")["people"]] == ["Basile"]
    assert basile.media.entered is None
    for kind, fields in (("chat", {"text": "?"}), ("audio_offer", {"sdp": "x"}), ("hand", {"up": True})):
        assert basile.say(kind, **fields) == "not_admitted"
    anne.say("host_admit", who=basile.id)
    assert basile.media.entered is not None
    assert anne.line.last("lobby")["people"] == []
    clara = house.enter("Clara", waits=True)
    anne.say("host_refuse", who=clara.id)
    assert clara.line.end is End.SENT_AWAY


@pytest.mark.parametrize("kind", sorted(kind for kind, command in COMMANDS.items() if command.host))
def test_only_hosts_run_the_room(kind: str) -> None:
    house = House(is_sitting=True)
    house.enter("Anne", Role.HOST)
    basile = house.enter("Basile")
    examples = {"who": "1", "on": True, "role": "host", "rank": 0}
    fields = {name: examples[name] for name in COMMANDS[kind].fields}
    assert basile.say(kind, **fields) == "not_host"


def test_a_held_microphone_is_opened_by_its_owner_after_the_host_asks() -> None:
    house = House()
    anne, basile = house.enter("Anne", Role.HOST), house.enter("Basile")
    anne.say("host_mute", who="all")
    assert basile.media.muted
    assert not anne.media.muted
    assert basile.line.last("muted") == {"type": "muted", "by": "host"}
    assert basile.say("mute", on=False) == "muted_by_host"
    anne.say("host_ask_unmute", who=basile.id)
    assert basile.media.muted  # asked, not forced
    assert basile.line.last("unmute_asked")["by"] == "Anne"
    assert basile.say("mute", on=False) == ""
    assert basile.media.muted is False
    assert not anne.sees(basile)["held"]


def test_hands_have_an_order_that_survives_a_cut() -> None:
    house = House()
    anne, basile, clara = house.enter("Anne", Role.HOST), house.enter("Basile"), house.enter("Clara")
    clara.say("hand", up=True)
    basile.say("hand", up=True)
    assert (anne.sees(clara)["hand"], anne.sees(basile)["hand"]) == (1, 2)
    house.room.lost(clara.person, house.now)
    clara = house.enter("Clara", seat=clara.id)
    assert anne.sees(clara)["hand"] == 1
    anne.say("host_lower", who=clara.id)
    assert anne.sees(basile)["hand"] == 1
    assert house.kinds().count("joined") == 3


def test_a_place_is_kept_for_a_while_and_not_for_ever() -> None:
    house = House(has_lobby=True)
    anne = house.enter("Anne", Role.HOST)
    basile = house.enter("Basile", waits=True)
    anne.say("host_admit", who="all")
    house.room.lost(basile.person, house.now)
    again = house.enter("Basile", seat=basile.id, waits=True)
    assert again.line.last("welcome")["state"] == "in"
    house.room.lost(again.person, house.now)
    house.room.lost(basile.person, house.now)  # the older line, late: nobody's any more
    house.wait(GRACE_SECONDS + 1)
    assert anne.line.last("gone") == {"type": "gone", "id": basile.id, "reason": "lost"}
    late = house.enter("Basile", seat=basile.id, waits=True)
    assert late.line.last("welcome")["state"] == "lobby"


def test_the_same_seat_from_elsewhere_replaces() -> None:
    house = House()
    first = house.enter("Anne", seat="7")
    second = house.enter("Anne", seat="7")
    assert first.line.end is End.REPLACED
    assert first.media.closed
    assert second.person.stay == first.person.stay
    house.room.leave(first.person, house.now)  # the old line's end takes nobody out
    assert house.room.people["7"] is second.person


def test_full_locked_and_over() -> None:
    house = House(max_people=2)
    anne = house.enter("Anne", Role.HOST)
    anne.say("host_lock", on=True)
    with pytest.raises(Refused, match="room_locked"):
        house.enter("Basile")
    anne.say("host_lock", on=False)
    house.enter("Basile")
    with pytest.raises(Refused, match="room_full"):
        house.enter("Clara")
    anne.say("host_end")
    assert anne.line.end is End.ENDED_BY_HOST
    with pytest.raises(Refused, match="room_closed"):
        house.enter("Anne", Role.HOST)
    assert house.kinds()[-1] == "emptied"


def test_who_is_sent_away_is_told_to_the_portal() -> None:
    house = House()
    anne, basile = house.enter("Anne", Role.HOST), house.enter("Basile")
    assert anne.say("host_kick", who=anne.id) == "not_allowed"
    anne.say("host_kick", who=basile.id)
    assert basile.line.end is End.SENT_AWAY
    assert ("kicked", basile.id, {}) in house.noted
    assert anne.say("host_kick", who=basile.id) == "unknown_person"


def test_the_last_host_stays_one_and_listeners_are_not_heard() -> None:
    house = House()
    anne, basile = house.enter("Anne", Role.HOST), house.enter("Basile")
    assert anne.say("host_role", who=anne.id, role="speaker") == "not_allowed"
    anne.say("host_role", who=basile.id, role="listener")
    assert basile.media.muted
    for kind, fields in (("mute", {"on": False}), ("chat", {"text": "a"}), ("camera_offer", {"sdp": "x"})):
        assert basile.say(kind, **fields) == "not_allowed"
    anne.say("host_role", who=basile.id, role="host")
    assert anne.say("host_role", who=anne.id, role="speaker") == ""


def test_what_the_portal_says_does_not_undo_what_a_host_has_just_done() -> None:
    house = House()
    anne, basile = house.enter("Anne", Role.HOST), house.enter("Basile")
    anne.say("host_role", who=basile.id, role="host")
    anne.say("host_lock", on=True)
    house.room.follow_seat(basile.id, Role.SPEAKER, "Basile", house.now)
    house.room.follow(GRANT, house.now)
    assert basile.person.is_host
    assert house.room.is_locked
    house.wait(SETTLE_SECONDS + 1)
    house.room.follow_seat(basile.id, Role.LISTENER, "Basile M.", house.now)
    house.room.follow(GRANT, house.now)
    assert basile.person.muted
    assert anne.sees(basile)["name"] == "Basile M."
    assert not house.room.is_locked


def test_chat_is_for_those_who_are_in_and_not_too_fast() -> None:
    house = House(has_lobby=True)
    anne, waiting = house.enter("Anne", Role.HOST), house.enter("Basile", waits=True)
    codes = [anne.say("chat", text=f"mot {number}") for number in range(7)]
    assert codes == [""] * 5 + ["too_fast"] * 2
    assert anne.say("chat", text="\x00\u202e ") in ("invalid", "too_fast")
    assert "chat" not in waiting.line.kinds()
    late = house.enter("Clara")
    assert "chat" not in late.line.kinds()  # nothing is kept to be told later


def test_cameras_are_few_and_may_be_refused() -> None:
    house = House(max_people=50)
    guests = [house.enter(str(number), Role.HOST) for number in range(MOST_CAMERAS + 1)]
    assert [guest.say("camera_offer", sdp="x") for guest in guests] == [""] * MOST_CAMERAS + ["too_many_cameras"]
    house.room.set_showing(guests[0].person, True)
    assert guests[1].media.cameras == 1
    guests[0].say("host_cameras", on=False)
    assert guests[1].media.commands[-1] == {"type": "camera_stop"}
    assert guests[-1].say("camera_offer", sdp="x") == "no_cameras"


def test_in_a_sitting_only_who_has_the_floor_is_heard() -> None:
    house = House(is_sitting=True)
    anne, basile, clara = house.enter("Anne", Role.HOST), house.enter("Basile"), house.enter("Clara")
    assert basile.person.muted
    assert basile.say("mute", on=False) == "not_your_turn"
    basile.say("hand", up=True)
    clara.say("hand", up=True)
    anne.say("floor_move", who=clara.id, rank=0)
    assert [each["name"] for each in anne.line.last("floor")["list"]] == ["Clara", "Basile"]
    anne.say("floor_give", who=clara.id)
    assert clara.line.last("unmute_asked")
    assert clara.say("mute", on=False) == ""
    assert basile.say("mute", on=False) == "not_your_turn"
    house.now += 30
    anne.say("floor_give", who=basile.id)
    assert clara.media.muted
    assert clara.line.last("muted")["by"] == "floor"
    assert anne.line.last("floor")["who"] == basile.id
    anne.say("floor_take")
    assert anne.line.last("floor")["who"] is None
    told = [kind for kind in house.kinds() if kind.startswith("floor")]
    assert told == ["floor_asked", "floor_asked", "floor_given", "floor_done", "floor_given", "floor_done"]
    assert ("floor_done", clara.id, {"seconds": 30}) in house.noted


def test_the_public_is_counted_never_named() -> None:
    house = House(is_sitting=True)
    anne = house.enter("Anne", Role.HOST)
    listeners = [house.enter("Public", Role.LISTENER, seat="99", public=True) for _ in range(3)]
    with pytest.raises(Refused, match="room_full"):
        house.enter("Public", Role.LISTENER, seat="99", public=True)
    assert anne.line.last("room")["room"]["listeners"] == 3
    assert "person" not in anne.line.kinds()
    assert all(each.person.muted for each in listeners)
    assert listeners[0].say("hand", up=True) == "not_allowed"
    assert anne.say("host_kick", who=listeners[0].id) == "unknown_person"
    house.room.leave(listeners[0].person, house.now)
    assert anne.line.last("room")["room"]["listeners"] == 2


def test_who_talks_is_told_at_the_tick_and_never_who_is_muted() -> None:
    house = House()
    anne, basile = house.enter("Anne", Role.HOST), house.enter("Basile")
    house.room.set_talking(basile.id, True)
    house.room.set_talking("nobody", True)
    house.wait(0.25)
    assert anne.line.last("talking")["ids"] == [basile.id]
    basile.say("mute", on=True)
    house.room.set_talking(basile.id, True)
    house.wait(0.25)
    assert anne.line.last("talking")["ids"] == []


def test_the_end_is_announced_and_comes() -> None:
    house = House()
    anne = house.enter("Anne", Role.HOST)
    house.wait(9_700 - house.now)
    assert anne.line.last("ends_soon")["at"] == "1970-01-01T02:46:40Z"
    house.wait(300)
    assert anne.line.end is End.ROOM_CLOSED


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"type": 1},
        {"type": "no_such"},
        {"type": "mute"},
        {"type": "mute", "on": 1},
        {"type": "mute", "on": True, "who": "2"},
        {"type": "chat", "text": ""},
        {"type": "chat", "text": "a" * 1001},
        {"type": "host_role", "who": "1", "role": "president"},
        {"type": "host_role", "who": "1", "role": ["host"]},
        {"type": "floor_move", "who": "1", "rank": True},
        {"type": "floor_move", "who": "1", "rank": -1},
        {"type": "candidate", "leg": "audio", "candidate": {"candidate": "x"}},
        {"type": "candidate", "leg": "data", "candidate": None},
        {"type": "ping", "t": float("inf")},
        {"type": "audio_offer", "sdp": "x" * 60_001},
    ],
)
def test_a_message_has_exactly_its_fields(message: object) -> None:
    assert not is_valid(message)


def test_what_everybody_is_told_is_not_done_without_end() -> None:
    house = House(is_sitting=True)
    house.enter("Anne", Role.HOST)
    basile = house.enter("Basile")
    codes = [basile.say("hand", up=number % 2 == 0) for number in range(30)]
    assert codes == [""] * 20 + ["too_fast"] * 10
    again = house.enter("Basile", seat=basile.id)  # another line is no other allowance
    assert again.say("hand", up=True) == "too_fast"
    assert again.say("mute", on=True) == ""  # closing one's microphone never waits
    house.wait(1)
    assert again.say("hand", up=True) == ""
