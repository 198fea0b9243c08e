"""Verbs of the room: each atomic, audited, with its event."""
