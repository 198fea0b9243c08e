"""Servers, network and telephony: what runs where, behind what, and who suffers when it stops; telephone lines.

Words: *dependency* (this needs that), *impact* (what stops with it), *line* (a telephone number and its
plan), *outage*.
"""
