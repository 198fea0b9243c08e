"""SIRETs, other names, closing and merging: what is refused, what follows, what is undone."""

from __future__ import annotations

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory import entity_closing, entity_services, queries, services
from parvis.portal.directory.events import AgentMoved, RoleRevoked
from parvis.portal.directory.lookup import AmbiguousEntity, EntityIndex
from parvis.portal.directory.models import Agent, Entity, EntityAlias, EntitySiret, Role, RoleGrant
from parvis.portal.home.models import Tile
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Computer, Site
from tests.integration.authority import grant, make_agent, make_computer, make_entity, make_member, make_site

pytestmark = pytest.mark.django_db

SIRETS = ["73282932000074", "00000001800010", "00000001800028"]


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def head(root: Entity) -> User:
    return make_member(root, Role.HEAD_OF_IT, "cheffe")


def change(head: User, entity: Entity, **facts: object) -> None:
    entity_services.update_entity(actor=head, entity=entity, now=clock.now(), **facts)


def test_an_entity_has_several_sirets_and_one_is_the_main(head: User, root: Entity) -> None:
    change(head, root, sirets=SIRETS)
    assert Entity.objects.get(pk=root.pk).siret == SIRETS[0]
    for siret in (*SIRETS, "732 829 320 00074"):
        assert queries.entity_by_siret(siret) == root
    change(head, root, sirets=[SIRETS[2], SIRETS[2], SIRETS[0]])
    assert list(root.sirets.values_list("siret", "is_main")) == [(SIRETS[2], True), (SIRETS[0], False)]
    assert queries.entity_by_siret(SIRETS[1]) is None
    assert queries.entity_by_siret("") is None


def test_a_siret_is_one_entitys(head: User, root: Entity) -> None:
    change(head, root, sirets=SIRETS[:1])
    town = make_entity("Ville", root, Entity.Kind.COMMUNE)
    for wrong in ([SIRETS[0]], ["12345678901234"], ["abc"]):
        with pytest.raises(Invalid) as refused:
            change(head, town, sirets=wrong, name="Autre")
        assert set(refused.value.fields) == {"sirets"}
        assert Entity.objects.get(pk=town.pk).name == "Ville"
    assert queries.entity_by_siret(SIRETS[0]) == root


def test_sources_find_an_entity_by_what_they_call_it(head: User, root: Entity) -> None:
    finances = make_entity("Direction des finances", root)
    budget, other = make_entity("Budget", finances), make_entity("Budget", make_entity("Culture", root))
    change(head, budget, code="FIN-01", aliases=["Sce Budget", "  Pôle   budgétaire "])
    change(head, root, sirets=SIRETS)
    for text in ("FIN-01", "fin-01", "sce budget", "Pole Budgetaire", "Métropole > Direction des finances > Budget"):
        assert queries.entity_for(text, root=root) == budget, text
    assert queries.entity_for("732 829 320 00074") == root
    assert queries.entity_for("direction DES finances") == finances
    assert queries.entity_for("inconnu") is None
    assert queries.entity_for("  ") is None
    with pytest.raises(AmbiguousEntity) as several:
        queries.entity_for("budget")
    assert several.value.candidates == [
        "Métropole › Direction des finances › Budget",
        "Métropole › Culture › Budget",
    ]
    assert queries.entity_for("Budget", root=finances) == budget
    entity_closing.close_entity(actor=head, entity=other, now=clock.now())
    assert queries.entity_for("Budget") == budget


def test_a_hundred_thousand_lookups_read_once(root: Entity, django_assert_max_num_queries: object) -> None:
    for number in range(300):
        make_entity(f"Service n° {number}", root)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        index = EntityIndex(root)
        assert all(index.find(f"SERVICE N° {number % 300}") for number in range(20_000))


def test_what_is_inside_keeps_an_entity_open(head: User, root: Entity) -> None:
    town, now = make_entity("Ville", root, Entity.Kind.COMMUNE), clock.now()
    agent, below = make_agent(town), make_entity("Accueil", town)
    make_computer(town)
    with pytest.raises(Conflict) as refused:
        entity_closing.close_entity(actor=head, entity=town, now=now)
    assert refused.value.code == "entity_not_empty"
    assert "1 agent, 1 entité, 1 matériel" in str(refused.value.message)
    services.deactivate_agent(actor=head, agent=agent, now=now)
    entity_closing.close_entity(actor=head, entity=below, now=now)
    Computer.objects.all().delete()
    for _ in range(2):
        entity_closing.close_entity(actor=head, entity=town, now=now)
    assert AuditRecord.objects.filter(action="directory.entity_closed", target_id=str(town.pk)).count() == 1
    assert town not in queries.open_entities(queries.entities_visible_to(head))


