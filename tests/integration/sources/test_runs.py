"""Runs from beginning to end: what arrives, changes, leaves, and what stops them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from parvis.portal.directory import services as directory
from parvis.portal.directory.events import AgentArrived, AgentDeactivated, AgentUpdated
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.sources.models import Hold, Link, Merge, Run, RunItem
from parvis.portal.sources.records import Fault, Record, SourceBroken
from parvis.portal.sources.services import applying, merging, origins, runs, setup, upkeep
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.sources.town import Town, record

pytestmark = pytest.mark.django_db


def kinds(run: Run) -> dict[str, str]:
    return dict(RunItem.objects.filter(run=run).values_list("key", "kinds"))


def problems(run: Run) -> dict[str, list[str]]:
    return {
        item.key: [problem["code"] for problem in item.details.get("problems", ())]
        for item in RunItem.objects.filter(run=run)
        if item.details.get("problems")
    }


def test_people_arrive_with_their_service_a_trace_and_an_event(town: Town, works: Entity) -> None:
    with recorded(AgentArrived) as events:
        run = town.run(record("claire", entity="VOI", phone="02 00 00 00 00"), record("luc"))
    claire = Agent.objects.get(email="claire@rivemarine.example")
    assert (run.state, run.done, claire.entity, claire.phone) == ("applied", 2, works, "02 00 00 00 00")
    assert [event.actor_id for event in events] == [None, None]
    assert Agent.objects.get(email="luc@rivemarine.example").entity == town.source.root
    assert AuditRecord.objects.filter(action="directory.agent_created").count() == 2
    assert audit.verify() is None


def test_the_same_again_changes_nothing(town: Town) -> None:
    people = [record("claire", phone="1"), record("luc")]
    town.run(*people)
    run = town.run(*reversed(people))
    assert (run.state, run.total, run.counts["unchanged"]) == ("applied", 0, 2)
    assert not RunItem.objects.filter(run=run).exists()


def test_changes_moves_departures_and_returns(town: Town, works: Entity) -> None:
    town.run(record("claire"), record("luc"), record("zoe"))
    run = town.run(record("claire", job_title="Cheffe", entity="Voirie"), record("luc", is_active=False), record("zoe"))
    claire, luc = Agent.objects.get(first_name="Claire"), Agent.objects.get(first_name="Luc")
    assert kinds(run) == {"claire": "|change|move|", "luc": "|disabled|"}
    assert (claire.job_title, claire.entity, luc.is_active) == ("Cheffe", works, False)
    assert kinds(town.run(record("claire"), record("luc"), record("zoe")))["luc"] == "|return|"
    luc.refresh_from_db()
    assert luc.is_active


def test_who_vanishes_leaves_after_the_delay_only(town: Town) -> None:
    town.source.grace_runs = 2
    town.source.save()
    town.run(record("claire"), record("luc"))
    first = town.run(record("claire"))
    assert kinds(first) == {"luc": "|absent|"}
    assert Agent.objects.get(first_name="Luc").is_active
    with recorded(AgentDeactivated) as events:
        second = town.run(record("claire"))
    assert kinds(second) == {"luc": "|vanished|"}
    assert len(events) == 1
    assert not Agent.objects.get(first_name="Luc").is_active
    assert town.run(record("claire")).total == 0


def test_who_comes_back_within_the_delay_was_never_gone(town: Town) -> None:
    town.source.grace_runs = 2
    town.source.save()
    people = [record("claire"), record("luc")]
    town.run(*people)
    town.run(record("claire"))
    town.run(*people)
    assert kinds(town.run(record("claire"))) == {"luc": "|absent|"}


def test_days_are_counted_too(town: Town) -> None:
    town.source.grace_days = 3
    town.source.save()
    town.run(record("claire"), record("luc"))
    assert kinds(town.run(record("claire"))) == {"luc": "|absent|"}
    Link.objects.filter(key="luc").update(missing_since=clock.now() - timedelta(days=4))
    assert kinds(town.run(record("claire"))) == {"luc": "|vanished|"}


def test_a_source_of_some_people_takes_nobody_for_gone(town: Town) -> None:
    town.source.is_complete = False
    town.source.save()
    town.run(record("claire"), record("luc"))
    assert town.run(record("claire")).total == 0


def test_a_faulty_record_is_not_somebody_gone(town: Town) -> None:
    town.run(record("claire"), record("luc"))
    run = town.run(record("claire"), Fault("ligne 3", "illisible", key="luc"))
    assert kinds(run) == {"luc": "|fault|"}
    assert Agent.objects.get(first_name="Luc").is_active


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"email": ""}, "no_email"),
        ({"email": "pas une adresse"}, "bad_email"),
        ({"email": "a@b@c.example"}, "bad_email"),
        ({"last_name": " "}, "no_last_name"),
        ({"phone": "0" * 31}, "too_long"),
        ({"first_name": "Cl\x00aire"}, "control_characters"),
        ({"entity": "Voirie\x00"}, "control_characters"),
        ({"where": "cn=\ud800"}, "control_characters"),
    ],
)
def test_a_bad_record_is_told_and_the_others_go_on(town: Town, facts: dict[str, str], code: str) -> None:
    run = town.run(record("claire", **facts), record("luc"))
    assert problems(run) == {"claire": [code]}
    assert list(Agent.objects.values_list("first_name", flat=True)) == ["Luc"]


def test_duplicate_addresses_numbers_and_keys_are_conflicts(town: Town) -> None:
    run = town.run(
        record("a", email="x@rivemarine.example"), record("b", email="X@rivemarine.example"),
        record("c", personnel_number="1"), record("d", personnel_number="1"),
        record("e"), record("e"), record("f"),
    )  # fmt: skip
    assert problems(run) == {
        "a": ["duplicate_email"], "b": ["duplicate_email"], "c": ["duplicate_number"], "d": ["duplicate_number"],
        "e": ["duplicate_key"],
    }  # fmt: skip
    assert Agent.objects.count() == 1


def test_an_unknown_or_ambiguous_service_is_a_conflict(town: Town, commune: Entity) -> None:
    other = make_entity("Quartier", commune)
    make_entity("Accueil", commune)
    make_entity("Accueil", other)
    make_entity("Ailleurs")
    run = town.run(record("a", entity="Nulle part"), record("b", entity="Accueil"), record("c", entity="Ailleurs"))
    assert problems(run) == {"a": ["unknown_entity"], "b": ["ambiguous_entity"], "c": ["unknown_entity"]}
    assert not Agent.objects.exists()


def test_an_address_of_somebody_elsewhere_is_a_conflict_without_a_name(town: Town) -> None:
    stranger = make_agent(make_entity("Là-bas", kind=Entity.Kind.COMMUNE), "claire")
    run = town.run(record("claire"))
    assert problems(run) == {"claire": ["email_elsewhere"]}
    assert RunItem.objects.get(run=run).agent is None
    assert not Link.objects.filter(agent=stranger).exists()


def test_an_agent_who_works_elsewhere_now_is_left_alone(town: Town) -> None:
    town.run(record("claire"))
    Agent.objects.update(entity=make_entity("Là-bas", kind=Entity.Kind.COMMUNE))
    run = town.run(record("claire", job_title="Autre"))
    assert problems(run) == {"claire": ["outside_root"]}
    assert Agent.objects.get().job_title == ""


def test_addresses_may_be_exchanged(town: Town) -> None:
    town.run(record("a"), record("b"), record("c"))
    pairs = {"a": "b@rivemarine.example", "b": "c@rivemarine.example", "c": "a@rivemarine.example"}
    with recorded(AgentUpdated) as events:
        run = town.run(*(record(key, email=email) for key, email in pairs.items()))
    assert run.state == "applied"
    assert dict(Agent.objects.values_list("first_name", "email")) == {key.title(): each for key, each in pairs.items()}
    assert [event.fields for event in events] == [("email",)] * 3
    assert town.run(*(record(key, email=email) for key, email in pairs.items())).total == 0


def test_the_address_one_signs_in_with_stays(town: Town) -> None:
    town.run(record("claire"))
    agent = Agent.objects.get()
    agent.user = make_member(town.source.root)
    Agent.objects.filter(user=agent.user).update(user=None)
    agent.save()
    run = town.run(record("claire", email="neuve@rivemarine.example", phone="1"))
    agent.refresh_from_db()
    assert problems(run) == {"claire": ["email_is_sign_in"]}
    assert (agent.email, agent.phone) == ("claire@rivemarine.example", "1")


def test_what_a_human_changed_is_shown_and_kept_until_given_back(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    town.run(record("claire", phone="1"))
    claire = Agent.objects.get(first_name="Claire")
    directory.update_agent(actor=head, agent=claire, now=clock.now(), phone="2")
    run = town.run(record("claire", phone="1"))
    assert kinds(run) == {"claire": "|held|"}
    assert run.items.get().details["held"] == {"phone": ["2", "1"]}
    claire.refresh_from_db()
    assert claire.phone == "2"
    origins.give_back(actor=head, agent=claire, field="phone", now=clock.now())
    claire.refresh_from_db()
    assert claire.phone == "1"
    assert town.run(record("claire", phone="1")).total == 0


def test_a_hold_ends_when_the_source_says_the_same(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    town.run(record("claire", phone="1"))
    claire = Agent.objects.get(first_name="Claire")
    directory.update_agent(actor=head, agent=claire, now=clock.now(), phone="2")
    town.run(record("claire", phone="2"))
    assert not Hold.objects.exists()
    town.run(record("claire", phone="3"))
    claire.refresh_from_db()
    assert claire.phone == "3"


def test_a_departure_decided_by_a_human_is_not_undone(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    town.run(record("claire"), record("luc"))
    claire = Agent.objects.get(first_name="Claire")
    directory.deactivate_agent(actor=head, agent=claire, now=clock.now())
    assert kinds(town.run(record("claire"), record("luc"))) == {"claire": "|held|"}
    claire.refresh_from_db()
    assert not claire.is_active


def test_a_value_taken_back_goes_away(town: Town) -> None:
    town.run(record("claire", phone="1", office="B12"))
    town.run(record("claire", office="B12"))
    assert Agent.objects.values_list("phone", "office").get() == ("", "B12")


# Thresholds


def crowd(count: int) -> list[Record]:
    return [record(f"p{number:03d}") for number in range(count)]


def test_more_than_a_tenth_leaving_waits_for_a_person(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    town.run(*crowd(50))
    run = town.run(*crowd(44))
    assert (run.state, run.leaving, run.present) == ("waiting", 6, 50)
    assert Agent.objects.filter(is_active=True, source_links__isnull=False).count() == 50
    runs.approve_run(actor=head, run=run, now=clock.now())
    applying.apply(run)
    run.refresh_from_db()
    assert (run.state, Agent.objects.filter(is_active=False).count()) == ("applied", 6)


def test_a_tenth_and_tiny_directories_do_not_wait(town: Town) -> None:
    town.run(*crowd(50))
    assert town.run(*crowd(45)).state == "applied"
    assert town.run(*crowd(42)).state == "applied"  # three people: under the floor


def test_a_run_that_waits_may_be_discarded_and_only_once(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    town.run(*crowd(50))
    run = town.run(*crowd(10))
    runs.discard_run(actor=head, run=run, now=clock.now())
    with pytest.raises(Conflict, match="run_decided"):
        runs.approve_run(actor=head, run=run, now=clock.now())
    assert Agent.objects.filter(is_active=True, source_links__isnull=False).count() == 50


def test_a_newer_reading_replaces_the_one_that_waits(town: Town) -> None:
    town.run(*crowd(50))
    old = town.run(*crowd(10))
    new = town.run(*crowd(11))
    old.refresh_from_db()
    assert (old.state, old.problem, new.state) == ("discarded", "replaced", "waiting")


def test_a_source_that_brings_nobody_changes_nothing(town: Town) -> None:
    town.run(*crowd(3))
    run = town.run()
    assert (run.state, run.problem) == ("failed", "empty_source")
    assert Agent.objects.filter(is_active=True).count() == 3


def test_a_source_that_drops_midway_changes_nothing(town: Town) -> None:
    def half() -> Iterator[Record]:
        yield from crowd(5)
        raise SourceBroken("L’annuaire a coupé la connexion.")

    run = runs.start_run(actor=None, source=town.source, now=clock.now())
    town.records = half()
    runs.read(run)
    run.refresh_from_db()
    assert (run.state, run.detail) == ("failed", "L’annuaire a coupé la connexion.")
    assert not Agent.objects.exists()


def test_too_many_people_are_refused_without_being_kept(town: Town) -> None:
    town.source.max_records = 1000
    town.source.save()
    pulled = 0

    def endless() -> Iterator[Record]:
        nonlocal pulled
        while True:
            pulled += 1
            yield record(f"p{pulled}")

    run = runs.start_run(actor=None, source=town.source, now=clock.now())
    town.records = endless()
    runs.read(run)
    run.refresh_from_db()
    assert (run.state, run.problem, pulled) == ("failed", "too_many_records", 1001)


# Outdated plans, other runs, lost workers


def test_a_plan_on_an_outdated_directory_is_refused_whole(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    town.run(record("claire"), record("luc"))
    run = town.start(record("claire", phone="1"), record("luc", phone="1"), record("zoe"), trial=True)
    assert run.state == "planned"
    directory.update_agent(actor=head, agent=Agent.objects.get(first_name="Luc"), now=clock.now(), office="B1")
    runs.approve_run(actor=head, run=run, now=clock.now())
    applying.apply(run)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("stale", "directory_changed")
    assert not Agent.objects.filter(phone="1").exists()
    assert not Agent.objects.filter(first_name="Zoe").exists()


def test_so_is_one_whose_newcomer_is_there_meanwhile(town: Town) -> None:
    run = town.start(record("claire"), trial=True)
    make_agent(town.source.root, "claire")
    runs.approve_run(actor=make_member(town.source.root, Role.HEAD_OF_IT), run=run, now=clock.now())
    applying.apply(run)
    run.refresh_from_db()
    assert run.state == "stale"


def test_so_is_one_made_under_other_settings(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    run = town.start(record("claire"), trial=True)
    setup.change_source(actor=head, source=town.source, now=clock.now(), grace_runs=5)
    runs.approve_run(actor=head, run=run, now=clock.now())
    applying.apply(run)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("stale", "settings_changed")


def test_one_run_at_a_time(town: Town) -> None:
    runs.start_run(actor=None, source=town.source, now=clock.now())
    with pytest.raises(Conflict, match="run_busy"):
        runs.start_run(actor=None, source=town.source, now=clock.now())


class Killed(BaseException):
    """What no handler catches: the process is gone."""


def test_killed_midway_it_is_taken_up_and_ends_as_if_nothing_had_happened(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "FIRST_BATCH", 10)
    monkeypatch.setattr(applying, "paced", lambda size, _seconds: size)
    run = town.start(*crowd(35))
    write, calls = applying.writing.write, []

    def killed_in_the_third(*args: object, **kwargs: object) -> None:
        calls.append(1)
        write(*args, **kwargs)  # type: ignore[arg-type]
        if len(calls) == 3:
            raise Killed

    with recorded(AgentArrived) as events:
        monkeypatch.setattr(applying.writing, "write", killed_in_the_third)
        with pytest.raises(Killed):
            applying.apply(run)
        monkeypatch.setattr(applying.writing, "write", write)
        run.refresh_from_db()
        assert (run.state, run.done, Agent.objects.count()) == ("applying", 20, 20)
        applying.apply(run)  # the lost worker may still live: nobody else touches its run yet
        assert Agent.objects.count() == 20
        Run.objects.filter(pk=run.pk).update(beat_at=clock.now() - timedelta(minutes=10))
        applying.apply(run)
    run.refresh_from_db()
    assert (run.state, run.done, Agent.objects.count(), Link.objects.count()) == ("applied", 35, 35, 35)
    assert len({event.agent_id for event in events if Agent.objects.filter(pk=event.agent_id).exists()}) == 35
    assert AuditRecord.objects.filter(action="directory.agent_created").count() == 35
    assert town.run(*crowd(35)).total == 0


def test_an_error_midway_ends_the_run_and_the_next_one_goes_on_from_there(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "FIRST_BATCH", 10)
    monkeypatch.setattr(applying, "paced", lambda size, _seconds: size)
    run = town.start(*crowd(25))
    write = applying.writing.write

    def broken(*args: object, **kwargs: object) -> None:
        if Agent.objects.count() >= 10:
            raise RuntimeError("disk full")
        write(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(applying.writing, "write", broken)
    applying.apply(run)
    run.refresh_from_db()
    assert (run.state, run.problem, Agent.objects.count()) == ("failed", "unexpected", 10)
    monkeypatch.setattr(applying.writing, "write", write)
    assert town.run(*crowd(25)).total == 15
    assert Agent.objects.count() == 25


def test_the_sweep_starts_what_is_due_and_ends_what_is_lost(town: Town) -> None:
    now = clock.now()
    source = town.source
    source.every_hours, source.next_at = 6, now - timedelta(minutes=1)
    source.save()
    upkeep.sweep(now=now)
    run = Run.objects.get()
    source.refresh_from_db()
    assert (run.state, run.started_by, source.next_at) == ("queued", None, now + timedelta(hours=6))
    upkeep.sweep(now=now)
    assert Run.objects.count() == 1
    Run.objects.update(state="reading", beat_at=now - timedelta(hours=1))
    upkeep.sweep(now=now)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "interrupted")


# Merges


def test_the_same_address_is_proposed_and_never_merged_in_silence(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    agent = make_agent(town.source.root, "claire", job_title="Saisie", phone="9")
    run = town.run(record("claire", job_title="Source", phone="1"))
    agent.refresh_from_db()
    assert kinds(run) == {"claire": "|merge|"}
    assert (agent.job_title, Agent.objects.filter(first_name="Claire").count()) == ("Saisie", 1)
    merge = Merge.objects.get()
    merging.accept_merge(actor=head, merge=merge, now=clock.now(), kept=["phone"])
    agent.refresh_from_db()
    assert (agent.job_title, agent.phone) == ("Source", "9")
    assert kinds(town.run(record("claire", job_title="Source", phone="1"))) == {"claire": "|held|"}
    with pytest.raises(Conflict, match="merge_decided"):
        merging.refuse_merge(actor=head, merge=merge, now=clock.now())


def test_a_refusal_is_remembered(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    make_agent(town.source.root, "claire", personnel_number="7")
    town.run(record("c2", personnel_number="7"))
    merging.refuse_merge(actor=head, merge=Merge.objects.get(), now=clock.now())
    assert kinds(town.run(record("c2", personnel_number="7"))) == {"c2": "|arrival|"}
    assert Merge.objects.get().state == "refused"


def test_a_refused_address_stays_a_conflict(town: Town) -> None:
    head = make_member(town.source.root, Role.HEAD_OF_IT)
    make_agent(town.source.root, "claire")
    town.run(record("claire"))
    merging.refuse_merge(actor=head, merge=Merge.objects.get(), now=clock.now())
    assert problems(town.run(record("claire"))) == {"claire": ["merge_refused"]}


def test_names_alone_never_match(town: Town) -> None:
    make_agent(town.source.root, "claire", email="autre@rivemarine.example")
    assert kinds(town.run(record("claire"))) == {"claire": "|arrival|"}


# Two sources


def test_who_leaves_one_source_and_is_in_another_stays(
    town: Town, commune: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.integration.sources.town import make_source

    head = make_member(commune, Role.HEAD_OF_IT)
    payroll = Town(make_source(commune, name="Paie", priority=2), monkeypatch)
    payroll.run(record("claire", phone="2", office="B2"))
    other = Town(town.source, monkeypatch)
    other.run(record("claire", phone="1"), record("luc"))
    merging.accept_merge(actor=head, merge=Merge.objects.get(), now=clock.now())
    claire = Agent.objects.get(first_name="Claire")
    assert (claire.phone, claire.office) == ("1", "B2")
    payroll = Town(payroll.source, monkeypatch)
    assert payroll.run(record("claire", phone="3", office="B3")).state == "applied"
    claire.refresh_from_db()
    assert (claire.phone, claire.office) == ("1", "B3")  # the first source speaks first, field by field
    other = Town(town.source, monkeypatch)
    other.run(record("luc"))
    claire.refresh_from_db()
    assert claire.is_active
    payroll = Town(payroll.source, monkeypatch)
    payroll.run(record("claire", is_active=False), record("zoe"))
    claire.refresh_from_db()
    assert not claire.is_active


def test_batches_grow_while_they_are_quick_and_shrink_when_they_are_slow() -> None:
    assert [applying.paced(size, seconds) for size, seconds in ((20, 0.1), (150, 0.1), (20, 0.4), (20, 2), (6, 9))] == [
        40, 200, 20, 10, 5,
    ]  # fmt: skip
