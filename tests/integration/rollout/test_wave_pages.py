"""The pages of waves, as the IT team sees and uses them; who is kept out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from parvis.portal.directory.models import Agent, Role
from parvis.portal.kernel import clock
from parvis.portal.rollout.models import Campaign, Member, Place, Planned, Wave
from parvis.portal.rollout.services import board, catching_up, lending, opening, telling, waves
from parvis.portal.rollout.wave_rules import Standing
from parvis.portal.telework.models import Enrolment, HelpCall, Request
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.rollout.waving import Rollout, ask, finish, make_rollout, make_stock
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout() -> Rollout:
    """The first week begins next Monday, by the real clock: pages read it."""
    rollout = make_rollout()
    Campaign.objects.update(starts_date=next_monday())
    rollout.campaign.refresh_from_db()
    rollout.plan.refresh_from_db()
    return rollout


def next_monday() -> object:
    today = clock.today()
    return today + timedelta(days=7 - today.weekday())


def opens(rollout: Rollout, week: int = 0) -> datetime:
    return waves.wave_rules.same_time_later(
        datetime.combine(rollout.campaign.starts_date, waves.wave_rules.OPENS_AT, clock.PARIS), week, clock.PARIS
    )


def published(rollout: Rollout, week: int = 0) -> Wave:
    wave = waves.publish(
        actor=rollout.technician, scenario=rollout.plan, week=week, starts_at=opens(rollout, week), now=clock.now()
    )
    telling.tell_due(now=clock.now())
    return wave


def running(rollout: Rollout) -> Wave:
    wave = published(rollout)
    waves.open_now(actor=rollout.technician, wave=wave, now=clock.now())
    opening.open_due(now=clock.now())
    wave.refresh_from_db()
    return wave


@pytest.fixture
def team(rollout: Rollout) -> Client:
    return browser_of(rollout.technician)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[-3000:]
    return answer.content.decode()


def test_a_wave_is_announced_from_the_plan(rollout: Rollout, team: Client) -> None:
    rollout.members[0].needs_laptop = True
    rollout.members[0].save()
    page = text_of(team, reverse("rollout:waves", args=[rollout.campaign.pk]))
    assert page.count("Annoncer<span") == 3
    address = reverse("rollout:publish_wave", args=[rollout.campaign.pk, 0])
    page = text_of(team, address)
    assert "<strong>3 agents</strong>" in page
    assert "1 portable est réservé" in page
    assert 'value="08:00"' in page
    body = {"day": rollout.campaign.starts_date.isoformat(), "hour": "08:00", "scenario": rollout.plan.pk}
    answer = team.post(address, body)
    wave = Wave.objects.get()
    assert answer.headers["Location"] == reverse("rollout:wave", args=[wave.pk])
    assert wave.starts_at == opens(rollout)
    page = text_of(team, reverse("rollout:waves", args=[rollout.campaign.pk]))
    assert page.count("Annoncer<span") == 2
    assert "Annoncée" in page
    assert team.post(address, body).status_code == 409  # pressed twice: nobody is left to announce


def test_another_day_than_the_weeks_and_another_plan_are_refused(rollout: Rollout, team: Client) -> None:
    address = reverse("rollout:publish_wave", args=[rollout.campaign.pk, 0])
    late = rollout.campaign.starts_date + timedelta(days=9)
    body = {"day": late.isoformat(), "hour": "08:00", "scenario": rollout.plan.pk}
    assert "choisissez un de ses jours" in team.post(address, body).content.decode()
    body |= {"day": rollout.campaign.starts_date.isoformat(), "scenario": rollout.plan.pk + 1}
    answer = team.post(address, body)
    assert answer.status_code == 409
    assert "a changé" in answer.content.decode()
    assert not Wave.objects.exists()


def test_the_board_says_who_is_where(rollout: Rollout, team: Client) -> None:
    wave = running(rollout)
    finish(rollout.enrolment(0), clock.now())
    Enrolment.objects.filter(pk=rollout.enrolment(1).pk).update(
        started_at=clock.now(), stage="connection", blocked_code="line_poor", blocked_at=clock.now()
    )
    found = board.of(wave)
    assert found.by_standing[Standing.ENROLLED] == found.by_standing[Standing.BLOCKED] == 1
    assert found.by_standing[Standing.INVITED] == 1
    assert (found.people, found.finished, found.percent) == (3, 1, 33)
    assert [(each.code, each.here, each.blocked) for each in found.stages] == [
        ("factor", 0, 0), ("connection", 1, 1), ("computer", 0, 0), ("guide", 0, 0),
    ]  # fmt: skip
    address = reverse("rollout:wave", args=[wave.pk])
    page = text_of(team, address)
    assert "1 en service sur 3 agents" in page
    assert "Connexion de la maison\u202f: Connexion lente" in page
    names = [str(member) for member in rollout.members[:3]]
    rows = page.split("Tous les agents de la vague")[1]
    assert all(name in rows for name in names)
    for query, expected in (
        ("standing=blocked", [1]), ("standing=enrolled", [0]), ("standing=opened", [1, 2]), ("standing=finished", [0]),
        ("stage=connection", [1]), ("standing=left", []), (f"q={rollout.members[2].agent.first_name}", [2]),
    ):  # fmt: skip
        rows = text_of(team, f"{address}?{query}").split("Tous les agents de la vague")[1]
        assert [number for number in range(3) if names[number] in rows] == expected, query


def test_the_live_part_is_asked_for_again_until_the_wave_is_over(rollout: Rollout, team: Client) -> None:
    wave = running(rollout)
    address = reverse("rollout:wave_live", args=[wave.pk])
    assert 'hx-trigger="every 5s"' in text_of(team, address)
    assert "<html" not in text_of(team, address)
    # The keyboard stays where it was when the part is replaced: htmx finds the focus again by its id.
    page = text_of(team, address)
    reached = [tag for tag in re.findall(r"<(?:a|button) [^>]*>", page) if 'type="hidden"' not in tag]
    assert reached
    assert all(' id="' in tag for tag in reached)
    catching_up.close(wave=wave, now=clock.now())
    assert "hx-trigger" not in text_of(team, address)


def test_a_screen_reader_is_told_what_has_changed_and_nothing_else(rollout: Rollout, team: Client) -> None:
    """The board is asked for every few seconds: said each time, nobody could read anything else."""
    wave = running(rollout)
    assert 'id="wave-said" class="visually-hidden" role="status"' in text_of(
        team, reverse("rollout:wave", args=[wave.pk])
    )
    address = reverse("rollout:wave_live", args=[wave.pk])
    first = text_of(team, address)
    said = first.split('hx-swap-oob="innerHTML:#wave-said">')[1]
    assert said.startswith("0 en service sur 3 agents")
    key = re.search(r"\?vu=([\w-]+)", first)
    assert key is not None
    assert "wave-said" not in text_of(team, f"{address}?vu={key[1]}")
    assert "wave-said" in text_of(team, f"{address}?vu=2-1")


def test_the_list_is_a_file_too_without_its_buttons(rollout: Rollout, team: Client) -> None:
    wave = running(rollout)
    answer = team.get(reverse("rollout:wave", args=[wave.pk]) + "?format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.splitlines()[0] == (
        "Agent;Courriel;Téléphone;Service;Priorité;Avancement;Étape, ce qui bloque;Prêt;En service le"
    )
    assert text.count("Pas commencé") == 3


def test_the_comparison_with_the_plan(rollout: Rollout, team: Client) -> None:
    wave = running(rollout)
    finish(rollout.enrolment(0), clock.now())
    catching_up.close(wave=wave, now=clock.now())
    first, second, catch_up, third = board.against_plan(rollout.campaign, rollout.plan)
    assert (first.planned, first.people, first.finished, first.moved_on, first.distance) == (3, 1, 1, 2, -2)
    assert first.percent == 33
    assert (second.planned, second.wave, second.to_publish) == (2, None, 2)
    assert catch_up.wave is not None
    assert (catch_up.week, catch_up.planned, catch_up.people, catch_up.opened) == (1, None, 2, 2)
    assert board.total([first, catch_up, second, third]).planned == 6
    page = text_of(team, reverse("rollout:waves", args=[rollout.campaign.pk]))
    assert "Rattrapage" in page
    assert "<strong>\u22122</strong>" in page
    answer = team.get(reverse("rollout:waves", args=[rollout.campaign.pk]) + "?format=csv")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(rows) == 5
    assert rows[1].startswith("Vague 1;")
    assert rows[1].endswith(";Terminée;3;1;1;1;0;1;0;-2;2")


@pytest.mark.parametrize(("action", "state"), [("arreter", "stopped"), ("ouvrir", "running"), ("annuler", None)])
def test_what_is_done_with_a_wave_is_asked_first(
    rollout: Rollout, team: Client, action: str, state: str | None
) -> None:
    wave = published(rollout)
    address = reverse("rollout:act_on_wave", args=[wave.pk, action])
    assert address in text_of(team, reverse("rollout:wave", args=[wave.pk]))
    text_of(team, address)
    assert Wave.objects.get().state == "published"
    assert team.post(address).status_code == 302
    assert Wave.objects.values_list("state", flat=True).first() == state


def test_only_what_can_be_done_is_offered(rollout: Rollout, team: Client) -> None:
    wave = running(rollout)
    page = text_of(team, reverse("rollout:wave", args=[wave.pk]))
    assert reverse("rollout:act_on_wave", args=[wave.pk, "terminer"]) in page
    assert reverse("rollout:act_on_wave", args=[wave.pk, "annuler"]) not in page
    assert team.get(reverse("rollout:act_on_wave", args=[wave.pk, "effacer"])).status_code == 404
    assert team.post(reverse("rollout:act_on_wave", args=[wave.pk, "annuler"])).status_code == 409


class TestOnePerson:
    def test_a_blocked_one_is_helped_in_one_click(self, rollout: Rollout, team: Client) -> None:
        wave = running(rollout)
        Enrolment.objects.filter(pk=rollout.enrolment(0).pk).update(
            started_at=clock.now(), stage="connection", blocked_code="line_poor", blocked_at=clock.now()
        )
        place = rollout.place(0)
        address = reverse("rollout:help_place", args=[place.pk])
        assert address in text_of(team, reverse("rollout:wave", args=[wave.pk]))
        answer = team.post(address)
        call = HelpCall.objects.get()
        assert (call.state, call.taken_by, call.code) == ("taken", rollout.technician, "line_poor")
        assert answer.headers["Location"] == reverse("telework_staff:help_call", args=[call.pk])
        text_of(team, answer.headers["Location"])
        team.post(address)
        assert HelpCall.objects.count() == 1
        assert "s’en occupe" in text_of(team, reverse("rollout:place", args=[place.pk]))

    def test_one_to_whom_it_is_not_open_is_tried_again(self, rollout: Rollout, team: Client) -> None:
        request = Request.objects.filter(pk=rollout.members[0].request_id)
        request.update(state="requested")
        running(rollout)
        place = rollout.place(0)
        address = reverse("rollout:place", args=[place.pk])
        assert "attend encore l’accord" in text_of(team, address)
        assert team.post(reverse("rollout:help_place", args=[place.pk])).status_code == 409
        opens_again = reverse("rollout:open_place", args=[place.pk])
        assert "attend encore l’accord" in team.post(opens_again, follow=True).content.decode()
        request.update(state="approved")
        assert "C’est ouvert pour" in team.post(opens_again, follow=True).content.decode()
        assert opens_again not in text_of(team, address)

    def test_moved_taken_out_and_put_in(self, rollout: Rollout, team: Client) -> None:
        first, second = published(rollout), published(rollout, 1)
        place = rollout.place(0)
        address = reverse("rollout:move_place", args=[place.pk])
        page = text_of(team, address)
        assert "Vague 2" in page
        assert "Vague 1" not in page.split("<select")[1]
        team.post(address, {"wave": second.pk})
        new = rollout.place(0)
        assert new.wave == second
        assert team.post(address, {"wave": second.pk}).status_code == 409  # moved already
        team.post(reverse("rollout:move_place", args=[new.pk]), {"wave": ""})
        assert not Place.objects.filter(member=rollout.members[0], left_at=None).exists()
        put_in = reverse("rollout:put_in_wave", args=[first.pk])
        email = rollout.members[0].agent.email
        assert team.post(put_in, {"email": email}).status_code == 302
        again = team.post(put_in, {"email": email})
        assert again.status_code == 409
        assert "déjà dans une vague" in again.content.decode()
        stranger = make_agent(rollout.department)
        assert "pas dans la campagne" in team.post(put_in, {"email": stranger.email}).content.decode()

    def test_a_wave_of_another_campaign_is_no_choice(self, rollout: Rollout, team: Client) -> None:
        published(rollout)
        other = make_rollout((0,))
        foreign = other.publish()
        answer = team.post(reverse("rollout:move_place", args=[rollout.place(0).pk]), {"wave": foreign.pk})
        assert answer.status_code == 200
        assert rollout.place(0).wave != foreign

    def test_reminded_once_a_day(self, rollout: Rollout, team: Client) -> None:
        wave = running(rollout)
        address = reverse("rollout:remind_place", args=[rollout.place(0).pk])
        assert "Le rappel est parti" in team.post(address, follow=True).content.decode()
        assert "Rien n’est parti" in team.post(address, follow=True).content.decode()
        body = {"action": "remind", "all": "1", "confirmed": "1", "expected": "3"}
        answer = team.post(reverse("rollout:wave", args=[wave.pk]), body, follow=True)
        assert "2 rappels sont partis" in answer.content.decode()

    def test_what_is_lent_is_shown_with_its_way(self, rollout: Rollout, team: Client) -> None:
        make_stock(rollout.root, "laptop")
        Member.objects.filter(pk=rollout.members[0].pk).update(needs_laptop=True)
        wave = published(rollout)
        page = text_of(team, reverse("rollout:wave", args=[wave.pk]))
        assert "Prêts\u202f: 0 réservé sur 1" in page
        lending.lend_due(now=clock.now())
        assert "Prêts\u202f: 1 réservé sur 1" in text_of(team, reverse("rollout:wave", args=[wave.pk]))
        assert "Poste nomade" in text_of(team, reverse("rollout:place", args=[rollout.place(0).pk]))


def addresses(rollout: Rollout, wave: Wave) -> list[str]:
    place = rollout.place(0)
    return [
        reverse("rollout:waves", args=[rollout.campaign.pk]),
        reverse("rollout:publish_wave", args=[rollout.campaign.pk, 1]),
        reverse("rollout:wave", args=[wave.pk]),
        reverse("rollout:wave_live", args=[wave.pk]),
        reverse("rollout:put_in_wave", args=[wave.pk]),
        reverse("rollout:act_on_wave", args=[wave.pk, "arreter"]),
        reverse("rollout:place", args=[place.pk]),
        reverse("rollout:move_place", args=[place.pk]),
    ]


def test_others_are_kept_out(rollout: Rollout) -> None:
    wave = published(rollout)
    for user in (make_member(rollout.department), make_member(rollout.department, Role.HEAD_OF_DEPARTMENT)):
        browser = browser_of(user)
        assert {browser.get(each).status_code for each in addresses(rollout, wave)} <= {403, 404}
    stranger = browser_of(make_member(make_entity(), Role.HEAD_OF_IT))
    assert {stranger.get(each).status_code for each in addresses(rollout, wave)} == {404}


def test_an_auditor_reads_and_changes_nothing(rollout: Rollout) -> None:
    wave = running(rollout)
    auditor = browser_of(make_member(rollout.root, Role.AUDITOR))
    page = text_of(auditor, reverse("rollout:wave", args=[wave.pk]))
    assert "Envoyer un rappel" not in page
    assert reverse("rollout:act_on_wave", args=[wave.pk, "arreter"]) not in page
    text_of(auditor, reverse("rollout:waves", args=[rollout.campaign.pk]))
    place = rollout.place(0)
    for name in ("help_place", "open_place", "remind_place", "move_place"):
        assert auditor.post(reverse(f"rollout:{name}", args=[place.pk])).status_code == 403
    assert auditor.post(reverse("rollout:act_on_wave", args=[wave.pk, "arreter"])).status_code == 403


def test_a_large_wave_takes_no_more_queries(
    rollout: Rollout, team: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(20):
        agent: Agent = make_agent(rollout.department, account=True)
        member = Member.objects.create(campaign=rollout.campaign, agent=agent, request=ask(agent))
        Planned.objects.create(scenario=rollout.plan, member=member, week=0)
    wave = running(rollout)
    assert wave.places.count() == 23
    Enrolment.objects.update(started_at=clock.now(), blocked_code="line_poor", stage="connection")
    address = reverse("rollout:wave", args=[wave.pk])
    text_of(team, address)
    with django_assert_max_num_queries(25):
        text_of(team, address)
    with django_assert_max_num_queries(14):
        text_of(team, reverse("rollout:wave_live", args=[wave.pk]))
    with django_assert_max_num_queries(20):
        text_of(team, reverse("rollout:waves", args=[rollout.campaign.pk]))
