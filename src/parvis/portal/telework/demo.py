"""Telework of the fictional authority: rules, texts, requests at every state, paths under way, calls for help.

Deterministic, made in bulk. Who worked at a distance before has an open request; a wave of this week is half-way.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework import demo_paths, demo_texts, rules, texts
from parvis.portal.telework.models import (
    Acceptance,
    Document,
    Enrolment,
    GivenRight,
    JobRule,
    MostLevel,
    Policy,
    Request,
)
from parvis.portal.telework.services import documents
from parvis.portal.ui.search import fold

SEED = 20201116
OPEN, WAVE = 380, 60
"""Teleworkers of before, and agents invited this week."""
MASKS = (0b00010, 0b01000, 0b01010, 0b10010, 0b00101, 0b01011)
"""Days of telework: Tuesday, Thursday, both, …"""
PUBLIC = "Ce métier reçoit le public."
JOBS = (
    ("accueil, guichet", MostLevel.MAIL, PUBLIC),
    ("ATSEM, puéricult, cuisin, restauration", MostLevel.NONE, "Ce métier s’exerce auprès des enfants, sur place."),
    ("collecte, espaces verts, voirie, propreté", MostLevel.NONE, "Ce métier s’exerce dehors."),
    ("police municipale, surveillant", MostLevel.NONE, "Ce métier s’exerce sur le terrain."),
)
REFUSALS = (
    "Trop peu de monde sur site le jeudi\u202f: parlons d’un autre jour.",
    "Pas avant la fin de votre période d’essai.",
    "L’équipe est réduite jusqu’en janvier.",
)
NOTES = ("", "", "", "Je garde un jour pour la réunion du service.", "Deux heures de route par jour.")
PLAN = (
    # state, how many
    (Request.State.APPROVED, 18),
    (Request.State.REQUESTED, 24),
    (Request.State.REFUSED, 8),
    (Request.State.SUSPENDED, 4),
    (Request.State.ENDED, 12),
    (Request.State.WITHDRAWN, 5),
)


@dataclass(slots=True)
class _Book:
    """What is being written."""

    now: datetime
    today: date
    chance: random.Random
    head: User
    requests: list[Request] = field(default_factory=list)

    def add(self, agent: Agent, state: str, asked: int, *, mask: int = 0) -> Request:
        """A request made `asked` days ago."""
        requested = _at(self.now, asked, self.chance.randrange(8, 17))
        level = rules.LEVEL_1 if "accueil" in fold(agent.job_title) else rules.LEVEL_2
        request = Request(
            agent=agent, level=level, machine=self.chance.choices(Request.Machine.values, (7, 2, 1))[0],
            line=self.chance.choices(Request.Line.values, (12, 5, 1, 0, 2))[0], has_phone=self.chance.random() < 0.9,
            days=mask or self.chance.choice(MASKS), starts_date=self.today - timedelta(days=max(asked - 5, -9)),
            note=self.chance.choice(NOTES), state=state, requested_at=requested, requested_by=agent.user,
        )  # fmt: skip
        if state not in (Request.State.REQUESTED, Request.State.WITHDRAWN):
            request.decided_at, request.decided_by = min(requested + timedelta(hours=20), self.now), self.head
        if state in (Request.State.OPEN, Request.State.SUSPENDED, Request.State.ENDED):
            request.opened_at = min(requested + timedelta(days=3), self.now)
        _finish(request, self)
        self.requests.append(request)
        return request


def _finish(request: Request, book: _Book) -> None:
    if request.state == Request.State.REFUSED:
        request.refusal = book.chance.choice(REFUSALS)
    if request.state == Request.State.SUSPENDED:
        request.suspended_at = book.now - timedelta(days=3)
        request.suspension, request.resumes_date = "Remplacement sur site", book.today + timedelta(days=11)
    if request.state == Request.State.ENDED:
        request.ended_at = book.now - timedelta(days=book.chance.randrange(3, 40))
    if request.state == Request.State.WITHDRAWN:
        request.ended_at = request.requested_at + timedelta(days=1)


@transaction.atomic
def build(now: datetime) -> bool:
    """Make it all; False if it is there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Policy.objects.filter(entity=root).exists():
        return False
    chance = random.Random(SEED)
    head = User.objects.get(email__startswith="helene.marchand@")
    _rules(root)
    charter, agreement = _texts(root, head, now)
    book = _Book(now, clock.today(now), chance, head)
    people = list(
        Agent.objects.filter(user__isnull=False, is_active=True, entity__path__startswith=root.path)
        .select_related("entity", "user").order_by("pk")
    )  # fmt: skip
    personas = {agent.email.partition(".")[0]: agent for agent in people if agent.user and agent.user.is_demo_persona}
    others = [agent for agent in people if agent.user is not None and not agent.user.is_demo_persona]
    wave = _requests(book, others, personas)
    Request.objects.bulk_create(book.requests, batch_size=200)
    _open_rights(wave, head, now)
    demo_paths.build(book.requests, wave, personas, now=now, chance=chance)
    _acceptances(book, charter, agreement)
    return True


def _rules(root: Entity) -> None:
    Policy.objects.create(entity=root, default_level=rules.LEVEL_2, most_days=3, head_approves=True, opens_alone=False)
    for name, facts in (
        ("Plouvallon", {"most_days": 2, "opens_alone": True}),
        ("Centre communal d’action sociale", {"default_level": rules.LEVEL_1}),
    ):
        entity = Entity.objects.filter(name=name, parent=root).first()
        if entity is not None:
            Policy.objects.create(entity=entity, **facts)
    JobRule.objects.bulk_create(
        JobRule(entity=root, words=words, level=level, reason=reason) for words, level, reason in JOBS
    )
    house = Entity.objects.filter(name="Maison commune de Trégoat", parent=root).first()
    if house is not None:
        JobRule.objects.create(entity=house, words="agent d’accueil", level=MostLevel.NONE, reason=PUBLIC)


