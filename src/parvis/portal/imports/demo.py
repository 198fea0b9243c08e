"""The demo's imports: one of last week, one that waits for a decision, and a connection to the former GLPI."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from parvis.portal.accounts import vault
from parvis.portal.accounts.models import User
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Entity, Role, RoleGrant
from parvis.portal.imports import fields
from parvis.portal.imports.glpi.wording import ITEM_TYPES
from parvis.portal.imports.models import Connection, Run
from parvis.portal.imports.services import applying, runs
from parvis.portal.kernel import clock
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, AssetEvent

HEADER = "N° inventaire;Nom;Type;Service;Marque;Modèle;N° série;Situation;Date d'achat;Prix;Bon de commande\n"
GLPI_ENTITIES = ("Root entity", "Root entity > Direction générale", "Root entity > Écoles")


def build(now: datetime) -> bool:
    """Once; False if it is there already."""
    root = Entity.objects.filter(parent=None, name=AUTHORITY).first()
    team = RoleGrant.objects.filter(role=Role.HEAD_OF_IT, entity=root).select_related("user").first()
    if root is None or team is None or Run.objects.exists() or not Asset.objects.exists():
        return False
    service = Entity.objects.filter(path__startswith=root.path, kind=Entity.Kind.DEPARTMENT).order_by("path").first()
    place = service or root
    _past(root, place, team.user, now - timedelta(days=6, hours=3))
    _waiting(root, place, team.user)
    with transaction.atomic():
        connection = Connection.objects.create(
            name="GLPI (ancien parc)", root=root, url="https://glpi.rivemarine.example/apirest.php",
            app_token=vault.encrypt("demo"), user_token=vault.encrypt("demo"), item_types=list(ITEM_TYPES),
            entities=dict.fromkeys(GLPI_ENTITIES), checked_at=now - timedelta(days=20),
        )  # fmt: skip
        connection.entities[GLPI_ENTITIES[1]] = place.pk
        connection.save()
    return True


def _past(root: Entity, place: Entity, actor: User, at: datetime) -> None:
    text = HEADER + "".join(
        f"RIV-CAS-{n:03d};Casque {n};Accessoire;{_full(place)};Jabra;Evolve2 40;JAB{700100 + n};En stock;"
        f"{at.date().isoformat()};89,90 €;BC-2026-118\n"
        for n in range(1, 19)
    )
    text += "RIV-CAS-019;Casque 19;Accessoire;Service des casques;Jabra;Evolve2 40;JAB700119;En stock;;89,90;\n"
    run = _compare(root, actor, "casques-livraison.csv", text)
    runs.approve(actor=actor, run=run, now=clock.now())
    applying.apply(Run.objects.select_related("root", "decided_by").get(pk=run.pk))
    made = Asset.objects.filter(tag__startswith="RIV-CAS-", entity__path__startswith=root.path)
    moment = at + timedelta(minutes=7)
    AssetEvent.objects.filter(asset__in=made).update(at=moment)
    made.update(created_at=moment, updated_at=moment, state_since_date=clock.today(moment))
    Run.objects.filter(pk=run.pk).update(created_at=at, decided_at=at + timedelta(minutes=6), finished_at=moment)
    run.lines.exclude(written_at=None).update(written_at=moment)


def _waiting(root: Entity, place: Entity, actor: User) -> None:
    known = list(
        Asset.objects.filter(kind=Asset.Kind.LAPTOP, entity__path__startswith=root.path)
        .exclude(serial="")
        .select_related("entity")
        .order_by("pk")[:8]
    )
    if known:
        # Somebody has corrected this price by hand: the file does not take it back.
        data: asset_services.AssetData = {"order_number": "BC-2025-077"}
        asset_services.update_asset(actor=actor, asset=known[0], data=data, now=clock.now())
    text = HEADER + "".join(
        f"{each.tag};{each.name};Portable;;;;{each.serial};;;;BC-2024-{40 + n:03d}\n" for n, each in enumerate(known)
    )
    text += "".join(
        f"RIV-N{n:04d};RIV-NEUF-{n:02d};Portable;{_full(place)};HP;EliteBook 640 G11;5CG61{n:03d}QK;Commandé;;"
        "1 089,00 €;BC-2026-131\n"
        for n in range(1, 13)
    )
    text += (
        "RIV-N0013;RIV-NEUF-13;Portable;Phares et balises;HP;EliteBook 640 G11;5CG61013QK;Commandé;;1 089,00 €;\n"
        "RIV-N0014;RIV-NEUF-14;Portable;;HP;EliteBook 640 G11;5CG61014QK;Commandé;;environ mille;\n"
        "RIV-N0015;RIV NEUF é;Portable;;HP;EliteBook 640 G11;5CG61015QK;Commandé;;1 089,00 €;\n"
    )
    _compare(root, actor, "portables-2026.csv", text)


def _full(entity: Entity) -> str:
    return entity.name if entity.parent is None else f"{entity.parent.name} › {entity.name}"


def _compare(root: Entity, actor: User, name: str, text: str) -> Run:
    run = runs.bring_file(actor=actor, root=root, name=name, content=text.encode(), now=clock.now())
    options = {"kind": "", "entity": root.pk, "state": "", "create_sites": False, "skip_people": False}
    columns = fields.propose(run.header)
    runs.compare(actor=actor, run=run, columns=columns, options=options, now=clock.now())
    runs.read(run)
    return Run.objects.select_related("root").get(pk=run.pk)
