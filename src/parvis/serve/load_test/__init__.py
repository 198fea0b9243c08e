"""`parvis simulate-sessions`: what a gateway of this machine carries, measured against pretended PCs and browsers.

A real gateway process, a portal that decides nothing, pretended office PCs, pretended browsers: all on a loopback
address, nothing of the installation is touched. What is measured is the gateway's process alone.
"""
