"""Statuses of an authority, policies, closures, patterns, declared days, their history, counts."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.presence import rules


class StatusSetting(models.Model):
    """A status of `rules.BUILT_IN` as this authority words it, or one it has added.

    Days and patterns hold codes, not keys: a status is retired (`is_active`), never deleted.
    """

    class Place(models.TextChoices):
        """`rules.Place`, in words."""

        ON_SITE = "on_site", _("Sur site")
        REMOTE = "remote", _("À distance")
        AWAY = "away", _("Au travail, ailleurs")
        ABSENT = "absent", _("Absent")

    class Confirmation(models.TextChoices):
        """`rules.Confirmation`, in words."""

        NEVER = "never", _("Jamais")
        BY_POLICY = "by_policy", _("Si le service le demande")
        ALWAYS = "always", _("Toujours")

    class Colour(models.TextChoices):
        """The palette of `state_badge`."""

        GREEN = "green", _("Vert")
        BLUE = "blue", _("Bleu")
        AZURE = "azure", _("Bleu clair")
        PURPLE = "purple", _("Violet")
        ORANGE = "orange", _("Orange")
        YELLOW = "yellow", _("Jaune")
        RED = "red", _("Rouge")
        SECONDARY = "secondary", _("Gris")

    code = models.CharField(max_length=12, unique=True)
    label = models.CharField(_("nom"), max_length=40)
    letter = models.CharField(_("lettre"), max_length=2)
    colour = models.CharField(_("couleur"), max_length=10, choices=Colour)
    place = models.CharField(_("compte comme"), max_length=10, choices=Place)
    seen_by_colleagues = models.BooleanField(_("nommé aux collègues"), default=False)
    agent_may = models.BooleanField(_("l’agent peut le déclarer"), default=True)
    head_may = models.BooleanField(_("le responsable peut le déclarer"), default=True)
    confirmation = models.CharField(
        _("confirmation du responsable"), max_length=10, choices=Confirmation, default=Confirmation.NEVER
    )
    is_active = models.BooleanField(_("proposé"), default=True)
    position = models.PositiveSmallIntegerField(_("place dans la liste"), default=50)

    class Meta:
        verbose_name = _("statut")
        constraints = [
            models.CheckConstraint(
                condition=~Q(place="absent", seen_by_colleagues=True), name="presence_absence_is_not_named"
            )
        ]

    def __str__(self) -> str:
        return self.label


class Policy(models.Model):
    """What an entity asks of its agents; what is empty comes from the entity above (`rules.inherited`)."""

    entity = models.OneToOneField(Entity, on_delete=models.CASCADE, related_name="presence_policy")
    confirms = models.BooleanField(_("le responsable confirme les jours déclarés"), null=True, blank=True)
    late_days = models.PositiveSmallIntegerField(
        _("jours passés encore modifiables par l’agent"), null=True, blank=True, validators=[MaxValueValidator(62)]
    )
    alsace_moselle = models.BooleanField(_("jours fériés d’Alsace-Moselle"), null=True, blank=True)
    school_zone = models.CharField(
        _("zone scolaire"), max_length=1, blank=True, choices=[(zone, zone) for zone in ("A", "B", "C")]
    )
    week = models.CharField(_("semaine habituelle"), max_length=200, blank=True)
    """Of agents who have none of their own: 14 codes, commas between."""
    minimum_on_site = models.PositiveSmallIntegerField(_("agents sur site au moins"), default=0)
    """Of this entity with all below it, each worked half-day; 0: no minimum. Not inherited."""

    class Meta:
        verbose_name = _("règle de présence")

    def __str__(self) -> str:
        return str(self.entity)


class Closure(models.Model):
    """Days on which an entity, and all below it, is closed."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="closures", verbose_name=_("entité"))
    starts_date = models.DateField(_("du"))
    ends_date = models.DateField(_("au"))
    label = models.CharField(_("nom"), max_length=60)
    """Read by everybody: `Pont de l’Ascension`."""

    class Meta:
        verbose_name = _("fermeture")
        ordering = ["-starts_date"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_date__gte=F("starts_date")), name="presence_closure_in_order")
        ]

    def __str__(self) -> str:
        return self.label


class State(models.TextChoices):
    """`rules.State`, in words."""

    DECLARED = "declared", _("Déclaré")
    TO_CONFIRM = "to_confirm", _("À confirmer")
    CONFIRMED = "confirmed", _("Confirmé")
    REFUSED = "refused", _("Refusé")


