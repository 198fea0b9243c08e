"""One-click sign-in exists in demo mode only, and production refuses everything of it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from parvis.portal.accounts import checks, tokens
from parvis.portal.accounts.entrance_urls import DEMO_URLS
from parvis.portal.accounts.models import User
from parvis.portal.config import urls as real_urls
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord

from .conftest import LOGIN, PASSWORD, make_user
from .routes import every_route

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]

urlpatterns = [*DEMO_URLS, *real_urls.urlpatterns]
handler404 = real_urls.handler404


@pytest.fixture
def persona(db: None) -> User:
    return User.objects.create_user(
        "claire@rivemarine.example", first_name="Claire", last_name="Le Goff", is_demo_persona=True
    )


@pytest.fixture
def demo_mode(settings: Any) -> None:
    settings.PARVIS = replace(settings.PARVIS, mode="demo")
    settings.ROOT_URLCONF = __name__


def _choose(client: Client, persona: User, **more: str) -> Any:
    return client.post("/demonstration/", {"persona": persona.pk, **more})


@pytest.mark.usefixtures("demo_mode")
class TestDemoMode:
    def test_one_click_signs_in_and_counts_as_fresh(self, persona: User) -> None:
        client = Client()
        page = client.get(LOGIN).content.decode()
        assert "Claire Le Goff" in page
        assert "Démonstration" in page
        assert _choose(client, persona, next="/compte/securite/")["Location"] == "/compte/securite/"
        assert client.get("/compte/securite/").status_code == 200
        assert client.get("/compte/securite/jetons/nouveau/").status_code == 200
        assert AuditRecord.objects.get(action="accounts.signed_in").data == {"methods": ["demo"]}

    def test_it_is_a_post_with_the_csrf_token(self, persona: User) -> None:
        assert Client().get("/demonstration/").status_code == 405
        assert _choose(Client(enforce_csrf_checks=True), persona).status_code == 403

    def test_only_personas(self, persona: User) -> None:
        for asked in (make_user("agent@rivemarine.example").pk, 999999, "x", ""):
            assert Client().post("/demonstration/", {"persona": asked}).status_code == 404

    def test_nobody_is_sent_elsewhere(self, persona: User) -> None:
        assert _choose(Client(), persona, next="https://evil.example/")["Location"] == "/"

    def test_another_persona_takes_over(self, persona: User) -> None:
        client, second = Client(), User.objects.create_user("paul@rivemarine.example", is_demo_persona=True)
        _choose(client, persona)
        _choose(client, second)
        assert client.session["_auth_user_id"] == str(second.pk)

    def test_a_disabled_persona_does_not_sign_in(self, persona: User) -> None:
        User.objects.update(is_active=False)
        assert _choose(Client(), persona).status_code == 404

    def test_a_session_of_the_demo_opens_nothing_once_the_demo_is_off(self, persona: User, settings: Any) -> None:
        client = Client()
        _choose(client, persona)
        _, secret = tokens.create(actor=persona, name="x", scopes=["read"], expires_date=clock.today(), now=clock.now())
        headers = {"Authorization": f"Bearer {secret}"}
        assert Client().get("/api/v1/me", headers=headers).status_code == 200
        settings.PARVIS = replace(settings.PARVIS, mode="development")
        assert client.get("/compte/securite/")["Location"].startswith("/compte/deuxieme-etape/")
        assert Client().get("/api/v1/me", headers=headers).status_code == 401

    def test_other_accounts_need_their_second_factor_in_the_demo_too(self, persona: User) -> None:
        user = make_user("agent@rivemarine.example")
        client = Client()
        client.post(LOGIN, {"login": user.email, "password": PASSWORD})
        assert client.get("/compte/").status_code == 302


class TestElsewhere:
    def test_the_address_does_not_exist(self, persona: User) -> None:
        with pytest.raises(NoReverseMatch):
            reverse("demo_sign_in")
        assert "demo_sign_in" not in {route.name for route in every_route()}
        assert "Claire Le Goff" not in Client().get(LOGIN).content.decode()

    @pytest.mark.urls(__name__)
    def test_the_view_refuses_even_if_it_were_reached(self, persona: User) -> None:
        assert _choose(Client(), persona).status_code == 404

    def test_a_persona_has_no_password(self, persona: User) -> None:
        client = Client()
        client.post(LOGIN, {"login": persona.email, "password": ""})
        assert "_auth_user_id" not in client.session
        assert not persona.has_usable_password()


class TestDeploymentCheck:
    def test_refuses_demo_mode(self, settings: Any) -> None:
        settings.PARVIS = replace(settings.PARVIS, mode="demo")
        assert [each.id for each in checks.no_demo(None)] == ["parvis.E001"]

    def test_refuses_personas_in_production(self, persona: User, settings: Any) -> None:
        settings.PARVIS = replace(settings.PARVIS, mode="production", url="https://parvis.example")
        assert [each.id for each in checks.no_demo(None)] == ["parvis.E002"]

    def test_is_content_otherwise(self, settings: Any) -> None:
        settings.PARVIS = replace(settings.PARVIS, mode="production", url="https://parvis.example")
        assert checks.no_demo(None) == []


def _manage(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PARVIS_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={**clean, "PARVIS_DATA_DIR": str(data_dir), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


PRODUCTION = {"PARVIS_MODE": "production", "PARVIS_URL": "https://parvis.rivemarine.example"}


def test_check_deploy_is_clean_in_production(tmp_path: Path) -> None:
    answer = _manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_check_deploy_fails_in_demo(tmp_path: Path) -> None:
    answer = _manage(tmp_path, "check", "--deploy", PARVIS_MODE="demo")
    assert answer.returncode == 1
    assert "parvis.E001" in answer.stderr


def test_production_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    script = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
        " s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.SECURE_SSL_REDIRECT)"
    )
    answer = _manage(tmp_path, "shell", "--no-imports", "-c", script, **PRODUCTION)
    assert answer.stdout.split() == ["__Host-parvis", "__Host-csrf", "True", "True", "True", "/", "None", "True"]
