"""Two communes with one object of every kind each: what a user of one must never reach in the other.

Declaring a new kind of object is one line: in the dict that `make_side` returns, the name URLs and API give its key,
and an object of `commune` (`"badge_id": Badge.objects.create(entity=commune, name="Badge").pk`). That is all:

- `test_object_access` fails until every parameter of an address is declared, then tries it from the other side;
- every text by which rows of a side are known (`SHOWN_BY`) gets the side's word, `canariici` or `canariloin`, so that
  `test_lists` finds a foreign row in any list, export, search or API answer, whatever it shows of it;
- a page or API list that shows no such object at all is named in `test_lists.SHOWS_NOTHING`, with the reason.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import CharField, F, Model, TextField, Value
from django.db.models.functions import Concat

from parvis.portal.accounts.models import RecoveryRequest, Token, User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.federation.models import Identity, IdentityProvider
from parvis.portal.home.models import Announcement, Service, Tile
from parvis.portal.kernel import audit, clock
from parvis.portal.movements.models import Movement, Step, StepTemplate
from parvis.portal.presence.models import Closure, Operation, Pattern
from parvis.portal.presence.staffing_models import Minimum
from parvis.portal.privacy.models import DataExport
from parvis.portal.remote_desktop.models import DisplaySettings, Refusal, RemoteSession, Right
from parvis.portal.sources.models import Merge, Run, Source, Upload
from parvis.portal.trust.models import Network, PrivateDevice, Rule, RuleSet, SuppliedDevice
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
        "right_id": Right.objects.create(
            agent=agent, computer=computer, starts_date=clock.today(now), granted_at=now
        ).pk,
        "session_id": _session(user, agent, computer.pk),
        "service_id": service.pk,
        **_source(commune, agent),
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
    }


def _source(commune: Entity, agent: Agent) -> Keys:
    now = clock.now()
    source = Source.objects.create(name="Annuaire", kind="ldap", root=commune)
    upload = Upload.objects.create(source=source, name="agents.csv", content=b"nom\nZoe\n", at=now)
    merge = Merge.objects.create(source=source, key="1", agent=agent, reason="email", proposed_at=now)
    run = Run.objects.create(source=source, state="planned", created_at=now)
    return {"source_id": source.pk, "upload_id": upload.pk, "merge_id": merge.pk, "run_id": run.pk}


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
