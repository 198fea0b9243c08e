"""The RFB protocol, server side, sans I/O: bytes in, events out; values in, bytes out (RFC 6143).

Beyond the RFC it speaks extensions of the community's rfbproto document: Tight, ExtendedDesktopSize, extended
clipboard.
"""
