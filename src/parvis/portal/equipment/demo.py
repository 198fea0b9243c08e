"""The fictional authority's profiles, settings, scenarios, and somebody equipped in one go. Demo mode only."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.equipment import rules
from parvis.portal.equipment.models import (
    Change,
    Choice,
    Criterion,
    Entitlement,
    Outfit,
    Part,
    Policy,
    Profile,
    Scenario,
)

TECHNICIAN = "yann.kerbrat@"
EQUIPPED = "claire.legoff@"

Line = tuple[str, str, int, int, dict[str, object]]
LAPTOP: Line = ("laptop", "Ordinateur portable", 1, 1090, {})
PC: Line = ("office", "Ordinateur de bureau ou portable", 1, 780, {"other_kinds": ["laptop"]})
SHARED_PC: Line = (
    "office", "Accès à un ordinateur partagé", 1, 780, {"other_kinds": ["laptop"], "shared_will_do": True},
)  # fmt: skip
SCREEN: Line = ("screen", "Écran 24 pouces", 1, 190, {})
TWO_SCREENS: Line = ("screen", "Écran 24 pouces", 2, 190, {})
MOBILE: Line = ("phone", "Téléphone mobile", 1, 320, {})
DESK_PHONE: Line = ("desk_phone", "Téléphone fixe", 1, 95, {"is_required": False})
HEADSET: Line = ("accessory", "Casque audio", 1, 70, {"is_required": False})
TABLET: Line = ("tablet", "Tablette de terrain", 1, 430, {"is_required": False})

FIELD = (
    "Direction de la voirie", "Direction de l’eau et de l’assainissement", "Direction des déchets", "Espaces verts",
    "Propreté", "Services techniques", "Équipements sportifs",
)  # fmt: skip
PROFILES: tuple[tuple[str, str, int, tuple[dict[str, object], ...], tuple[Line, ...]], ...] = (
    (
        "Équipe informatique", "Techniciens, administrateurs, assistance", 10,
        ({"in": "Direction des systèmes d’information"},), (LAPTOP, TWO_SCREENS, MOBILE, HEADSET),
    ),
    (
        "Encadrement et élus", "Directions, responsables de service ou de secteur, adjoints", 20,
        ({"words": "directrice, directeur, responsable, adjoint au maire"},), (LAPTOP, SCREEN, MOBILE),
    ),
    (
        "Agent de terrain", "Voirie, déchets, eau, espaces verts, propreté, sports", 30,
        tuple({"in": name, "words": "technicien, agent, adjoint, coordinatrice"} for name in FIELD),
        (SHARED_PC, MOBILE, TABLET),
    ),
    (
        "Accueil du public", "Guichets et standard", 40, ({"words": "accueil, état civil"},),
        (PC, SCREEN, DESK_PHONE),
    ),
    (
        "Bureau avec télétravail", "Qui a le droit d’ouvrir son écran à distance", 50, ({"telework": rules.YES},),
        (PC, TWO_SCREENS, HEADSET),
    ),
    ("Bureau", "Tous les autres", 90, ({},), (PC, SCREEN, DESK_PHONE)),
)  # fmt: skip

SCENARIOS: tuple[tuple[str, str, bool, tuple[dict[str, object], ...]], ...] = (
    (
        "Portable pour tous les télétravailleurs",
        "Un portable à la place de l’ordinateur de bureau pour qui ouvre son écran à distance.", True,
        ({"telework": rules.YES, "kind": "laptop", "unit_price": 1090, "replaces_kind": "office"},),
    ),
    (
        "Smartphone pour le terrain seulement",
        "Les agents de terrain et l’équipe informatique gardent un mobile, les autres le rendent.", True,
        (
            {"kind": "phone", "quantity": 0, "unit_price": 0, "profile": "Encadrement et élus"},
            {"kind": "phone", "unit_price": 260, "profile": "Agent de terrain"},
        ),
    ),
    (
        "Deux écrans pour tous les bureaux", "Un second écran pour qui travaille toute la journée sur dossier.", True,
        (
            {"kind": "screen", "quantity": 2, "unit_price": 175, "profile": "Bureau"},
            {"kind": "screen", "quantity": 2, "unit_price": 175, "profile": "Encadrement et élus"},
        ),
    ),
)  # fmt: skip


@transaction.atomic
def build(now: datetime) -> bool:
    """Make profiles, settings, scenarios and one outfit; False if they are there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Profile.objects.filter(entity=root).exists():
        return False
    technician = User.objects.filter(email__startswith=TECHNICIAN, is_demo_persona=True).first()
    profiles = _profiles(root)
    Policy.objects.create(
        entity=root,
        months={**rules.LIVES, "laptop": 48},
        prices={kind: str(price) for kind, price in rules.PRICES.items()},
    )
    _scenarios(root, profiles, technician, now)
    _people(profiles, technician, now)
    return True


def _profiles(root: Entity) -> dict[str, Profile]:
    found = {}
    for name, description, rank, criteria, lines in PROFILES:
        profile = Profile.objects.create(entity=root, name=name, description=description, rank=rank)
        for each in criteria:
            _criteria(root, profile, each)
        Entitlement.objects.bulk_create(
            Entitlement(profile=profile, kind=kind, label=label, quantity=quantity, unit_price=Decimal(price), **more)
            for kind, label, quantity, price, more in lines
        )
        found[name] = profile
    return found


def _criteria(root: Entity, profile: Profile, said: dict[str, object]) -> None:
    words, telework = str(said.get("words", "")), str(said.get("telework", rules.ANY))
    if "in" not in said:
        Criterion.objects.create(profile=profile, words=words, telework=telework)
        return
    places = Entity.objects.filter(path__startswith=root.path, name=said["in"])
    Criterion.objects.bulk_create(
        Criterion(profile=profile, words=words, telework=telework, department=place) for place in places
    )


def _scenarios(root: Entity, profiles: dict[str, Profile], author: User | None, now: datetime) -> None:
    for rank, (name, description, renew, changes) in enumerate(SCENARIOS):
        scenario = Scenario.objects.create(
            entity=root, name=name, description=description, renew=renew, made_by=author,
            made_at=now - timedelta(days=12 - rank),
        )  # fmt: skip
        Change.objects.bulk_create(
            Change(scenario=scenario, **{**each, "profile": profiles.get(str(each.get("profile", "")))})
            for each in changes
        )


def _people(profiles: dict[str, Profile], technician: User | None, now: datetime) -> None:
    """A choice by hand, and an outfit whose account was there already."""
    agent = Agent.objects.filter(email__startswith=EQUIPPED).first()
    if agent is None:
        return
    Choice.objects.create(agent=agent, profile=profiles["Bureau avec télétravail"], chosen_by=technician, chosen_at=now)
    made = now - timedelta(days=200)
    outfit = Outfit.objects.create(agent=agent, made_by=technician, made_at=made, token=uuid.UUID(int=20201117))
    computer = agent.assets.filter(kind="office").first()
    done = {"outfit": outfit, "state": Part.State.DONE, "done_at": made}
    parts = [Part(kind=Part.Kind.ACCOUNT, label="Ouvrir un compte sur le portail", **done)]
    if computer is not None:
        parts.append(Part(kind=Part.Kind.ASSIGN, asset=computer, label=f"Poste de bureau · {computer}", **done))
        parts.append(
            Part(kind=Part.Kind.SCREEN, asset=computer, label=f"Ouvrir l’écran de {computer} à distance", **done)
        )
    parts.append(Part(kind=Part.Kind.GUIDE, label="Envoyer les premiers pas par courriel", **done))
    Part.objects.bulk_create(parts)
