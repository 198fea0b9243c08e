"""Who finds whom, and phone numbers as they are typed: pure rules."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.directory import rules
from parvis.portal.directory.rules import AUTHORITY, BODY, TEAM, Node


def tree(parents: list[int], bodies: list[bool], audiences: list[str]) -> list[Node]:
    """Each entity under the one before it that `parents` says; the first is the root."""
    paths: list[str] = []
    for number, parent in enumerate(parents):
        above = paths[parent % number] if number else ""
        paths.append(rules.child_path(above, number + 1))
    nodes = [
        Node(number + 1, path, body, audience)
        for number, (path, body, audience) in enumerate(zip(paths, bodies, audiences, strict=True))
    ]
    return sorted(nodes, key=lambda node: node.path)


trees = st.integers(1, 12).flatmap(
    lambda size: st.builds(
        tree,
        st.lists(st.integers(0, 11), min_size=size, max_size=size),
        st.lists(st.booleans(), min_size=size, max_size=size),
        st.lists(st.sampled_from(["", AUTHORITY, BODY, TEAM]), min_size=size, max_size=size),
    )
)


@given(trees)
def test_one_always_finds_ones_own_service(nodes: list[Node]) -> None:
    for node in nodes:
        assert node.id in rules.found_from(nodes, node.path)


@given(trees)
def test_an_authority_wide_entity_is_found_by_all_and_a_team_by_those_below(nodes: list[Node]) -> None:
    for place in nodes:
        found = set(rules.found_from(nodes, place.path))
        for node in nodes:
            if node.audience == AUTHORITY:
                assert node.id in found
            if node.audience == TEAM:
                assert (node.id in found) == rules.covers(node.path, place.path)


@given(trees)
def test_finding_within_a_body_is_mutual(nodes: list[Node]) -> None:
    plain = [Node(node.id, node.path, node.is_body, "") for node in nodes]
    by_id = {node.id: node for node in plain}
    for place in plain:
        for found in rules.found_from(plain, place.path):
            assert place.id in rules.found_from(plain, by_id[found].path)


@given(st.lists(st.text("0123456789", min_size=2, max_size=2), min_size=4, max_size=4), st.sampled_from(" .-\u202f"))
def test_a_number_is_found_however_it_is_written(pairs: list[str], between: str) -> None:
    dialled = "02" + "".join(pairs)
    for written in (
        between.join(["02", *pairs]),
        f"+33 2 {between.join(pairs)}",
        f"+33 (0)2 {between.join(pairs)}",
        f"00332{''.join(pairs)}",
    ):
        assert rules.digits(written) == dialled
        assert rules.phone_shown(written) == "\u00a0".join(["02", *pairs])


def test_what_is_a_number_and_what_is_not() -> None:
    assert rules.typed_number("02 61") == "0261"
    assert rules.typed_number("+33 2 61") == "0261"
    assert [rules.typed_number(text) for text in ("12", "bureau 204", "", "()", "Le Goff 0261")] == [None] * 5
    assert rules.phone_shown("poste 4512") == "poste 4512"


def test_a_line_of_ancestors() -> None:
    assert rules.lineage("000001.000012.") == ["000001.", "000001.000012."]
    assert rules.ids_of("000001.000012.") == [1, 12]
