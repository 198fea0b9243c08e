"""From what was posted to a draft: fields, guests kept as hidden values, chips for times, and the answer beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Resource
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory import colleagues
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of, agents_visible_to
from parvis.portal.kernel.errors import Invalid
from parvis.portal.meetings import cautions, permissions, rules, suggesting
from parvis.portal.meetings.drafts import Draft, Invited, read_addresses
from parvis.portal.meetings.forms import AskForm
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.suggest_rules import Question
from parvis.portal.meetings.suggesting import Found

USUAL_MINUTES = 30


@dataclass(slots=True)
class Person:
    """Somebody chosen, as the page shows them. `value` is the hidden value that says so."""

    value: str
    name: str
    detail: str
    agent: Agent | None = None
    email: str = ""


@dataclass(slots=True)
class Asked:
    """All that the page needs."""

    user: User
    form: AskForm
    organiser: Agent
    people: list[Person] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Pasted pieces that are no address."""
    found: Found | None = None
    rooms: list[Resource] = field(default_factory=list)
    room: Resource | None = None
    warnings: list[str] = field(default_factory=list)
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def outside(self) -> list[Person]:
        """Those who are not agents."""
        return [each for each in self.people if each.agent is None]

    def draft(self, provider: Provider | None, *, wait: bool = False) -> Draft:
        """What the service takes.

        Raises:
            Invalid: the form's own faults.
        """
        if not self.form.is_valid() or self.starts_at is None or self.ends_at is None:
            raise Invalid(fields={name: [str(e) for e in errors] for name, errors in self.form.errors.items()})
        data = self.form.cleaned_data
        return Draft(
            organiser=self.organiser,
            title=data["title"],
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            people=max(data["people"], len(self.people) + 1),
            audience=self.audience,
            by_phone_only=data["by_phone_only"],
            needs=tuple(data["needs"]),
            provider=provider,
            room=self.room,
            on_site=data.get("on_site") or 0,
            join_url=data.get("join_url") or "",
            guests=tuple(Invited(agent=each.agent, email=each.email, name=_own_name(each)) for each in self.people),
            agenda=data["agenda"],
            wait=wait,
        )

    @property
    def audience(self) -> str:
        """Who comes: as said, and never « agents only » where people from outside are invited."""
        said = self.form.cleaned_data.get("audience") or Meeting.Audience.INTERNAL
        return Meeting.Audience.GUESTS if said == Meeting.Audience.INTERNAL and self.outside else said


def _own_name(person: Person) -> str:
    return "" if person.name == person.email else person.name


def blank(now: datetime, address: QueryDict) -> QueryDict:
    """The form before anything was typed: the next half hour, or what the address says (`quand`, `avec`)."""
    when = address.get("quand", "")
    starts = rules.start_of(when if when in rules.WHENS else "soon", now).astimezone(rules.PARIS)
    given = QueryDict(mutable=True)
    given.update(
        {
            "title": _("Réunion"),
            "day": starts.date().isoformat(),
            "at": f"{starts:%H:%M}",
            "minutes": str(USUAL_MINUTES),
            "people": "2",
            "audience": Meeting.Audience.INTERNAL,
            "on_site": "0",
        }
    )
    given.setlist("guest", [f"a:{pk}" for pk in address.getlist("avec")[: rules.MOST_GUESTS]])
    return given


