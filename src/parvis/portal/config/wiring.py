"""Which event calls which handler: all of it, on this page."""

from __future__ import annotations


def connect() -> None:
    """Subscribe every handler. Called once, when Django is ready."""
    from parvis.portal.accounts import perimeter, terms
    from parvis.portal.accounts.events import SignInEnded, UserDisabled
    from parvis.portal.config import exports, menu, personal_data
    from parvis.portal.directory import cards, departures, places, teams
    from parvis.portal.directory.administrators import administrators_of
    from parvis.portal.directory.events import AgentDeactivated, AgentReturned, AgentSeen
    from parvis.portal.directory.queries import accounts_administered_by
    from parvis.portal.kernel import audit
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.parc import cards as parc_cards
    from parvis.portal.parc import subscriptions as parc
    from parvis.portal.parc.events import AgentUnassigned
    from parvis.portal.privacy import consultations
    from parvis.portal.remote_desktop import queries as screens
    from parvis.portal.remote_desktop import subscriptions as remote_desktop
    from parvis.portal.ui import saved_views

    subscribe(SignInEnded, remote_desktop.close_screens)
    subscribe(AgentSeen, consultations.note)
    subscribe(AgentDeactivated, departures.note_last_day)
    subscribe(AgentReturned, departures.forget_last_day)
    subscribe(UserDisabled, remote_desktop.close_all_screens)
    subscribe(AgentDeactivated, remote_desktop.ask_about_agent)
    subscribe(AgentUnassigned, remote_desktop.ask_about_agent)
    connect_movements()  # before the parc hears of a departure: it still knows what must come back
    subscribe(AgentDeactivated, parc.release_computers)
    perimeter.provide(accounts_administered_by, administrators_of)
    audit.provide_place(places.entity_of)
    terms.provide_in_use(screens.sign_ins_on_a_screen)
    cards.register(parc_cards.TEMPLATE, parc_cards.equipment)
    connect_presence()
    connect_trust()
    connect_inventory()
    connect_federation()
    connect_directories()
    connect_sources()
    connect_loans()
    connect_equipment()
    connect_capacity()
    saved_views.provide_teams(teams.of)
    connect_stocktake()
    connect_infrastructure()
    connect_telework()
    connect_telework_screens()
    connect_rollout()
    connect_booking()
    connect_meetings()
    connect_invitations()
    exports.connect()
    menu.connect()
    personal_data.connect()


def connect_movements() -> None:
    """Arrivals, moves and departures: what opens them, and what each room says it holds of an agent."""
    from parvis.portal.directory import cards
    from parvis.portal.directory.events import (
        AgentArrived,
        AgentDeactivated,
        AgentMoved,
        AgentReturned,
        AgentUpdated,
    )
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.movements import cards as movement_cards
    from parvis.portal.movements import holdings, subscriptions
    from parvis.portal.movements.registry import Provider, register
    from parvis.portal.parc import holdings as parc
    from parvis.portal.remote_desktop import holdings as remote_desktop

    subscribe(AgentArrived, subscriptions.agent_arrived)
    subscribe(AgentUpdated, subscriptions.agent_updated)
    subscribe(AgentMoved, subscriptions.agent_moved)
    subscribe(AgentDeactivated, subscriptions.agent_deactivated)
    subscribe(AgentReturned, subscriptions.agent_returned)
    register(Provider("accounts", holdings.account))
    register(Provider("parc", parc.equipment))
    register(Provider("remote_desktop", remote_desktop.screens, remote_desktop.let_go_of_right))
    register(Provider("directory", holdings.roles, holdings.let_go_of_role))
    cards.register(movement_cards.TEMPLATE, movement_cards.movements)


def connect_federation() -> None:
    """Identity providers: their buttons, what follows a sign-in and a sign-out."""
    from parvis.portal.accounts import elsewhere
    from parvis.portal.accounts.events import SignInEnded
    from parvis.portal.federation import logouts
    from parvis.portal.federation.door import Door
    from parvis.portal.kernel.events import subscribe

    subscribe(SignInEnded, logouts.forget)
    elsewhere.provide(Door())


def connect_sources() -> None:
    """What a human changes of an agent is the human's, until it is given back to the source."""
    from parvis.portal.directory import cards
    from parvis.portal.directory.events import AgentDeactivated, AgentMoved, AgentReturned, AgentUpdated
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.sources import cards as source_cards
    from parvis.portal.sources import subscriptions

    subscribe(AgentUpdated, subscriptions.human_updated)
    subscribe(AgentMoved, subscriptions.human_moved)
    subscribe(AgentDeactivated, subscriptions.human_ended)
    subscribe(AgentReturned, subscriptions.human_ended)
    cards.register(source_cards.TEMPLATE, source_cards.origins)


