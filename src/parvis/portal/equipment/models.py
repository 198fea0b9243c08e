"""Profiles and what they grant, choices by hand, settings, scenarios, and what was given to a person in one go."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.equipment import rules
from parvis.portal.loans.models import Loan, Offer
from parvis.portal.parc.models import Asset, AssetModel

TELEWORK = [
    (rules.ANY, _("Peu importe")),
    (rules.YES, _("A le droit d’ouvrir son écran à distance")),
    (rules.NO, _("N’a pas ce droit")),
]


class Profile(models.Model):
    """What an agent of a kind must have. Worth in its entity and below; the most local one that fits wins."""

    entity = models.ForeignKey(
        Entity, verbose_name=_("entité"), on_delete=models.CASCADE, related_name="equipment_profiles"
    )
    name = models.CharField(_("nom"), max_length=80)
    description = models.CharField(_("pour qui"), max_length=300, blank=True)
    rank = models.PositiveSmallIntegerField(_("ordre"), default=100)
    """Where several of an entity fit, the smallest wins."""

    class Meta:
        verbose_name = _("profil d’équipement")
        verbose_name_plural = _("profils d’équipement")
        ordering = ["rank", "name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="equipment_profile_once_per_entity")]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """Who has the profile: agents for whom all that is said here holds. Several: one is enough."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="criteria")
    words = models.CharField(_("mots de la fonction"), max_length=300, blank=True)
    """Separated by commas, one is enough; empty: any job."""
    department = models.ForeignKey(
        Entity, verbose_name=_("service"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    """And below; None: anywhere the profile is worth."""
    telework = models.CharField(_("télétravail"), max_length=3, choices=TELEWORK, default=rules.ANY)

    class Meta:
        verbose_name = _("condition")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.profile} {self.pk}"


class Entitlement(models.Model):
    """A line of a profile: so many things of a kind."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="entitlements")
    kind = models.CharField(_("type"), max_length=10, choices=Asset.Kind)
    label = models.CharField(_("désignation"), max_length=80)
    quantity = models.PositiveSmallIntegerField(_("quantité"), default=1)
    unit_price = models.DecimalField(_("prix à l’achat"), max_digits=8, decimal_places=2, default=0)
    """Euros, all taxes included."""
    other_kinds = models.JSONField(_("conviennent aussi"), default=list, blank=True)
    """Values of `Asset.Kind` that will do as well."""
    accepted_models = models.ManyToManyField(
        AssetModel, verbose_name=_("modèles acceptés"), blank=True, related_name="+"
    )
    """Empty: any."""
    max_months = models.PositiveSmallIntegerField(_("âge maximal (mois)"), null=True, blank=True)
    """None: the life of its kind in the settings."""
    is_required = models.BooleanField(_("indispensable"), default=True)
    shared_will_do = models.BooleanField(_("un matériel partagé suffit"), default=False)

    class Meta:
        verbose_name = _("équipement du profil")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__range=(1, 20)), name="entitlement_quantity"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="entitlement_price"),
        ]

    def __str__(self) -> str:
        return self.label


class Choice(models.Model):
    """A profile chosen by hand for an agent: it wins over the criteria."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="equipment_choice")
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="choices")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("profil choisi")

    def __str__(self) -> str:
        return f"{self.agent} · {self.profile}"


class Policy(models.Model):
    """How an entity and those below count: lives and prices by kind, what too old means. The nearest wins, whole."""

    class Old(models.TextChoices):
        """What a thing past its life is counted as."""

        REPLACE = rules.REPLACE, _("À remplacer (compté à part)")
        MISSING = rules.MISSING, _("Manquant")
        FINE = rules.FINE, _("Présent")

    entity = models.OneToOneField(
        Entity, verbose_name=_("entité"), on_delete=models.CASCADE, related_name="equipment_policy"
    )
    old_means = models.CharField(_("un matériel trop vieux est"), max_length=8, choices=Old, default=Old.REPLACE)
    loans_count = models.BooleanField(_("compter les prêts en cours"), default=True)
    months = models.JSONField(default=dict)
    """Kind → months it is kept; absent: never too old."""
    prices = models.JSONField(default=dict)
    """Kind → euros a new one costs, as text."""

    class Meta:
        verbose_name = _("réglages de l’équipement")

    def __str__(self) -> str:
        return str(self.entity)


