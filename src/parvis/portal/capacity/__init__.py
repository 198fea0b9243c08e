"""Computing power: what the gateways carry, what a session costs, what the next weeks will ask.

Words: *sample* (what one gateway did in one hour), *gauge* (now, against what it can), *cost* (processor, bandwidth,
memory of one session, measured), *forecast* (sessions of a coming hour, with how sure we are), *headroom*
(what is left).
"""
