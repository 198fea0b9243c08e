"""Arrivals, moves and departures of agents: what opens, what moves, what must come back.

Words: a *movement* is one event for one agent; a *step* is one thing to do for it, with an owner and a date. Rooms
above say what they hold of an agent; `config.wiring` registers them.
"""
