"""Sources, what they told of whom, their runs, and what people decided against them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity

MOST_RECORDS = 200_000
"""No source may bring more people than this: a reading is compared in memory (about 2 kB a person)."""


class Source(models.Model):
    """Where agents come from: an LDAP directory or a file. It speaks for `root` and what is below it, nothing else."""

    class Kind(models.TextChoices):
        """How it is read; `readers` knows who reads each."""

        LDAP = "ldap", _("Annuaire LDAP ou Active Directory")
        FILE = "file", _("Fichier CSV ou Excel")

    name = models.CharField(_("nom"), max_length=100)
    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    root = models.ForeignKey(Entity, verbose_name=_("collectivité"), on_delete=models.PROTECT, related_name="+")
    settings = models.JSONField(default=dict, blank=True)
    """What the reader of this kind needs. Secrets are encrypted: read and write them with `secrets`."""
    is_active = models.BooleanField(_("en service"), default=True)
    priority = models.PositiveSmallIntegerField(_("priorité"), default=1, validators=[MinValueValidator(1)])
    """1 speaks first: where two sources differ about a field, the lower number wins."""
    every_hours = models.PositiveSmallIntegerField(
        _("toutes les"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(168)]
    )
    """None: only when somebody asks. 24: every night at `night_hour`."""
    night_hour = models.PositiveSmallIntegerField(_("heure"), default=3, validators=[MaxValueValidator(23)])
    """Hour in Paris at which a nightly run starts."""
    threshold_percent = models.PositiveSmallIntegerField(
        _("seuil de sécurité (%)"), default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    threshold_floor = models.PositiveSmallIntegerField(_("départs toujours permis"), default=3)
    """This many people may leave without anybody being asked, however small the directory is."""
    grace_runs = models.PositiveSmallIntegerField(
        _("absences avant départ"), default=2, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    """Runs in a row in which somebody is missing before they leave."""
    grace_days = models.PositiveSmallIntegerField(_("jours avant départ"), default=0)
    """Days somebody is missing before they leave; both delays must be over."""
    is_complete = models.BooleanField(_("contient tous les agents"), default=True)
    """False: who is not in it is not taken for gone."""
    max_records = models.PositiveIntegerField(
        _("nombre maximal de personnes"),
        default=100_000,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_RECORDS)],
    )
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the next scheduled run is due."""
    revision = models.PositiveIntegerField(default=1, editable=False)
    """Grows with every change of settings: a run planned under another revision is not applied."""

    class Meta:
        verbose_name = _("source")
        ordering = ["priority", "name"]
        constraints = [models.UniqueConstraint(fields=["root", "name"], name="source_name_once_per_root")]

    def __str__(self) -> str:
        return self.name


class Link(models.Model):
    """This person of the source is that agent: what the two are matched by, whatever becomes of the name."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="links")
    key = models.CharField(max_length=200)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="source_links")
    reported = models.JSONField(default=dict)
    """What the source said last, by field; `entity` is an entity's id. Fields it said nothing about are left out."""
    is_enabled = models.BooleanField(default=True)
    """False: the source said that the person is disabled."""
    where = models.CharField(max_length=300, blank=True)
    missing_runs = models.PositiveIntegerField(default=0)
    missing_since = models.DateTimeField(null=True, blank=True)
    is_gone = models.BooleanField(default=False)
    """Missing for longer than the source's delay: it does not count any more as saying that the person is here."""
    linked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    """When the source last said something new of this person."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="link_key_once_per_source"),
            models.UniqueConstraint(fields=["source", "agent"], name="link_agent_once_per_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.key}"


class Hold(models.Model):
    """A field a human won: sources do not write it until it is given back, or until they say the same."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="source_holds")
    field = models.CharField(max_length=30)
    """A field of `Agent`, `entity` and `is_active` included."""
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "field"], name="hold_once_per_field")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.field}"


