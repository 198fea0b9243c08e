"""The gateway: relays an office PC's screen to a browser.

It believes only signed tickets (`parvis.ticket`), has no database, and reports what
happens to the portal. `protocol` knows the bytes, `relay` the sockets, `server` the life
of the process. The contract is `docs/reference/gateway-protocol.md`.
"""
