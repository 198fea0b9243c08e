"""What each role sees of the tree, and that a perimeter follows the tree when it moves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from parvis.portal.accounts.models import User
from parvis.portal.directory import entity_services, queries
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from tests.integration.authority import grant, make_agent, make_entity, make_member, make_user

pytestmark = pytest.mark.django_db


class Tree:
    """root → here → (desk, deep), there."""

    def __init__(self) -> None:
        self.root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
        self.here, self.there = make_entity("Ici", self.root), make_entity("Là-bas", self.root)
        self.desk = make_entity("Accueil", self.here)
        self.deep = make_entity("Guichet", self.desk)
        self.agents = {entity.pk: make_agent(entity) for entity in Entity.objects.all()}


@pytest.fixture
def tree() -> Tree:
    return Tree()


@pytest.mark.parametrize("role", queries.VIEWING_ROLES)
def test_a_role_shows_its_entity_and_all_below(tree: Tree, role: Role) -> None:
    user = make_member(tree.here, role)
    inside = {tree.here, tree.desk, tree.deep}
    assert set(queries.entities_visible_to(user)) == inside
    seen = set(queries.agents_visible_to(user))
    assert seen == {tree.agents[entity.pk] for entity in inside} | {user.agent}  # type: ignore[attr-defined]
    assert queries.perimeter(user, role) == (tree.here.path,)
    assert queries.has_role(user, role, entity=tree.deep)
    assert not queries.has_role(user, role, entity=tree.root)


@pytest.mark.parametrize("role", [None, Role.ELECTED_MEMBER])
def test_others_see_themselves_and_their_own_service(tree: Tree, role: Role | None) -> None:
    user = make_member(tree.desk, role)
    assert set(queries.entities_visible_to(user)) == {tree.desk}
    assert set(queries.agents_visible_to(user)) == {user.agent}  # type: ignore[attr-defined]


def test_two_roles_add_up_and_overlaps_count_once(tree: Tree) -> None:
    user = make_member(tree.here, Role.TECHNICIAN)
    grant(user, Role.AUDITOR, tree.there)
    grant(user, Role.HEAD_OF_IT, tree.deep)
    assert queries.perimeter(user) == tuple(sorted([tree.here.path, tree.there.path]))
    assert queries.perimeter(user, Role.HEAD_OF_IT) == (tree.deep.path,)


def test_a_superuser_sees_all_and_a_disabled_account_nothing(tree: Tree) -> None:
    admin = make_user(is_superuser=True)
    assert queries.agents_visible_to(admin).count() == Agent.objects.count()
    assert queries.entities_visible_to(admin).count() == Entity.objects.count()
    User.objects.filter(pk=admin.pk).update(is_active=False)
    admin.refresh_from_db()
    for nobody in (admin, AnonymousUser()):
        assert not queries.agents_visible_to(nobody).exists()
        assert not queries.entities_visible_to(nobody).exists()
        assert queries.perimeter(nobody) == ()


def test_an_id_that_begins_alike_is_not_below(tree: Tree) -> None:
    assert not Entity.objects.filter(queries.within((tree.here.path,), "path"), pk=tree.there.pk).exists()
    assert queries.within(queries.EVERYTHING) == Q()
    assert not Agent.objects.filter(queries.within(())).exists()


def test_people_are_found_without_accents(tree: Tree) -> None:
    helene = make_agent(tree.here, first_name="Hélène", last_name="L’Hôte")
    everybody = queries.agents_visible_to(make_user(is_superuser=True))
    for words in ("helene", "HÉLÈNE hote", "l'hôte", "  hel   hot "):
        assert list(queries.search_agents(everybody, words)) == [helene], words
    assert not queries.search_agents(everybody, "helene zzz").exists()
    assert queries.search_agents(everybody, "%").count() == 0


def test_moving_an_entity_takes_all_below_along(tree: Tree) -> None:
    admin, now = make_user(is_superuser=True), clock.now()
    head = make_member(tree.there, Role.HEAD_OF_IT)
    entity_services.move_entity(actor=admin, entity=tree.desk, parent=tree.there, now=now)
    assert {tree.desk, tree.deep} <= set(queries.entities_visible_to(head))
    for entity in Entity.objects.exclude(parent=None).select_related("parent"):
        assert entity.parent is not None
        assert entity.path == f"{entity.parent.path}{entity.pk:06d}."


def test_no_ring(tree: Tree) -> None:
    admin, now = make_user(is_superuser=True), clock.now()
    for parent in (tree.here, tree.desk, tree.deep):
        with pytest.raises(Conflict):
            entity_services.move_entity(actor=admin, entity=tree.here, parent=parent, now=now)


def test_moving_needs_both_ends(tree: Tree) -> None:
    head = make_member(tree.here, Role.HEAD_OF_IT)
    for entity, parent in ((tree.desk, tree.there), (tree.here, tree.deep), (tree.there, tree.here)):
        with pytest.raises(NotAllowed):
            entity_services.move_entity(actor=head, entity=entity, parent=parent, now=clock.now())


def test_names_are_unique_under_a_parent_and_sirets_are_right(tree: Tree) -> None:
    head, now = make_member(tree.here, Role.HEAD_OF_IT), clock.now()
    with pytest.raises(Invalid) as taken:
        entity_services.create_entity(actor=head, parent=tree.here, name=" Accueil ", kind="department", now=now)
    assert set(taken.value.fields) == {"name"}
    with pytest.raises(Invalid) as wrong:
        entity_services.create_entity(
            actor=head, parent=tree.here, name="CCAS", kind="structure", sirets=["12345678901234"], now=now
        )
    assert set(wrong.value.fields) == {"sirets"}
    made = entity_services.create_entity(actor=head, parent=tree.here, name="CCAS", kind="structure", now=now)
    assert made.path == f"{tree.here.path}{made.pk:06d}."
    with pytest.raises(NotAllowed):
        entity_services.create_entity(actor=head, parent=tree.root, name="X", kind="department", now=now)
    with pytest.raises(NotAllowed):
        entity_services.create_entity(actor=head, parent=None, name="X", kind="metropole", now=now)


def test_the_tree_is_read_in_three_queries(tree: Tree, django_assert_max_num_queries: object) -> None:
    auditor = make_member(tree.here, Role.AUDITOR)
    grant(auditor, Role.HEAD_OF_DEPARTMENT, tree.deep)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        (top,) = queries.tree_visible_to(auditor)
    (desk,), (deep,) = top.children, top.children[0].children
    rows = [(each.entity.name, each.depth, each.agents, each.total) for each in (top, desk, deep)]
    assert rows == [("Ici", 0, 2, 4), ("Accueil", 1, 1, 2), ("Guichet", 2, 1, 1)]
    assert (desk.heads, deep.heads) == ([], [str(auditor)])
