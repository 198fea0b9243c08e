"""Entities, agents, roles."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import clock


class Entity(models.Model):
    """A node of the authority's tree, by materialised path.

    `path` is the ids from the root down, each on 6 digits and a dot (`000001.000012.`): a subtree is one prefix.
    """

    class Kind(models.TextChoices):
        """What the node is. The first four are bodies of their own; buildings are sites of the parc, not entities."""

        METROPOLE = "metropole", _("Métropole ou communauté")
        COMMUNE = "commune", _("Commune")
        MAISON_COMMUNE = "maison_commune", _("Maison commune")
        STRUCTURE = "structure", _("Structure rattachée")
        DIRECTION = "direction", _("Direction")
        DEPARTMENT = "department", _("Service")

    class Audience(models.TextChoices):
        """Whose colleagues the agents are: who finds their professional card. See `colleagues`."""

        INHERITED = "", _("Comme l’entité au-dessus")
        AUTHORITY = "authority", _("Toute la métropole ou communauté")
        BODY = "body", _("La collectivité ou la structure")
        TEAM = "team", _("Le service seulement")

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=120, unique=True, editable=False)
    kind = models.CharField(_("type"), max_length=20, choices=Kind)
    name = models.CharField(_("nom"), max_length=150)
    code = models.CharField(_("code"), max_length=60, blank=True, db_index=True)
    """What the sources call it (department code of the payroll, name of the organisational unit)."""
    audience = models.CharField(_("annuaire visible par"), max_length=20, choices=Audience, blank=True, default="")
    closed_date = models.DateField(_("fermée le"), null=True, blank=True)
    """Closed entities keep their history; nobody works there and nothing is added."""
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="absorbed")

    class Meta:
        verbose_name = _("entité")
        verbose_name_plural = _("entités")
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["parent", "name"], name="entity_name_once_per_parent")]

    def __str__(self) -> str:
        return self.name

    @property
    def siret(self) -> str:
        """The main SIRET, or empty. One query unless `sirets` are prefetched."""
        return next((each.siret for each in self.sirets.all() if each.is_main), "")

    @property
    def is_body(self) -> bool:
        """Whether it is a legal body of its own (métropole, commune, structure), not a part of one."""
        return self.kind in BODIES


BODIES = (Entity.Kind.METROPOLE, Entity.Kind.COMMUNE, Entity.Kind.MAISON_COMMUNE, Entity.Kind.STRUCTURE)


class EntitySiret(models.Model):
    """An establishment's number (INSEE). A body has several: one is the main; each belongs to one entity."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="sirets")
    siret = models.CharField("SIRET", max_length=14, unique=True)
    is_main = models.BooleanField(default=False)

    class Meta:
        verbose_name = "SIRET"
        ordering = ["-is_main", "siret"]
        constraints = [
            models.UniqueConstraint(fields=["entity"], condition=models.Q(is_main=True), name="entity_one_main_siret")
        ]

    def __str__(self) -> str:
        return self.siret


class EntityAlias(models.Model):
    """Another name under which sources know the entity."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("autre nom"), max_length=150)

    class Meta:
        verbose_name = _("autre nom d’entité")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="entity_alias_once")]

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """A staff member. `user` is their account, if they have one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="agent"
    )
    first_name = models.CharField(_("prénom"), max_length=100)
    last_name = models.CharField(_("nom"), max_length=100)
    email = models.EmailField(_("adresse électronique"), unique=True)
    job_title = models.CharField(_("fonction"), max_length=150, blank=True)
    entity = models.ForeignKey(Entity, verbose_name=_("service"), on_delete=models.PROTECT, related_name="agents")
    search = models.CharField(max_length=400, editable=False)
    """Name, e-mail, job, office and digits of the phone, without accents, in lower case: what search looks in."""
    is_active = models.BooleanField(_("en poste"), default=True)
    personnel_number = models.CharField(_("matricule"), max_length=40, blank=True, db_index=True)
    phone = models.CharField(_("téléphone"), max_length=30, blank=True)
    office = models.CharField(_("bureau"), max_length=60, blank=True)
    """Building and room, as people say it."""
    starts_date = models.DateField(_("arrivée le"), null=True, blank=True)
    ends_date = models.DateField(_("départ le"), null=True, blank=True)
    """Last day in post, when it is known beforehand."""
    is_listed = models.BooleanField(_("visible des collègues"), default=True)
    """False: found by those whose perimeter has the agent, not by colleagues."""

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["last_name", "first_name"]
        # With `search` in it, people search reads the index alone: half the time of reading the rows.
        indexes = [models.Index(fields=["last_name", "first_name", "search"], name="agent_name_search")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Role(models.TextChoices):
    """What a user may do, on an entity and all below it."""

    HEAD_OF_DEPARTMENT = "head_of_department", _("Responsable de service")
    TECHNICIAN = "technician", _("Technicien informatique")
    HEAD_OF_IT = "head_of_it", _("Responsable informatique (DSI)")
    ELECTED_MEMBER = "elected_member", _("Élu")
    AUDITOR = "auditor", _("Auditeur")


class InForce(models.Manager["RoleGrant"]):
    """Only the grants that hold today: what has run out is over before the sweep takes it away (requirement 20)."""

    def get_queryset(self) -> models.QuerySet[RoleGrant]:
        """Without end, or with a last day that is not over in Paris."""
        return super().get_queryset().filter(unexpired(clock.today()))


def unexpired(today: date, prefix: str = "") -> models.Q:
    """The condition "still holds on this day" on grants (`prefix`: the lookup that leads to them, with `__`)."""
    return models.Q(**{f"{prefix}ends_date__isnull": True}) | models.Q(**{f"{prefix}ends_date__gte": today})


class RoleGrant(models.Model):
    """A role given to a user on an entity: by whom, and until which day if not for good."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("rôle"), max_length=30, choices=Role)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="role_grants")
    ends_date = models.DateField(_("jusqu’au"), null=True, blank=True, db_index=True)
    """The last day it holds."""
    granted_at = models.DateTimeField(_("attribué le"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects: ClassVar[InForce] = InForce()
    with_expired: ClassVar[models.Manager[RoleGrant]] = models.Manager()

    class Meta:
        verbose_name = _("rôle attribué")
        constraints = [models.UniqueConstraint(fields=["user", "role", "entity"], name="role_once_per_entity")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.entity}"
