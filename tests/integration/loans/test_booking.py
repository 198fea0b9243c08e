"""What is kept for whom: the choice, lateness, what waits, what goes away, who is told, what is left."""

from __future__ import annotations

from functools import partial

import pytest
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.directory.models import Role
from parvis.portal.kernel import events
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.loans import availability, forecast, holdings, personal_data, queries
from parvis.portal.loans.models import Item, Loan, Offer, Part, PoolAsset, Shortage
from parvis.portal.loans.services import booking, deciding, extending, passing_time, pool, requesting
from parvis.portal.movements.models import Movement
from parvis.portal.parc.asset_services import move_asset
from parvis.portal.parc.models import Asset, AssetModel, Assignment
from tests.integration.authority import grant, make_agent, make_entity, make_member, make_site
from tests.integration.loans.loaning import NOW, TODAY, Lender, day, make_asset, make_lender

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def queued() -> dict[str, dict[str, str]]:
    """The mails that wait for the worker, by address."""
    waiting = [each.args_kwargs["kwargs"] for each in DBTaskResult.objects.filter(task_path__endswith="mail.deliver")]
    return {message["to"][0]: message for message in waiting}


def taken_names(lender: Lender, starts: int, ends: int) -> list[str]:
    free = booking.free_assets(lender.laptop_part, day(starts), day(ends), today=TODAY)
    names = {asset.name for asset in free}
    return [asset.name for asset in lender.laptops if asset.name not in names]


def test_days_are_included_at_both_ends(lender: Lender) -> None:
    first = lender.laptops[0]
    booking.reserve(loan=lender.loan(), part=lender.laptop_part, asset=first, starts=day(3), ends=day(5), now=NOW)
    assert taken_names(lender, 1, 2) == []
    assert taken_names(lender, 1, 3) == [first.name]
    assert taken_names(lender, 5, 9) == [first.name]
    assert taken_names(lender, 6, 9) == []
    with pytest.raises(Conflict) as refused:
        booking.reserve(loan=lender.loan(2), part=None, asset=first, starts=day(5), ends=day(5), now=NOW)
    assert refused.value.code == "asset_taken"


def test_what_is_late_stays_taken_until_it_is_back(lender: Lender) -> None:
    late, fine = lender.laptops
    loan = lender.out(late, -9, -1)
    lender.out(fine, -3, 4)
    assert taken_names(lender, 1, 2) == [late.name, fine.name]
    assert taken_names(lender, 200, 201) == [late.name]  # nobody knows when
    assert availability.of_offer(lender.offer, TODAY).kits(day(200), day(201)) == 1
    loan.items.update(state="back", back_at=NOW)
    Asset.objects.filter(pk=late.pk).update(state="stock")
    assert taken_names(lender, 1, 2) == [fine.name]


def test_what_is_not_ready_is_for_later_not_for_today(lender: Lender) -> None:
    PoolAsset.objects.filter(asset=lender.laptops[0]).update(needs_wipe=True)
    assert taken_names(lender, 0, 2) == [lender.laptops[0].name]
    assert taken_names(lender, 1, 2) == []
    found = availability.of_offer(lender.offer, TODAY)
    assert (found.kits(day(0), day(0)), found.kits(day(1), day(2))) == (1, 2)


def test_the_diary_and_the_query_agree(lender: Lender) -> None:
    lender.out(lender.laptops[0], -3, 2)
    booking.reserve(loan=lender.loan(), part=None, asset=lender.laptops[1], starts=day(4), ends=day(6), now=NOW)
    stock = availability.of_offer(lender.offer, TODAY).stocks[0]
    for starts in range(9):
        for ends in range(starts, 9):
            mask = availability.span_mask(starts, ends)
            assert stock.free(mask) == 2 - len(taken_names(lender, starts, ends)), (starts, ends)


def test_the_best_is_ready_near_and_rested(lender: Lender) -> None:
    site = make_site(lender.root)
    Assignment.objects.create(agent=lender.agent, asset=make_asset(lender.root, "screen", pool=False, site=site))
    near = make_asset(lender.root, site=site)
    rested, tired = lender.laptops
    old = lender.loan(-30, -20, state="closed")
    Item.objects.create(loan=old, asset=tired, starts_date=day(-30), ends_date=day(-20), state="back", out_at=NOW)
    own = make_asset(lender.department)
    free = booking.free_assets(lender.laptop_part, day(1), day(2), today=TODAY, agent=lender.agent)
    assert [asset.name for asset in free] == [near.name, own.name, rested.name, tired.name]


