"""Loans: a catalogue of what is lent, requests, reservations, hand-over, return.

Words: *offer* (a line of the catalogue: one thing or a kit), *part* (what a kit is made of), *pool* (assets that may be
lent), *loan* (an offer for an agent and some days), *item* (one asset of a loan), *receipt* (signed at hand-over).
"""
