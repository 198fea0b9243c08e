"""The IT team's pages of accounts: who sees whom, who may do what, and always with a fresh second factor."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts import services, tasks
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from tests.integration import authority

from .conftest import make_user, sign_in

pytestmark = pytest.mark.django_db
ACTIONS = ["desactiver", "reactiver", "inviter"]


@pytest.fixture
def commune() -> Any:
    return authority.make_entity("Commune")


@pytest.fixture
def technician(commune: Any) -> User:
    user = make_user("yann@rivemarine.example")
    agent = authority.make_agent(commune, "yann")
    agent.user = user
    agent.save()
    authority.grant(user, Role.TECHNICIAN, commune)
    return user


@pytest.fixture
def colleague(commune: Any) -> User:
    return authority.make_member(authority.make_entity("Accueil", commune), name="colleague")


@pytest.fixture
def stranger() -> User:
    return authority.make_member(authority.make_entity("Autre commune"), name="stranger")


@pytest.fixture
def staff(technician: User) -> Client:
    return sign_in(Client(), technician)


def test_the_list_shows_the_perimeter_and_nothing_else(staff: Client, colleague: User, stranger: User) -> None:
    page = staff.get("/compte/utilisateurs/").content.decode()
    assert colleague.email in page
    assert stranger.email not in page
    exported = b"".join(staff.get("/compte/utilisateurs/?format=csv").streaming_content).decode()
    assert colleague.email in exported
    assert stranger.email not in exported


def test_outside_the_perimeter_is_404(staff: Client, stranger: User) -> None:
    assert staff.get(f"/compte/utilisateurs/{stranger.pk}/").status_code == 404
    for action in ACTIONS:
        assert staff.post(f"/compte/utilisateurs/{stranger.pk}/{action}/").status_code == 404
    stranger.refresh_from_db()
    assert stranger.is_active


def test_an_agent_sees_no_account(browser: Client, colleague: User) -> None:
    assert browser.get("/compte/utilisateurs/").status_code == 403
    assert browser.get("/compte/utilisateurs/inviter/").status_code == 403
    assert browser.get(f"/compte/utilisateurs/{colleague.pk}/").status_code == 404
    for action in ACTIONS:
        assert browser.post(f"/compte/utilisateurs/{colleague.pk}/{action}/").status_code == 404


def test_disable_and_enable_after_a_confirmation(staff: Client, colleague: User) -> None:
    address = f"/compte/utilisateurs/{colleague.pk}/desactiver/"
    assert "Désactiver le compte de" in staff.get(address).content.decode()
    colleague.refresh_from_db()
    assert colleague.is_active, "asking is not doing"
    assert staff.post(address)["Location"] == f"/compte/utilisateurs/{colleague.pk}/"
    colleague.refresh_from_db()
    assert not colleague.is_active
    assert staff.get(f"/compte/utilisateurs/{colleague.pk}/").status_code == 200
    staff.post(f"/compte/utilisateurs/{colleague.pk}/reactiver/")
    colleague.refresh_from_db()
    assert colleague.is_active
    actions = list(AuditRecord.objects.filter(target_id=str(colleague.pk)).values_list("action", flat=True))
    assert actions == ["accounts.user_enabled", "accounts.user_disabled"]


@pytest.mark.parametrize("action", ACTIONS)
def test_each_asks_for_a_fresh_second_factor(
    staff: Client, colleague: User, later: Callable[[float], None], action: str
) -> None:
    later(301)
    answer = staff.post(f"/compte/utilisateurs/{colleague.pk}/{action}/")
    assert answer["Location"].startswith("/compte/confirmation/")
    colleague.refresh_from_db()
    assert colleague.is_active


def test_a_technician_does_not_touch_a_head_of_it_nor_an_administrator(staff: Client, commune: Any) -> None:
    head = authority.make_member(commune, Role.HEAD_OF_IT, "head")
    assert staff.post(f"/compte/utilisateurs/{head.pk}/recuperation/").status_code == 404
    root = authority.make_member(commune, name="root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    assert staff.post(f"/compte/utilisateurs/{root.pk}/desactiver/").status_code in (403, 404)
    root.refresh_from_db()
    assert root.is_active


def test_nobody_acts_on_their_own_account(staff: Client, technician: User) -> None:
    for action in ACTIONS:
        assert staff.post(f"/compte/utilisateurs/{technician.pk}/{action}/").status_code in (403, 404)


def test_an_administrator_invites_by_mail(mailoutbox: list[Any]) -> None:
    root = make_user("root@rivemarine.example", is_superuser=True)
    client = sign_in(Client(), root)
    data = {"first_name": "Nadia", "last_name": "Benali", "email": "Nadia@Rivemarine.example"}
    assert client.post("/compte/utilisateurs/inviter/", data)["Location"] == "/compte/utilisateurs/"
    invited = User.objects.get(email="nadia@rivemarine.example")
    assert not invited.has_usable_password()
    task = DBTaskResult.objects.get(task_path="parvis.portal.accounts.tasks.send_invitation")
    tasks.send_invitation.func(**task.args_kwargs["kwargs"])
    assert "Nadia Benali" in mailoutbox[0].body
    assert "/compte/mot-de-passe/nouveau/" in mailoutbox[0].body
    answer = client.post("/compte/utilisateurs/inviter/", data)
    assert "a déjà un compte" in answer.content.decode()


def test_inviting_is_for_the_team(user: User) -> None:
    with pytest.raises(NotAllowed):
        services.invite_user(actor=user, email="x@y.example", first_name="X", last_name="Y", now=clock.now())


def test_an_address_has_one_account_whatever_its_case() -> None:
    root = make_user("root@rivemarine.example", is_superuser=True)
    with pytest.raises(Invalid):
        services.invite_user(actor=root, email="ROOT@rivemarine.example", first_name="", last_name="", now=clock.now())


def test_the_list_stays_quick_with_many_accounts(
    staff: Client, commune: Any, django_assert_max_num_queries: Any
) -> None:
    users = User.objects.bulk_create(
        User(email=f"agent{number}@rivemarine.example", first_name="A", last_name=f"N{number}") for number in range(500)
    )
    from parvis.portal.directory.models import Agent

    Agent.objects.bulk_create(
        Agent(user=user, first_name="A", last_name="B", email=user.email, entity=commune) for user in users
    )
    staff.get("/compte/")  # the first page of a sign-in notes from where it comes
    with django_assert_max_num_queries(16):
        assert staff.get("/compte/utilisateurs/?q=agent").status_code == 200


class TestProfile:
    def test_the_language_is_kept_and_shown(self, browser: Client, user: User) -> None:
        answer = browser.post("/compte/", {"language": "en"})
        assert answer.cookies["parvis-language"].value == "en"
        user.refresh_from_db()
        assert user.language == "en"
        assert '<html lang="en">' in browser.get("/compte/").content.decode()

    def test_another_language_is_refused(self, browser: Client, user: User) -> None:
        assert browser.post("/compte/", {"language": "de"}).status_code == 200
        user.refresh_from_db()
        assert user.language == "fr"

    def test_signing_in_brings_the_language_along(self, user: User) -> None:
        User.objects.filter(pk=user.pk).update(language="en")
        assert sign_in(Client(), user).cookies["parvis-language"].value == "en"