def test_only_the_pool_of_the_offers_entity_and_what_is_in_stock(lender: Lender) -> None:
    elsewhere = make_entity("Ailleurs")
    make_asset(elsewhere)
    make_asset(lender.root, pool=False)
    make_asset(lender.root, state="repair")
    make_asset(lender.root, state="deployed")  # somebody's, though it is in the pool
    mine = {asset.pk for asset in lender.laptops}
    assert set(booking.assets_for(lender.laptop_part).values_list("pk", flat=True)) == mine
    with pytest.raises(Conflict) as refused:
        deciding.approve(actor=lender.technician, loan=lender.loan(), now=NOW, assets=[make_asset(elsewhere, "badge")])
    assert refused.value.code == "not_this_part"


def test_a_part_of_one_model_takes_no_other(lender: Lender) -> None:
    model = AssetModel.objects.create(manufacturer="Dell", name="Latitude", kind="laptop")
    Part.objects.filter(pk=lender.laptop_part.pk).update(model=model)
    lender.laptop_part.refresh_from_db()
    Asset.objects.filter(pk=lender.laptops[1].pk).update(model=model)
    assert [a.pk for a in booking.free_assets(lender.laptop_part, day(1), day(2), today=TODAY)] == [
        lender.laptops[1].pk
    ]
    assert availability.of_offer(lender.offer, TODAY).kits(day(1), day(2)) == 1


def test_options_are_kept_if_they_are_free_and_left_out_if_not(lender: Lender) -> None:
    phone = Part.objects.create(offer=lender.offer, kind="phone", label="Téléphone", is_optional=True)
    make_asset(lender.root, "phone")
    kinds = []
    for number in range(2):
        loan = requesting.request_loan(
            actor=lender.user, offer=lender.offer, agent=lender.agent, starts=day(2 + number), ends=day(5), now=NOW,
            options=[phone],
        )  # fmt: skip
        items = deciding.approve(actor=lender.head, loan=loan, now=NOW)
        kinds.append(sorted(item.asset.kind for item in items))
    assert kinds == [["accessory", "laptop", "phone"], ["accessory", "laptop"]]


def test_what_nobody_has_to_agree_to_is_had_at_once_or_waits(lender: Lender) -> None:
    Offer.objects.update(approval="none")
    lender.offer.refresh_from_db()

    def ask(agent_number: int, **more: object) -> Loan:
        agent = lender.agent if not agent_number else make_agent(lender.department, account=True)
        assert agent.user is not None
        return requesting.request_loan(
            actor=agent.user, offer=lender.offer, agent=agent, starts=day(2), ends=day(4), now=NOW, **more,
        )  # type: ignore[arg-type]  # fmt: skip

    assert [ask(0).state, ask(1).state] == ["approved", "approved"]
    with pytest.raises(Conflict) as refused:
        ask(2)
    assert refused.value.code == "nothing_free"
    assert "à partir du samedi 28 novembre 2026" in str(refused.value.advice)
    waiting = ask(3, waits=True)
    assert waiting.state == "requested"
    assert deciding.grant_waiting(now=NOW) == 0
    requesting.cancel_loan(actor=lender.user, loan=queries.loans_of(lender.agent)[0], now=NOW)
    assert deciding.grant_waiting(now=NOW) == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.items.count()) == ("approved", 2)


def test_who_may_ask_for_whom(lender: Lender) -> None:
    def ask(actor: object, agent: object, later: int) -> Loan:
        return requesting.request_loan(
            actor=actor, offer=lender.offer, agent=agent, starts=day(later), ends=day(later + 1), now=NOW,
        )  # type: ignore[arg-type]  # fmt: skip

    colleague = make_agent(lender.department)
    with pytest.raises(NotAllowed):
        ask(lender.user, colleague, 1)
    assert ask(lender.head, colleague, 1)
    assert ask(lender.technician, colleague, 0)  # no notice for who prepares
    with pytest.raises(NotAllowed) as refused:
        ask(lender.technician, make_agent(make_entity("Ailleurs")), 1)
    assert refused.value.code == "not_offered"
    with pytest.raises(Conflict) as twice:
        ask(lender.head, colleague, 1)
    assert twice.value.code == "already_requested"
    Offer.objects.update(is_open=False)
    lender.offer.refresh_from_db()
    with pytest.raises(NotAllowed):
        ask(lender.user, lender.agent, 3)
    with pytest.raises(Invalid):
        ask(lender.technician, colleague, -1)


def test_an_extension_stops_at_the_next_booking(lender: Lender) -> None:
    item = lender.out(lender.laptops[0], -2, 2).items.get()
    booking.reserve(loan=lender.loan(6, 8), part=None, asset=lender.laptops[0], starts=day(6), ends=day(8), now=NOW)
    booking.extend(item=item, ends=day(5), now=NOW)
    assert Item.objects.get(pk=item.pk).ends_date == day(5)
    with pytest.raises(Conflict):
        booking.extend(item=item, ends=day(6), now=NOW)
    with pytest.raises(Invalid):
        booking.extend(item=item, ends=day(-3), now=NOW)


