"""Policies, jobs, texts and their acceptances, requests, enrolments, help calls."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.parc.models import Computer
from parvis.portal.presence.models import Pattern
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework import rules


class Level(models.IntegerChoices):
    """What telework opens."""

    MAIL = rules.LEVEL_1, _("Niveau 1\u202f: messagerie et applications")
    SCREEN = rules.LEVEL_2, _("Niveau 2\u202f: écran de l’ordinateur de bureau")


class MostLevel(models.IntegerChoices):
    """What a job allows at most."""

    NONE = rules.NONE, _("Pas de télétravail")
    MAIL = rules.LEVEL_1, _("Niveau 1\u202f: messagerie et applications")
    SCREEN = rules.LEVEL_2, _("Niveau 2\u202f: écran de l’ordinateur de bureau")


class Policy(models.Model):
    """What an entity asks of its agents; what is empty comes from the entity above (`rules.inherited`)."""

    entity = models.OneToOneField(Entity, on_delete=models.CASCADE, related_name="telework_policy")
    default_level = models.PositiveSmallIntegerField(_("métiers non cités"), choices=MostLevel, null=True, blank=True)
    most_days = models.PositiveSmallIntegerField(
        _("jours par semaine au plus"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    head_approves = models.BooleanField(_("le responsable du service donne son accord"), null=True, blank=True)
    opens_alone = models.BooleanField(_("ouverture sans intervention de la DSI"), null=True, blank=True)

    class Meta:
        verbose_name = _("règles du télétravail")

    def __str__(self) -> str:
        return str(self.entity)


class JobRule(models.Model):
    """What some jobs allow at most, in an entity and below."""

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.CASCADE, related_name="+")
    words = models.CharField(_("mots de la fonction"), max_length=300)
    """Separated by commas, one is enough."""
    level = models.PositiveSmallIntegerField(_("permet au plus"), choices=MostLevel)
    reason = models.CharField(_("pourquoi"), max_length=200, blank=True)
    """Said to the agent."""

    class Meta:
        verbose_name = _("métier")
        ordering = ["entity__path", "words"]

    def __str__(self) -> str:
        return self.words


class Document(models.Model):
    """A version of a text agents accept. Once published it never changes: the next version is another row."""

    class Kind(models.TextChoices):
        """What it is."""

        CHARTER = "charter", _("Charte")
        AGREEMENT = "agreement", _("Convention de télétravail")

    entity = models.ForeignKey(
        Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="telework_documents"
    )
    kind = models.CharField(_("type"), max_length=9, choices=Kind)
    version = models.PositiveSmallIntegerField(_("version"))
    title = models.CharField(_("titre"), max_length=150)
    text = models.TextField(_("texte"), max_length=60_000)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asks_again = models.BooleanField(_("à accepter de nouveau par tous"), default=True)
    """False: who accepted an earlier version need not accept this one (a misprint mended)."""
    digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of title and text as published, hexadecimal."""
    told_at = models.DateTimeField(null=True, blank=True)
    """When the teleworkers it binds were written to."""

    class Meta:
        verbose_name = _("texte")
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "kind", "version"], name="telework_document_version"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | ~Q(digest=""), name="telework_document_published_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} (version {self.version})"


