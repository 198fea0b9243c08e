"""Pages that belong to no room, and what every page has."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.http import Http404
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.once import read_once
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.ui import manifest, navigation, views
from tests.integration.authority import make_entity, make_member
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def entity(db: None) -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


def test_the_accessibility_statement_is_for_all(client: Client) -> None:
    content = client.get("/accessibilite/").content.decode()
    assert "Non conforme" in content
    assert "Défenseur des droits" in content


def test_every_page_has_its_landmarks_and_language(client: Client) -> None:
    content = client.get("/accessibilite/").content.decode()
    for part in ('<html lang="fr">', 'class="skip-link" href="#contenu"', '<main id="contenu"', "<header", "<footer"):
        assert part in content
    assert content.count("<h1") == 1


def test_the_language_is_chosen_by_a_cookie_and_never_leads_elsewhere(client: Client) -> None:
    answer = client.post("/langue/", {"language": "en", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert '<html lang="en">' in client.get("/accessibilite/").content.decode()


def test_an_unknown_address_says_what_to_do(entity: Entity) -> None:
    answer = browser_of(make_member(entity)).get("/nulle-part/")
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.content.decode()


def test_a_form_sent_from_elsewhere_is_refused_in_words() -> None:
    answer = Client(enforce_csrf_checks=True).post("/langue/", {"language": "en"})
    assert answer.status_code == 403
    assert "trop longtemps" in answer.content.decode()


def test_the_error_page_needs_neither_database_nor_context(
    rf: RequestFactory, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(0):
        answer = views.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "Le portail a rencontré un problème" in answer.content.decode()


def test_the_last_resort_when_even_the_template_fails(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "engines", {})
    assert "Réessayez dans une minute" in views.server_error(rf.get("/")).content.decode()


@pytest.mark.parametrize("view", [views.bad_request, views.permission_denied, views.page_not_found])
def test_error_pages_are_french_and_lead_home(rf: RequestFactory, view: Any) -> None:
    request = rf.get("/")
    content = view(request, Http404()).content.decode()
    assert "Revenir à l’accueil" in content


def render(source: str, **context: object) -> str:
    return str(engines["django"].from_string(source).render(context))


def test_a_refusal_as_a_fragment() -> None:
    error = Invalid(advice="Recommencez.", fields={"x": ["<b>non</b>"]})
    content = render("{% include 'ui/error_fragment.html' %}", error=error)
    assert "Certaines informations" in content
    assert "&lt;b&gt;non&lt;/b&gt;" in content
    assert "Recommencez." in render("{% include 'ui/error_fragment.html' %}", error=Conflict(advice="Recommencez."))


class Sample(forms.Form):
    name = forms.CharField(label="Nom", help_text="En entier <i>x</i>")
    kind = forms.ChoiceField(label="Type", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="D’accord")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)


def test_a_form_says_its_errors_twice_and_links_them() -> None:
    content = render("{% form_fields form %}", form=Sample({"name": "", "agree": "", "note": "x"}))
    assert '<a class="alert-link" href="#id_name">Nom</a>' in content
    assert 'aria-describedby="id_name_helptext id_name_error"' in content
    assert 'id="id_name_error"' in content
    assert 'class="form-control is-invalid"' in content
    assert content.count("(obligatoire)") == 3
    assert "&lt;i&gt;x&lt;/i&gt;" in content
    assert '<input type="checkbox" name="agree" class="form-check-input is-invalid"' in content


def test_the_menu_shows_what_the_role_opens(entity: Entity) -> None:
    agent, head = make_member(entity), make_member(entity, Role.HEAD_OF_IT)
    of_agent = {item.label for item in navigation.items_for(agent, "/")}
    of_head = {item.label for item in navigation.items_for(head, "/")}
    assert {"Accueil", "Mon bureau"} <= {str(label) for label in of_agent}
    assert "Portail" not in {str(label) for label in of_agent}
    assert {"Portail", "Parc", "Annuaire"} <= {str(label) for label in of_head}


def test_the_longest_address_is_the_active_one(entity: Entity) -> None:
    head = make_member(entity, Role.HEAD_OF_IT)
    items = navigation.items_for(head, reverse("home:announcements"))
    active = [item for item in items if item.active]
    assert [str(item.label) for item in active] == ["Portail"]
    assert [str(child.label) for child in active[0].children if child.active] == ["Annonces"]


def test_every_entry_of_the_menus_leads_somewhere() -> None:
    assert len(navigation.entries()) > 8
    for entry in navigation.entries():
        try:
            reverse(entry.url_name)
        except NoReverseMatch:  # pragma: no cover
            pytest.fail(f"{entry.label}: {entry.url_name} is no page")


def test_the_menu_costs_one_query_and_one_for_each_badge(entity: Entity, django_assert_max_num_queries: Any) -> None:
    head = make_member(entity, Role.HEAD_OF_IT)
    badges = 6  # contracts, loans and telework to decide on, reports to settle, recoveries and calls for help that wait
    with read_once(), django_assert_max_num_queries(1 + badges):
        navigation.items_for(head, "/")
        navigation.items_for(head, "/", navigation.ACCOUNT)


def test_the_site_map_lists_the_menu(entity: Entity) -> None:
    content = browser_of(make_member(entity, Role.HEAD_OF_IT)).get("/plan-du-site/").content.decode()
    assert reverse("home:tiles") in content


def test_no_page_has_an_inline_script_or_style(entity: Entity) -> None:
    client = browser_of(make_member(entity, Role.HEAD_OF_IT))
    for address in ("/", "/portail/tuiles/", "/portail/tuiles/nouvelle/", "/accessibilite/", "/plan-du-site/"):
        content = client.get(address).content.decode()
        assert "<style" not in content
        assert ' style="' not in content
        assert "<script>" not in content
        assert " onclick=" not in content


def test_a_template_without_a_build_still_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise manifest.NotBuilt(name)

    monkeypatch.setattr(manifest, "entry", missing)
    assert render("{% asset 'app' %}x") == "x"
