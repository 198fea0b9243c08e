"""What every room stands on: errors, events, authz, audit, clock, tasks, mail, files, ical.

A closed list; there is no utils. Words: *actor* (who does something: a user, or
`None` for the system itself), *event* (something that happened, past tense),
*audit record* (one line of the tamper-evident trail).
"""
