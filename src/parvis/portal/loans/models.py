"""The catalogue, the pool, loans and what becomes of each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset, AssetModel


class Offer(models.Model):
    """A line of the catalogue: one thing, or a kit of several."""

    class Approval(models.TextChoices):
        """Who says yes to a request."""

        NONE = "none", _("Personne\u202f: le prêt est accordé d’office")
        HEAD = "head", _("Le responsable du service de l’agent")
        IT = "it", _("L’équipe informatique")

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="loan_offers")
    name = models.CharField(_("nom"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    icon = models.CharField(_("icône"), max_length=40, default="device-laptop")
    max_days = models.PositiveSmallIntegerField(_("durée maximale (jours)"), default=30)
    notice_days = models.PositiveSmallIntegerField(_("délai de préparation (jours)"), default=1)
    extensions = models.PositiveSmallIntegerField(_("prolongations permises"), default=1)
    approval = models.CharField(_("accord"), max_length=4, choices=Approval, default=Approval.HEAD)
    terms = models.TextField(_("conditions du prêt"), blank=True, max_length=6000)
    """Printed on the receipt the agent signs."""
    is_open = models.BooleanField(_("proposé aux agents"), default=True)

    class Meta:
        verbose_name = _("offre de prêt")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="loan_offer_once_per_entity"),
            models.CheckConstraint(condition=Q(max_days__range=(1, 1100)), name="loan_offer_max_days"),
        ]

    def __str__(self) -> str:
        return self.name


class Part(models.Model):
    """What an offer is made of: so many assets of a kind, or of one model."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="parts")
    kind = models.CharField(_("type"), max_length=10, choices=Asset.Kind)
    model = models.ForeignKey(
        AssetModel, verbose_name=_("modèle"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    label = models.CharField(_("désignation"), max_length=80)
    quantity = models.PositiveSmallIntegerField(_("quantité"), default=1)
    is_optional = models.BooleanField(_("facultatif"), default=False)

    class Meta:
        verbose_name = _("élément")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(quantity__range=(1, 50)), name="loan_part_quantity")]

    def __str__(self) -> str:
        return self.label


class Checklist(models.Model):
    """A step of preparing or taking back what an offer lends (charge the battery, wipe the disk…)."""

    class Phase(models.TextChoices):
        """When it is done."""

        PREPARE = "prepare", _("Préparation")
        RETURN = "return", _("Remise en stock")

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="checklist")
    phase = models.CharField(_("moment"), max_length=8, choices=Phase)
    title = models.CharField(_("à faire"), max_length=150)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("étape")
        ordering = ["phase", "rank", "pk"]

    def __str__(self) -> str:
        return self.title


