"""Bytes in, bytes and facts out: what browser and office PC say, without any I/O.

Nothing here opens a socket, reads a clock or knows asyncio. Both peers are hostile:
every parser raises only the errors of `parvis.gateway.protocol.errors`, never reads
beyond its input, and keeps a bounded amount of it.
"""
