"""Campaigns, members, what weeks offer, plans, waves and places."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.loans.models import Loan
from parvis.portal.parc.models import Site
from parvis.portal.rollout.planning.problem import MOST_WEEKS, Resource
from parvis.portal.telework.models import Level, Request


class Campaign(models.Model):
    """Who is equipped, from when, over how many weeks."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.CAMPAIGN_MOVES`."""

        DRAFT = "draft", _("En préparation")
        RUNNING = "running", _("En cours")
        PAUSED = "paused", _("Arrêtée")
        CLOSED = "closed", _("Terminée")

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(_("nom"), max_length=100)
    level = models.PositiveSmallIntegerField(_("niveau"), choices=Level, default=Level.SCREEN)
    starts_date = models.DateField(_("première semaine"))
    """A Monday."""
    weeks = models.PositiveSmallIntegerField(
        _("nombre de semaines"), validators=[MinValueValidator(1), MaxValueValidator(MOST_WEEKS)]
    )
    state = models.CharField(_("état"), max_length=7, choices=State, default=State.DRAFT)
    population = models.JSONField(default=dict, blank=True)
    """How members were chosen: entities, words of the job, requests only… kept to be shown and asked again."""
    support_minutes = models.JSONField(default=dict, blank=True)
    """Minutes of support one person takes, by need: `base`, `laptop`, `phone`."""
    sessions_share = models.FloatField(
        _("part connectée en même temps"), default=0.6, validators=[MinValueValidator(0.01), MaxValueValidator(1)]
    )
    kbps = models.PositiveIntegerField(_("débit d’un écran (kbit/s)"), default=300)
    keeps_teams = models.BooleanField(_("équiper les équipes ensemble"), default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("campagne")
        ordering = ["-starts_date", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="rollout_campaign_name"),
            models.CheckConstraint(condition=Q(weeks__range=(1, MOST_WEEKS)), name="rollout_campaign_weeks"),
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """An agent of a campaign, and what equipping them takes."""

    class Priority(models.IntegerChoices):
        """What comes first; the weights are `rules.WEIGHTS`."""

        ESSENTIAL = 1, _("Activité essentielle")
        HIGH = 2, _("Prioritaire")
        NORMAL = 3, _("Normale")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="rollout_members")
    request = models.ForeignKey(Request, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    priority = models.PositiveSmallIntegerField(_("priorité"), choices=Priority, default=Priority.NORMAL)
    team = models.ForeignKey(Entity, null=True, on_delete=models.SET_NULL, related_name="+")
    """Whom they are equipped together with: their department when the campaign was made."""
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="+")
    """Where their office computer is."""
    needs_laptop = models.BooleanField(_("portable à prêter"), default=False)
    needs_phone = models.BooleanField(_("téléphone à prêter"), default=False)
    needs_licence = models.BooleanField(_("licence"), default=False)
    away = models.JSONField(_("semaines impossibles"), default=list, blank=True)
    """Mondays, ISO dates."""
    absent = models.JSONField(default=list, blank=True)
    """Those of them that presence said when it was last asked: they come and go with what is declared there."""
    left_out = models.CharField(_("écarté"), max_length=200, blank=True)
    """Why they are not planned (a `rules.LeftOut`, or words); empty: they are."""
    kept_anyway = models.BooleanField(_("retenu malgré tout"), default=False)
    """A person said so: the portal does not leave them out by itself."""

    class Meta:
        verbose_name = _("participant")
        ordering = ["priority", "agent__last_name", "agent__first_name", "pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "agent"], name="rollout_member_once")]

    def __str__(self) -> str:
        return str(self.agent)


class Offer(models.Model):
    """What one week of a campaign has of one resource; no row: not limited. A laptop that arrives stays."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="offers")
    resource = models.CharField(_("ressource"), max_length=9, choices=[(each.value, each.value) for each in Resource])
    week = models.PositiveSmallIntegerField(_("semaine"))
    units = models.FloatField(_("quantité"), validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("capacité d’une semaine")
        ordering = ["resource", "week"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "resource", "week"], name="rollout_offer_once"),
            models.CheckConstraint(condition=Q(units__gte=0), name="rollout_offer_units"),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.week}\u202f: {self.units:g}"


class SiteLine(models.Model):
    """What the line of a site carries."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="lines")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    kbps = models.PositiveIntegerField(_("débit (kbit/s)"))

    class Meta:
        verbose_name = _("débit d’un site")
        constraints = [models.UniqueConstraint(fields=["campaign", "site"], name="rollout_site_line_once")]

    def __str__(self) -> str:
        return f"{self.site}\u202f: {self.kbps}"


class Scenario(models.Model):
    """A plan asked for, and what came of it. `changes`: what differs from the campaign's offers."""

    class State(models.TextChoices):
        """Where the search stands."""

        WAITING = "waiting", _("En attente")
        SOLVING = "solving", _("Calcul en cours")
        SOLVED = "solved", _("Calculé")
        DOES_NOT_FIT = "no_fit", _("Impossible")
        STOPPED = "stopped", _("Interrompu")
        FAILED = "failed", _("Échec")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="scenarios")
    name = models.CharField(_("nom"), max_length=100)
    changes = models.JSONField(default=dict, blank=True)
    """`{resource: {week or "all": units more or less}}`."""
    keeps_plan = models.BooleanField(_("déplacer le moins de monde possible"), default=True)
    """Whoever is moved away from the chosen plan costs something."""
    state = models.CharField(_("état"), max_length=7, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    """The search said so last: none for a minute, and it is taken for dead."""
    stop_asked = models.BooleanField(default=False)
    people = models.PositiveIntegerField(default=0)
    """How many there were to plan."""
    progress_gap = models.FloatField(null=True, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    gap = models.FloatField(null=True, blank=True)
    served = models.PositiveIntegerField(null=True, blank=True)
    weeks_won = models.FloatField(null=True, blank=True)
    teams_split = models.PositiveIntegerField(null=True, blank=True)
    moved = models.PositiveIntegerField(null=True, blank=True)
    """Members in another week than in the plan before."""
    findings = models.JSONField(default=dict, blank=True)
    """`uses`, `one_more`, `lacking` of `planning.explain`, as lists of plain objects."""
    is_chosen = models.BooleanField(default=False)
    """The plan the campaign follows."""

    class Meta:
        verbose_name = _("scénario")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign"], condition=Q(is_chosen=True), name="rollout_one_chosen_plan")
        ]

    def __str__(self) -> str:
        return self.name


class Planned(models.Model):
    """A member's week in a plan; who does not fit has no row."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="planned")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="planned")
    week = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("semaine prévue")
        constraints = [models.UniqueConstraint(fields=["scenario", "member"], name="rollout_planned_once")]
        indexes = [models.Index(fields=["scenario", "week"], name="rollout_planned_week")]

    def __str__(self) -> str:
        return f"{self.member} {self.week}"


class Wave(models.Model):
    """The members of one week, once published. What is published moves only by hand."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.WAVE_MOVES`."""

        PUBLISHED = "published", _("Annoncée")
        RUNNING = "running", _("En cours")
        STOPPED = "stopped", _("Arrêtée")
        CLOSED = "closed", _("Terminée")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="waves")
    week = models.PositiveSmallIntegerField(_("semaine"))
    is_catch_up = models.BooleanField(_("rattrapage"), default=False)
    starts_at = models.DateTimeField(_("ouverture"))
    """From when its members may enrol: rights, tiles and loans open then."""
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.PUBLISHED)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    """After its opening it was stopped, or its campaign was: its week is that of this instant."""
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("vague")
        ordering = ["week", "is_catch_up", "pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "week", "is_catch_up"], name="rollout_wave_once")]

    def __str__(self) -> str:
        return f"{self.campaign} {self.week + 1}"


class Place(models.Model):
    """A member in a wave. How far they are is their enrolment's to say."""

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="places")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="places")
    told_at = models.DateTimeField(null=True, blank=True)
    """The convocation was queued."""
    opened_at = models.DateTimeField(null=True, blank=True)
    """Rights, loans and tiles are open."""
    open_failure = models.CharField(max_length=200, blank=True)
    """Why they could not be; empty: nothing went wrong."""
    tried_at = models.DateTimeField(null=True, blank=True)
    """The last time opening failed: it is tried again an hour later."""
    laptop_loan = models.ForeignKey(Loan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    phone_loan = models.ForeignKey(Loan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The same loan twice where one kit has both."""
    lend_failure = models.CharField(max_length=200, blank=True)
    """Why what they need is not kept for them yet."""
    lend_tried_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    left_at = models.DateTimeField(null=True, blank=True)
    """Taken out of this wave, by hand, by themselves or into the catch-up."""
    declined_at = models.DateTimeField(null=True, blank=True)
    """The agent said that they cannot that week. They may say that they can after all, until the wave opens."""

    class Meta:
        verbose_name = _("place")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "member"], name="rollout_place_once_a_wave"),
            models.UniqueConstraint(
                fields=["member"], condition=Q(left_at__isnull=True), name="rollout_one_place_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(told_at__isnull=True) | Q(left_at__gte=F("told_at")),
                name="rollout_place_left_after_told",
            ),
            models.CheckConstraint(
                condition=Q(declined_at__isnull=True) | Q(left_at__isnull=False), name="rollout_place_declined_is_left"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.wave}"
