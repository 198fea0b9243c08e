"""Phrases of the audit trail, by room."""