def test_released_and_kept_again_is_one_line(lender: Lender) -> None:
    loan, laptop = lender.loan(1, 5), lender.laptops[0]
    args = {"loan": loan, "part": lender.laptop_part, "asset": laptop, "starts": day(1), "ends": day(5), "now": NOW}
    item = booking.reserve(**args)  # type: ignore[arg-type]
    assert booking.release(item=item, now=NOW)
    assert not booking.release(item=item, now=NOW)
    assert taken_names(lender, 1, 5) == []
    assert booking.reserve(**args).pk == item.pk  # type: ignore[arg-type]
    assert taken_names(lender, 1, 5) == [laptop.name]


def test_what_breaks_down_is_replaced_and_what_cannot_be_is_told(lender: Lender) -> None:
    first, second = (lender.loan(2, 5), lender.loan(3, 5))
    deciding.approve(actor=lender.technician, loan=first, now=NOW)
    broken = first.items.get(asset__kind="laptop").asset
    move_asset(actor=lender.technician, asset=broken, to=Asset.State.REPAIR, now=NOW)
    kept = first.items.filter(state="reserved", asset__kind="laptop").get()
    assert kept.asset_id != broken.pk
    with pytest.raises(Conflict):
        deciding.approve(actor=lender.technician, loan=second, now=NOW)
    assert deciding.replace_assets(actor=None, asset=kept.asset, now=NOW) == 1  # no third laptop


def test_who_leaves_needs_nothing_more_and_gives_back_what_is_out(lender: Lender) -> None:
    loan = lender.loan(2, 5)
    deciding.approve(actor=lender.technician, loan=loan, now=NOW)
    lender.out(lender.laptops[1] if loan.items.filter(asset=lender.laptops[0]).exists() else lender.laptops[0], -3, 30)
    movement = Movement(kind="leaver", agent=lender.agent, effective_date=day(3), opened_at=NOW)
    (held,) = holdings.loans(lender.agent, movement)
    assert (held.kind, held.done) == ("comes_back", False)
    assert not list(holdings.loans(lender.agent, Movement(kind="joiner", agent=lender.agent, opened_at=NOW)))
    events.publish(AgentDeactivated(agent_id=lender.agent.pk, actor_id=None, at=NOW))
    assert sorted(Loan.objects.values_list("state", flat=True)) == ["cancelled", "out"]
    assert not Item.objects.filter(state="reserved").exists()
    Item.objects.filter(state="out").update(state="back", back_at=NOW)
    (held,) = holdings.loans(lender.agent, movement)
    assert held.done


def test_nobody_came_for_it_in_time(lender: Lender) -> None:
    lender.loan(-6, -1)
    deciding.approve(actor=lender.technician, loan=lender.loan(-5, 0), now=NOW)
    assert passing_time.give_up_past(now=NOW) == 1
    assert sorted(Loan.objects.values_list("state", flat=True)) == ["approved", "cancelled"]


def test_mails_go_to_who_decides_then_to_the_agent(lender: Lender) -> None:
    loan = requesting.request_loan(
        actor=lender.user, offer=lender.offer, agent=lender.agent, starts=day(2), ends=day(4), now=NOW, purpose="Salon"
    )
    deciding.refuse(actor=lender.head, loan=loan, reason="Complet", now=NOW)
    told = queued()
    assert set(told) == {lender.head.email, lender.user.email}
    assert "demande «\u202fPoste nomade\u202f»" in told[lender.head.email]["subject"]
    assert "Salon" in told[lender.head.email]["body"]
    assert "mercredi 25 novembre 2026" in told[lender.head.email]["body"]
    assert "Complet" in told[lender.user.email]["body"]


def test_a_heads_own_request_goes_to_the_it_team(lender: Lender) -> None:
    head = lender.head.agent
    requesting.request_loan(actor=lender.head, offer=lender.offer, agent=head, starts=day(2), ends=day(4), now=NOW)
    assert list(queued()) == [lender.technician.email]


def test_the_badge_counts_what_the_page_shows(lender: Lender) -> None:
    lender.loan(1, 2)
    lender.loan(2, 3, agent=lender.head.agent)
    it = Offer.objects.create(entity=lender.root, name="Visio", approval="it")
    lender.loan(1, 2, offer=it)
    superuser = make_member(lender.root)
    superuser.is_superuser = True
    superuser.save()
    both = make_member(lender.root, Role.HEAD_OF_DEPARTMENT)
    grant(both, Role.TECHNICIAN, lender.root)
    people = {lender.head: 1, lender.technician: 1, lender.user: 0, both: 3, superuser: 3}
    for user, count in people.items():
        assert queries.to_decide(user).count() == count, user
        assert queries.to_decide_count(user) == count, user


