"""Janus, started by us and spoken to over a Unix socket only we may open; nobody else ever talks to it."""