def connect_presence() -> None:
    """Where agents are: who comes, moves or goes changes the counts."""
    from parvis.portal.directory import cards
    from parvis.portal.directory.events import AgentArrived, AgentDeactivated, AgentMoved, AgentReturned
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.presence import cards as presence_cards
    from parvis.portal.presence import entity_cards as presence_entity_cards
    from parvis.portal.presence import subscriptions
    from parvis.portal.presence.events import DaysDecided

    cards.register(presence_cards.TEMPLATE, presence_cards.presence)
    cards.register_entity(presence_entity_cards.TEMPLATE, presence_entity_cards.presence)
    subscribe(DaysDecided, subscriptions.tell_refused)
    subscribe(AgentArrived, subscriptions.recount_arrival)
    subscribe(AgentMoved, subscriptions.recount_move)
    subscribe(AgentDeactivated, subscriptions.recount_change)
    subscribe(AgentReturned, subscriptions.recount_change)


def connect_trust() -> None:
    """The rules of access: what a sign-in must satisfy, and what the pages of a computer and an agent say of them."""
    from parvis.portal.accounts import policy
    from parvis.portal.directory import cards
    from parvis.portal.parc import sections
    from parvis.portal.trust import cards as trust_cards
    from parvis.portal.trust import policy as trust_policy

    policy.provide(trust_policy.of)
    cards.register(trust_cards.AGENT_TEMPLATE, trust_cards.agent)
    sections.register_for_computers(trust_cards.COMPUTER_TEMPLATE, trust_cards.computer)


def connect_inventory() -> None:
    """What the probes say of an asset, on its page; what of it they never change."""
    from parvis.portal.inventory import cards
    from parvis.portal.parc import held_fields, sections
    from parvis.portal.remote_desktop import held_fields as screens

    sections.register(cards.TEMPLATE, cards.inside)
    held_fields.register(screens.address)


def connect_directories() -> None:
    """LDAP and Active Directory: whose password is kept there."""
    from parvis.portal.accounts import passwords
    from parvis.portal.sources.ldap import sign_in

    passwords.provide(sign_in.where_to_change)


def connect_loans() -> None:
    """Loans: who is told of requests and decisions, what follows when an agent or an asset goes."""
    from parvis.portal.directory import cards
    from parvis.portal.directory.events import AgentDeactivated
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.loans import cards as loan_cards
    from parvis.portal.loans import holdings, request_letters, subscriptions
    from parvis.portal.loans.events import LoanCancelled, LoanDecided, LoanItemLost, LoanRequested
    from parvis.portal.movements.registry import Provider, register
    from parvis.portal.parc import sections
    from parvis.portal.parc.events import AssetMoved

    subscribe(LoanRequested, request_letters.tell_requested)
    subscribe(LoanDecided, request_letters.tell_decided)
    subscribe(LoanCancelled, request_letters.tell_cancelled)
    subscribe(LoanItemLost, subscriptions.trust_no_more)
    subscribe(AgentDeactivated, subscriptions.give_up_loans)
    subscribe(AssetMoved, subscriptions.keep_another)
    register(Provider("loans", holdings.loans))
    cards.register(loan_cards.AGENT_TEMPLATE, loan_cards.agent)
    sections.register(loan_cards.ASSET_TEMPLATE, loan_cards.asset)


def connect_stocktake() -> None:
    """Stock-takes: what an asset's page says of them."""
    from parvis.portal.parc import sections
    from parvis.portal.stocktake import sections as stocktake

    sections.register(stocktake.TEMPLATE, stocktake.asset)


def connect_equipment() -> None:
    """What agents must have: the agent card says it, an arrival leads to « équiper cette personne »."""
    from parvis.portal.directory import cards
    from parvis.portal.equipment import cards as equipment_cards
    from parvis.portal.equipment import holdings
    from parvis.portal.movements.registry import Provider, register

    cards.register(equipment_cards.TEMPLATE, equipment_cards.level)
    register(Provider("equipment", holdings.outfit))


def connect_capacity() -> None:
    """The forecast of screens: the rollout says who its waves will bring."""
    from parvis.portal.capacity import arrivals
    from parvis.portal.rollout import screens_ahead

    arrivals.provide(screens_ahead.arrivals)


def connect_infrastructure() -> None:
    """Servers, network and telephony: what an asset's page and an agent's card say of them."""
    from parvis.portal.directory import cards
    from parvis.portal.infrastructure import sections as infrastructure
    from parvis.portal.parc import sections

    sections.register(infrastructure.ASSET_TEMPLATE, infrastructure.asset)
    sections.register_for_sites(infrastructure.SITE_TEMPLATE, infrastructure.site)
    cards.register(infrastructure.AGENT_TEMPLATE, infrastructure.agent)


