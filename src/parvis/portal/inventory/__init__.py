"""Automatic inventory: what the probes deployed on the computers report, and which asset each report is about.

Words: *probe* (FusionInventory, OCS Inventory, GLPI-Agent: a program on a computer), *report* (what one sends),
*token* (in the address a probe is given: names the entity), *identity* (a serial, a UUID, a MAC address: what a report
is matched by), *quarantine* (a report that may be about several assets, until a person says which).
"""
