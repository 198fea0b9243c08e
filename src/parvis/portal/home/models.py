"""Tiles, favourites, announcements, services and the history of their states."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Entity
from parvis.portal.home import rules


class Hosting(models.TextChoices):
    """Where something runs."""

    LOCAL = "local", _("Hébergé par la collectivité")
    EXTERNAL = "external", _("Hébergé à l’extérieur")


STATE_COLOURS = {"operational": "green", "degraded": "orange", "outage": "red", "maintenance": "blue"}
STATE_ICONS = {
    "operational": "circle-check",
    "degraded": "alert-triangle",
    "outage": "circle-x",
    "maintenance": "tool",
}


class Published(models.Model):
    """What an entity publishes for some of its agents."""

    entity = models.ForeignKey(
        Entity, verbose_name=_("publié par"), on_delete=models.PROTECT, related_name="%(class)s_set"
    )
    for_everyone = models.BooleanField(_("tous les agents de cette entité"), default=True)
    services_concerned = models.ManyToManyField(Entity, verbose_name=_("services"), blank=True, related_name="+")
    roles_concerned = models.JSONField(_("rôles"), default=list, blank=True)
    """Values of `directory.Role`."""

    class Meta:
        abstract = True

    @property
    def audience(self) -> rules.Audience:
        """Who sees it. Reads `services_concerned`: prefetch them."""
        services = () if self.for_everyone else self.services_concerned.all()
        return rules.Audience(
            owner=self.entity.path,
            everyone=self.for_everyone,
            services=frozenset(service.path for service in services),
            roles=frozenset(self.roles_concerned),
        )


class Service(models.Model):
    """What an application runs on: where it is hosted, who answers for it, how it is."""

    class State(models.TextChoices):
        """How it is, in an agent's words."""

        OPERATIONAL = "operational", _("En service")
        DEGRADED = "degraded", _("Perturbations")
        OUTAGE = "outage", _("En panne")
        MAINTENANCE = "maintenance", _("En maintenance")

    entity = models.ForeignKey(
        Entity, verbose_name=_("géré par"), on_delete=models.PROTECT, related_name="hosted_services"
    )
    name = models.CharField(_("nom"), max_length=100)
    hosting = models.CharField(_("hébergement"), max_length=10, choices=Hosting, default=Hosting.LOCAL)
    provider = models.CharField(_("hébergeur"), max_length=100, blank=True)
    owner = models.CharField(_("responsable"), max_length=100, blank=True)
    """Who answers for it: a person or a team, in words."""
    check_url = models.CharField(_("adresse vérifiée automatiquement"), max_length=rules.MAX_URL, blank=True)
    """Empty: the state is told by hand only."""
    state = models.CharField(_("état"), max_length=12, choices=State, default=State.OPERATIONAL)
    state_by_hand = models.BooleanField(default=False)
    """Told by a person: probes do not change it."""
    state_since = models.DateTimeField(_("depuis"))
    message = models.CharField(_("message aux agents"), max_length=300, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    """Probes in a row that failed."""
    problem = models.CharField(max_length=200, blank=True)
    """What the last probe found, for the DSI."""

    class Meta:
        verbose_name = _("service numérique")
        ordering: ClassVar[list[str]] = ["name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="service_name_once_per_entity")]
        indexes = [models.Index(fields=["state"], name="service_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def colour(self) -> str:
        """Of its state's mark."""
        return STATE_COLOURS[self.state]

    @property
    def icon(self) -> str:
        """Of its state's mark: the colour is never alone."""
        return STATE_ICONS[self.state]


class ServiceState(models.Model):
    """A state a service was in, from `since` until the next one."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="history")
    state = models.CharField(_("état"), max_length=12, choices=Service.State)
    since = models.DateTimeField(_("depuis"))
    message = models.CharField(_("message"), max_length=300, blank=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """None: found by the probe."""

    class Meta:
        verbose_name = _("état d’un service numérique")
        ordering: ClassVar[list[str]] = ["-since", "-pk"]
        indexes = [models.Index(fields=["service", "-since"], name="service_history")]

    def __str__(self) -> str:
        return f"{self.service} {self.state}"

    @property
    def colour(self) -> str:
        """Of the state's mark."""
        return STATE_COLOURS[self.state]

    @property
    def icon(self) -> str:
        """Of the state's mark."""
        return STATE_ICONS[self.state]


class Tile(Published):
    """A way into an application, on the home page."""

    title = models.CharField(_("titre"), max_length=60)
    url = models.CharField(_("adresse"), max_length=rules.MAX_URL)
    description = models.CharField(_("description"), max_length=140, blank=True)
    category = models.CharField(_("rubrique"), max_length=60)
    icon = models.CharField(_("icône"), max_length=40, default="apps")
    colour = models.CharField(
        _("couleur"), max_length=10, choices=[(name, name) for name in rules.COLOURS], default="blue"
    )
    hosting = models.CharField(_("hébergement"), max_length=10, choices=Hosting, default=Hosting.LOCAL)
    opens_new_tab = models.BooleanField(_("s’ouvre dans un nouvel onglet"), default=True)
    position = models.PositiveIntegerField(default=0)
    for_teleworkers = models.BooleanField(_("réservée aux agents qui télétravaillent"), default=False)
    """Of its audience, only those whose telework is open see it: opening and shutting telework need not touch it."""
    is_published = models.BooleanField(_("publiée"), default=False)
    service = models.ForeignKey(
        Service,
        verbose_name=_("service numérique"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tiles",
    )

    class Meta:
        verbose_name = _("tuile")
        ordering: ClassVar[list[str]] = ["position", "title"]
        constraints = [models.UniqueConstraint(fields=["entity", "title"], name="tile_title_once_per_entity")]
        indexes = [models.Index(fields=["is_published", "position"], name="tile_published")]

    def __str__(self) -> str:
        return self.title


class Favourite(models.Model):
    """A tile a user wants first."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    tile = models.ForeignKey(Tile, on_delete=models.CASCADE, related_name="favourites")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("favori")
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "tile"], name="favourite_once")]

    def __str__(self) -> str:
        return f"{self.user} ★ {self.tile}"


class Announcement(Published):
    """A message shown at the top of the home page, between two instants."""

    class Level(models.TextChoices):
        """How loud."""

        INFO = "info", _("Information")
        WARNING = "warning", _("Attention")
        URGENT = "urgent", _("Urgent")

    title = models.CharField(_("titre"), max_length=120)
    text = models.TextField(_("texte"), max_length=2000, blank=True)
    """Plain text: line breaks are kept, addresses become links."""
    level = models.CharField(_("importance"), max_length=10, choices=Level, default=Level.INFO)
    starts_at = models.DateTimeField(_("visible à partir du"))
    ends_at = models.DateTimeField(_("jusqu’au"), null=True, blank=True)

    class Meta:
        verbose_name = _("annonce")
        ordering: ClassVar[list[str]] = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="announcement_dates_in_order"
            )
        ]
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="announcement_dates")]

    def __str__(self) -> str:
        return self.title
