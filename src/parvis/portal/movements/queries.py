"""Reads. What a user may see of movements starts here; the rest does not exist for them (404)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import BODIES, Entity, RoleGrant
from parvis.portal.directory.queries import STAFF_ROLES, VIEWING_ROLES, Someone, perimeter, within
from parvis.portal.directory.rules import lineage
from parvis.portal.movements import rules
from parvis.portal.movements.models import OWNERS, BulkArrival, Movement, Step, StepTemplate

TO_DO = Q(outcome="")


def movements_visible_to(user: Someone) -> QuerySet[Movement]:
    """Those of agents who leave, join or are in the user's perimeter, and those with a step of their own."""
    prefixes = perimeter(user, *VIEWING_ROLES)
    condition = _concerns(prefixes)
    if condition != Q() and user.is_authenticated and user.is_active:
        condition |= Q(pk__in=Step.objects.filter(owner_id=user.pk).order_by().values("movement_id"))
    return Movement.objects.filter(condition).select_related("agent__entity", "from_entity", "to_entity", "opened_by")


def with_progress(movements: QuerySet[Movement], today: date) -> QuerySet[Movement]:
    """Each with `step_count`, `done_count`, `late_count`, `next_date` (day of the first step to do)."""
    steps = Step.objects.filter(movement=OuterRef("pk")).order_by().values("movement")
    counted = steps.annotate(n=Count("pk")).values("n")
    late = steps.filter(TO_DO, due_date__lt=today).annotate(n=Count("pk")).values("n")
    done = steps.exclude(TO_DO).annotate(n=Count("pk")).values("n")
    following = Step.objects.filter(TO_DO, movement=OuterRef("pk")).order_by("due_date").values("due_date")[:1]
    return movements.annotate(
        step_count=Subquery(counted),
        done_count=Subquery(done),
        late_count=Subquery(late),
        next_date=Subquery(following),
    )


def is_late(today: date) -> Exists:
    """The condition on `Movement`: alive, with a step whose day is past."""
    return Exists(Step.objects.filter(TO_DO, movement=OuterRef("pk"), due_date__lt=today))


def steps_of(movement: Movement) -> QuerySet[Step]:
    """Its steps in the order of the page, with owners."""
    return movement.steps.select_related("owner", "owner_entity", "done_by").order_by("kind", "due_date", "pk")


def steps_visible_to(user: Someone) -> QuerySet[Step]:
    """The steps of the movements the user sees."""
    seen = movements_visible_to(user).order_by().values("pk")
    return _with_movement(Step.objects.filter(movement__in=seen))


def steps_to_do_by(user: User) -> QuerySet[Step]:
    """What waits for this user: steps that are theirs, and nobody's that their role owns. Alive movements only."""
    mine = Q(owner_id=user.pk)
    for role in OWNERS:
        # A superuser has every role; their own steps are those given to them by name.
        prefixes = () if user.is_superuser else perimeter(user, role)
        if prefixes:
            mine |= Q(within(prefixes, "owner_entity__path"), owner__isnull=True, owner_role=role)
    return _with_movement(Step.objects.filter(TO_DO, mine, movement__state__in=rules.LIVE))


def templates_visible_to(user: Someone) -> QuerySet[StepTemplate]:
    """The steps by default of the IT team's entities."""
    return StepTemplate.objects.filter(within(perimeter(user, *STAFF_ROLES))).select_related("entity")


def templates_for(kind: str, entity: Entity) -> QuerySet[StepTemplate]:
    """Those that hold for a movement of this kind in an entity: its own and those of all above it."""
    return StepTemplate.objects.filter(movement_kind=kind, entity__path__in=lineage(entity.path))


def possible_owners(user: Someone) -> QuerySet[User]:
    """Whom the IT team may give a step to: who has an owning role in the perimeter or works there, with an account."""
    prefixes = perimeter(user, *STAFF_ROLES)
    working = within(prefixes, "agent__entity__path") & Q(agent__is_active=True)
    return User.objects.filter(working, is_active=True).order_by("last_name", "first_name", "pk")


def holders(role: str, entity: Entity) -> list[User]:
    """The people who have the role nearest above `entity`: whom a step is told to. Empty: nobody has it."""
    grants = list(
        RoleGrant.objects.filter(role=role, entity__path__in=lineage(entity.path), user__is_active=True)
        .select_related("user", "entity")
        .order_by("user_id")
    )
    nearest = max((len(grant.entity.path) for grant in grants), default=0)
    return [grant.user for grant in grants if len(grant.entity.path) == nearest]


def authority_of(entity_id: int) -> Entity | None:
    """The commune, structure or métropole an entity belongs to: the nearest above that is a body of its own."""
    path = Entity.objects.filter(pk=entity_id).values_list("path", flat=True).first()
    if path is None:
        return None
    above = Entity.objects.filter(path__in=lineage(path))
    found = above.filter(kind__in=BODIES).order_by("-path").first()
    return found or above.order_by("path").first()


def bulk_arrivals_visible_to(user: Someone) -> QuerySet[BulkArrival]:
    """The loads of arrivals for which no movement was opened, newest first."""
    return BulkArrival.objects.filter(within(perimeter(user, *STAFF_ROLES))).select_related("entity").order_by("-pk")


def live_of(agents: Iterable[int]) -> QuerySet[Movement]:
    """Movements under way or planned of these agents."""
    return Movement.objects.filter(agent_id__in=list(agents), state__in=rules.LIVE)


def _concerns(prefixes: tuple[str, ...]) -> Q:
    if "" in prefixes:
        return Q()
    condition = Q(pk__in=[])
    for path in ("from_entity__path", "to_entity__path", "agent__entity__path"):
        condition |= within(prefixes, path)
    return condition


def _with_movement(steps: QuerySet[Step]) -> QuerySet[Step]:
    return steps.select_related(
        "movement__agent__entity", "movement__from_entity", "movement__to_entity", "owner", "owner_entity", "done_by"
    )
