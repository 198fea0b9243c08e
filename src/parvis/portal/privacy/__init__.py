"""Personal data: what is kept of a person and for how long, their own export, the audit trail read by people.

Words: a *consultation* is somebody looking at what is known of an agent; a *kind* is a sort of data with one
retention.
"""