class PoolAsset(models.Model):
    """An asset that may be lent. `turn` is what two clerks race for: see `booking`."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, related_name="pool")
    turn = models.PositiveIntegerField(default=0)
    """One more at each booking: who has written it holds the row until their transaction ends, and looks then."""
    added_at = models.DateTimeField(default=clock.now)
    needs_wipe = models.BooleanField(_("à remettre en état"), default=False)
    """Back from a loan and not ready yet: it may be reserved for later, not handed over."""

    class Meta:
        verbose_name = _("matériel prêtable")

    def __str__(self) -> str:
        return str(self.asset)


class Loan(models.Model):
    """An offer for an agent, for some days."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.LOAN_MOVES`."""

        REQUESTED = "requested", _("Demandé")
        APPROVED = "approved", _("Accordé")
        PREPARED = "prepared", _("Prêt à remettre")
        OUT = "out", _("En cours")
        BACK = "back", _("Rendu, à remettre en état")
        CLOSED = "closed", _("Terminé")
        REFUSED = "refused", _("Refusé")
        CANCELLED = "cancelled", _("Annulé")

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="loans")
    """The entity whose IT team lends: the offer's."""
    offer = models.ForeignKey(Offer, verbose_name=_("offre"), on_delete=models.PROTECT, related_name="loans")
    agent = models.ForeignKey(Agent, verbose_name=_("agent"), on_delete=models.PROTECT, related_name="loans")
    options = models.ManyToManyField(Part, verbose_name=_("en option"), blank=True, related_name="+")
    """The optional parts of the offer that were asked for."""
    purpose = models.CharField(_("pour quoi faire"), max_length=300, blank=True)
    starts_date = models.DateField(_("à partir du"))
    ends_date = models.DateField(_("jusqu’au"))
    """The last day, both ends included."""
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    refusal = models.CharField(_("motif du refus"), max_length=300, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True)
    out_at = models.DateTimeField(_("remis le"), null=True, blank=True)
    out_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    back_at = models.DateTimeField(_("rendu le"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    receipt = models.FileField(upload_to="loans/receipts/", blank=True)
    """The signed PDF, once handed over."""
    receipt_digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the receipt, in hexadecimal."""
    signed_name = models.CharField(_("signé par"), max_length=150, blank=True)
    """The name typed or printed under the signature; the drawing itself is in the receipt only."""
    dropped_at = models.DateTimeField(_("déposé le"), null=True, blank=True)
    """When the agent said they left everything somewhere (« rendu sans passage au comptoir »), not looked at yet."""
    dropped_place = models.CharField(_("déposé où"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("prêt")
        ordering = ["-starts_date", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_date__gte=models.F("starts_date")), name="loan_ends_after_start"),
            models.UniqueConstraint(
                fields=["agent", "offer", "starts_date"], condition=Q(state="requested"), name="loan_asked_once"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "ends_date"], name="loan_state_end"),
            models.Index(fields=["entity", "state", "starts_date"], name="loan_entity_state"),
            models.Index(fields=["agent", "state"], name="loan_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.offer} · {self.agent}"


class Item(models.Model):
    """One asset of a loan, reserved from the approval on, for the loan's days."""

    class State(models.TextChoices):
        """What became of it; the table of moves is `rules.ITEM_MOVES`."""

        RESERVED = "reserved", _("Réservé")
        OUT = "out", _("Remis")
        BACK = "back", _("Rendu")
        LOST = "lost", _("Perdu")
        STOLEN = "stolen", _("Volé")
        RELEASED = "released", _("Libéré")

    class Outcome(models.TextChoices):
        """How it came back."""

        COMPLETE = "complete", _("Complet, en bon état")
        MISSING = "missing", _("Il manque quelque chose")
        DAMAGED = "damaged", _("Abîmé")

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="items")
    part = models.ForeignKey(Part, null=True, on_delete=models.SET_NULL, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="loan_items")
    starts_date = models.DateField()
    ends_date = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.RESERVED)
    out_at = models.DateTimeField(null=True, blank=True)
    back_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(_("état au retour"), max_length=10, choices=Outcome, blank=True)
    condition = models.CharField(_("remarque au retour"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("matériel prêté")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["asset"], condition=Q(state="out"), name="loan_item_out_once"),
            models.UniqueConstraint(fields=["loan", "asset"], name="loan_item_once_per_loan"),
            models.CheckConstraint(condition=Q(ends_date__gte=models.F("starts_date")), name="loan_item_days"),
        ]
        indexes = [models.Index(fields=["asset", "state", "starts_date"], name="loan_item_asset")]

    def __str__(self) -> str:
        return str(self.asset)


class Step(models.Model):
    """A line of a loan's checklist, copied from the offer's when the loan reaches that moment."""

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="steps")
    phase = models.CharField(max_length=8, choices=Checklist.Phase)
    title = models.CharField(max_length=150)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("étape d’un prêt")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class Extension(models.Model):
    """A request for more days."""

    class State(models.TextChoices):
        """What became of it."""

        REQUESTED = "requested", _("Demandée")
        GRANTED = "granted", _("Accordée")
        REFUSED = "refused", _("Refusée")

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="extensions")
    ends_date = models.DateField(_("jusqu’au"))
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    refusal = models.CharField(_("motif du refus"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("prolongation")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(fields=["loan"], condition=Q(state="requested"), name="loan_one_extension_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} → {self.ends_date}"


class Photo(models.Model):
    """What an item looked like when it came back."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="photos")
    file = models.FileField(upload_to="loans/photos/")
    media_type = models.CharField(max_length=30)
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name = _("photo")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.item_id}"


class Loss(models.Model):
    """An item declared lost or stolen: facts for the insurer and the data protection officer, nothing on the person."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="losses")
    kind = models.CharField(
        _("que s’est-il passé\u202f?"),
        max_length=6,
        choices=[(Item.State.LOST.value, _("Perdu")), (Item.State.STOLEN.value, _("Volé"))],
    )
    happened_date = models.DateField(_("le"))
    place = models.CharField(_("lieu"), max_length=150)
    complaint = models.CharField(_("numéro de plainte"), max_length=60, blank=True)
    """Of the police report of a theft; may come later."""
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    found_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("perte ou vol")
        ordering = ["-declared_at"]
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(found_at__isnull=True), name="loan_loss_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.item}"


class Reminder(models.Model):
    """A reminder that was sent: each kind once for each end of a loan."""

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=20)
    """A key of `rules.REMINDERS`."""
    ends_date = models.DateField()
    sent_at = models.DateTimeField()

    class Meta:
        verbose_name = _("rappel")
        constraints = [models.UniqueConstraint(fields=["loan", "kind", "ends_date"], name="loan_reminder_once")]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.kind}"


class Shortage(models.Model):
    """A week in which an offer's part will not be enough, of which the IT team was told. See `forecast`."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="+")
    week_date = models.DateField()
    """Its Monday."""
    told_at = models.DateTimeField()

    class Meta:
        verbose_name = _("semaine sans stock")
        constraints = [models.UniqueConstraint(fields=["part", "week_date"], name="loan_shortage_once")]

    def __str__(self) -> str:
        return f"{self.part} {self.week_date:%Y-%m-%d}"
