"""Meetings: one question, the right tool; invitations that reach everyone; joining in one button.

Words: *meeting* (people, a time, a way to meet), *guest* (somebody invited), *suggestion* (a tool proposed, and why),
*letter* (a mail about a meeting), *feed* (a calendar to subscribe to).
"""
