"""Rooms of our own, heard by browser and by telephone: who may come in, in what role, with which PIN.

Words: *live room* (a room of the voice server, for one meeting), *seat* (somebody's place in it), *lobby* (where one
waits to be let in), *sitting* (a large meeting: roles, speaking list, public viewing).
"""
