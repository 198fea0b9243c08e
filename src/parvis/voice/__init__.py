"""The voice server: rooms where browsers and telephones hear each other. asyncio, no Django, no database.

Janus mixes the sound; `door` lets browsers in, `sip` telephones; `room` holds who is there and what they may do; the
portal decides who sits where (`portal_client`). Nothing said, written or shown in a room is kept.
"""
