"""The screen of one's own office PC, in the browser (telework level 2).

Owns how each computer's screen is reached, who may, the remote sessions and what
gateways report. Words: *right* (this agent may reach that computer, between two
dates), *remote session* (from the click to the end, across cuts), *connection* (one
WebSocket of a session), *pin* (the PC's certificate we trust), *gateway*.
"""