class Scenario(models.Model):
    """Profiles changed on paper, with what that would cost."""

    entity = models.ForeignKey(
        Entity, verbose_name=_("pour"), on_delete=models.CASCADE, related_name="equipment_scenarios"
    )
    name = models.CharField(_("nom"), max_length=100)
    description = models.TextField(_("en quelques mots"), blank=True, max_length=1000)
    spread_years = models.PositiveSmallIntegerField(_("étaler les achats sur (années)"), default=3)
    reuse_stock = models.BooleanField(_("prendre d’abord dans le stock"), default=True)
    renew = models.BooleanField(_("compter aussi les renouvellements"), default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("scénario")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="equipment_scenario_once_per_entity"),
            models.CheckConstraint(condition=Q(spread_years__range=(1, 5)), name="equipment_scenario_years"),
        ]

    def __str__(self) -> str:
        return self.name


class Change(models.Model):
    """One line of a scenario: for these agents, so many of a kind, at a price. 0: they need none any more."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="changes")
    profile = models.ForeignKey(
        Profile, verbose_name=_("profil"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    department = models.ForeignKey(
        Entity, verbose_name=_("service"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    words = models.CharField(_("mots de la fonction"), max_length=300, blank=True)
    telework = models.CharField(_("télétravail"), max_length=3, choices=TELEWORK, default=rules.ANY)
    kind = models.CharField(_("type"), max_length=10, choices=Asset.Kind)
    quantity = models.PositiveSmallIntegerField(_("quantité par agent"), default=1)
    unit_price = models.DecimalField(_("prix à l’achat"), max_digits=8, decimal_places=2, default=0)
    replaces_kind = models.CharField(
        _("à la place de"), max_length=10, choices=[("", _("Rien")), *Asset.Kind.choices], blank=True
    )
    """Those agents no longer need this one (a laptop instead of an office PC)."""

    class Meta:
        verbose_name = _("changement")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__range=(0, 20)) & Q(unit_price__gte=0), name="equipment_change_amounts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario} {self.pk}"


class Outfit(models.Model):
    """What was decided for an agent in one go, part by part."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="outfits")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    token = models.UUIDField(unique=True)
    """Made with the form: the same confirmation sent twice is one outfit."""

    class Meta:
        verbose_name = _("équipement d’un agent")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.agent} · {self.made_at:%Y-%m-%d}"


class Part(models.Model):
    """One thing to do for an outfit: done, or not yet with the reason."""

    class Kind(models.TextChoices):
        """What is done, in this order."""

        ACCOUNT = "account", _("Compte")
        ASSIGN = "assign", _("Affectation")
        LOAN = "loan", _("Prêt")
        SCREEN = "screen", _("Écran à distance")
        GUIDE = "guide", _("Premiers pas")

    class State(models.TextChoices):
        """The table of moves is `rules.PART_MOVES`."""

        TO_DO = rules.TO_DO, _("À faire")
        DONE = rules.DONE, _("Fait")
        FAILED = rules.FAILED, _("Pas fait")
        DROPPED = rules.DROPPED, _("Abandonné")

    outfit = models.ForeignKey(Outfit, on_delete=models.CASCADE, related_name="parts")
    kind = models.CharField(max_length=8, choices=Kind)
    asset = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="+")
    offer = models.ForeignKey(Offer, null=True, on_delete=models.SET_NULL, related_name="+")
    loan = models.ForeignKey(Loan, null=True, on_delete=models.SET_NULL, related_name="+")
    ends_date = models.DateField(null=True)
    """Of a loan or a right: its last day."""
    label = models.CharField(max_length=150)
    state = models.CharField(max_length=7, choices=State, default=State.TO_DO)
    problem = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("partie d’un équipement")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.label
