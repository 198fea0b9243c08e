"""Telework for one agent: the request, what allows it, the texts accepted, and the way to a screen that works.

Words: *request* (an agent asks for level 1 or 2, on these weekdays), *eligibility* (what allows it now, or stands in
the way), *obstacle* (one thing in the way, and what to do about it), *document* (a version of the charter or of the
agreement), *acceptance* (proof that an agent accepted a document), *opening* (the IT team lets an approved request in:
rights, enrolment, invitation), *enrolment* (the guided way to a working screen), *stage* (a part of it), *try* (one
attempt at a stage), *diagnosis* (why the screen does not come, and what is done about it), *help call* (the last
resort: somebody of the IT team looks at it).

Level 1: mail and applications. Level 2: one's own office computer's screen as well.
"""
