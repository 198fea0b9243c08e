"""When guests are busy, as a real CalDAV server says it; and servers that say anything else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as parvis_settings
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.config.env import Environment, EnvironmentInvalid
from parvis.portal.meetings import caldav, cautions, freebusy
from parvis.portal.meetings.models import Meeting
from tests.integration.authority import make_agent, make_entity
from tests.servers.radicale import Radicale, radicale

DAY = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
NIGHT = DAY + timedelta(days=1)


def at(hour: int, minute: int = 0) -> datetime:
    return DAY.replace(hour=hour, minute=minute)


def event(uid: str, starts: str, ends: str, *more: str) -> str:
    lines = ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", f"DTSTART{starts}", f"DTEND{ends}", *more)
    return "".join(f"{line}\r\n" for line in (*lines, "SUMMARY:Secret médical", "END:VEVENT"))


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with radicale(tmp_path_factory.mktemp("radicale")) as server:
        server.put(
            "ali@rivemarine.example",
            event("a", ":20261126T090000Z", ":20261126T100000Z"),
            event("b", ":20261126T093000Z", ":20261126T103000Z"),
            event("c", ":20261126T150000Z", ":20261126T160000Z", "TRANSP:TRANSPARENT"),
            event("d", ":20261119T120000Z", ":20261119T130000Z", "RRULE:FREQ=WEEKLY;COUNT=5"),
            event("e", ":20261126T180000Z", ":20261126T190000Z", "STATUS:CANCELLED"),
        )
        server.put("lea@rivemarine.example")
        yield server


def use(settings: Any, template: str) -> None:
    import dataclasses

    settings.PARVIS = dataclasses.replace(parvis_settings.PARVIS, caldav_url=template)


@pytest.mark.django_db
class TestServer:
    def test_when_people_are_busy(self, server: Radicale, settings: Any) -> None:
        use(settings, server.template)
        town = make_entity()
        ali, lea, nobody = (make_agent(town, name) for name in ("ali", "lea", "inconnue"))
        found = freebusy.busy([ali, lea, nobody], DAY, NIGHT)
        assert found[ali.pk].known
        assert (at(9), at(10, 30)) in found[ali.pk].times
        assert (at(12), at(13)) in found[ali.pk].times
        assert all(first < at(14) for first, _last in found[ali.pk].times)
        assert found[lea.pk] == freebusy.Busy(known=True)
        assert not found[nobody.pk].known

    def test_it_is_asked_once_a_minute(self, server: Radicale, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        use(settings, server.template)
        ali = make_agent(make_entity(), "ali")
        first = freebusy.busy([ali], DAY, NIGHT)
        monkeypatch.setattr(caldav, "ask", lambda *_args: pytest.fail("asked again"))
        assert freebusy.busy([ali], DAY, NIGHT) == first

    def test_a_wrong_password_is_not_known(self, server: Radicale, settings: Any) -> None:
        use(settings, server.template.replace("mot", "faux"))
        ali = make_agent(make_entity(), "ali")
        assert freebusy.busy([ali], DAY, NIGHT)[ali.pk] == freebusy.UNKNOWN

    def test_the_form_says_who_is_busy(self, server: Radicale, settings: Any) -> None:
        use(settings, server.template)
        town = make_entity()
        organiser, ali, lea = (make_agent(town, name, account=True) for name in ("odile", "ali", "lea"))
        user = organiser.user
        assert user is not None
        said = cautions.of(user, organiser, [ali, lea], at(9), at(10))
        assert "Occupés à cette heure-là, d’après leur agenda\u202f: Ali Essai." in said
        assert not [each for each in cautions.of(user, organiser, [ali, lea], at(16), at(17)) if "agenda" in each]

    def test_the_meeting_that_is_being_changed_takes_nobody(self) -> None:
        own = Meeting(starts_at=at(9), ends_at=at(10))
        assert not freebusy.is_taken(freebusy.Busy(known=True, times=((at(9), at(10)),)), own)
        assert freebusy.is_taken(freebusy.Busy(known=True, times=((at(9), at(11)),)), own)
        assert not freebusy.is_taken(freebusy.UNKNOWN, None)

    def test_without_a_server_nothing_is_asked(self, settings: Any) -> None:
        ali = make_agent(make_entity(), "ali")
        assert freebusy.busy([ali], DAY, NIGHT) == {ali.pk: freebusy.UNKNOWN}


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """A socket that takes connections, reads, and says `answer`: what a broken server may do."""
    ended = threading.Event()
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _address = server.accept()
                except OSError:
                    continue
                held.append(connection)
                if answer:
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/{{email}}/"
        finally:
            ended.set()
            thread.join()
            for connection in held:
                connection.close()


@pytest.mark.django_db
class TestBadServers:
    def test_one_that_never_answers_costs_little_and_once(self, settings: Any) -> None:
        agents = [make_agent(make_entity()) for _each in range(20)]
        with listening(b"") as template:
            use(settings, template)
            began = time.monotonic()
            found = freebusy.busy(agents, DAY, NIGHT)
            assert time.monotonic() - began < freebusy.SECONDS + 2
            began = time.monotonic()
            freebusy.busy(agents, DAY, NIGHT)
            assert time.monotonic() - began < 1
        assert {each.known for each in found.values()} == {False}

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 300_000,
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n\xff\xfe\xff\xfe\xff",
        ],
    )
    def test_nonsense_is_not_known(self, settings: Any, answer: bytes) -> None:
        ali = make_agent(make_entity(), "ali")
        with listening(answer) as template:
            use(settings, template)
            assert freebusy.busy([ali], DAY, NIGHT)[ali.pk] == freebusy.UNKNOWN

    def test_nobody_there(self, settings: Any) -> None:
        use(settings, "http://127.0.0.1:1/{email}/")
        ali = make_agent(make_entity(), "ali")
        assert freebusy.busy([ali], DAY, NIGHT)[ali.pk] == freebusy.UNKNOWN


def vfreebusy(*lines: str) -> bytes:
    return "\r\n".join(
        ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VFREEBUSY", *lines, "END:VFREEBUSY", "END:VCALENDAR", "")
    ).encode()


class TestAnswers:
    def test_forms_of_a_period(self) -> None:
        text = vfreebusy(
            "FREEBUSY:20261126T080000Z/20261126T090000Z,20261126T100000Z/PT30M",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261126T085000Z/PT20M",
            "FREEBUSY;FBTYPE=FREE:20261126T120000Z/PT1H",
            "FREEBUSY:20261125T230000Z/20261126T010000Z",
        )
        assert caldav.periods(text, DAY, NIGHT) == [
            (DAY, at(1)),
            (at(8), at(9, 10)),
            (at(10), at(10, 30)),
        ]

    @given(st.binary(max_size=400))
    def test_any_bytes(self, text: bytes) -> None:
        with suppress(caldav.NotKnown):
            assert caldav.periods(text, DAY, NIGHT) == []

    @given(st.text(max_size=80))
    def test_any_period(self, text: str) -> None:
        said = "".join(each for each in text if each.isprintable())
        with suppress(caldav.NotKnown):
            for first, last in caldav.periods(vfreebusy(f"FREEBUSY:{said}"), DAY, NIGHT):
                assert DAY <= first < last <= NIGHT

    def test_the_address_cannot_leave_its_place(self) -> None:
        made = caldav.address_for("https://u:p@dav.example/{email}/c/", "../../x?@evil.example/#")
        assert made == "https://dav.example/..%2F..%2Fx%3F%40evil.example%2F%23/c/"
        assert caldav.address_for("https://dav.example/{name}/", "ali@x.example") == "https://dav.example/ali/"


def test_the_setting_is_checked() -> None:
    for wrong in ("ftp://x/{email}/", "https://x/", "http://dav.example/{email}/"):
        with pytest.raises(EnvironmentInvalid, match="CALDAV"):
            Environment(mode="production", url="https://parvis.example", caldav_url=wrong)
    Environment(mode="production", url="https://parvis.example", caldav_url="https://dav.example/{email}/")
