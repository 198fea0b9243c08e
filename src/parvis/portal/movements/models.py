"""Movements, their steps and notes, the steps each entity wants."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.movements import rules


class Kind(models.TextChoices):
    """What happens to the agent."""

    JOINER = "joiner", _("Arrivée")
    MOVER = "mover", _("Changement de service")
    LEAVER = "leaver", _("Départ")


class StepKind(models.TextChoices):
    """Where a step stands on the movement's page."""

    OPENS = "opens", _("Ce qui s’ouvre")
    MOVES = "moves", _("Ce qui change")
    COMES_BACK = "comes_back", _("Ce qui doit revenir")


OWNERS = (Role.HEAD_OF_DEPARTMENT, Role.TECHNICIAN, Role.HEAD_OF_IT)
"""Roles that may own a step."""

OWNER_CHOICES = [(role.value, role.label) for role in OWNERS]


class Movement(models.Model):
    """One arrival, change of department or departure of one agent."""

    class State(models.TextChoices):
        """The table of moves is `rules.MOVES`."""

        PLANNED = rules.PLANNED, _("Prévu")
        OPEN = rules.OPEN, _("En cours")
        DONE = rules.DONE, _("Terminé")
        CANCELLED = rules.CANCELLED, _("Annulé")

    class Origin(models.TextChoices):
        """What made it."""

        PERSON = "person", _("Une personne")
        SOURCE = "source", _("Une source de l’annuaire")
        DATE = "date", _("Une date de l’annuaire")

    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    agent = models.ForeignKey(Agent, verbose_name=_("agent"), on_delete=models.CASCADE, related_name="movements")
    effective_date = models.DateField(_("date"))
    """First day in the (new) department, or last day in post."""
    from_entity = models.ForeignKey(
        Entity, verbose_name=_("de"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    to_entity = models.ForeignKey(
        Entity, verbose_name=_("vers"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.OPEN)
    origin = models.CharField(_("ouvert par"), max_length=10, choices=Origin)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mouvement")
        ordering = ["-effective_date"]
        indexes = [models.Index(fields=["state", "effective_date"], name="movement_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "kind"], condition=Q(state__in=rules.LIVE), name="movement_live_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=rules.LIVE, closed_at__isnull=True)
                | (~Q(state__in=rules.LIVE) & Q(closed_at__isnull=False)),
                name="movement_closed_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.agent}"

    @property
    def is_live(self) -> bool:
        """Whether there is something to do."""
        return self.state in rules.LIVE

    @property
    def entity(self) -> Entity | None:
        """The department that has most to do: the new one, or the one that is left."""
        return self.from_entity if self.kind == Kind.LEAVER else self.to_entity


class Step(models.Model):
    """One thing to do for a movement, with an owner (a person, else a role in an entity) and a day."""

    class Outcome(models.TextChoices):
        """How it ended; empty: it has not."""

        DONE = "done", _("Fait")
        KEPT = "kept", _("Gardé")
        REMOVED = "removed", _("Retiré")
        DROPPED = "dropped", _("Sans objet")

    movement = models.ForeignKey(Movement, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(max_length=80)
    """What it is about, in the words of its room (`computer:12`): told twice, it is one step."""
    room = models.CharField(max_length=30)
    kind = models.CharField(_("rubrique"), max_length=10, choices=StepKind)
    title = models.CharField(_("étape"), max_length=200)
    why = models.CharField(_("pourquoi"), max_length=300, blank=True)
    link = models.CharField(max_length=300, blank=True)
    """Path of the page where it is done."""
    owner_role = models.CharField(_("rôle"), max_length=30, choices=OWNER_CHOICES)
    owner_entity = models.ForeignKey(Entity, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("responsable"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="movement_steps",
    )
    due_date = models.DateField(_("échéance"), null=True, blank=True)
    decision = models.BooleanField(default=False)
    """To keep or to remove: something the agent holds. Undecided on `ends_date`, it is removed."""
    ends_date = models.DateField(_("fin"), null=True, blank=True)
    """Last day the agent keeps it."""
    outcome = models.CharField(_("résultat"), max_length=10, choices=Outcome, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    told_at = models.DateTimeField(null=True, blank=True)
    """When its owner was first told by mail."""
    reminded_date = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("étape")
        ordering = ["kind", "due_date", "pk"]
        indexes = [
            models.Index(fields=["due_date"], condition=Q(outcome=""), name="step_to_do"),
            models.Index(fields=["ends_date"], condition=Q(decision=True), name="step_decision_end"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["movement", "key"], name="step_once"),
            models.CheckConstraint(
                condition=Q(outcome="", done_at__isnull=True) | (~Q(outcome="") & Q(done_at__isnull=False)),
                name="step_done_is_whole",
            ),
            models.CheckConstraint(condition=Q(decision=False) | Q(ends_date__isnull=False), name="step_decision_ends"),
        ]

    def __str__(self) -> str:
        return self.title

    def is_late(self, today: date) -> bool:
        """Whether its day is past and it is not done."""
        return rules.is_late(self.due_date, today, finished=bool(self.outcome))


class Note(models.Model):
    """Something one of those concerned wanted the others to know."""

    movement = models.ForeignKey(Movement, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(_("note"), max_length=2000)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = _("note")
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class StepTemplate(models.Model):
    """A step that every movement of a kind gets, in an entity and all below it. The DSI edits them."""

    entity = models.ForeignKey(Entity, verbose_name=_("pour"), on_delete=models.CASCADE, related_name="step_templates")
    movement_kind = models.CharField(_("type de mouvement"), max_length=10, choices=Kind)
    kind = models.CharField(_("rubrique"), max_length=10, choices=StepKind)
    title = models.CharField(_("étape"), max_length=200)
    why = models.CharField(_("pourquoi"), max_length=300, blank=True)
    owner_role = models.CharField(_("confiée à"), max_length=30, choices=OWNER_CHOICES)
    days = models.SmallIntegerField(_("jours après la date"), default=0)
    """Due this many days after the movement's day; before it, if negative."""

    class Meta:
        verbose_name = _("étape type")
        ordering = ["movement_kind", "kind", "days", "title"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "movement_kind", "title"], name="step_template_once"),
            models.CheckConstraint(condition=Q(days__range=(-366, 366)), name="step_template_days"),
        ]

    def __str__(self) -> str:
        return self.title


class BulkArrival(models.Model):
    """Arrivals from sources that were too many at once to be hirings: no movement was opened for them."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    """The authority (commune, structure…) they came into."""
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("arrivées en nombre")

    def __str__(self) -> str:
        return f"{self.entity} {self.first_at:%Y-%m-%d %H:%M}"
