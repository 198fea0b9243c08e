"""The trust in a device, and what follows from role × device × network.

Words: a *device* is what the agent's browser runs on, *supplied* or *private*; a *network* is where it connects
from; a *rule* says what applies.
"""