def filled(meeting: Meeting) -> QueryDict:
    """The form of a meeting that exists."""
    starts = meeting.starts_at.astimezone(rules.PARIS)
    given = QueryDict(mutable=True)
    given.update(
        {
            "title": meeting.title,
            "day": starts.date().isoformat(),
            "at": f"{starts:%H:%M}",
            "minutes": str(int((meeting.ends_at - meeting.starts_at).total_seconds() // 60)),
            "people": str(meeting.people),
            "audience": meeting.audience,
            "agenda": meeting.agenda,
            "join_url": meeting.join_url,
            "on_site": "0",
        }
    )
    if meeting.by_phone_only:
        given["by_phone_only"] = "on"
    given.setlist("needs", list(meeting.needs))
    place = meeting.room_booking
    if place is not None and place.resource is not None:
        given["on_site"], given["room"] = str(place.people), str(place.resource_id)
    return given


def read(posted: QueryDict, user: User, now: datetime, *, meeting: Meeting | None = None) -> Asked:
    """What was posted, with chips, added and removed people taken into account; the answer is `answer`'s."""
    given = posted.copy()
    do = given.get("do", "")
    own = meeting.organiser if meeting is not None else agent_of(user)
    if own is None:
        raise Invalid(_("Votre compte n’est pas celui d’un agent en poste."), code="no_agent")
    if do.startswith("when:") and do[5:] in rules.WHENS:
        starts = rules.start_of(do[5:], now).astimezone(rules.PARIS)
        given["day"], given["at"] = starts.date().isoformat(), f"{starts:%H:%M}"
    elif do.startswith("at:"):
        _take_instant(given, do[3:])
    values = [value for value in given.getlist("guest") if do != f"remove:{value}"]
    if do.startswith("add:"):
        values.append(do[4:])
    wrong = []
    if given.get("pasted", "").strip() and (do == "paste" or do.startswith("book:") or do == "save"):
        pasted = read_addresses(given.get("pasted", ""))
        values += [f"o:{name} <{address}>" if name else f"o:{address}" for name, address in pasted.people]
        wrong = pasted.wrong
        given["pasted"] = "\n".join(wrong)
    people = _people(user, own, list(dict.fromkeys(values)))
    _count(given, len(people), before=len(set(posted.getlist("guest"))))
    form = AskForm(given)
    form.is_valid()
    asked = Asked(user, form, _organiser(user, own, form, meeting), people, wrong)
    if form.times is not None:
        asked.starts_at, asked.ends_at = form.times
    if wrong:
        form.add_error("pasted", _("Ce n’est pas une adresse\u202f: %(what)s.") % {"what": ", ".join(wrong[:3])})
    return asked


def _take_instant(given: QueryDict, text: str) -> None:
    try:
        local = datetime.fromisoformat(text).astimezone(rules.PARIS)
    except (ValueError, OverflowError):
        return
    given["day"], given["at"] = local.date().isoformat(), f"{local:%H:%M}"


def _count(given: QueryDict, people: int, *, before: int) -> None:
    """The number of people follows those chosen, as long as nobody wrote another."""
    said = given.get("people", "").strip()
    if said and not (said.isascii() and said.isdigit() and len(said) < 9):
        return  # the form says what is wrong with it
    if not said or int(said) <= people or int(said) == max(before + 1, 2):
        given["people"] = str(max(people + 1, 2))


def _organiser(user: User, own: Agent, form: AskForm, meeting: Meeting | None) -> Agent:
    email = form.cleaned_data.get("organiser_email") if meeting is None else ""
    if not email:
        return own
    seen = agents_visible_to(user).filter(is_active=True) | Agent.objects.filter(
        entity_id=own.entity_id, is_active=True
    ).select_related("entity", "user")
    found = seen.filter(email__iexact=email).first()
    decision = permissions.can_organise(user, found) if found is not None else None
    if found is None or not decision:
        why = decision.reason if decision is not None else _("Aucun agent pour qui vous réservez n’a cette adresse.")
        form.add_error("organiser_email", str(why))
        return own
    return found


def _people(user: User, own: Agent, values: list[str]) -> list[Person]:
    """Those chosen, in order: colleagues that the user finds, and addresses. What is nonsense is left out."""
    ids = [int(value[2:]) for value in values if value.startswith("a:") and value[2:].isdecimal() and len(value) < 20]
    addresses = [value[2:] for value in values if value.startswith("o:")]
    pasted = read_addresses("\n".join(addresses)).people
    seen = colleagues.found_by(user)
    agents = {each.pk: each for each in seen.filter(pk__in=ids).select_related("entity", "user")} if ids else {}
    emails = [address for _name, address in pasted]
    by_email = {}
    if emails:
        known = seen.filter(email__in=emails).select_related("entity", "user")
        by_email = {each.email.lower(): each for each in known}
    found: dict[str, Person] = {}
    for pk in ids:
        if pk in agents and pk != own.pk:
            found[f"a:{pk}"] = _agent(agents[pk])
    for name, address in pasted:
        if address in by_email:
            if by_email[address].pk != own.pk:
                found[f"a:{by_email[address].pk}"] = _agent(by_email[address])
        else:
            value = f"o:{name} <{address}>" if name else f"o:{address}"
            found[f"o:{address}"] = Person(value, name or address, _("extérieur"), None, address)
    return list(found.values())[: rules.MOST_GUESTS]


def _agent(agent: Agent) -> Person:
    return Person(f"a:{agent.pk}", str(agent), str(agent.entity), agent, agent.email)


def answer(asked: Asked, now: datetime, *, meeting: Meeting | None = None) -> None:
    """Fill in what is proposed, free rooms and warnings, if the times are right."""
    if asked.starts_at is None or asked.ends_at is None:
        return
    data = asked.form.cleaned_data
    question = Question(
        people=max(data.get("people") or 2, len(asked.people) + 1),
        audience=asked.audience,
        by_phone_only=bool(data.get("by_phone_only")),
        needs=frozenset(data.get("needs") or ()),
    )
    asked.found = suggesting.answer(asked.organiser, question, asked.starts_at, asked.ends_at, own=meeting)
    on_site = data.get("on_site") or 0
    if on_site:
        asked.rooms = suggesting.free_rooms(
            asked.organiser, asked.starts_at, asked.ends_at, people=on_site, own=meeting
        )
        chosen = asked.form.data.get("room", "")
        asked.room = next((each for each in asked.rooms if str(each.pk) == chosen), None)
    agents = [each.agent for each in asked.people if each.agent is not None]
    asked.warnings = cautions.of(asked.user, asked.organiser, agents, asked.starts_at, asked.ends_at, own=meeting)
    if asked.starts_at < now - rules.LATE:
        asked.warnings.insert(0, _("Cette heure est passée."))