def _texts(root: Entity, head: User, now: datetime) -> tuple[Sequence[Document], Document]:
    """The two published versions of the charter, and the agreement; the next charter is being written."""
    charter, agreement = Document.Kind.CHARTER, Document.Kind.AGREEMENT
    first = _document(root, charter, 1, demo_texts.CHARTER_TITLE, demo_texts.CHARTER_1, head, now - timedelta(420))
    second = _document(root, charter, 2, demo_texts.CHARTER_TITLE, demo_texts.CHARTER_2, head, now - timedelta(95))
    _document(root, charter, 3, demo_texts.CHARTER_TITLE, demo_texts.CHARTER_3, head, now, published=False)
    agreed = _document(root, agreement, 1, demo_texts.AGREEMENT_TITLE, demo_texts.AGREEMENT, head, now - timedelta(420))
    return (first, second), agreed


def _document(
    root: Entity, kind: str, version: int, title: str, text: str, head: User, at: datetime,
    *, published: bool = True,
) -> Document:  # fmt: skip
    words = texts.normal(text)
    return Document.objects.create(
        entity=root, kind=kind, version=version, title=title, text=words, created_by=head, created_at=at,
        published_at=at if published else None, published_by=head if published else None,
        told_at=at if published else None,
        digest=texts.published_digest(title, words) if published else "",
    )  # fmt: skip


def _requests(book: _Book, people: Sequence[Agent], personas: dict[str, Agent]) -> list[Request]:
    """All of them; the ones of this week's wave."""
    with_right = set(Right.objects.filter(revoked_at=None).values_list("agent_id", flat=True))
    before = [agent for agent in people if agent.pk in with_right][:OPEN]
    taken = {agent.pk for agent in before}
    # Nadia has some to decide herself.
    near = [agent for agent in people if agent.entity.path.startswith(personas["nadia"].entity.path)]
    asking = [agent for agent in near if agent.pk not in taken][:4] or near[:4]
    before = [agent for agent in before if agent not in asking]
    taken |= {agent.pk for agent in asking}
    left = iter([agent for agent in people if agent.pk not in taken])
    for rank, agent in enumerate(before):
        book.add(agent, Request.State.OPEN, 200 - rank * 180 // max(len(before), 1))
    for agent in asking:
        book.add(agent, Request.State.REQUESTED, book.chance.randrange(1, 4))
    for state, count in PLAN:
        for _rank, agent in zip(range(count), left, strict=False):
            far = book.chance.randrange(20, 120) if state in (Request.State.ENDED, Request.State.SUSPENDED) else None
            book.add(agent, state, far or book.chance.randrange(1, 9))
    wave = [
        book.add(agent, Request.State.OPEN, book.chance.randrange(5, 9))
        for _rank, agent in zip(range(WAVE), left, strict=False)
    ]
    book.add(personas["claire"], Request.State.OPEN, 190, mask=0b01010)
    book.add(personas["helene"], Request.State.OPEN, 190, mask=0b10000)
    wave.append(book.add(personas["mathieu"], Request.State.OPEN, 6, mask=0b00110))
    return wave


def _open_rights(wave: Sequence[Request], head: User, now: datetime) -> None:
    """Those of the wave who had no right to their computer have one by this opening."""
    screens = {each.agent_id: each for each in wave if each.level == rules.LEVEL_2}
    held = set(Right.objects.filter(agent__in=screens).values_list("agent_id", flat=True))
    own = Computer.objects.filter(assignments__agent__in=set(screens) - held, kind__in=("office", "laptop"))
    pairs = own.order_by("pk").values_list("assignments__agent", "pk")
    rights = Right.objects.bulk_create(
        Right(
            agent_id=agent_id, computer_id=computer_id, starts_date=clock.today(now) - timedelta(days=3),
            reason="Télétravail", granted_by=head, granted_at=now - timedelta(days=3),
        )
        for agent_id, computer_id in pairs if agent_id in screens
    )  # fmt: skip
    GivenRight.objects.bulk_create(GivenRight(request=screens[right.agent_id], right=right) for right in rights)


def _acceptances(book: _Book, charters: Sequence[Document], agreement: Document) -> None:
    rows = []
    begun = set(Enrolment.objects.exclude(started_at=None).values_list("request_id", flat=True))
    for request in book.requests:
        old = request.requested_at < (charters[1].published_at or book.now)
        versions = [charters[0]] if old else [charters[1]]
        if old and (book.chance.random() < 0.93 or (request.agent.user and request.agent.user.is_demo_persona)):
            versions.append(charters[1])
        rows += [_acceptance(request, each, None) for each in versions]
        if request.pk in begun:
            rows.append(_acceptance(request, agreement, request))
    Acceptance.objects.bulk_create(rows, batch_size=100, ignore_conflicts=True)


def _acceptance(request: Request, document: Document, about: Request | None) -> Acceptance:
    shown = documents.shown_to(request.agent, document, about)
    at = max(request.requested_at - timedelta(minutes=4), document.published_at or request.requested_at)
    return Acceptance(
        document=document, agent=request.agent, request=about, shown=shown, digest=texts.digest(shown),
        accepted_at=(request.opened_at or at) if about is not None else at, client_address="192.0.2.17",
    )  # fmt: skip


def _at(now: datetime, days: int, hour: int) -> datetime:
    local = (now - timedelta(days=days)).astimezone(clock.PARIS)
    return min(local.replace(hour=hour, minute=20, second=0, microsecond=0), now - timedelta(hours=1))
