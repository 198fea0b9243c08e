"""Addresses of the stage of the screen and of calls for help."""

from __future__ import annotations

from django.urls import URLPattern, path

from parvis.portal.telework.views import computer, help_desk
from parvis.portal.telework.views import help as asking

patterns: list[URLPattern] = [
    path("parcours/ordinateur/", computer.computer, name="computer"),
    path("parcours/ordinateur/etat/", computer.state, name="computer_state"),
    path("parcours/ordinateur/verifier/", computer.check, name="check_computer"),
    path("parcours/ordinateur/marche/", computer.works, name="computer_works"),
    path("parcours/ordinateur/probleme/", computer.trouble, name="computer_trouble"),
    path("parcours/aide/", asking.ask, name="help"),
    path("parcours/aide/annuler/", asking.withdraw, name="withdraw_help"),
]

staff_patterns: list[URLPattern] = [
    path("aide/", help_desk.HelpCalls.as_view(), name="help_calls"),
    path("aide/<int:help_call_id>/", help_desk.help_call, name="help_call"),
    path("aide/<int:help_call_id>/prendre/", help_desk.take, name="take_help"),
    path("aide/<int:help_call_id>/rendre/", help_desk.give_back, name="give_back_help"),
]
