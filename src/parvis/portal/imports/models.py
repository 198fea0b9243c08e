"""Runs and their lines, what was remembered of a file's columns, connections to GLPI."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.parc.models import Asset

MOST_LINES = 20_000
"""No run may bring more: it is compared in memory (about 2 kB a line)."""


class Connection(models.Model):
    """A GLPI that can be read: where it is, the tokens to enter it, which of its entities is which of ours."""

    name = models.CharField(_("nom"), max_length=100)
    root = models.ForeignKey(Entity, verbose_name=_("collectivité"), on_delete=models.PROTECT, related_name="+")
    url = models.URLField(_("adresse de l’API"), max_length=300)
    """Ends with `/apirest.php`."""
    app_token = models.CharField(max_length=300, blank=True, editable=False)
    user_token = models.CharField(max_length=300, blank=True, editable=False)
    """Both as `accounts.vault` encrypted them."""
    item_types = models.JSONField(default=list)
    """GLPI's names of what is read: `Computer`, `Monitor`…"""
    entities = models.JSONField(default=dict, blank=True)
    """GLPI's full name of an entity → the id of ours, or null: not decided."""
    checked_at = models.DateTimeField(null=True, editable=False)
    problem = models.CharField(max_length=40, blank=True, editable=False)
    """What the last test found, a key of `glpi.wording.PROBLEMS`; empty: it worked."""

    class Meta:
        verbose_name = _("connexion à GLPI")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["root", "name"], name="glpi_name_once_per_root")]

    def __str__(self) -> str:
        return self.name


class Columns(models.Model):
    """Which column was which field, last time a file with these headers was brought to this entity."""

    root = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    """Of the header, folded: the same program writes the same header."""
    fields = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["root", "digest"], name="columns_once_per_header")]

    def __str__(self) -> str:
        return f"{self.root_id} {self.digest[:8]}"


class Run(models.Model):
    """One import, from the file to what became of it. Its lifecycle: `rules.TRANSITIONS`."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("Colonnes à vérifier")
        QUEUED = "queued", _("En attente")
        READING = "reading", _("Lecture")
        PLANNED = "planned", _("À vérifier")
        APPLYING = "applying", _("Application")
        APPLIED = "applied", _("Terminé")
        UNDOING = "undoing", _("Annulation en cours")
        UNDONE = "undone", _("Annulé")
        FAILED = "failed", _("Échec")
        DISCARDED = "discarded", _("Abandonné")

    class Origin(models.TextChoices):
        """Where the lines come from."""

        FILE = "file", _("Fichier")
        GLPI = "glpi", "GLPI"

    BUSY = (State.QUEUED, State.READING, State.APPLYING, State.UNDOING)
    """One at a time per entity."""

    root = models.ForeignKey(Entity, verbose_name=_("collectivité"), on_delete=models.PROTECT, related_name="+")
    """Nothing outside it is read or written."""
    origin = models.CharField(_("provenance"), max_length=10, choices=Origin, default=Origin.FILE)
    connection = models.ForeignKey(Connection, null=True, on_delete=models.SET_NULL, related_name="runs")
    name = models.CharField(_("fichier"), max_length=200)
    content = models.BinaryField(null=True)
    """The file, until the run is over (a week at most)."""
    header = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    """Field → column."""
    options = models.JSONField(default=dict)
    """See `reading.Options`."""
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("par"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("commencé"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=32, blank=True)
    """Who works on it: a fresh token per attempt, so that two never do."""
    beat_at = models.DateTimeField(null=True)
    """Last sign of life of the worker."""
    read = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    """Lines to write, and those written."""
    counts = models.JSONField(default=dict)
    """How many lines by `Line.Kind`."""
    problem = models.CharField(max_length=40, blank=True)
    """Code of what went wrong; `wording` has the sentence."""
    detail = models.CharField(max_length=500, blank=True)
    notes = models.JSONField(default=list)
    """What was noticed of the whole, as codes and what goes in their sentences."""

    class Meta:
        verbose_name = _("import")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["root", "-created_at"], name="import_of_root")]
        constraints = [
            models.UniqueConstraint(
                fields=["root"],
                condition=Q(state__in=["queued", "reading", "applying", "undoing"]),
                name="one_busy_import_per_root",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """One line: what it would do or has done, or why it does nothing."""

    class Kind(models.TextChoices):
        """What the line would do."""

        CREATED = "created", _("À ajouter")
        CHANGED = "changed", _("À modifier")
        CONFLICT = "conflict", _("Saisie humaine conservée")
        UNCHANGED = "unchanged", _("Sans changement")
        REJECTED = "rejected", _("Rejetée")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    """In the file."""
    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=120)
    search = models.CharField(max_length=300)
    asset = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    """Who has it, says the file."""
    values = models.JSONField(default=dict)
    """What would be written: see `plan.Planned.values`."""
    changes = models.JSONField(default=dict)
    """Field → what is there and what would be, each for programs and for people: `[before, after, words, words]`."""
    conflicts = models.JSONField(default=dict)
    """The same for what stays, and why: `[before, after, words, words, reason]`."""
    taken = models.JSONField(default=list)
    """Conflicts a person has ticked: the file wins there."""
    problems = models.JSONField(default=list)
    """`[code, parameters]`; of a rejected line why, of another what was left out."""
    cells = models.JSONField(default=list)
    """As it came, to be given back where it is rejected or left out; empty where nothing would be written."""
    is_due = models.BooleanField(default=False)
    """To be written, and not yet."""
    outcome = models.CharField(max_length=40, blank=True)
    """Why it was left out after all."""
    before = models.JSONField(default=dict)
    """For the undoing: what was there, and who had written it."""
    written_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number", "pk"]
        indexes = [
            models.Index(fields=["run", "is_due", "number"], name="import_lines_due"),
            models.Index(fields=["run", "kind", "number"], name="import_lines_kind"),
        ]

    def __str__(self) -> str:
        return self.label