class Upload(models.Model):
    """A file given to a file source, until its run is over."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return self.name


class Run(models.Model):
    """One comparison of a source with the directory, and what became of it. Its lifecycle: `rules.TRANSITIONS`."""

    class State(models.TextChoices):
        """Where the run stands."""

        QUEUED = "queued", _("En attente")
        READING = "reading", _("Lecture")
        PLANNED = "planned", _("À vérifier")
        WAITING = "waiting", _("Décision demandée")
        APPLYING = "applying", _("Application")
        APPLIED = "applied", _("Terminée")
        FAILED = "failed", _("Échec")
        STALE = "stale", _("À refaire")
        DISCARDED = "discarded", _("Abandonnée")

    BUSY = (State.QUEUED, State.READING, State.APPLYING)
    """One at a time per source."""
    OPEN = (State.PLANNED, State.WAITING)
    """Wait for a person."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.QUEUED)
    is_trial = models.BooleanField(default=False)
    """A dry run: shows its differences and applies nothing until a person says so."""
    upload = models.ForeignKey(Upload, null=True, on_delete=models.SET_NULL, related_name="runs")
    file_name = models.CharField(max_length=200, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=32, blank=True)
    """Who works on it: a fresh token per attempt, so that two never do."""
    beat_at = models.DateTimeField(null=True)
    """Last sign of life of the worker."""
    read = models.PositiveIntegerField(default=0)
    """Records read, faults included."""
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    """Items to apply, and those applied."""
    counts = models.JSONField(default=dict)
    """How many people by kind of change; see `rules.Kind`."""
    leaving = models.PositiveIntegerField(default=0)
    present = models.PositiveIntegerField(default=0)
    """Who would leave, among those of this source who are in post."""
    problem = models.CharField(max_length=40, blank=True)
    """Code of what went wrong; `wording` has the sentence."""
    detail = models.CharField(max_length=500, blank=True)
    notes = models.JSONField(default=list)
    """What was noticed of the whole: the file's encoding, columns not understood."""
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("synchronisation")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["source", "-created_at"], name="run_of_source")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(state__in=["queued", "reading", "applying"]),
                name="one_busy_run_per_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.created_at:%Y-%m-%d %H:%M}"


class RunItem(models.Model):
    """One person in a run: what would change for them, or why nothing does. Those without differences have none."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items")
    kinds = models.CharField(max_length=100)
    """Every `rules.Kind` that is true of them, between bars: `|change|move|`."""
    key = models.CharField(max_length=200, blank=True)
    label = models.CharField(max_length=220)
    """Their name, or where the record stands if it has none."""
    search = models.CharField(max_length=500)
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    details = models.JSONField(default=dict)
    """What `rules.Item` holds, as JSON."""
    base = models.CharField(max_length=40, blank=True)
    """Fingerprint of the agent the item was planned on."""
    is_due = models.BooleanField(default=False)
    """To be applied, and not yet."""
    outcome = models.CharField(max_length=40, blank=True)
    """Why it was left out after all, if it was."""

    class Meta:
        indexes = [models.Index(fields=["run", "is_due", "id"], name="run_items_due")]

    def __str__(self) -> str:
        return self.label


class Merge(models.Model):
    """A record that looks like an agent who is there already: a person says whether they are one."""

    class State(models.TextChoices):
        """What was answered."""

        OPEN = "open", _("À décider")
        ACCEPTED = "accepted", _("Même personne")
        REFUSED = "refused", _("Personnes différentes")

    class Reason(models.TextChoices):
        """What the two share. Never the name alone."""

        EMAIL = "email", _("même adresse électronique")
        NUMBER = "number", _("même matricule")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="merges")
    key = models.CharField(max_length=200)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="source_merges")
    reason = models.CharField(max_length=10, choices=Reason)
    record = models.JSONField(default=dict)
    """What the source says of the person, `entity` being an entity's id."""
    where = models.CharField(max_length=300, blank=True)
    is_enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("fusion proposée")
        ordering = ["-proposed_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "key", "agent"], name="merge_proposed_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.agent_id}"
