"""What one client is told: merged, bounded, in the right order."""

from __future__ import annotations

import struct

from PIL import Image

from parvis.demo_desktop.geometry import Rect
from parvis.demo_desktop.rfb import client_messages as m
from parvis.demo_desktop.rfb import clipboard
from parvis.demo_desktop.rfb import constants as c
from parvis.demo_desktop.shell.screen import Copied, Painted
from parvis.demo_desktop.viewer import Viewer

SIZE = (400, 300)
EVERYTHING = m.UpdateRequest(True, 0, 0, *SIZE)


def crop(rect):
    return Image.new("RGB", (rect.width, rect.height), (9, 8, 7))


def viewer(*encodings):
    made = Viewer(SIZE)
    made.set_encodings(encodings)
    made.request(EVERYTHING)
    made.take_update(crop)
    return made


def heads(update):
    """(x, y, width, height, encoding) of each rectangle of a Raw update."""
    data, found = update.encode(), []
    at = 4
    for _ in range(struct.unpack(">H", data[2:4])[0]):
        head = struct.unpack(">HHHHi", data[at : at + 12])
        found.append(head)
        at += (
            12 + {c.RAW: head[2] * head[3] * 4, c.COPY_RECT: 4, c.EXTENDED_DESKTOP_SIZE: 20, c.DESKTOP_SIZE: 0}[head[4]]
        )
    assert at == len(data)
    return found


def test_nothing_is_sent_unasked_or_twice():
    client = viewer()
    client.changed([Painted(Rect(1, 2, 30, 40))])
    assert not client.wants_update
    client.request(EVERYTHING)
    assert client.wants_update
    assert heads(client.take_update(crop)) == [(1, 2, 29, 38, c.RAW)]
    client.request(EVERYTHING)
    assert not client.wants_update


def test_only_the_part_asked_for_is_sent_and_the_rest_waits():
    client = viewer()
    client.changed([Painted(Rect(0, 0, 100, 100))])
    client.request(m.UpdateRequest(True, 50, 0, 350, 300))
    assert heads(client.take_update(crop)) == [(50, 0, 50, 100, c.RAW)]
    client.request(EVERYTHING)
    assert heads(client.take_update(crop)) == [(0, 0, 50, 100, c.RAW)]


def test_a_full_request_sends_even_what_did_not_change():
    client = viewer()
    client.request(m.UpdateRequest(False, 10, 10, 65535, 20))
    assert heads(client.take_update(crop)) == [(10, 10, 320, 20, c.RAW), (330, 10, 70, 20, c.RAW)]


def test_a_copy_comes_before_the_pixels_that_replace_parts_of_it():
    client = viewer(c.COPY_RECT)
    client.changed([Copied(Rect(50, 50, 150, 150), (0, 0)), Painted(Rect(60, 60, 70, 70))])
    client.request(EVERYTHING)
    assert heads(client.take_update(crop)) == [(50, 50, 100, 100, c.COPY_RECT), (60, 60, 10, 10, c.RAW)]


def test_a_copy_of_what_the_client_has_not_seen_becomes_pixels():
    client = viewer(c.COPY_RECT)
    client.changed([Painted(Rect(0, 0, 5, 5)), Copied(Rect(50, 50, 60, 60), (0, 0))])
    client.request(EVERYTHING)
    assert {head[4] for head in heads(client.take_update(crop))} == {c.RAW}


def test_a_second_copy_while_one_waits_becomes_pixels():
    client = viewer(c.COPY_RECT)
    client.changed([Copied(Rect(50, 50, 60, 60), (0, 0)), Copied(Rect(100, 100, 110, 110), (50, 50))])
    client.request(EVERYTHING)
    assert [head[4] for head in heads(client.take_update(crop))] == [c.COPY_RECT, c.RAW]


def test_clients_without_copy_rect_get_pixels():
    client = viewer()
    client.changed([Copied(Rect(50, 50, 60, 60), (0, 0))])
    client.request(EVERYTHING)
    assert heads(client.take_update(crop)) == [(50, 50, 10, 10, c.RAW)]


def test_a_new_size_comes_first_and_alone():
    client = viewer(c.DESKTOP_SIZE)
    client.resized((640, 480), c.RESIZED_BY_SERVER)
    client.request(EVERYTHING)
    assert heads(client.take_update(crop)) == [(0, 0, 640, 480, c.DESKTOP_SIZE)]
    client.request(m.UpdateRequest(True, 0, 0, 640, 480))
    assert sum(head[2] * head[3] for head in heads(client.take_update(crop))) == 640 * 480


def test_a_client_that_cannot_follow_never_gets_pixels_outside_its_screen():
    client = viewer()
    client.resized((900, 100), c.RESIZED_BY_SERVER)
    client.request(EVERYTHING)
    assert all(x + w <= 400 and y + h <= 100 for x, y, w, h, _ in heads(client.take_update(crop)))


def test_what_waits_for_a_slow_client_is_bounded():
    client = viewer()
    for step in range(5000):
        client.changed([Painted(Rect.sized(step * 7 % 390, step * 13 % 290, 3, 3))])
        client.text_copied("x" * 1000)
    assert len(client.take_messages()) < 1100
    client.request(EVERYTHING)
    assert len(heads(client.take_update(crop))) <= 64


def test_the_extended_clipboard_is_used_once_the_client_says_it_can():
    client = viewer(c.EXTENDED_CLIPBOARD)
    assert clipboard.capabilities() in client.take_messages()
    client.extended_clipboard(clipboard.Capabilities(clipboard.NOTIFY | clipboard.REQUEST), "")
    client.text_copied("œ")
    assert clipboard.notify(has_text=True) in client.take_messages()
    client.extended_clipboard(clipboard.Request(), "œ")
    assert clipboard.provide("œ") in client.take_messages()
    assert client.take_messages() == b""