class Pattern(models.Model):
    """An agent's usual week, between two days. Of those in force, the last to start holds: they may overlap."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="presence_patterns")
    starts_date = models.DateField(_("à partir du"))
    ends_date = models.DateField(_("jusqu’au"), null=True, blank=True)
    halves = models.CharField(max_length=400)
    """14 codes (28: even ISO weeks, then odd ones), Monday morning first, commas between; see `rules.Week`."""
    state = models.CharField(max_length=10, choices=State)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("semaine habituelle")
        ordering = ["-starts_date", "-pk"]
        indexes = [models.Index(fields=["state"], condition=Q(state="to_confirm"), name="presence_pattern_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_date=None) | Q(ends_date__gte=F("starts_date")), name="presence_pattern_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent} · {self.starts_date}"


class Operation(models.Model):
    """One act on one or many days, by one person: what history shows, and what can be undone as a whole."""

    class Kind(models.TextChoices):
        """What was done."""

        DECLARE = "declare", _("Déclaration")
        BULK = "bulk", _("Déclaration pour un service")
        COPY = "copy", _("Copie d’une semaine")
        CONFIRM = "confirm", _("Confirmation")
        REFUSE = "refuse", _("Refus")
        UNDO = "undo", _("Annulation")

    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField()
    agent = models.ForeignKey(Agent, null=True, on_delete=models.CASCADE, related_name="presence_operations")
    """Of whom, when it is about one agent."""
    entity = models.ForeignKey(Entity, null=True, on_delete=models.CASCADE, related_name="+")
    """With all below it, when it is about a department."""
    starts_date = models.DateField()
    ends_date = models.DateField()
    am = models.CharField(max_length=12, blank=True)
    pm = models.CharField(max_length=12, blank=True)
    days_changed = models.PositiveIntegerField(default=0)
    carried_out_at = models.DateTimeField(null=True)
    """None: so large that the worker is doing it, a part at a time."""
    undoes = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="undone_by")
    """The operation this one undoes: once only, the database says so."""

    class Meta:
        verbose_name = _("opération")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["entity", "-at"], name="presence_operation_entity")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.starts_date}"


class Day(models.Model):
    """What was declared for one agent on one date; an empty half follows the pattern. Most dates have no row."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="presence_days")
    date = models.DateField()
    am = models.CharField(max_length=12, blank=True)
    pm = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=10, choices=State)
    despite_closure = models.BooleanField(default=False)
    """Declared for this day alone, knowing that it is a holiday or a closure."""
    agreed_am = models.CharField(max_length=12, null=True)
    """As the head last confirmed it; None: never."""
    agreed_pm = models.CharField(max_length=12, null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("jour déclaré")
        constraints = [models.UniqueConstraint(fields=["agent", "date"], name="presence_day_once")]
        indexes = [
            models.Index(fields=["date"], name="presence_day_date"),
            models.Index(fields=["agent", "date"], condition=Q(state="to_confirm"), name="presence_day_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} · {self.date}"

    @property
    def declared(self) -> rules.Declared:
        """As the rules read it."""
        agreed = None if self.agreed_am is None else (self.agreed_am, self.agreed_pm or "")
        return rules.Declared(self.am, self.pm, self.state, self.despite_closure, self.revision, agreed)


class Change(models.Model):
    """One day before and after an operation. Empty states: there was, or is, no row."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="changes")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    before_am = models.CharField(max_length=12, blank=True)
    before_pm = models.CharField(max_length=12, blank=True)
    before_state = models.CharField(max_length=10, blank=True)
    after_am = models.CharField(max_length=12, blank=True)
    after_pm = models.CharField(max_length=12, blank=True)
    after_state = models.CharField(max_length=10, blank=True)

    class Meta:
        indexes = [models.Index(fields=["agent", "-date"], name="presence_change_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id} · {self.date}"


class DayCount(models.Model):
    """How many agents were where, on a date: what curves read. Filled by `counts`, seconds behind the days."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    direct = models.JSONField(default=dict)
    """`{code: [mornings, afternoons]}` of the agents of this very entity; also `unknown`, `off`, `closed`."""
    total = models.JSONField(default=dict)
    """The same, of the entity with all below it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "date"], name="presence_count_once")]

    def __str__(self) -> str:
        return f"{self.entity_id} · {self.date}"


class Stale(models.Model):
    """Counts to be made again: written with the change that made them stale, consumed by `counts.refresh`."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    starts_date = models.DateField()
    ends_date = models.DateField()

    def __str__(self) -> str:
        return f"{self.entity_id} · {self.starts_date}"


class CountsTurn(models.Model):
    """One row (id 1): who counts takes it, so that nobody counts at the same time."""

    number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class Feed(models.Model):
    """An agent's calendar address. Whoever has the address reads it: its secret is random, and kept as a hash only."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="presence_feed")
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the secret (256 random bits: no salt is needed)."""
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    """Last time a calendar fetched it."""

    def __str__(self) -> str:
        return str(self.agent)


# Django looks for a room's models here.
from parvis.portal.presence.staffing_models import AlertTold, Minimum  # noqa: E402, F401