def connect_telework() -> None:
    """Telework requests: who is told of them, what follows when an agent goes, what their card says."""
    from parvis.portal.directory import cards
    from parvis.portal.directory.events import AgentDeactivated
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.movements.registry import Provider, register
    from parvis.portal.parc.events import AgentUnassigned
    from parvis.portal.telework import cards as telework_cards
    from parvis.portal.telework import days_letters, events, holdings, request_letters, request_subscriptions

    subscribe(events.TeleworkRequested, request_letters.tell_requested)
    subscribe(events.TeleworkDecided, request_letters.tell_decided)
    subscribe(events.TeleworkWithdrawn, request_letters.tell_withdrawn)
    subscribe(events.TeleworkSuspended, request_letters.tell_suspended)
    subscribe(events.TeleworkResumed, request_letters.tell_resumed)
    subscribe(events.TeleworkEnded, request_letters.tell_ended)
    subscribe(events.DaysAsked, days_letters.tell_asked)
    subscribe(events.DaysDecided, days_letters.tell_decided)
    subscribe(AgentDeactivated, request_subscriptions.give_up_telework)
    subscribe(AgentUnassigned, request_subscriptions.take_back_right)
    cards.register(telework_cards.TEMPLATE, telework_cards.agent)
    register(Provider("telework", holdings.telework))


def connect_telework_screens() -> None:
    """Real screens pass the stage of the screen; a passed stage closes its call for help."""
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.remote_desktop.events import SessionEnded, SessionStarted, SignInRefused
    from parvis.portal.telework import screen_subscriptions as telework
    from parvis.portal.telework.enrolment_events import StagePassed

    subscribe(SessionStarted, telework.session_started)
    subscribe(SessionEnded, telework.session_ended)
    subscribe(SignInRefused, telework.sign_in_refused)
    subscribe(StagePassed, telework.stage_passed)


def connect_rollout() -> None:
    """Waves: who was not let in because their request waited, who gave telework up, who has left; one's own date."""
    from parvis.portal.directory.events import AgentDeactivated, AgentMoved
    from parvis.portal.home import cards as home_cards
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.rollout import cards, subscriptions
    from parvis.portal.telework import sections
    from parvis.portal.telework.events import TeleworkDecided, TeleworkEnded, TeleworkWithdrawn

    home_cards.register(cards.HOME_TEMPLATE, cards.home)
    sections.register(cards.TEMPLATE, cards.mine)
    subscribe(TeleworkDecided, subscriptions.telework_decided)
    subscribe(TeleworkWithdrawn, subscriptions.telework_given_up)
    subscribe(TeleworkEnded, subscriptions.telework_given_up)
    subscribe(AgentMoved, subscriptions.agent_moved)
    subscribe(AgentDeactivated, subscriptions.agent_deactivated)


def connect_booking() -> None:
    """Bookings: their holders are told of what others do; who has left gives up what they had ahead."""
    from parvis.portal.booking import events, letters, meetings, subscriptions
    from parvis.portal.directory.events import AgentDeactivated
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.meetings import places

    subscribe(AgentDeactivated, subscriptions.give_up_bookings)
    meetings.provide(places.address_of)
    subscribe(events.BookingPlaced, letters.tell_placed)
    subscribe(events.BookingMoved, letters.tell_moved)
    subscribe(events.BookingCancelled, letters.tell_cancelled)
    subscribe(events.BookingReleased, letters.tell_released)
    subscribe(events.BookingUnseated, letters.tell_unseated)
    subscribe(events.MoveAsked, letters.tell_asked)
    subscribe(events.MoveAnswered, letters.tell_answered)


def connect_meetings() -> None:
    """A meeting hears of its place, of its room, and of who leaves."""
    from parvis.portal.booking import events as places
    from parvis.portal.directory.events import AgentDeactivated
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.live_rooms.events import SeatJoined
    from parvis.portal.meetings import subscriptions

    subscribe(places.BookingAssigned, subscriptions.place_assigned)
    subscribe(places.BookingPlaced, subscriptions.place_found)
    subscribe(places.BookingMoved, subscriptions.place_moved)
    subscribe(places.BookingUnseated, subscriptions.place_unseated)
    subscribe(places.BookingCancelled, subscriptions.place_lost)
    subscribe(places.BookingPlaced, subscriptions.room_changed)
    subscribe(places.BookingUnseated, subscriptions.room_changed)
    subscribe(places.BookingMoved, subscriptions.room_moved)
    subscribe(places.BookingCancelled, subscriptions.room_lost)
    subscribe(SeatJoined, subscriptions.seat_joined)
    subscribe(AgentDeactivated, subscriptions.organiser_left)


def connect_invitations() -> None:
    """What happens to a meeting is told to its guests."""
    from parvis.portal.kernel.events import subscribe
    from parvis.portal.meetings import events, subscriptions_telling

    subscribe(events.MeetingPlanned, subscriptions_telling.planned)
    subscribe(events.MeetingChanged, subscriptions_telling.changed)
    subscribe(events.MeetingCancelled, subscriptions_telling.cancelled)
    subscribe(events.MeetingOpened, subscriptions_telling.opened)
    subscribe(events.ToolChanged, subscriptions_telling.tool_changed)
    subscribe(events.GuestsChanged, subscriptions_telling.guests_changed)
