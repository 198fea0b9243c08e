"""Telephones: a small SIP server for one trunk (RFC 3261, UDP), G.711, RFC 4733 digits, what callers hear."""
