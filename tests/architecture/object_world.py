"""Two communes with one object of every kind each: what a user of one must never reach in the other.

Declaring a new kind of object is one line: in the dict that `make_side` returns, the name URLs and API give its key,
and an object of `commune` (`"badge_id": Badge.objects.create(entity=commune, name="Badge").pk`). That is all:

- `test_object_access` fails until every parameter of an address is declared, then tries it from the other side;
- every text by which rows of a side are known (`SHOWN_BY`) gets the side's word, `canariici` or `canariloin`, so that
  `test_lists` finds a foreign row in any list, export, search or API answer, whatever it shows of it;
- a page or API list that shows no such object at all is named in `test_lists.SHOWS_NOTHING`, with the reason.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, timedelta

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.files.base import ContentFile
from django.db.models import CharField, F, Model, TextField, Value
from django.db.models.functions import Concat

from parvis.portal.accounts.models import RecoveryRequest, Token, User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.equipment.models import Outfit, Profile, Scenario
from parvis.portal.equipment.models import Part as OutfitPart
from parvis.portal.federation.models import Identity, IdentityProvider
from parvis.portal.home.models import Announcement, Service, Tile
from parvis.portal.imports.models import Connection, Line
from parvis.portal.imports.models import Run as Import
from parvis.portal.infrastructure.models import ITService, Outage
from parvis.portal.infrastructure.models import Line as PhoneLine
from parvis.portal.inventory.models import (
    Installation,
    Inventory,
    Licence,
    ProbeToken,
    Report,
    SeenScreen,
    Software,
    SoftwareCount,
)
from parvis.portal.kernel import audit, clock
from parvis.portal.loans.models import Extension, Item, Loan, Loss, Offer, Part, Photo, PoolAsset
from parvis.portal.movements.models import Movement, Step, StepTemplate
from parvis.portal.parc.models import Asset, Contract, Document, FloorPlan, Maintenance, PlanRoom, Site, Supplier
from parvis.portal.presence.models import Closure, Operation, Pattern
from parvis.portal.presence.staffing_models import Minimum
from parvis.portal.privacy.models import DataExport
from parvis.portal.remote_desktop.models import DisplaySettings, Refusal, RemoteSession, Right
from parvis.portal.rollout.models import Campaign, Member, Place, Planned, Wave
from parvis.portal.rollout.models import Scenario as Plan
from parvis.portal.sources.models import Merge, Run, Source, Upload
from parvis.portal.stocktake.models import Difference, Expected, Stocktake
from parvis.portal.telework.models import Acceptance, DaysChange, Enrolment, HelpCall, JobRule
from parvis.portal.telework.models import Document as TeleworkText
from parvis.portal.telework.models import Request as TeleworkRequest
from parvis.portal.trust.models import Network, PrivateDevice, Rule, RuleSet, SuppliedDevice
from parvis.portal.ui.models import SavedView
from tests.architecture import meetings_world
from tests.integration.authority import grant, make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.signing_in import give_second_factor

Keys = dict[str, object]

ROLES: tuple[Role | None, ...] = (None, *Role)
"""None: an agent without role."""


COMMON = "canari"
"""What to search for: the beginning of both words."""

SHOWN_BY = {"name", "first_name", "title", "label", "subject", "search"}
"""The columns by which people know a row."""


def make_side(commune: Entity) -> Keys:
    """One object of every kind, in `commune`: the key of each, by the name URLs give it."""
    now = clock.now()
    agent = make_agent(commune, account=True)
    user = agent.user
    assert user is not None
    give_second_factor(user)
    site = make_site(commune, wake_by="relay", wake_address="10.0.0.9")
    computer = make_computer(commune, agent, site=site, address="10.0.0.10", mac_address="02:00:00:00:00:01")
    DisplaySettings.objects.create(computer=computer, presented_pin="ab" * 32, presented_at=now, pin="cd" * 32)
    Refusal.objects.create(at=now, user=user, computer=computer, source="portal", reason="no_right")
    service = Service.objects.create(entity=commune, name="Messagerie", state_since=now)
    movement = Movement.objects.create(
        kind="leaver", agent=agent, effective_date=clock.today(now), from_entity=commune, origin="source", opened_at=now
    )
    return {
        "movement_id": movement.pk,
        "step_id": _step(movement).pk,
        "template_id": StepTemplate.objects.create(
            entity=commune, movement_kind="joiner", kind="opens", title="Badge", owner_role=Role.TECHNICIAN
        ).pk,
        "user_id": user.pk,
        "factor_id": Authenticator.objects.filter(user=user).values_list("pk", flat=True)[0],
        "token_id": _token(user).pk,
        "export_id": DataExport.objects.create(user=user, asked_at=now, state="ready").pk,
        "recovery_id": RecoveryRequest.objects.create(
            user=user, opened_by=user, opened_at=now, expires_at=now + timedelta(hours=24)
        ).pk,
        "entity_id": commune.pk,
        "parent_id": commune.pk,
        "agent_id": agent.pk,
        "grant_id": grant(user, Role.TECHNICIAN, commune).pk,
        "site_id": site.pk,
        **_provider(commune, user),
        "computer_id": computer.pk,
        **_records(commune, computer.pk, site.pk),
        "right_id": Right.objects.create(
            agent=agent, computer=computer, starts_date=clock.today(now), granted_at=now
        ).pk,
        "session_id": _session(user, agent, computer.pk),
        "service_id": service.pk,
        **_source(commune, agent),
        **_import(commune, user),
        "closure_id": Closure.objects.create(
            entity=commune, label="Pont", starts_date=clock.today(now), ends_date=clock.today(now)
        ).pk,
        "own_pattern_id": Pattern.objects.create(
            agent=agent, starts_date=clock.today(now), halves=",".join(["on_site"] * 14), proposed_at=now
        ).pk,
        "own_operation_id": Operation.objects.create(
            agent=agent, actor=user, at=now, starts_date=clock.today(now), ends_date=clock.today(now)
        ).pk,
        "pattern_id": Pattern.objects.create(
            agent=agent,
            starts_date=clock.today(now),
            halves=",".join(["on_site"] * 14),
            proposed_at=now,
            state="to_confirm",
        ).pk,
        "minimum_id": Minimum.objects.create(entity=commune, least=1).pk,
        "tile_id": Tile.objects.create(
            entity=commune, title="Courriel", url="https://mail.example", category="Outils", is_published=True
        ).pk,
        "announcement_id": Announcement.objects.create(entity=commune, title="Travaux", starts_at=now).pk,
        **_trust(commune, agent, computer.pk),
        **_infrastructure(commune, computer.pk),
        **_equipment(commune, agent),
        **_loans(commune, agent),
        **_telework(commune),
        **_rollout(commune, agent),
        **_inventory(commune, agent, computer.pk),
        "stocktake_id": _stocktake(site, computer.pk),
        **meetings_world.make(commune, agent, site),
    }


def _inventory(commune: Entity, agent: Agent, computer_id: int) -> Keys:
    """What a probe said of the computer, which is lost since: another user, a screen, a program and its licence."""
    now = clock.now()
    token = ProbeToken.objects.create(entity=commune, name="Sondes", digest=f"{commune.pk:064x}")
    report = Report.objects.create(
        token=token, received_at=now, client="GLPI-Agent", device_id="x", name="PC", size=1, state="quarantined",
        problem="doubt",
    )  # fmt: skip
    other = make_agent(commune)
    Inventory.objects.create(asset_id=computer_id, token=token, reported_at=now, os_name="Debian", last_agent=other)
    mute = make_computer(commune)
    Inventory.objects.create(asset_id=mute.pk, token=token, reported_at=now - timedelta(days=20), os_name="Debian")
    software = Software.objects.create(name="Logiciel", publisher=str(commune.pk))
    Installation.objects.create(asset_id=computer_id, software=software, version="1")
    SoftwareCount.objects.create(software=software, entity=commune, computers=1)
    return {
        "asset_id": computer_id,
        "probe_token_id": token.pk,
        "quarantined_id": report.pk,
        "screen_id": SeenScreen.objects.create(asset_id=computer_id, serial="SCREEN1", name="Écran", seen_at=now).pk,
        "software_id": software.pk,
        "licence_id": Licence.objects.create(entity=commune, software=software, name="Licence", seats=1).pk,
    }


def _records(commune: Entity, asset_id: int, site_id: int) -> Keys:
    now = clock.now()
    supplier = Supplier.objects.create(entity=commune, name="Vendeur")
    contract = Contract.objects.create(
        entity=commune, name="Maintenance", supplier=supplier, ends_date=clock.today(now) + timedelta(days=30)
    )
    Asset.objects.filter(pk=asset_id).update(
        supplier=supplier, contract=contract, warranty_end_date=clock.today(now) + timedelta(days=20), room="Salle"
    )
    plan = FloorPlan.objects.create(site_id=site_id, name="Rez", media_type="image/png", width=9, height=9)
    plan.file.save("rez.png", ContentFile(b"\x89PNG"))
    document = Document.objects.create(
        asset_id=asset_id, name="Facture", media_type="application/pdf", size=1, added_at=now
    )
    document.file.save("facture.pdf", ContentFile(b"%PDF-"))
    repair = Maintenance.objects.create(
        asset_id=asset_id, supplier=supplier, summary="Clavier", opened_date=clock.today(now) - timedelta(days=60)
    )
    return {
        "supplier_id": supplier.pk,
        "contract_id": contract.pk,
        "document_id": document.pk,
        "maintenance_id": repair.pk,
        "plan_id": plan.pk,
        "plan_room_id": PlanRoom.objects.create(plan=plan, room="Salle", x=0.5, y=0.5).pk,
    }


def _source(commune: Entity, agent: Agent) -> Keys:
    now = clock.now()
    source = Source.objects.create(name="Annuaire", kind="ldap", root=commune)
    upload = Upload.objects.create(source=source, name="agents.csv", content=b"nom\nZoe\n", at=now)
    merge = Merge.objects.create(source=source, key="1", agent=agent, reason="email", proposed_at=now)
    run = Run.objects.create(source=source, state="planned", created_at=now)
    return {"source_id": source.pk, "upload_id": upload.pk, "merge_id": merge.pk, "run_id": run.pk}


def _stocktake(site: Site, asset: int) -> int:
    now = clock.now()
    made = Stocktake.objects.create(entity=site.entity, site=site, name="Inventaire", opened_at=now)
    Expected.objects.create(stocktake=made, asset_id=asset)
    Difference.objects.create(stocktake=made, kind="missing", asset_id=asset)
    return made.pk


def _import(commune: Entity, user: User) -> Keys:
    now = clock.now()
    connection = Connection.objects.create(name="GLPI", root=commune, url="https://glpi.example/apirest.php")
    run = Import.objects.create(
        root=commune, name="parc.csv", state="planned", started_by=user, created_at=now, content=b"nom\nPC\n"
    )
    line = Line.objects.create(run=run, number=2, kind="created", label="PC", search="pc", changes={})
    return {"connection_id": connection.pk, "import_id": run.pk, "line_id": line.pk}


class World:
    """A métropole with two communes, or two of them: `here` and `there`, and who looks from `here`.

    `word` is in everything of `there` that people read; `rows` are its rows, by table.
    """

    def __init__(self, *, apart: bool = False) -> None:
        self.root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
        root = make_entity("Autre métropole", kind=Entity.Kind.METROPOLE) if apart else self.root
        self.own_word, self.word = f"{COMMON}ici", f"{COMMON}loin"
        self.commune = make_entity("Ici", self.root, Entity.Kind.COMMUNE)
        self.here, _rows = _marked(self.commune, self.own_word)
        self.there, self.rows = _marked(make_entity("Là-bas", root, Entity.Kind.COMMUNE), self.word)

    def member(self, role: Role | None) -> User:
        """An agent of `here` who has this role on it."""
        return make_member(self.commune, role)

    def superuser(self) -> User:
        """Sees both sides."""
        user = make_member(self.root)
        user.is_superuser = True
        user.save()
        return user


def _marked(commune: Entity, word: str) -> tuple[Keys, dict[type[Model], list[object]]]:
    """A side, its word in all that is read of it."""
    models = [model for model in apps.get_models() if model.__module__.startswith("parvis.portal.")]
    before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in models}
    keys = make_side(commune)
    made = {
        model: [pk for pk in model._base_manager.values_list("pk", flat=True) if pk not in before[model]]
        for model in models
    }
    made[Entity].append(commune.pk)
    for model, pks in made.items():
        for field in model._meta.concrete_fields:
            if field.name in SHOWN_BY and isinstance(field, (CharField, TextField)) and not field.choices:
                marked = Concat(F(field.name), Value(f" {word}"), output_field=TextField())
                model._base_manager.filter(pk__in=pks).update(**{field.name: marked})
    agent = Agent.objects.get(pk=keys["agent_id"])
    audit.record(actor=agent.user, action="directory.agent_updated", target=agent, now=clock.now())
    return keys, {model: pks for model, pks in made.items() if pks}


def _step(movement: Movement) -> Step:
    return Step.objects.create(
        movement=movement,
        key="directory:role:0",
        room="directory",
        kind="comes_back",
        title="Rôle",
        owner_role=Role.HEAD_OF_IT,
        owner_entity=movement.from_entity,
        decision=True,
        ends_date=movement.effective_date,
    )


def _provider(commune: Entity, user: User) -> Keys:
    provider = IdentityProvider.objects.create(
        name="SSO",
        slug=f"sso-{commune.pk}",
        kind="other",
        issuer="https://sso.example",
        client_id=str(commune.pk),
        entity=commune,
    )
    identity = Identity.objects.create(provider=provider, user=user, subject="s", linked_at=clock.now())
    return {"provider_id": provider.pk, "identity_id": identity.pk}


def _loans(commune: Entity, agent: Agent) -> Keys:
    """An offer, a laptop kept for a loan, another request; a third laptop in stock that is not lent."""
    now, today = clock.now(), clock.today()
    offer = Offer.objects.create(entity=commune, name="Poste nomade", approval="it")
    part = Part.objects.create(offer=offer, kind="laptop", label="Portable")
    lent, _spare = (
        Asset.objects.create(entity=commune, name=name, kind="laptop", state="stock", search=name)
        for name in ("nomade", "reserve")
    )
    PoolAsset.objects.create(asset=lent)
    days = {"starts_date": today, "ends_date": today + timedelta(days=3)}
    asked = {"entity": commune, "offer": offer, "agent": agent, "requested_at": now, **days}
    loan = Loan.objects.create(**asked, state="approved")
    Loan.objects.create(**asked)
    item = Item.objects.create(loan=loan, part=part, asset=lent, **days)
    return {"offer_id": offer.pk, "loan_id": loan.pk, "loan_item_id": item.pk, **_lent(asked, lent)}


def _lent(asked: dict[str, object], asset: Asset) -> Keys:
    """A loan that is late, for which more days are asked; a thing that came back with a photo, and was lost before."""
    now, today = clock.now(), clock.today()
    days = {"starts_date": today - timedelta(days=9), "ends_date": today - timedelta(days=2)}
    late = Loan.objects.create(**{**asked, **days}, state="out", out_at=now)
    item = Item.objects.create(loan=late, asset=asset, **days, state="back", back_at=now)
    loss = Loss.objects.create(item=item, kind="lost", happened_date=today, place="Gare", declared_at=now)
    extension = Extension.objects.create(loan=late, ends_date=today, requested_at=now)
    photo = Photo.objects.create(item=item, file="loans/photos/none.jpg", media_type="image/jpeg", taken_at=now)
    return {"loss_id": loss.pk, "extension_id": extension.pk, "photo_id": photo.pk}


def _telework(commune: Entity) -> Keys:
    """A request that waits for its answer."""
    now = clock.now()
    asking = make_agent(commune, account=True)
    request = TeleworkRequest.objects.create(
        agent=asking, level=2, machine="own", line="fibre", days=9, starts_date=clock.today(now), requested_at=now,
        requested_by=asking.user,
    )  # fmt: skip
    return {"request_id": request.pk, **_texts(commune, asking), **_help(commune), **_days(commune)}


def _days(commune: Entity) -> Keys:
    """Other days that wait for an answer."""
    now = clock.now()
    opened = TeleworkRequest.objects.create(
        agent=make_agent(commune, account=True), level=1, machine="own", line="fibre", days=9, state="open",
        starts_date=clock.today(now), requested_at=now, opened_at=now,
    )  # fmt: skip
    change = DaysChange.objects.create(request=opened, before=9, days=2, starts_date=clock.today(now), asked_at=now)
    return {"days_change_id": change.pk}


def _help(commune: Entity) -> Keys:
    """An agent who came to their screen, and calls for help there."""
    now = clock.now()
    agent = make_agent(commune, account=True)
    opened = TeleworkRequest.objects.create(
        agent=agent, level=2, machine="own", line="fibre", days=9, starts_date=clock.today(now), requested_at=now,
        state="open", opened_at=now,
    )  # fmt: skip
    enrolment = Enrolment.objects.create(
        request=opened, agent=agent, level=2, invited_at=now, started_at=now, stage="computer", blocked_code="off"
    )
    call = HelpCall.objects.create(enrolment=enrolment, stage="computer", code="off", created_at=now)
    return {"help_call_id": call.pk}


def _texts(commune: Entity, agent: Agent) -> Keys:
    """A charter in force that an agent has accepted; what a job allows."""
    now = clock.now()
    text = TeleworkText.objects.create(
        entity=commune, kind="charter", version=1, title="Charte", text="Oui.", created_at=now, published_at=now,
        digest="ab" * 32,
    )  # fmt: skip
    digest = hashlib.sha256(b"Oui.").hexdigest()
    accepted = Acceptance.objects.create(document=text, agent=agent, accepted_at=now, shown="Oui.", digest=digest)
    job = JobRule.objects.create(entity=commune, words="accueil", level=1)
    return {"text_id": text.pk, "acceptance_id": accepted.pk, "job_id": job.pk}


def _rollout(commune: Entity, agent: Agent) -> Keys:
    """A campaign with a member in a wave that is announced, and a plan."""
    now = clock.now()
    campaign = Campaign.objects.create(
        entity=commune, name="Campagne", starts_date=clock.today(now), weeks=3, created_at=now
    )
    member = Member.objects.create(campaign=campaign, agent=agent, team=commune)
    plan = Plan.objects.create(campaign=campaign, name="Plan", state="solved", served=1, people=1, asked_at=now)
    Planned.objects.create(scenario=plan, member=member, week=0)
    wave = Wave.objects.create(campaign=campaign, week=0, starts_at=now, published_at=now)
    place = Place.objects.create(wave=wave, member=member)
    return {
        "campaign_id": campaign.pk,
        "member_id": member.pk,
        "rollout_plan_id": plan.pk,
        "wave_id": wave.pk,
        "place_id": place.pk,
        "own_place_id": place.pk,
    }


def _trust(commune: Entity, agent: Agent, computer_id: int) -> Keys:
    now = clock.now()
    device = SuppliedDevice.objects.create(computer_id=computer_id, enrolled_at=now)
    device.agents.add(agent)
    draft = RuleSet.objects.create(entity=commune, number=1, made_at=now)
    return {
        "device_id": device.pk,
        "network_id": Network.objects.create(entity=commune, name="Mairie", kind="office", ranges=["10.0.0.0/8"]).pk,
        "rule_set_id": draft.pk,
        "rule_id": Rule.objects.create(rule_set=draft, name="Nuit", effects={"screen": False}).pk,
        "private_device_id": PrivateDevice.objects.create(
            user_id=agent.user_id, digest="0", name="PC", first_seen_at=now, last_seen_at=now
        ).pk,
    }


def _equipment(commune: Entity, agent: Agent) -> Keys:
    """A profile, a scenario, an asset past its life, given in one go."""
    now = clock.now()
    asset = Asset.objects.create(
        entity=commune, name="ancien", kind="screen", search="ancien", purchase_date=date(2012, 5, 1)
    )
    outfit = Outfit.objects.create(agent=agent, made_at=now, token=uuid.uuid4())
    given = OutfitPart.objects.create(outfit=outfit, kind="assign", asset=asset, label="Écran", state="done")
    return {
        "profile_id": Profile.objects.create(entity=commune, name="Bureau").pk,
        "scenario_id": Scenario.objects.create(entity=commune, name="Portables", made_at=now).pk,
        "outfit_id": outfit.pk,
        "outfit_part_id": given.pk,
    }


def _infrastructure(commune: Entity, asset_id: int) -> Keys:
    service = ITService.objects.create(entity=commune, name="Messagerie interne")
    outage = Outage.objects.create(
        entity=commune, title="Arrêt", text="…", asset_id=asset_id, starts_at=clock.now() - timedelta(hours=1)
    )
    line = PhoneLine.objects.create(
        entity=commune, number=f"02619100{commune.pk % 100:02d}", plan="Forfait", operator="Op"
    )
    SavedView.objects.create(list_name="parc.assets", name="Vue", team_key=commune.pk)
    return {"it_service_id": service.pk, "outage_id": outage.pk, "phone_line_id": line.pk}


def _token(user: User) -> Token:
    now = clock.now()
    return Token.objects.create(
        user=user, name="essai", digest=uuid.uuid4().hex * 2, created_at=now, expires_date=clock.today(now)
    )


def _session(user: User, agent: Agent, computer_id: int) -> uuid.UUID:
    now = clock.now()
    return RemoteSession.objects.create(
        user=user,
        agent=agent,
        computer_id=computer_id,
        protocol="vnc",
        sign_in="1",
        requested_at=now,
        ends_at=now + timedelta(hours=1),
        correlation=uuid.uuid4().hex,
    ).pk
