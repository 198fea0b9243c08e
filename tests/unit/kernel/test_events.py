"""Events: every subscribed handler, in order, once; the handler's error is the publisher's."""

from dataclasses import dataclass

import pytest

from parvis.portal.kernel import events


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(events.Event):
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HappenedElsewhere(Happened):
    pass


@pytest.fixture(autouse=True)
def _clean() -> None:
    events._handlers.pop(Happened, None)
    events._handlers.pop(HappenedElsewhere, None)


def test_handlers_are_called_in_the_order_of_subscription() -> None:
    said: list[str] = []
    events.subscribe(Happened, lambda event: said.append(f"first {event.what}"))
    events.subscribe(Happened, lambda event: said.append(f"second {event.what}"))
    events.publish(Happened(what="x"))
    assert said == ["first x", "second x"]


def test_subscribing_twice_is_once() -> None:
    said: list[Happened] = []
    events.subscribe(Happened, said.append)
    events.subscribe(Happened, said.append)
    events.publish(Happened(what="x"))
    # Bound methods of one object are equal: a second `connect()` changes nothing.
    assert len(said) == 1


def test_a_child_of_an_event_is_another_event() -> None:
    with events.recorded(Happened) as seen:
        events.publish(HappenedElsewhere(what="x"))
    assert seen == []


def test_the_error_of_a_handler_reaches_the_publisher() -> None:
    def fail(event: Happened) -> None:
        raise RuntimeError(event.what)

    events.subscribe(Happened, fail)
    with pytest.raises(RuntimeError, match="x"):
        events.publish(Happened(what="x"))


def test_recorded_forgets_afterwards() -> None:
    with events.recorded(Happened) as seen:
        events.publish(Happened(what="inside"))
    events.publish(Happened(what="outside"))
    assert [event.what for event in seen] == ["inside"]
