"""Where each agent is, by half-day: on site, telework, field, leave… Never a medical reason.

Words: a *status* is one kind of half-day; a *pattern* is an agent's usual week; a *day* is what holds for one agent
on one date.
"""
