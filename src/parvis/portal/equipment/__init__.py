"""Equipment level: what each job must have, what agents have, what closing the gap costs; "equip this person".

Words: *profile* (what an agent of a kind must have), *entitlement* (a line of it), *gap* (what lacks), *scenario*
(profiles changed on paper, with their cost).
"""