def test_where_there_is_no_head_the_request_waits_for_the_it_team(lender: Lender) -> None:
    alone = make_entity("Archives", lender.root)
    orphan = lender.loan(1, 2, agent=make_agent(alone))
    assert list(queries.to_decide(lender.technician)) == [orphan]
    assert not queries.to_decide(lender.head).exists()
    # A head's own waits for the team too, unless another head is above.
    own = lender.loan(2, 3, agent=lender.head.agent)
    assert set(queries.to_decide(lender.technician)) == {orphan, own}
    above = make_member(lender.root, Role.HEAD_OF_DEPARTMENT)
    assert not queries.to_decide(lender.technician).exists()
    assert queries.to_decide_count(above) == 2
    above.is_active = False
    above.save()
    assert queries.to_decide_count(lender.technician) == 2


def test_a_week_under_zero_is_told_once(lender: Lender) -> None:
    lender.out(lender.laptops[0], -3, 30)
    for number in range(3):
        lender.loan(8 + number, 10 + number)
    (found,) = forecast.of_offers([lender.offer], TODAY)
    laptops, bags = found.lines
    assert [week.free for week in laptops.weeks[:6]] == [1, 1, 1, 1, 1, 2]  # back on day 30, a Wednesday
    assert [week.left for week in laptops.weeks[:3]] == [1, -2, 1]
    assert laptops.worst.monday == day(7)
    assert bags.weeks[1].left == -1
    assert found.kits[1][1:] == (-2, lender.laptop_part)
    assert passing_time.tell_new_shortages(now=NOW) == 1
    assert Shortage.objects.count() == 2
    assert passing_time.tell_new_shortages(now=NOW) == 0
    lender.loan(21, 21), lender.loan(21, 21, agent=lender.head.agent)
    assert passing_time.tell_new_shortages(now=NOW) == 1


def test_the_pool_is_the_teams_alone(lender: Lender) -> None:
    foreign = make_asset(make_entity("Ailleurs"), pool=False)
    with pytest.raises(NotAllowed):
        pool.add_to_pool(actor=lender.technician, assets=[foreign], now=NOW)
    with pytest.raises(NotAllowed):
        pool.remove_from_pool(actor=lender.head, pooled=PoolAsset.objects.all(), now=NOW)


def test_a_person_gets_their_loans_and_old_ones_go(lender: Lender) -> None:
    old = lender.loan(-900, -890, state="closed", closed_at=NOW, purpose="Salon")
    lender.out(lender.laptops[0], -3, 3)
    rows = list(personal_data.export(lender.agent))
    assert [row["Pour"] for row in rows] == ["", "Salon"]
    assert rows[0]["Matériel"][0]["Nom"] == lender.laptops[0].name
    assert personal_data.purge(NOW) == 0
    Loan.objects.filter(pk=old.pk).update(closed_at=NOW.replace(year=2020))
    assert personal_data.purge(NOW) == 1
    assert personal_data.purge(NOW) == 0
    assert Loan.objects.count() == 1


def test_an_administrator_does_not_grant_their_own_either(lender: Lender) -> None:
    lender.user.is_superuser = True
    lender.user.save()
    loan = lender.loan(1, 5)
    assert loan not in queries.to_decide(lender.user)
    with pytest.raises(NotAllowed) as refused:
        deciding.approve(actor=lender.user, loan=loan, now=NOW)
    assert refused.value.code == "own_loan"


def test_nobody_gives_themselves_more_days(lender: Lender) -> None:
    grant(lender.user, Role.TECHNICIAN, lender.root)
    loan = lender.out(lender.laptops[0], 0, 5)
    extension = extending.ask(actor=lender.user, loan=loan, ends=day(8), reason="", now=NOW)
    assert extension.state == "requested"
    for answer in (extending.grant, partial(extending.refuse, reason="")):
        with pytest.raises(NotAllowed) as refused:
            answer(actor=lender.user, extension=extension, now=NOW)
        assert refused.value.code == "own_loan"
    extending.grant(actor=lender.technician, extension=extension, now=NOW)
    loan.refresh_from_db()
    assert loan.ends_date == day(8)


def test_who_sees_two_stocks_does_not_lend_the_one_for_the_other(lender: Lender) -> None:
    neighbour = make_entity("Kerlann")
    foreign = make_asset(neighbour)
    grant(lender.technician, Role.AUDITOR, neighbour)
    with pytest.raises(Conflict) as refused:
        deciding.approve(actor=lender.technician, loan=lender.loan(1, 5), now=NOW, assets=[foreign])
    assert refused.value.code == "not_this_part"
    assert not Item.objects.filter(asset=foreign).exists()
