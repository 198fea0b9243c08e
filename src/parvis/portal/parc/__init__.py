"""The computers, where they are and whether they answer.

Owns sites, computers, who uses which, reachability and wake-up. Words: *computer*
(an asset), *site* (a building), *assignment* (this agent works on that computer),
*reachability* (on, asleep, unreachable, unknown), *wake-up* (Wake-on-LAN).
"""