class Request(models.Model):
    """An agent asks to telework, on these weekdays, from this day on."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.REQUEST_MOVES`."""

        REQUESTED = "requested", _("À décider")
        APPROVED = "approved", _("Accordée")
        REFUSED = "refused", _("Refusée")
        OPEN = "open", _("Ouverte")
        SUSPENDED = "suspended", _("Suspendue")
        WITHDRAWN = "withdrawn", _("Retirée")
        ENDED = "ended", _("Terminée")

    class Machine(models.TextChoices):
        """What the agent works on at home."""

        OWN = "own", _("Mon ordinateur personnel")
        SUPPLIED = "supplied", _("Un portable fourni par la collectivité")
        NONE = "none", _("Je n’ai pas d’ordinateur")

    class Line(models.TextChoices):
        """How the home is connected."""

        FIBRE = "fibre", _("Fibre ou câble")
        DSL = "dsl", _("ADSL")
        MOBILE = "mobile", _("Téléphone mobile (4G ou 5G)")
        NONE = "none", _("Pas de connexion")
        UNKNOWN = "unknown", _("Je ne sais pas")

    agent = models.ForeignKey(
        Agent, verbose_name=_("agent"), on_delete=models.PROTECT, related_name="telework_requests"
    )
    level = models.PositiveSmallIntegerField(_("niveau"), choices=Level)
    machine = models.CharField(_("ordinateur à la maison"), max_length=8, choices=Machine)
    line = models.CharField(_("connexion à la maison"), max_length=7, choices=Line)
    has_phone = models.BooleanField(_("peut être appelé sur son propre téléphone"), default=True)
    days = models.PositiveSmallIntegerField(_("jours souhaités"))
    """Mask of weekdays, Monday 1, Tuesday 2, … (`rules.days_of`)."""
    starts_date = models.DateField(_("à partir du"))
    ends_date = models.DateField(_("jusqu’au"), null=True, blank=True)
    """The last day, included; None: no end."""
    note = models.CharField(_("précision"), max_length=300, blank=True)
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True)
    """Who decides was last reminded that it waits."""
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    refusal = models.CharField(_("motif du refus"), max_length=300, blank=True)
    follow_up = models.CharField(max_length=32, blank=True, editable=False)
    """Decided with many others (the key of that answer): letter and opening are still due. Empty: nothing is."""
    opened_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspension = models.CharField(_("motif de la suspension"), max_length=300, blank=True)
    resumes_date = models.DateField(_("reprise le"), null=True, blank=True)
    """Suspended: the day it goes on by itself; None: when somebody says so."""
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(_("motif de la fin"), max_length=300, blank=True)
    pattern = models.ForeignKey(Pattern, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The usual week that opening wrote: shutting ends it. None: the agent had one of their own."""

    class Meta:
        verbose_name = _("demande de télétravail")
        verbose_name_plural = _("demandes de télétravail")
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent"], condition=Q(state__in=sorted(rules.LIVE)), name="telework_one_live_request"
            ),
            models.CheckConstraint(condition=Q(days__range=(1, 31)), name="telework_request_days"),
            models.CheckConstraint(
                condition=Q(ends_date__isnull=True) | Q(ends_date__gte=F("starts_date")),
                name="telework_request_dates_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-requested_at"], name="telework_request_state"),
            models.Index(fields=["follow_up"], condition=~Q(follow_up=""), name="telework_request_follow_up"),
        ]

    def __str__(self) -> str:
        return f"{self.agent} ({self.get_state_display()})"


class DaysChange(models.Model):
    """Other weekdays for telework that is granted, from a day on. Those that are over tell what the days were."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.CHANGE_MOVES`."""

        WAITING = "waiting", _("À décider")
        GRANTED = "granted", _("Accordé")
        APPLIED = "applied", _("Fait")
        REFUSED = "refused", _("Refusé")
        WITHDRAWN = "withdrawn", _("Retiré")

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="days_changes")
    before = models.PositiveSmallIntegerField()
    """The days there were when it was asked for, then when it was done (`rules.days_of`)."""
    days = models.PositiveSmallIntegerField(_("jours souhaités"))
    starts_date = models.DateField(_("à partir du"))
    note = models.CharField(_("précision"), max_length=300, blank=True)
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    refusal = models.CharField(_("motif du refus"), max_length=300, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("changement de jours")
        verbose_name_plural = _("changements de jours")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(state__in=["waiting", "granted"]), name="telework_one_live_days_change"
            ),
            models.CheckConstraint(condition=Q(days__range=(1, 31)), name="telework_days_change_days"),
        ]

    def __str__(self) -> str:
        return str(self.request.agent)


