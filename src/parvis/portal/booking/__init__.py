"""Pools of what is reserved by the hour: telephone rooms, meeting hosts, licences, physical rooms. No overlap, ever.

Words: *pool* (things that may stand for one another), *resource* (one of them), *booking* (a resource, or a place in
its pool, for a time), *series* (bookings that repeat), *buffer* (time kept free after a booking), *check-in* (we are
here).
"""
