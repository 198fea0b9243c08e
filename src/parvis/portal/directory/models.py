"""Entities, agents, roles."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Entity(models.Model):
    """A node of the authority's tree, by materialised path.

    `path` is the ids from the root down, each on 6 digits and a dot (`000001.000012.`): a subtree is one prefix.
    """

    class Kind(models.TextChoices):
        """What the node is."""

        METROPOLE = "metropole", _("Métropole ou communauté")
        COMMUNE = "commune", _("Commune")
        MAISON_COMMUNE = "maison_commune", _("Maison commune")
        STRUCTURE = "structure", _("Structure rattachée")
        DEPARTMENT = "department", _("Service")

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=120, unique=True, editable=False)
    kind = models.CharField(_("type"), max_length=20, choices=Kind)
    name = models.CharField(_("nom"), max_length=150)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    code = models.CharField(_("code"), max_length=60, blank=True, db_index=True)
    """What the sources call it (department code of the payroll, name of the organisational unit)."""

    class Meta:
        verbose_name = _("entité")
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["parent", "name"], name="entity_name_once_per_parent")]

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
    search = models.CharField(max_length=400, db_index=True, editable=False)
    """Name, e-mail and job without accents, in lower case: what search looks in."""
    is_active = models.BooleanField(_("en poste"), default=True)
    personnel_number = models.CharField(_("matricule"), max_length=40, blank=True, db_index=True)
    phone = models.CharField(_("téléphone"), max_length=30, blank=True)
    office = models.CharField(_("bureau"), max_length=60, blank=True)
    """Building and room, as people say it."""
    starts_date = models.DateField(_("arrivée le"), null=True, blank=True)
    ends_date = models.DateField(_("départ le"), null=True, blank=True)
    """Last day in post, when it is known beforehand."""

    class Meta:
        verbose_name = _("agent")
        ordering = ["last_name", "first_name"]
        indexes = [models.Index(fields=["last_name", "first_name"], name="agent_name")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Role(models.TextChoices):
    """What a user may do, on an entity and all below it."""

    HEAD_OF_DEPARTMENT = "head_of_department", _("Responsable de service")
    TECHNICIAN = "technician", _("Technicien informatique")
    HEAD_OF_IT = "head_of_it", _("Responsable informatique (DSI)")
    ELECTED_MEMBER = "elected_member", _("Élu")
    AUDITOR = "auditor", _("Auditeur")


class RoleGrant(models.Model):
    """A role given to a user on an entity."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("rôle"), max_length=30, choices=Role)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="role_grants")

    class Meta:
        verbose_name = _("rôle attribué")
        constraints = [models.UniqueConstraint(fields=["user", "role", "entity"], name="role_once_per_entity")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.entity}"
