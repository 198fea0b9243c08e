"""Settings, filters, ranges and nested groups: what needs no server."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.validators import validate_email
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel.errors import Invalid
from parvis.portal.sources.ldap import filters, groups, library, mapping, search
from parvis.portal.sources.ldap.schema import FIELDS, PRESETS, Preset, Server, from_stored, is_filter
from parvis.portal.sources.records import SourceBroken
from tests.requirements import require_library

require_library("ldap")

GOOD: dict[str, Any] = {"servers": "ldaps://dc1.rivemarine.example", "base_dn": "dc=rivemarine,dc=example"}


def refused(**stored: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as problem:
        from_stored({**GOOD, **stored})
    return problem.value.fields


class TestSettings:
    @pytest.mark.parametrize("preset", Preset)
    def test_a_preset_is_enough(self, preset: Preset) -> None:
        settings = from_stored({**GOOD, "preset": preset.value})
        assert settings.attributes == PRESETS[preset]
        assert set(settings.attributes) == set(FIELDS)
        assert settings.servers == (Server("dc1.rivemarine.example", 636, True),)

    @pytest.mark.parametrize(
        ("stored", "field"),
        [
            ({"servers": ""}, "servers"),
            ({"servers": "http://x"}, "servers"),
            ({"servers": "ldap://u:p@x"}, "servers"),
            ({"servers": "ldap://x/dc=a?mail"}, "servers"),
            ({"servers": "ldap://x:99999"}, "servers"),
            ({"servers": "\n".join(f"ldap://s{number}" for number in range(6))}, "servers"),
            ({"base_dn": ""}, "base_dn"),
            ({"user_filter": "uid=a"}, "user_filter"),
            ({"user_filter": "(uid=a)(uid=b)"}, "user_filter"),
            ({"disabled_filter": "(a=b"}, "disabled_filter"),
            ({"bind_dn": "cn=lecture"}, "bind_password"),
            ({"entity_from": "group"}, "group_prefix"),
            ({"ca_pem": "MIIB"}, "ca_pem"),
            ({"page_size": 5}, "page_size"),
            ({"page_size": "1e3"}, "page_size"),
            ({"seconds": 3600}, "seconds"),
            ({"attributes": {"email": "mail)(uid=*"}}, "attributes"),
            ({"attributes": {"key": ""}}, "attributes"),
        ],
    )
    def test_each_fault_is_named(self, stored: dict[str, Any], field: str) -> None:
        assert field in refused(**stored)

    def test_the_password_is_in_no_text(self) -> None:
        assert "canari" not in repr(from_stored({**GOOD, "bind_dn": "cn=x"}, "canari"))

    @given(st.dictionaries(st.sampled_from([*GOOD, "page_size", "attributes_", "user_filter"]), st.text()))
    def test_any_text_is_accepted_or_refused_by_name(self, stored: dict[str, str]) -> None:
        faults = None
        try:
            from_stored({**GOOD, **stored})
        except Invalid as problem:
            faults = problem.fields
        assert faults != {}

    def test_what_is_kept_fits_the_directory(self) -> None:
        for name, limit in mapping.LIMITS.items():
            if name == "entity":
                assert limit <= (Entity._meta.get_field("name").max_length or 0)
            elif name != "email":
                assert limit == Agent._meta.get_field(name).max_length


@given(st.emails() | st.from_regex(mapping._USUAL_EMAIL, fullmatch=True))
def test_an_address_that_looks_usual_is_one_for_django_too(address: str) -> None:
    if mapping._USUAL_EMAIL.fullmatch(address) and len(address) <= 254:
        validate_email(address)


class TestInjection:
    settings = from_stored({**GOOD, "preset": "active_directory"})

    @given(st.text(max_size=60))
    def test_nothing_typed_gets_out_of_its_value(self, typed: str) -> None:
        found = filters.by_email(self.settings, typed)
        assert is_filter(found)
        inside = re.sub(r"=(\\[0-9a-f]{2})*\)", "=)", found)
        assert inside == f"(&{self.settings.user_filter}(|(mail=)(userPrincipalName=)))"

    @given(st.text(max_size=60) | st.uuids().map(str))
    def test_nor_a_key(self, key: str) -> None:
        found = filters.by_key(from_stored({**GOOD, "attributes": {"key": "entryUUID, uid"}}), key)
        assert re.sub(r"=(\\[0-9a-f]{2})*\)", "=)", found) == "(&(objectClass=inetOrgPerson)(|(entryUUID=)(uid=)))"

    def test_a_key_that_is_no_guid_finds_nobody(self) -> None:
        assert filters.by_key(self.settings, "*").endswith("(|))")

    def test_active_directory_walks_the_groups_itself(self) -> None:
        found = filters.member_of("(a=b)", "cn=x")
        assert found == r"(&(a=b)(memberOf:1.2.840.113556.1.4.1941:=\63\6e\3d\78))"


class TestRanges:
    """A contract fake, from MS-ADTS 3.1.1.3.1.3.3 (range retrieval): OpenLDAP gives no ranges."""

    @staticmethod
    def directory(members: list[bytes], step: int) -> Any:
        asked: list[str] = []

        def fetch(name: str) -> Mapping[str, list[bytes]]:
            asked.append(name)
            low = int(name.partition("=")[2].partition("-")[0])
            part = members[low : low + step]
            high = "*" if low + step >= len(members) else str(low + step - 1)
            return {f"member;range={low}-{high}": part}

        return fetch, asked

    @given(st.integers(0, 60), st.integers(1, 20))
    def test_all_the_values_come_once(self, count: int, step: int) -> None:
        members = [str(number).encode() for number in range(count)]
        fetch, _asked = self.directory(members, step)
        first = {"cn": [b"x"], "member": [], **fetch("member;range=0-*")}
        assert search.values(first, "Member", fetch) == members

    def test_without_range(self) -> None:
        assert search.values({"MEMBER": [b"a"]}, "member", lambda name: pytest.fail(name)) == [b"a"]
        assert search.values({}, "member", lambda name: pytest.fail(name)) == []

    @pytest.mark.parametrize("answer", [{"member;range=0-1": [b"a"]}, {"member;range=7-*": [b"a"]}])
    def test_ranges_that_do_not_follow_are_broken(self, answer: dict[str, list[bytes]]) -> None:
        with pytest.raises(SourceBroken):
            search.values({"member;range=0-1": [b"a", b"b"]}, "member", lambda _name: answer)


class TestGroups:
    def test_a_chain_is_followed_to_a_depth(self) -> None:
        tree = groups.Groups()
        for number in range(100):
            tree.add(f"cn=g{number},dc=x", f"g{number}", members=[], parents=[f"cn=g{number + 1},dc=x"])
        assert len(tree.containing("cn=moi", ["cn=g0,dc=x"])) == groups.MAX_DEPTH + 1

    @given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
    def test_any_graph_ends_and_is_its_transitive_closure(self, edges: list[tuple[int, int]]) -> None:
        tree = groups.Groups()
        for number in range(7):
            inside = [f"cn=g{child},dc=x" for parent, child in edges if parent == number]
            tree.add(f"CN=G{number},DC=X", f"g{number}", members=inside, parents=[])
        reached, fresh = {0}, {0}
        while fresh:
            fresh = {parent for parent, child in edges if child in fresh} - reached
            reached |= fresh
        found = tree.containing("cn=moi,dc=x", ["cn=g0, dc=x"])
        assert tree.names(found) == sorted(f"g{number}" for number in reached)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("CN=A,DC=X", "cn=a, dc=x"),
            ("cn=a+sn=b,dc=x", "sn=B+cn=a,dc=x"),
            ("cn=a\\2Cb,dc=x", "cn=a\\,b,dc=x"),
            ("cn=É,dc=x", "cn=\\C3\\A9,dc=x"),
        ],
    )
    def test_two_ways_of_writing_a_name(self, one: str, other: str) -> None:
        assert groups.normalised(one) == groups.normalised(other)

    def test_two_names_are_two(self) -> None:
        assert groups.normalised("cn=a\\,cn=b,dc=x") != groups.normalised("cn=a,cn=b,dc=x")


def test_without_python_ldap_the_dsi_reads_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(library, "import_module", missing)
    with pytest.raises(library.LibraryMissing) as problem:
        library.load()
    assert "parvis[ldap]" in str(problem.value.advice)
    monkeypatch.undo()
    assert library.load() is importlib.import_module("ldap")
