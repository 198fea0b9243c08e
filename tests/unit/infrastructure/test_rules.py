"""What stops with what, whatever the shape of the graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.infrastructure.picture import MOST, draw
from parvis.portal.infrastructure.rules import Needs, Node, Stop, impact, would_loop

A, B, C = ("asset", 1), ("asset", 2), ("asset", 3)
MAIL, FILES = ("service", 1), ("service", 2)
HALL = ("site", 1)

nodes = st.tuples(st.sampled_from(["asset", "site", "service"]), st.integers(0, 5))
graphs = st.dictionaries(
    nodes, st.builds(Needs, st.frozensets(nodes, max_size=3), st.frozensets(nodes, max_size=3)), max_size=12
)


def test_what_is_needed_stops_what_needs_it_level_by_level() -> None:
    graph = {B: Needs(frozenset({A})), MAIL: Needs(frozenset({B})), FILES: Needs(frozenset({MAIL})), HALL: Needs()}
    assert [(stop.node, stop.depth) for stop in impact(A, graph)] == [(B, 1), (MAIL, 2), (FILES, 3)]
    assert impact(FILES, graph) == []


def test_a_service_on_two_servers_survives_one() -> None:
    graph = {MAIL: Needs(frozenset(), frozenset({A, B})), A: Needs(frozenset({HALL})), B: Needs(frozenset({HALL}))}
    assert impact(A, graph) == []
    assert [stop.node for stop in impact(HALL, graph)] == [A, B, MAIL]
    assert impact(HALL, graph)[-1].causes == (A, B)


def test_a_loop_ends() -> None:
    graph = {A: Needs(frozenset({B})), B: Needs(frozenset({C})), C: Needs(frozenset({A}))}
    assert [stop.node for stop in impact(A, graph)] == [C, B]


@given(nodes, graphs)
def test_each_thing_stops_once_and_for_a_cause_that_stopped_before(cause: Node, graph: dict[Node, Needs]) -> None:
    stops = impact(cause, graph)
    found = [stop.node for stop in stops]
    assert len(found) == len(set(found))
    assert cause not in found
    depths: dict[Node, int] = {cause: 0} | {stop.node: stop.depth for stop in stops}
    for stop in stops:
        assert min(depths[other] for other in stop.causes) < stop.depth
    for node, needs in graph.items():
        down = any(each in depths for each in needs.all_of) or (
            bool(needs.any_of) and all(each in depths for each in needs.any_of)
        )
        assert down == (node in found) or node == cause


def test_a_service_may_not_need_itself_through_others() -> None:
    assert would_loop(1, [2], {2: [3], 3: [1]})
    assert would_loop(1, [1], {})
    assert not would_loop(1, [2], {2: [3], 3: [2]})


def test_the_picture_has_a_box_each_and_an_arrow_from_each_cause() -> None:
    stops = [Stop(B, 1, (A,)), Stop(MAIL, 2, (B,)), Stop(FILES, 2, (B,))]
    picture = draw(A, stops, {A: "Cœur", B: "Serveur", MAIL: "Messagerie"})
    assert picture is not None
    assert [box.label for box in picture.boxes] == ["Cœur", "Serveur", "Messagerie"]
    assert len(picture.paths) == 2
    assert all(box.x + 190 <= picture.width and box.y + 40 <= picture.height for box in picture.boxes)
    assert draw(A, [], {A: "Cœur"}) is None
    many = [Stop(("asset", n), 1, (A,)) for n in range(10, 11 + MOST)]
    assert draw(A, many, {stop.node: "x" for stop in many}) is None
