"""Where each agent is, by half-day: on site, telework, field, leave… Never a medical reason.

Words: a *status* is one kind of half-day; a *pattern* is an agent's usual week, dated; a *day* is what was declared
for one agent on one date; an *operation* is one act of a person on one or many days, which can be undone as a whole.
What holds in the end is decided by `rules.resolve`, and what another person sees of it by `rules.as_seen`.
There is no free text anywhere near an absence.
"""