class GivenRight(models.Model):
    """A right to a screen that opening gave: shutting takes it back, and leaves what others gave."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="given_rights")
    right = models.OneToOneField(Right, on_delete=models.CASCADE, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    """By the portal, with what it was given for: no person's decision against the agent."""

    class Meta:
        verbose_name = _("droit ouvert")

    def __str__(self) -> str:
        return str(self.right)


class Acceptance(models.Model):
    """Proof that an agent accepted a document: what was shown, when, from where. Never changed."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="acceptances")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="telework_acceptances")
    request = models.ForeignKey(Request, null=True, blank=True, on_delete=models.SET_NULL, related_name="acceptances")
    """The request an agreement is about; a charter stands by itself."""
    accepted_at = models.DateTimeField()
    client_address = models.CharField(max_length=45, blank=True)
    shown = models.TextField(max_length=70_000)
    """The text as the agent had it before them, days and dates filled in."""
    digest = models.CharField(max_length=64)
    """SHA-256 of `shown`, hexadecimal; the audit trail has it too."""

    class Meta:
        verbose_name = _("acceptation")
        ordering = ["-accepted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "agent"], condition=Q(request__isnull=True), name="telework_accepted_once"
            ),
            models.UniqueConstraint(fields=["document", "request"], name="telework_agreed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agent}\u202f: {self.document}"


class Enrolment(models.Model):
    """The guided way of one agent to telework that works. Left and taken up again, on any device."""

    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="enrolment")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="enrolments")
    level = models.PositiveSmallIntegerField(choices=Level)
    invited_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    """The agent opened the path."""
    stage = models.CharField(max_length=10)
    """The stage they are at (`rules.Stage`); the last one once finished."""
    blocked_code = models.CharField(max_length=40, blank=True)
    """What the last try at this stage stumbled on; empty: nothing."""
    blocked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    working_at = models.DateTimeField(null=True, blank=True)
    """The first screen of a day after the enrolment: they work."""
    down_kbps = models.PositiveIntegerField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    line_quality = models.CharField(max_length=5, blank=True)
    """`rules.Quality` of the newest measure; empty: never measured."""
    measured_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mise en service")
        ordering = ["-invited_at", "-pk"]
        indexes = [models.Index(fields=["agent", "-invited_at"], name="telework_enrolment_agent")]

    def __str__(self) -> str:
        return str(self.agent)


class Try(models.Model):
    """One attempt at a stage. `seconds`: since the stage before was passed, or the path opened."""

    class Outcome(models.TextChoices):
        """How it went."""

        PASSED = "passed", _("Réussie")
        FAILED = "failed", _("Échouée")
        HELPED = "helped", _("Débloquée par l’assistance")

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="tries")
    stage = models.CharField(max_length=10)
    outcome = models.CharField(max_length=6, choices=Outcome)
    code = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("essai")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "stage"], condition=~Q(outcome="failed"), name="telework_stage_passed_once"
            )
        ]
        indexes = [models.Index(fields=["stage", "outcome", "at"], name="telework_try_funnel")]

    def __str__(self) -> str:
        return f"{self.stage} {self.outcome}"


class HelpCall(models.Model):
    """An agent is blocked and asks for somebody: written by the product with all it knows, not by the agent."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("En attente")
        TAKEN = "taken", _("Prise en charge")
        CLOSED = "closed", _("Réglée")

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="help_calls")
    computer = models.ForeignKey(Computer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    stage = models.CharField(max_length=10)
    code = models.CharField(max_length=40, blank=True)
    """What the diagnosis found."""
    facts = models.JSONField(default=dict)
    """What the diagnosis saw: checks and their answers, browser, measures. Nothing typed, nothing of the screen."""
    message = models.CharField(_("précision de l’agent"), max_length=300, blank=True)
    state = models.CharField(_("état"), max_length=7, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(_("réponse"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("demande d’aide")
        verbose_name_plural = _("demandes d’aide")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"], condition=~Q(state="closed"), name="telework_one_open_help_call"
            )
        ]

    def __str__(self) -> str:
        return str(self.enrolment.agent)