def test_nothing_is_put_into_a_closed_entity_until_it_is_opened_again(head: User, root: Entity) -> None:
    town, now, agent = make_entity("Ville", root), clock.now(), make_agent(root, account=True)
    entity_closing.close_entity(actor=head, entity=town, now=now)
    facts = {"first_name": "A", "last_name": "B", "email": "a@ex.fr"}
    attempts = (
        lambda: services.create_agent(actor=head, entity=town, now=now, **facts),
        lambda: services.create_agent(actor=None, entity=town, now=now, **facts),
        lambda: services.move_agent(actor=head, agent=agent, entity=town, now=now),
        lambda: entity_services.create_entity(actor=head, parent=town, name="X", kind="department", now=now),
    )
    for attempt in attempts:
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "entity_closed"
    entity_closing.reopen_entity(actor=head, entity=town, now=now)
    services.move_agent(actor=head, agent=agent, entity=town, now=now)
    assert Entity.objects.get(pk=town.pk).closed_date is None


def test_a_merge_takes_everything_along(head: User, root: Entity) -> None:
    now = clock.now()
    old, new = make_entity("Régie", root), make_entity("Ville", root)
    agent, gone = make_agent(old, account=True), make_agent(old, is_active=False)
    below, computer, site = make_entity("Accueil", old), make_computer(old), make_site(old)
    tile = Tile.objects.create(entity=new, title="Courriel", url="https://mail.example", category="Outils")
    tile.services_concerned.set([old, new])
    assert agent.user
    held = grant(agent.user, Role.HEAD_OF_DEPARTMENT, old)
    change(head, old, sirets=SIRETS[:1], code="R1", aliases=["Ex-régie"])
    with recorded(AgentMoved) as moved, recorded(RoleRevoked) as revoked:
        entity_closing.merge_entities(actor=head, entity=old, into=new, now=now)
    assert [event.agent_id for event in moved] == [agent.pk]
    assert [event.user_id for event in revoked] == [agent.user.pk]
    assert not RoleGrant.objects.filter(pk=held.pk).exists()
    assert set(Agent.objects.filter(entity=new)) == {agent, gone}
    assert Computer.objects.get(pk=computer.pk).entity == new
    assert Site.objects.get(pk=site.pk).entity == new
    assert Entity.objects.get(pk=below.pk).path == f"{new.path}{below.pk:06d}."
    assert list(tile.services_concerned.all()) == [new]
    assert queries.entity_by_siret(SIRETS[0]) == new
    for name in ("Régie", "R1", "Ex-régie"):
        assert queries.entity_for(name) == new
    old.refresh_from_db()
    assert (old.closed_date, old.merged_into) == (clock.today(now), new)
    assert entity_closing.inside(old) == []
    with pytest.raises(Conflict):
        entity_closing.reopen_entity(actor=head, entity=old, now=now)


def test_a_merge_refuses_or_does_all(head: User, root: Entity) -> None:
    now = clock.now()
    old, new = make_entity("Régie", root), make_entity("Ville", root)
    make_entity("Accueil", old), make_entity("Accueil", new)
    agent = make_agent(old)
    for entity, into in ((old, new), (old, old), (root, new), (old, make_entity("Sous", old))):
        with pytest.raises((Conflict, NotAllowed)):
            entity_closing.merge_entities(actor=head, entity=entity, into=into, now=now)
    assert Agent.objects.get(pk=agent.pk).entity == old
    assert not AuditRecord.objects.filter(action="directory.entity_merged").exists()


def test_two_main_sirets_become_one(head: User, root: Entity) -> None:
    old, new = make_entity("Régie", root), make_entity("Ville", root)
    change(head, old, sirets=SIRETS[:1])
    change(head, new, sirets=SIRETS[1:2])
    entity_closing.merge_entities(actor=head, entity=old, into=new, now=clock.now())
    assert list(EntitySiret.objects.filter(entity=new).values_list("siret", "is_main")) == [
        (SIRETS[1], True),
        (SIRETS[0], False),
    ]
    assert not EntityAlias.objects.filter(entity=old).exists()


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.AUDITOR, Role.HEAD_OF_DEPARTMENT, Role.ELECTED_MEMBER])
def test_only_the_head_of_it_closes_and_merges(head: User, root: Entity, role: Role) -> None:
    user, town, now = make_member(root, role), make_entity("Ville", root), clock.now()
    for attempt in (
        lambda: entity_closing.close_entity(actor=user, entity=town, now=now),
        lambda: entity_closing.reopen_entity(actor=user, entity=town, now=now),
        lambda: entity_closing.merge_entities(actor=user, entity=town, into=root, now=now),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_local_head_of_it_neither_closes_their_own_top_nor_merges_it_away(root: Entity) -> None:
    town, now = make_entity("Ville", root, Entity.Kind.COMMUNE), clock.now()
    local = make_member(town, Role.HEAD_OF_IT)
    with pytest.raises(NotAllowed):
        entity_closing.close_entity(actor=local, entity=town, now=now)
    with pytest.raises(NotAllowed):
        entity_closing.merge_entities(actor=local, entity=town, into=root, now=now)
