"""The signed connection ticket: all that portal and gateway share.

Pure: no I/O, no clock, no randomness. Callers pass the time and the keys. The
portal signs (`codec.sign`), the gateway verifies (`codec.verify`) and checks
where it is asked to connect (`addresses.check_address`). The contract in words
is `docs/reference/gateway-protocol.md`.
"""
